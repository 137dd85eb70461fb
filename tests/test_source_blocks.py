"""Lines that name a source for what follows, and claims headed by a name."""

from __future__ import annotations

import pytest

from narrative.attribution import Attributor, attribute
from narrative.lexicon import load_cues
from narrative.schema import empty_table
from narrative.source_blocks import heading_name, source_blocks
from narrative.speakers import SpeakerIndex, with_shipped

ITEM = """Thirty attacks beaten off

Olha Lind — Friday, 5 December 2025

The line has held since the morning.

Source: General Staff of the Armed Forces of Ukraine on Facebook, as of 08:00

Details: Thirty attacks were beaten off near the bridge. Two more go on.

Quote: "The enemy looks for weak spots in the defence."

The inn was hit. DeepState reported that the mill fell. The ferry has not been running since.

Background: The bridge was built in 1912.
"""


def _said(text: str) -> list[tuple[str, str, str]]:
    found = attribute(text, SpeakerIndex(with_shipped(empty_table("sources"))), load_cues("en"))
    return [
        (text[a.start : a.end].strip('."'), a.speaker.source_id if a.speaker else "", a.voice[0])
        for a in found
    ]


def test_a_source_line_is_the_source_of_what_follows() -> None:
    staff = "ukrainian_general_staff"
    said = {text.strip(): (who, voice) for text, who, voice in _said(ITEM)}
    assert said["The line has held since the morning"] == (staff, "p")
    assert said["Thirty attacks were beaten off near the bridge"] == (staff, "p")
    assert said["Two more go on"] == (staff, "p")
    assert said["The enemy looks for weak spots in the defence"] == (staff, "q")
    assert said["The inn was hit"] == (staff, "p")
    assert said["the mill fell"] == ("deepstate", "p")
    # From the next source on nothing is the first one's, and the line itself claims nothing.
    assert said["The ferry has not been running since"] == ("", "a")
    assert not any("Facebook" in text for text in said)
    assert said["Background: The bridge was built in 1912"] == ("", "a")


def test_a_credit_at_the_end_is_no_source_of_an_item() -> None:
    said = _said("The bridge fell at noon.\n\nSource: TASS\n\nThe mill stood.")
    assert [who for _, who, _ in said] == ["", ""]


def test_a_block_begins_at_its_summary_and_ends_at_the_background() -> None:
    (block,) = source_blocks(ITEM)
    assert ITEM[slice(*block.who)] == "General Staff of the Armed Forces of Ukraine"
    assert ITEM[block.start :].startswith("The line has held")
    assert ITEM[block.end :].startswith("Background:")
    assert source_blocks("The source: nobody.\nDetails: none.") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "ISW: Russian troops have left the town.",
            [("Russian troops have left the town", "isw", "p")],
        ),
        (
            "General Staff: The bridge was taken back.\n\nIt is old.",
            [("The bridge was taken back", "ukrainian_general_staff", "p"), ("It is old", "", "a")],
        ),
        ("Explained: The bridge was taken back.", None),
        ("Chasiv Yar: The bridge was taken back.", None),
        ("Ukraine: The bridge was taken back.", None),
    ],
)
def test_a_claim_headed_by_a_name(text: str, said: list[tuple[str, str, str]] | None) -> None:
    assert _said(text) == (said or [(text.rstrip("."), "", "a")])


def test_a_heading_stands_at_the_head_of_a_line() -> None:
    assert heading_name("So ISW: It fell.", 3, 16) is None
    assert heading_name("ISW: it fell.", 0, 13) is None


@pytest.mark.parametrize(
    ("text", "chain", "source_id"),
    [
        (
            "Reuters reported, citing Ukrainian officers, that the bridge fell.",
            "reuters",
            "unnamed_ukrainian",
        ),
        (
            "The bridge fell, TASS reported, citing the Russian Ministry of Defence.",
            "tass",
            "russian_mod",
        ),
        ("TASS reported with reference to the FSB that the bridge fell.", "tass", "fsb"),
        # whom nobody knows leaves the outlet, and who is no outlet speaks for itself
        ("Reuters reported, citing two residents, that the bridge fell.", "", "reuters"),
        ("ISW reported, citing Russian bloggers, that the bridge fell.", "", "isw"),
    ],
)
def test_whom_an_outlet_cites_speaks(text: str, chain: str, source_id: str) -> None:
    index = SpeakerIndex(with_shipped(empty_table("sources")))
    (found,) = Attributor(text, index, load_cues("en")).run()
    assert found.speaker is not None
    assert (found.speaker.source_id, found.voice) == (source_id, "paraphrased")
    assert found.outer == ((chain,) if chain else ())
