from __future__ import annotations

from pathlib import Path

import pytest

from narrative.codebook import read_codebook
from narrative.errors import StudyError
from narrative.schema import TABLES

ONE = """
[[framing]]
framing_id = "advance"
label = "The army advances"
proposition = "The army is advancing."
"""


def _read(tmp_path: Path, text: str):
    path = tmp_path / "codebook.toml"
    path.write_text(text, encoding="utf-8")
    return read_codebook(path)


def test_a_codebook_keeps_the_order_of_its_file(tmp_path: Path) -> None:
    book = _read(
        tmp_path,
        ONE
        + """
definition = "D"
counter = "The army is not advancing."
camp = "russian"
favor = ["The town fell."]
against = ["The town holds.", "No street was lost."]
[[framing]]
framing_id = "a_second"
label = "L"
proposition = "P"
""",
    )
    assert [f.framing_id for f in book.framings] == ["advance", "a_second"]
    first = book.framings[0]
    assert (first.definition, first.camp) == ("D", "russian")
    assert first.texts == [
        "The army is advancing.",
        "The army is not advancing.",
        "The town fell.",
        "The town holds.",
        "No street was lost.",
    ]
    assert book.framings[1].texts == ["P"]
    assert (book.framings[1].favor, book.framings[1].against) == ((), ())


def test_the_table_holds_no_claims_yet(tmp_path: Path) -> None:
    table = _read(tmp_path, ONE).table()
    assert list(table.columns) == list(TABLES["framings"])
    assert table["origin"].tolist() == ["codebook"]
    assert table["n_claims"].tolist() == [0]
    assert table["stability"].isna().all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[framing", r"codebook\.toml: not valid TOML .*; mend that line"),
        ("", r"no \[\[framing\]\] found; expected at least one\. Write one, or remove the line"),
        ("framing = []", r"no \[\[framing\]\] found"),
        (
            "[framing]\nlabel = 'x'",
            r"got \[framing\]; expected \[\[framing\]\], in two brackets, above each\. Double them",
        ),
        (
            ONE + "propositon = 'x'",
            r"unknown key 'propositon'; .* \(perhaps proposition\?\)\. Rename",
        ),
        (
            ONE + "camp = 'west'",
            r"or nothing \(perhaps western\?\)\. Camps are those",
        ),
        (
            ONE.replace('"advance"', '"a|b"'),
            r"framing_id='a\|b'; expected an id .*rename",
        ),
        (ONE + "favor = 'It fell.'", r"got 'It fell\.'\. Write favor = \[\"…\", \"…\"\]\."),
        (
            "framing_id,label\na,A\n",
            r"codebook\.toml, line 1: .*got framing_id,label; mend",
        ),
        ("framing = ['x']", r"framing 1: 'x'; expected a table \[\[framing\]\]"),
        (
            ONE.replace('proposition = "The army is advancing."', ""),
            r"framing 1 \(advance\): no proposition; expected .*\. Write proposition",
        ),
        (ONE.replace('"The army is advancing."', '"  "'), r"framing 1 \(advance\): no proposition"),
        (ONE.replace('"The army advances"', "3"), r"framing 1 \(advance\): no label"),
        ("[[framing]]\nlabel = 'x'", r"framing 1 \(without framing_id\): no framing_id"),
        (ONE + "colour = 'red'", r"framing 1 \(advance\): unknown key 'colour'; expected one of"),
        (ONE + "[[framings]]\nlabel = 'x'", r"unknown key 'framings'; expected \[\[framing\]\]"),
        (ONE + ONE, r"framing_id='advance' stands twice; rename one"),
        (ONE + "favor = 'The town fell.'", r"favor must be a list of non-empty sentences, got"),
        (ONE + "against = ['']", r"against must be a list of non-empty sentences"),
        (ONE + "favor = [1]", r"favor must be a list of non-empty sentences"),
        (ONE + "camp = 'martian'", r"camp='martian'; expected one of russian, .* or nothing"),
        (ONE + "counter = 3", r"framing 1 \(advance\): counter=3; expected a string"),
        (
            ONE.replace('"advance"', '"-1"'),
            r"this framing_id is reserved for what a run discovers; rename it",
        ),
        (ONE.replace('"advance"', '"discovered_00"'), r"this framing_id is reserved"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        _read(tmp_path, text)


def test_the_second_of_two_framings_is_named_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"framing 2 \(b\): no label"):
        _read(tmp_path, ONE + "[[framing]]\nframing_id = 'b'\n")


def test_a_missing_codebook_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.toml: no such file"):
        read_codebook(tmp_path / "nowhere.toml")
