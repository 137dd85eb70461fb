from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrative.quotations import find_quotations

MARKS = "“”„«»\"‘’‚'"
marked_text = st.lists(
    st.one_of(
        st.sampled_from([*MARKS, " ", "\n\n", "\n", ", he said", "We hold it."]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    ),
    max_size=25,
).map("".join)


def _inner(text: str) -> list[str]:
    return [text[q.inner_start : q.inner_end] for q in find_quotations(text)]


@settings(deadline=None, max_examples=60, derandomize=True)
@given(marked_text)
def test_quotations_are_in_order_apart_and_within_the_text(text: str) -> None:
    found = find_quotations(text)
    at = 0
    for q in found:
        assert at <= q.start < q.inner_start <= q.inner_end <= q.end <= len(text)
        assert text[q.start] in MARKS
        assert (text[q.end - 1] in MARKS and q.inner_end == q.end - 1) or not q.closed
        assert "\n\n" not in text[q.start : q.end]
        at = q.end


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        # one mark each
        ('"We hold it," he said.', ["We hold it,"]),
        ("“We hold it,” he said.", ["We hold it,"]),
        ("'We hold it,' he said.", ["We hold it,"]),
        ("‘We hold it,’ he said.", ["We hold it,"]),
        ("«We hold it», he said.", ["We hold it"]),
        ("„We hold it“, he said.", ["We hold it"]),
        ("„We hold it”, he said.", ["We hold it"]),
        ("‚We hold it‘, he said.", ["We hold it"]),
        ("« Nous tenons », dit-il.", [" Nous tenons "]),
        ("«\u00a0Nous tenons\u00a0», dit-il.", ["\u00a0Nous tenons\u00a0"]),
        ("«Мы держим город», — сказал он.", ["Мы держим город"]),
        ("He said:“We hold it.”", ["We hold it."]),
        ("He said—“we hold it”—and left.", ["we hold it"]),
        ("The town (“our town”) fell.", ["our town"]),
        ("“We 💪 hold it,” he said.", ["We 💪 hold it,"]),
        ('قال "نحن هنا" ثم رحل.', ["نحن هنا"]),
        # several
        ("“We hold,” he said, “and we stay.”", ["We hold,", "and we stay."]),
        ('"We hold," he said, "and we stay."', ["We hold,", "and we stay."]),
        ("'We hold,' he said, 'and we stay.'", ["We hold,", "and we stay."]),
        ('“We hold.” ‘We stay.’ "We win."', ["We hold.", "We stay.", "We win."]),
        # one inside another: the outer one counts
        ("“He told me ‘hold it’ twice,” she said.", ["He told me ‘hold it’ twice,"]),
        ("\"He told me 'hold it' twice,\" she said.", ["He told me 'hold it' twice,"]),
        ("‘He told me “hold it” twice,’ she said.", ["He told me “hold it” twice,"]),
        ("“He said “hold it” twice,” she said.", ["He said “hold it” twice,"]),
        ("«Завод «Маяк» взят», — сказал он.", ["Завод «Маяк» взят"]),
        # apostrophes inside a single quotation
        ("'We don't hold it,' he said.", ["We don't hold it,"]),
        ("‘We don’t hold it,’ he said.", ["We don’t hold it,"]),
        ("'The troops' camp is lost,' he said.", ["The troops' camp is lost,"]),
        ("‘The troops’ camp is lost,’ he said.", ["The troops’ camp is lost,"]),
        ('He spoke of a "people\'s republic" there.', ["people's republic"]),
        # a plural before the closing mark
        ("The ‘liberators’ came.", ["liberators"]),
        ("They call them 'rebels', he said.", ["rebels"]),
        # none at all
        ("", []),
        ("It fell at noon.", []),
        ("It's the town's edge; they don't hold it.", []),
        ("It’s the town’s edge; they don’t hold it.", []),
        ("The troops' camp and the units' flank were lost.", []),
        ("The troops’ camp and the units’ flank were lost.", []),
        ("In the '90s the soldiers' camp stood here.", []),
        ("In the ’90s the soldiers’ camp stood here.", []),
        ('A 6" pipe and a 4" valve.', []),
        ("At 48°30'15\" north.", []),
        ('The צה"ל spokesman left.', []),
        ('""', []),
        ("Слово з апострофом: п'ять, об'єкт, п’ять.", []),
        # opened in mid-paragraph and never closed: left alone
        ("He said “we hold it and left.", []),
        ('He said "we hold it and left.', []),
        ("He said 'we hold it and left.", []),
        ("He said “we hold it and left.\n\nThen it fell.", []),
        ("He said “we hold it and left. Then “it is ours,” she said.", ["it is ours,"]),
        ("He said ‘we hold it and left. Then ‘it is ours,’ she said.", ["it is ours,"]),
        # a paragraph that opens with a mark and never closes it: quoted to its end
        ("“We hold it and we stay.", ["We hold it and we stay."]),
        ("It fell.\n\n“We hold it.\n\nIt stood.", ["We hold it."]),
        ("“We hold.\n\n“We stay.\n\n“We win.”", ["We hold.", "We stay.", "We win."]),
        ('"We hold.\n\n"We stay.\n\n"We win."', ["We hold.", "We stay.", "We win."]),
        ("«We hold.\n\n«We stay.»", ["We hold.", "We stay."]),
        # ... also where words of the author lead into it: the next paragraph's mark says that it
        # runs on
        ("He said: “We hold.\n\n“We stay.”", ["We hold.", "We stay."]),
        ('He said: "We hold.\n\n"We stay."', ["We hold.", "We stay."]),
        # a paragraph goes on after a single line break
        ("“We hold it\nand we stay,” he said.", ["We hold it\nand we stay,"]),
    ],
)
def test_gold(text: str, inner: list[str]) -> None:
    assert _inner(text) == inner


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("“We hold it.”", [(True, True)]),
        ("  “We hold it.”  ", [(True, True)]),
        ("“We hold it”.", [(True, True)]),
        ("He said: “We hold it.”", [(True, False)]),
        ("“We hold it,” he said.", [(True, False)]),
        ("He said:\n\n“We hold it.”\n\nThen he left.", [(True, True)]),
        ("“We hold it.\n\n“We stay.”", [(False, True), (True, True)]),
        ("He said: “We hold.\n\n“We stay.”", [(False, False), (True, True)]),
    ],
)
def test_closed_and_block(text: str, flags: list[tuple[bool, bool]]) -> None:
    assert [(q.closed, q.block) for q in find_quotations(text)] == flags


def test_spans_hold_the_marks() -> None:
    (q,) = find_quotations("He said: “It’s ours.” Then he left.")
    assert (q.start, q.inner_start, q.inner_end, q.end) == (9, 10, 20, 21)
