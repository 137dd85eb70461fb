"""What a run will cost: time, memory, disk and cached vectors, from a sample run on this machine.

A few documents drawn at random are run from end to end in a folder of their own with an empty
cache, and one of them alone: what loads, what each run takes whatever its size, and what grows with
the characters of the corpus. How discovery grows with its claims is timed apart, at three sizes.
"""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from narrative.encoder import default_cache
from narrative.framings import FramingModel
from narrative.framings.discovery import CERTIFIED
from narrative.pipeline import STAGES, run_study
from narrative.prefilter import PrefilterSettings
from narrative.reporting import Clock
from narrative.row_pieces import read_rows
from narrative.schema import NO_FRAMING
from narrative.stance import stance_model
from narrative.storage import read_table
from narrative.study import Study

CHARACTERS = 60_000  # of the sample: about a minute on two processors
_LARGEST = 0.5  # of the corpus, at most
# Bytes of memory that a claim takes (benchmarks/claim_memory.py), without mapped vectors: its
# terms; what the timeline counts of it, and for each proposition; where it is drawn to be grouped,
# what that holds of it. A pair of claims that are joined takes its distance.
_TERMS, _COUNTED, _SIDED, _LEFT, _PAIR = 500, 200, 142, 4_600, 4
_VECTOR = 3_800  # bytes that a vector takes in the cache: most need a page of SQLite beside the row
_REPLICATE = 0.63  # of the documents are in a replicate of the certificate
_ENCODING = ("framings", "stances")  # stages whose vectors the cache keeps
_ALL = 0.999  # of the vectors are there: no network is loaded
_SIZES = (50, 500, 1_000)  # claims at which discovery is timed


@dataclass(frozen=True)
class Forecast:
    """What a run will cost.

    Parameters
    ----------
    documents, characters, claims : int
        Of the corpus; claims are expected.
    sampled : int
        Documents that were run for it.
    seconds : dict of str to float
        Of each stage, with what loads.
    hits : float
        Share of the vectors that are in the cache already, in [0, 1].
    memory, disk : float
        Peak memory and size of tables and new vectors, in bytes.
    read : float or None
        With a prefilter, the least share of documents that is read: its sample, and of the others
        as many as were about the study in those that were run for this. All else is of a run that
        discards nothing.
    """

    documents: int
    characters: int
    claims: int
    sampled: int
    seconds: dict[str, float] = field(default_factory=dict)
    hits: float = 0.0
    memory: float = 0.0
    disk: float = 0.0
    read: float | None = None


def forecast(study: Study, *, characters: int = CHARACTERS) -> Forecast:
    """Return what a run of a study will cost on this machine.

    Parameters
    ----------
    study : Study
    characters : int
        Of the documents that are run for it, at most half of the corpus.

    Raises
    ------
    InputError, StudyError, WeightsError, StorageError
        As a run does.
    """
    study.check()
    sample, study = study.prefilter.sample, replace(study, prefilter=PrefilterSettings())
    path = study.path("documents")
    assert path is not None  # read_study checked it
    rows = read_rows(path)
    sizes = _sizes(rows, path.parent)
    drawn = _drawn(sizes, characters)
    share = sizes[drawn].sum() / max(1, sizes.sum())
    one = sizes[drawn[0]] / max(1, sizes[drawn].sum())
    with tempfile.TemporaryDirectory() as work, _cache_in(Path(work) / "cache"):
        ran = {
            name: _run(study, rows.iloc[some], path.parent, Path(work) / name)
            for name, some in _runs(drawn)
        }
        out = Path(work) / "sample" / "out"
        claims = read_table(out / "claims.parquet")
        left = int((read_table(out / "assignments.parquet")["framing_id"] == NO_FRAMING).sum())
        left += _discovered(out)
        about = _about(out)
        asked = int((read_table(out / "framings.parquet")["proposition"] != "").sum())
        written = [_written(Path(work) / name / "out") for name in ("first", "sample")]
        keys = _keys(default_cache())
    hits, expected = _kept(keys), len(claims) / share
    return Forecast(
        documents=len(rows),
        characters=int(sizes.sum()),
        claims=round(expected),
        sampled=len(drawn),
        seconds=_seconds(study, ran, one, share, left, hits),
        hits=hits,
        memory=_peak() + _growth(study, asked, (len(claims), left), share),
        disk=_all(written[0], written[1], one, share) + _VECTOR * len(keys) / share * (1 - hits),
        read=_read(sample / len(rows), about / len(drawn)) if sample else None,
    )


