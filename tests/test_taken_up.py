"""Nouns that take up somebody named before, and bodies whose side stands elsewhere."""

from __future__ import annotations

import pandas as pd
import pytest

from narrative.attribution import Attributor
from narrative.lexicon import load_cues
from narrative.schema import empty_table
from narrative.speakers import SpeakerIndex, check_sources, with_shipped

SOURCES = with_shipped(empty_table("sources"))
FELL = "said that the bridge fell."


def _ids(text: str, home: str = "", sources: pd.DataFrame = SOURCES) -> list[str]:
    """Return the source of each reported claim of a document from an outlet of camp `home`."""
    attributor = Attributor(text, SpeakerIndex(sources), load_cues("en"))
    attributor.history.home = home
    return [a.speaker.source_id for a in attributor.run() if a.speaker is not None]


@pytest.mark.parametrize(
    ("text", "source_id"),
    [
        (f"The Defence Ministry in Moscow {FELL}", "russian_mod"),
        (f"The Ministry of Defense in Kyiv {FELL}", "ukrainian_mod"),
        ("The bridge fell, according to the Ministry of Defence in London.", "uk_mod"),
        (f"The foreign ministry in Moscow {FELL}", "russian_mfa"),
        (f"Moscow’s defence ministry {FELL}", "russian_mod"),
        (f"The general staff in Kyiv {FELL}", "ukrainian_general_staff"),
        (f"The General Staff of the Ukrainian armed forces {FELL}", "ukrainian_general_staff"),
        (f"The Institute for the Study of War in Washington {FELL}", "isw"),
        (f"The health ministry in Moscow {FELL}", "unnamed_russian"),
        # nothing says whose
        (f"The General Staff {FELL}", "ukrainian_general_staff"),
        (f"The Defence Ministry {FELL}", "unknown"),
        (f"Moscow is content. The defence ministry {FELL}", "russian_mod"),
        (f"In London the defence ministry {FELL}", "uk_mod"),
        (f"Moscow and Kyiv are content. The defence ministry {FELL}", "unknown"),
    ],
)
def test_a_body_of_a_state_by_whose_it_is(text: str, source_id: str) -> None:
    assert _ids(text) == [source_id]


