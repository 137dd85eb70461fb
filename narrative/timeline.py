"""Prevalence and stance per source, framing and time, with document-bootstrap intervals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError
from narrative.resampling import (
    Contributions,
    Floats,
    drawn_intervals,
    poisson_weights,
    worth_intervals,
)
from narrative.schema import NO_FRAMING, UNKNOWN, check_table, empty_table
from narrative.storage import read_table
from narrative.stored import StoredTable, aligned
from narrative.tally import Entries, Ints, Numbers, Tally, distinct, numbered, paired, parted

INTERVALS = ("clustered", "bootstrap")
FREQUENCIES = ("day", "week", "month", "year")
_WIDTH = {"day": 10, "week": 10, "month": 7, "year": 4}
Bin = tuple[str, str]


@dataclass(frozen=True)
class TimelineSettings:
    """Settings of the timeline.

    Parameters
    ----------
    freq : {"day", "week", "month", "year"}
        Width of a bin; weeks begin on Monday.
    interval : {"clustered", "bootstrap"}
        Jeffreys' interval by what the documents are worth, or percentiles of resampled documents,
        which hold the truth too seldom where few speak (``e12``).
    n_boot : int
        Replicates of the bootstrap.
    level : float
        Coverage of the intervals, in (0, 1).
    min_docs : int
        Cells with fewer documents (copies counted once) get no interval: two can be drawn in three
        ways only.
    """

    freq: str = "month"
    interval: str = "clustered"
    n_boot: int = 1000
    level: float = 0.95
    min_docs: int = 3


def time_bin(value: str, freq: str) -> Bin | None:
    """Return the half-open bin that an ISO date falls in, or None if it is not precise enough.

    Examples
    --------
    >>> time_bin("2025-12-18", "month")
    ('2025-12-01', '2026-01-01')
    >>> time_bin("2025-12", "week") is None
    True
    """
    if len(value) < _WIDTH[freq]:
        return None
    if freq == "year":
        return f"{value[:4]}-01-01", f"{int(value[:4]) + 1}-01-01"
    if freq == "month":
        year, month = int(value[:4]), int(value[5:7])
        following = date(year + month // 12, month % 12 + 1, 1)
        return f"{year}-{month:02d}-01", following.isoformat()
    day = date.fromisoformat(value[:10])
    if freq == "week":
        day -= timedelta(days=day.weekday())
        return day.isoformat(), (day + timedelta(days=7)).isoformat()
    return day.isoformat(), (day + timedelta(days=1)).isoformat()


def estimate_timeline(
    claims: pd.DataFrame,
    assignments: pd.DataFrame,
    stances: pd.DataFrame,
    documents: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    settings: TimelineSettings | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Estimate prevalence and stance per speaker, outlet and camp.

    Of tables that memory does not hold, ``TimelineSums`` makes the same in pieces.

    Parameters
    ----------
    claims, assignments, stances, documents, sources : DataFrame
        Tables of a run.
    settings : TimelineSettings, optional
    random_state : int

    Returns
    -------
    DataFrame
        The ``timeline`` table. ``prevalence`` is the source's claims in the framing over all its
        claims in the bin, none included. ``stance`` is the balance of those of its claims that
        take a side, ``(n_favor - n_against) / (n_favor + n_against)`` in [-1, 1], whatever
        framing they were assigned to; NaN where none does. Intervals resample documents; where
        fewer than ``min_docs`` speak, they are NaN. ``attrs["undated"]`` counts the claims whose
        date is less precise than a bin.

    Raises
    ------
    InputError
        If the frequency or the kind of interval is unknown.
    """
    settings = settings or TimelineSettings()
    _check_interval(settings)
    sums = TimelineSums(documents, sources, freq=settings.freq).add(claims, assignments, stances)
    return sums.estimate(settings, random_state=random_state)


