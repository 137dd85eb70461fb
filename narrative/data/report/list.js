// The claims that are chosen. Only rows on the screen are in the page; a hundred thousand more
// are a tall empty element to scroll.

const LIST = {
  claims: new Uint32Array(0),
  active: 0, // place in `claims` of the row that the keyboard is on
  row: 76, // height of a row, as in page.css
  tallest: 8e6, // browsers cut off elements that are much taller
};
const NARROW = matchMedia("(max-width: 40rem)");

function setUpList() {
  const list = byId("list");
  list.addEventListener("scroll", () => requestAnimationFrame(paintList), { passive: true });
  list.addEventListener("keydown", onListKey);
  list.addEventListener("click", (event) => {
    const place = event.target.closest("[data-place]")?.dataset.place;
    if (place === undefined) return;
    LIST.active = Number(place);
    go({ claim: data.ids[LIST.claims[LIST.active]] });
  });
  new ResizeObserver(() => layList()).observe(list);
}

function showList(claims) {
  LIST.claims = claims;
  LIST.active = 0;
  byId("list").scrollTop = 0;
  layList();
  const all = data.n === claims.length;
  byId("count").textContent = all
    ? `all ${count(data.n, "claim")}` : `${WHOLE.format(claims.length)} of ${count(data.n, "claim")}`;
}

function layList() {
  LIST.row = NARROW.matches ? 128 : 76;
  byId("spacer").style.height = Math.min(LIST.claims.length * LIST.row, LIST.tallest) + "px";
  paintList();
}

// How far the rows are scrolled, in rows: the same as the scroll bar says, unless the element had
// to be made shorter than its rows.
function topRow() {
  const list = byId("list");
  const full = LIST.claims.length * LIST.row;
  if (full <= LIST.tallest) return list.scrollTop / LIST.row;
  const share = list.scrollTop / (LIST.tallest - list.clientHeight);
  return (share * (full - list.clientHeight)) / LIST.row;
}

function paintList() {
  const list = byId("list");
  const top = topRow();
  const first = Math.max(0, Math.floor(top) - 3);
  const last = Math.min(LIST.claims.length, Math.ceil(top + list.clientHeight / LIST.row) + 3);
  const rows = [];
  for (let place = first; place < last; place++) {
    const row = listRow(place);
    row.style.top = list.scrollTop + (place - top) * LIST.row + "px";
    rows.push(row);
  }
  byId("spacer").replaceChildren(...rows);
  const there = LIST.active >= first && LIST.active < last && LIST.claims.length;
  if (there) list.setAttribute("aria-activedescendant", "row" + LIST.active);
  else list.removeAttribute("aria-activedescendant");
}

function listRow(place) {
  const claim = LIST.claims[place];
  return el("div", {
    role: "option", id: "row" + place, class: "row", "data-place": place,
    "aria-selected": place === LIST.active ? "true" : "false",
    "aria-posinset": place + 1, "aria-setsize": LIST.claims.length,
  }, ...rowContent(claim));
}

function rowContent(claim) {
  return [
    el("div", { class: "said" }, words(claimText(claim))),
    el("div", { class: "by" },
      el("span", { class: "side side" + sideOf(claim), "aria-hidden": "true" }),
      words(speakerName(claim)), ` (${plainName(campName(claim))}) · `,
      outletName(claim) === speakerName(claim) ? null : [words(outletName(claim)), " · "],
      `${string("said_at", claim) || "no date"} · ${data.meta.voices[data.col.voice[claim]]} · `,
      words(framingLabel(claim))),
  ];
}

function onListKey(event) {
  const page = Math.max(1, Math.floor(byId("list").clientHeight / LIST.row) - 1);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  if (event.key in steps) {
    event.preventDefault();
    activate(LIST.active + steps[event.key]);
  } else if ((event.key === "Enter" || event.key === " ") && LIST.claims.length && data.ids) {
    event.preventDefault();
    go({ claim: data.ids[LIST.claims[LIST.active]] });
  }
}

function activate(place) {
  LIST.active = Math.max(0, Math.min(place, LIST.claims.length - 1));
  const list = byId("list");
  const top = topRow();
  const seen = list.clientHeight / LIST.row;
  const full = LIST.claims.length * LIST.row;
  const scale = full <= LIST.tallest ? LIST.row
    : (LIST.row * (LIST.tallest - list.clientHeight)) / (full - list.clientHeight);
  if (LIST.active < top) list.scrollTop = LIST.active * scale;
  else if (LIST.active > top + seen - 1) list.scrollTop = (LIST.active + 1 - seen) * scale;
  paintList();
}
