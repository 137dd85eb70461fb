// On paper every view stands, each in light colours and as wide as the paper, and the first claims
// in full. All is made when the browser asks for it: what vegaEmbed promises is kept before the
// browser lays out the pages, because nothing has to be fetched.

const PRINTED = 200; // claims
const PAPER = { width: 660, results: [] };

function printAll() {
  cleared();
  const claims = select(compile(state));
  for (const [view, name] of Object.entries(VIEWS)) {
    sheet = el("div", { class: "sheet" });
    byId("paper").append(el("section", {}, el("h2", {}, name), sheet));
    RENDER[view](claims, true);
    for (const details of sheet.querySelectorAll("details")) details.open = true;
  }
  sheet = null;
  byId("paper").prepend(el("p", {}, inUse()));
  printList();
}

function cleared() {
  for (const result of PAPER.results.splice(0)) result.finalize();
  byId("paper").replaceChildren();
  byId("printed").replaceChildren();
  byId("printed-count").textContent = "";
}

function printList() {
  const shown = Array.from(LIST.claims.subarray(0, PRINTED));
  fill(byId("printed"), shown.map((c) => el("li", {}, ...rowContent(c))));
  const all = LIST.claims.length;
  byId("printed-count").textContent = `${WHOLE.format(shown.length)} of ${count(all, "claim")} ${all === 1 ? "is" : "are"} printed`
    + (all < data.n ? `; the run has ${WHOLE.format(data.n)}.` : ".");
}

// What the pages are narrowed to, in words.
function inUse() {
  const kept = filtersSet();
  if (!kept.length) return "All claims of the run; no filter is in use.";
  const said = kept.map((key) => [key === "q" ? "search" : key,
    key === "stance" ? `${state.stance} towards ${data.meta.framings[towardIndex()]?.label ?? ""}` : shownValues(key)].join(": "));
  return `Narrowed to ${said.join("; ")}.`;
}

function shownValues(key) {
  const names = {
    camp: plainName, voice: String, speaker: sourceName, outlet: sourceName,
    framing: (id) => data.meta.framings.find((f) => f.id === id)?.label ?? plainName(id),
  }[key] ?? String;
  return [state[key]].flat().map(names).join(", ");
}
