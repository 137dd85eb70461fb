"""Figures of the battle and of the ledger."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from drawn_from import FIGURES, read
from matplotlib.figure import Figure

from narrative import battle_plots, plots
from narrative.ledger.record import HALF

REFERENCES = {
    "deepstate": "DeepState (map)",
    "viina": "VIINA (news, coded by machine)",
}


STORIES = {
    "russian_victory_inevitable": "Russia’s victory\nis inevitable",
    "russian_advance": "Russia advances",
    "ukrainian_counteroffensive": "Ukraine’s counter-\noffensive succeeds",
    "ukrainian_resistance_holds": "Ukraine holds",
    "premature_or_false_russian_claim": "Russia claims\ntoo early",
}


def adopted() -> Figure:
    """Who speaks in favour of each framing, and which share comes from outside its camp."""
    table = read("e10_shares")
    table = table.assign(label=table["framing_id"].map(STORIES))
    order = {f: i for i, f in enumerate(STORIES)}
    table = table.sort_values("framing_id", key=lambda f: f.map(order), kind="stable")
    figure, ax = plt.subplots(figsize=(plots.DOUBLE, 3.0))
    battle_plots.plot_adoption(table, ax=ax)
    ax.set_title("Who speaks in favour, in five documents", pad=14)
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def credit() -> Figure:
    """From the first claim of each town to the days on which it was assessed as held."""
    figure, ax = plt.subplots(figsize=(plots.DOUBLE, 3.6))
    battle_plots.plot_credit(read("e11_towns", empty_is_na=False), ax=ax)
    ax.set_title("Claimed by Russian state sources, assessed by DeepState’s map")
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(ax.xaxis.get_major_locator()))
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def outstanding() -> Figure:
    """Claimed places not made good over time, and how long claims stay open."""
    figure, panels = plt.subplots(
        1, 2, figsize=(plots.DOUBLE, 2.8), gridspec_kw={"width_ratios": [3, 2]}
    )
    table = read("e11_outstanding")
    half = table[table["level"] == HALF]
    battle_plots.plot_outstanding(
        half.assign(label=half["reference"].map(REFERENCES)), ax=panels[0]
    )
    panels[0].set_title("Claimed, and less than half assessed as held")
    panels[0].xaxis.set_major_formatter(
        mdates.ConciseDateFormatter(panels[0].xaxis.get_major_locator())
    )
    curves = read("e11_open_credit")
    curves = curves[
        curves["late"] & ((curves["reference"] == "deepstate") | (curves["level"] == HALF))
    ]
    n = curves.groupby(["reference", "level"])["n"].transform("first")
    labels = curves["reference"].map({"deepstate": "DeepState", "viina": "VIINA"})
    share = (100 * curves["level"]).astype(int).astype(str)
    curves = curves.assign(label=labels + ", " + share + "% (" + n.astype(str) + ")")
    battle_plots.plot_open_credit(curves, ax=panels[1])
    panels[1].set_title("How long claims stay open")
    return figure


SIDE_EVENTS = {
    "2022-04-02": "Bucha found",
    "2022-05-17": "Azovstal falls",
    "2022-09-06": "Kharkiv counteroffensive",
    "2022-09-21": "mobilisation",
}
OUTLET_EVENTS = {"2025-11-20": "Kupiansk claimed", "2025-12-12": "Zelenskyy at Kupiansk"}
OUTLETS = {
    "tass": ("TASS", "#D55E00", "s", "-"),
    "mod": ("Ministry of Defence", "#000000", "o", "--"),
    "1tv": ("Channel One", "#0072B2", "^", ":"),
}


def around_events() -> Figure:
    """What titles say before and after dated events, week by week, in two corpora."""
    figure, panels = plt.subplots(3, 1, figsize=(plots.DOUBLE, 6.6))
    sides = read("e13_weekly_ruwa")
    shown = {
        "ukrainian_counteroffensive": "For “Ukraine’s counteroffensive succeeds”, 2022",
        "russian_advance": "For “Russian forces are advancing”, 2022",
    }
    styles = {side: (colour, marker, line) for side, (colour, marker, line) in plots.SIDES.items()}
    for number, (framing, title) in enumerate(shown.items()):
        ax = panels[number]
        part = sides[(sides["framing_id"] == framing) & (sides["week"] >= "2022-02-21")]
        battle_plots.plot_around_events(
            part, _dated(SIDE_EVENTS), styles, value="share", ax=ax, event_labels=number == 0
        )
        _titled(ax, title)
    outlets = read("e13_weekly_state")
    outlets = outlets[
        (outlets["framing_id"] == "russian_advance") & (outlets["week"] >= "2025-09-29")
    ]
    named = outlets.assign(who=outlets["who"].map({k: v[0] for k, v in OUTLETS.items()}))
    battle_plots.plot_around_events(
        named, _dated(OUTLET_EVENTS), {v[0]: v[1:] for v in OUTLETS.values()}, value="share",
        ax=panels[2],
    )  # fmt: skip
    _titled(panels[2], "For “Russian forces are advancing”, Russian state sources, 2025")
    # The Russian side has too few claims a week for a point.
    drawn = [h for h in zip(*panels[0].get_legend_handles_labels(), strict=True)
             if np.isfinite(np.asarray(h[0].get_ydata(), dtype=float)).any()]  # fmt: skip
    panels[0].legend(*zip(*drawn, strict=True), loc="upper left", bbox_to_anchor=(0, 0.88), ncols=2)
    panels[2].legend(loc="upper left", bbox_to_anchor=(0, 0.88), ncols=3)
    return figure


def _dated(events: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({"date": list(events), "label": list(events.values())})


def _titled(ax: plt.Axes, title: str) -> None:
    ax.text(0.005, 0.97, title, transform=ax.transAxes, fontweight="bold", va="top", fontsize=8.5)
    # Room for title and legend; intervals of weeks without a claim in favour reach beyond.
    lines = [line.get_ydata() for line in ax.lines if line.get_marker() not in ("", "None")]
    ax.set_ylim(0, 2 * np.nanmax(np.concatenate([np.asarray(v, float) for v in lines])))
    ax.set_ylabel("share of the claims")
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
    ax.xaxis.set_major_locator(mdates.MonthLocator())
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(ax.xaxis.get_major_locator()))


WORLDS = ("a common framing", "a rare framing", "one side, unlike documents")
ESTIMATES = {
    "prevalence": ("#0072B2", "o"),
    "stance": ("#D55E00", "s"),
    "adoption": ("#009E73", "^"),
}
TESTS = {
    "change of the mean": ("104 steps", "step, in deviations of the noise"),
    "lead and lag": ("104 steps", "share of the other series, two steps before"),
    "effect of an event": ("208 steps", "step, in deviations of the noise"),
}
MEMORIES = {"0.0": "-", "0.3": "--", "0.6": ":"}


def recovery() -> Figure:
    """How often intervals hold the truth, and tests see what is there, in simulated corpora."""
    scores = pd.read_csv(FIGURES / "scores.csv")
    mine = scores[scores["experiment"] == "e12"]
    figure, panels = plt.subplots(2, 3, figsize=(plots.DOUBLE, 4.6))
    for ax, world in zip(panels[0], WORLDS, strict=True):
        part = mine[mine["split"].str.startswith(f"{world}, ")]
        part = part.assign(
            n_docs=part["split"].str.extract(r"(\d+) documents", expand=False).astype(int)
        )
        ax.axhspan(0.92, 0.97, color="#E5E5E5", linewidth=0)
        for name, (colour, marker) in ESTIMATES.items():
            rows = part[part["metric"] == f"coverage: {name}"].sort_values("n_docs")
            for shipped, style, face in ((True, "-", colour), (False, ":", "white")):
                drawn = rows[rows["system"].str.startswith("shipped") == shipped]
                ax.plot(
                    drawn["n_docs"], drawn["value"], style, marker=marker, color=colour,
                    markerfacecolor=face, markersize=4, label=name if shipped else None,
                )  # fmt: skip
        ax.set_xscale("log")
        ax.set_xticks([5, 20, 100, 1000], ["5", "20", "100", "1,000"])
        ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())
        ax.set_xlim(4, 1400)
        ax.set_ylim(0.35, 1.02)
        ax.set_title(world, fontsize=8)
        ax.set_xlabel("documents")
    panels[0, 0].set_ylabel("intervals that hold the truth")
    panels[0, 0].plot([], [], "-", color="#444444", label="shipped")
    panels[0, 0].plot([], [], ":", color="#444444", label="documents resampled")
    panels[0, 0].legend(loc="lower right")
    for ax, (test, (steps, label)) in zip(panels[1], TESTS.items(), strict=True):
        part = mine[mine["metric"].str.endswith(f": {test}") & mine["split"].str.startswith(steps)]
        found = part["split"].str.extract(r"memory (?P<memory>[\d.]+), size (?P<size>[\d.]+)")
        part = part.assign(memory=found["memory"], size_=found["size"].astype(float))
        for memory, style in MEMORIES.items():
            rows = part[part["memory"] == memory].sort_values("size_")
            ax.plot(rows["size_"], rows["value"], style, marker="o", markersize=3, color="#000000",
                    label=f"memory {memory}")  # fmt: skip
        ax.axhline(0.05, color="#999999", linewidth=0.8)
        ax.set_ylim(0, 1.02)
        ax.set_title(f"{test}, {steps}", fontsize=8)
        ax.set_xlabel(label, fontsize=7)
    panels[1, 0].set_ylabel("p ≤ .05")
    panels[1, 1].legend(loc="lower right")
    return figure
