"""Who stands where in a parsed claim: subject, object, by-phrase, and the side of a phrase."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from narrative.reader.reading import Reading
from narrative.stance.predicates import Predicates, load_predicates

NONE = -1
_DEEP = 5  # steps through conjunctions, complements and antecedents; a longer way is an accident
_RELATIVE = ("WDT", "WP", "WP$")
_BELONGING = {"of", "by", "from", "among"}
_COMPLETING = ("compound:prt", "advmod", "case", "nmod", "xcomp", "dobj", "dep")
_HAVE = ("have", "has", "had", "having", "'ve", "’ve", "ve")


@dataclass(frozen=True)
class Clauses:
    """A claim and its parse.

    Parameters
    ----------
    text : str
        The normalised claim.
    reading : Reading
        Its parse.
    """

    text: str
    reading: Reading

    @cached_property
    def lexicon(self) -> Predicates:
        """Return the lexicon that lemmas and sides are looked up in."""
        return load_predicates()

    @cached_property
    def words(self) -> list[str]:
        """Return the words in lower case."""
        spans = zip(self.reading.starts, self.reading.ends, strict=True)
        return [self.text[a:b].casefold() for a, b in spans]

    @cached_property
    def lemmas(self) -> list[str]:
        """Return the lemma of each word."""
        return [self.lexicon.lemma(w, self.tag(i)) for i, w in enumerate(self.words)]

    @cached_property
    def _kids(self) -> list[list[int]]:
        out: list[list[int]] = [[] for _ in self.words]
        for word, head in enumerate(self.reading.head.tolist()):
            if head != word:
                out[head].append(word)
        return out

    def kids(self, word: int, *relations: str) -> list[int]:
        """Return the dependents of a word, all or those in one of the relations."""
        found = self._kids[word]
        return [k for k in found if self.rel(k) in relations] if relations else found

    def head(self, word: int) -> int:
        """Return the word that a word depends on; a root is its own."""
        return int(self.reading.head[word])

    def rel(self, word: int) -> str:
        """Return how a word depends on its head."""
        return self.reading.relation(word)

    def tag(self, word: int) -> str:
        """Return the part of speech of a word."""
        return self.reading.tag(word)

    def prepositions(self, word: int) -> set[str]:
        """Return the prepositions and markers of a word."""
        return {self.words[k] for k in self.kids(word, "case", "mark")}

    def auxiliaries(self, word: int) -> set[str]:
        """Return the auxiliaries and copulas of a word."""
        return {self.words[k] for k in self.kids(word, "aux", "auxpass", "cop")}

    def passive(self, word: int, depth: int = 0) -> bool:
        """Say whether a verb is passive, as one without auxiliaries or object in a headline is."""
        if self.kids(word, "auxpass", "nsubjpass"):
            return True
        if self.tag(word) not in ("VBN", "VBD") or self.auxiliaries(word) & {*_HAVE}:
            return False
        if self.rel(word) == "conj" and not self.kids(word, "nsubj") and depth < _DEEP:
            return self.passive(self.head(word), depth + 1)
        if self.tag(word) == "VBD":
            return False
        return not self.kids(word, "dobj") and not (
            self.rel(word) == "conj" and not self.auxiliaries(word)
        )

    def subject(self, word: int, depth: int = 0) -> int:
        """Return the grammatical subject of a verb or of what a copula joins, or -1.

        A verb without one borrows it: from the verb that it is joined to, that governs it, or from
        the noun that it describes.
        """
        # Of two subjects, as after a topic ("the centre the Russians hold"), the nearer one.
        for kid in self.kids(word, "nsubj", "nsubjpass", "csubj", "csubjpass")[::-1]:
            relative = self.tag(kid) in _RELATIVE or self.words[kid] == "that"
            if relative and self.rel(word) == "acl:relcl":
                return self.head(word)
            return kid
        head, rel = self.head(word), self.rel(word)
        if depth > _DEEP or head == word:
            return NONE
        if rel == "xcomp":
            objects = self.kids(head, "dobj")
            if objects:
                return objects[0]
            return self.subject(head, depth + 1)
        if rel in ("conj", "dep", "parataxis") and self.is_verb(head):
            return self.subject(head, depth + 1)
        if rel == "advcl":
            return self.subject(head, depth + 1)
        if rel in ("acl", "acl:relcl", "amod"):
            if "to" in self.prepositions(word):  # "an attempt to take": whoever attempts
                return self.owner(head)
            return head
        return NONE

    def owner(self, noun: int) -> int:
        """Return whose a noun is: its possessor, or the subject of the verb that it is object of.

        "Attempts by Russian forces to break through" names it in a by-phrase.
        """
        if self.side(noun):
            return noun
        head = self.head(noun)
        if self.rel(noun) in ("dobj", "nmod", "xcomp") and self.is_verb(head):
            return self.agent(head)
        return NONE

    def is_verb(self, word: int) -> bool:
        """Say whether a word is a verb or carries a copula."""
        return self.tag(word).startswith("VB") or bool(self.kids(word, "cop"))

    def oblique(self, word: int, *prepositions: str) -> int:
        """Return the dependent noun with one of the prepositions, or -1."""
        for kid in self.kids(word, "nmod"):
            if self.prepositions(kid) & {*prepositions}:
                return kid
        return NONE

    def agent(self, verb: int) -> int:
        """Return who acts: the subject, or the by-phrase of a passive."""
        return self.oblique(verb, "by") if self.passive(verb) else self.subject(verb)

    def patient(self, verb: int) -> int:
        """Return who or what is acted on: the object, the subject of a passive, or -1."""
        if self.passive(verb):
            return self.subject(verb)
        objects = self.kids(verb, "dobj")
        if objects:
            return objects[0]
        if self.rel(verb) == "acl:relcl" and self.subject(verb) != self.head(verb):
            return self.head(verb)
        # "Captured and held the city": the object hangs on one of the two.
        for other in [*self.kids(verb, "conj"), *([self.head(verb)] * (self.rel(verb) == "conj"))]:
            near = self.is_verb(other) and not self.passive(other)
            shared = self.kids(other, "dobj") if near else []
            if shared and shared[0] > verb:
                return shared[0]
        return NONE

    def side(self, word: int, depth: int = 0) -> str:
        """Return the side that a phrase belongs to, "" where nothing says.

        The noun itself, its adjectives and possessors come first, then "of", "by" and "from", then
        what it stands in apposition to, and last the mention that a pronoun takes up.
        """
        if word == NONE or depth > _DEEP:
            return ""
        own = self.lexicon.sides.get(self.words[word], "")
        near = self._beside(word)
        near += [k for k in self.kids(word, "nmod") if self.prepositions(k) & _BELONGING]
        inside = (self.side(k, depth + 1) for k in near)
        return own or next((s for s in inside if s), "") or self._taken_up(word, depth)

    def _beside(self, word: int) -> list[int]:
        """Return what can name a noun's side; a root noun's other dependents can be a clause."""
        plain = ("amod", "compound", "nmod:poss")
        loose = () if self.rel(word) == "root" else ("appos", "conj", "nummod", "dep")
        return self.kids(word, *plain, *loose)

    def _taken_up(self, word: int, depth: int) -> str:
        head = self.head(word)
        if self.tag(word) in _RELATIVE and self.rel(head) == "acl:relcl":
            return self.side(self.head(head), depth + 1)
        if self.rel(word) == "appos" and self.words[head] in self.lexicon.sides:
            return self.lexicon.sides[self.words[head]]
        before = self.reading.antecedents.get(word, NONE)
        if before not in (NONE, word):
            return self.side(before, depth + 1)
        # A pronoun that takes up nothing stands for the one side that was named before it.
        named = {self.lexicon.sides[w] for w in self.words[:word] if w in self.lexicon.sides}
        third = self.words[word] in ("they", "them", "their", "it", "its")
        return named.pop() if third and len(named) == 1 else ""

    def particles(self, verb: int) -> set[str]:
        """Return what can complete a verb: its particles, and the prepositions of its phrases."""
        out = set()
        for kid in self.kids(verb, *_COMPLETING):
            out |= {self.words[kid]}
            if self.rel(kid) == "nmod":  # "drove them out of the city"
                out |= self.prepositions(kid)
        if verb + 1 < len(self.words) and self.rel(verb + 1) != "case":
            out.add(self.words[verb + 1])
        return out
