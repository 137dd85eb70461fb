from __future__ import annotations

import matplotlib as mpl
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from narrative import plots, record_plots


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def timeline(**columns):
    rows = {
        "side": ["Russian side", "Russian side", "Ukrainian side"],
        "bin_start": ["2025-09-01", "2025-11-01", "2025-09-01"],
        "bin_end": ["2025-10-01", "2025-12-01", "2025-10-01"],
        "stance": [0.5, 0.2, -0.5],
        "stance_low": [0.1, float("nan"), float("nan")],
        "stance_high": [0.9, float("nan"), float("nan")],
        "n_sided": [10, 8, 2],
        "n_docs": [3, 1, 1],
        "gold": [1.0, float("nan"), -1.0],
    }
    return pd.DataFrame(rows | columns)


EVENTS = pd.DataFrame({"date": ["2025-09-10"], "label": ["town claimed"]})


def drawn_stances(ax, colour):
    return [
        float(y)
        for line in ax.lines
        if line.get_color() == colour
        and line.get_marker() == "s"
        and line.get_linestyle() == "None"
        for y in line.get_ydata()
    ]


def test_timeline_shows_n_events_and_values():
    ax = plots.plot_stance_timeline(timeline(), EVENTS)
    texts = {t.get_text() for t in ax.texts}
    assert {"10 (3)", "8 (1)", "2 (1)", "town claimed"} <= texts
    colour = plots.SIDES["Russian side"][0]
    assert {0.5, 0.2} <= set(drawn_stances(ax, colour))


def test_timeline_draws_no_point_below_the_minimum_count():
    ax = plots.plot_stance_timeline(timeline(gold=float("nan")), EVENTS)
    blue = plots.SIDES["Ukrainian side"][0]
    values = [y for line in ax.lines if line.get_color() == blue for y in line.get_ydata()]
    assert -0.5 not in [float(v) for v in values]


def test_timeline_line_does_not_bridge_a_gap():
    ax = plots.plot_stance_timeline(timeline(), EVENTS)
    colour = plots.SIDES["Russian side"][0]
    joined = [
        line for line in ax.lines if line.get_color() == colour and line.get_linestyle() == "-"
    ]
    assert all(len(line.get_ydata()) < 2 or len(set(line.get_xdata())) == 1 for line in joined)


def test_record_separates_statuses_of_one_day_and_hollows_the_coded():
    claims = pd.DataFrame(
        {
            "label": ["Ministry"] * 3,
            "claimed_status": ["russian", "encircled_by_russia", "russian"],
            "said_at": ["2025-09-23"] * 3,
            "coded": [False, False, True],
        }
    )
    record = pd.DataFrame({"start": ["2025-11-01"], "end": ["2025-12-01"], "status": ["ukrainian"]})
    ax = record_plots.plot_record(claims, record)
    points = [line for line in ax.lines if line.get_marker() in ("s", "D")]
    places = {(str(p.get_xdata()[0]), float(p.get_ydata()[0])) for p in points}
    assert len(points) == len(places) == 3
    assert sum(p.get_markerfacecolor() == "white" for p in points) == 1


def test_share_matrix_prints_percentages_and_n():
    table = pd.DataFrame(
        {"row": ["a", "a"], "column": ["x", "y"], "share": [0.25, 0.75], "n": [8, 8]}
    )
    ax = plots.plot_share_matrix(table)
    assert [t.get_text() for t in ax.texts] == ["25", "75"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a (n = 8)"]


def test_voices_totals_and_rest():
    table = pd.DataFrame(
        {"name": list("abc"), "voice": ["author", "quoted", "author"], "n_claims": [5, 3, 1]}
    )
    ax = plots.plot_voices(table, n_rows=2)
    assert [t.get_text() for t in ax.texts] == ["5", "3", "1"]
    assert ax.get_yticklabels()[-1].get_text() == "1 further speakers"


def test_scores_and_distributions_label_their_values():
    scores = pd.DataFrame(
        {"system": ["s"], "value": [0.42], "low": [0.3], "high": [0.5], "own": [True]}
    )
    assert [t.get_text() for t in plots.plot_scores(scores).texts] == ["0.42"]
    values = pd.DataFrame({"group": ["g"] * 3, "value": [0.1, 0.2, 0.9]})
    assert [t.get_text() for t in plots.plot_distributions(values).texts] == ["0.20"]


def test_an_unstable_framing_is_grey_in_the_matrix() -> None:
    table = pd.DataFrame(
        {
            "row": ["a", "a"],
            "column": ["sure", "unsure"],
            "share": [0.5, 0.5],
            "n": 4,
            "unstable": [False, True],
        }
    )
    axes = plots.plot_share_matrix(table)
    colours = {t.get_text(): t.get_color() for t in axes.get_xticklabels()}
    assert colours == {"sure": "black", "unsure": "#888888"}
    assert [t.get_color() for t in axes.texts] == ["white", "#888888"]
