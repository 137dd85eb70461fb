from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.metrics.pairwise import cosine_similarity
from test_framing_model import SIZES, unit
from test_framing_model import blobs as three_blobs

from narrative.codebook import Codebook, Framing
from narrative.errors import InputError
from narrative.framings import (
    FramingCard,
    FramingSettings,
    discovery_vectors,
    fit_framings,
    guided_membership,
    knows,
    stance_aware,
    stance_scores,
)
from narrative.normalise import default_normaliser
from narrative.schema import TABLES

BOOK = Codebook(
    (
        Framing("advance", "A", "", "The army advances.", "", ("The town fell.",), ()),
        Framing("hold", "H", "", "The defence holds.", "", (), ("The line broke.",)),
    )
)
MakeClaims = Callable[..., pd.DataFrame]


@pytest.fixture
def blobs(make_claims: MakeClaims) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rows, truth = three_blobs()
    vectors = rows.astype(np.float32)
    words = ["bridge", "harbour", "market"]
    claims = make_claims(
        *(
            {"text": f"The {words[k]} burned {i}.", "doc_id": f"d{i % 12}"}
            for i, k in enumerate(truth)
        )
    )
    return claims, vectors, truth


# Guided membership


def test_nearness_is_the_mean_of_the_three_nearest_sentences(encoder: Any) -> None:
    texts = ["The town fell.", "The defence holds the line.", "Prices rose by a tenth."]
    got = guided_membership(
        encoder.encode(texts), BOOK, encoder, default_normaliser(), temperature=0.05
    )
    near = np.column_stack(
        [
            np.sort(cosine_similarity(encoder.encode(texts), encoder.encode(f.texts)))[:, -3:].mean(
                axis=1
            )
            for f in BOOK.framings
        ]
    )
    with_nothing = np.column_stack([near, np.full(3, 0.35)])
    np.testing.assert_allclose(got, softmax(with_nothing / 0.05, axis=1)[:, :2], atol=1e-6)
    assert (got.sum(axis=1) <= 1).all()
    assert got.argmax(axis=1).tolist()[:2] == [0, 1]
    assert got[2].max() < 0.4  # abstains
    eager = guided_membership(
        encoder.encode(texts), BOOK, encoder, default_normaliser(), temperature=0.05, floor=-1
    )
    np.testing.assert_allclose(eager, softmax(near / 0.05, axis=1), atol=1e-6)


def test_a_trained_head_is_used_where_it_knows_every_framing(
    encoder: Any, make_adapter: Callable[..., Any]
) -> None:
    adapter = make_adapter(
        encoder,
        {"hold": "The defence holds.", "x": "Another story.", "advance": "The army advances."},
    )
    vectors = encoder.encode(["The army advances.", "The defence holds."])
    got = guided_membership(vectors, BOOK, encoder, default_normaliser(), adapter=adapter)
    weight, bias = adapter.tensors["head.framing.weight"], adapter.tensors["head.framing.bias"]
    head = softmax(vectors @ weight.T + bias, axis=1)
    np.testing.assert_allclose(got, head[:, [2, 0]], atol=1e-6)  # in the codebook's order


def test_a_framing_that_the_head_does_not_know_falls_back_on_nearness(
    encoder: Any, make_adapter: Callable[..., Any]
) -> None:
    vectors = encoder.encode(["The army advances.", "The defence holds."])
    plain = guided_membership(vectors, BOOK, encoder, default_normaliser())
    for propositions in (
        {"advance": "The army advances."},
        {"advance": "The army advances.", "hold": "The defence is holding."},
    ):
        adapter = make_adapter(encoder, propositions)
        got = guided_membership(vectors, BOOK, encoder, default_normaliser(), adapter=adapter)
        np.testing.assert_array_equal(got, plain)


def test_no_claims_have_no_membership(encoder: Any) -> None:
    got = guided_membership(encoder.encode([]), BOOK, encoder, default_normaliser())
    assert got.shape == (0, 2)


# Both together


def test_a_claim_below_the_threshold_belongs_to_no_framing(make_claims: MakeClaims) -> None:
    claims = make_claims({}, {}, {}, {})
    membership = np.array([[0.9, 0.1], [0.2, 0.4], [0.39, 0.39], [0.0, 0.0]])
    framings, assignments = fit_framings(
        claims,
        np.eye(4, dtype=np.float32),
        BOOK,
        membership=membership,
        settings=FramingSettings(min_membership=0.4, discover=False),
    )
    assert assignments["framing_id"].tolist() == ["advance", "hold", "-1", "-1"]
    assert assignments["membership"].tolist() == [0.9, 0.4, 0.39, 0.0]
    assert framings.set_index("framing_id")["n_claims"].to_dict() == {"advance": 1, "hold": 1}
    assert framings["stability"].isna().all()


