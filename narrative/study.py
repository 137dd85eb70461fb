"""The study file: TOML to frozen dataclasses, checked."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from narrative.codebook import Codebook, read_codebook
from narrative.corpus import parse_published, read_csv, read_text
from narrative.encoder import DEFAULT_MODEL
from narrative.errors import InputError, StudyError
from narrative.framings import FramingSettings
from narrative.ledger.record import EVENTS, check_assessments
from narrative.schema import ATTRIBUTION, STATUSES, check_table, empty_table
from narrative.speakers import check_sources
from narrative.timeline import FREQUENCIES, INTERVALS, TimelineSettings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_HEAD = ("name", "title", "lang", "random_state", "shipped_sources", "attribution", "parser")

T = TypeVar("T", bound="DataclassInstance")


@dataclass(frozen=True)
class Files:
    """Names of the study's files, relative to the study file; only the documents are required."""

    documents: str = "documents.csv"
    sources: str = ""
    places: str = ""
    events: str = ""
    codebook: str = ""
    references: str = ""
    assessments: str = ""


@dataclass(frozen=True)
class EncoderSettings:
    """Which encoder makes the vectors of framings.

    Parameters
    ----------
    model : str
        ``all-MiniLM-L6-v2`` (pinned, with the shipped adapter), or any sentence-transformers model
        by folder or name; the shipped methods for stance always use the pinned one.
    revision : str
    """

    model: str = DEFAULT_MODEL
    revision: str = ""


@dataclass(frozen=True)
class StanceSettings:
    """Which model scores stance.

    Parameters
    ----------
    model : str
        "" for the shipped methods, or a cross-encoder for natural language inference by folder or
        name (see ``narrative.stance.nli``), which then scores every framing.
    revision : str
    """

    model: str = ""
    revision: str = ""


@dataclass(frozen=True)
class Study:
    """A study as its file describes it.

    Parameters
    ----------
    root : Path
        Folder of the study file; every other file lies in it.
    name, title, lang : str
    random_state : int
    shipped_sources : bool
        Whether the shipped list of sources extends the study's own.
    attribution : str
        "auto" or "rules", as ``extract_claims`` takes it.
    parser : str
        "" for the reader's own, or "spacy:NAME", as ``extract_claims`` takes it.
    files : Files
    encoder : EncoderSettings
    framings : FramingSettings
    stance : StanceSettings
    timeline : TimelineSettings
    """

    root: Path
    name: str
    title: str
    lang: str
    random_state: int
    shipped_sources: bool
    attribution: str
    parser: str
    files: Files
    encoder: EncoderSettings
    framings: FramingSettings
    stance: StanceSettings
    timeline: TimelineSettings

    def config(self) -> dict[str, Any]:
        """Return every setting that results depend on, without the folder."""
        settings = asdict(self)
        del settings["root"]
        return settings

    def path(self, name: str) -> Path | None:
        """Return the path of one of the study's files, None where the study names none."""
        value = getattr(self.files, name)
        return self.root / value if value else None

    def sources(self) -> pd.DataFrame:
        """Return the checked ``sources`` table, empty where the study names none."""
        path = self.path("sources")
        return check_sources(read_csv(path), path.name) if path else empty_table("sources")

    def places(self) -> pd.DataFrame:
        """Return the checked ``places`` table."""
        return self._table("places")

    def events(self) -> pd.DataFrame:
        """Return the checked ``events`` table."""
        table = self._table("events")
        strange = table[~table["assessed_status"].isin(["", *STATUSES])]
        if len(strange):
            raise InputError(
                f"{self.files.events}: event {strange.iloc[0]['event_id']!r} has "
                f"assessed_status={strange.iloc[0]['assessed_status']!r}; "
                f"expected one of {', '.join(STATUSES)} or nothing. Correct the cell."
            )
        for event, value in zip(table["event_id"], table["date"], strict=True):
            try:
                parse_published(value)
            except ValueError as error:
                raise InputError(
                    f"{self.files.events}: event {event!r} has date={value!r}: {error}."
                ) from None
        return table

    def references(self) -> pd.DataFrame:
        """Return the checked ``references`` table: who assesses control, how late, how biased."""
        table = self._table("references")
        for row in table.to_dict("records"):
            if not row["lag_days"] >= 0:
                raise InputError(
                    f"{self.files.references}: reference {row['reference']!r} has "
                    f"lag_days={row['lag_days']}; expected 0 or more."
                )
            if row["reference"] == EVENTS:
                raise InputError(
                    f"{self.files.references}: {EVENTS!r} is the name of the study's own events; "
                    "choose another."
                )
        return table

    def assessments(self) -> pd.DataFrame:
        """Return the checked ``assessments`` table."""
        path = self.path("assessments")
        if path is None:
            return empty_table("assessments")
        table = check_assessments(self._table("assessments"), path.name)
        unknown = sorted(set(table["reference"]) - set(self.references()["reference"]))
        if unknown:
            raise InputError(
                f"{path.name}: reference {unknown[0]!r} is not in "
                f"{self.files.references or 'the study, which names no file of references'}; add a "
                "row that says its lag and bias, and name the file as [files] references."
            )
        return table

    def codebook(self) -> Codebook | None:
        """Return the codebook, None where the study names none."""
        path = self.path("codebook")
        return read_codebook(path) if path else None

    def check(self) -> None:
        """Read every file but the documents, so that no error waits for the stage that needs it.

        Raises
        ------
        InputError
            With one message for each file that cannot be used as it is.
        """
        problems: list[str] = []
        for read in (self.sources, self.codebook, self.places, self.events, self.assessments):
            try:
                read()
            except InputError as error:
                problems.append(str(error))
        if problems:
            raise InputError("\n".join(problems))

    def _table(self, name: str) -> pd.DataFrame:
        path = self.path(name)
        if path is None:
            return empty_table(name)
        return check_table(read_csv(path), name, where=path.name)


