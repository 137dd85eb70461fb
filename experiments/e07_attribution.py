"""Who says it, measured: rules, reader and both on PolNeAR, and on the hand coding of the seeds.

PolNeAR's dev split (84 articles; nothing was trained or tuned on it) gives token F1, span F1
(exact, and sharing a word, one to one) of source, cue and content, and F1 of whole attributions,
with 95 % intervals by article; the reader's agreement with CoreNLP's automatic analysis stands
beside. The corpus is read from ``NARRATIVE_DATA/polnear``; where it is absent, the script says
where it is posted, keeps the committed figures and measures the rest.

    NARRATIVE_DATA=... python experiments/e07_attribution.py [--split dev]

Another split laid out in the same way is measured by ``--split NAME``; its figures are printed
and not recorded.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd
from common import SEEDS, gold, record_scores, save, table
from polnear import Article, MissingCorpus, read_polnear
from tqdm import tqdm
from validity import Rows, extraction

from narrative.agreement import detection_f1, match_spans
from narrative.attribution import Attributor
from narrative.claims import extract_claims
from narrative.credited import Attribution
from narrative.frames import Frame
from narrative.lexicon import load_cues
from narrative.reader import Reading, shipped_reader
from narrative.reader.align import words_of
from narrative.reader.decode import tag_spans
from narrative.reader.labels import ENTITY_TAGS, POS, RELATIONS, ROLES
from narrative.resampling import group_bootstrap
from narrative.schema import empty_table
from narrative.segmentation import Span
from narrative.speakers import Speaker, SpeakerIndex, with_shipped
from narrative.stages import with_outlets
from narrative.study import read_study
from narrative.tagged import TaggedAttributor

Words = tuple[int, int]
Parts = dict[str, tuple[Words, ...]]  # of one attribution: its stretches by role
SYSTEMS = ("rules", "reader", "reader and rules")
POLNEAR = "PolNeAR"
_PRONOUNS = [POS.index(t) for t in ("PRP", "PRP$")]
T = TypeVar("T")


class _Recorder(Attributor):
    """Keeps the frames and content regions that an attributor finds, before they are split."""

    found: list[tuple[Frame, Span]]

    def _content(
        self, number: int, region: Span, frame: Frame, outer: tuple[str, ...] = ()
    ) -> Iterator[Attribution]:
        self.found.append((frame, region))
        return super()._content(number, region, frame, outer)


def by_rules(article: Article, reading: Reading | None, sources: pd.DataFrame) -> list[Parts]:
    """Return what rules attribute, alone or where the reader left something."""
    recorder = _Recorder(article.text, SpeakerIndex(sources), load_cues("en"))
    recorder.found = []
    list(recorder.run())
    grouped: dict[Frame, list[Span]] = {}
    for frame, region in recorder.found:
        grouped.setdefault(frame, []).append(region)
    out = []
    for frame, regions in grouped.items():
        within = recorder.masked[frame.start : frame.end]
        places = {"source": frame.mention, "cue": frame.cue}
        parts: Parts = {"content": tuple(words_at(article, *r) for r in regions)}
        for role, words in places.items():
            at = within.find(words) if words else -1
            span = (frame.start + at, frame.start + at + len(words))
            parts[role] = (words_at(article, *span),) if at >= 0 else ()
        if parts["cue"] and not _touches(parts, reading):
            out.append(parts)
    return out


def words_at(article: Article, start: int, end: int) -> Words:
    low, high = words_of(article.pieces.starts, article.pieces.ends, start, end)
    return low, max(low + 1, high)


def _touches(parts: Parts, reading: Reading | None) -> bool:
    """Say whether the reader has attributed any of these words."""
    if reading is None:
        return False
    taken = [s for a in reading.attributions for s in (*a.source, a.cue, *a.content)]
    return any(a < d and c < b for spans in parts.values() for a, b in spans for c, d in taken)


def predicted(articles: list[Article], readings: list[Reading]) -> dict[str, list[list[Parts]]]:
    """Return each system's attributions of each article."""
    nobody = empty_table("sources")
    out: dict[str, list[list[Parts]]] = {s: [] for s in SYSTEMS}
    for article, reading in zip(articles, readings, strict=True):
        tagged = [
            {"source": a.source, "cue": (a.cue,), "content": a.content}
            for a in reading.attributions
        ]
        out["reader"].append(tagged)
        out["rules"].append(by_rules(article, None, nobody))
        out["reader and rules"].append(tagged + by_rules(article, reading, nobody))
    return out


