// Vega-Lite figures. Expressions are interpreted (`ast`), because the page's policy forbids code
// made from strings; tooltips are text nodes of ours instead of the library's markup.

const DARK = matchMedia("(prefers-color-scheme: dark)");
let drawn = null; // the view on the page
let drawing = 0; // so that of two drawings under way the later one stays

async function draw(node, name, rows, summary, { paper = false, events } = {}) {
  const turn = paper ? drawing : ++drawing;
  if (!paper) {
    drawn?.finalize();
    drawn = null;
  }
  if (!rows.length) {
    fill(node, el("p", { class: "soft" }, "No claim that this figure counts passes the filters."));
    return;
  }
  const theme = DARK.matches && !paper ? "dark" : "light";
  const spec = fitted(data.meta.charts[theme][name], paper ? PAPER.width : node.clientWidth, rows);
  const broken = rows.map((r) => ({ ...r, ...brokenLabels(r, spec.config.axis.labelLimit) }));
  // Labels of facets have a line of their own.
  spec.datasets = { rows: spec.spec ? rows : broken, ...(events ? { events } : {}) };
  if (!spec.spec && broken.some((r) => (r.lane ?? r.label).includes("\n"))) {
    const lines = 31; // pixels for two
    spec.height = Math.max(spec.height, lines * new Set(rows.map((r) => r.order)).size);
  }
  const target = el("div", { role: "img", "aria-label": visible(summary) });
  const options = {
    ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip: showTip,
    logLevel: 1,
  };
  const result = await vegaEmbed(target, spec, options);
  if (turn !== drawing && !paper) {
    result.finalize();
    return;
  }
  // The figure is one image with a name; its table says the rest.
  target.querySelector("svg").setAttribute("aria-hidden", "true");
  node.replaceChildren(target);
  if (paper) {
    PAPER.results.push(result);
    return;
  }
  drawn = result;
  result.view.addEventListener("click", (_, item) => {
    if (item?.datum?.go && item.mark.marktype !== "line") followMark(item.datum.go);
  });
}

function fitted(chart, width, rows) {
  const spec = structuredClone(chart);
  const narrow = width < 560;
  if (spec.spec) spec.spec.width = Math.max(width - 115, 180);
  else {
    spec.width = width;
    spec.height = spec.height.step * new Set(rows.map((r) => r.order)).size;
    spec.autosize = { type: "fit-x", contains: "padding" };
  }
  spec.config.axis.labelLimit = Math.min(spec.config.axis.labelLimit, width * (narrow ? 0.36 : 0.42));
  spec.config.legend.columns = narrow ? 1 : width < 720 ? 2 : 5;
  return spec;
}

// A label on two lines where one is too short, with what does not fit left out.
function brokenLabels(row, width) {
  const most = Math.floor(width / 6.8);
  const broken = (text) => {
    if (text.length <= most) return text;
    const cut = text.lastIndexOf(" ", most);
    const first = text.slice(0, cut > 0 ? cut : most);
    const rest = text.slice(first.length).trim();
    return `${first}\n${rest.length > most ? rest.slice(0, most - 1) + "…" : rest}`;
  };
  return row.lane === undefined ? { label: broken(row.label), whole: row.label } : { lane: broken(row.lane) };
}

function showTip(_, event, item, value) {
  const tip = byId("tip");
  tip.hidden = value === null || value === undefined || value === "";
  if (tip.hidden) return;
  const pairs = typeof value === "object" ? Object.entries(value) : [["", value]];
  fill(tip, el("dl", {}, pairs.map(([k, v]) => [el("dt", {}, k), el("dd", {}, words(v))])));
  const left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8);
  const above = event.clientY + tip.offsetHeight + 24 > innerHeight;
  tip.style.left = Math.max(left, 4) + "px";
  tip.style.top = (above ? event.clientY - tip.offsetHeight - 10 : event.clientY + 14) + "px";
}

// The same numbers as a table whose counts lead where the marks lead: for keyboard and screen
// reader, and for whoever wants the numbers.
function figureTable(caption, heads, rows, cells, most = 400) {
  const shown = rows.slice(0, most);
  const body = shown.map((row) => [...cells(row).slice(0, -1), markLink(row, cells(row).at(-1))]);
  const rest = rows.length > most ? el("p", { class: "soft" }, `The first ${most} of ${WHOLE.format(rows.length)} rows.`) : null;
  return el("details", { class: "figure-table" },
    el("summary", {}, "The figure as a table, each row with its claims"),
    table(caption, heads, body, new Set([heads.length - 1])), rest);
}

function markLink(row, text) {
  return link({ pick: pickOf(row.go) }, text, {
    label: visible(`${text} ${text === "1" ? "claim" : "claims"}: ${row.label}`),
  });
}
