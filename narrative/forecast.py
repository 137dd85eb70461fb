"""What a run will cost: time, memory, disk and cached vectors, from a sample run on this machine.

A few documents drawn at random are run from end to end in a folder of their own with an empty
cache; what each stage takes there grows with the characters or claims of the whole corpus.
Discovery, whose time grows faster than its claims, is timed apart at two sizes.
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
from narrative.pipeline import STAGES, run_study
from narrative.reporting import Silent
from narrative.rows import read_rows
from narrative.schema import NO_FRAMING
from narrative.stance import stance_model
from narrative.storage import read_table
from narrative.study import Study

CHARACTERS = 60_000  # of the sample: about a minute on two processors
_LARGEST = 0.5  # of the corpus, at most
# Bytes of memory that a claim takes: its text; what the timeline counts of it, at most (three cells
# that no other claim of its document is in), and for each proposition; where the codebook leaves it
# over, what grouping holds of it (docs/scaling.md).
_TEXT, _COUNTED, _SIDED, _LEFT = 200, 400, 48, 12_288
_VECTOR = 1_700  # bytes that a vector takes in the cache
_REPLICATE = 0.63  # of the documents are in a replicate of the certificate
_ENCODING = ("framings", "stances")  # stages whose vectors the cache keeps
_ALL = 0.999  # of the vectors are there: no network is loaded
_SIZES = (500, 1_000)  # claims at which discovery is timed


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
    """

    documents: int
    characters: int
    claims: int
    sampled: int
    seconds: dict[str, float] = field(default_factory=dict)
    hits: float = 0.0
    memory: float = 0.0
    disk: float = 0.0


class _Clock(Silent):
    """Notes when stages begin."""

    def __init__(self) -> None:
        self.began: list[tuple[str, float]] = []

    def stage(self, name: str, kept: bool) -> None:  # noqa: ARG002
        self.began.append((name, time.perf_counter()))

    def seconds(self, ended: float) -> dict[str, float]:
        """Return how long each stage took."""
        times = [t for _, t in self.began] + [ended]
        return {name: b - a for (name, a), b in zip(self.began, times[1:], strict=True)}


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
    path = study.path("documents")
    assert path is not None  # read_study checked it
    rows = read_rows(path)
    sizes = _sizes(rows, path.parent)
    drawn = _drawn(sizes, characters)
    with tempfile.TemporaryDirectory() as work, _cache_in(Path(work) / "cache"):
        first = _run(study, rows.iloc[drawn[:1]], path.parent, Path(work) / "first")
        taken = _run(study, rows.iloc[drawn], path.parent, Path(work) / "sample")
        again = _run(study, rows.iloc[drawn], path.parent, Path(work) / "again")
        out = Path(work) / "sample" / "out"
        claims = read_table(out / "claims.parquet")
        left = int((read_table(out / "assignments.parquet")["framing_id"] == NO_FRAMING).sum())
        left += _discovered(out)
        asked = int((read_table(out / "framings.parquet")["proposition"] != "").sum())
        written = sum(p.stat().st_size for p in out.glob("*.parquet"))
        keys = _keys(default_cache())
    share = sizes[drawn].sum() / max(1, sizes.sum())
    one = sizes[drawn[0]] / sizes[drawn].sum()
    hits = _kept(keys)
    seconds = {}
    for stage in STAGES:
        # What the second time took no longer is what the cache spares.
        spared = max(0.0, taken[stage] - again[stage]) if stage in _ENCODING else 0.0
        loads = max(0.0, first[stage] - one * taken[stage])
        if stage in _ENCODING and hits > _ALL:
            loads = 0.0
        seconds[stage] = loads + (taken[stage] - spared * hits) / share
    seconds["framings"] += _discovery(study, left, left / share)
    expected = len(claims) / share
    return Forecast(
        documents=len(rows),
        characters=int(sizes.sum()),
        claims=round(expected),
        sampled=len(drawn),
        seconds=seconds,
        hits=hits,
        memory=_peak() + _growth(asked, expected - len(claims), left / share - left),
        disk=written / share + _VECTOR * len(keys) / share * (1 - hits),
    )


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
    clock = _Clock()
    files = replace(study.files, documents=str(table))
    run_study(replace(study, files=files), folder / "out", reporter=clock)
    return clock.seconds(time.perf_counter())


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


def _growth(propositions: int, claims: float, left: float) -> float:
    """Return what the larger of the two stages that grow with claims takes more, in bytes."""
    framings = _TEXT * claims + _LEFT * left
    return max(framings, (_COUNTED + _SIDED * propositions) * claims)


def _discovery(study: Study, sampled: float, expected: float) -> float:
    """Return what discovery and its certificate take more in the corpus than in the sample."""
    settings = study.framings
    if not settings.discover or expected <= 2:
        return 0.0
    model = settings.model(study.random_state)
    (small, _), (large, each) = (_fitted(model, n) for n in _SIZES)
    power = float(np.clip(np.log2(large / small), 1.0, 2.5))

    def taken(n: float) -> float:
        joined = min(n, model.max_exact)  # the others are assigned
        return float(large * (joined / _SIZES[1]) ** power + each * (n - joined))

    def whole(n: float) -> float:
        return taken(n) + settings.n_boot * taken(_REPLICATE * n)

    return max(0.0, whole(expected) - whole(sampled) * expected / max(1.0, sampled))


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
    return "\n".join(lines)


def _time(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"


def _size(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{max(size / 2**20, 0.1):.0f} MiB"
