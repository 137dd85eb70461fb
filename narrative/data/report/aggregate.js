// Claims to the rows of the figures, counted from the same columns that the filters read.

function tally(claims, size, of) {
  const out = new Uint32Array(size);
  for (const i of claims) {
    const k = of(i);
    if (k >= 0) out[k]++;
  }
  return out;
}

// The places of the largest counts, largest first.
function top(counts, most) {
  const places = [];
  counts.forEach((n, k) => n && places.push(k));
  return places.sort((a, b) => counts[b] - counts[a] || a - b).slice(0, most);
}

function voiceRows(claims, most = 15) {
  const { meta, col } = data;
  const width = meta.voices.length;
  const counts = tally(claims, meta.sources.name.length * width,
    (i) => col.speaker[i] * width + col.voice[i]);
  const totals = tally(claims, meta.sources.name.length, (i) => col.speaker[i]);
  const shown = top(totals, most);
  const rows = shown.flatMap((speaker, order) => meta.voices.map((voice, rank) => ({
    label: visible(meta.sources.name[speaker]), voice, rank, order, n: counts[speaker * width + rank],
    go: { speaker: [meta.sources.source_id[speaker]], voice: [voice] },
  }))).filter((r) => r.n);
  return { rows, further: totals.filter((n) => n).length - shown.length };
}

function framingRows(claims) {
  const { meta, col } = data;
  const counts = tally(claims, (meta.framings.length + 1) * 4,
    (i) => (col.framing[i] + 1) * 4 + sideOf(i));
  const totals = tally(claims, meta.framings.length + 1, (i) => col.framing[i] + 1);
  const rank = (f) => (f === 0 ? -1 : totals[f]); // what fits no framing comes last
  const order = [...totals.keys()].filter((f) => totals[f]).sort((a, b) => rank(b) - rank(a));
  return order.flatMap((f, place) => SIDES.map((side, k) => ({
    label: f ? visible(meta.framings[f - 1].label) : "no framing", side, rank: k, order: place,
    n: counts[f * 4 + k],
    go: { framing: [f ? meta.framings[f - 1].id : "none"], camp: campsOfSide(k) },
  }))).filter((r) => r.n);
}

function battleRows(claims) {
  const rows = [];
  data.meta.framings.forEach((framing, n) => {
    if (!framing.scored) return;
    const side = data.col["side" + n];
    const counts = tally(claims, 8, (i) =>
      (side[i] === 1 ? sideOf(i) : side[i] === -1 ? 4 + sideOf(i) : -1));
    counts.forEach((count_, k) => count_ && rows.push({
      label: visible(framing.label), side: SIDES[k % 4], rank: k % 4, order: n,
      stance: k < 4 ? "for" : "against", n: count_, signed: k < 4 ? count_ : -count_,
      go: { toward: framing.id, stance: k < 4 ? "for" : "against", camp: campsOfSide(k % 4) },
    }));
  });
  return rows;
}

// The code of a claim's source at a level of the timeline, and the names of all codes.
function levelOf(level) {
  const { meta, col } = data;
  if (level === "camp") {
    return { code: col.camp, ids: meta.camps, name: (k) => plainName(meta.camps[k]), key: "camp" };
  }
  if (level === "outlet") {
    const ids = meta.strings.outlet;
    return { code: col.outlet, ids, name: (k) => sourceName(ids[k]), key: "outlet" };
  }
  const ids = meta.sources.source_id;
  return { code: col.speaker, ids, name: (k) => meta.sources.name[k], key: "speaker" };
}

// Balance of the claims that take a side, for each source and bin. Intervals are the run's own and
// stand beside a cell only where it counts the same claims, that is where nothing else is filtered.
function timeRows(claims, framing, level, most = 8) {
  const { meta, col } = data;
  const by = levelOf(level);
  const side = col["side" + framing];
  const width = meta.bins.length;
  const net = new Int32Array(by.ids.length * width);
  const sided = new Uint32Array(net.length);
  const all = new Uint32Array(net.length);
  const totals = new Uint32Array(by.ids.length);
  for (const i of claims) {
    if (col.bin[i] === NO_BIN) continue;
    const cell = by.code[i] * width + col.bin[i];
    all[cell]++;
    if (side[i] === 1 || side[i] === -1) {
      net[cell] += side[i];
      sided[cell]++;
      totals[by.code[i]]++;
    }
  }
  const shown = top(totals, most);
  const whole = intervalsOf(framing, level);
  const rows = [];
  shown.forEach((k, order) => {
    let run = 0;
    for (let b = 0; b < width; b++) {
      const cell = k * width + b;
      if (!sided[cell]) { run++; continue; } // a line does not bridge a gap
      const row = timeRow(by, k, b, whole);
      const numbers = { stance: net[cell] / sided[cell], n_sided: sided[cell], n_claims: all[cell] };
      row.go.toward = meta.framings[framing].id;
      rows.push({ ...row, ...numbers, shown: signed(numbers.stance), order, run: `${k}:${run}` });
    }
  });
  return { rows, further: totals.filter((n) => n).length - shown.length };
}

function timeRow(by, k, b, whole) {
  const [start, end] = data.meta.bins[b];
  const span = whole?.get(by.ids[k] + "\n" + b);
  return {
    label: visible(by.name(k)), bin: start,
    side: SIDES[sideOfSource(by, k)],
    middle: (dayNumber(start) + dayNumber(end)) / 2 * 86400000,
    low: span ? span[0] : null, high: span ? span[1] : null,
    interval: span ? `${signed(span[0])} to ${signed(span[1])}` : "none",
    go: { [by.key]: [by.ids[k]], bin: start, stance: "sided" },
  };
}

function sideOfSource(by, k) {
  if (by.key === "camp") return SIDE_OF[by.ids[k]];
  sourceName(by.ids[k]); // makes the index
  const n = data.sourceAt.get(by.ids[k]);
  return n === undefined ? 3 : SIDE_OF[data.meta.sources.camp[n]];
}

function intervalsOf(framing, level) {
  const narrowing = ["q", "from", "to", "voice", "framing", "stance",
    ...["camp", "speaker", "outlet"].filter((k) => k !== level)];
  if (narrowing.some((key) => state[key].length)) return null;
  const { cells, meta } = data;
  const wanted = meta.levels.indexOf(level);
  const out = new Map();
  for (let c = 0; c < cells.level.length; c++) {
    if (cells.level[c] !== wanted || cells.framing[c] !== framing) continue;
    if (Number.isNaN(cells.stance_low[c])) continue;
    out.set(meta.timeline_sources[cells.source[c]] + "\n" + cells.bin[c],
      [cells.stance_low[c], cells.stance_high[c]]);
  }
  return out;
}
