// The views: a figure of the claims that the filters leave, its table, and what belongs beside it.

let sheet = null; // where views go while pages are made for paper

function viewNode() {
  return sheet ?? byId("view");
}

// Returns what draws the figure and its table again, when rows have been filled in.
function figureView(name, summary, rows, heads, cells, beside = [], more = {}) {
  const node = el("div", { class: "figure" });
  const numbers = el("div");
  fill(viewNode(), ...beside, node, heads ? numbers : null);
  const paper = sheet !== null;
  const show = () => {
    draw(node, name, rows, `${summary}.${heads ? " The same numbers are in the table below." : ""}`, { paper, ...more });
    const open = numbers.querySelector("details")?.open ?? false;
    if (heads && rows.length) fill(numbers, figureTable(summary, heads, rows, cells, paper ? 60 : 400));
    if (open) numbers.querySelector("details").open = true;
  };
  show();
  return show;
}

// Runs at once for paper, else when nobody has changed anything for a moment.
function whenQuiet(now, ...steps) {
  if (now) return steps.forEach((step) => step());
  byId("view").dataset.intervals = "pending";
  return later(...steps, () => { byId("view").dataset.intervals = "page"; });
}

function note(...text) {
  return el("p", { class: "note" }, ...text);
}

function viewOverview(claims) {
  const { rows, further } = voiceRows(claims);
  figureView("voices", "Claims of each speaker by voice", rows, ["Speaker", "Voice", "Claims"],
    (r) => [words(r.label), r.voice, String(r.n)],
    [note("Who makes the claims, and in which voice: the author’s own, quoted, paraphrased, or mixed. ",
      further > 0 ? `${count(further, "further speaker")} not drawn. ` : "",
      "A bar leads to its claims, a claim to its sentence.")]);
}

function viewFramings(claims) {
  const rows = framingRows(claims);
  figureView("framings", "Claims of each framing by side", rows, ["Framing", "Side", "Claims"],
    (r) => [words(r.label), r.side, String(r.n)],
    [note("Which framing each claim was assigned to, by the side of its speaker: one framing or none. Another sample of the claims would not give the framings that are called unstable.")]);
  viewNode().append(el("div", { class: "cards" }, data.meta.framings.map(framingCard)));
}

function framingCard(framing) {
  const near = data.meta.framings.find((f) => f.id === framing.nearest);
  const steady = framing.stability === null ? "stability not measured"
    : `${framing.certificate}: stability ${framing.stability.toFixed(2)}, by ${framing.over}`;
  return el("article", { class: "card" + (framing.certificate === "unstable" ? " unstable" : "") },
    el("h3", {}, words(framing.label)),
    framing.proposition ? el("p", {}, words(framing.proposition)) : null,
    el("p", { class: "soft small" }, `${framing.origin}; ${count(framing.n_claims, "claim")}; ${steady}`,
      near ? ["; nearest: ", words(near.label)] : null),
    framing.terms.join("") ? el("p", { class: "small" }, "Terms: ", words(framing.terms.join(", "))) : null,
    framing.exemplars.length ? [el("h4", {}, "Exemplars"), el("ul", {}, framing.exemplars.map((c) =>
      el("li", {}, link({ claim: data.ids?.[c] ?? "" }, words(claimText(c)), { focus: "" }))))] : null,
    markLink({ label: framing.label, go: { framing: [framing.id] } }, "All its claims"));
}

function viewTime(claims, now = false) {
  const n = towardIndex();
  if (n < 0) return fill(viewNode(), note("No framing of this run has a stance."));
  const level = state.level || "camp";
  const { rows, further, whole, bars } = timeRows(claims, n, level);
  const framing = data.meta.framings[n];
  const bins = rows.map((r) => r.bin).sort();
  const last = data.meta.bins.find((b) => b[0] === bins.at(-1));
  const events = rows.length ? eventsWithin(bins[0], last[1]) : [];
  if (!whole && now) bars();
  const show = figureView("time", `Stance towards ${framing.label} over time, by ${level}`, rows,
    ["Source", "From", "Stance", "Interval", "Documents", "Claims that take a side"],
    (r) => [words(r.label), r.bin, r.shown, r.interval, String(r.n_docs), String(r.n_sided)],
    [
      sheet ? el("h3", {}, "Stance towards ", words(framing.label), `, by ${level}`) : timeChoices(framing, level),
      note(`Balance of the claims that take a side, by ${data.meta.freq}: −1 all against, +1 all for. Faint marks rest on fewer than three. `,
        further > 0 ? `The ${count(new Set(rows.map((r) => r.label)).size, "source")} with most such claims; ${WHOLE.format(further)} more are not drawn.` : ""),
      intervalNote(whole, data.meta.level, data.meta.interval),
      rows.length && rows.every((r) => r.n_docs < data.meta.min_docs) ? note("Here no point rests on so many documents, so no interval is drawn.") : null,
    ], { events });
  viewNode().append(...eventList(events));
  if (whole || !rows.length) {
    if (!sheet) byId("view").dataset.intervals = "run";
    return null;
  }
  return now ? null : whenQuiet(false, () => { bars(); show(); });
}

function timeChoices(framing, level) {
  const choose = (label, key, value, options) => {
    const node = el("select", {}, options.map(([k, v]) => el("option", { value: k, selected: k === value }, v)));
    node.addEventListener("change", () => {
      go({ [key]: node.value });
      byId("view").querySelectorAll("select")[key === "toward" ? 0 : 1].focus();
    });
    return el("label", {}, label + " ", node);
  };
  return el("div", { class: "bar" },
    choose("Stance towards", "toward", framing.id, data.meta.framings.filter((f) => f.scored).map((f) => [f.id, f.label])),
    choose("of each", "level", level, data.meta.levels.map((l) => [l, l])));
}