def counts(gold: list[Parts], found: list[Parts]) -> dict[str, tuple[int, int, int]]:
    """Return (matched, found, coded) of one article for every metric."""
    out = {}
    for role in ROLES:
        a, b = ({s for p in x for s in p[role]} for x in (gold, found))
        out[f"{role} exact F1"] = (len(a & b), len(b), len(a))
        out[f"{role} overlap F1"] = (_paired(sorted(a), sorted(b), _shares), len(b), len(a))
        s, t = ({w for low, high in x for w in range(low, high)} for x in (a, b))
        out[f"{role} token F1"] = (len(s & t), len(t), len(s))
    whole, mine = ({tuple(p[r] for r in ROLES) for p in x} for x in (gold, found))
    out["attribution exact F1"] = (len(whole & mine), len(mine), len(whole))
    matched = _paired(gold, found, _all_share)
    out["attribution overlap F1"] = (matched, len(found), len(gold))
    return out


def _shares(a: Words, b: Words) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _all_share(a: Parts, b: Parts) -> bool:
    """Say whether source, cue and content each share a word, or neither has a source."""
    return all(
        any(_shares(s, t) for s in a[r] for t in b[r]) or (not a[r] and not b[r]) for r in ROLES
    )


def _paired(first: list[T], second: list[T], same: Callable[[T, T], bool]) -> int:
    """Return how many can be paired one to one, each with the first that fits and is free."""
    free = list(second)
    for x in first:
        at = next((i for i, y in enumerate(free) if same(x, y)), None)
        if at is not None:
            del free[at]
    return len(second) - len(free)


def scored(per_article: list[dict[str, tuple[int, int, int]]], split: str, system: str) -> Rows:
    """Return one row a metric, its interval by article."""
    out: Rows = []
    for metric in per_article[0]:
        sums = np.array([c[metric] for c in per_article])
        interval = group_bootstrap(
            range(len(sums)), lambda at, sums=sums: detection_f1(*sums[at].sum(axis=0))
        )
        out.append(
            {
                "dataset": POLNEAR,
                "split": split,
                "metric": metric,
                "system": system,
                "value": detection_f1(*sums.sum(axis=0)),
                "low": interval[0],
                "high": interval[1],
                "n": int(sums[:, 2].sum()),
                "unit": f"coded, in {len(sums)} articles; interval by article",
            }
        )
    return out


def _takes_up(article: Article, word: int) -> bool:
    """Say whether CoreNLP's chain of a word has an earlier one."""
    chain = article.chain[word]
    return bool(chain >= 0 and (article.chain[:word] == chain).any())


def syntax_counts(article: Article, reading: Reading) -> dict[str, tuple[int, int, int]]:
    """Return what agrees with CoreNLP, as (matched, found, coded): F1 is accuracy for words."""
    part, punct = RELATIONS.index("part"), RELATIONS.index("punct")
    words = (
        (article.syntax.head >= 0) & (article.syntax.rel != part) & (article.syntax.rel != punct)
    )
    heads = words & (article.syntax.head == reading.head)
    tagged = article.syntax.pos >= 0
    a = set(tag_spans(np.maximum(article.syntax.entity, 0), ENTITY_TAGS))
    b = {e for e in reading.entities if article.syntax.entity[e[0]] >= 0}
    n, m = int(words.sum()), int(tagged.sum())
    pronouns = [w for w in np.flatnonzero(np.isin(reading.pos, _PRONOUNS)) if _takes_up(article, w)]
    taken = {w: reading.antecedents[w] for w in pronouns if w in reading.antecedents}
    right = sum(article.chain[to] == article.chain[w] for w, to in taken.items())
    return {
        "unlabelled attachment": (int(heads.sum()), n, n),
        "labelled attachment": (int((heads & (article.syntax.rel == reading.rel)).sum()), n, n),
        "part of speech": (int((tagged & (article.syntax.pos == reading.pos)).sum()), m, m),
        "entity F1": (len(a & b), len(b), len(a)),
        "antecedent of pronouns F1": (int(right), len(taken), len(pronouns)),
    }


