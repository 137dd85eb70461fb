"""Tables of a run to the payload of its page: meta data, columns, identifiers, texts."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from narrative.figures.events import shown_events
from narrative.measured import MATERIAL, measured_rows
from narrative.prefilter import told
from narrative.report import pack
from narrative.report.battles import battle_of
from narrative.report.pack import Array
from narrative.schema import CAMPS, CERTAINTIES, LEVELS, UNKNOWN, VOICES
from narrative.segmentation import split_sentences
from narrative.timeline import time_bin

Tables = dict[str, pd.DataFrame]
Row = dict[str, Any]
NONE_DAY = -(2**31)  # a claim without a date
NO_BIN = 2**16 - 1  # a date less precise than a bin of the timeline
SCALE = 10_000  # probabilities are kept in steps of this part
NO_SIDE = 127  # a framing that the claim was not scored for
_EPOCH = date(1970, 1, 1)
# Words of the documents, left out with their text.
_QUOTED = ("speaker_text", "cue")
_STRINGS = ("said_at", "chain", "about_start", "about_end", "date_flag", *_QUOTED)


@dataclass
class Payload:
    """What a page carries.

    Parameters
    ----------
    meta : dict
        Everything that is not one value a claim: framings, sources, documents without their text,
        the ledger, validity, and the headers of the columns.
    columns, timeline : bytes
        Arrays as ``meta["columns"]`` and ``meta["timeline"]`` say.
    ids : list of str
        The claims' identifiers, in the order of the columns.
    texts : list of str
        The documents' texts in the order of ``meta["documents"]``; empty if left out.
    """

    meta: Row
    columns: bytes
    timeline: bytes
    ids: list[str]
    texts: list[str]

    def shards(self) -> dict[str, str]:
        """Return the compressed shards by the name that the page looks for."""
        plain = {
            "meta": pack.as_json(self.meta),
            "columns": self.columns,
            "timeline": self.timeline,
            "ids": pack.as_json(self.ids),
        }
        plain |= {f"text{n}": part for n, part in enumerate(pack.text_shards(self.texts))}
        return {name: pack.shard(data) for name, data in plain.items()}


def build_payload(tables: Tables, manifest: Row, numbers: Row, *, with_text: bool) -> Payload:
    """Turn the tables of a run into the payload of its page.

    Parameters
    ----------
    tables : dict of DataFrame
        As ``run_study`` wrote them.
    manifest, numbers : dict
    with_text : bool
        Whether the documents' texts, and words quoted from them, go along.
    """
    claims, documents = tables["claims"], tables["documents"]
    at = {c: n for n, c in enumerate(claims["claim_id"])}
    framings = _framings(tables, manifest, at, with_text=with_text)
    places = {f["id"]: n for n, f in enumerate(framings)}
    timeline = manifest["study"].get("timeline", {})
    freq = timeline.get("freq", "month")
    bins = _bins(claims, tables["timeline"], freq)
    strings, columns = _claim_columns(tables, framings, with_text=with_text)
    columns["bin"] = bins[1]
    header, packed = pack.pack(columns)
    source_of = {s: n for n, s in enumerate(tables["sources"]["source_id"])}
    names, cells = _timeline(tables["timeline"], framings, bins[0])
    cell_header, cell_bytes = pack.pack(cells)
    texts = [str(t) for t in documents["text"]] if with_text else []
    meta = {
        "title": manifest["study"]["title"] or manifest["study"]["name"],
        "with_text": with_text,
        "text_shards": len(pack.text_shards(texts)),
        "counts": {k: numbers[k] for k in sorted(numbers) if k.startswith("n_")},
        "n_claims": len(claims),
        "camps": [*CAMPS, UNKNOWN],
        "voices": list(VOICES),
        "certainties": list(CERTAINTIES),
        "levels": list(LEVELS),
        "freq": freq,
        "min_docs": timeline.get("min_docs", 3),
        "level": timeline.get("level", 0.95),
        "interval": timeline.get("interval", "clustered"),
        "n_boot": timeline.get("n_boot", 1000),
        "events": _events(tables["events"]),
        "battle": battle_of(tables, manifest.get("homes", {}), at, places),
        "bins": bins[0],
        "sources": {
            c: _listed(tables["sources"], c) for c in ("source_id", "name", "kind", "camp")
        },
        "framings": framings,
        "documents": _documents(documents),
        "strings": strings,
        "columns": header,
        "timeline": cell_header,
        "timeline_sources": names,
        "ledger": _ledger(tables["ledger"], at, source_of),
        "measured": measured_rows(manifest, tables["framings"]),
        "material": MATERIAL,
        "validity": sorted((k, round(float(v), 4)) for k, v in manifest["model_error"].items()),
    }
    if "prefilter" in manifest:
        meta["discarded"] = told(manifest["prefilter"])
    return Payload(meta, packed, cell_bytes, _listed(claims, "claim_id"), texts)


def _listed(table: pd.DataFrame, column: str) -> list[str]:
    return [str(v) for v in table[column]]


def _rows(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return table.to_dict("records")


def _finite(value: Any) -> float | None:
    return None if pd.isna(value) or math.isinf(value) else round(float(value), 4)


def _events(events: pd.DataFrame) -> list[Row]:
    """Return the dated events; the sentence that one rests on is a document's and stays there."""
    names = ("label", "date", "start", "end", "place_id")
    return [{c: str(row[c]) for c in names} for row in _rows(shown_events(events, "", "9"))]