def read_study(path: str | Path) -> Study:
    """Read and check a study file.

    Raises
    ------
    StudyError
        If the file is missing, is not TOML, has an unknown key, a value of the wrong type or out
        of range, or names a file outside its folder.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "study.toml"
    if not path.is_file():
        raise StudyError(f"{path}: no such study file; 'narrative init DIR' makes one to fill in.")
    try:
        raw = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise StudyError(
            f"{path.name}: not valid TOML ({error}); mend that line: text "
            "stands in quotation marks, [names] of tables on lines of their own."
        ) from None
    known = {"study", "files", "encoder", "framings", "stance", "timeline"}
    unknown = sorted(set(raw) - known)
    if unknown:
        raise StudyError(
            f"{path.name}: unknown table [{unknown[0]}]; expected {', '.join(sorted(known))}."
        )
    head = _table_of(raw, "study", path.name)
    unknown = sorted(set(head) - set(_HEAD))
    if unknown:
        raise StudyError(
            f"{path.name}: unknown key study.{unknown[0]}; expected {', '.join(_HEAD)}."
        )
    random_state = head.get("random_state", 0)
    if not isinstance(random_state, int) or isinstance(random_state, bool) or random_state < 0:
        raise StudyError(
            f"{path.name}: study.random_state={random_state!r}; expected an integer >= 0."
        )
    shipped = head.get("shipped_sources", True)
    if not isinstance(shipped, bool):
        raise StudyError(f"{path.name}: study.shipped_sources={shipped!r}; expected true or false.")
    attribution = head.get("attribution", ATTRIBUTION[0])
    if attribution not in ATTRIBUTION:
        raise StudyError(
            f"{path.name}: study.attribution={attribution!r}; expected one of "
            f"{', '.join(ATTRIBUTION)}."
        )
    for key in ("name", "title", "lang", "parser"):
        if not isinstance(head.get(key, ""), str):
            raise StudyError(f"{path.name}: study.{key}={head[key]!r}; expected str.")
    study = Study(
        root=path.parent,
        name=str(head.get("name", path.parent.resolve().name)),
        title=str(head.get("title", "")),
        lang=str(head.get("lang", "en")),
        random_state=random_state,
        shipped_sources=shipped,
        attribution=attribution,
        parser=str(head.get("parser", "")),
        files=_section(raw, "files", Files, path.name),
        encoder=_section(raw, "encoder", EncoderSettings, path.name),
        framings=_section(raw, "framings", FramingSettings, path.name),
        stance=_section(raw, "stance", StanceSettings, path.name),
        timeline=_section(raw, "timeline", TimelineSettings, path.name),
    )
    _check_ranges(study, path.name)
    _check_files(study, path.name)
    return study


def _table_of(raw: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    given = raw.get(name, {})
    if not isinstance(given, dict):
        raise StudyError(f"{where}: {name}={given!r}; expected a table [{name}].")
    return given


def _section(raw: dict[str, Any], name: str, kind: type[T], where: str) -> T:
    given = _table_of(raw, name, where)
    known = {f.name: f for f in fields(kind)}
    for key, value in given.items():
        if key not in known:
            raise StudyError(
                f"{where}: unknown key {name}.{key}; expected one of {', '.join(known)}."
            )
        default = known[key].default
        fits = isinstance(value, type(default)) or (
            isinstance(default, float) and isinstance(value, int)
        )
        if not fits or (isinstance(value, bool) and not isinstance(default, bool)):
            raise StudyError(f"{where}: {name}.{key}={value!r}; expected {type(default).__name__}.")
    return kind(**given)


def _check_ranges(study: Study, where: str) -> None:
    rules = [
        (
            0 <= study.framings.min_membership <= 1,
            "framings.min_membership",
            study.framings.min_membership,
            "0 to 1",
        ),
        (
            study.framings.temperature > 0,
            "framings.temperature",
            study.framings.temperature,
            "more than 0",
        ),
        (
            study.framings.min_cluster_size >= 2,
            "framings.min_cluster_size",
            study.framings.min_cluster_size,
            "at least 2",
        ),
        *(
            (
                low <= getattr(study.framings, key) <= high,
                f"framings.{key}",
                getattr(study.framings, key),
                f"{low} to {high}",
            )
            for key, low, high in (
                ("distance_threshold", 0, 2),
                ("coarse_threshold", 0, 2),
                ("min_similarity", -1, 1),
                ("floor", -1, 1),
                ("stance_weight", 0, 100),
            )
        ),
        (study.framings.n_boot >= 0, "framings.n_boot", study.framings.n_boot, "at least 0"),
        (
            study.timeline.freq in FREQUENCIES,
            "timeline.freq",
            study.timeline.freq,
            " | ".join(FREQUENCIES),
        ),
        (
            study.timeline.interval in INTERVALS,
            "timeline.interval",
            study.timeline.interval,
            " | ".join(INTERVALS),
        ),
        (study.timeline.n_boot >= 1, "timeline.n_boot", study.timeline.n_boot, "at least 1"),
        (0 < study.timeline.level < 1, "timeline.level", study.timeline.level, "between 0 and 1"),
        (study.timeline.min_docs >= 2, "timeline.min_docs", study.timeline.min_docs, "at least 2"),
    ]
    for holds, key, got, expected in rules:
        if not holds:
            raise StudyError(f"{where}: {key}={got!r}; expected {expected}.")


def _check_files(study: Study, where: str) -> None:
    if not study.files.documents:
        raise StudyError(f"{where}: files.documents is empty; expected the name of a table.")
    for field in fields(Files):
        path = study.path(field.name)
        if path is None:
            continue
        if not path.resolve().is_relative_to(study.root.resolve()):
            raise StudyError(
                f"{where}: files.{field.name}={getattr(study.files, field.name)!r} lies outside "
                "the study folder; copy it there."
            )
        if not path.is_file():
            raise StudyError(
                f"{where}: files.{field.name}={getattr(study.files, field.name)!r}: no such file "
                f"in {study.root}; put it there"
                f"{'' if field.name == 'documents' else ', or remove the line to go without it'}."
            )