def sum_run(folder: str | Path, *, freq: str = "month") -> TimelineSums:
    """Return the sums of a run's tables, which are read a group of rows at a time.

    Parameters
    ----------
    folder : path-like
        Written by ``run_study``.
    freq : {"day", "week", "month", "year"}
    """
    folder = Path(folder)
    documents = read_table(folder / "documents.parquet", ["doc_id", "copy_group"])
    sources = read_table(folder / "sources.parquet", ["source_id", "camp"])
    sums = TimelineSums(documents, sources, freq=freq)
    tables = (StoredTable(folder / f"{n}.parquet", columns) for n, columns in _READ.items())
    for claims, assignments, stances in aligned(*tables):
        sums.add(claims, assignments, stances)
    return sums


_READ = {
    "claims": ("claim_id", "doc_id", "source_id", "chain", "said_at", "said_precision"),
    "assignments": ("claim_id", "framing_id"),
    "stances": ("claim_id", "framing_id", "stance"),
}
# What is counted for each framing, and of all claims.
_INSIDE, _FAVOR, _AGAINST = "inside", "favor", "against"
_ALL = ("", "all")
_ENDS = ("bin_start", "bin_end")


class TimelineSums:
    """What a timeline is estimated from, added up over pieces of a corpus.

    For each copy group and cell (a source's bin) in which it has a claim: how many claims it has
    there, in each framing, and for and against each. Memory grows with those, not with claims.
    Sums of parts that were made apart (periods, archives, workers) can be merged, and give the
    table that ``estimate_timeline`` makes of the whole, however it was cut.

    Parameters
    ----------
    documents, sources : DataFrame
        Those of the claims that are added: ``doc_id, copy_group`` and ``source_id, camp``. A
        document that is not listed is its own copy group. Copies are one group whose
        ``copy_group`` is the same, in whichever parts they are.
    freq : {"day", "week", "month", "year"}

    Attributes
    ----------
    undated : int
        Claims whose date is less precise than a bin.

    Raises
    ------
    InputError
        If the frequency is unknown.

    Examples
    --------
    >>> from narrative import simulate_corpus
    >>> made = simulate_corpus(40)
    >>> about = made["assignments"], made["stances"]
    >>> context = made["documents"], made["sources"]
    >>> late = made["claims"]["doc_id"] > "d20"
    >>> sums = TimelineSums(*context).add(made["claims"][late], *about)
    >>> sums = sums.merge(TimelineSums(*context).add(made["claims"][~late], *about))
    >>> sums.estimate().equals(estimate_timeline(made["claims"], *about, *context))
    True
    """

    def __init__(
        self, documents: pd.DataFrame, sources: pd.DataFrame, *, freq: str = "month"
    ) -> None:
        if freq not in FREQUENCIES:
            raise InputError(f"freq={freq!r}; expected one of {', '.join(FREQUENCIES)}.")
        self.freq, self.undated = freq, 0
        copies = documents[(documents["doc_id"] != documents["copy_group"]).to_numpy(bool)]
        self._group_of = dict(zip(copies["doc_id"], copies["copy_group"], strict=True))
        camps = sources["camp"].fillna(UNKNOWN)
        self._camp_of = dict(zip(sources["source_id"], camps, strict=True))
        self._groups, self._cells = Numbers(), Numbers()
        self._framings: set[str] = set()
        self._tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)

    def add(self, claims: pd.DataFrame, assignments: pd.DataFrame, stances: pd.DataFrame) -> Self:
        """Add claims that were not added before, with the rows about them in the other tables.

        Rows about other claims are passed over.
        """
        bin_of, bins = _binned(claims, self.freq)
        dated = np.flatnonzero(bin_of >= 0)
        self.undated += len(claims) - len(dated)
        keys, entries = self._entries(claims.iloc[dated], bin_of[dated], bins)
        self._tallies[_ALL].add(keys, np.bincount(entries.ravel(), minlength=len(keys)))
        ids = pd.Index(claims["claim_id"].to_numpy(object), dtype=object)
        framing = _at(ids, assignments["claim_id"], assignments["framing_id"])[dated]
        self._framings |= {str(f) for f in assignments["framing_id"].unique()} - {NO_FRAMING}
        number, found = pd.factorize(framing)
        inside = np.flatnonzero((number >= 0) & (framing != NO_FRAMING))
        slots = [(str(n), _INSIDE) for n in found]
        self._count(slots, number[inside], entries[:, inside], keys)

        asked, names = numbered(stances["framing_id"])
        self._framings |= set(names)
        side = np.nan_to_num(stances["stance"].to_numpy(float, na_value=np.nan))
        taken = np.flatnonzero(side)
        place = np.full(len(claims) + 1, -1)  # the last is that of claims which are not there
        place[dated] = np.arange(len(dated))
        place = place[ids.get_indexer(stances["claim_id"].iloc[taken].to_numpy(object))]
        taken, place = taken[place >= 0], place[place >= 0]
        slots = [(n, kind) for n in names for kind in (_FAVOR, _AGAINST)]
        self._count(slots, 2 * asked[taken] + (side[taken] < 0), entries[:, place], keys)
        return self

    def _entries(self, claims: pd.DataFrame, bin_of: Ints, bins: list[Bin]) -> tuple[Ints, Ints]:
        """Return keys of cell and group, and which of them each claim counts in, at each level."""
        of, doc_ids = numbered(claims["doc_id"])
        group = self._groups.of(str(self._group_of.get(d, d)) for d in doc_ids)[of]
        source, source_ids = numbered(claims["source_id"])
        chain, chains = numbered(claims["chain"])
        levels = {
            "camp": (source, [str(self._camp_of.get(s, UNKNOWN)) for s in source_ids]),
            "outlet": (chain, [c.split(">", 1)[0] for c in chains]),
            "speaker": (source, source_ids),
        }
        found = []
        for level, (of, given) in levels.items():
            names = Numbers()
            place, codes = pd.factorize(names.of(given)[of] * len(bins) + bin_of)
            name = names.names()
            cells = ((level, name[c // len(bins)], *bins[c % len(bins)]) for c in codes.tolist())
            found.append(paired(self._cells.of(cells)[place], group))
        entries, keys = pd.factorize(np.concatenate(found))
        return keys, entries.reshape(len(levels), -1)

    def _count(self, slots: list[tuple[str, str]], slot: Ints, entries: Ints, keys: Ints) -> None:
        """Count rows in the entries of their claims, shape (n_levels, n_rows), each in its slot."""
        n = len(keys)
        found, counts = distinct((slot * n + entries).ravel(), len(slots) * n)
        edges = np.searchsorted(found, np.arange(len(slots) + 1) * n)
        for i, name in enumerate(slots):
            part = slice(edges[i], edges[i + 1])
            self._tallies[name].add(keys[found[part] - i * n], counts[part])

    def merge(self, other: TimelineSums) -> Self:
        """Add the sums of other claims.

        Raises
        ------
        InputError
            If they are of another frequency.
        """
        if other.freq != self.freq:
            raise InputError(f"sums by {other.freq} cannot be added to sums by {self.freq}.")
        groups = self._groups.of(other._groups.names())
        cells = self._cells.of(other._cells.names())
        for slot, tally in other._tallies.items():
            keys, counts = tally.rows()
            cell, group = parted(keys)
            self._tallies[slot].add(paired(cells[cell], groups[group]), counts)
        self.undated += other.undated
        self._framings |= other._framings
        return self

    def estimate(
        self, settings: TimelineSettings | None = None, *, random_state: int = 0
    ) -> pd.DataFrame:
        """Return the ``timeline`` table, as ``estimate_timeline`` does.

        Parameters
        ----------
        settings : TimelineSettings, optional
            Of the frequency of the sums.
        random_state : int

        Raises
        ------
        InputError
            If the kind of interval is unknown, or the frequency another one.
        """
        settings = settings or TimelineSettings(freq=self.freq)
        _check_interval(settings)
        if settings.freq != self.freq:
            raise InputError(f"freq={settings.freq!r}; the sums are by {self.freq}.")
        out = empty_table("timeline")
        if len(self._cells) and self._framings:
            out = self._estimated(settings, random_state)
        out.attrs["undated"] = self.undated
        return out

    def _estimated(self, settings: TimelineSettings, random_state: int) -> pd.DataFrame:
        entries = Entries(self._tallies[_ALL], self._groups.names())
        cell, group = entries.first, entries.second
        n = len(self._cells)
        total = entries.counts(self._tallies[_ALL])
        whole = Contributions(group, cell, total, total, n)  # the same for each framing
        table = pd.DataFrame(self._cells.names(), columns=["level", "source_id", *_ENDS]).assign(
            n_docs=whole.speaking.astype(np.int64), n_claims=whole.total.astype(np.int64)
        )
        weights = None
        if settings.interval == "bootstrap":
            weights = poisson_weights(entries.names, settings.n_boot, random_state=random_state)

        def ratios(
            made: Contributions, least: float, bottoms: dict[int, Floats] | None = None
        ) -> Floats:
            """Return ratios and both limits, shape (n_cells, 3)."""
            return np.stack(_with_limits(made, least, settings, weights, bottoms), axis=1)

        framings, bottoms = sorted(self._framings), dict[int, Floats]()
        found = np.full((len(framings), n, 6), np.nan)
        for framing, values in zip(framings, found, strict=True):
            tallies = [self._tallies.get((framing, kind)) for kind in (_INSIDE, _FAVOR, _AGAINST)]
            inside, favor, against = map(entries.counts, tallies)
            values[:, :3] = ratios(whole.with_top(inside), 0.0, bottoms)
            if any(tallies[1:]):  # most discovered framings are asked for no stance
                sided = Contributions(group, cell, favor - against, favor + against, n)
                values[:, 3:] = ratios(sided, -1.0)
        rows = table.iloc[np.tile(np.arange(n), len(framings))].reset_index(drop=True)
        rows["framing_id"] = np.repeat(np.array(framings, dtype=object), n)
        rows[_limits("prevalence") + _limits("stance")] = found.reshape(-1, 6).round(6)
        return check_table(rows, "timeline")


def _with_limits(
    made: Contributions,
    least: float,
    settings: TimelineSettings,
    weights: npt.NDArray[np.uint8] | None,
    bottoms: dict[int, Floats] | None,
) -> tuple[Floats, Floats, Floats]:
    """Return the ratio of each cell, at least `least`, and its interval."""
    over, level, fewest = made.total, settings.level, settings.min_docs
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(over > 0, made.hits / over, np.nan)
    if weights is None:
        span = (least, 1.0)
        return ratio, *worth_intervals(made, level=level, min_groups=fewest, span=span)
    return ratio, *drawn_intervals(made, weights, level=level, min_groups=fewest, bottoms=bottoms)


def _limits(name: str) -> list[str]:
    return [name, f"{name}_low", f"{name}_high"]


def _check_interval(settings: TimelineSettings) -> None:
    if settings.interval not in INTERVALS:
        raise InputError(f"interval={settings.interval!r}; expected one of {', '.join(INTERVALS)}.")


def _binned(claims: pd.DataFrame, freq: str) -> tuple[Ints, list[Bin]]:
    """Return each claim's bin, -1 where its date is not precise enough, and the bins."""
    said = claims["said_at"].astype(str)
    if "said_precision" in claims.columns:  # a season is written as its first month but is none
        season = (claims["said_precision"] == "season").to_numpy(bool)
        said = said.mask(season, said.str[:4]) if season.any() else said
    codes, values = numbered(said)
    found = [time_bin(v, freq) for v in values]
    bins = Numbers()
    number = bins.of(b for b in found if b is not None)
    of = np.full(len(found), -1)
    of[[b is not None for b in found]] = number
    return of[codes], bins.names()


def _at(wanted: pd.Index, ids: pd.Series, values: pd.Series) -> npt.NDArray[Any]:
    """Return the value that stands beside each wanted id; None or NaN where there is none."""
    if len(wanted) == len(ids) and (wanted == ids.to_numpy()).all():
        return values.to_numpy()  # as a run writes them
    return values.set_axis(pd.Index(ids)).reindex(wanted).to_numpy()
