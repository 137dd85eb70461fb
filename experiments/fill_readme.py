"""Write the README's figures from ``figures/scores.csv`` and the committed result of the run.

python experiments/fill_readme.py [--check]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd
from readme_battle import battle
from readme_cells import cell
from readme_framings import framings
from readme_ledger import ledger, recovery

ROOT = Path(__file__).resolve().parent.parent
BOTH = "reader and rules"
SHIPPED = "network + structured (shipped)"
MODELS = (
    "majority", "majority per camp", "cosine to proposition",
    "cosine to proposition, stance network's vectors", "TF-IDF + LR",
    "frozen encoder + LR, raw", "frozen encoder + LR, normalised", "cross-encoder",
    "structured, rule", "structured, fitted", "network, claim alone", "network",
    "network + structured, claim alone", SHIPPED,
)  # fmt: skip
PUBLIC = (
    "majority", "cosine + LR", "TF-IDF + LR", "frozen encoder + LR", "stance network + LR",
    "frozen encoder + stance network + LR", "cross-encoder + LR",
    "frozen encoder + cross-encoder + LR", "cross-encoder, as shipped",
    "cross-encoder, trained further",
)  # fmt: skip
MAIN = ("russian_victory_inevitable", "ukrainian_counteroffensive")
CURVE = ("an eighth", "a quarter", "half", "all")
ROWS = [
    ("Claims found (F1, overlap of half their union)", "claim detection F1", BOTH),
    ("Speaker right, on matched claims", "speaker accuracy", BOTH),
    ("Voice right", "voice accuracy", BOTH),
    (
        "Date of statement right, where the coding has a day",
        "said_at accuracy where the gold has a day",
        BOTH,
    ),
    ("Date of statement right, of all matched claims", "said_at accuracy", BOTH),
    (
        "Framing, eight codes (macro-F1), on the coders' spans and camps",
        "framing macro-F1",
        "guided",
    ),
    ("– end to end, on matched claims", "framing macro-F1, end to end", "guided"),
    (
        "Stance, inevitable Russian victory (macro-F1), on the coders' spans and camps",
        "stance macro-F1: russian_victory_inevitable",
        "trained head",
    ),
    (
        "– end to end, on matched claims",
        "stance macro-F1, end to end: russian_victory_inevitable",
        "trained head",
    ),
    (
        "– majority per camp, read off the same claims",
        "stance macro-F1: russian_victory_inevitable",
        "majority per camp",
    ),
    (
        "– majority per camp, read off the other documents",
        "stance macro-F1: russian_victory_inevitable",
        "majority per camp, other documents",
    ),
    (
        "– cosine to the proposition, cut on the three other documents",
        "stance macro-F1: russian_victory_inevitable",
        "cosine to proposition",
    ),
    (
        "Stance, Ukrainian counteroffensive (macro-F1), on the coders' spans and camps",
        "stance macro-F1: ukrainian_counteroffensive",
        "trained head",
    ),
    (
        "– end to end, on matched claims",
        "stance macro-F1, end to end: ukrainian_counteroffensive",
        "trained head",
    ),
    (
        "– majority per camp, read off the same claims",
        "stance macro-F1: ukrainian_counteroffensive",
        "majority per camp",
    ),
    (
        "– cosine to the proposition, cut on the three other documents",
        "stance macro-F1: ukrainian_counteroffensive",
        "cosine to proposition",
    ),
]


def validity(scores: pd.DataFrame) -> str:
    lines = ["| | all five | held-out |", "|---|---|---|"]
    for label, metric, system in ROWS:
        cells = (cell(scores, metric, system, split) for split in ("all", "held-out"))
        lines.append(f"| {' | '.join((label, *cells))} |")
    return "\n".join(lines)


def attribution(scores: pd.DataFrame) -> str:
    """What rules, reader and both find on PolNeAR's dev articles, exact spans and whole ones."""
    mine = scores[(scores["dataset"] == "PolNeAR") & (scores["split"] == "dev")]
    kinds = ("source", "cue", "content", "attribution")
    lines = [
        f"| exact F1 | {' | '.join(kinds)} | attribution, overlap |",
        "|---|---|---|---|---|---|",
    ]
    for system in ("rules", "reader", BOTH):
        cells = [cell(mine, f"{kind} exact F1", system, "dev") for kind in kinds]
        cells.append(cell(mine, "attribution overlap F1", system, "dev"))
        lines.append(f"| {' | '.join((system, *(c.split(', n = ')[0] for c in cells)))} |")
    counts = [cell(mine, f"{kind} exact F1", BOTH, "dev").split("n = ")[1] for kind in kinds]
    return "\n".join([*lines, f"| n coded | {' | '.join((*counts, counts[-1]))} |"])


