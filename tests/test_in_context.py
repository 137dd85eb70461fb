from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from narrative.adapter import load_adapter
from narrative.errors import InputError
from narrative.normalise import default_normaliser
from narrative.stance import score_certainty, score_stance, stance_model
from narrative.stance.in_context import (
    AFTER,
    BEFORE,
    SEPARATOR,
    ClaimEncoder,
    alone,
    claim_inputs,
    in_place,
    pieces,
    place,
    tokens,
    with_place,
)

TEXT = "The garrison left in the night.\n\nIt does not matter, he said.  Nobody asked."
AT = TEXT.index("It does")
END = AT + len("It does not matter")


def test_a_place_is_what_stands_beside_in_single_spaces() -> None:
    assert place(TEXT, AT, END) == ("The garrison left in the night.", ", he said. Nobody asked.")
    assert place(TEXT, 0, len(TEXT)) == ("", "")


@pytest.mark.parametrize("shift", range(8))
def test_a_place_has_whole_words_and_no_more_than_the_window(shift: int) -> None:
    text = "x" * shift + " seven words" * 60
    start = text.index("seven", 300)
    before, after = place(text, start, start + len("seven words"))
    assert len(before) <= BEFORE
    assert len(after) <= AFTER
    assert set(before.split()) == set(after.split()) == {"seven", "words"}
    assert len(before) > BEFORE - 12


def test_a_word_longer_than_the_window_leaves_no_place() -> None:
    text = "a" * 400 + " fell " + "b" * 400
    assert place(text, 401, 405) == ("", "")


def test_claims_get_the_place_of_their_own_document() -> None:
    documents = pd.DataFrame({"doc_id": ["a", "b"], "text": [TEXT, "He left."]})
    claims = pd.DataFrame({"doc_id": ["b", "a"], "start": [0, AT], "end": [7, END]})
    placed = with_place(claims, documents)
    assert placed["before"].tolist() == ["", "The garrison left in the night."]
    assert placed["after"].tolist() == [".", ", he said. Nobody asked."]
    with pytest.raises(InputError, match=r"documents: no document 'b', which claims are of"):
        with_place(claims, documents.iloc[:1])
    with pytest.raises(InputError, match=r"claims: column\(s\) start, end missing"):
        with_place(claims[["doc_id"]], documents)
    with pytest.raises(InputError, match=r"documents: column\(s\) text missing"):
        with_place(claims, documents[["doc_id"]])
    with pytest.raises(InputError, match=r"row 0 has start=0, end=99; document 'b' has 8 char"):
        with_place(claims.assign(end=99), documents)
    assert with_place(claims.iloc[:0], documents)["before"].tolist() == []


def test_place_and_claim_are_normalised_for_the_speaker() -> None:
    claims = pd.DataFrame(
        {"text": ["The enemy left."], "before": ["Our troops hold Kupiansk."], "after": [None]}
    )
    normaliser = default_normaliser()
    (joined,) = claim_inputs(claims, ["ukrainian"], normaliser)
    before, claim, after = joined.split(SEPARATOR)
    assert before == normaliser("Our troops hold Kupiansk.", "ukrainian")
    assert claim == alone(joined) == "Russian forces left."
    assert after == ""
    (by_itself,) = claim_inputs(claims[["text"]], ["ukrainian"], normaliser)
    assert by_itself == alone(by_itself) == "Russian forces left."
    assert in_place("", "x", "") == "x"
    (half,) = claim_inputs(claims[["text", "before"]], ["ukrainian"], normaliser)
    assert half == joined


def test_a_mark_in_the_text_divides_nothing() -> None:
    marked = f"It {SEPARATOR} does {SEPARATOR} not."
    assert alone(in_place("", marked, "")) == "It   does   not."
    assert alone(in_place(marked, marked, "")) == "It   does   not."
    claims = pd.DataFrame({"text": [f"a{SEPARATOR}b{SEPARATOR}c"]})
    assert claim_inputs(claims, [""], default_normaliser()) == ["a b c"]
    (row,) = pieces([in_place("7", f"1{SEPARATOR}2{SEPARATOR}3{SEPARATOR}4", "")], Words())
    assert row.ids == [101, 7, 1, 2, 3, 4, 102]


