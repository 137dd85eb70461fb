"""What is known of framings: counts, terms, exemplars, stability, nearest proposition, name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from narrative.errors import InputError
from narrative.framings.certificate import verdict
from narrative.framings.known import Known
from narrative.naming import class_terms, distinctive_terms

Floats = npt.NDArray[np.float32]
UNSURE = " (unstable)"


@dataclass(frozen=True)
class FramingCard:
    """What a framing is named by.

    Parameters
    ----------
    framing_id : str
    n_claims : int
    terms : tuple of str
        Of weighted log-odds, most distinctive first.
    class_terms : tuple of str
        Of class-based TF-IDF.
    exemplars : tuple of str
        The text of its most central claims.
    nearest : str
        The framing_id of the nearest proposition of the codebook, "" without a codebook.
    """

    framing_id: str
    n_claims: int
    terms: tuple[str, ...]
    class_terms: tuple[str, ...]
    exemplars: tuple[str, ...]
    nearest: str


Namer = Callable[[FramingCard], str]


def first_terms(card: FramingCard) -> str:
    """Return the three most distinctive terms of a framing, or its id: the default namer."""
    return " / ".join(card.terms[:3]) or card.framing_id


@dataclass
class Found:
    """Framings that were discovered: what is known of each by its id, largest first.

    Parameters
    ----------
    stability : dict of str to (float, float)
        Mean and 2.5 percent.
    over : str
        What the certificate drew.
    parent : dict of str to str
    centres : dict of str to ndarray
    """

    stability: dict[str, tuple[float, float]] = field(default_factory=dict)
    over: str = ""
    parent: dict[str, str] = field(default_factory=dict)
    centres: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)


def described(
    framings: pd.DataFrame,
    known: Known,
    found: Found,
    *,
    book: list[str],
    propositions: Floats | None,
    namer: Namer,
) -> pd.DataFrame:
    """Return a ``framings`` table with all that is known of its framings filled in.

    Parameters
    ----------
    framings : DataFrame
        Those of the codebook, then discovered ones.
    known : Known
    found : Found
    book : list of str
        Ids of the codebook's framings, in its order.
    propositions : ndarray, optional
        Of the same.
    namer : callable
    """
    out = _counted(framings, known)
    out = _certified(out, found, _nearest(found, book, propositions))
    return out.assign(label=_labels(out, known.texts, namer))


def _counted(framings: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Fill in counts, terms and exemplars."""
    terms = distinctive_terms([], [], counts=known.terms)
    of_class = class_terms([], [], counts=known.terms)
    ids = framings["framing_id"].tolist()
    return framings.assign(
        n_claims=[known.n_claims.get(f, 0) for f in ids],
        terms=["|".join(terms.get(f, [])) for f in ids],
        class_terms=["|".join(of_class.get(f, [])) for f in ids],
        exemplar_claim_ids=["|".join(known.exemplars.get(f, [])) for f in ids],
    )


def _certified(
    framings: pd.DataFrame, found: Found, nearest: dict[str, tuple[str, float]]
) -> pd.DataFrame:
    """Fill in what is known of discovered framings only."""
    ids = framings["framing_id"].tolist()
    steady = [found.stability.get(f, (np.nan, np.nan)) for f in ids]
    return framings.assign(
        stability=[mean for mean, _ in steady],
        stability_low=[low for _, low in steady],
        stability_over=[found.over if f in found.stability else "" for f in ids],
        certificate=[verdict(mean) for mean, _ in steady],
        parent=[found.parent.get(f, "") for f in ids],
        nearest=[nearest.get(f, ("", np.nan))[0] for f in ids],
        nearest_similarity=[nearest.get(f, ("", np.nan))[1] for f in ids],
    )


def _labels(framings: pd.DataFrame, text: dict[str, str], namer: Namer) -> list[str]:
    """Return the labels of framings, those of discovered ones by the namer."""
    out = []
    for row in framings.to_dict("records"):
        if row["origin"] != "discovered":
            out.append(str(row["label"]))
            continue
        card = FramingCard(
            framing_id=str(row["framing_id"]),
            n_claims=int(row["n_claims"]),
            terms=_split(row["terms"]),
            class_terms=_split(row["class_terms"]),
            exemplars=tuple(str(text[c]) for c in _split(row["exemplar_claim_ids"])),
            nearest=str(row["nearest"]),
        )
        name = namer(card)
        if not isinstance(name, str) or not name.strip():
            raise InputError(
                f"the namer gave {name!r} for {card.framing_id}; expected a non-empty string."
            )
        name = name.strip() + (UNSURE if row["certificate"] == "unstable" else "")
        # Two framings of one name would be one in tables that are read by name.
        out.append(f"{name} ({card.framing_id})" if name in out else name)
    return out


def _split(joined: object) -> tuple[str, ...]:
    return tuple(part for part in str(joined).split("|") if part)


def _nearest(
    found: Found, ids: list[str], propositions: Floats | None
) -> dict[str, tuple[str, float]]:
    """Return the nearest proposition of each discovered framing, and the cosine."""
    if propositions is None or not ids:
        return {}
    out = {}
    for framing, centre in found.centres.items():
        cosines = propositions.astype(np.float64) @ centre
        best = int(cosines.argmax())
        out[framing] = (ids[best], round(float(cosines[best]), 6))
    return out
