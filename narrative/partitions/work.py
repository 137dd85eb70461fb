"""What a stage does with one partition: functions that any worker can run.

Each takes what is the same for all partitions and a partition's tables, and returns tables and
arrays. What it returns for a document is the same whatever documents stand beside it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from narrative.claims import claims_by_document
from narrative.codebook import Codebook
from narrative.encoder import (
    DEFAULT_MODEL,
    CachedEncoder,
    Encoder,
    Vectors,
    default_cache,
    embed,
    sentence_encoder,
)
from narrative.framings import Assigner, FramingSettings, discovery_vectors, guided_membership
from narrative.ledger import control_claims
from narrative.normalise import ActorNormaliser, build_normaliser
from narrative.partitions.engine import Made
from narrative.prefilter import Prefilter
from narrative.schema import empty_table
from narrative.speakers import SpeakerIndex
from narrative.stance import (
    StanceModel,
    score_certainty,
    score_stance,
    speaker_camps,
    stance_model,
)
from narrative.stance.in_context import alone, claim_inputs, with_place

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Extraction:
    """What finding claims needs beside documents; as ``extract_claims`` takes it."""

    sources: pd.DataFrame
    attribution: str
    parser: str

    @cached_property
    def index(self) -> SpeakerIndex:
        """Of the sources: made once for all partitions of a process."""
        return SpeakerIndex(self.sources)


def find_claims(setup: Extraction, tables: Tables) -> Made:
    """Return the ``claims`` of documents, and the sources that each had to add."""
    claims, added = claims_by_document(
        tables["documents"], setup.index, attribution=setup.attribution, parser=setup.parser
    )
    return {"claims": claims, "added": added}


def study_encoder(model: str, revision: str = "") -> Encoder:
    """Return the encoder of the framings' vectors: the adapted one where it is the pinned one."""
    if model == DEFAULT_MODEL:
        return stance_model().encoder
    return CachedEncoder(sentence_encoder(model, revision or None), default_cache())


@dataclass(frozen=True, eq=False)
class Reading:
    """What the vectors and memberships of claims depend on, beside the claims.

    Parameters
    ----------
    sources, places : DataFrame
    codebook : Codebook or None
    model, revision : str
        Of the encoder.
    settings : FramingSettings
    """

    sources: pd.DataFrame
    places: pd.DataFrame
    codebook: Codebook | None
    model: str
    revision: str
    settings: FramingSettings

    @property
    def pinned(self) -> bool:
        """Whether the encoder is the pinned one, whose changes are the stance network."""
        return self.model == DEFAULT_MODEL

    @cached_property
    def normaliser(self) -> ActorNormaliser:
        """For names of the run's sources and places."""
        return build_normaliser(self.sources, self.places)

    def grouped(self, texts: list[str], vectors: Vectors) -> Vectors:
        """Return the vectors that discovery groups, from those of the encoder."""
        if not self.pinned:
            return vectors
        topic, weight = embed([alone(t) for t in texts]), self.settings.stance_weight
        return discovery_vectors(topic, vectors, stance_model().adapter, self.codebook, weight)

    def propositions(self) -> Vectors | None:
        """Return the vectors of the codebook's propositions beside those that are grouped."""
        if self.codebook is None:
            return None
        sentences = [self.normaliser(f.proposition) for f in self.codebook.framings]
        encoder = study_encoder(self.model, self.revision)
        return self.grouped(sentences, encoder.encode(sentences))


def read_claims(setup: Reading, tables: Tables) -> Made:
    """Return claims' vectors: ``vectors``, those that discovery groups, ``about``, membership."""
    claims = tables["claims"]
    # Other encoders know no place: they read the claim alone.
    read = with_place(claims, tables["documents"]) if setup.pinned else claims
    texts = claim_inputs(read, speaker_camps(claims, setup.sources), setup.normaliser)
    encoder = study_encoder(setup.model, setup.revision)
    vectors = encoder.encode(texts)
    made: Made = {"ids": claims[["claim_id"]], "vectors": vectors}
    if setup.pinned:
        made["about"] = setup.grouped(texts, vectors)
    if setup.codebook is not None:
        made["membership"] = guided_membership(
            vectors,
            setup.codebook,
            encoder,
            setup.normaliser,
            adapter=stance_model().adapter if setup.pinned else None,
            temperature=setup.settings.temperature,
            floor=setup.settings.floor,
        )
    return made