def test_three_blobs_without_a_codebook_are_discovered(blobs: Any) -> None:
    claims, vectors, truth = blobs
    framings, assignments = fit_framings(claims, vectors, None)
    assert list(framings.columns) == list(TABLES["framings"])
    assert framings["framing_id"].tolist() == ["discovered_00", "discovered_01", "discovered_02"]
    assert framings["n_claims"].tolist() == list(SIZES)
    assert set(framings["origin"]) == {"discovered"}
    assert (framings["proposition"] == "").all()
    assert (framings["stability"] > 0.9).all()
    found = assignments.set_index("claim_id")["framing_id"].loc[claims["claim_id"]]
    assert found.tolist() == [f"discovered_{k:02d}" for k in truth]
    for label, terms, word in zip(
        framings["label"], framings["terms"], ["bridge", "harbour", "market"], strict=True
    ):
        assert terms.split("|")[0] == word
        assert label.split(" / ")[0] == word
    for framing in framings.itertuples():
        exemplars = str(framing.exemplar_claim_ids).split("|")
        assert len(exemplars) == 3
        mine = assignments[assignments["framing_id"] == framing.framing_id]
        assert set(exemplars) <= set(mine["claim_id"])


def test_discovery_only_sees_what_the_codebook_leaves(blobs: Any) -> None:
    claims, vectors, truth = blobs
    membership = np.zeros((len(claims), 2))
    membership[truth == 0, 1] = 0.8
    framings, assignments = fit_framings(claims, vectors, BOOK, membership=membership)
    assert framings.set_index("framing_id")["n_claims"].to_dict() == {
        "advance": 0,
        "hold": SIZES[0],
        "discovered_00": SIZES[1],
        "discovered_01": SIZES[2],
    }
    assert framings.set_index("framing_id")["label"].to_dict()["hold"] == "H"
    held = assignments.loc[assignments["framing_id"] == "hold", "claim_id"]
    assert set(held) == set(claims.loc[truth == 0, "claim_id"])


@pytest.mark.parametrize("book", [None, BOOK], ids=["discovered", "codebook"])
def test_the_order_of_claims_does_not_matter(blobs: Any, book: Codebook | None) -> None:
    claims, vectors, truth = blobs
    membership = np.column_stack([truth == 1, truth == 5]).astype(float)
    order = np.random.default_rng(3).permutation(len(claims))
    first = fit_framings(claims, vectors, book, membership=membership)
    second = fit_framings(claims.iloc[order], vectors[order], book, membership=membership[order])
    for a, b in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(a, b)


@pytest.mark.parametrize("book", [None, BOOK], ids=["discovered", "codebook"])
@pytest.mark.parametrize("n", [0, 1])
def test_no_claim_and_one_claim_are_no_framing(
    make_claims: MakeClaims, n: int, book: Codebook | None
) -> None:
    claims = make_claims({}).iloc[:n]
    framings, assignments = fit_framings(
        claims, np.ones((n, 8), np.float32), book, membership=np.zeros((n, 2))
    )
    assert assignments["framing_id"].tolist() == ["-1"] * n
    assert list(framings.columns) == list(TABLES["framings"])
    assert framings["framing_id"].tolist() == ([] if book is None else ["advance", "hold"])
    assert framings["n_claims"].sum() == 0


def test_claims_that_are_all_the_same_are_no_framing(make_claims: MakeClaims) -> None:
    """One sentence that many print is one claim, copied."""
    claims = make_claims(*({"text": "The bridge burned.", "doc_id": f"d{i}"} for i in range(12)))
    framings, assignments = fit_framings(claims, np.ones((12, 8), np.float32), None)
    assert set(assignments["framing_id"]) == {"-1"}
    assert framings.empty


def test_discovery_can_be_left_out(blobs: Any) -> None:
    claims, vectors, _ = blobs
    framings, assignments = fit_framings(
        claims, vectors, None, settings=FramingSettings(discover=False)
    )
    assert framings.empty
    assert set(assignments["framing_id"]) == {"-1"}


def test_lengths_that_differ_are_refused(make_claims: MakeClaims) -> None:
    with pytest.raises(InputError, match="got 3 vectors for 2 claims; expected one each"):
        fit_framings(make_claims({}, {}), np.eye(3, dtype=np.float32), None)


@pytest.mark.parametrize("membership", [None, np.zeros((2, 1)), np.zeros((1, 2))])
def test_a_codebook_without_its_membership_is_refused(
    make_claims: MakeClaims, membership: np.ndarray | None
) -> None:
    with pytest.raises(InputError, match=r"a codebook needs membership of shape \(n_claims, n_f"):
        fit_framings(make_claims({}, {}), np.eye(2, dtype=np.float32), BOOK, membership=membership)


