from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from narrative.codebook import read_codebook, without_claims
from narrative.framings import suggest_entries
from narrative.template import write_template

MakeClaims = Callable[..., pd.DataFrame]
TEXTS = ['The "old" bridge\nburned.', "The bridge burned.", "The bridge burned.", "The port fell."]


@pytest.fixture
def claims(make_claims: MakeClaims) -> pd.DataFrame:
    return make_claims(*({"text": t} for t in TEXTS))


def table(claims: pd.DataFrame, **values: Any) -> pd.DataFrame:
    ids = claims["claim_id"].tolist()
    rows = pd.DataFrame(
        {
            "framing_id": ["discovered_00", "discovered_01", "discovered_02"],
            "label": ["bridge / burned", "port", "bridge / burned"],
            "n_claims": [3, 9, 2],
            "terms": ["bridge|burned", "port", ""],
            "exemplar_claim_ids": ["|".join(ids[:3]), ids[3], ids[1]],
            "nearest": ["advance", "", ""],
            "nearest_similarity": [0.512, float("nan"), float("nan")],
            "stability": [0.81, 0.65, 0.31],
            "certificate": ["stable", "doubtful", "unstable"],
        }
    )
    return without_claims(rows.assign(**values), "discovered")


def test_entries_can_be_appended_to_a_codebook(claims: pd.DataFrame, tmp_path: Path) -> None:
    write_template(tmp_path / "study")
    path = tmp_path / "study" / "codebook.toml"
    text = path.read_text(encoding="utf-8").rstrip()  # the last line may not be ended
    path.write_text(text.replace('"advance"', '"port"'), encoding="utf-8")
    before = read_codebook(path)
    new = suggest_entries(table(claims), claims, codebook=before, unstable=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(new)
    book = read_codebook(path)
    ids = [f.framing_id for f in book.framings]
    assert ids == ["port", "port_2", "bridge_burned", "bridge_burned_2"]  # most claims first
    # What stands in the codebook is not suggested again.
    assert suggest_entries(table(claims), claims, codebook=book, unstable=True) == ""
    entry = book.framings[2]
    assert entry.label == "bridge / burned"
    assert entry.proposition == 'The "old" bridge burned.'
    assert entry.favor == ("The bridge burned.",)  # said twice, given once
    assert entry.against == ()
    assert entry.counter == ""


def test_what_is_known_of_a_framing_stands_as_comments(claims: pd.DataFrame) -> None:
    text = suggest_entries(table(claims), claims)
    for line in (
        "# discovered_00: 3 claims, stable (0.81)",
        "# terms: bridge, burned",
        "# by class-based TF-IDF: none",
        "# nearest in the codebook: advance (cosine 0.51)",
        "# nearest in the codebook: none",
    ):
        assert line in text.splitlines()


def test_unstable_framings_are_left_out_unless_asked_for(claims: pd.DataFrame) -> None:
    assert "discovered_02" not in suggest_entries(table(claims), claims)
    everything = suggest_entries(table(claims), claims, unstable=True)
    assert "discovered_02: 2 claims, unstable (0.31)" in everything
    unmeasured = table(claims, stability=float("nan"), certificate="not measured")
    assert "nan" not in suggest_entries(unmeasured, claims, unstable=True)


def test_the_mark_of_an_unstable_framing_is_not_in_its_label(claims: pd.DataFrame) -> None:
    text = suggest_entries(table(claims, label="bridge (unstable)"), claims, unstable=True)
    assert 'label = "bridge"' in text
    assert "(unstable)" not in text


def test_reserved_ids_are_not_suggested(claims: pd.DataFrame) -> None:
    text = suggest_entries(table(claims, label="discovered_00"), claims)
    assert 'framing_id = "framing_discovered_00"' in text


def test_nothing_discovered_suggests_nothing(claims: pd.DataFrame) -> None:
    assert suggest_entries(table(claims).iloc[:0], claims) == ""
    of_codebook = table(claims).assign(origin="codebook")
    assert suggest_entries(of_codebook, claims, unstable=True) == ""
