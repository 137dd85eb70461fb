"""Draw every figure from the tables in ``results/`` as PDF and PNG, and list them with hashes.

python figures/make_figures.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import pandas as pd
from battle_figures import adopted, around_events, credit, outstanding, recovery
from drawn_from import FIGURES, ROOT, TABLES, read, source
from matplotlib.figure import Figure

from narrative import plots, record_plots
from narrative.report import latex_table
from narrative.storage import sha256_file, write_json, write_text
from narrative.study import read_study

MAIN = {
    "russian_victory_inevitable": "“Russia’s victory is inevitable”",
    "ukrainian_counteroffensive": "“Ukraine’s counteroffensive succeeds”",
}
MARKED = {
    "claim_semicircle": "half-encirclement claimed",
    "kindrashivka_retaken": "first villages retaken",
    "claim_captured": "capture reported to Putin",
    "exposed": "DeepState map, Zelenskyy’s visit",
    "council_building": "city council retaken",
}
CURVE = ("an eighth", "a quarter", "half", "all")
LEARNED = (
    (
        "Macro-F1, written documents",
        "in place",
        {
            "macro-F1: russian_victory_inevitable": ("victory", "#D55E00", "s"),
            "macro-F1: ukrainian_counteroffensive": ("counteroffensive", "#0072B2", "o"),
        },
    ),
    (
        "Pass rate, behavioural tests",
        "all",
        {
            "pass rate: paraphrase keeps it": ("paraphrase keeps it", "#999999", "^"),
            "pass rate: negation flips or empties": ("negation flips or empties", "#009E73", "v"),
            "pass rate: actor swap flips": ("actor swap flips", "#CC79A7", "D"),
        },
    ),
)
ABSTAINING = {
    "guided": ("narrative, guided", "#000000", "o"),
    "frozen encoder + LR": ("frozen encoder + regression", "#0072B2", "s"),
    "TF-IDF + LR": ("TF-IDF + regression", "#E69F00", "^"),
    "nearness to codebook": ("nearness to codebook", "#999999", "v"),
}
SYSTEMS = {
    "second coder": "second hand coding",
    "trained head": "narrative: trained",
    "cross-encoder": "narrative: cross-encoder",
    "majority per camp": "majority per camp (same claims)",
    "majority per camp, other documents": "majority per camp (other documents)",
    "majority": "majority",
    "cosine difference": "cosine, proposition − counter",
    "cosine to proposition": "cosine to proposition",
}


def voices() -> Figure:
    axes = plots.plot_voices(read("e01_voices"))
    axes.set_title("Who is credited with the claims, and in which voice")
    return axes.figure  # type: ignore[return-value]


def framings() -> Figure:
    table = read("e02_shares")
    axes = plots.plot_share_matrix(table)
    axes.set_title("What each camp speaks about (% of its claims)")
    return axes.figure  # type: ignore[return-value]


def validity() -> Figure:
    scores = read("e03_scores")
    figure, axes = plt.subplots(1, 2, figsize=(plots.DOUBLE, 3.0), sharey=True)
    for ax, (framing, title) in zip(axes, MAIN.items(), strict=True):
        mine = scores[
            (scores["metric"] == f"stance macro-F1: {framing}") & (scores["split"] == "all")
        ]
        mine = mine.set_index("system").reindex([s for s in SYSTEMS if s in set(mine["system"])])
        n = int(mine["n"].max())
        drawn = mine.reset_index().assign(
            own=lambda t: t["system"].isin(["trained head", "cross-encoder"])
        )
        drawn["system"] = drawn["system"].map(SYSTEMS)
        plots.plot_scores(drawn, ax=ax)
        ax.set_title(f"{title}\n{n} claims", fontsize=8)
    return figure


def stance_timeline() -> Figure:
    table, events = read("e04_timeline"), pd.read_csv(ROOT / "seeds" / "events.csv")
    marked = events[events["event_id"].isin(MARKED)].assign(
        label=lambda t: t["event_id"].map(MARKED)
    )
    figure, axes = plt.subplots(2, 1, figsize=(plots.DOUBLE, 5.6), sharex=True)
    for number, (ax, (framing, title)) in enumerate(zip(axes, MAIN.items(), strict=True)):
        plots.plot_stance_timeline(
            table[table["framing_id"] == framing], marked, ax=ax, event_labels=number == 0
        )
        ax.text(
            0.005, 0.985, title, transform=ax.transAxes, fontweight="bold", va="top", fontsize=8.5
        )
        ax.set_ylabel("stance balance")
        ax.xaxis.set_major_locator(mdates.MonthLocator())
        ax.xaxis.set_major_formatter(mdates.DateFormatter("%b\n%Y"))
        ax.set_xlim(pd.Timestamp("2025-08-28"), pd.Timestamp("2026-02-02"))
    handles, labels = axes[0].get_legend_handles_labels()
    hollow = plt.Line2D(
        [], [], marker="o", linestyle="", markerfacecolor="white", markeredgecolor="#444444"
    )
    figure.legend(
        [*handles, hollow], [*labels, "coded by hand"], loc="outside lower center", ncols=4
    )
    axes[1].set_xlabel(
        "below each month: claims that take a side (documents); an interval needs three documents",
        fontsize=7,
    )
    return figure


def claim_record() -> Figure:
    claims, record = read("e05_claims"), read("e05_record")
    axes = record_plots.plot_record(claims, record)
    axes.set_title("Kupiansk: who claimed which control when, and what was assessed")
    axes.xaxis.set_major_locator(mdates.MonthLocator())
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))
    axes.set_xlim(pd.Timestamp("2025-09-15"), pd.Timestamp("2026-01-24"))
    return axes.figure  # type: ignore[return-value]


def stability() -> Figure:
    axes = plots.plot_distributions(
        read("e06_stability"),
        ax=plt.subplots(figsize=(plots.DOUBLE, 3.6))[1],
        xlabel="adjusted mutual information between runs",
    )
    axes.set_title("How stable framings are against settings and samples")
    axes.set_xlim(-0.02, 1.04)
    return axes.figure  # type: ignore[return-value]


def learning() -> Figure:
    """Scores against the number of written claims, in as many epochs and in as many steps."""
    scores = pd.read_csv(FIGURES / "scores.csv")
    mine = scores[scores["experiment"] == "learning curve"]
    given = mine["system"].str.extract(r"^(?P<name>.+), (?P<n_claims>\d+) claims")
    mine = mine.assign(**given.astype({"n_claims": int}))
    figure, panels = plt.subplots(1, 2, figsize=(plots.DOUBLE, 2.9), sharey=True)
    for ax, (title, split, measures) in zip(panels, LEARNED, strict=True):
        for measure, (label, colour, marker) in measures.items():
            part = mine[(mine["metric"] == measure) & (mine["split"] == split)]
            curve = part[part["name"].isin(CURVE)].sort_values("n_claims")
            steps = part[(part["name"] == "all") | part["name"].str.contains("as many steps")]
            steps = steps.sort_values("n_claims")
            ax.plot(curve["n_claims"], curve["value"], f"{marker}-", color=colour, label=label)
            ax.vlines(curve["n_claims"], curve["low"], curve["high"], color=colour, linewidth=0.8)
            ax.plot(
                steps["n_claims"], steps["value"], f"{marker}:", color=colour,
                markerfacecolor="white", zorder=1.5,
            )  # fmt: skip
        ax.set_xscale("log", base=2)
        ticks = sorted(set(mine.loc[mine["name"].isin(CURVE), "n_claims"]))
        ax.set_xticks(ticks, [f"{n:,}" for n in ticks])
        ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())
        ax.set_xlabel("written claims trained on")
        ax.set_title(title)
        ax.grid(axis="y", color="#E5E5E5", linewidth=0.6)
        ax.legend(loc="upper left")
    panels[0].plot(
        [], [], "o:", color="#444444", markerfacecolor="white", label="as many steps for each"
    )
    panels[0].legend(loc="lower right")
    panels[0].set_ylim(0, 1)
    return figure


def abstention() -> Figure:
    """How many of the claims that are assigned to a framing are coded so, against how many are."""
    scores = pd.read_csv(FIGURES / "scores.csv")
    mine = scores[(scores["experiment"] == "e09") & (scores["split"] == "abstention")]
    least = read_study(ROOT / "seeds" / "study.toml").framings.min_membership
    figure, ax = plt.subplots(figsize=(plots.SINGLE, 2.9))
    for system, (label, colour, marker) in ABSTAINING.items():
        part = mine[mine["system"] == system]
        part = part.assign(
            threshold=part["metric"].str.extract(r"([\d.]+)$", expand=False).astype(float),
            share=part["n"] / part["unit"].str.extract(r"of (\d+)", expand=False).astype(int),
        ).sort_values("threshold")
        ax.plot(part["share"], part["value"], "-", color=colour, label=label, marker=marker, ms=3)
        if system == "guided":
            ax.fill_between(
                part["share"], part["low"], part["high"], color=colour, alpha=0.15, linewidth=0
            )
            shipped = part[part["threshold"] == least].iloc[0]
            ax.plot(shipped["share"], shipped["value"], "o", color=colour, ms=7, mfc="white")
            ax.annotate(
                f"shipped: {least:.2f}", (shipped["share"], shipped["value"]),
                xytext=(14, 12), textcoords="offset points", fontsize=7, ha="right",
            )  # fmt: skip
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel("share of claims assigned to a framing")
    ax.set_ylabel("of these, coded so")
    ax.grid(color="#E5E5E5", linewidth=0.6)
    ax.legend(loc="lower left")
    return figure


def tables() -> None:
    scores = read("e03_scores")
    kept = scores[(scores["split"] == "all") & ~scores["metric"].str.startswith("alpha")]
    kept = kept[
        kept["metric"].str.contains(
            "detection|speaker|voice|said_at|framing macro|victory_inevitable|counteroffensive"
        )
    ]
    latex_table(
        kept[["metric", "system", "value", "low", "high", "n"]],
        FIGURES / "validity.tex",
        caption="Validity against the hand coding of the five documents; "
        "95 percent intervals by paragraph.",
        label="tab:validity",
    )


DRAWN: dict[str, Callable[[], Figure]] = {
    "claims_by_voice": voices,
    "framings_by_camp": framings,
    "stance_validity": validity,
    "stance_timeline": stance_timeline,
    "claim_record": claim_record,
    "stability": stability,
    "learning_curve": learning,
    "abstention": abstention,
    "adoption": adopted,
    "credit": credit,
    "outstanding": outstanding,
    "around_events": around_events,
    "recovery": recovery,
}


def main() -> None:
    listed: dict[str, str] = {}
    with mpl.rc_context(plots.STYLE):
        for name, draw in DRAWN.items():
            figure = draw()
            for suffix, metadata in (
                ("pdf", {"CreationDate": None, "ModDate": None}),
                ("png", {"Software": None}),
            ):
                path = FIGURES / f"{name}.{suffix}"
                figure.savefig(path, metadata=metadata)
                listed[path.name] = sha256_file(path)
            plt.close(figure)
            print(f"figures/{name}.pdf, .png")
    tables()
    for name, kept in (("stance_timeline", "e04_timeline"), ("claim_record", "e05_claims")):
        write_text(source(kept).read_text(encoding="utf-8"), FIGURES / f"{name}.csv")
        listed[f"{name}.csv"] = sha256_file(FIGURES / f"{name}.csv")
    listed["validity.tex"] = sha256_file(FIGURES / "validity.tex")
    used = {"figures": dict(sorted(listed.items())), "tables": dict(sorted(TABLES.items()))}
    write_json(used, FIGURES / "MANIFEST.json")


if __name__ == "__main__":
    sys.exit(main())
