"""Tables of a run to one self-contained HTML page, and to LaTeX tables."""

from __future__ import annotations

import json
import math
import unicodedata
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from narrative.errors import StorageError
from narrative.ledger.record import HALF
from narrative.schema import CERTAINTIES
from narrative.storage import read_table, write_text

Row = dict[str, Any]
_TABLES = (
    "documents", "claims", "sources", "framings", "assignments", "stances", "certainty", "ledger",
)  # fmt: skip
_CERTAINTY = {c: c.replace("_", " ") for c in CERTAINTIES if c != "na"}


def write_report(folder: str | Path, path: str | Path) -> None:
    """Write the run in `folder` as one HTML page without script or network.

    Parameters
    ----------
    folder : path-like
        Written by ``run_study``.
    path : path-like
        HTML file to write.

    Raises
    ------
    StorageError
        If a table of the run is missing or damaged.
    """
    from jinja2 import Environment, StrictUndefined

    folder = Path(folder)
    tables = {n: read_table(folder / f"{n}.parquet") for n in _TABLES}
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(f"{folder}: the run is not complete ({error}); run it again.") from None
    template = (files("narrative") / "data/report.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_visible)
    page = environment.from_string(template)
    write_text(page.render(**_context(tables, manifest, numbers)), Path(path))


def _context(tables: dict[str, pd.DataFrame], manifest: Row, numbers: Row) -> Row:
    claims = _claims(tables)
    by_id = {c["claim_id"]: c for c in claims}
    labels = dict(zip(tables["framings"]["framing_id"], tables["framings"]["label"], strict=True))
    camps = sorted({c["camp"] for c in claims})
    balances = [
        {"label": labels[f], "values": [_number(v.get(c)) for c in camps]}
        for f, v in numbers["stance_by_camp"].items()
    ]
    return {
        "title": manifest["study"]["title"] or manifest["study"]["name"],
        "numbers": numbers,
        "framings": [
            row
            | {
                "exemplars": [by_id[c] for c in row["exemplar_claim_ids"].split("|") if c in by_id],
                "steady": "–"
                if pd.isna(row["stability"])
                else f"{row['stability']:.2f}, {row['certificate']}, by {row['stability_over']}",
                "near": labels.get(row["nearest"], "–"),
            }
            for row in _rows(tables["framings"])
        ],
        "camps": camps,
        "balances": balances,
        "ledger": [
            row
            | {
                "share": _range(row["share_low"], row["share_high"], 100, " %"),
                "credit": _range(row["credit_low"], row["credit_high"]),
                "claims": [by_id[c] for c in row["claim_ids"].split("|") if c in by_id],
            }
            for row in _rows(tables["ledger"][tables["ledger"]["level"] == HALF])
        ],
        "methods": [
            (labels.get(f, f), method)
            for f, method in sorted(manifest.get("stance_methods", {}).items())
        ],
        "validity": sorted((k, f"{v:.3f}") for k, v in manifest["model_error"].items()),
        "claims_by_camp": [(camp, [c for c in claims if c["camp"] == camp]) for camp in camps],
        "documents": [
            row
            | {"parts": _parts(row["text"], [c for c in claims if c["doc_id"] == row["doc_id"]])}
            for row in _rows(tables["documents"])
        ],
    }


def _rows(table: pd.DataFrame) -> list[Row]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _claims(tables: dict[str, pd.DataFrame]) -> list[Row]:
    sources = tables["sources"].set_index("source_id")
    labels = dict(zip(tables["framings"]["framing_id"], tables["framings"]["label"], strict=True))
    framing = dict(
        zip(tables["assignments"]["claim_id"], tables["assignments"]["framing_id"], strict=True)
    )
    certain = dict(
        zip(tables["certainty"]["claim_id"], tables["certainty"]["certainty"], strict=True)
    )
    sides: dict[str, list[str]] = {}
    sided = tables["stances"][tables["stances"]["stance"] != 0]
    for row in _rows(sided):
        sign = "+" if row["stance"] > 0 else "−"
        sides.setdefault(row["claim_id"], []).append(f"{sign} {labels.get(row['framing_id'], '')}")
    out = []
    for number, row in enumerate(_rows(tables["claims"])):
        speaker = sources.loc[row["source_id"]]
        out.append(
            row
            | {
                "anchor": f"c{number}",
                "text": row["text"],
                "speaker": speaker["name"],
                "camp": speaker["camp"],
                "framing": labels.get(framing.get(row["claim_id"], ""), "none"),
                "sides": "; ".join(sides.get(row["claim_id"], [])),
                "certainty": _CERTAINTY.get(certain.get(row["claim_id"], ""), "–"),
            }
        )
    return out


def _parts(text: str, claims: list[Row]) -> list[Row]:
    """Cut a text at its claims, so that each can be marked."""
    out: list[Row] = []
    at = 0
    for claim in sorted(claims, key=lambda c: c["start"]):
        if claim["start"] < at:
            continue
        out.append({"anchor": "", "hint": "", "text": text[at : claim["start"]]})
        hint = (
            f"{claim['speaker']} ({claim['camp']}), {claim['voice']}, {claim['said_at']}: "
            f"{claim['framing']}. {claim['sides']} ({claim['certainty']})"
        )
        out.append({"anchor": claim["anchor"], "hint": hint, "text": claim["text"]})
        at = claim["end"]
    return [*out, {"anchor": "", "hint": "", "text": text[at:]}]


def _visible(value: Any) -> Any:
    """Show control and direction-override characters instead of obeying them."""
    if not isinstance(value, str):
        return value
    return "".join(
        f"\\u{ord(c):04x}"
        if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\t\u200d\u200c"
        else c
        for c in value
    )


def _range(low: float, high: float, scale: float = 1, unit: str = "") -> str:
    """Return bounds as one number, "at least" where there is no upper one."""
    a, b = low * scale, high * scale
    if math.isinf(b):
        return f"≥ {a:.0f}{unit}"
    return f"{a:.0f}{unit}" if round(a) == round(b) else f"{a:.0f}–{b:.0f}{unit}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}".replace("-", "−")


def latex_table(table: pd.DataFrame, path: str | Path, *, caption: str, label: str) -> None:
    """Write a table as LaTeX (booktabs), floats with two digits and text escaped.

    Parameters
    ----------
    table : DataFrame
    path : path-like
    caption, label : str
    """
    text = table.to_latex(
        index=False, escape=True, float_format="%.2f", na_rep="--", caption=caption, label=label
    )
    write_text(text, Path(path))
