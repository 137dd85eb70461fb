"""Mentions of a run that no listed source answers to, as rows for the study's sources."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from io import StringIO
from typing import Any

import pandas as pd

from narrative.schema import UNKNOWN
from narrative.segmentation import split_sentences
from narrative.speakers.discourse import PRONOUNS
from narrative.speakers.names import WORD, normalise_mention, personal_name
from narrative.speakers.roles import UTTERANCES, person_role, role_of
from narrative.speakers.table import COLUMNS, aliases_of, slug

Row = dict[str, Any]


def unresolved(
    claims: pd.DataFrame, sources: pd.DataFrame, documents: pd.DataFrame
) -> pd.DataFrame:
    """Return who speaks in the claims and is unknown, or had to be added to the sources.

    Parameters
    ----------
    claims, sources, documents : DataFrame
        The tables of a run.

    Returns
    -------
    DataFrame
        The columns of ``sources``, with free ids and camps as far as the text states them; further
        ``n`` (claims), ``doc_id`` and ``example`` (the sentence of the first). Most claims first.
        Pronouns, "the statement" and nouns that took their camp from the text before them are left
        out: they are no names to list.
    """
    added = {str(s["source_id"]): s for s in sources.to_dict("records") if _was_added(s)}
    listed = sources[~sources["source_id"].isin(list(added))]
    mine = claims[claims["source_id"].isin(list(added)) & (claims["speaker_text"] != "")]
    groups: dict[str, list[Row]] = {}
    for claim in mine.sort_values(["doc_id", "start"]).to_dict("records"):
        key = _group(str(claim["source_id"]), str(claim["speaker_text"]))
        groups.setdefault(key, []).append({str(k): v for k, v in claim.items()})
    texts = documents.set_index("doc_id")[["text", "lang"]]
    rows = [_row(group, added[group[0]["source_id"]], texts) for k, group in groups.items() if k]
    rows.sort(key=lambda r: (-r["n"], r["name"]))
    table = pd.DataFrame(_free(rows, listed), columns=[*COLUMNS, "n", "doc_id", "example"])
    return table.reset_index(drop=True)


def _was_added(source: Any) -> bool:
    source_id, camp = str(source["source_id"]), str(source["camp"])
    if source_id == UNKNOWN:
        return True
    unnamed = source_id == f"unnamed_{camp}" and str(source["name"]).startswith("Unnamed, ")
    named = source_id == f"named_{slug(str(source['name']))}"
    return (unnamed or named) and not source["aliases"]


def _group(source_id: str, mention: str) -> str:
    """Return what is one row: a named source, or one wording of an unnamed one; "" for none."""
    if source_id.startswith("named_"):
        return source_id
    plain = normalise_mention(mention)
    if not plain or plain in PRONOUNS or plain.split()[-1] in UTTERANCES:
        return ""
    # "The spokesman" and "his adviser" have their camp from the text before them.
    by_context = source_id != UNKNOWN and _without_article(mention).islower()
    return "" if by_context else f"{source_id} {plain}"


def _row(group: list[Row], source: Any, texts: pd.DataFrame) -> Row:
    first = group[0]
    named = str(first["source_id"]).startswith("named_")
    mentions = dict.fromkeys(str(c["speaker_text"]) for c in group)
    name = str(source["name"]) if named else _without_article(str(first["speaker_text"]))
    head = name.split()[-1]
    body = role_of(head) and not person_role(head)
    text, lang = texts.loc[str(first["doc_id"])]
    return {
        "source_id": slug(name),
        "name": name,
        "kind": source["kind"] if named else "organisation" if body else "unnamed",
        "camp": source["camp"],
        "aliases": "|".join(m for m in mentions if named and m != name and _is_name(m)),
        "n": len(group),
        "doc_id": first["doc_id"],
        "example": _sentence(str(text), str(lang), int(first["start"])),
    }


def _without_article(mention: str) -> str:
    words = mention.split()
    return " ".join(words[1:] if words[0].casefold() in ("the", "a", "an") and words[1:] else words)


def _is_name(mention: str) -> bool:
    words = mention.split()
    if normalise_mention(mention) in PRONOUNS:
        return False
    return personal_name(WORD.findall(mention))[0] == words


def _sentence(text: str, lang: str, at: int) -> str:
    low = text.rfind("\n\n", 0, at) + 1
    high = text.find("\n\n", at)
    paragraph = text[low : high if high >= 0 else len(text)]
    for start, end in split_sentences(paragraph, lang):
        if low + start <= at < low + end:
            return " ".join(paragraph[start:end].split())
    return ""


def _free(rows: list[Row], listed: pd.DataFrame) -> list[Row]:
    """Give every row an id and aliases that nobody has, so that the rows can be pasted."""
    ids = {str(i) for i in listed["source_id"]}
    names = {
        normalise_mention(a)
        for name, aliases in zip(listed["name"], listed["aliases"], strict=True)
        for a in aliases_of(str(name), str(aliases))
    }
    shared = Counter(normalise_mention(a) for r in rows for a in r["aliases"].split("|"))
    names |= {alias for alias, n in shared.items() if n > 1}
    out = []
    for row in rows:
        if normalise_mention(row["name"]) in names:
            continue
        base, number = row["source_id"] or "source", 2
        while row["source_id"] in ids or not row["source_id"]:
            row["source_id"], number = f"{base}_{number}", number + 1
        ids.add(row["source_id"])
        names.add(normalise_mention(row["name"]))
        free = [a for a in row["aliases"].split("|") if a and normalise_mention(a) not in names]
        names.update(map(normalise_mention, free))
        out.append(row | {"aliases": "|".join(free)})
    return out


def as_csv(found: pd.DataFrame, *, header: bool = False) -> str:
    """Return the rows as lines for ``sources.csv``, with the header only if asked for."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows: Iterable[list[str]] = found[COLUMNS].astype(str).to_numpy().tolist()
    writer.writerows([COLUMNS, *rows] if header else rows)
    return out.getvalue()


def examples(found: pd.DataFrame) -> str:
    """Return a line for each row: claims, name, document and the sentence of the first claim."""
    lines = [
        f"{row['n']} × {row['name']} ({row['doc_id']}): {row['example']}"
        for row in found.to_dict("records")
    ]
    return "\n".join(lines) or "Every named speaker is listed."
