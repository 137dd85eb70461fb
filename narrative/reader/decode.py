"""Scores to spans, links and trees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Spans = list[tuple[int, int, str]]
NEVER = np.float32(-1e4)


def allowed(tags: Sequence[str]) -> Floats:
    """Return 0 where a BIO tag may follow another and a large negative number where not.

    Examples
    --------
    >>> (allowed(["O", "B-x", "I-x"]) == 0).astype(int).tolist()
    [[1, 1, 0], [1, 1, 1], [1, 1, 1]]
    """
    out = np.zeros((len(tags), len(tags)), dtype=np.float32)
    for j, after in enumerate(tags):
        if after.startswith("I-"):
            for i, before in enumerate(tags):
                if before[2:] != after[2:]:
                    out[i, j] = NEVER
    return out


def viterbi(emissions: Sequence[Floats], transition: Floats, tags: Sequence[str]) -> list[Ints]:
    """Return the best tag sequences under BIO constraints (Viterbi 1967), in step with each other.

    Parameters
    ----------
    emissions : sequence of ndarray, shape (n_words, n_tags)
        One a text; they may be of any lengths.
    transition : ndarray, shape (n_tags, n_tags)
        Score of going from row to column.
    tags : sequence of str
        "O", "B-x", "I-x".

    Returns
    -------
    list of ndarray of int, shape (n_words,)
    """
    # The longest first: those with a word in a place are then the first of them.
    order = sorted(range(len(emissions)), key=lambda i: -len(emissions[i]))
    lengths = np.array([len(emissions[i]) for i in order], dtype=np.int64)
    ends = lengths.cumsum()
    starts, longest = ends - lengths, int(lengths.max(initial=0))
    flat = np.concatenate([np.zeros((0, len(tags)), np.float32), *(emissions[i] for i in order)])
    words = [starts[: int((lengths > t).sum())] + t for t in range(longest)]
    move = transition + allowed(tags)
    back, labels = np.zeros(flat.shape, dtype=np.int8), np.zeros(len(flat), dtype=np.int64)
    if longest:
        total = flat[words[0]] + np.where([t.startswith("I-") for t in tags], NEVER, 0)
    for at in words[1:]:
        reach = total[: len(at), :, None] + move
        best = reach.argmax(axis=1)
        back[at] = best
        total[: len(at)] = np.take_along_axis(reach, best[:, None], 1)[:, 0] + flat[at]
    if longest:
        labels[ends[: len(total)] - 1] = total.argmax(axis=1)
    for at in reversed(words[1:]):
        labels[at - 1] = back[at, labels[at]]
    out = [np.zeros(0, dtype=np.int64)] * len(order)
    for i, start, end in zip(order, starts, ends, strict=True):
        out[i] = labels[start:end]
    return out


def tag_spans(labels: Ints, tags: Sequence[str]) -> Spans:
    """Return (start, end, name) of each span of a BIO sequence.

    Examples
    --------
    >>> tag_spans(np.array([1, 2, 0, 1, 1]), ["O", "B-x", "I-x"])
    [(0, 2, 'x'), (3, 4, 'x'), (4, 5, 'x')]
    """
    out: Spans = []
    for i in np.flatnonzero(labels):
        name = tags[labels[i]]
        if name[0] == "I" and out and out[-1][1] == i and out[-1][2] == name[2:]:
            out[-1] = (out[-1][0], int(i) + 1, name[2:])
        else:
            out.append((int(i), int(i) + 1, name[2:]))
    return out


def mend_cycles(heads: Ints, root_scores: Floats) -> Ints:
    """Return heads without cycles: of each, the word likeliest to be a root becomes one.

    Parameters
    ----------
    heads : ndarray of int, shape (n,)
        Head of each word; a root is its own.
    root_scores : ndarray, shape (n,)
    """
    heads = heads.copy()
    state = np.zeros(len(heads), dtype=np.int8)  # 0 new, 1 on this path, 2 done
    for start in range(len(heads)):
        path, at = [], start
        while state[at] == 0:
            state[at] = 1
            path.append(at)
            at = int(heads[at])
        if state[at] == 1 and heads[at] != at:
            cycle = path[path.index(at) :]
            root = max(cycle, key=lambda i: (root_scores[i], -i))
            heads[root] = root
        state[path] = 2
    return heads


def choose_links(scores: Floats, *, one_each: bool) -> tuple[Ints, Floats]:
    """Return the column chosen by each row (-1 for none) and its probability.

    Parameters
    ----------
    scores : ndarray, shape (n_spans, n_cues)
        Large negative numbers where a pair is out of reach.
    one_each : bool
        Whether a column serves one row only; the rows that are surest choose first.
    """
    chosen = np.full(len(scores), -1, dtype=np.int64)
    sure = np.zeros(len(scores), dtype=np.float32)
    if not scores.size:
        return chosen, sure
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = weights / weights.sum(axis=1, keepdims=True)
    p[scores <= NEVER / 2] = 0
    if not one_each:
        chosen = np.where(p.max(axis=1) > 0, p.argmax(axis=1), -1)
        return chosen, p.max(axis=1)
    taken: set[int] = set()
    for flat in np.argsort(-p, axis=None, kind="stable"):
        row, column = divmod(int(flat), p.shape[1])
        if p[row, column] <= 0:
            break
        if chosen[row] < 0 and column not in taken:
            chosen[row], sure[row] = column, p[row, column]
            taken.add(column)
    return chosen, sure
