"""Claims in pieces: the framings of the whole, however it is cut, and never all in memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from narrative import naming, terms
from narrative.codebook import Codebook, Framing
from narrative.framings import (
    Assigner,
    FramingModel,
    FramingSettings,
    Piece,
    Results,
    discovery,
    fit_framings,
    fit_pieces,
    model,
)
from narrative.framings.discovery import draw_units
from narrative.naming import exemplar_claims, most_central, of_different_sources
from narrative.terms import merged_counts, term_counts, term_table

BOOK = Codebook(
    (
        Framing("hold", "H", "", "The defence holds.", "", (), ()),
        Framing("advance", "A", "", "The army advances.", "", (), ()),
    )
)
WORDS = ["bridge", "harbour", "market", "river", "school", "road", "station", "tower"]


def corpus(n: int = 400, dims: int = 24) -> tuple[Piece, np.ndarray]:
    """Return claims around eight centres, two of which the codebook has, some of them copies."""
    rng = np.random.default_rng(11)
    truth = rng.integers(0, 8, n)
    centres = rng.standard_normal((8, dims))
    rows = (centres[truth] + 0.6 * rng.standard_normal((n, dims))).astype(np.float32)
    rows[::9], truth[::9] = rows[1::9][: len(rows[::9])], truth[1::9][: len(rows[::9])]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    claims = pd.DataFrame(
        {
            "claim_id": [f"c{i:04d}" for i in range(n)],
            "doc_id": [f"d{i // 4:03d}" for i in range(n)],
            "sent_index": np.arange(n) % 4,
            "text": [
                f"The {WORDS[k]} by the old {WORDS[rng.integers(8)]} burned down again {i % 7}."
                for i, k in enumerate(truth)
            ],
            "source_id": [f"s{i % 5}" for i in range(n)],
        }
    )
    membership = np.column_stack([truth == 6, truth == 7]).astype(np.float32) * np.float32(0.7)
    groups = claims["doc_id"].to_numpy(object)
    return Piece(claims, rows, np.roll(rows, 1, axis=1), membership, groups), truth


def cut(whole: Piece, at: list[int]) -> Iterator[Piece]:
    """Yield the claims between positions."""
    for start, end in zip([0, *at], [*at, len(whole.claims)], strict=True):
        part = slice(start, end)
        yield Piece(
            whole.claims.iloc[part].reset_index(drop=True), whole.vectors[part],
            whole.about[part], None if whole.membership is None else whole.membership[part],
            None if whole.groups is None else whole.groups[part],
        )  # fmt: skip


def in_pieces(
    pieces: Callable[[], Iterator[Piece]], book: Codebook | None, **options: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return framings and assignments, of which the second are made piece by piece."""

    def assign(assigner: Assigner) -> Results:
        def each(name: str) -> Callable[[], Iterator[Any]]:
            return lambda: (
                getattr(assigner(p.claims["text"].tolist(), p.about, p.membership), name)
                for p in pieces()
            )

        return Results(each("codes"), each("best"), each("terms"))

    fitted = fit_pieces(pieces, assign, book, **options)
    found = zip(pieces(), fitted.results.codes(), fitted.results.best(), strict=True)
    parts = [fitted.assignments(p.claims["claim_id"], codes, best) for p, codes, best in found]
    return fitted.framings, pd.concat(parts, ignore_index=True)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let draws be taken from a few hundred rows."""
    monkeypatch.setattr(model, "REFINED", 120)
    monkeypatch.setattr(discovery, "CERTIFIED", 90)
    monkeypatch.setattr(
        FramingSettings,
        "model",
        lambda self, state=0: FramingModel(max_exact=80, random_state=state),
    )


CUTS = [[200], [0, 7, 8, 300, 400], list(range(4, 400, 4))]


@pytest.mark.parametrize("book", [None, BOOK], ids=["discovered", "codebook"])
@pytest.mark.parametrize("at", CUTS)
def test_framings_of_pieces_are_those_of_the_whole(book: Codebook | None, at: list[int]) -> None:
    _same_as_whole(book, at)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("book", [None, BOOK], ids=["discovered", "codebook"])
@pytest.mark.parametrize("at", CUTS)
def test_draws_of_pieces_are_those_of_the_whole(book: Codebook | None, at: list[int]) -> None:
    _same_as_whole(book, at)


def _same_as_whole(book: Codebook | None, at: list[int]) -> None:
    whole, _ = corpus()
    options: dict[str, Any] = {"settings": FramingSettings(n_boot=4), "random_state": 3}
    expected = fit_framings(
        whole.claims, whole.vectors, book, membership=whole.membership, about=whole.about,
        groups=whole.groups, **options,
    )  # fmt: skip
    if book is None:
        whole = whole._replace(membership=None)
    got = in_pieces(partial(cut, whole, at), book, **options)
    assert (expected[0]["origin"] == "discovered").sum() >= 3
    for one, two in zip(got, expected, strict=True):
        pd.testing.assert_frame_equal(one.astype(two.dtypes), two)


@pytest.mark.usefixtures("few")
def test_framings_are_numbered_by_all_claims_that_they_got() -> None:
    whole, _ = corpus()
    framings, assignments = in_pieces(
        partial(cut, whole, [100, 350]), BOOK, settings=FramingSettings(n_boot=0)
    )
    counts = assignments["framing_id"].value_counts()
    found = framings[framings["origin"] == "discovered"]
    assert found["n_claims"].tolist() == [counts[f] for f in found["framing_id"]]
    assert found["n_claims"].is_monotonic_decreasing


@pytest.mark.usefixtures("few")
def test_vectors_are_never_all_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    n, each, dims = 40, 1000, 128
    monkeypatch.setattr(naming, "_SORTED", 2000)
    monkeypatch.setattr(terms, "_MERGED", 2000)
    monkeypatch.setattr(terms, "_SLOTS", 2**16)
    centres = np.random.default_rng(0).standard_normal((6, dims)).astype(np.float32)

    def pieces() -> Iterator[Piece]:
        for number in range(n):
            rng = np.random.default_rng(number)
            of = rng.integers(0, 6, each)
            rows = centres[of] + rng.standard_normal((each, dims), dtype=np.float32) / 2
            at = np.arange(number * each, (number + 1) * each)
            claims = pd.DataFrame(
                {"claim_id": [f"c{i:06d}" for i in at], "doc_id": [f"d{i // 9}" for i in at],
                 "sent_index": 0, "text": [f"The {WORDS[k]} burned down." for k in of],
                 "source_id": "s"}
            )  # fmt: skip
            yield Piece(claims, rows, rows, None)

    tracemalloc.start()
    framings, assignments = in_pieces(pieces, None, settings=FramingSettings(n_boot=1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert framings["n_claims"].sum() > 0.9 * n * each
    assert len(assignments) == n * each
    vectors = n * each * dims * 4
    assert peak < vectors, f"{peak:,} bytes, where all vectors have {vectors:,}"


# What is drawn for the certificate


def _units(at: list[int], m: int, state: int = 0) -> list[str]:
    whole, _ = corpus()
    blocks = ((p.groups, p.vectors, np.arange(len(p.groups))) for p in cut(whole, at))
    drawn = draw_units(blocks, m, state)
    assert drawn.n_rows == 400
    assert len(drawn.rows) == len(drawn.names) == len(drawn.at) <= m
    return drawn.names.tolist()


def test_whole_documents_are_drawn_however_they_are_cut() -> None:
    first = _units([], 50)
    assert len(first) == 48  # of four claims each
    assert (pd.Series(first).value_counts() == 4).all()
    for at in CUTS:
        assert _units(at, 50) == first
    assert _units([], 50, 1) != first
    assert _units([9], 400) == [f"d{i // 4:03d}" for i in range(400)]


def test_a_document_that_is_more_than_may_be_drawn_is_not() -> None:
    rows = np.zeros((30, 2))
    names = np.array(["one"] * 30, dtype=object)
    assert len(draw_units([(names, rows, np.arange(30))], 10, 0).rows) == 0


# Terms and exemplars


@pytest.mark.parametrize("merged", [1, 50, 10**6])
def test_terms_added_up_are_those_of_all_texts(
    monkeypatch: pytest.MonkeyPatch, merged: int
) -> None:
    monkeypatch.setattr(terms, "_MERGED", merged)
    whole, truth = corpus()
    texts, codes = [*whole.claims["text"], "It is.", "наступ триває"], [*truth - 1, 12, 12]
    labels = {k: f"g{9 - k}" for k in [*range(-1, 7), 12]}
    expected = term_counts(texts, [labels[k] for k in codes])
    parts = [slice(0, 3), slice(3, 250), slice(250, 250), slice(250, None)]
    tables = [term_table(texts[p], np.array(codes[p], dtype=np.int64)) for p in parts]
    got = merged_counts(lambda: iter(tables), labels, len(texts))
    assert got.groups == expected.groups
    often = np.asarray(expected.counts.sum(axis=0)).ravel() > 1  # others are terms of no group
    assert not often.all()
    assert got.names.tolist() == expected.names[often].tolist()
    np.testing.assert_array_equal(got.counts.toarray(), expected.counts.toarray()[:, often])
    np.testing.assert_array_equal(got.texts, expected.texts[often])
    np.testing.assert_array_equal(got.sizes, expected.sizes)
    assert got.n_texts == expected.n_texts
    for describe in (naming.distinctive_terms, naming.class_terms):
        assert describe([], [], counts=got) == describe([], [], counts=expected)


def test_texts_without_a_term_have_none() -> None:
    tables = [term_table(["it is", "12"], np.zeros(2, np.int64)), term_table([], np.zeros(0, int))]
    got = merged_counts(lambda: iter(tables), {0: "a"}, 2)
    assert got.counts is None
    assert naming.class_terms([], [], counts=got) == {"a": []}


def test_of_one_text_every_term_counts() -> None:
    text = ["The bridge burned."]
    got = merged_counts(lambda: iter([term_table(text, np.zeros(1, np.int64))]), {0: "a"}, 1)
    expected = naming.distinctive_terms(text, ["a"])
    assert naming.distinctive_terms([], [], counts=got) == expected
    assert naming.class_terms([], [], counts=got) == naming.class_terms(text, ["a"])


def test_terms_that_each_stand_once_are_terms_of_no_group() -> None:
    tables = [term_table([t], np.array([k])) for k, t in enumerate(["bridge fell", "market rose"])]
    got = merged_counts(lambda: iter(tables), {0: "a", 1: "b"}, 2)
    assert naming.distinctive_terms([], [], counts=got) == {"a": [], "b": []}
    assert naming.class_terms([], [], counts=got) == {"a": [], "b": []}


def test_slots_that_terms_share_change_no_term(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, truth = corpus()
    table = term_table(whole.claims["text"].tolist(), truth)
    labels = {k: str(k) for k in range(8)}
    found = []
    for slots in (2**27, 3):
        monkeypatch.setattr(terms, "_SLOTS", slots)
        counts = merged_counts(lambda: iter([table]), labels, 400)
        found.append(naming.distinctive_terms([], [], counts=counts))
    assert found[0] == found[1]


@pytest.mark.parametrize("held", [1, 100, 10**6])
def test_exemplars_of_pieces_are_those_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    whole, truth = corpus()
    expected = exemplar_claims(whole.claims, whole.vectors, [str(k) for k in truth])
    means = np.array([whole.vectors[truth == k].astype(float).mean(axis=0) for k in range(8)])
    near = np.einsum("ij,ij->i", whole.vectors.astype(float), means[truth])
    monkeypatch.setattr(naming, "_SORTED", held)
    monkeypatch.setattr(naming, "_CENTRAL", 20)
    parts = (slice(i, i + 30) for i in range(0, 400, 30))
    table = most_central(naming.central(whole.claims.iloc[p], truth[p], near[p]) for p in parts)
    assert (table["group"].value_counts() <= 20).all()
    assert {str(k): v for k, v in of_different_sources(table).items()} == expected
