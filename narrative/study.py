"""The study file: TOML to frozen dataclasses, checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from narrative.codebook import Codebook, read_codebook
from narrative.encoder import DEFAULT_MODEL
from narrative.errors import InputError, StudyError, perhaps
from narrative.framings import FramingSettings
from narrative.language import check_code
from narrative.ledger.record import check_assessments
from narrative.prefilter import PrefilterSettings
from narrative.record_tables import check_events, check_places, check_references
from narrative.row_pieces import parquet_files, row_pieces
from narrative.rows import read_csv
from narrative.schema import ATTRIBUTION, empty_table, row_names
from narrative.settings import check_choice, check_range, check_tables, check_type, section
from narrative.speakers import check_sources
from narrative.timeline import FREQUENCIES, INTERVALS, TimelineSettings
from narrative.toml_file import read_toml

# What a study is called and how it is read; the defaults are of the types that are expected.
_HEAD: dict[str, Any] = {
    "name": "",
    "title": "",
    "lang": "en",
    "random_state": 0,
    "shipped_sources": True,
    "attribution": ATTRIBUTION[0],
    "parser": "",
}


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


_SECTIONS: dict[str, type[Any]] = {
    "files": Files,
    "prefilter": PrefilterSettings,
    "encoder": EncoderSettings,
    "framings": FramingSettings,
    "stance": StanceSettings,
    "timeline": TimelineSettings,
}


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
    prefilter : PrefilterSettings
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
    prefilter: PrefilterSettings
    encoder: EncoderSettings
    framings: FramingSettings
    stance: StanceSettings
    timeline: TimelineSettings

    def config(self) -> dict[str, Any]:
        """Return every setting that results depend on, without the folder."""
        settings = asdict(self)
        del settings["root"]
        if not self.prefilter.sample:
            del settings["prefilter"]
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
        path = self.path("places")
        return check_places(read_csv(path), path.name) if path else empty_table("places")

    def events(self) -> pd.DataFrame:
        """Return the checked ``events`` table; its places are those of the study."""
        path = self.path("events")
        if path is None:
            return empty_table("events")
        places = set(self.places()["place_id"]) if self.files.places else None
        return check_events(read_csv(path), path.name, places=places)

    def references(self) -> pd.DataFrame:
        """Return the checked ``references`` table: who assesses control, how late, how biased."""
        path = self.path("references")
        return check_references(read_csv(path), path.name) if path else empty_table("references")

    def assessments(self) -> pd.DataFrame:
        """Return the checked ``assessments`` table."""
        path = self.path("assessments")
        if path is None:
            return empty_table("assessments")
        given = read_csv(path)
        table = check_assessments(given, path.name)
        unknown = sorted(set(table["reference"]) - set(self.references()["reference"]))
        if unknown:
            rows = zip(given["reference"], row_names(given), strict=True)
            at = next(row for reference, row in rows if reference == unknown[0])
            raise InputError(
                f"{path.name}, {at}: reference {unknown[0]!r} is not in "
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
        for read in (self.sources, self.codebook, self.places, self.events, self.references,
                     self.assessments):  # fmt: skip
            try:
                read()
            except InputError as error:
                problems.append(str(error))
        if problems:
            # Places are read for the events, too: what is wrong with them is said once.
            raise InputError("\n".join(dict.fromkeys(problems)))

    def notes(self) -> list[str]:
        """Return what is used as it is and looks wrong: events that nothing here can meet.

        A study of some of the documents or files keeps the events of all, so that this is no error.
        """
        events, path, documents = self.events(), self.path("events"), self.path("documents")
        if path is None or documents is None:
            return []
        notes = []
        if not self.files.places and (events["assessed_status"] != "").any():
            notes.append(
                f"{path.name}: no claim is set against what the events assess: the study names no "
                "file of places. Name one as [files] places."
            )
        if (events["doc_id"] != "").any():
            pieces = row_pieces(documents, ["doc_id"])
            known = {str(i).strip() for rows in pieces for i in rows.get("doc_id", ())}
            notes += _not_cited(read_csv(path), path.name, known, documents.name)
        return notes


def _not_cited(events: pd.DataFrame, where: str, known: set[str], documents: str) -> list[str]:
    """Return a note on events that cite a document which the study does not have, if any do."""
    lost = [
        f"{where}, {name}: doc_id={cited!r} is not in {documents}{perhaps(cited, known)}"
        for name, cited in zip(row_names(events), events["doc_id"], strict=True)
        if cited and cited not in known
    ]
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    return [f"{lost[0]}{more}. Correct or empty the cell, or add the document."] if lost else []


def read_study(path: str | Path) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path : path-like
        The file, or the folder in which it is called study.toml.

    Raises
    ------
    StudyError
        If the file is missing, is not TOML, has an unknown key, a value of the wrong type or out
        of range, or names a file outside its folder.
    """
    path = _study_file(Path(path))
    where = path.name
    raw = read_toml(path, "text stands in quotation marks, [names] of tables on lines of their own")
    known = {name: tuple(f.name for f in fields(kind)) for name, kind in _SECTIONS.items()}
    check_tables(raw, {"study": tuple(_HEAD)} | known, where)
    head = dict(_HEAD) | raw.get("study", {})
    for key, value in head.items():
        check_type(value, _HEAD[key], f"study.{key}", where)
    check_range(head["random_state"] >= 0, head["random_state"], 0, "study.random_state",
                "a whole number from 0 on", where)  # fmt: skip
    check_choice(head["attribution"], ATTRIBUTION, ATTRIBUTION[0], "study.attribution", where)
    try:
        check_code(head["lang"])
    except InputError as error:
        raise StudyError(f"{where}: study.{error}") from None
    name = head.pop("name") or path.parent.resolve().name
    sections = {key: section(raw, key, kind, where) for key, kind in _SECTIONS.items()}
    study = Study(root=path.parent, name=name, **head, **sections)
    _check_ranges(study, where)
    _check_files(study, where)
    return study