def result(scores: pd.DataFrame, timeline: pd.DataFrame) -> str:
    """The first result: the two sides' balance in December, by model and by hand."""
    mine = timeline[
        (timeline["framing_id"] == "russian_victory_inevitable")
        & (timeline["bin_start"] == "2025-12-01")
    ]
    mine = mine.set_index("side")

    def said(side: str) -> str:
        r = mine.loc[side]
        known = pd.notna(r["stance_low"])
        interval = f" [{r['stance_low']:+.2f}, {r['stance_high']:+.2f}]" if known else ""
        model = f"{r['stance']:+.2f}{interval} by the model (n = {int(r['n_sided'])} claims"
        model += f" that take a side, in {int(r['n_docs'])} documents)"
        return f"{model} and {r['gold']:+.2f} by hand (n = {int(r['n_gold'])})".replace("-", "−")

    f1 = cell(scores, "stance macro-F1: russian_victory_inevitable", "trained head", "all")
    return (
        "**In five documents on the battle for Kupiansk**, in December 2025, the stance towards "
        f"“Russia’s victory is inevitable” is {said('Russian side')} on the Russian side and "
        f"{said('Ukrainian side')} on the Ukrainian side, from −1 against to +1 for. The model’s "
        f"macro-F1 on {f1.split(', n = ')[1]} hand-coded claims is "
        f"{f1.split(',')[0].split(' ')[0]}: "
        "read the hollow marks, coded by hand, beside the filled ones. Too few documents speak for "
        "an interval, and none would hold the model’s error."
    )


def balances(scores: pd.DataFrame) -> str:
    """How far balances of a side and month are from those of the hand coding."""
    mine = scores[scores["experiment"] == "e04"]
    parts = []
    for name, title in (
        ("russian_victory_inevitable", "victory"),
        ("ukrainian_counteroffensive", "counteroffensive"),
    ):
        gap, other = (
            cell(mine, f"{metric}: {name}", "narrative", "all").split(", n = ")
            for metric in (
                "mean gap to the hand-coded balance",
                "share of balances on the other side of zero than by hand",
            )
        )
        wrong = round(float(other[0].split(" ")[0]) * int(other[1]))
        parts.append(f"{gap[0]} ({title}; on the other side of zero in {wrong} of {gap[1]})")
    return (
        "**Balances err, too**: the mean distance between the model's and the hand-coded balance "
        f"of a side and month, on the scale from −1 to +1, is {' and '.join(parts)}."
    )


def propositions(scores: pd.DataFrame) -> str:
    """All seven propositions: trained head, cross-encoder, majority."""
    mine = scores[(scores["experiment"] == "e03") & (scores["dataset"] == "seeds gold")]
    systems = ("trained head", "cross-encoder", "majority")
    lines = [
        "| macro-F1 | take a side | trained head | cross-encoder | majority |",
        "|---|---|---|---|---|",
    ]
    prefix = "claims that take a side: "
    for metric in mine.loc[mine["metric"].str.startswith(prefix), "metric"]:
        name = metric.removeprefix(prefix)
        sided = int(float(cell(mine, metric, "hand coding", "all").split(",")[0]))
        cells = [
            cell(mine, f"stance macro-F1: {name}", s, "all").split(", n = ")[0] for s in systems
        ]
        lines.append(f"| {name.replace('_', ' ')} | {sided} | {' | '.join(cells)} |")
    n = cell(mine, f"stance macro-F1: {name}", "majority", "all").split("n = ")[1]
    return "\n".join([*lines, "", f"n = {n} claims."])