def _runs(drawn: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return what is run: one document with what loads and without, the sample, and it cached."""
    return [("first", drawn[:1]), ("warm", drawn[:1]), ("sample", drawn), ("again", drawn)]


def _seconds(
    study: Study,
    ran: dict[str, dict[str, float]],
    one: float,
    share: float,
    left: int,
    hits: float,
) -> dict[str, float]:
    """Return what each stage takes of the whole corpus."""
    seconds = {}
    for stage in STAGES:
        first, warm, taken, again = (ran[n][stage] for n in ("first", "warm", "sample", "again"))
        loads = 0.0 if stage in _ENCODING and hits > _ALL else max(0.0, first - warm)
        # What the second time took no longer is what the cache spares.
        spared = max(0.0, taken - again) if stage in _ENCODING else 0.0
        seconds[stage] = loads + spared / share * (1 - hits)
        rest = taken - spared
        if stage == "framings":
            found, grows = _discovery(study, left, left / share)
            found = min(found, rest)
            seconds[stage] += found * grows
            rest -= found
        seconds[stage] += _all(min(warm, rest), rest, one, share)
    return seconds


def _all(first: float, sample: float, one: float, share: float) -> float:
    """Return what the whole corpus takes, from what one document and the sample do.

    Parameters
    ----------
    first, sample : float
    one, share : float
        The document's share of the sample's characters, and the sample's of all.
    """
    if one > _LARGEST:  # too little is between them
        return sample / share
    return sample + max(0.0, sample - first) / (1 - one) * (1 / share - 1)


def _written(out: Path) -> int:
    """Return the bytes of all files of a run."""
    return sum(p.stat().st_size for p in out.rglob("*") if p.is_file())


def _sizes(rows: pd.DataFrame, base: Path) -> np.ndarray:
    """Return the characters of each document, or the bytes of its file."""
    texts = rows["text"].str.len().to_numpy() if "text" in rows else np.zeros(len(rows), dtype=int)
    if "path" not in rows:
        return np.asarray(texts)
    files = [(base / str(p)).stat().st_size if p else 0 for p in rows["path"]]
    return np.asarray(np.maximum(texts, files))


def _drawn(sizes: np.ndarray, characters: int) -> np.ndarray:
    """Return documents drawn at random until they have so many characters; the largest last."""
    order = np.random.default_rng(0).permutation(len(sizes))
    most = min(characters, _LARGEST * sizes.sum())
    n = max(1, int(np.searchsorted(np.cumsum(sizes[order]), most, side="right")))
    return order[:n]


@contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """Let vectors be kept in a folder of their own."""
    before = os.environ.get("NARRATIVE_CACHE")
    os.environ["NARRATIVE_CACHE"] = str(folder)
    stance_model.cache_clear()  # it holds the cache that it was made with
    try:
        yield
    finally:
        stance_model.cache_clear()
        if before is None:
            del os.environ["NARRATIVE_CACHE"]
        else:
            os.environ["NARRATIVE_CACHE"] = before


def _run(study: Study, rows: pd.DataFrame, base: Path, folder: Path) -> dict[str, float]:
    """Run a study of some of its documents; return the seconds of each stage."""
    folder.mkdir(parents=True)
    for name in {str(p) for p in rows["path"] if p} if "path" in rows else ():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(base / name, folder / name)
    table = folder / "documents.parquet"
    rows.reset_index(drop=True).to_parquet(table)
    clock = Clock()
    files = replace(study.files, documents=str(table))
    run_study(replace(study, files=files), folder / "out", reporter=clock)
    return clock.seconds()


def _about(out: Path) -> int:
    """Return how many documents have a claim that the codebook takes."""
    framings = read_table(out / "framings.parquet", ["framing_id", "origin"])
    book = framings.loc[framings["origin"] == "codebook", "framing_id"]
    assignments = read_table(out / "assignments.parquet")
    taken = assignments.loc[assignments["framing_id"].isin(book), "claim_id"]
    claims = read_table(out / "claims.parquet", ["claim_id", "doc_id"])
    return int(claims.loc[claims["claim_id"].isin(taken), "doc_id"].nunique())


def _read(sample: float, about: float) -> float:
    """Return the least share of documents that is read where a prefilter discards."""
    drawn = min(1.0, sample)
    return drawn + (1 - drawn) * about


def _discovered(out: Path) -> int:
    framings = read_table(out / "framings.parquet")
    return int(framings.loc[framings["origin"] == "discovered", "n_claims"].sum())


def _keys(cache: Path) -> list[bytes]:
    with closing(sqlite3.connect(cache)) as db:
        return [key for (key,) in db.execute("SELECT key FROM kept")]


def _kept(keys: list[bytes]) -> float:
    """Return which share of vectors the user's cache has."""
    path = default_cache()
    if not path.is_file() or not keys:
        return 0.0
    try:
        with closing(sqlite3.connect(path)) as db:
            found = sum(
                db.execute("SELECT count(*) FROM kept WHERE key = ?", (key,)).fetchone()[0]
                for key in keys
            )
    except sqlite3.Error:
        return 0.0  # the run itself will say what is wrong with it
    return float(found / len(keys))


def _growth(study: Study, propositions: int, sampled: tuple[int, int], share: float) -> float:
    """Return what the larger of the stages that grow with claims takes more than of the sample.

    Of the sample, claims and those that the codebook leaves over are given.
    """
    settings = study.framings
    most = settings.model().max_exact if settings.discover else 0

    def framings(claims: float, left: float) -> float:
        drawn = min(left, CERTIFIED) * settings.discover
        return _TERMS * claims + _LEFT * drawn + _PAIR * min(left, most) ** 2

    claims, left = sampled
    more = framings(claims / share, left / share) - framings(claims, left)
    return max(more, (_COUNTED + _SIDED * propositions) * claims * (1 / share - 1))


def _discovery(study: Study, sampled: float, expected: float) -> tuple[float, float]:
    """Return what discovery and its certificate take of the sample, and how many times of all."""
    settings = study.framings
    if not settings.discover or sampled <= 2:
        return 0.0, 1.0
    model = settings.model(study.random_state)
    times = [_fitted(model, n) for n in _SIZES]
    sizes, fits = np.log(_SIZES), np.log([fit for fit, _ in times])
    each = times[-1][1]
    power = float(np.clip((fits[-1] - fits[-2]) / (sizes[-1] - sizes[-2]), 1.0, 2.5))

    def taken(n: float) -> float:
        joined = np.log(max(1.0, min(n, model.max_exact)))  # the others are assigned
        beyond = max(0.0, joined - sizes[-1])
        fit = np.exp(np.interp(joined, sizes, fits) + power * beyond)
        return float(fit + each * max(0.0, n - model.max_exact))

    def whole(n: float) -> float:
        return taken(n) + settings.n_boot * taken(_REPLICATE * min(n, CERTIFIED))

    return whole(sampled), whole(expected) / whole(sampled)


def _fitted(model: FramingModel, n: int) -> tuple[float, float]:
    """Return the seconds of finding framings in `n` vectors, and of assigning one more."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((20, 384))
    vectors = centres[rng.integers(0, 20, n)] + 2 * rng.standard_normal((n, 384))
    began = time.perf_counter()
    model.fit(vectors)
    fitted = time.perf_counter()
    model.predict(vectors)
    return fitted - began, (time.perf_counter() - fitted) / n


def _peak() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def table(cost: Forecast) -> str:
    """Return a forecast in words and columns."""
    total = sum(cost.seconds.values())
    lines = [
        f"{cost.documents} documents, {cost.characters:,} characters, some {cost.claims:,} claims",
        f"(from {cost.sampled} of them, run here)",
        "",
        *(f"{stage:10s}{_time(cost.seconds[stage]):>12s}" for stage in STAGES),
        f"{'all':10s}{_time(total):>12s}",
        "",
        f"memory {_size(cost.memory)} at most; tables and new vectors {_size(cost.disk)}",
        f"vectors in the cache already: {cost.hits:.0%}",
    ]
    if cost.read is not None:
        rest = total - cost.seconds["corpus"]
        least = cost.seconds["corpus"] + cost.read * rest
        lines += [
            "",
            "This is without [prefilter]. If it keeps just what is about the study, at least "
            f"{cost.read:.0%} of the",
            f"documents are read, in some {_time(least)}; if it discards nothing, all are.",
        ]
    return "\n".join(lines)


def _time(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"


def _size(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{max(size / 2**20, 0.1):.0f} MiB"
