"""A claim as events: who does or suffers what, whether it is denied, and how certain it is.

"Russian forces have taken the city" and "Ukrainian forces have retaken the city" share nearly all
their words, and a sentence vector barely tells them apart. Here the claim, normalised, and its
parse give events; from them come named features and a stance by rule, without a fitted number.
A side is read from the words alone, never guessed from who speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from narrative.reader.reading import Reading
from narrative.stance.clauses import NONE, Clauses
from narrative.stance.modality import CERTAIN, Modality, modality
from narrative.stance.predicates import OTHER, SIDES, Entry, PredicateClass, load_predicates
from narrative.stance.roles import adjective_roles, noun_roles, verb_roles

PROPOSITIONS = ("russian_victory_inevitable", "ukrainian_counteroffensive")
_TITLES = ("ministry", "minister", "staff", "secretary", "department")
_PLACES = ("to", "into", "in", "at", "on", "onto", "across", "over", "from", "through")
_WITHIN = {"in", "inside", "at", "on", "over", "across", "beyond"}
_IS = ("be", "is", "are", "was", "were")
_BARELY = 0.25  # a score below it is no stance: hypotheses and presuppositions alone


@dataclass(frozen=True)
class Event:
    """One predicate of a claim.

    Parameters
    ----------
    word : int
        Its place among the reading's words.
    name : str
        Its class.
    agent, patient : str
        "russian", "ukrainian", or "" where the claim leaves it open.
    positive : bool
        False where the claim denies that it is so.
    certainty : str
        One of ``modality.CERTAIN``.
    hedged, attempted, presupposed, bygone : bool
        Whether it is softened ("reportedly"), only tried or demanded, a mere modifier ("the
        encircled units"), or one that was so before ("which they had held").
    """

    word: int
    name: str
    agent: str
    patient: str
    positive: bool
    certainty: str
    hedged: bool
    attempted: bool
    presupposed: bool
    bygone: bool = False

    @property
    def gains(self) -> str:
        """Return the side that is better off, "" where that is open."""
        loses = load_predicates().classes[self.name].loses
        better = OTHER[self.agent] if loses else self.agent
        return better if self.positive else OTHER[better]


def read_structure(text: str, reading: Reading) -> list[Event]:
    """Return the events of a normalised claim, in order of their words.

    Parameters
    ----------
    text : str
        The claim as ``narrative.normalise`` gives it.
    reading : Reading
        The reader's parse of that same text.
    """
    c = Clauses(text, reading)
    found: list[tuple[int, str, str, str, Modality]] = []
    for word in range(len(c.words)):
        read = _event(c, word)
        if read is not None:
            found.append((word, *read))
    # "Failed" in "failed to take the city" denies the taking; it is no second event.
    # But an attack that failed is told by "failed" alone.
    used = {w for _, name, *_, m in found if name != "attack" for w in m.used}
    events = [
        Event(
            word, name, agent, patient, m.positive, m.certainty, m.hedged, m.attempted,
            presupposed=_presupposed(c, word),
            bygone=c.rel(word) == "acl:relcl" and "had" in c.auxiliaries(word),
        )
        for word, name, agent, patient, m in found
        if word not in used or name not in ("fail", "false_claim", "deny", "true")
    ]  # fmt: skip
    return [_completed(e, events) for e in events]


def _completed(event: Event, events: Sequence[Event]) -> Event:
    """Give a taking without agent the other of who held the place, or who had lost it.

    "Recaptured the town, which Russian forces had held", "lost by Ukraine in May, was recovered".
    """
    if event.agent or event.name not in ("retake", "capture"):
        return event
    held = {OTHER[e.agent] for e in events if e.name in ("hold", "capture") and e.positive}
    lost = {e.agent for e in events if e.name == "lose_ground" and e.positive}
    if event.name == "capture":
        lost = {OTHER[side] for side in lost}
    sides = (held | lost) - {""}
    return replace(event, agent=sides.pop()) if len(sides) == 1 else event


def _presupposed(c: Clauses, word: int) -> bool:
    """Say whether an event is a modifier, or a noun that another verb says something about."""
    rel, head = c.rel(word), c.head(word)
    if c.tag(word).startswith("NN") and rel in ("dobj", "nmod", "nsubjpass") and c.is_verb(head):
        return c.lemmas[head] not in c.lexicon.light["verbs"] and not c.kids(head, "cop")
    return rel in ("amod", "acl", "acl:relcl") and "to" not in c.prepositions(word)


def _event(c: Clauses, word: int) -> tuple[str, str, str, Modality] | None:
    tag, rel, lemma = c.tag(word), c.rel(word), c.lemmas[word]
    lexicon, flip = c.lexicon, False
    if tag.startswith("VB") and rel not in ("aux", "auxpass", "cop"):
        kind = _match(c, word, lexicon.verbs.get(lemma, ()))
        if kind is not None:
            agent, patient = verb_roles(c, word, kind)
            return kind.name, agent, patient, modality(c, word)
    # The reader can take a rare noun for an adjective: "Ukraine's counteroffensive failed".
    noun = tag in ("NN", "NNS") or (tag == "JJ" and rel in ("nsubj", "nsubjpass", "dobj", "nmod"))
    if noun and rel != "compound":
        kind = _match(c, word, lexicon.nouns.get(lemma, ()))
        if kind is not None and c.lemmas[c.head(word)] not in _TITLES:
            agent, patient, flip = noun_roles(c, word, kind)
            # "On the other hand", "hands up": only "in the hands of" somebody holds.
            if lemma != "hand" or (agent and c.prepositions(word) & {"in", "into"}):
                return kind.name, agent, patient, modality(c, word, flip=flip)
    if tag in ("JJ", "JJR", "VBN", "VBG") and rel not in ("aux", "auxpass", "cop"):
        kind = _match(c, word, lexicon.adjectives.get(c.words[word], ()))
        if kind is not None:
            agent, patient = adjective_roles(c, word, kind)
            return kind.name, agent, patient, modality(c, word)
    if tag.startswith("JJ") and c.words[word] in lexicon.sides and c.kids(word, "cop"):
        # "The village is Ukrainian."
        return "hold", lexicon.sides[c.words[word]], "", modality(c, word)
    return _presence(c, word)


def _presence(c: Clauses, word: int) -> tuple[str, str, str, Modality] | None:
    """Read where somebody is, and whose a place is: "they are in the city", "it is with them"."""
    before, subject = c.prepositions(word), c.subject(word)
    if c.kids(word, "cop") and before & {"under", "with"} and c.side(word):
        return "hold", c.side(word), "", modality(c, word)
    ground = c.lexicon.objects["ground"]
    place = c.lemmas[word] in ground or (c.tag(word) == "NNP" and not c.side(word))
    if c.lemmas[word] in _IS and c.kids(word, "expl"):  # "there are no Russians in the city"
        place, before = True, {p for k in c.kids(word, "nmod") for p in c.prepositions(k)}
        for kid in c.kids(subject, "nmod") if subject != NONE else []:
            before |= c.prepositions(kid)
    elif not c.kids(word, "cop"):
        return None
    if place and before & _WITHIN and subject != NONE and c.lemmas[subject] not in ground:
        side = c.side(subject)
        return ("present", side, "", modality(c, word)) if side else None
    return None


def _match(c: Clauses, word: int, entries: Sequence[Entry]) -> PredicateClass | None:
    for entry in entries:
        if {*entry.particles} <= (c.particles(word) if entry.particles else set()) and (
            not entry.wants or _takes(c, word, entry.wants)
        ):
            return c.lexicon.classes[entry.name]
    return None


def _takes(c: Clauses, verb: int, group: str) -> bool:
    """Say whether a verb's object is of a group; "none" asks for no object."""
    patient = c.patient(verb)
    if group == "none":
        return patient == NONE and not c.passive(verb) and not c.kids(verb, "ccomp", "xcomp")
    if patient == NONE:
        before = {"of"} if c.tag(verb).startswith("NN") else {*_PLACES}
        patient = next((k for k in c.kids(verb, "nmod") if c.prepositions(k) & before), NONE)
    if patient == NONE:
        return False
    if c.lemmas[patient] in c.lexicon.objects[group]:
        return True
    if group == "side":
        return bool(c.side(patient))
    if group != "ground":
        return False
    # A name that the normaliser left is a place, if it is no side's.
    named = c.tag(patient) == "NNP" and not c.side(patient)
    return named or c.words[patient] in c.lexicon.words["pronouns"]


def effect(event: Event) -> tuple[float, float]:
    """Return what an event says of the two main propositions, each in [-1, 1].

    The class's ``stance`` in the lexicon, less what the coding rules take away: a mere attempt says
    nothing, nor does what was so before; what is only possible or to come does not yet exclude a
    counteroffensive; a presupposition counts half.
    """
    if not event.agent or event.bygone or (event.attempted and event.positive):
        return 0.0, 0.0
    key = event.agent if event.positive else f"not_{event.agent}"
    first, second = load_predicates().classes[event.name].stance[key]
    if event.certainty in ("may", "about_to", "will_inevitably"):
        second = max(second, 0) if event.certainty != "may" else 0
    weight = (0.5 if event.presupposed else 1.0) * (0.5 if event.certainty == "may" else 1.0)
    return weight * first, weight * second


def rule_scores(events: Iterable[Event]) -> tuple[float, float]:
    """Return the sums of the events' effects on the two propositions."""
    effects = [effect(e) for e in events]
    return sum(e[0] for e in effects), sum(e[1] for e in effects)


def rule_stance(events: Iterable[Event]) -> tuple[int, int]:
    """Return the stance towards ``PROPOSITIONS`` by rule, each -1, 0 or 1."""
    first, second = (int(np.sign(s)) if abs(s) > _BARELY else 0 for s in rule_scores(events))
    return first, second


_POLAR = {True: "is", False: "is not"}
_COUNTED = ("hedges", "negators", "will", "may", "demand", "conditional", "first_person")
FEATURES: tuple[str, ...] = (
    *(
        f"{side or 'somebody'} {polar} {name}"
        for side in (*SIDES, "")
        for name in load_predicates().classes
        for polar in _POLAR.values()
    ),
    *(f"{name} befalls {side}" for side in SIDES for name in load_predicates().classes),
    *(f"{side} gains: {certain}" for side in SIDES for certain in (*CERTAIN, "attempted")),
    *(f"names {side}" for side in SIDES),
    *(f"words: {name}" for name in _COUNTED),
    *(f"rule: {name}" for name in PROPOSITIONS),
    *(f"rule, sign: {name}" for name in PROPOSITIONS),
    "hedged", "attempted", "presupposed", "denied", "events", "events of no side",
)  # fmt: skip


def structure_features(text: str, reading: Reading) -> npt.NDArray[np.float64]:
    """Return the features of a normalised claim.

    Returns
    -------
    ndarray, shape (len(FEATURES),)
        Counts and the rule's scores, cut at 2; ``FEATURES`` names them.
    """
    events, words = read_structure(text, reading), Clauses(text, reading).words
    lexicon, out = load_predicates(), dict.fromkeys(FEATURES, 0.0)
    for e in events:
        out[f"{e.agent or 'somebody'} {_POLAR[e.positive]} {e.name}"] += 1
        if e.patient:
            out[f"{e.name} befalls {e.patient}"] += 1
        if e.gains:
            out[f"{e.gains} gains: {'attempted' if e.attempted else e.certainty}"] += 1
        for name in ("hedged", "attempted", "presupposed"):
            out[name] += getattr(e, name)
        out["denied"] += not e.positive
        out["events"] += 1
        out["events of no side"] += not e.agent and not e.patient
    for word in words:
        side = lexicon.sides.get(word)
        if side is not None:
            out[f"names {side}"] += 1
        for name in _COUNTED:
            out[f"words: {name}"] += word in lexicon.words[name]
    scores, signs = rule_scores(events), rule_stance(events)
    for name, score, sign in zip(PROPOSITIONS, scores, signs, strict=True):
        out[f"rule: {name}"], out[f"rule, sign: {name}"] = score, sign
    vector = np.array([out[name] for name in FEATURES], dtype=np.float64)
    return np.clip(vector, -2.0, 2.0)
