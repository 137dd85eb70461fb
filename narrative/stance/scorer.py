"""Stance of a claim towards a proposition as three probabilities.

Two methods, and the result says which was used for which framing:

- a head of the stance network (``narrative.stance.network``) joined with the structured reading
  (``narrative.stance.structure``), for the seven propositions that both were trained on (see
  ``weights/README.md``);
- for any other proposition, a cross-encoder that reads it with the claim
  (``narrative.stance.pairs``): weaker, and measured apart (experiment e08). A larger model of the
  user's choice can take the place of both (``narrative.stance.nli``).

None sees the speaker's camp, except to read "the enemy" and "our forces".
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.adapter import Adapter, load_adapter
from narrative.encoder import CachedEncoder, Encoder, PinnedEncoder, default_cache
from narrative.errors import InputError
from narrative.normalise import ActorNormaliser, build_normaliser
from narrative.reporting import Progress
from narrative.schema import CAMPS, UNKNOWN, check_table
from narrative.stance.in_context import ClaimEncoder, alone, claim_inputs
from narrative.stance.nli import NLIEncoder
from narrative.stance.pairs import CROSS_ENCODER, PairEncoder, PairModel
from narrative.stance.structured import Structured, StructureEncoder, shipped_structured

_LOG = logging.getLogger(__name__)
Probabilities = npt.NDArray[np.float64]
HEAD = "trained head"


class StanceModel(NamedTuple):
    """What scores stance.

    Parameters
    ----------
    adapter : Adapter
        The heads and their temperatures.
    encoder : Encoder
        Gives the vectors that the heads read.
    pairs : PairModel
        Reads a claim and a proposition together, for what no head was trained on, or for all if it
        says so.
    structure : Encoder, optional
        Gives the features of the structured reading, which joins the heads if `structured` is
        given.
    structured : Structured, optional
        Its weights.
    """

    adapter: Adapter
    encoder: Encoder
    pairs: PairModel
    structure: Encoder | None = None
    structured: Structured | None = None


@cache
def stance_model(larger: str = "", revision: str = "") -> StanceModel:
    """Return the shipped model; its vectors go through the cache.

    Parameters
    ----------
    larger : str
        Folder or name of a cross-encoder for natural language inference, which then scores every
        framing in place of the shipped methods (see ``narrative.stance.nli``).
    revision : str
        Of a model given by name.

    Raises
    ------
    WeightsError
        If the larger model cannot be loaded, or its labels are not those of inference.
    """
    adapter, cache = load_adapter(), default_cache()
    plain = CachedEncoder(PinnedEncoder(), cache)
    if larger:
        nli = NLIEncoder(larger, revision=revision or None)
        # A name without a revision can mean other weights tomorrow: nothing of it is kept.
        fixed = bool(revision) or Path(larger).is_dir()
        reader: Encoder = CachedEncoder(nli, cache) if fixed else nli
        pairs = PairModel(
            reader, plain, name=f"larger model: {larger}", every=True, denies=nli.denies,
            counters=True,
        )  # fmt: skip
    else:
        pairs = PairModel(CachedEncoder(PairEncoder(), cache), plain)
    return StanceModel(
        adapter,
        CachedEncoder(ClaimEncoder(adapter), cache),
        pairs,
        CachedEncoder(StructureEncoder(), cache),
        shipped_structured(),
    )


def score_stance(
    claims: pd.DataFrame,
    framings: pd.DataFrame,
    *,
    sources: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    model: StanceModel | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score every claim towards every framing that has a proposition.

    Parameters
    ----------
    claims : DataFrame
        ``text``; optional ``claim_id`` (else the row number), and ``camp`` of the speaker, or
        ``source_id`` together with `sources`. Claims extracted by anybody will do. With ``before``
        and ``after``, what stands beside the claim (``narrative.stance.in_context.with_place``
        cuts it from documents), the trained heads read the claim in its place.
    framings : DataFrame
        ``framing_id, proposition``; optional ``counter``. Rows without a proposition are left out.
    sources, places : DataFrame, optional
        Name more actors and towns for normalisation, and give camps.
    model : StanceModel, optional
        By default the shipped one.
    progress : callable, optional

    Returns
    -------
    DataFrame
        The ``stances`` table. ``attrs["method"]`` maps each framing to what scored it and
        ``attrs["camps_known"]`` is the share of claims whose speaker's camp was known.

    Raises
    ------
    InputError
        If a column or a text is missing, claim ids repeat, a camp is unheard of, no framing has a
        proposition, or one lacks the counter that the model needs.
    """
    claims = checked_claims(claims)
    framings = _checked_framings(framings)
    camps = speaker_camps(claims, sources)
    normaliser = build_normaliser(sources, places)
    reading = _Reading(
        model if model is not None else stance_model(),
        claim_inputs(claims, camps, normaliser),
        normaliser,
        progress,
    )
    parts = [
        _rows(claims["claim_id"], str(framing["framing_id"]), reading.towards(framing))
        for framing in framings.to_dict("records")
    ]
    methods = stance_methods(framings, reading.model)
    weak = [f for f, m in methods.items() if m == CROSS_ENCODER]
    if weak:
        _LOG.warning(
            "no trained head for %s: scored by the %s, which is weaker.",
            ", ".join(weak),
            CROSS_ENCODER,
        )
    out = check_table(pd.concat(parts, ignore_index=True), "stances")
    known = [c != UNKNOWN for c in camps]
    out.attrs |= {"method": methods, "camps_known": float(np.mean(known)) if known else 0.0}
    return out