def _documents(documents: pd.DataFrame) -> Row:
    names = ("doc_id", "outlet", "author", "published_at", "lang", "title", "url", "copy_group")
    out: Row = {c: _listed(documents, c) for c in (*names, "text_sha256")}
    return out | {"length": [len(str(t)) for t in documents["text"]]}


def _framings(tables: Tables, manifest: Row, at: dict[str, int], *, with_text: bool) -> list[Row]:
    methods, error = manifest.get("stance_methods", {}), manifest["model_error"]
    scored = set(tables["stances"]["framing_id"])
    out = []
    # The codebook's own first, then what was discovered, each with most claims first.
    order = ["origin", "n_claims", "framing_id"]
    ordered = tables["framings"].sort_values(order, ascending=[True, False, True], kind="stable")
    for row in _rows(ordered):
        name, own = str(row["framing_id"]), row["origin"] == "discovered"
        method = str(methods.get(name, ""))
        # The measured error is the trained heads'; of another method it says nothing.
        heads = method.startswith("trained head")
        kept = {c: str(row[c]) for c in ("label", "proposition", "counter")}
        if own and not with_text:  # what was discovered may be named by a claim, word for word
            kept = {
                "label": _unquoted(kept["label"], name, tables),
                "proposition": "",
                "counter": "",
            }
        exemplars = [at[c] for c in str(row["exemplar_claim_ids"]).split("|") if c in at]
        measured = [
            (k, round(float(v), 4))
            for k, v in sorted(error.items())
            if heads and k.endswith(f": {name}")
        ]
        texts = {c: str(row[c]) for c in ("origin", "parent", "nearest", "certificate")}
        out.append(
            {"id": name, **kept, **texts}
            | {"n_claims": int(row["n_claims"]), "terms": str(row["terms"]).split("|")}
            | {"stability": _finite(row["stability"]), "over": str(row["stability_over"])}
            | {"exemplars": exemplars, "scored": name in scored}
            | {"method": method, "error": measured}
        )
    return out


def _unquoted(label: str, name: str, tables: Tables) -> str:
    quoted = len(label) > 20 and any(label in str(t) for t in tables["documents"]["text"])
    return name if quoted else label


