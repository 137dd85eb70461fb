"""Documents to claims: who says what, in which voice, when, and about which time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from narrative.attribution import Attributor
from narrative.credited import Attribution
from narrative.dating import DateSpan
from narrative.errors import InputError
from narrative.lexicon import load_cues
from narrative.metonyms import settle_metonyms
from narrative.reader import LANGUAGES, Reading, shipped_reader
from narrative.reader.spacy_parser import SpacyParser, spacy_parser
from narrative.saying import Dater
from narrative.schema import ATTRIBUTION, Row, check_table, empty_table
from narrative.segmentation import trim_claim
from narrative.speakers import ADDED, NOBODY, Register, Speaker, SpeakerIndex, renamed
from narrative.tagged import TaggedAttributor

_NOT_CLAIM = re.compile(
    r"(?:(?:[Pp]osted |[Ww]ritten )?[Bb]y|[Dd]i|[Vv]on|[Pp]ar|[Аа]втор:?)\s+"
    r"[A-ZА-Я][\w’'-]+(?:\s+[A-ZА-Я][\w’'-]+){0,3}|"
    r"a blog by .{3,40}|"
    r"[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|https?://\S+",
)
_POINTER = re.compile(r"(?:this|so|it)\s+(?:on|in|to|at|during)\b", re.IGNORECASE)
_TOLD_TO = re.compile(
    r"\b(?:t(?:old|ells?|elling)|inform(?:ed|s)|(?:interview|comments?|remarks|statement)\s+"
    r"(?:with|to|for))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.;:“\"\n]")
MIN_WORDS = 3
_BLOCK = 60_000  # characters of documents that are read together


def extract_claims(
    documents: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    attribution: str = "auto",
    parser: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Extract claims from documents.

    Parameters
    ----------
    documents : DataFrame
        The ``documents`` table.
    sources : DataFrame
        The ``sources`` table: known speakers and outlets.
    attribution : {"auto", "rules"}
        "auto": the shipped reader finds who says what in English documents, rules complete it and
        read the other languages. "rules": rules alone, which need no weights and find less.
    parser : str
        "spacy:NAME": a spaCy pipeline gives the reader's attributions their syntax and entities.
        Empty for the reader's own.
    progress : callable, optional
        Called with (done, total) documents.

    Returns
    -------
    DataFrame
        The ``claims`` table; ``text`` is ``documents.text[start:end]``. ``attrs["sources"]`` is
        the sources table (as a dict of lists) with those that had to be added,
        ``attrs["cue_language"]`` the languages of the reporting verbs used,
        ``attrs["attribution"]`` what attributed each language: "reader and rules" or "rules", and
        ``attrs["parser"]`` name and version of the spaCy pipeline, if any.

    Raises
    ------
    InputError
        If `attribution` or `parser` is something else, or the pipeline cannot be loaded.
    WeightsError
        If the shipped weights are missing or are not the pinned ones.
    """
    if attribution not in ATTRIBUTION:
        raise InputError(f"attribution={attribution!r}; expected one of {', '.join(ATTRIBUTION)}.")
    table, added = claims_by_document(
        documents, sources, attribution=attribution, parser=parser, progress=progress
    )
    register = Register()
    register.enter(added)
    table = check_table(renamed(table, register.others(added)), "claims")
    table.attrs["sources"] = register.table(sources).to_dict("list")
    other = parser_of(parser)
    languages = sorted({str(lang) for lang in documents["lang"]})
    table.attrs["cue_language"] = {lang: cue_language(lang) for lang in languages}
    table.attrs["attribution"] = {lang: attributed_by(lang, attribution) for lang in languages}
    table.attrs["parser"] = other.identity if other else ""
    return table


