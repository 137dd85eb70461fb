"""A cheap first pass: which texts of a large corpus the networks need not read.

Of a random sample of the corpus the whole pipeline says what is about the study; a linear model on
words and on the mean of their vectors before the encoder's first layer learns to say the same from
that sample, and a threshold on its score is set so that, with the stated confidence, no more than
the allowed share of what is about the study is lost. What scores below is not read. Nothing of it
is known beforehand: it fits whatever study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from narrative.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
_FEATURES = 2**18
_WEIGHT = 3.0  # of the mean vector beside the words, each of length one


@dataclass(frozen=True)
class PrefilterSettings:
    """Whether a run discards what is not about the study, and how surely it keeps the rest.

    Parameters
    ----------
    sample : int
        Documents drawn at random that the networks read to learn from; 0 reads all of the corpus.
    recall, confidence : float
        As in ``fit_prefilter``.
    """

    sample: int = 0
    recall: float = 0.99
    confidence: float = 0.9


@dataclass(frozen=True)
class Prefilter:
    """What tells texts that are not about a study.

    Parameters
    ----------
    model : estimator of scikit-learn
        Features to a score.
    threshold : float
        Texts that score lower are discarded; minus infinity where none may be.
    n : int
        Texts about the study that set the threshold.
    """

    model: Any
    threshold: float
    n: int

    def scores(self, texts: Sequence[str]) -> Floats:
        """Return how much each text looks like one about the study (log-odds)."""
        if not len(texts):
            return np.zeros(0)
        return np.asarray(self.model.decision_function(_features(texts)))

    def keep(self, texts: Sequence[str]) -> Flags:
        """Return whether each text is to be read, shape (n_texts,)."""
        if self.threshold == -np.inf:
            return np.ones(len(texts), dtype=bool)
        return np.asarray(self.scores(texts) >= self.threshold)


def fit_prefilter(
    texts: Sequence[str],
    about: Sequence[bool] | Flags,
    *,
    recall: float = 0.99,
    confidence: float = 0.9,
    random_state: int = 0,
) -> Prefilter:
    """Learn from a random sample of a corpus which texts can be discarded.

    Half of the sample trains; the other half sets the threshold: the highest of which a binomial
    test says that it keeps `recall` of what is about the study.

    Parameters
    ----------
    texts : sequence of str
        Drawn at random from the corpus, and left out of what the filter's figures are told of.
    about : sequence of bool
        Whether the pipeline found something of the study in each.
    recall : float
        In (0, 1).
    confidence : float
        In (0, 1), of keeping `recall` in texts drawn like these.
    random_state : int

    Returns
    -------
    Prefilter
        It discards nothing where the sample has too few texts of one kind: to set a threshold for
        .99 with a confidence of .9 takes 230 that are about the study, in half of the sample.

    Raises
    ------
    InputError
        If a setting is out of its range, or there are not as many flags as texts.
    """
    from sklearn.linear_model import LogisticRegression

    for name, value in (("recall", recall), ("confidence", confidence)):
        if not 0 < value < 1:
            raise InputError(f"{name}={value!r}; expected a number between 0 and 1.")
    flags = np.asarray(about, dtype=bool)
    if len(flags) != len(texts):
        raise InputError(f"{len(flags)} flags for {len(texts)} texts; expected one a text.")
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=2000)
    order = np.random.default_rng(random_state).permutation(len(texts))
    train, rest = order[: len(order) // 2], order[len(order) // 2 :]
    n = int(flags[rest].sum())
    lost = misses_allowed(n, recall, confidence)
    if lost is None or len(set(flags[train])) < 2:
        return Prefilter(model, -np.inf, n)
    model.fit(_features([texts[i] for i in train]), flags[train])
    found = Prefilter(model, -np.inf, n)
    held = np.sort(found.scores([texts[i] for i in rest if flags[i]]))
    return Prefilter(model, float(held[lost]), n)


def _features(texts: Sequence[str]) -> csr_matrix:
    """Return hashed words and pairs of words, and the mean vector of the word pieces."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    from narrative.encoder import pinned_tokenizer

    words = HashingVectorizer(n_features=_FEATURES, ngram_range=(1, 2), alternate_sign=False)
    table = _piece_vectors()
    means = np.zeros((len(texts), table.shape[1]))
    read = pinned_tokenizer().encode_batch_fast(list(texts), add_special_tokens=False)
    for row, encoding in enumerate(read):
        if encoding.ids:
            means[row] = table[encoding.ids].mean(axis=0)
    length = np.linalg.norm(means, axis=1, keepdims=True)
    return hstack(
        [words.transform(texts), csr_matrix(_WEIGHT * means / np.maximum(length, 1e-9))]
    ).tocsr()


@cache
def _piece_vectors() -> npt.NDArray[np.float32]:
    from narrative.encoder import pinned_tensors

    return np.asarray(pinned_tensors()["embeddings.word_embeddings.weight"].numpy())


def fewest(recall: float, confidence: float) -> int:
    """Return how many texts about the study can set a threshold at all.

    Examples
    --------
    >>> fewest(0.99, 0.9)
    230
    """
    return int(np.ceil(np.log(1 - confidence) / np.log(recall)))


def told(record: dict[str, Any]) -> str:
    """Return what a manifest's ``prefilter`` says, in sentences."""
    n, unread, total = (record[k] for k in ("discarded", "unread", "documents"))
    drawn, held = record["sample"], record["held"]
    asked = f"recall {record['recall']:g} with confidence {record['confidence']:g}"
    if n:
        some = "" if record["claims"] is None else f" (some {record['claims']:,})"
        return (
            f"{unread:,} of {total:,} documents discarded unread, and {n - unread:,} of the sample "
            f"by the same score; aimed at {asked}, from {held:,} about the study in half of a "
            f"sample of {drawn:,}. Their claims{some} are in no table: prevalence is a share of "
            "the claims of documents that were kept, and higher than it would be among all."
        )
    if record["about"] is None:
        why = f"the sample of {drawn:,} holds every text. Draw fewer, or remove [prefilter]"
    elif record["threshold"] is not None:
        why = "each scores as high as those that are about the study"
    elif held < (needed := fewest(record["recall"], record["confidence"])):
        why = (
            f"half of the sample of {drawn:,} has {held:,} about the study, and {asked} takes "
            f"{needed:,}. Draw more, or ask for less"
        )
    else:
        why = f"{record['about']:,} of the sample of {drawn:,} are about the study"
    return f"None of {total:,} documents discarded: {why}."


def misses_allowed(n: int, recall: float, confidence: float) -> int | None:
    """Return how many of `n` texts a threshold may lose; None where `n` is too small for any.

    The most for which, were the true recall as low as `recall`, so few would be lost with a
    probability of one less the confidence at most (Clopper and Pearson's one-sided limit).

    Examples
    --------
    >>> [misses_allowed(n, 0.99, 0.9) for n in (229, 230, 2000)]
    [None, 0, 13]
    """
    from scipy.stats import binom

    lost = int(binom.ppf(1 - confidence, n, 1 - recall))
    while lost >= 0 and binom.cdf(lost, n, 1 - recall) > 1 - confidence:
        lost -= 1
    return lost if lost >= 0 else None