@dataclass(frozen=True)
class _Reading:
    """Normalised claims, and what the methods need of them, read when first asked for."""

    model: StanceModel
    placed: list[str]  # with what stands beside them, for the network
    normaliser: ActorNormaliser
    progress: Progress | None

    @cached_property
    def texts(self) -> list[str]:
        return [alone(t) for t in self.placed]

    @cached_property
    def vectors(self) -> npt.NDArray[np.float32]:
        return self.model.encoder.encode(self.placed, progress=self.progress)

    @cached_property
    def events(self) -> npt.NDArray[np.float32] | None:
        structure = self.model.structure
        return None if structure is None else structure.encode(self.texts, progress=self.progress)

    def towards(self, framing: dict[Any, Any]) -> Probabilities:
        """Return the claims' probabilities towards one framing."""
        head = _head_for(framing, self.model)
        if head is None:
            return self._by_pairs(self.model.pairs, framing)
        p = self.model.adapter.probabilities(self.vectors, head)
        if self.events is not None and self.model.structured is not None:
            p = self.model.structured.joined(p, self.events, head)
        return p

    def _by_pairs(self, pairs: PairModel, framing: dict[Any, Any]) -> Probabilities:
        counter = str(framing.get("counter") or "") if pairs.counters else ""
        if not (pairs.denies or counter):
            raise InputError(
                f"framings: {pairs.name} tells entailment only, so {framing['framing_id']!r} needs "
                "a counter: what the other side asserts."
            )
        return pairs.probabilities(
            self.texts,
            self.normaliser(str(framing["proposition"])),
            self.normaliser(counter) if counter else "",
            progress=self.progress,
        )


