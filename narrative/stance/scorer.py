"""Stance of a claim towards a proposition as three probabilities.

Two methods, and the result says which was used for which framing:

- a head of the stance network (``narrative.stance.network``) joined with the structured reading
  (``narrative.stance.structure``), for the seven propositions that both were trained on (see
  ``weights/README.md``);
- for any other proposition, a comparison with the exemplars for and against that the codebook
  gives, by the encoder without adapter. It tells what is about the proposition and hardly which
  side it takes, and is measured apart (experiments e03 and calibrate_exemplars).

Neither sees the speaker's camp, except to read "the enemy" and "our forces".
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.adapter import Adapter, load_adapter
from narrative.encoder import CachedEncoder, Encoder, Progress, SentenceEncoder, default_cache
from narrative.errors import InputError
from narrative.normalise import ActorNormaliser, build_normaliser
from narrative.schema import UNKNOWN, check_table
from narrative.stance.structured import Structured, StructureEncoder, shipped_structured

_LOG = logging.getLogger(__name__)
Probabilities = npt.NDArray[np.float64]
HEAD, EXEMPLARS = "trained head", "exemplars"
_TOP = 3


@dataclass(frozen=True)
class ExemplarCalibration:
    """Constants of the exemplar method, fitted by ``experiments/calibrate_exemplars.py``.

    Parameters
    ----------
    relevance : float
        Cosine at which a claim is as likely to be about the proposition as not.
    relevance_scale, side_scale : float
        Widths of the two logistic curves, in cosine.
    """

    relevance: float = 0.20
    relevance_scale: float = 0.1
    side_scale: float = 0.40


class StanceModel(NamedTuple):
    """What scores stance.

    Parameters
    ----------
    adapter : Adapter
        The heads and their temperatures.
    encoder : Encoder
        Gives the vectors that the heads read.
    plain : Encoder
        Gives the vectors of the exemplar method: the network knows one war, and for what it was
        not trained on the encoder as it came reads better.
    structure : Encoder, optional
        Gives the features of the structured reading, which joins the heads if `structured` is
        given.
    structured : Structured, optional
        Its weights.
    """

    adapter: Adapter
    encoder: Encoder
    plain: Encoder
    structure: Encoder | None = None
    structured: Structured | None = None


@cache
def stance_model() -> StanceModel:
    """Return the shipped model; its vectors go through the cache."""
    adapter = load_adapter()
    inner = SentenceEncoder(adapter=adapter.merge, adapter_id=adapter.sha256)
    return StanceModel(
        adapter,
        CachedEncoder(inner, default_cache()),
        CachedEncoder(SentenceEncoder(), default_cache()),
        CachedEncoder(StructureEncoder(), default_cache()),
        shipped_structured(),
    )


def score_stance(
    claims: pd.DataFrame,
    framings: pd.DataFrame,
    *,
    sources: pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    exemplars: dict[str, dict[str, list[str]]] | None = None,
    model: StanceModel | None = None,
    calibration: ExemplarCalibration | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score every claim towards every framing that has a proposition.

    Parameters
    ----------
    claims : DataFrame
        ``text``; optional ``claim_id`` (else the row number), and ``camp`` of the speaker, or
        ``source_id`` together with `sources`. Claims extracted by anybody will do.
    framings : DataFrame
        ``framing_id, proposition``; optional ``counter``. Rows without a proposition are left out.
    sources, places : DataFrame, optional
        Name more actors and towns for normalisation, and give camps.
    exemplars : dict, optional
        ``{framing_id: {"favor": [...], "against": [...]}}`` for the exemplar method.
    model : StanceModel, optional
        By default the shipped one.
    calibration : ExemplarCalibration, optional
    progress : callable, optional

    Returns
    -------
    DataFrame
        The ``stances`` table. ``attrs["method"]`` maps each framing to what scored it and
        ``attrs["camps_known"]`` is the share of claims whose speaker's camp was known.

    Raises
    ------
    InputError
        If a column or a text is missing, claim ids repeat, or no framing has a proposition.
    """
    claims = checked_claims(claims)
    framings = _checked_framings(framings)
    chosen = model if model is not None else stance_model()
    normaliser = build_normaliser(sources, places)
    camps = speaker_camps(claims, sources)
    texts = normaliser.many(claims["text"].astype(str), camps)
    rows = framings.to_dict("records")
    heads = [_head_for(framing, chosen.adapter) for framing in rows]
    vectors = chosen.encoder.encode(texts, progress=progress) if any(heads) else None
    raw = chosen.plain.encode(texts, progress=progress) if not all(heads) else None
    events = None
    if any(heads) and chosen.structure is not None:
        events = chosen.structure.encode(texts, progress=progress)
    parts, methods = [], {}
    for framing, head in zip(rows, heads, strict=True):
        name = str(framing["framing_id"])
        if head is not None and vectors is not None:
            p = chosen.adapter.probabilities(vectors, head)
            if events is not None and chosen.structured is not None:
                p = chosen.structured.joined(p, events, head)
            methods[name] = f"{HEAD}: {head}"
        elif raw is not None:
            given = (exemplars or {}).get(name, {})
            constants = calibration or ExemplarCalibration()
            p = _by_exemplars(raw, framing, given, chosen.plain, normaliser, constants)
            methods[name] = EXEMPLARS
        parts.append(_rows(claims["claim_id"], name, p))
    weak = [f for f, m in methods.items() if m == EXEMPLARS]
    if weak:
        _LOG.warning(
            "no trained head for %s: scored by exemplars, which is weaker.", ", ".join(weak)
        )
    out = check_table(pd.concat(parts, ignore_index=True), "stances")
    known = [c not in ("", UNKNOWN) for c in camps]
    out.attrs |= {"method": methods, "camps_known": float(np.mean(known)) if known else 0.0}
    return out


