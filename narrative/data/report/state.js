// What is shown is a function of this state, and the state is the URL's fragment: a link to it
// shows the same, and back and forward work. Identifiers are written, not numbers, so that a link
// outlives a new run.

const VIEWS = {
  overview: "Overview", framings: "Framings", time: "Stance over time", battle: "Battle",
  ledger: "Ledger", validity: "Validity",
};
const SETS = ["camp", "voice", "framing", "speaker", "outlet"];
const WORDS = ["q", "from", "to", "toward", "stance", "sort", "level", "pick", "claim"];
const SORTS = {
  document: "by document", date: "by date", evidence: "by evidence", stance: "by stance",
};

let state = blank();

function blank() {
  const out = { view: "overview" };
  for (const key of SETS) out[key] = [];
  for (const key of WORDS) out[key] = "";
  return out;
}

function parse(fragment) {
  const read = new URLSearchParams(fragment.replace(/^#/, ""));
  const out = blank();
  if (Object.hasOwn(VIEWS, read.get("view") ?? "")) out.view = read.get("view");
  for (const key of SETS) out[key] = read.getAll(key);
  for (const key of WORDS) out[key] = read.get(key) ?? "";
  for (const key of ["from", "to"]) if (dayNumber(out[key]) === null) out[key] = "";
  if (!["", "sided", "for", "against", "none"].includes(out.stance)) out.stance = "";
  if (!data.meta.levels.includes(out.level)) out.level = "";
  if (!Object.hasOwn(SORTS, out.sort)) out.sort = "";
  return out;
}

function fragment(patch = {}) {
  const next = { ...state, ...patch };
  const write = new URLSearchParams();
  write.set("view", next.view);
  for (const key of SETS) for (const value of next[key]) write.append(key, value);
  for (const key of WORDS) if (next[key]) write.set(key, next[key]);
  return "#" + write.toString();
}

// Go to another state. `replace` leaves no entry in the history (while somebody types).
function go(patch, { replace = false, focus = "" } = {}) {
  const to = fragment(patch);
  if (replace) history.replaceState(null, "", to);
  else if (to !== location.hash) history.pushState(null, "", to);
  follow();
  if (focus) {
    byId(focus).focus({ preventScroll: true });
    byId(focus).scrollIntoView({ block: "start" });
  }
}

function follow() {
  const before = state;
  state = parse(location.hash);
  render(before);
}

// A link to another state; followed without leaving the page's own way of moving the focus.
function link(patch, text, { focus = "claims-title", label } = {}) {
  return el("a", {
    href: fragment(patch),
    "aria-label": label,
    onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab is the reader's
      event.preventDefault();
      go(patch, { focus });
    },
  }, text);
}

const CLEAR = {
  camp: [], voice: [], framing: [], speaker: [], outlet: [], q: "", from: "", to: "", stance: "", pick: "",
};

// What is chosen, apart from a pick: kinds of filters that narrow the claims.
function filtersSet(of = state) {
  return Object.keys(CLEAR).filter((key) => key !== "pick" && of[key].length > 0);
}

// A pick is the mark that somebody followed: it narrows the claims and leaves the figure whole.
// It is written as a fragment of its own: {speaker: ["x"], stance: "for", only: [ids]}.
function pickOf(choice) {
  const write = new URLSearchParams();
  for (const [key, value] of Object.entries(choice)) {
    for (const one of [value].flat()) write.append(key, one);
  }
  return write.toString();
}

function readPick(pick) {
  const read = new URLSearchParams(pick);
  const out = { ...blank(), only: read.getAll("only"), bin: read.get("bin") ?? "" };
  for (const key of SETS) out[key] = read.getAll(key);
  for (const key of ["toward", "stance", "interest"]) out[key] = read.get(key) ?? "";
  return out;
}

function followMark(choice) {
  go({ pick: pickOf(choice) }, { focus: "claims-title" });
}
