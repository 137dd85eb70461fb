"""Draws the standard figures of a run, and lists each with its hash and those of its tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from narrative.errors import InputError
from narrative.figures.on_control import claim_record, credit, open_credit, outstanding_claims
from narrative.figures.over_time import prevalence_timeline, stance_timeline
from narrative.figures.sheets import Found, RunTables, Sheet, TooLittle
from narrative.figures.standard import adoption, claims_by_voice, framings_by_camp
from narrative.one_line import plain
from narrative.plots import DOUBLE, SINGLE, STYLE
from narrative.storage import sha256_file, write_atomic, write_json, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES: dict[str, Callable[[RunTables], Found]] = {
    "claims_by_voice": claims_by_voice,
    "framings_by_camp": framings_by_camp,
    "prevalence_timeline": prevalence_timeline,
    "stance_timeline": stance_timeline,
    "claim_record": claim_record,
    "credit": credit,
    "outstanding": outstanding_claims,
    "open_credit": open_credit,
    "adoption": adoption,
}
WIDTHS = {"single": SINGLE, "double": DOUBLE}
# No date and no maker's name: the same tables give the same bytes.
_METADATA: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}
FORMATS = tuple(_METADATA)
DRAWN_BY = ("matplotlib", "adjustText", "narrative")
LISTING = "figures.json"
GALLERY = "gallery.html"


def draw_figures(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    only: Sequence[str] = (),
    formats: Sequence[str] = ("pdf", "png"),
    width: str = "double",
) -> dict[str, Any]:
    """Draw a run's standard figures from its tables alone.

    Parameters
    ----------
    folder : path-like
        Written by ``run_study``.
    out : path-like, optional
        Default: ``figures`` in `folder`. Files of other figures there stay; ``figures.json`` and
        ``gallery.html`` list those drawn now.
    only : sequence of str
        Names of ``FIGURES``, or of single figures ("claim_record_lyman"); default all.
    formats : sequence of str
        Of ``FORMATS``.
    width : {"single", "double"}
        A journal's column, or two: 3.5 or 7.2 inches.

    Returns
    -------
    dict
        What ``figures.json`` holds.

    Raises
    ------
    InputError
        If a name, format or width is unknown.
    StorageError
        If a table of the run is missing or damaged.
    """
    _check(formats, width)
    run = RunTables(Path(folder))
    out = Path(out) if out is not None else Path(folder) / "figures"
    figures: dict[str, Any] = {}
    lacking: dict[str, str] = {}
    for sheet, used in _chosen(run, only):
        if isinstance(sheet, TooLittle):
            lacking[sheet.name] = sheet.why
            continue
        written = _save(sheet, out, formats, WIDTHS[width])
        figures[sheet.name] = {
            "caption": sheet.caption, "files": written, "tables": run.hashes(used)
        }  # fmt: skip
    listing = {
        "figures": figures,
        "too_little": lacking,
        "only": sorted(only),
        "width": width,
        "formats": sorted(formats),
        "drawn_by": {p: version(p) for p in DRAWN_BY},
    }
    write_json(listing, out / LISTING)
    title = run.manifest["study"]["title"] or run.manifest["study"]["name"]
    write_text(_gallery(listing, title), out / GALLERY)
    return listing


def _check(formats: Sequence[str], width: str) -> None:
    if width not in WIDTHS:
        raise InputError(f"width {width!r} is unknown; expected one of {', '.join(WIDTHS)}.")
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or not formats:
        raise InputError(
            f"format {(unknown or [''])[0]!r} is unknown; expected one of {', '.join(FORMATS)}."
        )


def _chosen(run: RunTables, only: Sequence[str]) -> list[tuple[Sheet | TooLittle, set[str]]]:
    """Return the sheets that are asked for, with the tables that each is drawn from.

    Raises
    ------
    InputError
        If a name is asked for that no figure has, or two figures would have one file.
    """
    out: list[tuple[Sheet | TooLittle, set[str]]] = []
    known, left = list(FIGURES), set(only)
    for family, find in FIGURES.items():
        if only and not any(n == family or n.startswith(f"{family}_") for n in only):
            continue
        run.used = set()
        found = find(run)
        known += [s.name for s in found]
        kept = [s for s in found if not only or family in only or s.name in only]
        left -= {family, *(s.name for s in kept)}
        out += [(s, set(run.used)) for s in kept]
    if left:
        raise InputError(
            f"figure {min(left)!r} is unknown; expected one of {', '.join(dict.fromkeys(known))}."
        )
    names = [s.name for s, _ in out]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(
            f"two figures would be called {twice[0]!r}: two framings, places or references have "
            "ids that differ in signs only; rename one."
        )
    return out


def _save(sheet: Sheet, out: Path, formats: Sequence[str], width: float) -> dict[str, str]:
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    mpl.use("Agg")
    written: dict[str, str] = {}
    # A study's "$" is no formula. (Any: matplotlib's stubs want its own names of keys as a type.)
    style: Any = STYLE | {"text.parse_math": False}
    with mpl.rc_context(style):
        figure = sheet.draw(width)
        try:
            for suffix in sorted(set(formats)):
                path = out / f"{sheet.name}.{suffix}"
                write_atomic(path, _to(figure, suffix))
                written[path.name] = sha256_file(path)
        finally:
            plt.close(figure)
    return written


def _to(figure: Figure, suffix: str) -> Callable[[Path], None]:
    def write(part: Path) -> None:
        figure.savefig(part, format=suffix, metadata=_METADATA[suffix])

    return write


def _shown(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


def _gallery(listing: dict[str, Any], title: str) -> str:
    from jinja2 import Environment, StrictUndefined

    template = (files("narrative") / "data/gallery.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown)
    shown = [
        {"name": name, "caption": f["caption"], "tables": f["tables"], "files": sorted(f["files"]),
         "image": next((n for s in ("svg", "png") for n in sorted(f["files"]) if n.endswith(s)),
                       "")}
        for name, f in listing["figures"].items()
    ]  # fmt: skip
    page = environment.from_string(template)
    return page.render(title=title, shown=shown, lacking=listing["too_little"])
