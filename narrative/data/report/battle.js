// The battle: who speaks for and against, adoption, first adopters, testimony against interest.

const FIRST_SHOWN = 5; // first adopters of each framing
const SOURCES_SHOWN = 15;

function viewBattle(claims, now = false) {
  const rows = battleRows(claims);
  figureView("battle", "Claims for and against each framing by side", rows,
    ["Framing", "Side", "Stance", "Claims"],
    (r) => [words(r.label), r.side, r.stance, String(r.n)],
    [note("Who speaks for a framing and who against it, whatever framing a claim was assigned to. Copies count as often as they were published.")]);
  const box = el("div", { id: sheet ? undefined : "contest" });
  viewNode().append(box);
  if (!filtersSet().length) {
    fill(box, contestParts(data.meta.battle, true));
    if (!sheet) byId("view").dataset.intervals = "run";
    return null;
  }
  fill(box, note("Counting the claims that the filters leave …"));
  const found = {};
  return whenQuiet(now,
    () => { found.favour = favourRows(claims); },
    () => { found.adoption = adoptionRows(claims); },
    () => { found.first = firstRows(claims); },
    () => { found.interest = interestRows(claims); },
    () => fill(box, contestParts(found, false)));
}

function contestParts(found, run) {
  const { battle, framings } = data.meta;
  const head = [el("h3", {}, "Contest"), intervalNote(run, 0.95, "clustered"), contestTable(found.favour)];
  if (!homeFramings().length) {
    return [...head, el("h3", {}, "Adoption, first adopters, testimony against interest"),
      note("Not known: no framing of this run’s codebook names the camp whose story it is (camp = … in the codebook), so that nobody can be said to take it over.")];
  }
  const homeless = framings.filter((f) => f.scored && !battle.home[f.id]);
  return [
    ...head,
    el("h3", {}, "Adoption"),
    note("Which share of the claims in favour of a framing comes from outside the camp whose story it is, of claims of known camp. “Copies once”: the claims of a copy group’s documents count together as those of one. ",
      `No share of fewer than ${battle.min_claims} claims. `,
      homeless.length ? ["No camp is named for ", joined(homeless.map((f) => words(f.label))), "; nothing is counted for them."] : null),
    adoptionTable(found.adoption),
    el("h3", {}, "First adopters"),
    note(`The first favourable claim, dated to a day, of each source outside the framing’s camp; the first ${FIRST_SHOWN} of each framing. First in this corpus is not first in the world.`),
    firstTable(found.first),
    el("h3", {}, "Testimony against interest"),
    note("How often a source takes the side that its camp would not have believed: against its own camp’s framings, or for another’s. A claim counts once for each framing that it takes a side to. Sources of camps that have no framing are left out."),
    interestTable(found.interest),
  ];
}

function joined(parts) {
  return parts.flatMap((part, n) => (n ? [", ", part] : [part]));
}

// Which intervals are shown, and what that means.
function intervalNote(run, level, kind) {
  const { meta } = data;
  const at = `${Number((100 * level).toFixed(1))} %`;
  const least = `none where fewer than ${count(meta.min_docs, "document")} speak`;
  const own = kind === "clustered" ? "Jeffreys’ by what the documents are worth" : `percentiles of ${WHOLE.format(meta.n_boot)} resamplings of the documents`;
  if (run) return note(`Intervals (${at}) are the run’s: ${own}; ${least}. They do not cover the error of the models.`);
  return note(`Filters narrow the claims, so intervals (${at}) are made in this page: percentiles of ${REPLICATES} resamplings of the documents, copies of one report together; ${least}. `,
    kind === "clustered" ? `The run’s own are ${own}; with few documents the page’s hold the truth less often than these. ` : `The run’s own are ${own}. `,
    "Neither covers the error of the models.");
}

function percent(value) {
  return value === null ? "–" : `${(100 * value).toFixed(0)} %`;
}

function ratioInterval(r) {
  return r.low === null ? "none" : `${(100 * r.low).toFixed(0)} to ${percent(r.high)}`;
}

function amount(n) {
  return Number.isInteger(n) ? WHOLE.format(n) : n.toFixed(1);
}

