from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from narrative.claims import claims_by_document, extract_claims
from narrative.speakers import ADDED, Register, renamed

ROWS = [
    ("a", "named_volodymyr_brenko", "Volodymyr Brenko", "person", "unknown"),
    ("a", "unnamed_russian", "russian", "unnamed", "russian"),
    ("b", "named_володимир_бренко", "Володимир Бренко", "person", "unknown"),
    ("b", "unnamed_russian", "russian", "unnamed", "russian"),
    ("c", "named_volodymyr_brenko", "Volodymyr Brenko", "person", "unknown"),
]


def _added(*rows: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=ADDED, dtype="string")


def test_spellings_of_one_person_are_the_source_of_the_first_document() -> None:
    register = Register()
    register.enter(_added(*ROWS))
    assert register.others(_added(*ROWS)) == {
        "b": {"named_володимир_бренко": "named_volodymyr_brenko"}
    }
    assert list(register.added) == ["named_volodymyr_brenko", "unnamed_russian"]


def test_entering_in_parts_is_entering_at_once() -> None:
    register, whole = Register(), Register()
    whole.enter(_added(*ROWS))
    found: dict[str, dict[str, str]] = {}
    for row in ROWS:
        register.enter(_added(row))
        found |= register.others(_added(row))
    assert (found, register.added) == (whole.others(_added(*ROWS)), whole.added)


def test_a_chain_names_a_source_once_after_renaming() -> None:
    claims = pd.DataFrame(
        {"doc_id": ["a", "b"], "source_id": ["x", "x"], "chain": ["out>y>x", "out>y>x"]},
        dtype="string",
    )
    got = renamed(claims, {"b": {"x": "y"}})
    assert got["source_id"].tolist() == ["x", "y"]
    assert got["chain"].tolist() == ["out>y>x", "out>y"]


TEXTS = (
    "Oleksandr Brenko said that the bridge fell. Brenko said that the inn stood.",
    "Олександр Бренко заявив, що російські війська захопили міст. Бренко додав, що місто стоїть.",
    "Brenko said that the mill burned, and the Russian officer said that it did not.",
)


@pytest.mark.parametrize("attribution", ["rules"])
def test_a_documents_claims_do_not_depend_on_those_beside_it(
    make_documents: Callable[..., pd.DataFrame], sources: pd.DataFrame, attribution: str
) -> None:
    documents = make_documents(*TEXTS)
    documents.loc[1, "lang"] = "uk"
    whole = extract_claims(documents, sources, attribution=attribution)
    register, parts = Register(), []
    for at in range(len(documents)):
        part, added = claims_by_document(documents.iloc[[at]], sources, attribution=attribution)
        register.enter(added)
        parts.append(renamed(part, register.others(added)))
    pd.testing.assert_frame_equal(
        pd.concat(parts, ignore_index=True), whole, check_like=True, obj="claims"
    )
    assert register.table(sources).to_dict("list") == whole.attrs["sources"]
    # One person in two scripts; the surname alone, in a text that never names him, is nobody.
    of = {d: set(part) for d, part in whole.groupby("doc_id")["source_id"]}
    assert "named_oleksandr_brenko" in of["d0"] & of["d1"]
    assert "named_oleksandr_brenko" not in of["d2"]
