// The form of filters. It is made once; what is chosen and how many claims stand behind each choice
// is written into it at every change.

const FORM = {};

function setUpFilters() {
  const { meta } = data;
  const form = byId("filter-form");
  form.addEventListener("submit", (event) => event.preventDefault());
  FORM.q = el("input", { type: "search", id: "q", autocomplete: "off", placeholder: "words of a claim or a speaker" });
  let typing = 0;
  FORM.q.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => go({ q: FORM.q.value }, { replace: true }), 150);
  });
  FORM.boxes = {
    camp: boxes("camp", meta.camps.map((c) => [c, plainName(c)])),
    framing: boxes("framing", [...meta.framings.map((f) => [f.id, f.label]), ["none", "no framing"]]),
    voice: boxes("voice", meta.voices.map((v) => [v, v])),
  };
  fill(form,
    el("div", { class: "field" }, el("label", { for: "q" }, "Search"), FORM.q),
    fieldset("Date of the statement", dateField("from", "from"), dateField("to", "to")),
    fieldset("Camp", FORM.boxes.camp.node),
    fieldset("Voice", FORM.boxes.voice.node),
    fieldset("Framing", FORM.boxes.framing.node),
    sourceField("speaker", "Speaker", meta.sources.source_id, meta.sources.name),
    sourceField("outlet", "Outlet", meta.strings.outlet, meta.strings.outlet.map(sourceName)),
    stanceField(),
    el("button", { type: "button", id: "clear", onclick: () => go(CLEAR) }, "Clear all filters"));
  fill(byId("sort"), Object.entries(SORTS).map(([k, v]) => el("option", { value: k }, v)));
  byId("sort").addEventListener("change", () => go({ sort: byId("sort").value }, { replace: true }));
}

function fieldset(legend, ...children) {
  return el("fieldset", {}, el("legend", {}, legend), ...children);
}

function dateField(key, text) {
  FORM[key] = el("input", { type: "date", id: key });
  FORM[key].addEventListener("change", () => go({ [key]: FORM[key].value }));
  return el("label", { class: "date" }, text + " ", FORM[key]);
}

function boxes(key, choices) {
  const made = choices.map(([value, text]) => {
    const box = el("input", { type: "checkbox", value });
    box.addEventListener("change", () => go({
      [key]: made.filter((m) => m.box.checked).map((m) => m.value),
    }));
    const number = el("span", { class: "n soft" });
    return { value, box, number, node: el("label", { class: "box" }, box, words(text, "span"), number) };
  });
  return { made, node: el("div", { class: "boxes" }, made.map((m) => m.node)) };
}

// Sources can be thousands: a field that completes their names, and what is chosen as buttons.
function sourceField(key, legend, ids, names) {
  const known = new Map(names.map((name, n) => [visible(name).toLowerCase(), ids[n]]));
  const list = el("datalist", { id: key + "-names" }, names.map((n) => el("option", { value: visible(n) })));
  const input = el("input", { id: key, list: key + "-names", autocomplete: "off", "aria-label": legend + " to add" });
  input.addEventListener("change", () => {
    const id = known.get(input.value.trim().toLowerCase());
    if (id === undefined) return;
    input.value = "";
    go({ [key]: [...new Set([...state[key], id])] });
  });
  FORM[key] = el("div", { class: "chips" });
  return fieldset(legend, input, list, FORM[key]);
}

function stanceField() {
  const scored = data.meta.framings.filter((f) => f.scored);
  FORM.toward = el("select", { id: "toward" }, scored.map((f) => el("option", { value: f.id }, f.label)));
  FORM.stance = el("select", { id: "stance" }, [["", "any"], ["sided", "takes a side"],
    ["for", "for"], ["against", "against"], ["none", "takes none"]]
    .map(([k, v]) => el("option", { value: k }, v)));
  const choose = () => go({ toward: FORM.toward.value, stance: FORM.stance.value });
  FORM.toward.addEventListener("change", choose);
  FORM.stance.addEventListener("change", choose);
  return fieldset("Stance", el("label", {}, "side ", FORM.stance), el("label", {}, "towards ", FORM.toward));
}

function showFilters(tests) {
  if (document.activeElement !== FORM.q) FORM.q.value = state.q;
  FORM.from.value = state.from;
  FORM.to.value = state.to;
  FORM.stance.value = state.stance;
  FORM.toward.value = data.meta.framings[towardIndex()]?.id ?? "";
  byId("sort").value = state.sort || "document";
  for (const [key, { made }] of Object.entries(FORM.boxes)) {
    const counts = facet(tests, key, made.length);
    made.forEach((m, n) => {
      m.box.checked = state[key].includes(m.value);
      m.number.textContent = WHOLE.format(counts[n]);
      m.node.classList.toggle("empty", counts[n] === 0);
    });
  }
  for (const key of ["speaker", "outlet"]) fill(FORM[key], state[key].map((id) => chip(key, id)));
  const n = filtersSet().length;
  byId("active").textContent = n ? `(${n} in use)` : "";
  byId("clear").hidden = !n && !state.pick;
}

// How many claims stand behind each choice, with all filters but this one.
function facet(tests, key, size) {
  const column = data.col[key];
  const last = size - 1; // of framings, -1 is "none", which stands last
  return tally(select(tests, key), size, (i) => (column[i] < 0 ? last : column[i]));
}

function chip(key, id) {
  const name = sourceName(id);
  return el("button", {
    type: "button", class: "chip", "aria-label": visible(`Remove ${name}`),
    onclick: () => go({ [key]: state[key].filter((other) => other !== id) }, { focus: key }),
  }, words(name), " ×");
}

// The framing that stance is shown towards: the chosen one, else the one with most claims.
function towardIndex() {
  const { framings } = data.meta;
  const n = framings.findIndex((f) => f.id === state.toward && f.scored);
  if (n >= 0) return n;
  const most = Math.max(...framings.map((f) => (f.scored ? f.n_claims : -1)));
  return framings.findIndex((f) => f.scored && f.n_claims === most);
}
