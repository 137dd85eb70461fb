from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from math import log, sqrt

import numpy as np
import pandas as pd

from narrative.naming import class_terms, distinctive_terms, exemplar_claims, term_counts

TEXTS = [
    "bridge bridge river",
    "bridge river ferry",
    "harbour harbour river",
    "harbour river crane",
]
LABELS = ["a", "a", "b", "b"]


def _log_odds(group: str, prior: float = 0.05) -> dict[str, float]:
    """Return z by equation 22 of Monroe, Colaresi and Quinn (2008), in plain Python."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for text, label in zip(TEXTS, LABELS, strict=True):
        words = text.split()
        counts[label == group].update(words)
        counts[label == group].update(f"{a} {b}" for a, b in pairwise(words))
    mine, rest = counts[True], counts[False]
    alpha = {w: prior * (mine[w] + rest[w]) for w in set(mine) | set(rest)}
    a0, n_mine, n_rest = sum(alpha.values()), sum(mine.values()), sum(rest.values())
    z = {}
    for w, a in alpha.items():
        odds = log((mine[w] + a) / (n_mine + a0 - mine[w] - a))
        odds -= log((rest[w] + a) / (n_rest + a0 - rest[w] - a))
        z[w] = odds / sqrt(1 / (mine[w] + a) + 1 / (rest[w] + a))
    return z


def test_terms_are_those_of_the_weighted_log_odds() -> None:
    got = distinctive_terms(TEXTS, LABELS)
    for group, best in (("a", "bridge"), ("b", "harbour")):
        z = _log_odds(group)
        assert max(z, key=lambda w: z[w]) == best
        assert got[group][0] == best
        assert "river" not in got[group]  # as frequent on either side
        assert [z[w] for w in got[group]] == sorted((z[w] for w in got[group]), reverse=True)


def test_no_two_terms_share_a_word() -> None:
    texts = ["the northern bridge burned", "the northern bridge burned", "a quiet market day"]
    terms = distinctive_terms(texts, ["a", "a", "b"])["a"]
    words = [w for t in terms for w in t.split()]
    assert len(words) == len(set(words))


def test_the_number_of_terms_is_bounded() -> None:
    words = ["pine", "palm", "teak", "plum", "pear", "lime", "birch", "cedar", "hazel", "maple"]
    texts = [*words, *words, "other"]
    labels = ["a"] * 20 + ["b"]
    assert len(distinctive_terms(texts, labels, n_terms=3)["a"]) == 3


def test_terms_of_a_class_are_those_of_its_tf_idf() -> None:
    """Grootendorst (2022), equation 2, in plain Python, with shares for frequencies."""
    got = class_terms(TEXTS, LABELS)
    words: dict[str, Counter[str]] = {"a": Counter(), "b": Counter()}
    for text, label in zip(TEXTS, LABELS, strict=True):
        parts = text.split()
        words[label].update([*parts, *(f"{x} {y}" for x, y in pairwise(parts))])
    total = words["a"] + words["b"]
    mean = sum(total.values()) / 2
    for group in ("a", "b"):
        mine = words[group]
        weight = {
            w: n / sum(mine.values()) * log(1 + mean / total[w]) for w, n in mine.items() if n > 1
        }
        assert got[group][0] == max(weight, key=lambda w: weight[w])
        assert set(got[group]) <= set(weight)
        kept = [weight[w] for w in got[group]]
        assert kept == sorted(kept, reverse=True)
    assert "river" in got["a"]  # frequent in both: of each class, not distinctive of any


def test_words_that_stand_everywhere_are_no_terms_of_a_class() -> None:
    texts = [f"что {'мост' if i % 2 else 'порт'}" for i in range(60)]
    got = class_terms(texts, ["a" if i % 2 else "b" for i in range(60)])
    assert "что" not in {w for terms in got.values() for t in terms for w in t.split()}
    few = class_terms(texts[:6], list("bababa"))
    assert "что" in {w for terms in few.values() for t in terms for w in t.split()}


def test_no_texts_have_no_terms() -> None:
    assert distinctive_terms([], []) == {}
    assert class_terms([], []) == {}
    assert class_terms(["it is the 12", "and of"], ["a", "b"]) == {"a": [], "b": []}


def test_stop_words_and_numbers_are_no_terms() -> None:
    assert distinctive_terms(["it is the 12", "and of"], ["a", "b"]) == {"a": [], "b": []}


def test_a_word_said_once_is_no_term() -> None:
    terms = distinctive_terms(["bridge ferry", "bridge crane", "market", "market"], list("aabb"))
    assert terms["a"] == ["bridge"]


MakeClaims = Callable[..., pd.DataFrame]
ANGLES = [0.0, 0.1, -0.1, 0.5, -0.5, 2.0]
VECTORS = np.array([[np.cos(a), np.sin(a)] for a in ANGLES], np.float32)


def said(make_claims: MakeClaims, sources: str) -> pd.DataFrame:
    """Return a claim in words of its own by each of the sources."""
    texts = (f"The bridge over river number {i} burned." for i in range(len(sources)))
    return make_claims(*({"source_id": s, "text": t} for s, t in zip(sources, texts, strict=True)))


def test_exemplars_are_the_most_central_claims(make_claims: MakeClaims) -> None:
    got = exemplar_claims(said(make_claims, "uvwxyz"), VECTORS, ["a"] * 5 + ["b"])
    assert got == {"a": ["c000", "c001", "c002"], "b": ["c005"]}  # equal distance: by id


def test_exemplars_come_from_different_sources_where_they_can(make_claims: MakeClaims) -> None:
    labels = ["a"] * 5 + ["b"]
    got = exemplar_claims(said(make_claims, "xxxyyz"), VECTORS, labels)
    assert got["a"] == ["c000", "c003", "c001"]
    same = exemplar_claims(said(make_claims, "xxxxxx"), VECTORS, labels)
    assert same["a"] == ["c000", "c001", "c002"]


def test_what_many_print_is_one_exemplar(make_claims: MakeClaims) -> None:
    claims = said(make_claims, "uvwxyz")
    claims.loc[[0, 1, 2], "text"] = "The bridge over the river burned."
    got = exemplar_claims(claims, VECTORS, ["a"] * 5 + ["b"])
    assert got["a"] == ["c000", "c003", "c004"]


def test_exemplars_do_not_depend_on_order(make_claims: MakeClaims) -> None:
    claims = said(make_claims, "xyxyxz")
    order = [3, 5, 0, 2, 4, 1]
    first = exemplar_claims(claims, VECTORS, ["a"] * 6)
    assert first == exemplar_claims(claims.iloc[order], VECTORS[order], ["a"] * 6)


def test_a_source_is_not_needed(make_claims: MakeClaims) -> None:
    claims = said(make_claims, "xxxxxx")[["claim_id", "text"]]
    got = exemplar_claims(claims, VECTORS, ["a"] * 5 + ["b"], n_exemplars=2)
    assert got == {"a": ["c000", "c001"], "b": ["c005"]}


def test_fragments_are_exemplars_only_where_nothing_else_is_left(make_claims: MakeClaims) -> None:
    whole = "The bridge over the river burned."
    texts = ["a heavy loss", *(f"{whole} {i}" for i in (1, 2)), "mounting losses",
             *(f"{whole} {i}" for i in (4, 5))]  # fmt: skip
    claims = make_claims(*({"source_id": f"s{i}", "text": t} for i, t in enumerate(texts)))
    got = exemplar_claims(claims, VECTORS, ["a"] * 5 + ["b"], n_exemplars=4)
    assert got["a"] == ["c001", "c002", "c004", "c000"]


def test_exemplars_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(0)
    n = 300
    vectors = rng.standard_normal((n, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    words = ["the\u00a0town", "fell", "to", "the", "army", "at last"]
    claims = pd.DataFrame(
        {
            "claim_id": [f"c{i}" for i in rng.permutation(n)],
            "text": [
                " ".join([*words[: rng.integers(1, 7)], str(rng.integers(9))]) for _ in range(n)
            ],
            "source_id": [f"s{i}" for i in rng.integers(0, 5, n)],
        }
    )
    labels = [f"g{i}" for i in rng.integers(0, 4, n)]
    got = exemplar_claims(claims, vectors, labels, n_exemplars=8)
    for group in sorted(set(labels)):
        rows = [i for i, g in enumerate(labels) if g == group]
        centre = vectors[rows].astype(float).mean(axis=0)

        def order(i: int, centre: np.ndarray = centre) -> tuple[bool, float, str]:
            few = len(claims["text"][i].split()) < 6
            return few, -round(float(vectors[i] @ centre), 9), claims["claim_id"][i]

        said: set[str] = set()
        voices: set[str] = set()
        first, later = [], []
        for i in sorted(rows, key=order):
            if claims["text"][i] in said:
                continue
            said.add(claims["text"][i])
            (later if claims["source_id"][i] in voices else first).append(claims["claim_id"][i])
            voices.add(claims["source_id"][i])
        assert got[group] == [*first, *later][:8]


def test_terms_counted_once_are_those_counted_twice() -> None:
    counts = term_counts(TEXTS, LABELS)
    assert counts.groups == ["a", "b"]
    assert counts.texts[list(counts.names).index("river")] == 4
    assert distinctive_terms(TEXTS, LABELS, counts=counts) == distinctive_terms(TEXTS, LABELS)
    assert class_terms(TEXTS, LABELS, counts=counts) == class_terms(TEXTS, LABELS)