def _days(value: str, precision: str) -> tuple[int, int]:
    """Return the first and last day, counted from 1970, that a date may mean."""
    try:
        year, month, day = (int(v) for v in [*value.split("-"), "1", "1"][:3])
        first = date(year, month, day)
    except ValueError:
        return NONE_DAY, NONE_DAY
    if len(value) == 4:
        last = date(year, 12, 31)
    elif len(value) == 7:
        months = 3 if precision == "season" else 1  # a season is written as its first month
        ahead = year * 12 + month - 1 + months
        last = date(ahead // 12, ahead % 12 + 1, 1) - timedelta(days=1)
    else:
        last = first
    return (first - _EPOCH).days, (last - _EPOCH).days


def _spans(tables: Tables) -> dict[str, Array]:
    """Return where each claim and the sentences it stands in begin and end, in UTF-16 units."""
    claims = tables["claims"]
    starts, ends = claims["start"].to_numpy(), claims["end"].to_numpy()
    out = {n: np.zeros(len(claims), dtype=np.uint32) for n in ("at", "to", "sent_at", "sent_to")}
    rows = pd.Series(range(len(claims))).groupby(claims["doc_id"].to_numpy()).indices
    for document in _rows(tables["documents"]):
        mine = np.asarray(rows.get(document["doc_id"], []), dtype=np.int64)
        if not len(mine):
            continue
        text = str(document["text"])
        spans = np.array(split_sentences(text, str(document["lang"]) or "en")).reshape(-1, 2)
        first, last = starts[mine].copy(), ends[mine].copy()
        if len(spans):
            # The last sentence that begins before the claim, to the one that its end stands in.
            left = np.searchsorted(spans[:, 0], starts[mine], "right") - 1
            right = np.searchsorted(spans[:, 0], ends[mine], "left") - 1
            first = np.minimum(first, spans[np.maximum(left, 0), 0])
            last = np.maximum(last, spans[np.maximum(right, 0), 1])
        for name, values in zip(out, (starts[mine], ends[mine], first, last), strict=True):
            out[name][mine] = pack.utf16(text, np.asarray(values))
    return out


def _claim_columns(
    tables: Tables, framings: list[Row], *, with_text: bool
) -> tuple[dict[str, list[str]], dict[str, Array]]:
    """Return the dictionaries of the string columns and one array a column."""
    claims = tables["claims"]
    strings: dict[str, list[str]] = {}
    columns = _spans(tables)
    columns["start"] = claims["start"].to_numpy(np.uint32)
    columns["end"] = claims["end"].to_numpy(np.uint32)
    for name in _STRINGS:
        left_out = name in _QUOTED and not with_text
        said = [""] * len(claims) if left_out else _listed(claims, name)
        strings[name], columns[name] = pack.codes(said)
    places = {
        "doc": (tables["documents"]["doc_id"], claims["doc_id"]),
        "speaker": (tables["sources"]["source_id"], claims["source_id"]),
    }
    for name, (listed, values) in places.items():
        columns[name] = _looked_up(list(listed), values, np.uint32)
    strings["outlet"], columns["outlet"] = pack.codes(str(c).split(">")[0] for c in claims["chain"])
    camp = dict(zip(tables["sources"]["source_id"], tables["sources"]["camp"], strict=True))
    columns["camp"] = _looked_up([*CAMPS, UNKNOWN], claims["source_id"].map(camp), np.uint8)
    columns["voice"] = _looked_up(list(VOICES), claims["voice"], np.uint8)
    days = [
        _days(str(v), str(p))
        for v, p in zip(claims["said_at"], claims["said_precision"], strict=True)
    ]
    columns["first"], columns["last"] = np.array(days, dtype=np.int32).reshape(-1, 2).T
    columns["evidence"] = _scaled(claims["attribution_score"])
    columns["cue_stance"] = claims["cue_stance"].to_numpy(np.int8)
    return strings, columns | _scores(tables, framings)


def _looked_up(listed: list[Any], values: pd.Series[Any], kind: Any) -> Array:
    number = {v: n for n, v in enumerate(listed)}
    return np.array([number[v] for v in values], dtype=kind)


def _scaled(values: Any) -> Array:
    kept = np.clip(np.nan_to_num(np.asarray(values, dtype=float)), 0, 1)
    return np.asarray(np.round(kept * SCALE), dtype=np.uint16)


def _scores(tables: Tables, framings: list[Row]) -> dict[str, Array]:
    """Return framing, certainty and, for each framing with a proposition, stance of the claims."""
    ids = tables["claims"]["claim_id"]
    number = {f["id"]: n for n, f in enumerate(framings)}
    assigned = tables["assignments"].set_index("claim_id").reindex(ids)
    certain = tables["certainty"].set_index("claim_id").reindex(ids)
    shares = certain[[f"p_{c}" for c in CERTAINTIES]].max(axis=1)
    kind = {c: n for n, c in enumerate(CERTAINTIES)}
    out = {
        "framing": np.array([number.get(f, -1) for f in assigned["framing_id"]], dtype=np.int16),
        "membership": _scaled(assigned["membership"]),
        "certainty": np.array([kind.get(c, kind["na"]) for c in certain["certainty"]], np.uint8),
        "certainty_p": _scaled(shares),
    }
    parts = dict(tuple(tables["stances"].groupby("framing_id")))
    for framing in framings:
        if framing["scored"]:
            part = parts[framing["id"]].set_index("claim_id").reindex(ids)
            n = number[framing["id"]]
            out[f"favor{n}"] = _scaled(part["p_favor"])
            out[f"against{n}"] = _scaled(part["p_against"])
            out[f"side{n}"] = part["stance"].fillna(NO_SIDE).to_numpy(np.int8)
    return out


def _bins(
    claims: pd.DataFrame, timeline: pd.DataFrame, freq: str
) -> tuple[list[tuple[str, str]], Array]:
    """Return the bins of the timeline, and in which of them each claim was made."""
    said = claims["said_at"].astype(str)
    said = said.where(claims["said_precision"] != "season", said.str[:4])
    known = {v: time_bin(v, freq) for v in sorted(set(said))}
    bins = {b for b in known.values() if b}
    bins |= set(zip(timeline["bin_start"], timeline["bin_end"], strict=True))
    ordered = sorted(bins)[:NO_BIN]
    number = {b: n for n, b in enumerate(ordered)}
    of = {v: NO_BIN if b is None else number.get(b, NO_BIN) for v, b in known.items()}
    return ordered, np.array([of[v] for v in said], dtype=np.uint16)


def _timeline(
    timeline: pd.DataFrame, framings: list[Row], bins: list[tuple[str, str]]
) -> tuple[list[str], dict[str, Array]]:
    """Return the sources that the timeline names, and its cells that have an interval."""
    number = {f["id"]: n for n, f in enumerate(framings)}
    kept = timeline[
        (timeline["stance_low"].notna() | timeline["prevalence_low"].notna())
        & timeline["framing_id"].isin(number)
    ]
    names, source = pack.codes(kept["source_id"].astype(str))
    starts = {b[0]: n for n, b in enumerate(bins)}
    columns: dict[str, Array] = {
        "level": _looked_up(list(LEVELS), kept["level"], np.uint8),
        "source": source,
        "framing": kept["framing_id"].map(number).to_numpy(np.uint16),
        "bin": kept["bin_start"].map(starts).to_numpy(np.uint16),
    }
    for name in ("prevalence_low", "prevalence_high", "stance_low", "stance_high"):
        columns[name] = kept[name].to_numpy(np.float32)
    return names, columns


def _ledger(ledger: pd.DataFrame, at: dict[str, int], source_of: dict[str, int]) -> list[Row]:
    texts = ("place_id", "claimant", "camp", "claimed_status", "extent", "said_at", "reference")
    days = ("reached_after", "reached_by", "exposed_at", "retracted_at")
    shares = ("level", "share_low", "share_high", "credit_low", "credit_high")
    out = []
    for row in _rows(ledger):
        listed = [at[c] for c in str(row["claim_ids"]).split("|") if c in at]
        out.append(
            {c: str(row[c]) for c in (*texts, *days)}
            | {c: _finite(row[c]) for c in shares}
            # No upper bound: never reached by the last day assessed.
            | {"open": bool(row["credit_high"] == math.inf)}
            | {"repeats": int(row["repeats_after_exposure"])}
            | {"claims": listed, "speaker": source_of.get(str(row["claimant"]), -1)}
        )
    return out
