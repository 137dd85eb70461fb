"""A user's own spaCy pipeline in place of the reader's parts of speech, dependencies and entities.

spaCy's English pipelines label in ClearNLP's scheme; what ``narrative.told`` asks of a parse is
put into the reader's (Universal Dependencies v1). Attributions stay the reader's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from narrative.errors import InputError
from narrative.reader.align import Syntax, Token, place_sentence
from narrative.reader.decode import mend_cycles, tag_spans
from narrative.reader.labels import ENTITY_TAGS, RELATIONS
from narrative.reader.reading import Reading, sections

PREFIX = "spacy:"
_NEEDED = ("parser", "tagger")  # components; entities are the reader's where there is no "ner"
_RELATIONS = {
    "ROOT": "root", "relcl": "acl:relcl", "poss": "nmod:poss", "prt": "compound:prt",
    "predet": "det:predet", "preconj": "cc:preconj", "dative": "iobj", "intj": "discourse",
    "nn": "compound", "npadvmod": "nmod:npmod", "attr": "xcomp", "acomp": "xcomp", "oprd": "xcomp",
    "pcomp": "advcl", "pobj": "nmod", "prep": "case", "agent": "case",
}  # fmt: skip
_ENTITIES = {
    "PERSON": "PERSON", "ORG": "ORGANIZATION", "GPE": "LOCATION", "LOC": "LOCATION",
    "FAC": "LOCATION", "NORP": "MISC", "EVENT": "MISC", "PRODUCT": "MISC", "LAW": "MISC",
    "WORK_OF_ART": "MISC", "LANGUAGE": "MISC",
}  # fmt: skip


class SpacyParser:
    """Parses with a spaCy pipeline.

    Parameters
    ----------
    name : str
        A package or folder that ``spacy.load`` takes, such as ``en_core_web_sm``.

    Raises
    ------
    InputError
        If spaCy or the pipeline is not installed, or the pipeline has no parser or no tagger.
    """

    def __init__(self, name: str) -> None:
        self.nlp = _load(name)
        missing = [c for c in _NEEDED if c not in self.nlp.pipe_names]
        if missing:
            raise InputError(
                f"parser={PREFIX + name!r}: the pipeline has {', '.join(self.nlp.pipe_names)}; "
                f"it needs {' and '.join(missing)} too."
            )
        meta = self.nlp.meta
        self.identity = f"{meta['lang']}_{meta['name']} {meta['version']}"

    def parse(self, text: str, reading: Reading) -> Reading:
        """Return a reading with this pipeline's syntax on its words.

        Words that no token of the pipeline begins in keep what the reader said.
        """
        n = len(reading.starts)
        syntax = Syntax.empty(n)
        words = reading.starts, reading.ends
        for start, end in sections(text):
            for sentence in self.nlp(text[start:end]).sents:
                tokens = [_token(t, start) for t in sentence]
                place_sentence(syntax, words, tokens, _arcs(sentence))
        head = np.where(syntax.head >= 0, syntax.head, reading.head)
        head = mend_cycles(head, np.zeros(n, dtype=np.float32))
        rel = np.where(syntax.rel >= 0, syntax.rel, reading.rel)
        rel = np.where(head == np.arange(n), RELATIONS.index("root"), rel)
        entities = reading.entities
        if "ner" in self.nlp.pipe_names:
            entities = tag_spans(syntax.entity.clip(min=0), ENTITY_TAGS)
        pos = np.where(syntax.pos >= 0, syntax.pos, reading.pos)
        return replace(reading, pos=pos, head=head, rel=rel, entities=entities)


def _token(token: Any, shift: int) -> Token:
    start = token.idx + shift
    kind = _ENTITIES.get(token.ent_type_, "O")
    return Token(start, start + len(token), token.tag_, kind)


def _arcs(sentence: Any) -> Iterator[tuple[str, int, int]]:
    """Yield relation, head and dependent; a preposition depends on its object, not the reverse."""
    objects = {t.head.i: t.i for t in reversed(list(sentence)) if t.dep_ == "pobj"}
    for t in sentence:
        head = t.head.i
        if t.dep_ == "pobj":
            head = _above_prepositions(t.head)
        elif t.dep_ in ("prep", "agent"):
            head = objects.get(t.i, head)
        root = t.dep_ == "ROOT" or head == t.i
        name = _RELATIONS.get(t.dep_, t.dep_)
        yield "root" if root else name, -1 if root else head - sentence.start, t.i - sentence.start


def _above_prepositions(token: Any) -> int:
    """Return what a chain of prepositions ("out of") depends on."""
    while token.dep_ in ("prep", "agent", "pcomp") and token.head.i != token.i:
        if token.pos_ and token.pos_ not in ("ADP", "SCONJ"):
            break
        token = token.head
    return int(token.i)


@cache
def spacy_parser(name: str) -> SpacyParser:
    """Return the parser of a name, loaded once."""
    return SpacyParser(name)


def _load(name: str) -> Any:
    try:
        import spacy
    except ImportError as error:
        raise InputError(
            f"parser={PREFIX + name!r}: spaCy is not installed; run "
            "pip install 'narrative[spacy]' and install the pipeline, or leave the parser out."
        ) from error
    try:
        return spacy.load(name)
    except (OSError, ValueError) as error:
        raise InputError(
            f"parser={PREFIX + name!r}: spaCy cannot load it ({str(error).splitlines()[0]}); "
            f"run: python -m spacy download {name}"
        ) from error
