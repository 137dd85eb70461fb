"""Terms and exemplar claims that describe a framing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

_FEW_WORDS = 6
Floats = npt.NDArray[np.float32]


def distinctive_terms(
    texts: list[str], labels: list[str], *, n_terms: int = 8, prior: float = 0.05
) -> dict[str, list[str]]:
    """Return each group's terms by weighted log-odds with a Dirichlet prior.

    Parameters
    ----------
    texts, labels : list of str
        Claims and their groups, of equal length.
    n_terms : int
        Terms a group at most; only terms with z > 0 count.
    prior : float
        Pseudo-count a term and corpus occurrence.

    Returns
    -------
    dict of str to list of str
        Most distinctive first; ties in alphabetical order.

    References
    ----------
    Monroe, Colaresi and Quinn (2008). Fightin' words. Political Analysis 16(4).
    """
    from sklearn.feature_extraction.text import CountVectorizer

    groups = sorted(set(labels))
    if not texts:
        return {}
    vectorizer = CountVectorizer(
        stop_words="english", ngram_range=(1, 2), token_pattern=r"(?u)\b[^\W\d_]{3,}\b"
    )
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError:  # no word is left beside stop words
        return {g: [] for g in groups}
    names = vectorizer.get_feature_names_out()
    total = np.asarray(counts.sum(axis=0), dtype=float).ravel()
    alpha = prior * total
    labels_array = np.asarray(labels)
    out = {}
    for group in groups:
        mine = np.asarray(counts[labels_array == group].sum(axis=0), dtype=float).ravel()
        rest = total - mine
        n_mine, n_rest, a0 = mine.sum(), rest.sum(), alpha.sum()
        odds = np.log((mine + alpha) / (n_mine + a0 - mine - alpha + 1e-9))
        odds -= np.log((rest + alpha) / (n_rest + a0 - rest - alpha + 1e-9))
        z = odds / np.sqrt(1 / (mine + alpha) + 1 / (rest + alpha))
        order = sorted(
            np.flatnonzero((z > 0) & (mine >= min(2, len(texts)))),
            key=lambda i: (-round(float(z[i]), 9), names[i]),
        )
        kept: list[str] = []
        for i in order:
            if not any(set(names[i].split()) & set(k.split()) for k in kept):
                kept.append(str(names[i]))
            if len(kept) == n_terms:
                break
        out[group] = kept
    return out


def exemplar_claims(
    claims: pd.DataFrame, vectors: Floats, labels: list[str], *, n_exemplars: int = 3
) -> dict[str, list[str]]:
    """Return the ids of each group's most central claims, from different sources where possible.

    Parameters
    ----------
    claims : DataFrame
        ``claim_id``, ``text`` and, if present, ``source_id``; fragments of fewer than six words
        come last.
    vectors : ndarray, shape (n_claims, n_dims)
        Unit rows, in the order of `claims`.
    labels : list of str
    n_exemplars : int
    """
    ids = claims["claim_id"].tolist()
    short = np.array([len(t.split()) < _FEW_WORDS for t in claims["text"]], dtype=bool)
    speakers = claims["source_id"].tolist() if "source_id" in claims else ids
    array = np.asarray(labels)
    out = {}
    for group in sorted(set(labels)):
        members = np.flatnonzero(array == group)
        centre = vectors[members].astype(np.float64).mean(axis=0)
        nearness = vectors[members].astype(np.float64) @ centre
        order = sorted(
            range(len(members)),
            key=lambda i: (short[members[i]], -round(float(nearness[i]), 9), ids[members[i]]),
        )
        chosen: list[int] = []
        for i in order:
            if speakers[members[i]] not in {speakers[members[j]] for j in chosen}:
                chosen.append(i)
        chosen += [i for i in order if i not in chosen]
        out[group] = [ids[members[i]] for i in chosen[:n_exemplars]]
    return out
