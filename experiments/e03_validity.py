"""Validity against the hand coding: reliability, stance and framing, with baselines.

Intervals resample paragraphs (the groups that claims were coded in); five documents are too few
to resample. Thresholds of the cosine baselines are chosen on the development documents, in their
favour; the majority guesses are read off the very claims that they are scored on, also in theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from common import COUNTER, INEVITABLE, MAIN, SEEDS, gold, record_scores, save, table
from validity import SPLITS, Rows, detection, favor_auc, inside, measured, row, texts

from narrative.adapter import load_adapter
from narrative.agreement import (
    accuracy,
    krippendorff_alpha,
    macro_f1,
    match_spans,
    paragraph_groups,
)
from narrative.codebook import read_codebook
from narrative.encoder import embed
from narrative.framings import guided_membership
from narrative.normalise import build_normaliser
from narrative.resampling import group_bootstrap
from narrative.stance import HEAD, score_stance, stance_model
from narrative.stance.in_context import claim_inputs
from narrative.study import read_study

MIN_N = 15
SIDED = "claims that take a side"


def reliability(first: pd.DataFrame, second: pd.DataFrame) -> Rows:
    """Krippendorff's alpha of the two codings on the spans that both coded."""
    pairs = match_spans(first, second)
    a, b = (
        first.loc[pairs["first"]].reset_index(drop=True),
        second.loc[pairs["second"]].reset_index(drop=True),
    )
    groups = np.array(paragraph_groups(a, texts()))
    out: Rows = []
    variables = [
        "source_id",
        "camp",
        "voice",
        "cue_stance",
        "said_at",
        "framing",
        "certainty",
        "control_status",
    ]
    variables += [c for c in a.columns if c.startswith("stance_")]
    for name in variables:
        level = "interval" if name.startswith("stance_") else "nominal"
        units = list(zip(a[name], b[name], strict=True))

        def alpha(
            at: np.ndarray, units: list[tuple[object, object]] = units, level: str = level
        ) -> float:
            return krippendorff_alpha([units[i] for i in at], level=level)

        value = alpha(np.arange(len(units)))
        out.append(
            row(
                "all",
                f"alpha: {name}",
                "two coders",
                value,
                group_bootstrap(groups.tolist(), alpha, n_boot=300),
                len(units),
                "claims coded twice",
            )
        )
    out.append(detection(first, second, "all", "second coder"))
    for framing in MAIN:
        y, p = a[f"stance_{framing}"].to_numpy(), b[f"stance_{framing}"].to_numpy()
        out.append(
            measured("all", f"stance macro-F1: {framing}", "second coder", y, p, groups, macro_f1)
        )
    y, p = a["framing"].to_numpy(dtype=object), b["framing"].to_numpy(dtype=object)
    out.append(measured("all", "framing macro-F1", "second coder", y, p, groups, macro_f1))
    return out


def majority(y: np.ndarray) -> np.ndarray:
    values, counts = np.unique(y, return_counts=True)
    return np.full(len(y), values[counts.argmax()])


def majority_per_camp(y: np.ndarray, camp: np.ndarray) -> np.ndarray:
    out = np.zeros_like(y)
    for name in np.unique(camp):
        out[camp == name] = majority(y[camp == name])
    return out


def majority_per_camp_elsewhere(y: np.ndarray, camp: np.ndarray, doc: np.ndarray) -> np.ndarray:
    """The same guess, read off the other documents."""
    out = np.zeros_like(y)
    for name in np.unique(doc):
        for side in np.unique(camp[doc == name]):
            others = y[(doc != name) & (camp == side)]
            out[(doc == name) & (camp == side)] = majority(others)[0] if len(others) else 0
    return out


def cut(score: np.ndarray, y: np.ndarray, chosen_on: np.ndarray) -> np.ndarray:
    """Return -1, 0, 1 by the two thresholds that serve macro-F1 best on some rows."""
    grid = np.quantile(score[chosen_on], np.linspace(0.02, 0.98, 25))
    best, kept = -1.0, (grid[0], grid[-1])
    for i, low in enumerate(grid):
        for high in grid[i:]:
            p = (score > high).astype(int) - (score < low).astype(int)
            value = macro_f1(y[chosen_on], p[chosen_on])
            if value > best:
                best, kept = value, (low, high)
    return (score > kept[1]).astype(int) - (score < kept[0]).astype(int)