def speaker_camps(claims: pd.DataFrame, sources: pd.DataFrame | None) -> list[str]:
    """Return each claim's speaker camp: its ``camp``, else its source's, else "unknown".

    Parameters
    ----------
    claims : DataFrame
        Optional ``camp`` and ``source_id``.
    sources : DataFrame, optional
        ``source_id, camp``.

    Returns
    -------
    list of str
        One of ``narrative.schema.CAMPS`` or "unknown" for each claim.

    Raises
    ------
    InputError
        If a camp is none of these, or `sources` lacks a column.
    """
    camps = pd.Series(UNKNOWN, index=claims.index, dtype=object)
    if sources is not None and "source_id" in claims.columns:
        if missing := {"source_id", "camp"} - set(sources.columns):
            raise InputError(f"sources: column(s) {', '.join(sorted(missing))} missing.")
        known = dict(zip(sources["source_id"], sources["camp"], strict=True))
        camps = claims["source_id"].map(known).astype(object)
    if "camp" in claims.columns:
        own = claims["camp"].astype(object)
        camps = own.where(own.notna() & (own != ""), camps)
    camps = camps.where(camps.notna() & (camps != ""), UNKNOWN).astype(str)
    strange = camps[~camps.isin([*CAMPS, UNKNOWN])]
    if len(strange):
        raise InputError(
            f"row {strange.index[0]}: camp={strange.iloc[0]!r}; expected one of "
            f"{', '.join(CAMPS)} or {UNKNOWN}."
        )
    return camps.tolist()


def checked_claims(claims: pd.DataFrame) -> pd.DataFrame:
    """Return `claims` with a ``claim_id``.

    Raises
    ------
    InputError
        If a text is missing or claim ids repeat.
    """
    if "text" not in claims.columns:
        raise InputError(
            f"claims: column 'text' is missing; got {', '.join(map(str, claims.columns))}."
        )
    if claims["text"].isna().any():
        at = claims.index[claims["text"].isna()][0]
        raise InputError(f"claims: row {at} has no text; expected a sentence in every row.")
    if "claim_id" not in claims.columns:
        claims = claims.assign(claim_id=[f"{i:07d}" for i in range(len(claims))])
    twice = claims["claim_id"][claims["claim_id"].duplicated()]
    if len(twice):
        raise InputError(
            f"claims: claim_id={twice.iloc[0]!r} stands more than once; expected unique ids."
        )
    return claims


def _checked_framings(framings: pd.DataFrame) -> pd.DataFrame:
    missing = {"framing_id", "proposition"} - set(framings.columns)
    if missing:
        raise InputError(f"framings: column(s) {', '.join(sorted(missing))} missing.")
    framings = framings[framings["proposition"].fillna("").str.strip() != ""]
    if framings.empty:
        raise InputError(
            "framings: none has a proposition; expected at least one sentence to take a stance on."
        )
    if "counter" in framings.columns:
        framings = framings.assign(counter=framings["counter"].fillna(""))
    return framings


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.replace("’", "'")).strip().casefold()


def stance_methods(framings: pd.DataFrame, model: StanceModel) -> dict[str, str]:
    """Return what scores each framing that has a proposition.

    Parameters
    ----------
    framings : DataFrame
        ``framing_id, proposition``.
    model : StanceModel

    Returns
    -------
    dict of framing_id to method
        ``HEAD`` and the head's name, or the name of the model that reads pairs.
    """
    asked = framings[framings["proposition"].fillna("").str.strip() != ""]
    heads = {str(f["framing_id"]): _head_for(f, model) for f in asked.to_dict("records")}
    return {f: f"{HEAD}: {h}" if h is not None else model.pairs.name for f, h in heads.items()}


def _head_for(framing: dict[Any, Any], model: StanceModel) -> str | None:
    """Return the head trained on this very proposition, if there is one and it is to be used."""
    if model.pairs.every:
        return None
    wanted = _plain(str(framing["proposition"]))
    trained: dict[str, str] = model.adapter.meta.get("propositions", {})
    return next((head for head, p in trained.items() if _plain(p) == wanted), None)


def _rows(claim_ids: pd.Series, framing_id: str, p: Probabilities) -> pd.DataFrame:
    p = np.round(p / p.sum(axis=1, keepdims=True), 6)
    return pd.DataFrame(
        {
            "claim_id": claim_ids.astype(str).to_numpy(),
            "framing_id": framing_id,
            "p_against": p[:, 0],
            "p_none": p[:, 1],
            "p_favor": p[:, 2],
            "stance": p.argmax(axis=1) - 1,
            "score": p[:, 2] - p[:, 0],
        }
    )