// Rules cannot be pointed at on a phone, from a keyboard or on paper: the same events as a list.
function eventList(events) {
  if (!events.length) return [];
  return [el("details", { class: "events" },
    el("summary", {}, `Grey rules: ${count(events.length, "dated event")} of the study`),
    el("p", { class: "note" }, "A change after an event does not say that the event made it. Bands are events of which no day is known."),
    el("ul", {}, events.map((e) => el("li", {}, `${e.date}  `, words(e.event)))))];
}

const STATUS = {
  russian: "Russian control", encircled_by_russia: "encircled by Russia", contested: "contested",
  encircled_by_ukraine: "Russian group encircled", ukrainian: "Ukrainian control",
};

function ledgerRows(claims) {
  const kept = new Set(claims);
  const known = data.meta.ledger.filter((r) => r.level === 0.5 && r.claims.some((c) => kept.has(c)));
  return known.map((r) => ({
    ...r, place: visible(r.place_id),
    lane: visible(`${r.place_id} · ${sourceName(r.claimant)}`),
    who: sourceName(r.claimant), claimant: visible(sourceName(r.claimant)), label: r.place_id,
    status: STATUS[r.claimed_status] ?? r.claimed_status, side: SIDES[SIDE_OF[r.camp] ?? 3],
    when: r.said_at, day: Date.parse(r.said_at), n: r.claims.length,
    exposed: r.exposed_at ? Date.parse(r.exposed_at) : null,
    go: { only: r.claims.map((c) => data.ids?.[c] ?? "") },
  }));
}

function viewLedger(claims) {
  const rows = ledgerRows(claims);
  // References are rows of their own; the figure has each claim once.
  const drawnOnce = [...new Map(rows.map((r) =>
    [[r.place, r.claimant, r.claimed_status, r.extent, r.said_at].join("\n"), r])).values()].slice(0, 500);
  const lanes = [...new Set(drawnOnce.map((r) => r.lane))];
  for (const row of drawnOnce) row.order = lanes.indexOf(row.lane);
  const heads = ["Place", "Claimant", "Claimed", "On", "Reference", "Share then", "Reached", "Credit, days", "Exposed", "Repeats", "Claims"];
  const places = new Set(drawnOnce.map((r) => r.place_id));
  const days = drawnOnce.map((r) => r.said_at).sort();
  const events = days.length ? eventsWithin(days[0], isoDay(dayNumber(days.at(-1)) + 1)).filter((e) => places.has(e.place)) : [];
  figureView("ledger", "Claims of control and what the record says", drawnOnce, null, null,
    [note("Each claim, dated to a day, that a side holds a place, set against every reference that assesses the place. ",
      "An assessment has its own lag and bias and is not the truth. Share: what the reference says that the side held on that day; ",
      "reached: the first day assessed at half the place or more. Dashes reach to the day that exposed a claim.")], { events });
  viewNode().append(...eventList(events));
  if (!rows.length) return;
  const most = sheet ? 60 : 300;
  viewNode().append(table("Ledger", heads, rows.slice(0, most).map(ledgerCells), new Set([5, 7, 9, 10])),
    rows.length > most ? el("p", { class: "soft" }, `The first ${most} of ${WHOLE.format(rows.length)} rows; filter for the others.`) : "");
}

function ledgerCells(r) {
  return [
    words(r.place), words(r.who), r.status + (r.extent === "part" ? ", in part" : ""), r.said_at, r.reference,
    r.share_low === 0 && r.share_high === 1 ? "not known" : span(r.share_low === null ? null : 100 * r.share_low, r.share_high === null ? null : 100 * r.share_high, false, " %"),
    r.reached_by || (r.reached_after ? `not by ${r.reached_after}` : "–"),
    span(r.credit_low, r.credit_high, r.open), r.exposed_at || "–", String(r.repeats),
    markLink({ label: `${r.who}, ${r.place}, ${r.said_at}`, go: r.go }, String(r.n)),
  ];
}

function span(low, high, open, unit = "") {
  if (low === null) return "–";
  const [a, b] = [Math.round(low), Math.round(high ?? low)];
  if (open) return `≥ ${a}${unit}`;
  return a === b ? `${a}${unit}` : `${a}–${b}${unit}`;
}

function viewValidity() {
  const { framings, validity, measured, material, documents, counts } = data.meta;
  fill(viewNode(),
    note("What the package measured of the steps of this run on material coded by hand, " + material + " It says nothing of this corpus: code a sample of its claims by hand."),
    table("Measured error of each step", ["Step", "Measure", "Value", "n", "Material"],
      measured.map((row) => row.map((cell) => words(cell))), new Set([2, 3])),
    note("Of the trained heads, on written claims and documents that did not train them (they chose settings, so they flatter), as the heads’ file has it: without n or interval."),
    table("Error of the trained heads", ["Measure", "Value"], validity.map(([k, v]) => [k, v.toFixed(3)]), new Set([1])),
    table("What scored each framing", ["Framing", "Method"],
      framings.filter((f) => f.method).map((f) => [words(f.label), f.method])),
    table("Stability of what was discovered", ["Framing", "Certificate", "Stability", "Over"],
      framings.filter((f) => f.stability !== null)
        .map((f) => [words(f.label), f.certificate, f.stability.toFixed(2), f.over]), new Set([2])),
    table("The corpus", ["Count", "Value"], Object.entries(counts)
      .map(([k, v]) => [plainName(k.slice(2)), WHOLE.format(v)]), new Set([1])),
    el("p", { class: "soft" }, `${count(documents.doc_id.length, "document")} in this file.`));
}

const RENDER = {
  overview: viewOverview, framings: viewFramings, time: viewTime, battle: viewBattle,
  ledger: viewLedger, validity: viewValidity,
};