def stance(coded: pd.DataFrame) -> tuple[Rows, pd.DataFrame]:
    """Stance of the coded claims, ours beside every baseline; texts and camps are the coders'."""
    codebook = read_codebook(SEEDS / "codebook.toml")
    framings = codebook.table()
    sources, places = table("sources"), read_study(SEEDS).places()
    columns = ["gold_id", "text", "before", "after", "camp"]
    claims = coded[columns].rename(columns={"gold_id": "claim_id"})
    scored = score_stance(claims, framings, sources=sources, places=places)
    shipped = stance_model()  # and as it would be if no head knew these propositions
    pairs_alone = shipped._replace(pairs=replace(shipped.pairs, every=True))
    without_head = score_stance(claims, framings, sources=sources, places=places, model=pairs_alone)
    assert all(m.startswith(HEAD) for m in scored.attrs["method"].values())
    vectors, raw = embed(coded["text"].tolist()), {}
    for f in codebook.framings:
        pair = embed([f.proposition, f.counter])
        raw[f.framing_id] = (vectors @ pair[0], vectors @ pair[0] - vectors @ pair[1])
    groups = np.array(paragraph_groups(coded, texts()))
    camp, doc = coded["camp"].to_numpy(dtype=object), coded["doc_id"].to_numpy(dtype=object)
    chosen_on = inside(coded, "development")
    out: Rows = []
    predictions = coded[["gold_id", "doc_id", "camp", "text"]].copy()
    for framing in [f.framing_id for f in codebook.framings]:
        y = coded[f"stance_{framing}"].to_numpy()
        sided = float((y != 0).sum())
        out.append(
            row("all", f"{SIDED}: {framing}", "hand coding", sided, (np.nan, np.nan), len(y))
        )
        ours = scored[scored["framing_id"] == framing].set_index("claim_id").loc[coded["gold_id"]]
        other = (
            without_head[without_head["framing_id"] == framing]
            .set_index("claim_id")
            .loc[coded["gold_id"]]
        )
        predictions[f"gold_{framing}"], predictions[f"stance_{framing}"] = (
            y,
            ours["stance"].to_numpy(),
        )
        systems: dict[str, tuple[np.ndarray, np.ndarray | None]] = {
            "trained head": (ours["stance"].to_numpy(), ours["score"].to_numpy()),
            "cross-encoder": (other["stance"].to_numpy(), other["score"].to_numpy()),
            "majority": (majority(y), None),
            "majority per camp": (majority_per_camp(y, camp), None),
            "majority per camp, other documents": (majority_per_camp_elsewhere(y, camp, doc), None),
            "cosine to proposition": (cut(raw[framing][0], y, chosen_on), raw[framing][0]),
            "cosine difference": (cut(raw[framing][1], y, chosen_on), raw[framing][1]),
        }
        for system, (p, score) in systems.items():
            parts = {split: inside(coded, split) for split in SPLITS}
            if framing in MAIN:
                parts |= {
                    f"camp {c}": camp == c for c in np.unique(camp) if (camp == c).sum() >= MIN_N
                }
            for split, at in parts.items():
                columns: list[tuple[str, np.ndarray, Callable[..., float]]] = [
                    ("stance macro-F1", p, macro_f1),
                    ("stance accuracy", p, accuracy),
                ]
                if score is not None and split in SPLITS:
                    columns.append(("stance AUC favor/against", score, favor_auc))
                for name, got, metric in columns:
                    label = f"{name}: {framing}"
                    out.append(measured(split, label, system, y[at], got[at], groups[at], metric))
    return out, predictions


