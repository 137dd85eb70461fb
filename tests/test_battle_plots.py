from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from narrative import battle_plots


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


TOWNS = pd.DataFrame(
    {
        "name": ["Northtown", "Southtown"],
        "said_at": ["2025-11-20", "2025-12-11"],
        "part_at": ["2025-09-03", ""],
        "half_at": ["", "2025-12-11"],
        "full_at": ["", "2025-12-24"],
        "until": ["2026-08-22", "2026-08-22"],
    }
)


def test_a_line_goes_from_the_claim_to_the_assessment_and_stays_open_where_it_never_came():
    ax = battle_plots.plot_credit(TOWNS)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["Northtown", "Southtown"]
    lines = [
        line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"
    ]
    ends = [[str(pd.Timestamp(x).date()) for x in line.get_xdata()] for line in lines]
    assert ends == [["2025-11-20", "2026-08-22"], ["2025-12-11", "2025-12-24"]]
    assert [line.get_linestyle() for line in lines] == ["--", "-"]
    assert "not assessed so by the last day" in ax.get_legend_handles_labels()[1]


def test_no_place_is_open_where_all_were_reached():
    ax = battle_plots.plot_credit(TOWNS.iloc[1:])
    assert "not assessed so by the last day" not in ax.get_legend_handles_labels()[1]


def test_outstanding_has_a_band_for_each_reference():
    table = pd.DataFrame(
        {"label": ["map", "map", "news"], "day": ["2025-12-01", "2025-12-08", "2025-12-01"],
         "low": [1, 2, 0], "high": [2, 3, 0]}
    )  # fmt: skip
    ax = battle_plots.plot_outstanding(table)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["map", "news"]
    assert len(ax.collections) == 2
    assert ax.get_ylim()[1] >= 3


def test_open_credit_starts_at_all_and_falls():
    table = pd.DataFrame(
        {"label": "map", "days": [0, 5], "open_share": [1, 0.5], "low": [1, 0.2], "high": [1, 0.8]}
    )
    ax = battle_plots.plot_open_credit(table)
    assert ax.lines[0].get_ydata().tolist() == [1, 0.5]
    assert ax.get_ylim()[0] == 0


def test_adoption_says_how_much_comes_from_outside_and_where_too_few_speak():
    table = pd.DataFrame(
        {"label": ["victory", "victory", "holds"],
         "side": ["Russian side", "unknown", "unknown"],
         "n_claims": [30, 10, 3], "adoption": [0.25, 0.25, float("nan")],
         "adoption_low": [0.1, 0.1, float("nan")], "adoption_high": [0.5, 0.5, float("nan")]}
    )  # fmt: skip
    ax = battle_plots.plot_adoption(table)
    texts = [t.get_text() for t in ax.texts]
    assert "25% [10%, 50%]\n40 claims" in texts
    assert "too few\n3 claims" in texts
    assert [round(b.get_width(), 3) for b in ax.patches] == [0.75, 0, 0.25, 1]


def test_what_surrounds_events_has_a_line_for_each_who_and_gaps_stay_open():
    table = pd.DataFrame(
        {"who": ["a", "a", "a", "b"],
         "week": ["2025-01-13", "2025-01-06", "2025-01-20", "2025-01-06"],
         "share": [0.2, 0.1, float("nan"), 0.5], "share_low": [0.1, 0.0, float("nan"), 0.4],
         "share_high": [0.3, 0.2, float("nan"), 0.6]}
    )  # fmt: skip
    events = pd.DataFrame({"date": ["2025-01-15"], "label": ["claimed"]})
    styles = {"b": ("#000000", "o", "-"), "a": ("#0072B2", "s", "--")}
    ax = battle_plots.plot_around_events(table, events, styles, value="share")
    lines = {line.get_label(): line.get_ydata() for line in ax.lines[1:]}
    assert list(lines) == ["b", "a"]
    assert lines["a"][:2].tolist() == [0.1, 0.2]  # by week
    assert np.isnan(lines["a"][2])
    assert [t.get_text() for t in ax.texts] == ["claimed"]
