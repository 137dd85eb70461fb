// Opening the page, and what changes when the state does.

let shownView = ""; // the part of the state that the figure on the page was drawn for

function render(before) {
  const tests = compile(state);
  const filtered = select(tests);
  const key = fragment({ pick: "", claim: "", sort: "" }) + (data.ids ? "" : "early");
  if (key !== shownView) {
    byId("view-title").textContent = VIEWS[state.view];
    later(); // nothing of the view before is wanted any more
    delete byId("view").dataset.intervals;
    RENDER[state.view](filtered);
    showFilters(tests);
    shownView = key;
  }
  showNav();
  const listed = fragment({ claim: "", view: "", level: "" });
  if (listed !== render.listed || !data.ids) {
    const picked = pickTests();
    showList(sorted(picked.length ? select([...tests, ...picked]) : filtered));
    showPick();
    byId("clear").hidden = !filtersSet().length && !state.pick;
    render.listed = data.ids ? listed : "";
  }
  if (before.claim !== state.claim || !byId("claim").open) showClaim(state.claim);
}

function showNav() {
  if (!byId("nav").childNodes.length || render.nav !== fragment()) {
    fill(byId("nav"), Object.entries(VIEWS).map(([view, name]) => {
      const item = link({ view, pick: "", claim: "" }, name, { focus: "view-title" });
      if (view === state.view) item.setAttribute("aria-current", "page");
      return item;
    }));
    render.nav = fragment();
  }
}

// What the claims below are narrowed to by the mark that was followed.
function showPick() {
  byId("pick")?.remove();
  if (!state.pick) return;
  const read = readPick(state.pick);
  const label = (id) => data.meta.framings.find((f) => f.id === id)?.label ?? plainName(id);
  const parts = [
    ...read.camp.map(plainName), ...read.voice, ...read.framing.map(label),
    ...read.speaker.map(sourceName), ...read.outlet.map(sourceName),
    read.stance ? `${read.stance === "sided" ? "takes a side" : read.stance} towards ${label(read.toward)}` : "",
    read.interest ? { sided: "takes a side", against: "against its camp" }[read.interest] : "",
    read.bin ? `from ${read.bin}` : "", read.only.length ? count(read.only.length, "claim") : "",
  ].filter(Boolean);
  byId("list").before(el("p", { id: "pick" }, "From the figure: ", words(parts.join(", ")), " ",
    el("button", { type: "button", onclick: () => go({ pick: "" }, { focus: "claims-title" }) }, "Show all again")));
}

async function open() {
  await loadColumns();
  document.title = visible(data.meta.title);
  byId("app").hidden = false;
  byId("filters").open = !NARROW.matches;
  setUpFilters();
  setUpList();
  setUpClaim();
  follow();
  byId("loading").textContent = "Reading the texts …";
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done))); // let it be painted
  await loadTexts();
  shownView = "";
  follow();
  byId("loading").remove();
  document.documentElement.dataset.ready = "yes";
}

addEventListener("popstate", follow);
let width = innerWidth;
let resizing = 0;
addEventListener("resize", () => {
  if (innerWidth === width) return; // a phone's bars come and go
  width = innerWidth;
  clearTimeout(resizing);
  resizing = setTimeout(redraw, 200);
});
DARK.addEventListener("change", redraw);
addEventListener("beforeprint", printAll);
addEventListener("afterprint", cleared);
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("list").focus();
});

function redraw() {
  shownView = "";
  follow();
}

open().catch((error) => {
  byId("loading").textContent = `The report could not be opened: ${error.message}. It needs a browser of 2023 or later.`;
  throw error;
});