def end_to_end(coded: pd.DataFrame, found: pd.DataFrame) -> Rows:
    """Stance and framing of extracted claims, on those that match a coded one."""
    pairs = match_spans(coded, found)
    a, b = (
        coded.loc[pairs["first"]].reset_index(drop=True),
        found.loc[pairs["second"]].reset_index(drop=True),
    )
    groups = np.array(paragraph_groups(a, texts()))
    stances, assignments = table("stances"), table("assignments").set_index("claim_id")
    out: Rows = []
    for framing in MAIN:
        mine = (
            stances[stances["framing_id"] == framing]
            .set_index("claim_id")
            .loc[b["claim_id"], "stance"]
            .to_numpy()
        )
        y = a[f"stance_{framing}"].to_numpy()
        for split in SPLITS:
            at = inside(a, split)
            out.append(
                measured(
                    split,
                    f"stance macro-F1, end to end: {framing}",
                    "trained head",
                    y[at],
                    mine[at],
                    groups[at],
                    macro_f1,
                )
            )
    codes = as_codes(assignments.loc[b["claim_id"], "framing_id"])
    y = a["framing"].to_numpy(dtype=object)
    for split in SPLITS:
        at = inside(a, split)
        out.append(
            measured(
                split,
                "framing macro-F1, end to end",
                "guided",
                y[at],
                codes[at],
                groups[at],
                macro_f1,
            )
        )
    return out


def as_codes(framing_ids: pd.Series) -> np.ndarray:
    """What no framing or a discovered one holds is "other" in the coding."""
    known = set(read_codebook(SEEDS / "codebook.toml").table()["framing_id"])
    return framing_ids.where(framing_ids.isin(known), "other").to_numpy(dtype=object)


def framing(coded: pd.DataFrame, min_membership: float) -> Rows:
    """Guided framing of the coded claims: the trained head and nearness to the codebook."""
    codebook = read_codebook(SEEDS / "codebook.toml")
    normaliser = build_normaliser(table("sources"), read_study(SEEDS).places())
    adapter, encoder, *_ = stance_model()
    vectors = encoder.encode(claim_inputs(coded, coded["camp"], normaliser))
    ids = np.array([f.framing_id for f in codebook.framings], dtype=object)
    y, groups = coded["framing"].to_numpy(dtype=object), np.array(paragraph_groups(coded, texts()))
    out: Rows = []
    for system, model in (("guided", adapter), ("nearness to codebook", None)):
        membership = guided_membership(vectors, codebook, encoder, normaliser, adapter=model)
        p = np.where(
            membership.max(axis=1) >= min_membership, ids[membership.argmax(axis=1)], "other"
        )
        for split in SPLITS:
            at = inside(coded, split)
            out.append(
                measured(split, "framing macro-F1", system, y[at], p[at], groups[at], macro_f1)
            )
            out.append(
                measured(split, "framing accuracy", system, y[at], p[at], groups[at], accuracy)
            )
    for split in SPLITS:
        at = inside(coded, split)
        out.append(
            measured(
                split, "framing macro-F1", "majority", y[at], majority(y[at]), groups[at], macro_f1
            )
        )
    return out


def main() -> None:
    coded, second, found = gold(), gold("claims_second"), table("claims")
    rows = reliability(coded, second)
    stance_rows, predictions = stance(coded)
    rows += stance_rows + end_to_end(coded, found)
    rows += framing(coded, read_study(SEEDS).framings.min_membership)
    save(predictions, "e03_predictions")
    scores = record_scores("e03", rows)
    save(scores, "e03_scores")
    print(f"adapter {load_adapter().sha256[:12]}, {len(coded)} coded claims, {len(found)} found")
    shown = scores[
        scores["split"].isin([*SPLITS, *[s for s in scores["split"] if str(s).startswith("camp")]])
    ]
    shown = shown[~shown["metric"].str.contains("accuracy: (?!.*victory|.*counter)", regex=True)]
    with pd.option_context(
        "display.width", 180, "display.max_rows", None, "display.max_colwidth", 60
    ):
        print(
            shown[["metric", "split", "system", "value", "low", "high", "n"]]
            .round(3)
            .to_string(index=False)
        )
    for name in (INEVITABLE, COUNTER):
        wrong = (predictions[f"gold_{name}"] != predictions[f"stance_{name}"]).sum()
        print(f"errors on {name}: {wrong} of {len(predictions)}")


if __name__ == "__main__":
    main()
