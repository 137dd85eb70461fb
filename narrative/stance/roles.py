"""Which side is the agent of a predicate, and which the patient."""

from __future__ import annotations

from narrative.stance.clauses import NONE, Clauses
from narrative.stance.predicates import OTHER, PredicateClass


def _settled(kind: PredicateClass, agent: str, patient: str) -> tuple[str, str]:
    """Return agent and patient, the one from the other where the class lets it."""
    if kind.name == "hold":  # positions are held by those whose they are
        return agent or patient, ""
    if kind.of == "patient":
        agent = agent or OTHER[patient]
        if kind.two_sided:
            patient = patient or OTHER[agent]
    return agent, "" if agent == patient else patient


def verb_roles(c: Clauses, verb: int, kind: PredicateClass) -> tuple[str, str]:
    """Return the sides of a verb's agent and patient."""
    agent, patient = c.side(c.agent(verb)), c.side(c.patient(verb))
    if c.patient(verb) != NONE and c.lemmas[c.patient(verb)] in c.lexicon.objects["flag"]:
        return patient or agent, ""  # a raised flag stands for whoever's it is
    if kind.of == "patient":
        patient = patient or c.side(c.oblique(verb, "from", "of", "against", "around"))
        bare = c.passive(verb) and not c.auxiliaries(verb)
        if kind.name == "retake" and bare and not agent and _is_force(c, c.patient(verb)):
            agent, patient = patient, ""  # forces are not retaken: a participle misread
    elif kind.loses:
        # "Fell to Russian forces", "was lost": the loser is who had it, or the other of who gets.
        got = c.side(c.oblique(verb, "to", "before"))
        agent = agent or (patient if c.passive(verb) else "") or OTHER[got]
        patient = got
    elif c.passive(verb) and _is_force(c, c.patient(verb)):
        agent, patient = agent or patient, ""  # "Russian forces advanced", read as a participle
    return _settled(kind, agent, patient)


def _is_force(c: Clauses, word: int) -> bool:
    if word == NONE:
        return False
    return c.lemmas[word] in c.lexicon.objects["side"] or c.words[word] in c.lexicon.sides


def noun_roles(c: Clauses, noun: int, kind: PredicateClass) -> tuple[str, str, bool]:
    """Return the sides of an event noun's agent and patient, and whether its verb denies it."""
    owners = [c.side(k) for k in c.kids(noun, "nmod:poss", "amod", "compound")]
    by, of_word = c.oblique(noun, "by"), c.oblique(noun, "of", "among")
    if by == NONE and of_word != NONE:  # "capture of the city by …": it may hang on the city
        by = c.oblique(of_word, "by")
        of = "" if by != NONE else c.side(of_word)
    else:
        of = c.side(of_word)
    agent = c.side(by) or next((s for s in owners if s), "")
    patient, flip = "", False
    if kind.of == "agent":
        agent = agent or of
    else:
        patient = of or c.side(c.oblique(noun, "from", "against", "around"))
    head, rel = c.head(noun), c.rel(noun)
    if rel in ("dobj", "nsubjpass") and c.tag(head).startswith("VB"):
        flip = c.lemmas[head] in c.lexicon.light["losing"]
        if flip or c.lemmas[head] in c.lexicon.light["verbs"]:
            agent = agent or c.side(c.agent(head))
    elif rel == "nmod" and c.lemmas[head] in c.lexicon.operators["reported"]:
        agent = agent or c.side(head)  # "Russian claims of success"
    elif rel == "nmod" and c.tag(head).startswith("VB") and kind.name in ("hold", "attack", "fail"):
        agent = agent or c.side(c.agent(head))
    elif c.kids(noun, "cop"):
        subject = c.side(c.subject(noun))
        if kind.adjective == "patient" and kind.name != "hold":
            patient = patient or subject
        else:
            agent = agent or subject
    return (*_settled(kind, agent, patient), flip)


def adjective_roles(c: Clauses, word: int, kind: PredicateClass) -> tuple[str, str]:
    """Return the sides of the agent and patient of an adjective."""
    target = c.head(word) if c.rel(word) == "amod" else c.subject(word)
    side, by = c.side(target), c.side(c.oblique(word, "by"))
    return _settled(kind, side, "") if kind.adjective == "agent" else _settled(kind, by, side)
