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

// Balance of the claims that take a side, for each source and bin. The run's intervals stand beside
// a cell where it counts the same claims, that is where nothing else is filtered; elsewhere `bars`
// makes the page's own.
function timeRows(claims, framing, level, most = 8) {
  const { meta, col } = data;
  const by = levelOf(level);
  const side = col["side" + framing];
  const width = meta.bins.length;
  const totals = tally(claims, by.ids.length, (i) =>
    (col.bin[i] !== NO_BIN && isSided(side[i]) ? by.code[i] : -1));
  const shown = top(totals, most);
  const place = new Int16Array(by.ids.length).fill(-1);
  shown.forEach((k, order) => { place[k] = order; });
  const cellOf = (i) => {
    const order = place[by.code[i]];
    return order < 0 || col.bin[i] === NO_BIN ? -1 : order * width + col.bin[i];
  };
  const each = (i, add) => {
    const cell = isSided(side[i]) ? cellOf(i) : -1;
    if (cell >= 0) add(cell, side[i], 1);
  };
  const sums = cellSums(claims, shown.length * width, each);
  const all = tally(claims, shown.length * width, cellOf);
  const whole = intervalsOf(framing, level);
  const rows = [];
  shown.forEach((k, order) => {
    let run = 0;
    for (let b = 0; b < width; b++) {
      const cell = order * width + b;
      if (!sums.bottom[cell]) { run++; continue; } // a line does not bridge a gap
      const row = timeRow(by, k, b, whole?.get(by.ids[k] + "\n" + b));
      row.go.toward = meta.framings[framing].id;
      const stance = sums.top[cell] / sums.bottom[cell];
      rows.push({
        ...row, order, run: `${k}:${run}`, cell, stance, shown: signed(stance),
        n_sided: sums.bottom[cell], n_docs: sums.units[cell], n_claims: all[cell],
      });
    }
  });
  const bars = () => {
    const made = intervals(claims, shown.length * width, each, { least: meta.min_docs, level: meta.level });
    for (const row of rows) Object.assign(row, asInterval(made.low[row.cell], made.high[row.cell]));
  };
  return { rows, further: totals.filter((n) => n).length - shown.length, whole: whole !== null, bars };
}

function isSided(side) {
  return side === 1 || side === -1;
}

function timeRow(by, k, b, span) {
  const [start, end] = data.meta.bins[b];
  return {
    label: visible(by.name(k)), bin: start,
    side: SIDES[sideOfSource(by, k)],
    middle: (dayNumber(start) + dayNumber(end)) / 2 * 86400000,
    ...asInterval(span ? span[0] : NaN, span ? span[1] : NaN),
    go: { [by.key]: [by.ids[k]], bin: start, stance: "sided" },
  };
}

function asInterval(low, high) {
  if (Number.isNaN(low)) return { low: null, high: null, interval: "none" };
  return { low, high, interval: `${signed(low)} to ${signed(high)}` };
}

// The dated events of a half-open span of days.
function eventsWithin(from, to) {
  return data.meta.events.filter((e) => e.start < to && e.end > from).map((e) => ({
    event: visible(e.label), date: e.date, precise: e.date.length === 10,
    start: Date.parse(e.start), end: Date.parse(e.end), place: e.place_id,
  }));
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
