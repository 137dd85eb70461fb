// Intervals over documents for whatever claims the filters leave: percentiles over resampled
// documents. Copies of one report are one unit and are drawn together, as in the package. A unit's
// weight in a replicate is Poisson(1), so that each can be drawn by itself (Hanley and MacGibbon
// 2006), and comes from a hash of the unit and the replicate: the same page gives the same interval.

const REPLICATES = 400;
// Shares of 2^32 up to which a weight is 0, 1, 2 …
const POISSON = (() => {
  const limits = [];
  for (let k = 0, p = Math.exp(-1), sum = 0; k < 12; k++, p /= k) limits.push((sum += p) * 2 ** 32);
  return limits;
})();

function hashOf(text) { // FNV-1a, then mixed
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mixed(h);
}

function mixed(h) { // the finaliser of MurmurHash3
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function poisson(uniform) {
  let k = 0;
  while (k < POISSON.length && uniform >= POISSON[k]) k++;
  return k;
}

// Which unit each document belongs to, and the units' hashes; made once.
function units() {
  if (!data.units) {
    const { copy_group: groups, doc_id: docs } = data.meta.documents;
    const names = groups.map((g, n) => g || docs[n]);
    const listed = [...new Set(names)];
    const number = new Map(listed.map((name, n) => [name, n]));
    data.units = {
      n: listed.length, of: Uint32Array.from(names, (name) => number.get(name)),
      hash: Uint32Array.from(listed, hashOf),
    };
  }
  return data.units;
}

// The claims by unit: where each unit's begin, and the claims in that order.
function byUnit(claims) {
  const { n, of } = units();
  const { doc } = data.col;
  const from = new Uint32Array(n + 1);
  for (const i of claims) from[of[doc[i]] + 1]++;
  for (let u = 0; u < n; u++) from[u + 1] += from[u];
  const next = from.slice(0, n);
  const order = new Uint32Array(claims.length);
  for (const i of claims) order[next[of[doc[i]]]++] = i;
  return { from, order };
}

// What each unit adds to each cell. `each(claim, add)` calls add(cell, top, bottom).
function unitSums(claims, nCells, each) {
  const { from, order } = byUnit(claims);
  const [top, bottom] = [new Float64Array(nCells), new Float64Array(nCells)];
  const touched = [];
  const add = (cell, a, b) => {
    if (bottom[cell] === 0) touched.push(cell);
    top[cell] += a;
    bottom[cell] += b;
  };
  const sums = { unit: [], cell: [], top: [], bottom: [] };
  for (let u = 0; u + 1 < from.length; u++) {
    for (let k = from[u]; k < from[u + 1]; k++) each(order[k], add);
    for (const cell of touched) {
      sums.unit.push(u);
      sums.cell.push(cell);
      sums.top.push(top[cell]);
      sums.bottom.push(bottom[cell]);
      top[cell] = bottom[cell] = 0;
    }
    touched.length = 0;
  }
  return sums;
}

// Sums of each cell, and how many units have something in it.
function cellSums(claims, nCells, each, sums = unitSums(claims, nCells, each)) {
  const out = {
    units: new Uint32Array(nCells), top: new Float64Array(nCells), bottom: new Float64Array(nCells),
  };
  sums.cell.forEach((cell, k) => {
    out.units[cell]++;
    out.top[cell] += sums.top[k];
    out.bottom[cell] += sums.bottom[k];
  });
  return out;
}

// Sums and intervals of the ratio in each cell; `low` and `high` are NaN where fewer than `least`
// units have something in a cell, and in all but the `most` cells with the largest `bottom`. A claim
// adds a positive amount to `bottom` or nothing at all.
function intervals(claims, nCells, each, { least, level, most = Infinity }) {
  const sums = unitSums(claims, nCells, each);
  const out = {
    ...cellSums(claims, nCells, each, sums),
    low: new Float64Array(nCells).fill(NaN), high: new Float64Array(nCells).fill(NaN),
  };
  const kept = [...out.units.keys()].filter((cell) => out.units[cell] >= Math.max(2, least))
    .sort((a, b) => out.bottom[b] - out.bottom[a] || a - b).slice(0, most);
  const drawn = replicates(sums, kept, nCells);
  kept.forEach((cell, k) => {
    [out.low[cell], out.high[cell]] = percentiles(drawn, k * REPLICATES, level);
  });
  return out;
}

// The sums of every kept cell in every replicate.
function replicates(sums, kept, nCells) {
  const { hash } = units();
  const place = new Int32Array(nCells).fill(-1);
  kept.forEach((cell, k) => { place[cell] = k; });
  const top = new Float32Array(kept.length * REPLICATES);
  const bottom = new Float32Array(top.length);
  const weight = new Uint8Array(REPLICATES);
  let last = -1;
  for (let k = 0; k < sums.cell.length; k++) {
    const at = place[sums.cell[k]] * REPLICATES;
    if (at < 0) continue;
    if (sums.unit[k] !== last) {
      last = sums.unit[k];
      for (let r = 0; r < REPLICATES; r++) {
        weight[r] = poisson(mixed(hash[last] ^ Math.imul(r + 1, 0x9e3779b1)));
      }
    }
    const [a, b] = [sums.top[k], sums.bottom[k]];
    for (let r = 0; r < REPLICATES; r++) {
      top[at + r] += weight[r] * a;
      bottom[at + r] += weight[r] * b;
    }
  }
  return { top, bottom };
}

// Replicates in which nobody speaks have no ratio and are left out, as in the package.
function percentiles({ top, bottom }, from, level) {
  const values = new Float64Array(REPLICATES);
  let n = 0;
  for (let r = from; r < from + REPLICATES; r++) if (bottom[r] > 0) values[n++] = top[r] / bottom[r];
  const sortedValues = values.subarray(0, n).sort();
  const at = (share) => {
    const place = share * (n - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, n - 1);
    return sortedValues[below] + (place - below) * (sortedValues[above] - sortedValues[below]);
  };
  return [at((1 - level) / 2), at((1 + level) / 2)];
}

// Work that waits until nobody has changed anything for a moment, a step at a time so that the page
// answers between them; what is asked for next takes the place of what has not been done.
const LATER = { timer: 0, wait: 120 };

function later(...steps) {
  clearTimeout(LATER.timer);
  if (!steps.length) return;
  const next = (n, wait) => {
    LATER.timer = setTimeout(() => {
      const start = performance.now();
      steps[n]();
      performance.measure("intervals", { start, end: performance.now() });
      if (n + 1 < steps.length) next(n + 1, 0);
    }, wait);
  };
  next(0, LATER.wait);
}