def _study_file(path: Path) -> Path:
    """Return the study file that a path or its folder means."""
    if (path / "manifest.json").is_file() and not (path / "study.toml").is_file():
        raise StudyError(
            f"{path}: is the folder of a run and holds no study file; expected the study, such as "
            f"{path.parent / 'study.toml'}. Name that one."
        )
    if path.is_dir():
        path = path / "study.toml"
    if not path.is_file():
        raise StudyError(f"{path}: no such study file; 'narrative init DIR' makes one to fill in.")
    if path.suffix.lower() in (".csv", ".jsonl", ".parquet"):
        raise StudyError(
            f"{path}: is a table; expected the study file that names it, such as "
            f"{path.with_name('study.toml')}. 'narrative init DIR' makes one to fill in."
        )
    return path


def _check_ranges(study: Study, where: str) -> None:
    """Raise a StudyError for the first setting that is out of its range."""
    numbers: list[tuple[str, str, Callable[[Any], bool], str]] = [
        ("prefilter", "sample", lambda v: v >= 0, "at least 0"),
        ("prefilter", "recall", lambda v: 0 < v < 1, "between 0 and 1"),
        ("prefilter", "confidence", lambda v: 0 < v < 1, "between 0 and 1"),
        ("framings", "min_membership", lambda v: 0 <= v <= 1, "0 to 1"),
        ("framings", "temperature", lambda v: v > 0, "more than 0"),
        ("framings", "min_cluster_size", lambda v: v >= 2, "at least 2"),
        ("framings", "distance_threshold", lambda v: 0 <= v <= 2, "0 to 2"),
        ("framings", "coarse_threshold", lambda v: 0 <= v <= 2, "0 to 2"),
        ("framings", "min_similarity", lambda v: -1 <= v <= 1, "-1 to 1"),
        ("framings", "floor", lambda v: -1 <= v <= 1, "-1 to 1"),
        ("framings", "stance_weight", lambda v: 0 <= v <= 100, "0 to 100"),
        ("framings", "n_boot", lambda v: v >= 0, "at least 0"),
        ("timeline", "n_boot", lambda v: v >= 1, "at least 1"),
        ("timeline", "level", lambda v: 0 < v < 1, "between 0 and 1"),
        ("timeline", "min_docs", lambda v: v >= 2, "at least 2"),
    ]
    for table, key, holds, expected in numbers:
        value = getattr(getattr(study, table), key)
        default = getattr(_SECTIONS[table](), key)
        check_range(holds(value), value, default, f"{table}.{key}", expected, where)
    for key, choices in (("freq", FREQUENCIES), ("interval", INTERVALS)):
        default = getattr(TimelineSettings(), key)
        check_choice(getattr(study.timeline, key), choices, default, f"timeline.{key}", where)


def _check_files(study: Study, where: str) -> None:
    """Raise a StudyError if a file that the study names is not there, or not in its folder."""
    if not study.files.documents:
        raise StudyError(
            f"{where}: files.documents is empty; expected the name of a table. Write documents = "
            '"documents.csv".'
        )
    if study.prefilter.sample and not study.files.codebook:
        raise StudyError(
            f"{where}: prefilter.sample={study.prefilter.sample}, and no codebook says what the "
            "study is about. Name one as [files] codebook, or remove [prefilter]."
        )
    for field in fields(Files):
        path = study.path(field.name)
        if path is None:
            continue
        named = f"{where}: files.{field.name}={getattr(study.files, field.name)!r}"
        try:
            inside = path.resolve().is_relative_to(study.root.resolve())
        except (OSError, RuntimeError) as error:  # RuntimeError: links that lead to each other
            raise StudyError(
                f"{named} cannot be followed ({error}); put a file there, not a link."
            ) from None
        if not inside:
            raise StudyError(
                f"{named} lies outside the study folder; copy it into {study.root}, and write its "
                "name alone."
            )
        if path.is_dir() and field.name == "documents" and parquet_files(path):
            continue
        if path.is_dir():
            raise StudyError(
                f"{named}: is a folder; expected a file. Write the name of a file in it."
            )
        if not path.is_file():
            without = ", or remove the line to go without it"
            near = sorted(p.name for p in study.root.iterdir() if p.is_file())
            raise StudyError(
                f"{named}: no such file in {study.root}{perhaps(path.name, near)}; put it there"
                f"{'' if field.name == 'documents' else without}."
            )