class _Named(TaggedAttributor):
    """Keeps whom each pronoun in a source was taken for."""

    taken: list[tuple[int, Speaker]]

    def _speaker(self, source: Span, head: Span) -> Speaker:
        speaker = super()._speaker(source, head)
        word = self.reading.words(*head)[1] - 1
        if self.text[slice(*head)].casefold() in ("he", "she"):
            self.taken.append((word, speaker))
        return speaker


def pronoun_counts(article: Article, reading: Reading) -> dict[str, tuple[int, int, int]]:
    """Return (right, all, all) of "he" and "she" in sources whose chain in CoreNLP holds a name."""
    attributor = _Named(
        article.text, SpeakerIndex(empty_table("sources")), load_cues("en"), "en", reading
    )
    attributor.taken = []
    list(attributor.run())
    right = n = 0
    person = [ENTITY_TAGS.index(f"{p}-PERSON") for p in "BI"]
    words = [article.text[a:b] for a, b in zip(reading.starts, reading.ends, strict=True)]
    for word, speaker in attributor.taken:
        mine = article.chain == article.chain[word]
        if (
            article.chain[word] < 0
            or not (named := mine & np.isin(article.syntax.entity, person)).any()
        ):
            continue
        n += 1
        right += speaker.name.split()[-1] in {words[i] for i in np.flatnonzero(named)}
    return {"speaker of he and she": (right, n, n)}


def polnear(split: str) -> Rows:
    """Measure every system on a split of PolNeAR."""
    articles = list(read_polnear(split))
    reader = shipped_reader()
    readings = [reader.read([a.text])[0] for a in tqdm(articles, desc="reading", disable=None)]
    out: Rows = []
    for system, found in predicted(articles, readings).items():
        per_article = [
            counts([{r: tuple(getattr(x, r)) for r in ROLES} for x in a.attributions], f)
            for a, f in zip(articles, found, strict=True)
        ]
        out += scored(per_article, split, system)
    parsed = [
        syntax_counts(a, r)
        for a, r in zip(articles, readings, strict=True)
        if (a.syntax.head >= 0).any()
    ]
    if parsed:
        out += scored(parsed, split, "reader, against CoreNLP")
        for system, empty in (("rules", True), ("rules, then chains", False)):
            taken = [
                pronoun_counts(a, replace(r, antecedents={}) if empty else r)
                for a, r in zip(articles, readings, strict=True)
            ]
            out += scored(taken, split, f"{system}, against CoreNLP")
    return out


def seeds() -> tuple[Rows, pd.DataFrame]:
    """Measure rules alone beside the shipped way on the seeds, and list who is taken for whom."""
    coded = gold()
    documents = table("documents")
    listed = with_outlets(with_shipped(read_study(SEEDS).sources()), documents)
    rules = extract_claims(documents, listed, attribution="rules")
    found = table("claims")
    rows = extraction(coded, rules, "rules") + extraction(coded, found, "reader and rules")
    pairs = match_spans(coded, found)
    a = coded.loc[pairs["first"]].reset_index(drop=True)
    b = found.loc[pairs["second"]].reset_index(drop=True)
    kinds = []
    for column in ("source_id", "voice", "said_at"):
        wrong = (a[column].astype(str) != b[column].astype(str)).to_numpy()
        part = pd.DataFrame(
            {"doc_id": a["doc_id"], "what": column, "coded": a[column], "found": b[column]}
        )[wrong]
        kinds.append(part.groupby(["doc_id", "what", "coded", "found"]).size().rename("n"))
    table_ = pd.concat(kinds).reset_index()
    return rows, table_.sort_values(["doc_id", "what", "n"], ascending=[True, True, False])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="dev", help="split of PolNeAR; dev is recorded")
    split = parser.parse_args().split
    keep, rows = "", []
    try:
        rows = polnear(split)
    except MissingCorpus as error:
        print(f"{error} Its committed figures stay as they are.")
        keep = POLNEAR
    if rows:
        print(as_text(rows))
    if split != "dev":
        return
    mine, confusions = seeds()
    save(confusions, "e07_confusions")
    record_scores("e07", rows + mine, keep=[keep] if keep else ())
    print(as_text([r for r in mine if "accuracy" in str(r["metric"]) or "F1" in str(r["metric"])]))
    print(confusions.groupby("what").head(12).to_string(index=False))


def as_text(rows: Rows) -> str:
    frame = pd.DataFrame(rows)[["split", "system", "metric", "value", "low", "high", "n"]]
    return frame.round(3).to_string(index=False)


if __name__ == "__main__":
    main()
