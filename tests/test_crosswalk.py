from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from narrative.codebook import read_codebook
from narrative.errors import InputError
from narrative.framings import crosswalk, disagreeing, shipped_crosswalk
from narrative.framings.crossing import SCHEMES

SEEDS = Path(__file__).resolve().parent.parent / "seeds"

RELATIONS = (
    "exactMatch",
    "closeMatch",
    "broadMatch",
    "narrowMatch",
    "relatedMatch",
    "none",
)  # of SKOS
FOUND = ["b", "a", "a", "a", "b", "-1"]
CODED = ["y", "x", "x", "y", "x", "x"]


def test_shares_add_up_and_the_largest_is_the_purity() -> None:
    got = crosswalk(FOUND, CODED)
    assert got["n"].sum() == len(FOUND)
    assert got.groupby("framing_id")["share"].sum().round(9).tolist() == [1, 1, 1]
    assert got[["framing_id", "codebook_id", "n"]].to_numpy().tolist() == [
        ["-1", "x", 1], ["a", "x", 2], ["a", "y", 1], ["b", "x", 1], ["b", "y", 1],
    ]  # fmt: skip
    assert got.set_index("framing_id")["purity"].to_dict() == {"-1": 1, "a": 2 / 3, "b": 0.5}


def test_claims_that_disagree_with_most_of_their_framing_are_listed() -> None:
    got = disagreeing([f"c{i}" for i in range(6)], FOUND, CODED)
    assert got.to_numpy().tolist() == [["c3", "a", "y", "x"], ["c0", "b", "y", "x"]]
    assert disagreeing(["c"], ["a"], ["x"]).empty
    assert crosswalk([], []).empty


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="got 1 and 2 framings; expected one each a claim"):
        crosswalk(["a"], ["x", "y"])
    with pytest.raises(InputError, match="found has missing values; write '-1' for no framing"):
        crosswalk(["a", None], ["x", "y"])
    with pytest.raises(InputError, match="got 2 claims and 1 framings; expected as many"):
        disagreeing(["c", "d"], ["a"], ["x"])


def test_the_shipped_crosswalk_is_whole_and_of_the_shipped_codebook() -> None:
    table = shipped_crosswalk()
    ids = {f.framing_id for f in read_codebook(SEEDS / "codebook.toml").framings}
    assert set(table["scheme"]) == set(SCHEMES)
    assert set(table["relation"]) <= set(RELATIONS)
    assert set(table["coders_agree"]) == {"yes", "no"}
    assert not table.duplicated(["scheme", "label", "framing_id"]).any()
    none = table["relation"] == "none"
    assert (table.loc[none, ["framing_id", "stance"]] == "").all(axis=None)
    assert set(table.loc[~none, "framing_id"]) <= ids
    assert set(table.loc[~none, "stance"]) <= {"-1", "0", "1"}
    # A label stands for nothing of ours, or for something.
    for _, part in table.groupby(["scheme", "label"]):
        assert len(part) == 1 or "none" not in set(part["relation"])


def test_a_scheme_can_be_chosen_and_an_unknown_one_is_refused() -> None:
    sizes = Counter(shipped_crosswalk()["scheme"])
    for scheme in SCHEMES:
        assert len(shipped_crosswalk(scheme)) == sizes[scheme] > 10
    with pytest.raises(InputError, match="scheme 'x' is unknown; expected one of semeval, euvs"):
        shipped_crosswalk("x")
