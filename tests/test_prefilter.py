from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from narrative.errors import InputError
from narrative.prefilter import fit_prefilter, misses_allowed

WAR = ["troops", "shelling", "town", "front", "brigade", "captured"]
REST = ["concert", "budget", "recipe", "football", "harvest", "museum"]


def corpus(n: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Return texts of ten words, most of them of their own kind, and which are about the war."""
    rng = np.random.default_rng(seed)
    about = rng.random(n) < 0.3
    texts = [
        " ".join(rng.choice(WAR if (w == 1) == a else REST) for w in rng.binomial(1, 0.9, 10))
        for a in about
    ]
    return texts, about


@pytest.mark.model
def test_what_is_not_about_the_study_is_discarded_and_nearly_all_that_is_stays() -> None:
    found = fit_prefilter(*corpus(2500, 1))
    texts, about = corpus(2000, 2)
    kept = found.keep(texts)
    assert kept[about].mean() >= 0.98
    assert kept[~about].mean() < 0.5
    assert found.n > 300
    assert found.keep([]).shape == (0,)
    assert (found.keep(texts) == (found.scores(texts) >= found.threshold)).all()


@pytest.mark.model
def test_a_higher_recall_discards_less() -> None:
    texts, about = corpus(2500, 3)
    noisy = about ^ (np.random.default_rng(0).random(len(about)) < 0.1)
    low, high = (fit_prefilter(texts, noisy, recall=r) for r in (0.7, 0.9))
    assert low.threshold > high.threshold


@pytest.mark.model
@pytest.mark.parametrize("share", [0.0, 0.05, 1.0])
def test_too_few_of_one_kind_discard_nothing(share: float) -> None:
    texts, _ = corpus(400, 4)
    about = np.random.default_rng(0).random(400) < share
    found = fit_prefilter(texts, about)
    assert found.keep(texts).all()


def test_the_allowed_misses_are_clopper_and_pearsons() -> None:
    for n in (50, 230, 500, 3000):
        for recall in (0.9, 0.99):
            lost = misses_allowed(n, recall, 0.9)
            if lost is None:
                assert binom.cdf(0, n, 1 - recall) > 0.1
                continue
            # Were the truth no better, so few would seldom be lost; one more would be no proof.
            assert binom.cdf(lost, n, 1 - recall) <= 0.1 + 1e-12
            assert binom.cdf(lost + 1, n, 1 - recall) > 0.1


@pytest.mark.parametrize(
    ("options", "said"),
    [({"recall": 1.0}, "recall=1.0; expected"), ({"confidence": 0}, "confidence=0; expected")],
)
def test_settings_out_of_range_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        fit_prefilter(["a"], [True], **options)
    with pytest.raises(InputError, match="2 flags for 1 texts"):
        fit_prefilter(["a"], [True, False])