def test_discovery_groups_what_claims_are_about(blobs: Any) -> None:
    claims, vectors, _ = blobs
    alike = np.tile(vectors[:1], (len(vectors), 1))
    found, expected = (
        fit_framings(claims, v, None, about=a)[1]["framing_id"].tolist()
        for v, a in ((alike, vectors), (vectors, None))
    )
    assert found == expected
    assert len(set(found)) > 1
    with pytest.raises(InputError, match="got 1 vectors for"):
        fit_framings(claims, vectors, None, about=vectors[:1])


# What is known of a discovered framing


def test_discovered_framings_carry_their_certificate(blobs: Any) -> None:
    claims, vectors, _ = blobs
    sure = fit_framings(claims, vectors, None)[0]
    assert set(sure["certificate"]) == {"stable"}
    none = fit_framings(claims, vectors, None, settings=FramingSettings(n_boot=0))[0]
    assert set(none["certificate"]) == {"not measured"}
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((len(claims), 24)).astype(np.float32)
    loose = FramingSettings(distance_threshold=0.95, min_similarity=-1, min_cluster_size=4)
    weak = fit_framings(claims, noise, None, settings=loose)[0]
    assert set(weak["certificate"]) == {"unstable"}
    assert (weak["stability"] < 0.6).all()
    assert (weak["stability_low"] <= weak["stability"]).all()
    assert weak["label"].str.endswith(" (unstable)").all()


def test_what_was_drawn_for_the_certificate_is_told(blobs: Any) -> None:
    claims, vectors, _ = blobs

    def over(**given: Any) -> set[str]:
        settings = FramingSettings(n_boot=1)
        return set(
            fit_framings(claims, vectors, None, settings=settings, **given)[0].stability_over
        )

    assert over() == {"documents"}
    assert over(groups=[f"g{i}" for i in range(len(claims))]) == {"groups of copies"}
    assert over(groups=["one"] * len(claims)) == {"sentences"}
    with pytest.raises(InputError, match="got 1 groups for 36 claims; expected one each"):
        over(groups=["one"])


def test_the_nearest_proposition_and_the_coarse_group_are_told(blobs: Any) -> None:
    claims, vectors, _ = blobs
    propositions = np.eye(24, dtype=np.float32)[[2, 1]]
    membership = np.zeros((len(claims), 2))
    settings = FramingSettings(coarse_threshold=2, n_boot=2)
    framings, _ = fit_framings(
        claims, vectors, BOOK, membership=membership, propositions=propositions, settings=settings
    )
    found = framings[framings["origin"] == "discovered"]
    assert found["nearest"].tolist()[1:] == ["hold", "advance"]
    assert (found["nearest_similarity"][1:] > 0.9).all()
    assert found["parent"].tolist() == ["group_00"] * 3
    assert (framings.loc[framings["origin"] == "codebook", ["nearest", "parent"]] == "").all(
        axis=None
    )
    with pytest.raises(InputError, match="got 1 vectors for 2 propositions; expected one each"):
        fit_framings(claims, vectors, BOOK, membership=membership, propositions=propositions[:1])


def test_the_nearest_proposition_is_told_by_the_order_of_the_codebook(blobs: Any) -> None:
    claims, vectors, _ = blobs
    book = Codebook(BOOK.framings[::-1])  # not by id, as the table of framings is
    framings, _ = fit_framings(
        claims, vectors, book, membership=np.zeros((len(claims), 2)),
        propositions=np.eye(24, dtype=np.float32)[:2], settings=FramingSettings(n_boot=1),
    )  # fmt: skip
    found = framings[framings["origin"] == "discovered"]
    assert found["nearest"].tolist()[:2] == ["hold", "advance"]


def test_exemplars_are_central_among_what_was_grouped(blobs: Any) -> None:
    claims, vectors, truth = blobs
    about = vectors.copy()
    about[truth == 0] = vectors[0]  # one of them in the midst of all
    about[np.flatnonzero(truth == 0)[:-1]] += 0.3 * np.eye(24, dtype=np.float32)[5:18]
    about = unit(about).astype(np.float32)
    framings, _ = fit_framings(claims, vectors, None, about=about)
    last = claims["claim_id"].iloc[np.flatnonzero(truth == 0)[-1]]
    assert framings["exemplar_claim_ids"].iloc[0].split("|")[0] == last


def test_two_framings_of_one_name_are_told_apart(blobs: Any) -> None:
    claims, vectors, _ = blobs
    framings, _ = fit_framings(claims, vectors, None, namer=lambda card: " The war ")
    assert framings["label"].tolist() == [
        "The war", "The war (discovered_01)", "The war (discovered_02)",
    ]  # fmt: skip


