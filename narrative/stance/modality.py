"""Whether a claim says that an event is so, and how certain it is.

The way up the parse from a predicate: "Ukraine denied that Russian forces had managed to take the
city" passes "managed", which changes nothing, and "denied", which turns the taking round.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from narrative.stance.clauses import NONE, Clauses

CERTAIN = ("has_happened", "is_happening", "about_to", "will_inevitably", "may", "did_not")
_DEEP = 6
_CLAUSAL = ("xcomp", "ccomp", "csubj", "csubjpass", "acl")
_NOMINAL = ("nsubj", "nsubjpass", "dobj", "nmod")
_OF_CLAUSES = ("hedging",)
_TURNING = ("failing", "denying", "ending")
_PRESENT, _PAST = ("VBZ", "VBP"), ("VBD",)
_AMOUNTS = ("half", "third", "part", "most", "some", "all", "month", "week", "year", "much")
_BEING = ("exist", "happen", "occur", "be", "continue", "come", "materialise", "take")
_IS = ("is", "are", "am", "'s", "’s", "'re", "’re", "does", "do")
_WAS = ("was", "were", "did")
# Adjectives that undo their noun: "a failed attempt", "the imaginary capture".
_VOID = (
    "failed", "unsuccessful", "futile", "abortive", "false", "fake", "imaginary", "nonexistent",
    "thwarted", "fictitious", "vain", "fruitless", "invented", "repelled", "supposed", "virtual",
)  # fmt: skip


@dataclass
class Modality:
    """What was met on the way up.

    Parameters
    ----------
    positive : bool
    hedged, attempted, possible, coming, sure : bool
    tense : str
        "past", "present" or "".
    used : set of int
        Words that denied the event.
    """

    positive: bool = True
    hedged: bool = False
    attempted: bool = False
    possible: bool = False
    coming: bool = False
    sure: bool = False
    tense: str = ""
    used: set[int] = field(default_factory=set)

    @property
    def certainty(self) -> str:
        """Return the one of ``CERTAIN`` that weighs most."""
        if not self.positive:
            return "did_not"
        if self.possible:
            return "may"
        if self.coming:
            return "about_to"
        if self.sure:
            return "will_inevitably"
        return "is_happening" if self.tense == "present" else "has_happened"


def modality(c: Clauses, word: int, *, flip: bool = False) -> Modality:
    """Return the modality of the predicate at `word`; `flip` denies it from the start."""
    out = Modality(positive=not flip)
    node, came, shares = word, NONE, True
    for _ in range(_DEEP):
        if shares:
            _note(c, node, out, came)
        head, rel = c.head(node), c.rel(node)
        if head == node:
            break
        if rel == "conj":
            # A verb without auxiliary or subject shares those of the verb that it is joined to.
            bare = c.tag(node) in ("VB", "VBN", "VBG") or not c.tag(node).startswith("VB")
            shares = bare and not c.auxiliaries(node) and not c.kids(node, "nsubj", "nsubjpass")
        elif not _governed(c, node, rel, head, out):
            break
        else:
            shares = True
        node, came = head, node
    return out


def _governed(c: Clauses, node: int, rel: str, head: int, out: Modality) -> bool:
    """Apply the word that governs a predicate; say whether the way goes on above it."""
    nouns = c.lexicon.operators["reported"] | c.lexicon.operators["affirming"]
    told = rel in ("acl:relcl", "dep") and c.lemmas[head] in nouns
    rel = "acl" if told else rel  # "the report that …", read as a relative clause
    aimed = c.tag(node) == "VB" and "to" in c.prepositions(node)
    if aimed and (rel in ("acl", "advcl") or (rel == "xcomp" and not _known(c, head))):
        out.attempted = True  # "sent to win back the strongpoints": what for, not what came of it
    if rel not in (*_CLAUSAL, *_NOMINAL):
        return False
    if rel == "acl" and c.tag(node) in ("VBN", "VBG") and not c.kids(node, "mark", "aux"):
        return False  # "units encircled in the city": spoken of, not asserted
    if rel == "nmod" and c.lemmas[head] in _AMOUNTS:
        return True  # "erased a month of gains"
    acts = rel in ("nsubj", "csubj") and _undoes(c, head)
    known = not acts and _operate(c, head, out, by_clause=rel in _CLAUSAL)
    if known or rel in ("xcomp", "acl"):
        return True
    if rel in _NOMINAL and c.is_verb(head):
        # "Did not make gains": a light verb says of its noun what is said of itself.
        if rel in ("dobj", "nsubjpass") and c.lemmas[head] in c.lexicon.light["verbs"]:
            return True
        out.tense = out.tense or _tense(c, head)
        if rel.startswith("nsubj") and c.lemmas[head] in _BEING:
            return True
    return False


def _undoes(c: Clauses, verb: int) -> bool:
    """Say whether a verb undoes its object, so that its subject is not undone.

    "The recapture refutes the claim", but "the attack failed".
    """
    lemma, operators = c.lemmas[verb], c.lexicon.operators
    if not c.tag(verb).startswith("VB") or c.kids(verb, "cop") or c.kids(verb, "dobj"):
        return bool(c.kids(verb, "dobj"))
    fails = any(e.name == "fail" for e in c.lexicon.verbs.get(lemma, ()))
    return lemma in operators["failing"] | operators["denying"] and not fails


def _known(c: Clauses, word: int) -> bool:
    return any(
        c.lemmas[word] in words or c.words[word] in words for words in c.lexicon.operators.values()
    )


def _operate(c: Clauses, head: int, out: Modality, *, by_clause: bool) -> bool:
    lemma, word, known = c.lemmas[head], c.words[head], False
    for name, words in c.lexicon.operators.items():
        if lemma not in words and word not in words:
            continue
        if name in _OF_CLAUSES and not by_clause:
            continue  # "the thesis of a victory" is reported, "a division thought of victory" not
        if name == "ending" and (by_clause or (lemma == "go" and word != "gone")):
            continue
        if name in _TURNING and head not in out.used:
            out.positive = not out.positive
            out.used.add(head)
        known = True
        _soften(name, lemma, word, out)
    for kid in c.kids(head, "nmod"):  # "was described as disinformation"
        if not by_clause and "as" in c.prepositions(kid):
            false = c.lemmas[kid] in c.lexicon.operators["denying"]
            out.positive, known = out.positive != false, known or false
    return known


def _soften(name: str, lemma: str, word: str, out: Modality) -> None:
    if name == "attempting":
        out.attempted = True
    elif name == "about_to":
        out.coming = True
    elif name == "inevitable" and (lemma != "go" or word == "going"):
        out.sure = True
    elif name in ("hedging", "reported"):
        out.hedged = True
        # "Are likely to take" is yet to come, "appear to have taken" is not.
        out.coming = out.coming or lemma in ("likely", "expect")


def _note(c: Clauses, node: int, out: Modality, came: int) -> None:
    """Note negation, auxiliaries and adverbs of one word on the way."""
    if negated(c, node, came):
        out.positive = not out.positive
    near = {c.words[k] for k in c.kids(node, "aux", "advmod", "mark", "auxpass", "cop", "amod")}
    words = c.lexicon.words
    if near & words["will"]:
        out.sure = True
    if near & words["may"] or near & (words["conditional"] - {"were"}):
        out.possible = True
    if near & words["demand"]:
        out.attempted = True
    if near & words["inevitable"]:
        out.sure = True
    if near & words["about_to"] or "about" in c.words[max(node - 2, 0) : node]:
        out.coming = True
    if near & words["hedges"]:
        out.hedged = True
    out.tense = out.tense or _tense(c, node)


def _tense(c: Clauses, node: int) -> str:
    tag, auxiliaries = c.tag(node), c.auxiliaries(node)
    if auxiliaries & {*_WAS} or tag in _PAST or auxiliaries & {"have", "has", "had", "having"}:
        return "past"
    if tag in _PRESENT or auxiliaries & {*_IS} or tag == "VBG":
        return "present"
    return "past" if tag == "VBN" else ""


def negated(c: Clauses, node: int, came: int = NONE) -> bool:
    """Say whether a word, its subject or its object stands under a negation.

    The dependent that the way `came` from has had its say.
    """
    if c.prepositions(node) & {"without", "instead", "rather"}:
        return True
    for kid in c.kids(node):
        if kid == came:
            continue
        if _negator(c, kid) or (c.rel(kid) == "amod" and c.words[kid] in _VOID):
            return True
        if c.rel(kid) in ("nsubj", "nsubjpass", "dobj") and (
            c.words[kid] in ("nobody", "nothing", "none", "neither")
            or any(c.words[k] in ("no", "not", "neither") for k in c.kids(kid))
            or any(c.words[k] == "few" and c.words[k - 1] != "a" for k in c.kids(kid, "amod"))
        ):
            return True
    return False


def _negator(c: Clauses, kid: int) -> bool:
    if c.rel(kid) not in ("neg", "advmod", "det", "cc:preconj", "aux", "dep"):
        return False
    word = c.words[kid]
    if word == "longer":
        return c.words[kid - 1] == "no"
    following = c.words[kid + 1] if kid + 1 < len(c.words) else ""
    return word in c.lexicon.words["negators"] and following not in c.lexicon.words["softeners"]