def assign_claims(setup: Assigner, tables: dict[str, Any]) -> Made:
    """Return the ``codes`` of claims' framings, their ``best`` membership, and their ``terms``.

    Of ``about`` and ``membership``, which ``read_claims`` made of the same claims.
    """
    claims = tables["claims"]
    found = setup(claims["text"].tolist(), tables["about"], tables.get("membership"))
    return {"ids": claims[["claim_id"]], **found._asdict()}


@dataclass(frozen=True, eq=False)
class Sampling:
    """What a sample is read with: for its claims, and for whether the codebook takes one."""

    extraction: Extraction
    reading: Reading


def read_sample(setup: Sampling, tables: Tables) -> Made:
    """Return what ``find_claims`` does, and of each document whether it is about the study."""
    made = find_claims(setup.extraction, tables)
    claims, ids = pd.DataFrame(made["claims"]), tables["documents"]["doc_id"]
    about = pd.Series(data=False, index=ids.index)
    if len(claims):
        read = read_claims(setup.reading, tables | {"claims": claims})
        best = np.asarray(read["membership"]).max(axis=1)
        taken = best >= setup.reading.settings.min_membership
        about = ids.isin(claims.loc[taken, "doc_id"])
    return made | {"about": pd.DataFrame({"doc_id": ids, "about": about})}


def score_texts(setup: Prefilter, tables: Tables) -> Made:
    """Return how much each document looks like one about the study."""
    documents = tables["documents"]
    scores = setup.scores(documents["text"].tolist())
    return {"scores": pd.DataFrame({"doc_id": documents["doc_id"], "score": scores})}


@dataclass(frozen=True, eq=False)
class Scoring:
    """What stances and certainty depend on, beside the claims.

    Parameters
    ----------
    framings, sources, places : DataFrame
    model, revision : str
        Of a larger model; "" for the shipped methods.
    """

    framings: pd.DataFrame
    sources: pd.DataFrame
    places: pd.DataFrame
    model: str
    revision: str

    def stance_model(self) -> StanceModel:
        """Return what scores stance: the shipped methods, or the study's own model."""
        return stance_model(self.model, self.revision) if self.model else stance_model()


def score_claims(setup: Scoring, tables: Tables) -> Made:
    """Return the ``stances`` of claims towards every proposition, and their ``certainty``."""
    claims = with_place(tables["claims"], tables["documents"])
    stances = empty_table("stances")
    if (setup.framings["proposition"] != "").any():
        with _told_once():
            stances = score_stance(
                claims,
                setup.framings,
                sources=setup.sources,
                places=setup.places,
                model=setup.stance_model(),
            )
    certainty = score_certainty(claims, sources=setup.sources, places=setup.places)
    return {"stances": stances, "certainty": certainty}


@dataclass(frozen=True, eq=False)
class Places:
    """What claims of control are found with: the run's sources and the study's places."""

    sources: pd.DataFrame
    places: pd.DataFrame


def find_control(setup: Places, tables: Tables) -> Made:
    """Return the ``control`` table of claims."""
    found = control_claims(tables["claims"], tables["documents"], setup.sources, setup.places)
    return {"control": found}


_TOLD: set[str] = set()


def _is_new(record: logging.LogRecord) -> bool:
    text = record.getMessage()
    new = text not in _TOLD
    _TOLD.add(text)
    return new


@contextmanager
def _told_once() -> Iterator[None]:
    """Let a warning that is the same for every partition be told once."""
    log = logging.getLogger("narrative.stance.scorer")
    log.addFilter(_is_new)
    try:
        yield
    finally:
        log.removeFilter(_is_new)
