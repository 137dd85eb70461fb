"""A user's spaCy pipeline in the reader's place: what it gives, what is said without it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from narrative.claims import extract_claims, parser_of
from narrative.errors import InputError
from narrative.reader import Reading
from narrative.reader.labels import POS, RELATIONS
from narrative.reader.pieces import split_words
from narrative.reader.spacy_parser import SpacyParser

spacy = pytest.importorskip("spacy")
TEXT = "Yesterday the mayor of Lozova didn't speak. Olena Marchenko was quoted by reporters."
# Per token: tag, relation as ClearNLP names it, head (number in the text).
PARSE = [
    ("NN", "npadvmod", 7), ("DT", "det", 2), ("NN", "nsubj", 7), ("IN", "prep", 2),
    ("NNP", "pobj", 3), ("VBD", "aux", 7), ("RB", "neg", 7), ("VB", "ROOT", 7), (".", "punct", 7),
    ("NNP", "compound", 10), ("NNP", "nsubjpass", 12), ("VBD", "auxpass", 12),
    ("VBN", "ROOT", 12), ("IN", "agent", 12), ("NNS", "pobj", 13), (".", "punct", 12),
]  # fmt: skip


@spacy.Language.factory("written")
class Written:
    """Gives the parse written above; stands in for components with weights."""

    def __init__(self, nlp: Any, name: str) -> None:
        self.name = name

    def __call__(self, doc: Any) -> Any:
        if self.name == "tagger":
            for token, (tag, *_) in zip(doc, PARSE, strict=True):
                token.tag_ = tag
        elif self.name == "parser":
            for token, (_, rel, head) in zip(doc, PARSE, strict=True):
                token.head, token.dep_ = doc[head], rel
        else:
            doc.ents = [
                spacy.tokens.Span(doc, 4, 5, "GPE"),
                spacy.tokens.Span(doc, 9, 11, "PERSON"),
            ]
        return doc

    def to_disk(self, path: Path, exclude: Any = ()) -> None:
        """Nothing to keep."""

    def from_disk(self, path: Path, exclude: Any = ()) -> Written:
        return self


def _saved(folder: Path, *components: str) -> str:
    nlp = spacy.blank("en")
    for name in components:
        nlp.add_pipe("written", name=name)
    nlp.meta["name"], nlp.meta["version"] = "written", "1.2.3"
    nlp.to_disk(folder)
    return str(folder)


def _blank(text: str) -> Reading:
    words = split_words(text)
    n = len(words)
    index = np.arange(n)
    rel = np.full(n, RELATIONS.index("root"))
    return Reading(words.starts, words.ends, [], np.zeros(n, np.int64), index, rel, [], {})


def test_its_syntax_replaces_the_readers(tmp_path: Path) -> None:
    parser = SpacyParser(_saved(tmp_path / "m", "tagger", "parser", "ner"))
    reading = parser.parse(TEXT, _blank(TEXT))
    words = [TEXT[a:b] for a, b in zip(reading.starts, reading.ends, strict=True)]
    got = {
        words[i]: (POS[reading.pos[i]], RELATIONS[reading.rel[i]], words[reading.head[i]])
        for i in range(len(words))
    }
    assert got["mayor"] == ("NN", "nsubj", "speak")
    assert got["Lozova"] == ("NNP", "nmod", "mayor")  # a preposition depends on its noun here
    assert got["of"] == ("IN", "case", "Lozova")
    assert got["speak"] == ("VB", "root", "speak")
    assert got["Marchenko"] == ("NNP", "nsubjpass", "quoted")
    assert got["reporters"] == ("NNS", "nmod", "quoted")
    assert got["by"] == ("IN", "case", "reporters")
    named = [(TEXT[slice(*reading.chars((a, b)))], kind) for a, b, kind in reading.entities]
    assert named == [("Lozova", "LOCATION"), ("Olena Marchenko", "PERSON")]
    assert parser.identity == "en_written 1.2.3"


def test_without_an_entity_component_the_readers_entities_stay(tmp_path: Path) -> None:
    parser = SpacyParser(_saved(tmp_path / "m", "tagger", "parser"))
    before = _blank(TEXT)
    before.entities.append((0, 1, "MISC"))
    assert parser.parse(TEXT, before).entities == [(0, 1, "MISC")]


@pytest.mark.model
def test_claims_are_extracted_with_it(tmp_path: Path) -> None:
    name = "spacy:" + _saved(tmp_path / "m", "tagger", "parser", "ner")
    document = {
        "doc_id": "d", "title": "", "text": TEXT, "url": "", "outlet": "Paper", "author": "",
        "published_at": "2025-01-05", "lang": "en",
    }  # fmt: skip
    documents = pd.DataFrame([document])
    sources = pd.DataFrame(
        [("paper", "Paper", "outlet", "western", "")],
        columns=["source_id", "name", "kind", "camp", "aliases"],
    )
    claims = extract_claims(documents, sources, parser=name)
    assert list(claims["doc_id"].unique()) == ["d"]
    assert claims.attrs["parser"] == "en_written 1.2.3"


def test_a_pipeline_without_a_parser_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it needs parser too"):
        SpacyParser(_saved(tmp_path / "m", "tagger"))


def test_a_pipeline_that_is_not_there() -> None:
    with pytest.raises(InputError, match="python -m spacy download en_no_such_pipeline"):
        SpacyParser("en_no_such_pipeline")


@pytest.mark.parametrize("name", ["spacy", "spacy:", "stanza:en", "en_core_web_sm"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(InputError, match="expected spacy:NAME"):
        parser_of(name)


def test_spacy_is_not_needed_and_its_absence_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(InputError, match=r"pip install 'narrative\[spacy\]'"):
        SpacyParser("en_core_web_sm")
