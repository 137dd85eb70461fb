"""Size of the report and how long a browser takes to open it and to answer.

    python benchmarks/report_size.py [--run results/seeds] [--claims 100000]

The report of a run and one of so many synthetic claims (words drawn by rank, as in language, so
that they compress no better) are opened in headless Chromium: seconds until the first view stands
and until the texts are read, and milliseconds for a filter, two searches, a view, and a jump in
the list.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from narrative.report.build import build_payload
from narrative.report.page import render_page, write_report
from narrative.schema import CAMPS, CERTAINTIES, TABLES, VOICES

FRAMINGS, SOURCES, PER_DOCUMENT, MONTHS = 9, 400, 20, 36


def words(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return `n` words of a made-up language of 30,000 words whose frequency falls with rank."""
    letters = np.array(list("etaoinshrdlucmfwypvbgk"))
    vocabulary = np.array(["".join(rng.choice(letters, k)) for k in rng.integers(2, 11, 30_000)])
    weight = 1 / (np.arange(len(vocabulary)) + 2.7)
    return vocabulary[rng.choice(len(vocabulary), n, p=weight / weight.sum())]


def synthetic(n_claims: int) -> tuple[dict[str, pd.DataFrame], dict[str, Any], dict[str, Any]]:
    """Return tables, manifest and numbers of a made-up run."""
    rng = np.random.default_rng(0)
    n_docs = -(-n_claims // PER_DOCUMENT)
    lengths = rng.integers(8, 30, n_docs * PER_DOCUMENT)
    drawn = iter(np.split(words(rng, int(lengths.sum())), np.cumsum(lengths)[:-1]))
    days = pd.date_range("2023-01-01", periods=MONTHS * 30).strftime("%Y-%m-%d").to_numpy()
    documents: list[dict[str, Any]] = []
    claims: list[dict[str, Any]] = []
    for d in range(n_docs):
        text, day = "", str(rng.choice(days))
        for n in range(min(PER_DOCUMENT, n_claims - len(claims))):
            said = " ".join(next(drawn))
            start = len(text) + len("It is said that ")
            text += f"It is said that {said}. "
            source = f"s{rng.zipf(1.6) % SOURCES:03d}"
            claims.append(
                {
                    "claim_id": f"doc{d:05d}:{start:07d}-{start + len(said):07d}",
                    "doc_id": f"doc{d:05d}",
                }
                | {"sent_index": n, "start": start, "end": start + len(said), "text": said}
                | {"voice": VOICES[rng.integers(4)], "speaker_text": source, "source_id": source}
                | {"chain": f"o{d % 40:02d}>{source}", "cue": "said", "cue_stance": 0}
                | {"attribution_score": rng.random(), "said_at": day, "said_precision": "day"}
            )
        documents.append(
            {"doc_id": f"doc{d:05d}", "outlet": f"o{d % 40:02d}", "published_at": day, "lang": "en"}
            | {
                "title": text[:60],
                "text": text,
                "copy_group": f"doc{d:05d}",
                "text_sha256": f"{d:064x}",
            }
        )
    made = {"documents": documents, "claims": claims}
    tables = {n: whole(pd.DataFrame(rows), n) for n, rows in made.items()}
    ids = tables["claims"]["claim_id"]
    tables |= scores(rng, ids) | named(rng, ids)
    error = {f"macro-F1, written claims: f{n}": 0.7 for n in range(FRAMINGS)}
    manifest = {
        "study": {
            "title": f"{n_claims} synthetic claims",
            "name": "x",
            "timeline": {"freq": "month"},
        },
        "homes": {f"f{n}": CAMPS[n % 2 * 2] for n in range(FRAMINGS)},
        "model_error": error,
        "stance_methods": {f"f{n}": f"trained head: f{n}" for n in range(FRAMINGS)},
    }
    counts = {
        "n_documents": n_docs,
        "n_copy_groups": n_docs,
        "n_claims": n_claims,
        "n_sources": SOURCES,
    }
    return tables, manifest, counts | {"stance_by_camp": {}}


def scores(rng: np.random.Generator, ids: pd.Series) -> dict[str, pd.DataFrame]:
    """Return framings, stances and certainty of the claims, at random."""
    framing = rng.integers(0, FRAMINGS, len(ids))
    parts = []
    for n in range(FRAMINGS):
        p = rng.dirichlet([0.3, 1, 0.3], len(ids))
        parts.append(
            pd.DataFrame(p, columns=["p_against", "p_none", "p_favor"]).assign(
                claim_id=ids,
                framing_id=f"f{n}",
                stance=p.argmax(axis=1) - 1,
                score=p[:, 2] - p[:, 0],
            )
        )
    kind = rng.dirichlet(np.ones(len(CERTAINTIES)), len(ids))
    certainty = pd.DataFrame(kind, columns=[f"p_{c}" for c in CERTAINTIES])
    return {
        "stances": pd.concat(parts, ignore_index=True),
        "assignments": pd.DataFrame(
            {
                "claim_id": ids,
                "framing_id": [f"f{n}" for n in framing],
                "membership": rng.random(len(ids)),
            }
        ),
        "certainty": certainty.assign(
            claim_id=ids, certainty=np.array(CERTAINTIES)[kind.argmax(axis=1)]
        ),
    }


def named(rng: np.random.Generator, ids: pd.Series) -> dict[str, pd.DataFrame]:
    """Return sources, framings, timeline and ledger."""
    names = [*(f"s{n:03d}" for n in range(SOURCES)), *(f"o{n:02d}" for n in range(40))]
    camps = rng.choice(CAMPS, len(names))
    sources = pd.DataFrame(
        {"source_id": names, "name": [f"Source {n}" for n in names], "camp": camps}
    )
    framings = pd.DataFrame({"framing_id": [f"f{n}" for n in range(FRAMINGS)]})
    framings = framings.assign(
        label="Framing " + framings["framing_id"], origin="codebook", n_claims=1
    )
    framings["exemplar_claim_ids"] = ids.iloc[0]
    cells = pd.MultiIndex.from_product([names[:100], framings["framing_id"], range(MONTHS)])
    timeline = cells.to_frame(index=False, name=["source_id", "framing_id", "month"])
    month = pd.period_range("2023-01", periods=MONTHS + 1, freq="M").strftime("%Y-%m-01")
    timeline["bin_start"] = [month[m] for m in timeline["month"]]
    timeline["bin_end"] = [month[m + 1] for m in timeline["month"]]
    timeline["level"] = "speaker"
    low = rng.random(len(timeline)) - 1
    for kind in ("stance", "prevalence"):
        timeline[f"{kind}_low"], timeline[f"{kind}_high"] = low, low + 0.6
    ledger = pd.DataFrame({"claim_ids": ids.iloc[:: max(1, len(ids) // 500)].to_numpy()})
    ledger = ledger.assign(
        place_id="town", claimant="s001", camp="russian", claimed_status="russian"
    )
    ledger = ledger.assign(extent="full", said_at="2024-01-01", reference="map", level=0.5)
    ledger = ledger.assign(repeats_after_exposure=0, credit_high=np.inf)
    events = pd.DataFrame({"event_id": [f"e{n}" for n in range(MONTHS)]})
    events = events.assign(date=[m[:8] + "15" for m in month[:MONTHS]], label="An event")
    made = {"sources": sources, "framings": framings, "timeline": timeline, "ledger": ledger}
    made["events"] = events.assign(precision="day")
    return {name: whole(table, name) for name, table in made.items()}


def whole(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return `table` with all columns of table `name`, empty where it has none."""
    full = table.reindex(columns=list(TABLES[name])).astype(object)
    text = [c for c, t in TABLES[name].items() if t == "string"]
    full[text] = full[text].where(full[text].notna(), "")
    return full.infer_objects()


def write_synthetic(n_claims: int, path: Path) -> None:
    """Write the report of so many synthetic claims."""
    tables, manifest, numbers = synthetic(n_claims)
    payload = build_payload(tables, manifest, numbers, with_text=True)
    path.write_text(render_page(payload, tables, numbers), encoding="utf-8", newline="\n")


TIMED = """async (step) => {
  const paint = () => new Promise((d) => requestAnimationFrame(() => setTimeout(d)));
  const began = performance.now();
  if (step.startsWith("#")) { location.hash = step; }
  else { document.getElementById("list").scrollTop = 1e6; }
  await paint(); await paint();
  return performance.now() - began;
}"""


# Waits until the page has made the intervals that the last step asked for. How long it worked on
# them, and the longest time that it did not answer.
INTERVALS = """async () => {
  while (document.getElementById("view").dataset.intervals !== "page") {
    await new Promise((d) => setTimeout(d, 5));
  }
  const steps = performance.getEntriesByName("intervals").map((e) => e.duration);
  performance.clearMeasures("intervals");
  return [steps.reduce((a, b) => a + b, 0), Math.max(...steps)];
}"""


def measure(path: Path) -> dict[str, float]:
    """Open the page and return what each step took."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(path.resolve().as_uri(), wait_until="commit")
        page.wait_for_selector("#list .row", timeout=60_000)
        out = {"first view, s": time.perf_counter() - began}
        page.wait_for_selector("html[data-ready=yes]", timeout=60_000, state="attached")
        out["everything, s"] = time.perf_counter() - began
        word = page.locator(".said").nth(1).inner_text().split()[1]
        for name, step in {
            "filter, ms": "#view=overview&voice=quoted",
            "first search, ms": f"#view=overview&q={word}",
            "second search, ms": f"#view=overview&q={word}e",
            "another view, ms": "#view=time&level=speaker",
            "jump in the list, ms": "scroll",
        }.items():
            out[name] = float(page.evaluate(TIMED, step))
        for view in ("time&level=speaker", "battle"):
            name = view.split("&")[0]
            out[f"filter of {name}, ms"] = float(page.evaluate(TIMED, f"#view={view}&voice=quoted"))
            took, longest = page.evaluate(INTERVALS)
            out |= {f"  its intervals ({name}), ms": took, f"  longest step ({name}), ms": longest}
        memory = page.evaluate("performance.memory.usedJSHeapSize / 1e6")
        out["JavaScript heap, MB"] = float(memory)
        browser.close()
    return out


def tell(name: str, path: Path) -> None:
    print(f"{name}: {path.stat().st_size / 1e6:.1f} MB")
    for step, value in measure(path).items():
        print(f"  {step:28s} {value:8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("results/seeds"))
    parser.add_argument("--claims", type=int, default=100_000)
    args = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        if args.run.is_dir():
            write_report(args.run, path)
            tell(str(args.run), path)
        began = time.perf_counter()
        write_synthetic(args.claims, path)
        print(f"{args.claims} claims made and written in {time.perf_counter() - began:.0f} s")
        tell(f"{args.claims} synthetic claims", path)


if __name__ == "__main__":
    main()
