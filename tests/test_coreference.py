"""Chains of mentions, and whom a pronoun means by them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from narrative.claims import extract_claims
from narrative.coreference import Chains
from narrative.reader import Reading
from narrative.speakers import check_sources

SOURCES = check_sources(
    pd.DataFrame(
        [("courier", "The Courier", "outlet", "western", "")],
        columns=["source_id", "name", "kind", "camp", "aliases"],
    )
)


def _reading(n: int, antecedents: dict[int, int]) -> Reading:
    at = np.arange(n)
    return Reading(at, at + 1, [], at * 0, at, at * 0, [], antecedents)


def test_links_are_joined_into_chains() -> None:
    chains = Chains(_reading(12, {5: 2, 9: 5, 11: 8}))
    assert list(chains.others(5)) == [2, 9]  # before it, then after
    assert list(chains.others(9)) == [5, 2]  # the nearest first
    assert list(chains.others(2)) == [5, 9]
    assert list(chains.others(11)) == [8]


def test_a_word_in_no_chain_stands_alone() -> None:
    assert list(Chains(_reading(4, {})).others(1)) == []
    assert list(Chains(_reading(4, {3: 2})).others(1)) == []


def test_readings_of_sections_are_joined_with_their_chains() -> None:
    parts = [(0, _reading(3, {2: 0})), (10, _reading(4, {3: 1}))]
    assert Reading.joined(parts).antecedents == {2: 0, 6: 4}


@pytest.mark.model
def test_a_pronoun_is_the_person_of_its_chain() -> None:
    text = (
        "Anna Kovalchuk, who runs the harbour, met Peter Lindgren on Friday. She said that the "
        "bridge had been closed. He said that the ferry was full."
    )
    documents = pd.DataFrame(
        {"doc_id": ["000"], "outlet": "The Courier", "author": "", "lang": "en"}
        | {"published_at": "2025-12-18", "text": text}
    )
    claims = extract_claims(documents, SOURCES)
    said = dict(zip(claims["text"], claims["source_id"], strict=True))
    assert said["the bridge had been closed"] == "named_anna_kovalchuk"
    assert said["the ferry was full"] == "named_peter_lindgren"
