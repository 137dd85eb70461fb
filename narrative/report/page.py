"""The payload of a run, our scripts and the plotting library to one HTML file."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections import Counter
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from narrative.errors import StorageError
from narrative.ledger.record import HALF
from narrative.report.build import Payload, Row, Tables, build_payload
from narrative.storage import read_table, write_text

_TABLES = (
    "documents", "claims", "sources", "framings", "assignments", "stances", "certainty", "timeline",
    "ledger", "events",
)  # fmt: skip
# In this order in one function: what stands below may use what stands above.
_SCRIPTS = (
    "text.js", "data.js", "state.js", "filter.js", "bootstrap.js", "aggregate.js", "contest.js",
    "figure.js", "list.js", "claim.js", "filters.js", "views.js", "battle.js", "print.js",
    "main.js",
)  # fmt: skip
_STYLES = ("page.css", "print.css")
_STATIC_ROWS = 200  # of the ledger, where no script runs


def write_report(folder: str | Path, path: str | Path, *, with_text: bool = True) -> None:
    """Write the run in `folder` as one HTML page that needs no network and no server.

    Parameters
    ----------
    folder : path-like
        Written by ``run_study``.
    path : path-like
        HTML file to write.
    with_text : bool
        Whether the documents' texts go along. Without them identifiers, offsets and hashes stay,
        and so do titles, addresses, dates and the terms of framings.

    Raises
    ------
    StorageError
        If a table of the run is missing or damaged.
    """
    folder = Path(folder)
    tables = {n: read_table(folder / f"{n}.parquet") for n in _TABLES}
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(f"{folder}: the run is not complete ({error}); run it again.") from None
    if "discarded" in manifest.get("tables", {}):  # documents that no claim leads to
        lost, all_of = read_table(folder / "discarded.parquet", ["doc_id"]), tables["documents"]
        tables["documents"] = all_of[~all_of["doc_id"].isin(lost["doc_id"])].reset_index(drop=True)
    payload = build_payload(tables, manifest, numbers, with_text=with_text)
    write_text(render_page(payload, tables, numbers), Path(path))


def render_page(payload: Payload, tables: Tables, numbers: Row) -> str:
    """Return the page as HTML.

    Scripts and styles are allowed by their hashes alone, and nothing may be fetched, so that a text
    of the corpus could not run or send anything even where it got into the page as markup.

    Parameters
    ----------
    payload : Payload
    tables : dict of DataFrame
        For the tables that are read without script.
    numbers : dict
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from narrative.report.charts import all_charts

    payload.meta["charts"] = all_charts()
    scripts = [library(), own_script()]
    style = "\n".join(_asset(n) for n in _STYLES)
    policy = [
        "default-src 'none'",
        "script-src " + " ".join(_hash(s) for s in scripts),
        f"style-src {_hash(style)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=visible, keep_trailing_newline=True
    )
    template = environment.from_string(_asset("page.html.j2"))
    return template.render(
        title=payload.meta["title"],
        policy="; ".join(policy),
        # Ours, or base64: nothing of these comes from a document as it is.
        style=Markup(style),
        scripts=[Markup(s) for s in scripts],
        shards=payload.shards(),
        with_text=payload.meta["with_text"],
        **_static(payload.meta, tables, numbers),
    )


@cache
def library() -> str:
    """Return Vega-Embed with Vega and Vega-Lite as one script that sets ``window.vegaEmbed``.

    It comes out of a package that is installed, the same bytes each time, without network.
    """
    import altair
    import vl_convert

    version = ".".join(altair.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    known = vl_convert.get_vegalite_versions()
    script = vl_convert.javascript_bundle(
        "window.vegaEmbed = vegaEmbed;", vl_version=version if version in known else known[-1]
    )
    return _closed(str(script))


def own_script() -> str:
    """Return our scripts as one function, so that their names are nobody else's."""
    parts = "\n".join(_asset(n) for n in _SCRIPTS)
    return _closed(f'(() => {{\n"use strict";\n{parts}\n}})();\n')


def _closed(script: str) -> str:
    """Return `script`, which must not end its own element."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _asset(name: str) -> str:
    return (files("narrative") / "data/report" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def visible(value: Any) -> Any:
    r"""Show control and direction-override characters instead of obeying them.

    Examples
    --------
    >>> print(visible("a\u202eb"))
    a\u202eb
    """
    # Markup is ours and hashed as it is.
    ours = not isinstance(value, str) or hasattr(value, "__html__")
    if ours or (value.isascii() and value.isprintable()):
        return value
    return "".join(
        f"\\u{ord(c):04x}"
        if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\t\u200d\u200c"
        else c
        for c in value
    )


def _static(meta: Row, tables: Tables, numbers: Row) -> Row:
    """Return the tables that are read without script; no text of a document is in them."""
    labels = {f["id"]: f["label"] for f in meta["framings"]}
    camps = sorted({str(c) for c in tables["sources"]["camp"]})
    counts = _sided(tables)
    ledger = tables["ledger"][tables["ledger"]["level"] == HALF]
    return {
        "numbers": numbers,
        "framings": meta["framings"],
        "labels": labels,
        "camps": camps,
        "balances": [
            (labels.get(f, f), [_number(v.get(c), counts.get((f, c), 0)) for c in camps])
            for f, v in sorted(numbers["stance_by_camp"].items())
        ],
        "ledger": _records(ledger.head(_STATIC_ROWS)),
        "n_ledger": len(ledger),
        "validity": meta["validity"],
        "measured": meta["measured"],
        "material": meta["material"],
        "discarded": meta.get("discarded", ""),
    }


def _records(table: pd.DataFrame) -> list[Row]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _sided(tables: Tables) -> dict[tuple[str, str], int]:
    """Return how many claims take a side, by framing and camp of the speaker."""
    camp = tables["sources"].set_index("source_id")["camp"]
    of_claim = tables["claims"].set_index("claim_id")["source_id"].map(camp)
    sided = tables["stances"][tables["stances"]["stance"] != 0]
    pairs = zip(sided["framing_id"], sided["claim_id"].map(of_claim), strict=True)
    return dict(Counter((str(f), str(c)) for f, c in pairs))


def _number(value: float | None, n: int) -> str:
    return "–" if value is None else f"{value:+.2f} ({n})".replace("-", "−")
