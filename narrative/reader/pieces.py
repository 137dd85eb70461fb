"""Text to word pieces and words with offsets, and to windows that share context.

A word here is what the encoder's tokenizer splits at white space and punctuation before it looks
into its vocabulary, so no second tokenizer can disagree with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from narrative.encoder import pinned_tokenizer
from narrative.quotations import find_quotations
from narrative.segmentation import split_sentences

Ints = npt.NDArray[np.int64]

N_CASES, N_QUOTES, N_BREAKS = 6, 5, 4
LINE, PARAGRAPH = 2, 3  # what stands before a word, in ``brk``
_LONG_QUOTATION = 3  # more words than this: not scare quotes


@dataclass(frozen=True)
class Pieces:
    """The word pieces and words of one text.

    Parameters
    ----------
    ids : ndarray of int, shape (n_pieces,)
        Vocabulary ids, without special tokens.
    word : ndarray of int, shape (n_pieces,)
        The word that each piece belongs to.
    starts, ends : ndarray of int, shape (n_words,)
        Half-open character spans of the words.
    first : ndarray of int, shape (n_words,)
        First piece of each word.
    case, quote, brk : ndarray of int, shape (n_words,)
        What the uncased vocabulary loses or the sentence hides: the shape of a word, whether it
        stands in a quotation, and what stands before it (nothing, a sentence's end, a line's, a
        paragraph's).
    sentence : ndarray of int, shape (n_words,)
        Number of the sentence that each word belongs to.
    """

    ids: Ints
    word: Ints
    starts: Ints
    ends: Ints
    first: Ints
    case: Ints
    quote: Ints
    brk: Ints
    sentence: Ints

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.starts)


def _shape(word: str) -> int:
    if word.islower():
        return 1
    if word.isdigit():
        return 5
    if word.isupper():
        return 3 if len(word) > 1 else 2
    if word[:1].isupper():
        return 2
    return 4 if any(c.isupper() for c in word) else 0


def split_words(text: str, lang: str = "en") -> Pieces:
    """Return the word pieces and words of a text.

    Examples
    --------
    >>> p = split_words("It's ours.")
    >>> ["It's ours."[a:b] for a, b in zip(p.starts, p.ends)]
    ['It', "'", 's', 'ours', '.']
    """
    encoding = pinned_tokenizer().encode(text, add_special_tokens=False)
    word = np.array(encoding.word_ids, dtype=np.int64)
    spans = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    new = np.diff(word, prepend=-1) > 0
    first = np.flatnonzero(new)
    word = np.cumsum(new) - 1
    starts = spans[first, 0]
    ends = spans[np.append(first[1:], len(word)) - 1, 1] if len(first) else starts
    sentences = np.array([s for s, _ in split_sentences(text, lang)], dtype=np.int64)
    sentence = np.maximum(np.searchsorted(sentences, starts, side="right") - 1, 0)
    shapes = [_shape(text[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    return Pieces(
        np.array(encoding.ids, dtype=np.int64),
        word,
        starts,
        ends,
        first,
        np.array(shapes, dtype=np.int64),
        _quoted(text, starts),
        _breaks(text, starts, ends, sentence),
        sentence,
    )


def _quoted(text: str, starts: Ints) -> Ints:
    """0 outside; 1 opening mark, 2 inside, 3 closing mark; 4 inside a short quotation."""
    out = np.zeros(len(starts), dtype=np.int64)
    for q in find_quotations(text):
        low, high = np.searchsorted(starts, [q.start, q.end])
        long = len(text[q.inner_start : q.inner_end].split()) > _LONG_QUOTATION
        out[low:high] = 2 if long else 4
        if long and high > low:
            out[low] = 1
            if q.closed:
                out[high - 1] = 3
    return out


def _breaks(text: str, starts: Ints, ends: Ints, sentence: Ints) -> Ints:
    out = (np.diff(sentence, prepend=-1) > 0).astype(np.int64)
    for i in np.flatnonzero(starts[1:] > ends[:-1] + 1) + 1:
        gap = text[ends[i - 1] : starts[i]]
        if "\n" in gap:
            out[i] = PARAGRAPH if gap.count("\n") > 1 else LINE
    for i in np.flatnonzero(starts[1:] == ends[:-1] + 1) + 1:
        if text[ends[i - 1]] == "\n":
            out[i] = LINE
    if len(out):
        out[0] = PARAGRAPH
    return out


@dataclass(frozen=True)
class Window:
    """A stretch of words read at once; only those of its core are kept.

    Parameters
    ----------
    low, high : int
        Half-open range of words read.
    core_low, core_high : int
        Half-open range of words whose reading is kept.
    """

    low: int
    high: int
    core_low: int
    core_high: int


def plan_windows(
    pieces: Pieces,
    *,
    size: int = 254,
    left: int = 48,
    right: int = 32,
    first_core: int | None = None,
) -> list[Window]:
    """Cut a text into windows of at most `size` pieces, at sentence ends where they fit.

    Parameters
    ----------
    pieces : Pieces
    size : int
        Most pieces a window.
    left, right : int
        Pieces of context before and after a core that ends inside the text.
    first_core : int, optional
        Pieces in the first core, so that training sees other cuts in every epoch.

    Returns
    -------
    list of Window
        Their cores cover every word once, in order.
    """
    n = len(pieces)
    at_piece = np.append(pieces.first, len(pieces.ids))
    if not n or at_piece[n] <= size:
        return [Window(0, n, 0, n)] if n else []
    edges = np.flatnonzero(np.diff(pieces.sentence, prepend=-1) > 0)
    edges = np.append(edges[edges > 0], n)
    room, core = size - left - right, 0
    out: list[Window] = []
    while core < n:
        most = room if out or first_core is None else min(room, first_core)
        reach = _reach(at_piece, core, most)
        last = edges[np.searchsorted(edges, reach, side="right") - 1]
        end = int(last) if core < last <= reach else reach
        low = int(np.searchsorted(at_piece, at_piece[core] - left))
        out.append(Window(low, _reach(at_piece, low, size), core, end))
        core = end
    # A window reads on to its size, but no further than its right context needs.
    return [
        Window(w.low, max(w.core_high, min(w.high, _reach(at_piece, w.core_high, right))), *c)
        for w, c in ((w, (w.core_low, w.core_high)) for w in out)
    ]


def _reach(at_piece: Ints, word: int, most: int) -> int:
    """Return where the longest run of at most `most` pieces from a word ends, never at once."""
    end = int(np.searchsorted(at_piece, at_piece[word] + most, side="right")) - 1
    return max(end, min(word + 1, len(at_piece) - 1))
