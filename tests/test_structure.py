"""Claims as events: who does or suffers what, denied or not, how certain."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from narrative.reader import Reading, shipped_reader
from narrative.reader.labels import POS, RELATIONS
from narrative.reader.pieces import split_words
from narrative.stance.modality import CERTAIN
from narrative.stance.predicates import SIDES, load_predicates
from narrative.stance.structure import (
    FEATURES,
    Event,
    effect,
    read_structure,
    rule_stance,
    structure_features,
)

R, U, OPEN = "russian", "ukrainian", ""
DONE, NOW, SOON, WILL, MAY, NOT = (
    "has_happened", "is_happening", "about_to", "will_inevitably", "may", "did_not",
)  # fmt: skip

# Sentence; class, agent, patient, certainty of the one event of that class.
EVENTS = [
    # active
    ("Russian forces have taken the city.", "capture", R, OPEN, DONE),
    ("Ukrainian forces have retaken the city.", "retake", U, OPEN, DONE),
    ("Ukrainian forces repelled the attack.", "repel", U, R, DONE),
    ("Russian forces are advancing on the city.", "advance", R, OPEN, NOW),
    ("Ukraine still controls the city.", "hold", U, OPEN, NOW),
    ("Russian forces withdrew from the village.", "lose_ground", R, OPEN, DONE),
    ("Russia lost three hundred men.", "suffer", R, OPEN, DONE),
    ("Russian forces destroyed a Ukrainian column.", "inflict", R, U, DONE),
    ("Ukrainian forces pushed Russian forces out of the town.", "expel", U, R, DONE),
    ("Ukrainian forces cleared the city of Russian forces.", "retake", U, R, DONE),
    # passive
    ("The city was captured by Russian forces.", "capture", R, OPEN, DONE),
    ("Russian forces were driven out of the city.", "expel", U, R, DONE),
    ("Ukrainian forces in the city are surrounded.", "encircle", R, U, NOW),
    ("Ukrainian positions were captured yesterday.", "capture", R, U, DONE),
    ("The city was captured yesterday.", "capture", OPEN, OPEN, DONE),
    ("The city fell to Russian forces.", "lose_ground", U, R, DONE),
    # nominal
    ("The capture of the city by Russian forces was announced.", "capture", R, OPEN, DONE),
    ("Ukraine's withdrawal from the city", "lose_ground", U, OPEN, DONE),
    ("the liberation of the city by Ukrainian forces", "retake", U, OPEN, DONE),
    ("The village is under Russian control.", "hold", R, OPEN, NOW),
    ("The road remains in Ukrainian hands.", "hold", U, OPEN, NOW),
    ("the encirclement of Ukrainian forces", "encircle", R, U, DONE),
    ("Russian forces made gains near the city.", "advance", R, OPEN, DONE),
    # negated
    ("Russian forces have not taken the city.", "capture", R, OPEN, NOT),
    ("Russian forces never encircled Ukrainian forces.", "encircle", R, U, NOT),
    ("Russian forces no longer hold the city.", "hold", R, OPEN, NOT),
    ("Russian forces made no gains.", "advance", R, OPEN, NOT),
    ("No Russian forces are in the city.", "present", R, OPEN, NOT),
    ("Russian forces did not take or hold the village.", "hold", R, OPEN, NOT),
    ("Russian forces lost control of the city.", "hold", R, OPEN, NOT),
    # failing and managing
    ("Russian forces failed to take the city.", "capture", R, OPEN, NOT),
    ("Russian forces were unable to encircle the city.", "encircle", R, U, NOT),
    ("Ukrainian forces managed to retake the city.", "retake", U, OPEN, DONE),
    ("Russian forces did not manage to take the city.", "capture", R, OPEN, NOT),
    ("Ukraine's counteroffensive failed.", "retake", U, OPEN, NOT),
    # denied
    ("Ukraine denied that Russian forces had taken the city.", "capture", R, OPEN, NOT),
    ("It is not true that Russian forces control the city.", "hold", R, OPEN, NOT),
    ("Reports of a Ukrainian withdrawal are false.", "lose_ground", U, OPEN, NOT),
    ("There is no evidence that Russian forces hold the city.", "hold", R, OPEN, NOT),
    # conjunctions
    ("Ukrainian forces withdrew and surrendered the city.", "lose_ground", U, OPEN, DONE),
    ("Russian forces crossed the river and captured the village.", "capture", R, OPEN, DONE),
    ("The village was attacked and captured by Russian forces.", "capture", R, OPEN, DONE),
    # relative clauses and participles
    ("Ukrainian forces, who had retaken the city, dug new trenches.", "retake", U, OPEN, DONE),
    ("the village which Russian forces captured", "capture", R, OPEN, DONE),
    ("Having taken the city, Russian forces rested.", "capture", R, OPEN, DONE),
    ("the city, captured by Russian forces", "capture", R, OPEN, DONE),
    # future, possible, tried
    ("Russian forces will take the city.", "capture", R, OPEN, WILL),
    ("Russian forces are about to encircle the city.", "encircle", R, U, SOON),
    ("Russian forces may have captured the city.", "capture", R, OPEN, MAY),
    ("If Russian forces take the city, talks will begin.", "capture", R, OPEN, MAY),
    ("Russian forces are likely to take the city.", "capture", R, OPEN, SOON),
]  # fmt: skip

STANCES = [
    ("Russian forces have taken the city.", (1, -1)),
    ("Ukrainian forces have retaken the city.", (-1, 1)),
    ("Russian forces failed to take the city.", (-1, 0)),
    ("Ukrainian forces failed to retake the city.", (1, -1)),
    ("Russian forces will take the city.", (1, 0)),
    ("Russian forces are trying to take the city.", (0, 0)),
    ("Russian claims about the city are premature.", (-1, 0)),
    ("Russian forces suffered heavy losses.", (-1, 0)),
    ("Ukrainian forces are holding the city.", (-1, 0)),
    ("The city was captured yesterday.", (0, 0)),
    ("The map was printed on Tuesday.", (0, 0)),
    ("Not only did Russian forces take the city, they crossed the river.", (1, -1)),
    ("Over a hundred Russian forces are still in the town.", (0, 0)),
]

SWAPPED = [
    "Russian forces encircled Ukrainian forces near the city.",
    "Ukrainian forces were driven out of the village by Russian forces.",
    "Ukrainian forces repelled three assaults by Russian forces.",
    "Russia denied that Ukrainian forces had entered the city.",
    "Russian forces lost the town and withdrew.",
    "the capture of Ukrainian positions by Russian forces",
]


@cache
def _events(text: str) -> tuple[Event, ...]:
    return tuple(read_structure(text, shipped_reader().read([text])[0]))


def _swap(text: str) -> str:
    for old, new in (
        ("Russia", "#"),
        ("Ukraine", "Russia"),
        ("Ukrain", "Russ"),
        ("#n", "Ukrainian"),
    ):
        text = text.replace(old, new)
    return text.replace("#", "Ukraine")


@pytest.mark.model
@pytest.mark.parametrize(("text", "name", "agent", "patient", "certainty"), EVENTS)
def test_who_does_what_to_whom(
    text: str, name: str, agent: str, patient: str, certainty: str
) -> None:
    found = [e for e in _events(text) if e.name == name]
    assert [(e.agent, e.patient) for e in found][-1:] == [(agent, patient)]
    assert found[-1].certainty == certainty
    assert found[-1].positive == (certainty != NOT)


@pytest.mark.model
@pytest.mark.parametrize(("text", "stance"), STANCES)
def test_stance_by_rule(text: str, stance: tuple[int, int]) -> None:
    assert rule_stance(_events(text)) == stance


@pytest.mark.model
@pytest.mark.parametrize("text", SWAPPED)
def test_swapped_sides_swap_the_roles(text: str) -> None:
    other = {R: U, U: R, OPEN: OPEN}
    here, there = _events(text), _events(_swap(text))
    assert any(e.agent for e in here)
    assert [(e.name, other[e.agent], other[e.patient], e.certainty) for e in here] == [
        (e.name, e.agent, e.patient, e.certainty) for e in there
    ]


@pytest.mark.model
def test_a_speaker_is_no_side() -> None:
    (event,) = (e for e in _events("We have taken the village.") if e.name == "capture")
    assert (event.agent, event.patient, event.gains) == (OPEN, OPEN, OPEN)


@pytest.mark.model
def test_two_events_of_one_claim() -> None:
    found = _events("Ukrainian forces, who had been surrounded, withdrew.")
    assert [(e.name, e.agent, e.patient) for e in found] == [
        ("encircle", R, U),
        ("lose_ground", U, OPEN),
    ]


@pytest.mark.model
def test_hedges_attempts_and_presuppositions() -> None:
    (event,) = _events("Russian forces reportedly captured the village.")
    assert event.hedged
    assert not event.attempted
    (event,) = _events("Russian forces tried to capture the village.")
    assert event.attempted
    assert not event.hedged
    (event,) = _events("The encircled Ukrainian forces slept.")
    assert event.presupposed
    assert effect(event) == (0.5, -0.5)


@pytest.mark.model
def test_who_held_or_lost_a_place_tells_who_took_it_back() -> None:
    for text in (
        "The village, which Russian forces had held for a year, was recaptured.",
        "The village, lost by Ukraine in May, has been recaptured.",
    ):
        (event,) = (e for e in _events(text) if e.name == "retake")
        assert event.agent == U
        assert rule_stance(_events(text))[1] == 1
    (event,) = (e for e in _events("The village has been recaptured.") if e.name == "retake")
    assert event.agent == OPEN


@pytest.mark.model
def test_what_was_so_before_counts_nothing() -> None:
    (event,) = (e for e in _events("the town that Russian forces had held") if e.name == "hold")
    assert (event.agent, event.bygone, effect(event)) == (R, True, (0, 0))
    (event,) = (e for e in _events("Russian forces had held the town.") if e.name == "hold")
    assert (event.bygone, effect(event)) == (False, (1, -1))


@pytest.mark.model
def test_what_serves_a_purpose_has_not_happened() -> None:
    (event,) = (e for e in _events("Ukraine sent reserves to retake the town.") if e.attempted)
    assert (event.name, effect(event)) == ("retake", (0, 0))


# Hand-made parses: what the code makes of a tree, whatever the reader would say.


def _reading(text: str, *parts: str, antecedents: dict[int, int] | None = None) -> Reading:
    """Return a reading from "TAG relation head" for each word."""
    words = split_words(text)
    assert len(parts) == len(words)
    tags, relations, heads = zip(*(p.split() for p in parts), strict=True)
    return Reading(
        words.starts,
        words.ends,
        [],
        np.array([POS.index(t) for t in tags]),
        np.array([int(h) for h in heads]),
        np.array([RELATIONS.index(r) for r in relations]),
        [],
        antecedents or {},
    )


def test_a_pronoun_takes_the_side_of_what_it_takes_up() -> None:
    text = "Ukraine said Russia knew they withdrew"
    parts = (
        "NNP nsubj 1",
        "VBD root 1",
        "NNP nsubj 3",
        "VBD ccomp 1",
        "PRP nsubj 5",
        "VBD ccomp 3",
    )
    for word, side in ((0, U), (2, R)):
        (event,) = read_structure(text, _reading(text, *parts, antecedents={4: word}))
        assert (event.name, event.agent) == ("lose_ground", side)
    # Two sides stand before it, and nothing says which it takes up.
    (event,) = read_structure(text, _reading(text, *parts))
    assert event.agent == OPEN


def test_a_claim_without_predicates_has_no_events() -> None:
    text = "Russian maps"
    reading = _reading(text, "JJ amod 1", "NNS root 1")
    assert read_structure(text, reading) == []
    vector = dict(zip(FEATURES, structure_features(text, reading), strict=True))
    assert {k: v for k, v in vector.items() if v} == {"names russian": 1.0}


def test_features_name_side_class_and_polarity() -> None:
    text = "Russia did not capture the city"
    parts = ("NNP nsubj 3", "VBD aux 3", "RB neg 3", "VB root 3", "DT det 5", "NN dobj 3")
    vector = structure_features(text, _reading(text, *parts))
    found = {k: v for k, v in zip(FEATURES, vector, strict=True) if v}
    assert found == {
        "russian is not capture": 1.0,
        "ukrainian gains: did_not": 1.0,
        "names russian": 1.0,
        "words: negators": 1.0,
        "rule: russian_victory_inevitable": -1.0,
        "rule, sign: russian_victory_inevitable": -1.0,
        "denied": 1.0,
        "events": 1.0,
    }


def test_feature_names_are_unique() -> None:
    assert len({*FEATURES}) == len(FEATURES)


def test_the_lexicon_is_whole() -> None:
    lexicon = load_predicates()
    keys = {*SIDES, *(f"not_{s}" for s in SIDES)}
    for kind in lexicon.classes.values():
        assert set(kind.stance) == keys, kind.name
        assert {v for pair in kind.stance.values() for v in pair} <= {-1, 0, 1}, kind.name
        assert {kind.of, kind.adjective} <= {"agent", "patient"}, kind.name
    entries = [e for t in (lexicon.verbs, lexicon.nouns) for es in t.values() for e in es]
    assert {e.wants for e in entries} - {"", "none"} <= set(lexicon.objects)
    assert sum(map(len, (lexicon.verbs, lexicon.nouns, lexicon.adjectives))) >= 350
    assert set(lexicon.sides.values()) == {*SIDES}


def test_the_more_demanding_entry_wins() -> None:
    entries = load_predicates().verbs["cut"]
    assert entries[0].particles
    assert [len(e.particles) for e in entries] == sorted(
        (len(e.particles) for e in entries), reverse=True
    )


@pytest.mark.parametrize("certainty", CERTAIN)
def test_only_what_is_so_excludes_a_counteroffensive(certainty: str) -> None:
    event = Event(0, "capture", R, OPEN, True, certainty, False, False, False)
    assert (effect(event)[1] < 0) == (certainty not in (SOON, WILL, MAY))