class Words:
    """A tokenizer whose pieces are numbers in the text."""

    def encode_batch_fast(self, texts: list[str], **_: object) -> list[SimpleNamespace]:
        return [SimpleNamespace(ids=[int(w) for w in t.split()]) for t in texts]


@pytest.mark.parametrize(
    ("longest", "ids", "own"),
    [
        (20, [1, 2, 3, 4, 5, 6, 7], [4, 5]),
        (8, [1, 2, 3, 4, 5, 6], [4, 5]),
        (6, [2, 3, 4, 5], [4, 5]),
        (4, [4, 5], [4, 5]),
        (3, [4], [4]),
    ],
)
def test_a_place_gives_way_to_the_claim(longest: int, ids: list[int], own: list[int]) -> None:
    (row,) = pieces([in_place("1 2 3", "4 5", "6 7")], Words(), longest)
    assert row.ids == [101, *ids, 102]
    assert row.ids[row.start : row.stop] == own


def test_a_claim_without_pieces_is_its_marks() -> None:
    (row,) = pieces([""], Words())
    assert (row.ids, row.start, row.stop) == ([101, 102], 0, 2)
    (row,) = pieces([in_place("1", "", "2")], Words())
    assert (row.ids, row.start, row.stop) == ([101, 1, 2, 102], 0, 4)
    assert pieces([], Words()) == []


def test_rows_in_training_are_padded_and_say_what_is_the_claims_own() -> None:
    rows = pieces([in_place("1", "2 3", "4"), "5"], Words())
    batch = {k: v.tolist() for k, v in tokens(rows).items()}
    assert batch == {
        "input_ids": [[101, 1, 2, 3, 4, 102], [101, 5, 102, 0, 0, 0]],
        "attention_mask": [[1] * 6, [1] * 3 + [0] * 3],
        "token_type_ids": [[0, 1, 0, 0, 1, 0], [0] * 6],
        "own": [[0, 0, 1, 1, 0, 0], [0, 1, 0, 0, 0, 0]],
    }


@pytest.mark.model
def test_a_claim_has_the_same_vector_in_any_company() -> None:
    encoder = ClaimEncoder(load_adapter())
    claim = in_place("The garrison left in the night.", "it does not matter", "")
    crowd = [claim, *(f"The town fell on day {i}." for i in range(40)), claim * 40]
    seen: list[tuple[int, int]] = []
    together = encoder.encode(crowd, progress=lambda done, of: seen.append((done, of)))
    np.testing.assert_array_equal(encoder.encode([claim])[0], together[0])
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert seen[-1] == (len(crowd), len(crowd))
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.model
def test_the_fingerprint_covers_the_weights() -> None:
    adapter = load_adapter()
    encoders = [
        ClaimEncoder(adapter),
        ClaimEncoder(type(adapter)(adapter.tensors, adapter.meta, "other")),
    ]
    assert len({e.fingerprint for e in encoders}) == len(encoders)


@pytest.mark.model
def test_the_place_of_a_claim_decides_what_its_words_do_not() -> None:
    claims = pd.DataFrame(
        {
            "claim_id": ["russian", "ukrainian"],
            "text": ["the town is in their hands"] * 2,
            "before": [
                "Russian assault groups finished clearing the last street, the ministry said, and",
                "Ukrainian paratroopers drove the Russians out at dawn, the brigade said, and",
            ],
            "after": ["."] * 2,
            "camp": ["western"] * 2,
        }
    )
    key = "russian_victory_inevitable"
    proposition = stance_model().adapter.meta["propositions"][key]
    framings = pd.DataFrame({"framing_id": [key], "proposition": [proposition]})
    scores = score_stance(claims, framings).set_index("claim_id")["score"]
    assert scores["russian"] > scores["ukrainian"] + 0.3
    by_itself = score_stance(claims.drop(columns=["before", "after"]), framings)["score"]
    assert by_itself[0] == by_itself[1]
    assert not score_certainty(claims).drop(columns="claim_id").duplicated().any()