def reliability(scores: pd.DataFrame) -> str:
    """Agreement of the two codings."""
    mine = scores[scores["system"] == "two coders"]
    named = {
        "source_id": "speaker", "voice": "voice", "said_at": "date", "framing": "framing",
        "stance_russian_victory_inevitable": "stance on victory",
        "stance_ukrainian_counteroffensive": "on the counteroffensive",
        "stance_ukrainian_resistance_holds": "on resistance", "certainty": "certainty",
        "cue_stance": "cue stance",
    }  # fmt: skip
    cells = {k: cell(mine, f"alpha: {k}", "two coders", "all").split(", n = ") for k in named}
    n = cells["voice"][1]
    said = ", ".join(f"{name} {cells[k][0]}" for k, name in named.items())
    return (
        "**Reliability** of the coding (Krippendorff's alpha of two passes by authors of the "
        f"package, {n} claims that both marked): {said}."
    )


def contests(scores: pd.DataFrame) -> str:
    """What tells the side towards a proposition on contests that nothing was trained on."""
    mine = scores[scores["dataset"] == "other contests (written)"]
    metrics = ("stance macro-F1", "accuracy of the side, where one is taken")
    lines = ["| | macro-F1 | accuracy of the side, where one is taken |", "|---|---|---|"]
    for system in dict.fromkeys(mine.loc[mine["metric"] == metrics[0], "system"]):
        cells = [cell(mine, m, system, "kept contests").split(", n = ")[0] for m in metrics]
        lines.append(f"| {system} | {' | '.join(cells)} |")
    n, sided = (cell(mine, m, "majority", "kept contests").split("n = ")[1] for m in metrics)
    gate = [
        cell(mine, m, "gate", "kept contests").split(", n = ")[0]
        for m in dict.fromkeys(mine.loc[mine["system"] == "gate", "metric"])
    ]
    return "\n".join(
        [
            *lines,
            "",
            f"n = {n} pairs, {sided} with a side. The gate lets {gate[0]} of the pairs with a side "
            f"through, and spares {gate[1]} of the pairs of a claim with another contest's "
            "proposition.",
        ]
    )


def models(scores: pd.DataFrame) -> str:
    """Every stance model on the seeds' gold, the two main propositions."""
    mine = scores[(scores["experiment"] == "e08") & (scores["dataset"] == "seeds gold")]
    heads = MAIN
    metrics = ("macro-F1", "AUC favour against oppose", "accuracy")
    named = [f"{m.split(' ')[0]}, {h}" for h in ("victory", "counteroffensive") for m in metrics]
    lines = [f"| | {' | '.join(named)} |", "|---|---|---|---|---|---|---|"]
    for system in MODELS:
        cells = [cell(mine, f"{m}: {h}", system, "all") for h in heads for m in metrics]
        lines.append(f"| {' | '.join((system, *(c.split(', n = ')[0] for c in cells)))} |")
    n = cell(mine, f"macro-F1: {heads[0]}", MODELS[0], "all").split("n = ")[1]
    sided = [cell(mine, f"{metrics[1]}: {h}", SHIPPED, "all").split("n = ")[1] for h in heads]
    said = f"n = {n} claims; AUC on the {sided[0]} and {sided[1]} that take a side."
    return "\n".join([*lines, "", said])


def behaviour(scores: pd.DataFrame) -> str:
    """Pass rates of the behavioural tests."""
    mine = scores[(scores["experiment"] == "e08") & (scores["dataset"] == "behaviour")]
    lines = ["| test | pass rate | of always none |", "|---|---|---|"]
    for metric in dict.fromkeys(mine["metric"]):
        shipped, never = (cell(mine, metric, s, "all") for s in (SHIPPED, "none always"))
        lines.append(f"| {metric.split(': ')[1]} | {shipped} | {never.split(' ')[0]} |")
    return "\n".join(lines)