@pytest.mark.parametrize(
    ("home", "source_id"),
    [("russian", "russian_mod"), ("pro_ukrainian", "ukrainian_mod"), ("western", "unknown")],
)
def test_a_bare_body_is_that_of_the_outlets_side(home: str, source_id: str) -> None:
    assert _ids(f"The Defense Ministry {FELL}", home) == [source_id]
    # What the text says goes before it.
    assert _ids(f"It was seen by the UK Ministry of Defence. The ministry {FELL}", home) == [
        "uk_mod"
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        # who was named, not only who spoke
        (f"It is on a map of the Atlantic Council. The council {FELL}", ["atlantic_council"]),
        (f"DeepState, a project of volunteers, has a map. The project {FELL}", ["deepstate"]),
        (f"The map is from Reuters. The agency {FELL}", ["reuters"]),
        (f"Ukraine’s military intelligence came. The military {FELL}", ["unknown"]),
        (f"General Jan Novak came. The officer {FELL}", ["named_jan_novak"]),
        (f"Jan Novak, spokesman for the fleet, came. The spokesman {FELL}", ["named_jan_novak"]),
        (f"Jan Novak, a diver, and Olha Lind, 41, came. The diver {FELL}", ["unknown"]),
        (f"One Nato official went further. The official {FELL}", ["unnamed_western"]),
        # somebody of no known side stands nearer than the one before
        (
            f"A US official {FELL} An official of the town came. The official {FELL}",
            ["unnamed_western", "unknown"],
        ),
        (f"Two US officials {FELL} One of the officials {FELL}", ["unnamed_western"] * 2),
        (f"Ukraine’s 99th Brigade {FELL} The brigade {FELL}", ["unnamed_ukrainian"] * 2),
        (f"It is a matter for NATO. The alliance {FELL}", ["nato"]),
        (f"It is quiet in Kyiv. The government {FELL}", ["unknown"]),
        # who spoke stands nearer than who was named in passing
        (
            f"President Putin {FELL} Koval met President Trump. The president {FELL}",
            ["vladimir_putin", "donald_trump"],
        ),
        (
            f"President Trump came. President Putin {FELL} ISW said that Trump met him. "
            f"The president {FELL}",
            ["vladimir_putin", "isw", "vladimir_putin"],
        ),
        # a group without an article is one
        (f"ISW {FELL} Military bloggers disagree. They {FELL}", ["isw", "unknown"]),
        (f"ISW {FELL} Russian bloggers disagree. They {FELL}", ["isw", "unnamed_pro_russian"]),
        (f"Jan Novak, who commands the fleet, came. The commander {FELL}", ["named_jan_novak"]),
        (f"Russian bloggers {FELL} One of them {FELL}", ["unnamed_pro_russian"] * 2),
        (f"The Telegram channel Ostra {FELL} Ostra {FELL} It {FELL}", ["named_ostra"] * 3),
        # by age
        (
            f"Olha Lind, 41, {FELL} Jan Novak, 29, {FELL} The 41-year-old {FELL}",
            ["named_olha_lind", "named_jan_novak", "named_olha_lind"],
        ),
        (
            f"Olha Lind {FELL} Jan Novak, 29, {FELL} The 41-year-old {FELL}",
            ["named_olha_lind", "named_jan_novak", "named_olha_lind"],
        ),
        (f"A Ukrainian soldier {FELL} The 29-year-old {FELL}", ["unnamed_ukrainian"] * 2),
        (
            f"Jan Novak {FELL} A soldier {FELL} The 29-year-old {FELL}",
            ["named_jan_novak", "unknown", "unknown"],
        ),
        (f"The 29-year-old {FELL}", ["unknown"]),
        (
            f"Jan Novak {FELL} All three {FELL} The 29-year-old {FELL}",
            ["named_jan_novak", "unknown", "named_jan_novak"],
        ),
        # an occupation of somebody of whom only the name is known
        (f"Olha Lind {FELL} The medic {FELL}", ["named_olha_lind"] * 2),
        (f"Colonel Olha Lind {FELL} The medic {FELL}", ["named_olha_lind", "unknown"]),
    ],
)
def test_a_noun_takes_up_the_latest_whom_it_fits(text: str, ids: list[str]) -> None:
    assert _ids(text) == ids


@pytest.mark.parametrize(
    ("mention", "source_id"),
    [
        ("ISW analysts", "isw"),
        ("DeepState mappers", "deepstate"),
        ("researchers at the Kiel Institute", "kiel_institute"),
        ("DeepState’s analysts", "deepstate"),
        ("a NATO official", "unnamed_western"),
        ("The Two Majors channel", "two_majors"),
        ("The exiled Russian outlet Important Stories", "important_stories"),
        ("the TASS news agency", "tass"),
        ("the Kyiv sociologist Jan Novak", "named_jan_novak"),
        ("the channel Harbour Notes", "named_harbour_notes"),
        ("the Washington analyst Rob Lee", "rob_lee"),
    ],
)
def test_what_a_mention_is_about(mention: str, source_id: str) -> None:
    assert SpeakerIndex(SOURCES).resolve(mention, []).source_id == source_id


def test_a_channel_that_is_added_is_an_outlet() -> None:
    assert SpeakerIndex(SOURCES).resolve("the channel Harbour Notes", []).kind == "outlet"


def test_a_study_may_name_a_body_otherwise() -> None:
    mine = pd.DataFrame(
        [("mod", "Russian Ministry of Defence", "organisation", "russian", "")],
        columns=["source_id", "name", "kind", "camp", "aliases"],
    )
    assert _ids(f"The Defence Ministry in Moscow {FELL}", sources=check_sources(mine)) == ["mod"]