def speaker_camps(claims: pd.DataFrame, sources: pd.DataFrame | None) -> list[str]:
    """Return each claim's speaker camp: its ``camp``, else its source's, else "unknown"."""
    if "camp" in claims.columns:
        return claims["camp"].fillna(UNKNOWN).astype(str).tolist()
    if sources is not None and "source_id" in claims.columns:
        known = dict(zip(sources["source_id"], sources["camp"], strict=True))
        return [str(known.get(s, UNKNOWN)) for s in claims["source_id"]]
    return [UNKNOWN] * len(claims)


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


def _head_for(framing: dict[Any, Any], adapter: Adapter) -> str | None:
    """Return the head trained on this very proposition, if there is one."""
    wanted = _plain(str(framing["proposition"]))
    trained: dict[str, str] = adapter.meta.get("propositions", {})
    return next((head for head, p in trained.items() if _plain(p) == wanted), None)


def _by_exemplars(
    vectors: npt.NDArray[np.float32],
    framing: dict[Any, Any],
    given: dict[str, list[str]],
    encoder: Encoder,
    normaliser: ActorNormaliser,
    constants: ExemplarCalibration,
) -> Probabilities:
    favor = [str(framing["proposition"]), *given.get("favor", [])]
    against = [t for t in (str(framing.get("counter") or ""), *given.get("against", [])) if t]
    near = [_nearness(vectors, [normaliser(t) for t in side], encoder) for side in (favor, against)]
    return exemplar_probabilities(near[0], near[1], constants)


def exemplar_probabilities(
    favor: npt.NDArray[np.float64], against: npt.NDArray[np.float64], constants: ExemplarCalibration
) -> Probabilities:
    """Return p_against, p_none, p_favor from nearness to either side, shape (n, 3)."""
    about = 1 / (
        1 + np.exp(-(np.maximum(favor, against) - constants.relevance) / constants.relevance_scale)
    )
    side = 1 / (1 + np.exp(-(favor - against) / constants.side_scale))
    return np.column_stack([about * (1 - side), 1 - about, about * side])


def _nearness(
    vectors: npt.NDArray[np.float32], texts: list[str], encoder: Encoder
) -> npt.NDArray[np.float64]:
    """Return the mean cosine to the nearest few of `texts`; 0 where there are none."""
    if not texts:
        return np.zeros(len(vectors))
    cosines = vectors.astype(np.float64) @ encoder.encode(texts).astype(np.float64).T
    k = min(_TOP, len(texts))
    return np.asarray(np.sort(cosines, axis=1)[:, -k:].mean(axis=1))


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
