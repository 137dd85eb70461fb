// The shards of the page to typed arrays and strings.

const NO_DAY = -(2 ** 31);
const NO_BIN = 65535;
const NO_SIDE = 127;
const SCALE = 10000;

const data = {
  meta: null, // everything that is not one value a claim
  n: 0,
  col: {}, // typed arrays, one value a claim
  cells: {}, // typed arrays, one value a cell of the timeline that has an interval
  ids: null, // set once they are there
  texts: null,
  lower: null, // claims in lower case, made at the first search
  claimsOf: null, // document -> its claims, made when the first claim is opened
};

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function inflate(name) {
  const node = byId("shard-" + name);
  const stream = new Blob([bytesOf(node.textContent)]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  node.remove(); // what is decoded need not be kept twice
  return new Response(stream).arrayBuffer();
}

async function inflateJson(name) {
  return JSON.parse(new TextDecoder().decode(await inflate(name)));
}

const ARRAYS = {
  Uint8Array, Uint16Array, Uint32Array, Int8Array, Int16Array, Int32Array, Float32Array,
};

function arrays(header, buffer) {
  return Object.fromEntries(
    header.map((h) => [h.name, new ARRAYS[h.type](buffer, h.at, h.length)]));
}

async function loadColumns() {
  const [meta, columns, timeline] = await Promise.all(
    [inflateJson("meta"), inflate("columns"), inflate("timeline")]);
  data.meta = meta;
  data.n = meta.n_claims;
  data.col = arrays(meta.columns, columns);
  data.cells = arrays(meta.timeline, timeline);
}

async function loadTexts() {
  const names = Array.from({ length: data.meta.text_shards }, (_, n) => "text" + n);
  const [ids, ...parts] = await Promise.all([inflateJson("ids"), ...names.map(inflateJson)]);
  data.ids = ids;
  data.texts = parts.flat();
  data.at = new Map(ids.map((id, n) => [id, n]));
}

function claimText(claim) {
  if (!data.ids) return "…";
  if (!data.meta.with_text) return "text left out: " + data.ids[claim];
  const { doc, at, to } = data.col;
  return data.texts[doc[claim]].slice(at[claim], to[claim]);
}

function string(column, claim) {
  return data.meta.strings[column][data.col[column][claim]];
}

function speakerName(claim) {
  return data.meta.sources.name[data.col.speaker[claim]];
}

function outletName(claim) {
  return sourceName(string("outlet", claim));
}

// The name of a source, or its identifier where the run does not list it.
function sourceName(id) {
  data.sourceAt ??= new Map(data.meta.sources.source_id.map((s, n) => [s, n]));
  const n = data.sourceAt.get(id);
  return n === undefined ? id : data.meta.sources.name[n];
}

function campName(claim) {
  return data.meta.camps[data.col.camp[claim]];
}

function framingLabel(claim) {
  const n = data.col.framing[claim];
  return n < 0 ? "no framing" : data.meta.framings[n].label;
}

// The claims of each document, in the order of the text.
function claimsOf(doc) {
  if (!data.claimsOf) {
    data.claimsOf = data.meta.documents.doc_id.map(() => []);
    for (let i = 0; i < data.n; i++) data.claimsOf[data.col.doc[i]].push(i);
    for (const list of data.claimsOf) list.sort((a, b) => data.col.at[a] - data.col.at[b]);
  }
  return data.claimsOf[doc];
}

// What a search looks through: the claim and who says it.
function lowered() {
  if (!data.lower) {
    const names = data.meta.sources.name.map((n) => "\n" + n.toLowerCase());
    data.lower = Array.from({ length: data.n }, (_, i) =>
      (data.meta.with_text ? claimText(i) : data.ids[i]).toLowerCase() + names[data.col.speaker[i]]);
  }
  return data.lower;
}

// Sides of the contest, as in the package's figures.
const SIDE_OF = {
  russian: 0, pro_russian: 0, ukrainian: 1, pro_ukrainian: 1,
  western: 2, independent: 2, osint: 2, unknown: 3,
};
const SIDES = ["Russian side", "Ukrainian side", "Western, independent, OSINT", "Unknown"];

function sideOf(claim) {
  return SIDE_OF[campName(claim)];
}

function campsOfSide(side) {
  return data.meta.camps.filter((c) => SIDE_OF[c] === side);
}
