from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from narrative.lexicon import load_cues

CUES = load_cues("en")
RAW = tomllib.loads((files("narrative") / "data/cues_en.toml").read_text(encoding="utf-8"))
VOWELS = "aeiou"


@pytest.mark.parametrize(
    "forms",
    [
        "say says said saying",
        "tell tells told telling",
        "write writes wrote writing written",
        "speak of|speaks of|spoke of|speaking of|spoken of",
        "point out|points out|pointed out|pointing out",
        "deny denies denied denying",
        "admit admits admitted admitting",
        "agree agrees agreed agreeing",
        "stress stresses stressed stressing",
        "show shows showed shown showing",
        "see sees saw seen seeing",
        "claim claims claimed claiming",
        "recognise recognises recognised recognising",
    ],
)
def test_every_form_of_a_verb_is_a_cue(forms: str) -> None:
    for form in forms.split("|") if "|" in forms else forms.split():
        assert form in CUES.forms
        match = CUES.verb.search(f"the mayor {form.upper()} nothing")
        assert match is not None
        assert match[0] == form.upper()


def test_no_form_is_misspelt_by_rule() -> None:
    for form in CUES.forms:
        head = form.split()[0]
        assert not (head.endswith("yed") and head[-4] not in VOWELS), form
        assert not head.endswith(("eed", "eing")) or head in {"agreed", "agreeing", "seeing"}, form
        assert "/" not in form


def test_the_lexicon_file_holds_each_verb_once() -> None:
    listed = RAW["verbs"]["words"] + RAW["that_verbs"]["words"]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("cue", "needs"),
    [("showed", True), ("Suggests", True), ("said", False), ("claimed", False), ("sang", False)],
)
def test_verbs_that_report_only_with_that(cue: str, needs: bool) -> None:
    assert CUES.needs_that(cue) is needs


@pytest.mark.parametrize(
    "text", ["unsaid", "hearsay", "well-said", "essays", "a said-to-be spy", "claimant"]
)
def test_a_cue_is_a_whole_word(text: str) -> None:
    assert CUES.verb.search(text) is None


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("According to the mayor", True),
        ("in the words of the mayor", True),
        ("according two mayors", False),
    ],
)
def test_according(text: str, matches: bool) -> None:
    assert (CUES.according.search(text) is not None) is matches


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("It was reported that", True),
        ("it has been claimed", True),
        ("reports say that", True),
        ("reports suggesting that", True),
        ("Reports indicate that", True),
        ("Reports indicated that", True),
        ("Reports said that", True),
        ("The report says that", False),  # that report is its source
        ("it reported that", False),
        ("reports of rain", False),
    ],
)
def test_impersonal(text: str, matches: bool) -> None:
    assert (CUES.impersonal.search(text) is not None) is matches


@pytest.mark.parametrize(
    ("text", "noun"),
    [
        ("then the ministry", "then the ministry"),
        ("The Ukrainian military spokesman", "The Ukrainian military spokesman"),
        ("several officials", "several officials"),
        ("a think tank", "a think tank"),
        ("the old bridge", None),
        ("the ministry building", None),
        ("malpractice", None),
    ],
)
def test_nouns_that_can_speak(text: str, noun: str | None) -> None:
    match = CUES.speaker_noun.search(text)
    assert (match[0] if match else None) == noun


def test_a_language_without_a_file_gets_the_english_one() -> None:
    assert load_cues("xx") is load_cues("en")