def learning(scores: pd.DataFrame) -> str:
    """What the network learns from how many claims, and without what."""
    mine = scores[scores["experiment"] == "learning curve"]
    parts = mine["system"].str.extract(r"^(?P<name>.+), (?P<n>\d+) claims, (?P<epochs>\d+) epochs")
    mine = mine.assign(**parts.astype({"n": int}))
    victory, counter = (f"macro-F1: {h}" for h in MAIN)
    columns = {
        "victory, in place": (victory, "in place"),
        "victory, alone": (victory, "alone"),
        "counteroffensive, in place": (counter, "in place"),
        "counteroffensive, alone": (counter, "alone"),
        "swap": ("pass rate: actor swap flips", "all"),
        "negation": ("pass rate: negation flips or empties", "all"),
        "paraphrase": ("pass rate: paraphrase keeps it", "all"),
    }
    head = " | ".join(("trained on", "claims", "epochs", *columns))
    lines = [f"| {head} |", "|---" * (3 + len(columns)) + "|"]
    order = mine.drop_duplicates("system").assign(curve=lambda t: ~t["name"].isin(CURVE))
    for row in order.sort_values(["curve", "n"], kind="stable").to_dict("records"):
        cells = [
            cell(mine, metric, row["system"], split).split(", n = ")[0]
            for metric, split in columns.values()
        ]
        lines.append(f"| {row['name']} | {row['n']:,} | {row['epochs']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def public(scores: pd.DataFrame) -> str:
    """What each representation tells of the side on the public sets."""
    mine = scores[scores["dataset"] == "public sets"]
    sets = list(dict.fromkeys(zip(mine["split"], mine["metric"], strict=True)))
    counts_of = mine["system"].value_counts()
    systems = [s for s in PUBLIC if counts_of.get(s, 0) == len(sets)]  # measured on every set
    head = " | ".join(f"{name}, {metric}" for name, metric in sets)
    lines = [f"| | {head} |", "|---" * (len(sets) + 1) + "|"]
    for system in systems:
        cells = [cell(mine, metric, system, name).split(", n = ")[0] for name, metric in sets]
        lines.append(f"| {' | '.join((system, *cells))} |")
    counts = [cell(mine, metric, systems[0], name).split("n = ")[1] for name, metric in sets]
    return "\n".join([*lines, f"| n | {' | '.join(counts)} |"])


def fill(text: str, name: str, body: str) -> str:
    return re.sub(
        rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)",
        lambda m: f"{m[1]}{body}\n{m[2]}",
        text,
        flags=re.S,
    )


def main() -> None:
    scores = pd.read_csv(ROOT / "figures" / "scores.csv")
    timeline = pd.read_csv(ROOT / "figures" / "stance_timeline.csv")
    path = ROOT / "README.md"
    before = path.read_text(encoding="utf-8")
    after = fill(before, "validity", validity(scores))
    after = fill(after, "attribution", attribution(scores))
    after = fill(after, "result", result(scores, timeline))
    after = fill(after, "contests", contests(scores))
    after = fill(after, "models", models(scores))
    after = fill(after, "behaviour", behaviour(scores))
    after = fill(after, "learning", learning(scores))
    after = fill(after, "public", public(scores))
    after = fill(after, "balances", balances(scores))
    after = fill(after, "propositions", propositions(scores))
    after = fill(after, "reliability", reliability(scores))
    after = fill(after, "framings", framings(scores))
    after = fill(after, "ledger", ledger(scores))
    after = fill(after, "recovery", recovery(scores))
    after = fill(after, "battle", battle(scores))
    if "--check" in sys.argv:
        if before != after:
            raise SystemExit(
                "README.md does not match figures/: run python experiments/fill_readme.py"
            )
        return
    path.write_text(after, encoding="utf-8", newline="\n")
    print("README.md filled from figures/")


if __name__ == "__main__":
    main()
