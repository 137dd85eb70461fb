// Adoption, first adopters, testimony against interest and contest of the claims that the filters
// leave, counted as `narrative.battle` counts them; of the whole run its own rows are shown.

// Favourable claims and the share of them from outside the framing's camp, each claim as one
// ("raw") and the claims of a copy group's documents together as those of one document ("once").
function adoptionRows(claims) {
  const { col, meta } = data;
  const homes = homeFramings();
  const weight = copyWeights(claims);
  const known = meta.camps.indexOf("unknown");
  const made = intervals(claims, homes.length * 2, (i, add) => {
    if (col.camp[i] === known) return;
    homes.forEach((home, h) => {
      if (col["side" + home.n][i] !== 1) return;
      const outside = home.camps.has(col.camp[i]) ? 0 : 1;
      add(2 * h, outside, 1);
      add(2 * h + 1, outside * weight[col.doc[i]], weight[col.doc[i]]);
    });
  }, { least: meta.battle.min_docs, level: 0.95 });
  const rows = (kind) => homes.map((home, h) => ({
    framing: home.n, ...shareOf(made, 2 * h + kind, meta.battle.min_claims),
  }));
  return { raw: rows(0), once: rows(1) };
}

// The framings that are some camps' story, with the numbers of these camps.
function homeFramings() {
  const { meta } = data;
  return meta.framings.flatMap((f, n) => {
    const camps = meta.battle.home[f.id];
    return camps ? [{ n, camps: new Set(camps.map((c) => meta.camps.indexOf(c))) }] : [];
  });
}

// What a claim of each document counts where copies count once.
function copyWeights(claims) {
  const { n, of } = units();
  const { doc } = data.col;
  const speaks = new Uint8Array(of.length);
  const size = new Uint32Array(n);
  for (const i of claims) {
    if (!speaks[doc[i]]) size[of[doc[i]]]++;
    speaks[doc[i]] = 1;
  }
  return Float64Array.from(of, (unit, d) => (speaks[d] ? 1 / size[unit] : 0));
}

function shareOf(made, cell, least) {
  const n = made.bottom[cell];
  const [low, high] = [made.low[cell], made.high[cell]];
  const enough = n >= least;
  const bars = enough && !Number.isNaN(low);
  return {
    docs: made.units[cell], n, value: enough ? made.top[cell] / n : null,
    low: bars ? low : null, high: bars ? high : null,
  };
}

// The first favourable claim, dated to a day, of each source outside a framing's camp.
function firstRows(claims) {
  const { col, meta } = data;
  const known = meta.camps.indexOf("unknown");
  const dated = Uint8Array.from(meta.strings.said_at, (said) => (said.length === 10 ? 1 : 0));
  return homeFramings().flatMap((home) => {
    const first = new Map();
    for (const i of claims) {
      if (col["side" + home.n][i] !== 1 || !dated[col.said_at[i]]) continue;
      if (col.camp[i] === known || home.camps.has(col.camp[i])) continue;
      const before = first.get(col.speaker[i]);
      if (before === undefined || col.first[i] < col.first[before]) first.set(col.speaker[i], i);
    }
    return [...first.values()].sort((a, b) => col.first[a] - col.first[b] || a - b)
      .map((claim) => [home.n, claim]);
  });
}

// For each claim, whether it takes a side against what its speaker's camp would have believed:
// calls found(against) once for each framing that it takes a side to.
function interests() {
  const { col } = data;
  const homes = homeFramings();
  const owners = new Set(homes.flatMap((h) => [...h.camps]));
  return (i, found) => {
    if (!owners.has(col.camp[i])) return;
    for (const home of homes) {
      const side = col["side" + home.n][i];
      if (isSided(side)) found(side !== (home.camps.has(col.camp[i]) ? 1 : -1));
    }
  };
}

function interestRows(claims) {
  const { col, meta } = data;
  const of = interests();
  const made = intervals(claims, meta.sources.source_id.length, (i, add) => {
    of(i, (against) => add(col.speaker[i], against ? 1 : 0, 1));
  }, { least: meta.battle.min_docs, level: 0.95, most: 2 * SOURCES_SHOWN });
  return meta.sources.source_id.flatMap((source, n) =>
    (made.units[n] ? [{ source, ...shareOf(made, n, meta.battle.min_claims) }] : []));
}

// Which share of the claims that take a side is in favour, for each framing.
function favourRows(claims) {
  const { col, meta } = data;
  const scored = meta.framings.flatMap((f, n) => (f.scored ? [n] : []));
  const made = intervals(claims, scored.length, (i, add) => {
    scored.forEach((n, cell) => {
      const side = col["side" + n][i];
      if (isSided(side)) add(cell, side === 1 ? 1 : 0, 1);
    });
  }, { least: meta.battle.min_docs, level: 0.95 });
  return scored.flatMap((framing, cell) => (made.units[cell]
    ? [{ framing, ...shareOf(made, cell, 1), n_for: made.top[cell] }] : []));
}
