from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrative.cleaning import clean, contiguous, to_clean, to_raw

PIECES = (
    "\r\n",
    "\n",
    "\n\n",
    "\ufeff",
    "[a link](#)",
    "![a map](map.png)",
    "5 min",
    "Read also: more",
    "0 comments:",
    "The column halted at the old mill.",
    "went on",
    "🙂",
    "\u200fשלום",
)
unicode_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
page = st.lists(st.one_of(st.sampled_from(PIECES), unicode_text), max_size=12).map("".join)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(page)
def test_segments_tile_the_text_and_map_back(raw: str) -> None:
    text, segments = clean(raw)
    assert sum(n for _, _, n in segments) == len(text)
    assert contiguous(segments)
    assert all(text[c : c + n] == raw[r : r + n] for c, r, n in segments)
    ends = [r + n for _, r, n in segments]
    assert all(end <= r for end, (_, r, _) in zip(ends, segments[1:], strict=False))
    for at in range(len(text)):
        span = to_raw(segments, at, at + 1)
        assert span is not None
        assert raw[slice(*span)] == text[at]
        assert to_clean(segments, *span) == (at, at + 1)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(page)
def test_nothing_is_written_that_was_not_there(raw: str) -> None:
    text, _ = clean(raw)
    rest = iter(raw)
    assert all(c in rest for c in text)
    assert "\r" not in text
    assert "\ufeff" not in text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("", ""),
        ("Plain text.\n", "Plain text.\n"),
        ("\ufeffA mark of byte order.", "A mark of byte order."),
        ("One line.\r\nAnother line.\r\n", "One line.\nAnother line.\n"),
        ("He [said](#) so.", "He said so."),
        ('See [the map](https://e.example/m "A map") here.', "See the map here."),
        ("Before ![a map of the front](#) after.", "Before  after."),
        ("An aside [in brackets] stays.", "An aside [in brackets] stays."),
        ("The column\n\nhalted there.", "The column\nhalted there."),
        ("The column halted.\n\nIt left.", "The column halted.\n\nIt left."),
        ("Колона\n\nзупинилася там.", "Колона\nзупинилася там."),
        ("The column\r\n\r\nhalted there.", "The column\nhalted there."),
        ("The column \n\n\n\nhalted there.", "The column \nhalted there."),
        ("\ufeffHome\r\nThe column halted.", "\nThe column halted."),
    ],
)
def test_what_is_deleted_and_what_stays(raw: str, text: str) -> None:
    assert clean(raw)[0] == text


@pytest.mark.parametrize(
    "line",
    [
        "Read also: The bridge that would not fall",
        "READ MORE",
        "5 min",
        "5 minutes read",
        "0 comments:",
        "12 comments",
        "No comments yet",
        "Post a Comment",
        "Share this article on your page",
        "Subscribe",
        "[Subscribe](#)",
        "![a map of the front](#)",
        "Photo: The Courier",
        "Image credit: A. Painter / The Courier",
        "The mill after the storm. Photo: A. Painter",
        "Map: Institute of Maps, 3 May",
        "Читайте також: Міст, що не впав",
        "Фото: Кур’єр",
    ],
)
def test_debris_lines_go(line: str) -> None:
    text, segments = clean(f"The column halted.\n\n{line}\n\nIt left at noon.")
    assert "".join(text.split("\n")) == "The column halted.It left at noon."
    assert contiguous(segments)


@pytest.mark.parametrize(
    "line",
    [
        "The talks lasted 5 min.",
        "Read also, he told the council, what the mayor wrote in a letter of nine pages "
        "to the king.",
        "Sharing the burden is hard, the mayor said.",
        "The source: a spring under the hill.",
        "Maps of the valley were printed in May.",
        "Subscribers left the paper in May.",
        "Searches went on for two days.",
    ],
)
def test_sentences_that_look_like_debris_stay(line: str) -> None:
    assert line in clean(f"The column halted.\n\n{line}\n\nIt left at noon.")[0]


def test_a_line_repeated_at_once_stands_once() -> None:
    line = "The column halted at the old mill."
    assert clean(f"{line}\n{line}\nIt left.")[0].count(line) == 1
    assert clean(f"{line}\nIt left at noon.\n{line}")[0].count(line) == 2
    assert clean("No.\nNo.\nNo.")[0] == "No.\nNo.\nNo."


def test_cleaning_twice_changes_nothing_more_on_a_page() -> None:
    raw = "\ufeffHome\r\n[The mill](#)\r\n5 min\r\nThe column\r\n\r\nhalted [there](#).\r\n"
    once = clean(raw)[0]
    assert clean(once)[0] == once
    assert once.split() == ["The", "mill", "The", "column", "halted", "there."]


def test_spans_that_were_deleted_map_to_nothing() -> None:
    raw = "5 min\nHe [said](#) so."
    text, segments = clean(raw)
    assert to_clean(segments, 0, 5) is None
    assert to_clean(segments, raw.index("](#)"), raw.index(" so")) is None
    start, end = raw.index("[said]"), raw.index(" so.")
    span = to_clean(segments, start, end)
    assert span is not None
    assert text[slice(*span)] == "said"
    assert to_raw(segments, len(text), len(text) + 5) is None
    assert to_raw([], 0, 1) is None
    whole = to_raw(segments, 0, len(text))
    assert whole == (5, len(raw))


def test_contiguous_can_say_no() -> None:
    assert contiguous([])
    assert contiguous([(0, 0, 3), (3, 8, 2)])
    assert not contiguous([(0, 0, 3), (4, 8, 2)])
    assert not contiguous([(1, 0, 3)])
