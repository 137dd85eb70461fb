"""What a document is read into: stretches of content, each with who is credited with it."""

from __future__ import annotations

from dataclasses import dataclass

from narrative.segmentation import Span
from narrative.speakers import Speaker


@dataclass(frozen=True)
class Attribution:
    """One stretch of content and who is credited with it.

    Parameters
    ----------
    start, end : int
        Half-open span of the content in the document.
    sent_index : int
        Sentence that the content begins in.
    speaker : Speaker or None
        None for the author's own voice.
    mention : str
        The words that name the source, "" for the author's.
    cue : str
        Reporting words, "" if none.
    cue_stance : int
        -1, 0 or 1.
    voice : str
        author, quoted, paraphrased or mixed.
    score : float
        How direct the evidence is, in [0, 1]: an order, not a probability.
    frame : Span
        The words between which the attribution stands, for dating it.
    via : tuple of str
        Outlets whose text this is a reprint of, outermost first.
    outer : tuple of str
        Sources that report the speaker in the same sentence, outermost first.
    """

    start: int
    end: int
    sent_index: int
    speaker: Speaker | None
    mention: str
    cue: str
    cue_stance: int
    voice: str
    score: float
    frame: Span
    via: tuple[str, ...] = ()
    outer: tuple[str, ...] = ()
