// Everything that is shown goes through here: as text, never as markup.

// Control and direction-override characters are shown instead of obeyed; zero-width joiners belong
// to words of several scripts.
const HIDDEN = /[\p{Cc}\p{Cf}]/gu;
const KEPT = new Set(["\n", "\t", "\u200c", "\u200d"]);

function visible(text) {
  return String(text).replace(HIDDEN, (c) =>
    KEPT.has(c) ? c : "\\u" + c.codePointAt(0).toString(16).padStart(4, "0"));
}

// An element with attributes and children; strings become text nodes.
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined).map(asNode));
  return node;
}

function asNode(child) {
  return child instanceof Node ? child : document.createTextNode(visible(child));
}

// Words of a corpus: their own direction decides theirs, and nothing else's.
function words(text, name = "bdi") {
  return el(name, name === "bdi" ? {} : { dir: "auto" }, text);
}

function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(Boolean).map(asNode));
}

function byId(id) {
  return document.getElementById(id);
}

const WHOLE = new Intl.NumberFormat("en");

function count(n, one, many = one + "s") {
  return `${WHOLE.format(n)} ${n === 1 ? one : many}`;
}

function signed(value, digits = 2) {
  if (value === null || Number.isNaN(value)) return "–";
  const size = Math.abs(value).toFixed(digits);
  return (Number(size) === 0 ? "" : value < 0 ? "−" : "+") + size;
}

function plainName(code) {
  return code.replace(/^pro_/, "pro-").replaceAll("_", " ");
}

function isoDay(days) {
  return new Date(days * 86400000).toISOString().slice(0, 10);
}

function dayNumber(iso) {
  const at = Date.parse(iso + "T00:00:00Z");
  return Number.isNaN(at) ? null : Math.round(at / 86400000);
}

// A table of rows of cells; the first cell of a row names it. Where the screen is narrow each row of
// a wide table is a list, with the heads beside the cells. `quiet`: a heading says the caption.
function table(caption, heads, rows, numeric = new Set(), { quiet = false, text = -1 } = {}) {
  const kind = (n) => (numeric.has(n) ? "n" : n === text ? "long" : undefined);
  const cell = (value, n) => n === 0
    ? el("th", { scope: "row" }, value)
    : el("td", { class: kind(n), "data-head": heads[n] }, el("span", {}, value));
  return el("div", { class: heads.length > 3 ? "wide stack" : "wide", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: quiet ? "unseen" : undefined }, caption),
      el("thead", {}, el("tr", {}, heads.map((h, n) => el("th", { scope: "col", class: kind(n) }, h)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell))))));
}
