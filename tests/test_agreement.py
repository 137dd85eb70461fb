from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from narrative.agreement import (
    accuracy,
    detection_f1,
    expected_calibration_error,
    krippendorff_alpha,
    macro_f1,
    match_spans,
    overlap,
    paragraph_groups,
)
from narrative.errors import InputError

# Krippendorff (2011), Computing Krippendorff's alpha-reliability, example D: four observers, twelve
# units, missing values as *.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 * * *",
    "1 2 3 3 2 2 4 1 2 5 * 3",
    "* 3 3 3 2 3 4 2 2 5 1 *",
    "1 2 3 3 2 4 4 1 2 5 1 *",
)
UNITS = list(
    zip(*([None if c == "*" else int(c) for c in row.split()] for row in OBSERVERS), strict=True)
)


@pytest.mark.parametrize(("level", "expected"), [("nominal", 0.743), ("interval", 0.849)])
def test_alpha_is_that_of_krippendorffs_example(level: str, expected: float) -> None:
    assert krippendorff_alpha(UNITS, level=level) == pytest.approx(expected, abs=0.0005)


def test_missing_codes_may_be_none_or_nan() -> None:
    with_nan = [[np.nan if c is None else c for c in unit] for unit in UNITS]
    assert krippendorff_alpha(with_nan) == krippendorff_alpha(UNITS)


def test_alpha_does_not_depend_on_the_order_of_coders_or_units() -> None:
    mixed = [unit[::-1] for unit in UNITS[::-1]]
    assert krippendorff_alpha(mixed) == pytest.approx(krippendorff_alpha(UNITS))


def test_alpha_of_two_coders_by_hand() -> None:
    # Coincidences: aa 2, ab 1, ba 1, bb 4; n = 8; alpha = 1 - 7 * 2 / (2 * 3 * 5).
    units = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]
    assert krippendorff_alpha(units) == pytest.approx(1 - 7 * 2 / 30)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "a"), ("a", "a")], np.nan),  # nothing varies
        ([("a", None), (None, "b")], np.nan),  # nothing can be paired
        ([], np.nan),
    ],
)
def test_alpha_at_its_edges(units: list[Any], expected: float) -> None:
    assert krippendorff_alpha(units) == pytest.approx(expected, nan_ok=True)


def test_alpha_of_codes_drawn_by_lot_is_near_zero() -> None:
    codes = np.random.default_rng(0).integers(0, 3, (600, 2)).tolist()
    assert abs(krippendorff_alpha(codes)) < 0.08


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InputError, match=r"level='ordinal'; expected 'nominal' or 'interval'"):
        krippendorff_alpha(UNITS, level="ordinal")


@pytest.mark.parametrize(
    ("a", "b", "union", "shorter"),
    [
        ((0, 10), (0, 10), 1.0, 1.0),
        ((0, 10), (10, 20), 0.0, 0.0),
        ((0, 10), (12, 20), 0.0, 0.0),
        ((0, 10), (5, 15), 1 / 3, 0.5),
        ((0, 10), (2, 6), 0.4, 1.0),
        ((0, 0), (0, 0), 0.0, 0.0),
    ],
)
def test_overlap_counts_shared_characters(
    a: tuple[int, int], b: tuple[int, int], union: float, shorter: float
) -> None:
    for first, second in ((a, b), (b, a)):
        assert overlap(first, second) == pytest.approx(union)
        assert overlap(first, second, by="shorter") == pytest.approx(shorter)


def test_an_unknown_base_of_overlap_is_refused() -> None:
    with pytest.raises(InputError, match=r"by='longer'; expected 'union' or 'shorter'"):
        overlap((0, 1), (0, 1), by="longer")


def _spans(*rows: tuple[str, int, int], index: Any = None) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["doc_id", "start", "end"], index=index)


def test_spans_are_matched_one_to_one_best_first() -> None:
    first = _spans(("d", 0, 10), ("d", 8, 20), ("d", 40, 50), ("e", 0, 10), index=list("wxyz"))
    second = _spans(("d", 0, 20), ("d", 9, 20), ("e", 40, 50), index=[7, 8, 9])
    got = match_spans(first, second, threshold=0.5)
    assert got[["first", "second"]].to_numpy().tolist() == [["x", 8], ["w", 7]]
    assert got["overlap"].tolist() == pytest.approx([11 / 12, 0.5])
    assert match_spans(first, second, threshold=0.95).empty


def test_matching_by_the_shorter_span_accepts_parts() -> None:
    first, second = _spans(("d", 0, 100)), _spans(("d", 10, 20))
    assert match_spans(first, second).empty
    assert len(match_spans(first, second, by="shorter")) == 1


def test_a_long_span_is_matched_once() -> None:
    got = match_spans(_spans(("d", 0, 100)), _spans(("d", 0, 10), ("d", 20, 30)), by="shorter")
    assert len(got) == 1


def test_macro_f1_and_accuracy_by_hand() -> None:
    true, guess = np.array(list("aaabbc")), np.array(list("aabbbx"))
    # a: P 1, R 2/3, F 0.8; b: P 2/3, R 1, F 0.8; c: 0; x does not occur in the truth.
    assert macro_f1(true, guess) == pytest.approx((0.8 + 0.8 + 0) / 3)
    assert accuracy(true, guess) == pytest.approx(4 / 6)


def test_macro_f1_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        true, guess = rng.integers(0, 3, 15), rng.integers(0, 4, 15)
        expected = f1_score(true, guess, labels=np.unique(true), average="macro", zero_division=0.0)
        assert macro_f1(true, guess) == pytest.approx(expected)


def test_detection_f1_by_hand() -> None:
    assert detection_f1(3, 4, 6) == pytest.approx(2 * (3 / 4) * (3 / 6) / (3 / 4 + 3 / 6))
    assert detection_f1(0, 0, 0) == 0.0


def test_spans_of_a_paragraph_share_a_group() -> None:
    text = "One. Two.\nThree.\n\nFour."
    table = _spans(("d", 0, 4), ("d", 5, 9), ("d", 10, 16), ("d", 18, 23), ("e", 0, 4))
    got = paragraph_groups(table, {"d": text, "e": "Five."})
    assert got[0] == got[1]
    assert len(set(got)) == 4


def test_calibration_error_by_hand() -> None:
    probability = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    correct = np.array([True, True, True, False, True, False])
    # 4/6 of the answers are 0.95 sure and 0.75 right, 2/6 are 0.55 sure and 0.5 right.
    expected = 4 / 6 * 0.20 + 2 / 6 * 0.05
    assert expected_calibration_error(probability, correct) == pytest.approx(expected)


def test_certain_answers_count_at_either_end() -> None:
    ends = np.array([0.0, 1.0])
    assert expected_calibration_error(ends, np.array([False, True])) == 0.0
    assert expected_calibration_error(ends, np.array([True, False])) == 1.0


def test_a_calibrated_answer_has_hardly_any_error() -> None:
    rng = np.random.default_rng(0)
    probability = rng.random(20_000)
    correct = rng.random(20_000) < probability
    assert expected_calibration_error(probability, correct) < 0.015
    assert expected_calibration_error(probability, ~correct) > 0.3
