from __future__ import annotations

import pandas as pd
import pytest

from narrative.errors import InputError
from narrative.schema import TABLES, check_table
from narrative.speakers import NOBODY, Speaker, SpeakerIndex, check_sources, normalise_mention

COLUMNS = ["source_id", "name", "kind", "camp", "aliases"]
ROWS = [
    ("courier", "The Courier", "outlet", "western", "Courier"),
    ("mod", "Russian Ministry of Defence", "organisation", "russian", "Russia's Defence Ministry"),
    ("health", "Ministry of Health", "organisation", "ukrainian", ""),
    ("staff", "General Staff", "organisation", "ukrainian", "Ukraine's General Staff"),
    ("koval", "Anna Koval", "person", "ukrainian", "Koval"),
    ("orlov", "Pavel Orlov", "person", "russian", "Orlov|Pavlo Orlov"),
    ("moscow", "Moscow", "organisation", "russian", "the Kremlin"),
    ("petrenko", "Ірина Петренко", "person", "ukrainian", "Петренко"),
]


def _table(rows: list[tuple[str, ...]] = ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def _index() -> SpeakerIndex:
    return SpeakerIndex(check_sources(_table()))


def _history(*ids: str) -> list[Speaker]:
    index = _index()
    return [index.by_id(i) for i in ids]


def test_good_sources_become_the_sources_table() -> None:
    table = check_sources(_table())
    assert list(table.columns) == list(TABLES["sources"])
    assert table["source_id"].tolist() == sorted(r[0] for r in ROWS)


def test_aliases_may_be_left_out_and_repeat_within_a_source() -> None:
    assert check_sources(_table().drop(columns="aliases"))["aliases"].tolist() == [""] * len(ROWS)
    check_sources(_table([("a", "Anna Koval", "person", "ukrainian", "Koval|koval|Anna Koval")]))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("a", "A", "person", "ukrainian", ""), ("b", "B", "person", "martian", "")],
            r"sources\.csv, row 3: camp='martian'; expected one of russian, pro_russian, ",
        ),
        (
            [("a", "A", "person", "", "")],
            r"sources\.csv, row 2: camp=''; expected one of",
        ),
        (
            [("a", "A", "robot", "ukrainian", "")],
            r"sources\.csv: table 'sources', row 0: kind='robot'; expected one of person, ",
        ),
        (
            [("a", "A", "person", "ukrainian", ""), ("a", "B", "person", "russian", "")],
            r"sources\.csv: table 'sources': source_id='a' stands more than once",
        ),
        (
            [
                ("a", "A", "person", "ukrainian", "Ace"),
                ("b", "B", "person", "russian", "x|the ACE"),
            ],
            r"sources\.csv: alias 'the ACE' belongs to both 'a' and 'b'; expected each alias "
            r"once\. Remove it from one",
        ),
        (
            [("a", "Ace", "person", "ukrainian", ""), ("b", "B", "person", "russian", "Ace")],
            r"alias 'Ace' belongs to both 'a' and 'b'",
        ),
        (
            [("a", "O’Hara", "person", "western", ""), ("b", "O'Hara", "person", "russian", "")],
            r"alias \"O'Hara\" belongs to both 'a' and 'b'",
        ),
    ],
)
def test_bad_sources_are_named(rows: list[tuple[str, ...]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_sources(_table(rows))


@pytest.mark.parametrize("column", ["source_id", "name", "kind", "camp"])
def test_a_missing_column_of_sources_is_named(column: str) -> None:
    with pytest.raises(InputError, match=rf"people\.csv: .*{column}.*; got .*aliases"):
        check_sources(_table().drop(columns=column), "people.csv")


@pytest.mark.parametrize(
    ("mention", "plain"),
    [
        ("The  Russia’s Defence Ministry", "russia's defence ministry"),
        ("Orlov,", "orlov"),
        ("“Orlov”", "orlov"),
        ("a\nspokesman", "spokesman"),
        ("ПЕТРЕНКО", "петренко"),
        ("Thessaly", "thessaly"),
        ("", ""),
    ],
)
def test_normalise_mention(mention: str, plain: str) -> None:
    assert normalise_mention(mention) == plain


@pytest.mark.parametrize(
    ("mention", "source_id"),
    [
        ("Anna Koval", "koval"),
        ("Koval", "koval"),
        ("ANNA  KOVAL", "koval"),
        ("Russia’s Defence Ministry", "mod"),
        ("russia's defence ministry", "mod"),
        ("the Courier", "courier"),
        ("mod", "mod"),
        ("Петренко", "petrenko"),
        ("Kovalenko", None),
        ("", None),
    ],
)
def test_lookup_is_of_whole_names_in_any_case(mention: str, source_id: str | None) -> None:
    found = _index().lookup(mention)
    assert (found.source_id if found else None) == source_id


def test_find_gives_spans_of_known_names_the_longest_first() -> None:
    text = "Anna Koval met Pavlo Orlov and Kovalenko at the Russian Ministry of Defence in Moscow."
    found = [(text[a:b], s.source_id) for a, b, s in _index().find(text, 0, len(text))]
    assert found == [
        ("Anna Koval", "koval"),
        ("Pavlo Orlov", "orlov"),
        ("Russian Ministry of Defence", "mod"),
        ("Moscow", "moscow"),
    ]
    assert [s.source_id for _, _, s in _index().find(text, 5, 14)] == ["koval"]
    assert _index().find(text, 0, 4) == []


def test_names_across_a_line_break_and_with_a_curly_apostrophe_are_found() -> None:
    text = "It was Russia’s\nDefence Ministry."
    ((start, end, speaker),) = _index().find(text, 0, len(text))
    assert (text[start:end], speaker.source_id) == ("Russia’s\nDefence Ministry", "mod")


def test_a_name_in_lower_case_is_no_name() -> None:
    assert _index().find("a courier came from general staff", 0, 33) == []


@pytest.mark.parametrize(
    ("mention", "history", "source_id"),
    [
        # a known name, alone or with a title
        ("Koval", (), "koval"),
        ("commander Anna Koval", (), "koval"),
        ("Russian General Pavel Orlov", (), "orlov"),
        ("Koval’s deputy, General Orlov", (), "orlov"),
        # pronouns take the latest fitting speaker
        ("he", ("orlov", "koval", "mod"), "koval"),
        ("she", ("orlov", "mod"), "orlov"),
        ("it", ("mod", "koval"), "mod"),
        ("He", (), "unknown"),
        ("it", ("koval",), "unknown"),
        # a noun takes the latest speaker of that name
        ("the ministry", ("mod", "staff"), "mod"),
        ("the staff", ("mod", "staff", "koval"), "staff"),
        ("the ministry", ("mod", "health", "staff"), "health"),
        ("the ministry", ("health", "mod", "staff"), "mod"),
        ("the ministry", ("staff",), "unknown"),
        # what was uttered takes the latest speaker
        ("the statement", ("mod", "staff"), "staff"),
        ("this report", ("mod",), "mod"),
        ("the statement", (), "unknown"),
        # a person who is not listed is added, with no camp
        ("Jan Novak", (), "named_jan_novak"),
        ("military analyst Jan Novak", (), "named_jan_novak"),
        ("Олена Марченко", (), "named_олена_марченко"),
        # an unnamed group has the camp that its adjective states
        ("a Ukrainian spokesman", (), "unnamed_ukrainian"),
        ("Russian officials", (), "unnamed_russian"),
        ("a senior NATO official", (), "unnamed_western"),
        ("pro-Russian bloggers", (), "unnamed_pro_russian"),
        ("pro-Ukrainian bloggers", (), "unnamed_pro_ukrainian"),
        # the rest is not known
        ("several officials", (), "unknown"),
        ("a resident", ("koval",), "unknown"),
        ("", (), "unknown"),
    ],
)
def test_resolve(mention: str, history: tuple[str, ...], source_id: str) -> None:
    assert _index().resolve(mention, _history(*history)).source_id == source_id


def test_a_long_history_is_searched_from_its_end() -> None:
    history = _history("koval", *["mod"] * 50, "orlov", *["staff"] * 50)
    assert _index().resolve("he", history).source_id == "orlov"


def test_added_sources_are_listed_once_and_the_table_stays_valid() -> None:
    index = _index()
    for mention in ("Jan Novak", "analyst Jan Novak", "a Ukrainian spokesman", "Ukrainian troops"):
        index.resolve(mention, [])
    table = index.table()
    check_table(table, "sources")
    extra = table[~table["source_id"].isin([r[0] for r in ROWS])]
    assert extra[COLUMNS].to_numpy().tolist() == [
        ["named_jan_novak", "Jan Novak", "person", "unknown", ""],
        ["unknown", "Unknown", "unnamed", "unknown", ""],
        ["unnamed_ukrainian", "Unnamed, ukrainian", "unnamed", "ukrainian", ""],
    ]
    assert index.by_id("named_jan_novak").name == "Jan Novak"
    assert index.by_id("koval").camp == "ukrainian"
    assert index.by_id("no such id") is NOBODY


def test_no_sources_at_all() -> None:
    index = SpeakerIndex(check_sources(_table([])))
    assert index.lookup("Koval") is None
    assert index.find("Anna Koval spoke", 0, 16) == []
    assert index.table()["source_id"].tolist() == ["unknown"]


def test_a_listed_unknown_source_is_kept() -> None:
    index = SpeakerIndex(check_sources(_table([("unknown", "Nobody", "unnamed", "unknown", "")])))
    assert index.table()["name"].tolist() == ["Nobody"]


@pytest.mark.parametrize("name", ["U.S. Army (Europe)", "A+B", "[Sic]", "C\\D", "O'Hara-Smith"])
def test_a_name_with_signs_is_matched_as_it_is(name: str) -> None:
    index = SpeakerIndex(check_sources(_table([("x", name, "organisation", "western", "")])))
    text = f"Then {name} left."
    assert [text[a:b] for a, b, _ in index.find(text, 0, len(text))] == [name]