def claims_by_document(
    documents: pd.DataFrame,
    sources: pd.DataFrame | SpeakerIndex,
    *,
    attribution: str = "auto",
    parser: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Extract claims, each document for itself: the same whatever documents stand beside it.

    Parameters
    ----------
    documents, sources, attribution, parser, progress
        As for ``extract_claims``; an index of sources that is made already will do.

    Returns
    -------
    claims, added : DataFrame
        The ``claims`` table, with the ids that each document gave to sources that are not listed;
        and these sources, as ``narrative.speakers.Register`` takes them.
    """
    other = parser_of(parser)
    index = sources if isinstance(sources, SpeakerIndex) else SpeakerIndex(sources)
    rows: list[dict[str, object]] = []
    added: list[tuple[str, ...]] = []
    done = 0
    for block in _blocks(documents.to_dict("records")):
        readings = _readings(block, attribution, other)
        for doc, reading in zip(block, readings, strict=True):
            own = index.anew()
            rows += _document_claims(doc, own, str(doc["lang"]), reading)
            added += [
                (str(doc["doc_id"]), s.source_id, s.name, s.kind, s.camp)
                for s in own.added.values()
            ]
            done += 1
            if progress is not None:
                progress(done, len(documents))
    table = check_table(pd.DataFrame(rows), "claims") if rows else empty_table("claims")
    return table, pd.DataFrame(added, columns=ADDED, dtype="string")


def cue_language(lang: str) -> str:
    """Return the language whose reporting verbs serve for a language: its own, or English."""
    return "en" if load_cues(lang) is load_cues("en") else lang


def attributed_by(lang: str, attribution: str = "auto") -> str:
    """Return what attributes a language: "reader and rules" or "rules"."""
    return "reader and rules" if attribution != "rules" and lang in LANGUAGES else "rules"


def parser_of(name: str) -> SpacyParser | None:
    """Return the parser that a setting names, None for the reader's own.

    Raises
    ------
    InputError
        If the name is none or what it names cannot be loaded.
    """
    if not name:
        return None
    kind, _, pipeline = name.partition(":")
    if kind != "spacy" or not pipeline:
        raise InputError(
            f"parser={name!r}; expected spacy:NAME, or nothing for the reader's own. Write "
            f'parser = "spacy:{name}", or remove the line.'
        )
    return spacy_parser(pipeline)


def _blocks(documents: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield runs of documents that the reader takes together, of about the same length."""
    block: list[Row] = []
    size = 0
    for doc in documents:
        block.append(doc)
        size += len(str(doc["text"]))
        if size >= _BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


def _readings(
    block: list[Row], attribution: str, parser: SpacyParser | None
) -> list[Reading | None]:
    read = [attributed_by(str(d["lang"]), attribution) != "rules" for d in block]
    texts = [str(d["text"]) for d, yes in zip(block, read, strict=True) if yes]
    readings = shipped_reader().read(texts) if texts else []
    if parser is not None:
        readings = [parser.parse(t, r) for t, r in zip(texts, readings, strict=True)]
    found = iter(readings)
    return [next(found) if yes else None for yes in read]


def _document_claims(
    doc: Row, index: SpeakerIndex, lang: str, reading: Reading | None
) -> list[dict[str, object]]:
    text, published, by = str(doc["text"]), str(doc["published_at"]), str(doc["author"])
    outlet = _named(index, str(doc["outlet"]))
    author = _named(index, by) if by else outlet
    cues = load_cues(lang)
    attributor = (
        Attributor(text, index, cues, lang)
        if reading is None
        else TaggedAttributor(text, index, cues, lang, reading)
    )
    attributor.history.home = outlet.camp
    ordered = sorted(attributor.run(), key=lambda a: (a.start, a.end))
    attributions = settle_metonyms(ordered)
    dater = Dater(attributor, attributions, published, lang)
    rows: list[dict[str, object]] = []
    for a in attributions:
        start, end = trim_claim(text, a.start, a.end)
        claim = text[start:end]
        if not _is_claim(claim, start, dater.between(start, end)):
            continue
        speaker = a.speaker or (author if a.voice == "author" else NOBODY)
        said, precision, flag = dater.said(a, speaker.source_id)
        about = dater.about(start, end, a.voice, said)
        flags = {flag, *dater.flags(start, end)} - {""}
        rows.append(
            {
                "claim_id": f"{doc['doc_id']}:{start:07d}-{end:07d}",
                "doc_id": str(doc["doc_id"]),
                "sent_index": a.sent_index,
                "start": start,
                "end": end,
                "text": claim,
                "voice": a.voice,
                "speaker_text": a.mention,
                "source_id": speaker.source_id,
                "chain": _chain(a, outlet, author, speaker, _told_to(a, text, attributor.index)),
                "cue": a.cue,
                "cue_stance": a.cue_stance,
                "attribution_score": a.score,
                "said_at": said,
                "said_precision": precision,
                "about_start": about[0],
                "about_end": about[1],
                "date_flag": "|".join(sorted(flags)),
            }
        )
    return _without_repeats(rows)


def _named(index: SpeakerIndex, name: str) -> Speaker:
    return index.lookup(name) or index.resolve(name, [])


def _told_to(a: Attribution, text: str, index: SpeakerIndex) -> list[str]:
    """Return the outlet that a source told its content to, if its frame says so, in a list."""
    low, high = a.frame
    if a.end <= low:  # "..., X said in an interview with Y": the frame ends with its cue
        edge = _CLAUSE_END.search(text, low, high + 80)
        high = edge.start() if edge else high + 80
    found = index.find(text, low, high) if high > low else []
    return [
        s.source_id
        for at, _, s in found
        if s.kind == "outlet" and s is not a.speaker and _TOLD_TO.search(text[low:at])
    ][:1]


def _chain(
    a: Attribution, outlet: Speaker, author: Speaker, speaker: Speaker, told_to: list[str]
) -> str:
    """Return the sources that a claim came through, outermost first, each once."""
    chain = [outlet.source_id, *a.via]
    by_other = a.voice != "author" and author is not outlet and author is not NOBODY
    if by_other and not a.via:
        chain.append(author.source_id)
    return ">".join(dict.fromkeys([*chain, *a.outer, *told_to, speaker.source_id]))


def _is_claim(claim: str, start: int, dates: list[DateSpan]) -> bool:
    """Say whether a span can hold a claim: three words that are not a date, byline or pointer."""
    if _NOT_CLAIM.fullmatch(claim) or _POINTER.match(claim):
        return False
    end = start + len(claim)
    bare = claim
    for d in reversed([d for d in dates if start <= d.start and d.end <= end]):
        bare = bare[: d.start - start] + bare[d.end - start :]
    words = re.findall(r"\w+", bare)
    return len(words) >= MIN_WORDS or (len(words) >= 2 and bare == claim and len(claim) > 24)


def _without_repeats(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    kept: dict[object, dict[str, object]] = {}
    for row in rows:
        kept.setdefault(row["claim_id"], row)
    return list(kept.values())