def test_a_namer_names_what_was_discovered_and_nothing_else(blobs: Any) -> None:
    claims, vectors, truth = blobs
    seen: list[FramingCard] = []

    def namer(card: FramingCard) -> str:
        seen.append(card)
        return f"On the {card.terms[0]}"

    membership = np.zeros((len(claims), 2))
    membership[truth == 0, 0] = 1
    framings, _ = fit_framings(claims, vectors, BOOK, membership=membership, namer=namer)
    assert framings["label"].tolist() == ["A", "On the harbour", "On the market", "H"]
    assert [c.framing_id for c in seen] == ["discovered_00", "discovered_01"]
    assert seen[0].n_claims == SIZES[1]
    assert len(seen[0].exemplars) == 3
    assert all("harbour" in t for t in seen[0].exemplars)
    assert seen[0].class_terms[0] == "harbour"
    for bad in ("", "  ", None):
        with pytest.raises(InputError, match=r"the namer gave .* for discovered_00; expected"):
            fit_framings(claims, vectors, None, namer=lambda card, bad=bad: bad)


def test_the_side_parts_a_claim_from_its_denial_and_topic_the_rest() -> None:
    topic = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0.8, 0.6]], np.float32)
    scores = np.array([[1, 0], [-1, 0], [0, 0], [1, 0], [0, 0]], np.float32)
    for weight in (0.0, 1.0, 3.0):
        got = stance_aware(topic, scores, weight)
        assert np.linalg.norm(got, axis=1) == pytest.approx(1)
        square = weight**2
        expected = {
            (0, 1): (1 - square) / (1 + square),  # its denial
            (0, 3): square / (1 + square),  # the same side of another topic
            (0, 2): 1 / np.sqrt(1 + square),  # the same topic, no side
            (2, 4): 0.8,  # neither takes a side: topic alone
        }
        for (i, j), cosine in expected.items():
            assert got[i] @ got[j] == pytest.approx(cosine, abs=1e-6)


def test_a_claim_with_many_sides_weighs_no_more_than_one_with_one() -> None:
    topic = np.array([[1, 0], [0, 1]], np.float32)
    one, many = np.eye(4, dtype=np.float32)[[0, 0]], np.ones((2, 4), np.float32)
    for scores in (one, many):
        a, b = stance_aware(topic, scores, 1.0)
        assert a @ b == pytest.approx(0.5)


class _Heads:
    """Two heads that read their scores off the vector; one lists its sides the other way round."""

    meta: dict[str, Any] = {
        "heads": {
            "framing": ["advance", "hold"],
            "advance": ["against", "none", "favor"],
            "hold": ["favor", "none", "against"],
        },
        "propositions": {f.framing_id: f.proposition for f in BOOK.framings},
    }

    def probabilities(self, vectors: np.ndarray, head: str) -> np.ndarray:
        return vectors[:, :3] if head == "advance" else vectors[:, 3:]


def test_discovery_joins_scores_where_the_network_knows_the_codebook() -> None:
    topic = np.array([[1, 0], [0, 1]], np.float32)
    stance = np.array([[0.1, 0.2, 0.7, 0.6, 0.3, 0.1], [1, 0, 0, 0, 0, 1]], np.float32)
    scores = stance_scores(_Heads(), stance, BOOK)
    assert scores == pytest.approx(np.array([[0.6, 0.5], [-1, -1]]), abs=1e-6)
    got = discovery_vectors(topic, stance, _Heads(), BOOK, 2.0)
    assert got == pytest.approx(stance_aware(topic, scores, 2.0))
    other = Codebook((*BOOK.framings, Framing("new", "N", "", "A third thing.", "", (), ())))
    for book in (None, other):
        assert discovery_vectors(topic, stance, _Heads(), book, 2.0) is topic


def test_stance_aware_vectors_need_both_for_every_claim() -> None:
    with pytest.raises(InputError, match="got 3 vectors and 2 rows of scores"):
        stance_aware(np.eye(3, dtype=np.float32), np.eye(2, dtype=np.float32), 1.0)


def test_a_network_knows_framings_as_they_are_worded() -> None:
    adapter = SimpleNamespace(
        meta={
            "heads": {"framing": ["advance", "hold"], "advance": [], "hold": []},
            "propositions": {f.framing_id: f.proposition for f in BOOK.framings},
        }
    )
    assert knows(adapter, BOOK)
    adapter.meta["propositions"][BOOK.framings[0].framing_id] = "In other words."
    assert not knows(adapter, BOOK)
    adapter.meta["propositions"] = {}
    assert not knows(adapter, BOOK)
