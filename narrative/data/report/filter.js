// The state to the claims that it chooses: passes over typed arrays of codes.

// A lookup by code: 1 where a code is chosen, or null where nothing is (then all are).
function chosen(codes, wanted) {
  if (!wanted.length) return null;
  const set = new Set(wanted);
  return Uint8Array.from(codes, (c) => (set.has(c) ? 1 : 0));
}

function compile(of) {
  const { meta } = data;
  const tests = [];
  const by = (column, codes, key) => {
    const pass = chosen(codes, of[key]);
    if (pass) tests.push([key, (i) => pass[data.col[column][i]] === 1]);
  };
  by("camp", meta.camps, "camp");
  by("voice", meta.voices, "voice");
  by("speaker", meta.sources.source_id, "speaker");
  by("outlet", meta.strings.outlet, "outlet");
  // Framing -1 is "none": one place further on.
  const framed = chosen(["none", ...meta.framings.map((f) => f.id)], of.framing);
  if (framed) tests.push(["framing", (i) => framed[data.col.framing[i] + 1] === 1]);
  if (of.only?.length && data.at) {
    const kept = new Set(of.only.map((id) => data.at.get(id)));
    tests.push(["only", (i) => kept.has(i)]);
  }
  if (of.interest) tests.push(["interest", interestTest(of.interest)]);
  tests.push(...stanceTests(of), ...dateTests(of), ...searchTests(of));
  return tests;
}

// Claims that take a side to a framing of some camp's ("sided"), or that of the other camp.
function interestTest(wanted) {
  const of = interests();
  return (i) => {
    let pass = false;
    of(i, (against) => { pass ||= wanted === "sided" || against; });
    return pass;
  };
}

function stanceTests(of) {
  const n = data.meta.framings.findIndex((f) => f.id === of.toward);
  if (n < 0 || !data.meta.framings[n].scored) return [];
  const side = data.col["side" + n];
  const test = {
    for: (i) => side[i] === 1,
    against: (i) => side[i] === -1,
    sided: (i) => side[i] === 1 || side[i] === -1,
    none: (i) => side[i] === 0,
  }[of.stance];
  return test ? [["stance", test]] : [];
}

// A claim said in some month is of every day of it: it passes where the span touches what is asked.
function dateTests(of) {
  const { first, last, bin } = data.col;
  const tests = [];
  const from = of.from ? dayNumber(of.from) : null;
  const to = of.to ? dayNumber(of.to) : null;
  if (from !== null) tests.push(["date", (i) => last[i] !== NO_DAY && last[i] >= from]);
  if (to !== null) tests.push(["date", (i) => first[i] !== NO_DAY && first[i] <= to]);
  const n = data.meta.bins.findIndex((b) => b[0] === of.bin);
  if (n >= 0) tests.push(["date", (i) => bin[i] === n]);
  return tests;
}

function searchTests(of) {
  const terms = of.q.toLowerCase().split(/\s+/).filter(Boolean);
  if (!terms.length || !data.ids) return [];
  const texts = lowered();
  return [["q", (i) => terms.every((t) => texts[i].includes(t))]];
}

function pickTests() {
  return state.pick ? compile(readPick(state.pick)).map(([, test]) => ["pick", test]) : [];
}

// The claims that pass every test but those named `without`, in the order of the table.
function select(tests, without = "") {
  const used = tests.filter(([key]) => key !== without).map(([, test]) => test);
  const out = new Uint32Array(data.n);
  let n = 0;
  for (let i = 0; i < data.n; i++) {
    let pass = true;
    for (let t = 0; pass && t < used.length; t++) pass = used[t](i);
    if (pass) out[n++] = i;
  }
  return out.subarray(0, n);
}

function sorted(claims) {
  const { first, evidence } = data.col;
  const n = data.meta.framings.findIndex((f) => f.id === state.toward);
  const keys = {
    date: (i) => (first[i] === NO_DAY ? 1e9 : first[i]),
    evidence: (i) => -evidence[i],
  };
  if (n >= 0 && data.meta.framings[n].scored) {
    const [favor, against] = [data.col["favor" + n], data.col["against" + n]];
    keys.stance = (i) => against[i] - favor[i];
  }
  const key = keys[state.sort];
  return key ? Uint32Array.from(claims).sort((a, b) => key(a) - key(b) || a - b) : claims;
}