function contestTable(rows) {
  const { framings, battle } = data.meta;
  const to = (framing, stance, n) => markLink(
    { label: `${stance} ${framing.label}`, go: { toward: framing.id, stance } }, String(n));
  return table("Contest: from 0, one side alone is heard, to 1, both equally",
    ["Framing", "For", "Against", "Documents", "For, of both", "Interval", "Contest"],
    inOrder(rows).map((r) => {
      const framing = framings[r.framing];
      const against = r.n - r.n_for;
      return [words(framing.label), to(framing, "for", r.n_for), to(framing, "against", against),
        String(r.docs), percent(r.value), ratioInterval(r),
        r.n < battle.min_claims ? `fewer than ${battle.min_claims}` : (2 * Math.min(r.n_for, against) / r.n).toFixed(2)];
    }), new Set([1, 2, 3, 4, 5, 6]));
}

function inOrder(rows) {
  return [...rows].sort((a, b) => a.framing - b.framing);
}

function adoptionTable({ raw, once }) {
  const { framings, camps, battle } = data.meta;
  const known = camps.filter((c) => c !== "unknown");
  const counts = inOrder(raw).map((r) => [["each claim", r], ["copies once", once.find((o) => o.framing === r.framing)]]);
  const rows = counts.flat().map(([counted, row]) => {
    const framing = framings[row.framing];
    const home = battle.home[framing.id];
    const pick = (chosen) => ({ toward: framing.id, stance: "for", camp: chosen });
    const lead = (text, chosen, what) => markLink({ label: `${what} ${framing.label}`, go: pick(chosen) }, text);
    const few = row.n > 0 ? `fewer than ${battle.min_claims}` : "–";
    return [words(framing.label), home.map(plainName).join(", "), counted,
      lead(amount(row.n), known, "in favour of"), String(row.docs),
      row.value === null ? few : lead(percent(row.value), known.filter((c) => !home.includes(c)), "from outside, in favour of"),
      row.value === null ? "–" : ratioInterval(row)];
  });
  return table("Adoption", ["Framing", "Story of", "Counted", "Claims in favour", "Documents", "From outside", "Interval"],
    rows, new Set([3, 4, 5, 6]), { quiet: true });
}

function firstTable(found) {
  const { framings } = data.meta;
  const rows = [];
  const more = [];
  framings.forEach((framing, n) => {
    const mine = found.filter(([f]) => f === n).map(([, claim]) => claim);
    for (const claim of mine.slice(0, FIRST_SHOWN)) {
      rows.push([words(framing.label), string("said_at", claim),
        [words(speakerName(claim)), ` (${plainName(campName(claim))})`], words(outletName(claim)),
        link({ claim: data.ids?.[claim] ?? "" }, words(short(claimText(claim))), { focus: "" })]);
    }
    if (mine.length > FIRST_SHOWN) more.push([words(framing.label), ` ${mine.length - FIRST_SHOWN}`]);
  });
  if (!rows.length) return note("Nobody outside a framing’s camp speaks in its favour on a known day.");
  return [table("First adopters", ["Framing", "First on", "Who", "Outlet", "Claim"], rows, new Set(), { quiet: true, text: 4 }),
    more.length ? el("p", { class: "soft small" }, "Further sources: ", joined(more), ".") : null];
}

function short(text, most = 90) {
  return text.length > most ? text.slice(0, most).replace(/\s+\S*$/, "") + " …" : text;
}

function interestTable(found) {
  const { battle } = data.meta;
  const shown = [...found].sort((a, b) => b.n - a.n || (a.source < b.source ? -1 : 1)).slice(0, SOURCES_SHOWN);
  if (!shown.length) return note("No source of a camp that has a framing takes a side.");
  const rows = shown.map((r) => {
    const lead = (text, interest, what) => markLink(
      { label: `${sourceName(r.source)}, ${what}`, go: { speaker: [r.source], interest } }, text);
    sourceName(r.source); // makes the index
    const camp = data.meta.sources.camp[data.sourceAt.get(r.source)];
    return [words(sourceName(r.source)), plainName(camp), lead(String(r.n), "sided", "taking a side"),
      String(r.docs), r.value === null ? `fewer than ${battle.min_claims}` : lead(percent(r.value), "against", "against its camp"),
      r.value === null ? "–" : ratioInterval(r)];
  });
  const rest = found.length - shown.length;
  return [table("Testimony against interest", ["Source", "Camp", "Sides taken", "Documents", "Against its camp", "Interval"],
    rows, new Set([2, 3, 4, 5]), { quiet: true }),
  rest ? el("p", { class: "soft small" }, `The ${SOURCES_SHOWN} sources with most sides taken; ${count(rest, "further source")} not listed.`) : null];
}
