"""Moscow and the ministry."""

from __future__ import annotations

from narrative.credited import Attribution
from narrative.metonyms import settle_metonyms
from narrative.speakers import Speaker

MOSCOW = Speaker("russian_government", "organisation", "russian", "Russian government")
MINISTRY = Speaker("russian_mod", "organisation", "russian", "Russian Ministry of Defence")
STAFF = Speaker("ua_staff", "organisation", "ukrainian", "General Staff of Ukraine")
PARTY = Speaker("party", "organisation", "russian", "Party of the Harbour")


def _said(sentence: int, speaker: Speaker | None, mention: str) -> Attribution:
    start = sentence * 100
    return Attribution(
        start, start + 50, sentence, speaker, mention, "said", 0, "paraphrased", 1.0, (start, start)
    )


def _speakers(*found: Attribution) -> list[str]:
    return [a.speaker.source_id if a.speaker else "author" for a in settle_metonyms(found)]


def test_the_state_is_its_body_that_speaks_nearby_before_or_after() -> None:
    body = _said(4, MINISTRY, "the ministry")
    assert _speakers(_said(2, MOSCOW, "Moscow"), body) == ["russian_mod"] * 2
    assert _speakers(body, _said(7, MOSCOW, "Russia")) == ["russian_mod"] * 2


def test_it_stays_the_state_far_from_any_body_or_beside_anothers() -> None:
    state = _said(0, MOSCOW, "Moscow")
    assert _speakers(state, _said(4, MINISTRY, "the ministry"))[0] == "russian_government"
    assert _speakers(state, _said(1, STAFF, "the staff"))[0] == "russian_government"
    assert _speakers(state, _said(1, PARTY, "the party"))[0] == "russian_government"
    assert _speakers(state, _said(1, None, ""))[0] == "russian_government"


def test_only_a_bare_state_is_a_metonym() -> None:
    found = _said(0, MOSCOW, "the government in Moscow"), _said(1, MINISTRY, "the ministry")
    assert _speakers(*found)[0] == "russian_government"
