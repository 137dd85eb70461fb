"""The battle in two real corpora: who carries and adopts which framing, who leads, what events do.

Reads the counts in ``seeds/battle`` (``battle_data.py`` makes them from the corpora): titles of
war news of 2022 by outlets of both sides and the West (``ruwa``), and headlines of Russian state
sources, 2022 to mid-December 2025 (``state``). The unit of every interval and test is a day: news
of a day is of the same events. Speakers' camps and stances are machine scored.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from common import BLOCS, HOME, SEEDS, record_scores, save

from narrative.resampling import clustered_intervals, false_discovery, group_bootstrap
from narrative.series import change_test, lead_lag, placebo_effect

MIN_CLAIMS, MIN_DAYS = 30, 10  # below, no number
WEEKLY = {"stance": 10, "share": 60}  # fewest claims of a week, for a point
LAG = {"week": 4, "day": 7}
# Dated events, and the framings that each is about.
EVENTS = {
    "ruwa": (
        ("2022-04-02", "Bucha found"),
        ("2022-05-17", "Azovstal falls"),
        ("2022-09-06", "Kharkiv counteroffensive"),
        ("2022-09-21", "Mobilisation in Russia"),
    ),
    "state": (
        ("2022-09-06", "Kharkiv counteroffensive"),
        ("2022-11-09", "Retreat from Kherson announced"),
        ("2023-05-20", "Bakhmut claimed"),
        ("2023-06-24", "Wagner's mutiny"),
        ("2024-02-17", "Avdiivka claimed"),
        ("2024-08-06", "Ukrainian forces enter Kursk region"),
        ("2025-03-12", "Sudzha claimed"),
        ("2025-11-20", "Kupiansk claimed"),
        ("2025-12-12", "Zelenskyy at Kupiansk"),
    ),
}
WINDOW = 28  # days before and after an event
# Outlets with enough headlines for pairs, over the same span: (first day, last day, step).
SPANS = {
    ("1tv", "rt", "mfa"): ("2022-01-03", "2025-07-13", "week"),
    ("1tv", "mod", "tass"): ("2025-10-01", "2025-12-14", "day"),
}


def counts(corpus: str) -> pd.DataFrame:
    """Return the counts of a corpus, with the side of the speaker's camp."""
    table = pd.read_csv(SEEDS / "battle" / f"{corpus}.csv", keep_default_na=False)
    return table.assign(side=table["camp"].map(BLOCS).fillna("unknown"))


def by_day(table: pd.DataFrame, column: str, *, framing: str = "") -> pd.Series:
    """Return the sum of a column for each day, of one framing ("" for all claims)."""
    return table[table["framing_id"] == framing].groupby("day")[column].sum().astype(float)


def share(top: pd.Series, bottom: pd.Series, least: float = 0.0) -> dict[str, object]:
    """Return a ratio of sums over days and its interval, NaN where too few claims or days."""
    bottom = bottom[bottom > 0]
    top = top.reindex(bottom.index).fillna(0.0)
    row: dict[str, object] = {"value": np.nan, "low": np.nan, "high": np.nan}
    if bottom.sum() >= MIN_CLAIMS and len(bottom) >= MIN_DAYS:
        a, b = top.to_numpy()[:, None], bottom.to_numpy()[:, None]
        low, high = clustered_intervals(a, b, min_groups=MIN_DAYS, span=(least, 1.0))
        row = {"value": float(top.sum() / bottom.sum()), "low": low[0], "high": high[0]}
    return row | {"n": round(float(bottom.sum())), "unit": f"claims on {len(bottom)} days"}


def carried(corpus: str, table: pd.DataFrame, column: str) -> list[dict[str, object]]:
    """Return prevalence and stance of each framing by outlet or by side of the speaker."""
    rows = []
    for who, part in table.groupby(column, sort=True):
        for framing in HOME:
            favor, against = (by_day(part, c, framing=framing) for c in ("favor", "against"))
            net, sided = favor.sub(against, fill_value=0), favor.add(against, fill_value=0)
            shared = {"dataset": corpus, "split": column, "system": str(who)}
            every = by_day(part, "claims")
            rows.append(shared | {"metric": f"prevalence: {framing}"}
                        | share(by_day(part, "claims", framing=framing), every))  # fmt: skip
            rows.append(shared | {"metric": f"stance: {framing}"} | share(net, sided, -1.0))
            rows.append(shared | {"metric": f"rate for: {framing}"} | share(favor, every))
    return rows


def adopted(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return the share of favourable claims from outside a framing's camp, each way of counting."""
    rows = []
    known = table[table["side"] != "unknown"]
    for framing, camps in HOME.items():
        outside = known[~known["camp"].isin(camps)]
        rows.append({"dataset": "ruwa", "split": "sides equal", "system": "narrative",
                     "metric": f"adoption: {framing}"} | sides_equal(known, framing))  # fmt: skip
        for counted, column in (
            ("raw", "favor"), ("copies once", "favor_once"), ("first publisher", "favor_first"),
        ):  # fmt: skip
            found = share(*(by_day(t, column, framing=framing) for t in (outside, known)))
            rows.append({"dataset": "ruwa", "split": counted, "metric": f"adoption: {framing}",
                         "system": "narrative"} | found)  # fmt: skip
    return rows


def sides_equal(known: pd.DataFrame, framing: str) -> dict[str, object]:
    """Return adoption as if every side spoke as often: by the sides' rates of claims in favour.

    What a corpus holds of each side is a choice of those who made it; raw adoption follows it.
    """
    home = {BLOCS[c] for c in HOME[framing]}
    days = sorted(set(known["day"]))
    tops, bottoms, outside = [], [], []
    for side, part in known.groupby("side", sort=True):
        favor, every = by_day(part, "favor", framing=framing), by_day(part, "claims")
        tops.append(favor.reindex(days).fillna(0).to_numpy())
        bottoms.append(every.reindex(days).fillna(0).to_numpy())
        outside.append(side not in home)
    top, bottom, out = np.array(tops), np.array(bottoms), np.array(outside)

    def adoption(at: np.ndarray) -> float:
        rates = top[:, at].sum(axis=1) / np.maximum(bottom[:, at].sum(axis=1), 1)
        return float(rates[out].sum() / rates.sum()) if rates.sum() else float("nan")

    row: dict[str, object] = {"value": np.nan, "low": np.nan, "high": np.nan}
    n = int(top.sum())
    if n >= MIN_CLAIMS and (bottom.sum(axis=1) >= MIN_CLAIMS).all():
        low, high = group_bootstrap(days, adoption)
        row = {"value": adoption(np.arange(len(days))), "low": low, "high": high}
    return row | {"n": n, "unit": f"favourable claims on {len(days)} days"}


def against_interest(corpus: str, table: pd.DataFrame) -> list[dict[str, object]]:
    """Return the share of an outlet's claims that speak against what their camp would believe."""
    rows = []
    owners = {camp for camps in HOME.values() for camp in camps}
    mine = table[table["camp"].isin(owners) & table["framing_id"].isin(HOME)]
    own = np.array([c in HOME[f] for c, f in zip(mine["camp"], mine["framing_id"], strict=True)])
    mine = mine.assign(
        contrary=np.where(own, mine["against"], mine["favor"]),
        sided=mine["favor"] + mine["against"],
    )
    for (outlet, side), part in mine.groupby(["outlet", "side"], sort=True):
        top, bottom = (part.groupby("day")[c].sum().astype(float) for c in ("contrary", "sided"))
        rows.append({"dataset": corpus, "split": str(side), "metric": "against interest",
                     "system": str(outlet)} | share(top, bottom))  # fmt: skip
    return rows


def series(table: pd.DataFrame, framing: str, first: str, last: str, step: str) -> pd.Series:
    """Return the share of claims that speak for a framing, one value a step; gaps are bridged."""
    every, favor = by_day(table, "claims"), by_day(table, "favor", framing=framing)
    days = pd.date_range(first, last)
    both = pd.DataFrame({"n": every, "favor": favor})
    both.index = pd.to_datetime(both.index)
    both = both.reindex(days).fillna(0)
    if step == "week":
        both = both.resample("W-SUN").sum()
    return (both["favor"] / both["n"].where(both["n"] > 0)).interpolate(limit_direction="both")


def leads() -> pd.DataFrame:
    """Return who leads whom, over every pair and framing, with false discoveries controlled."""
    rows = []
    sides = counts("ruwa")
    groups = {n: t for n, t in sides.groupby("side") if n != "unknown"}
    runs = [("ruwa", "sides", groups, ("2022-02-28", "2022-11-06", "week"))]
    state = counts("state")
    for outlets, span in SPANS.items():
        runs.append(("state", "outlets", {o: state[state["outlet"] == o] for o in outlets}, span))
    for corpus, what, parts, (first, last, step) in runs:
        for one, other in combinations(parts, 2):
            for framing in HOME:
                a, b = (series(parts[p], framing, first, last, step) for p in (one, other))
                lag, r, p = lead_lag(a.to_numpy(), b.to_numpy(), max_lag=LAG[step])
                rows.append({"corpus": corpus, "what": what, "one": one, "other": other,
                             "framing_id": framing, "step": step, "n": len(a), "lag": lag,
                             "correlation": r, "p": p})  # fmt: skip
    table = pd.DataFrame(rows)
    table["q"] = false_discovery(table["p"].to_numpy(float))
    return table


def changes() -> pd.DataFrame:
    """Return where the share of claims for a framing changes most, with its test."""
    rows = []
    for corpus, column, span in (
        ("ruwa", "side", ("2022-02-28", "2022-11-06", "week")),
        ("state", "outlet", ("2022-01-03", "2025-12-14", "week")),
    ):  # fmt: skip
        for who, part in counts(corpus).groupby(column, sort=True):
            days = pd.to_datetime(part["day"])
            first, last = (
                max(pd.Timestamp(span[0]), days.min()),
                min(pd.Timestamp(span[1]), days.max()),
            )
            if by_day(part, "claims").sum() < 10 * MIN_CLAIMS or who == "unknown":
                continue
            for framing in HOME:
                values = series(part, framing, str(first.date()), str(last.date()), span[2])
                at, p = change_test(values.to_numpy())
                before, after = values.iloc[:at].mean(), values.iloc[at:].mean()
                rows.append({"corpus": corpus, "who": who, "framing_id": framing, "n": len(values),
                             "week_of": str(values.index[at].date()), "before": before,
                             "after": after, "p": p})  # fmt: skip
    table = pd.DataFrame(rows)
    table["q"] = false_discovery(table["p"].to_numpy(float))
    return table


def event_studies() -> pd.DataFrame:
    """Return what follows each event, beside days without one; the unit is a day."""
    rows = []
    for corpus, events in EVENTS.items():
        table = counts(corpus)
        for who, part in table[table["side"] != "unknown"].groupby("side", sort=True):
            every = by_day(part, "claims")
            every = every[every >= 3]  # fewer: the day says nothing
            days = pd.to_datetime(every.index).map(pd.Timestamp.toordinal).to_numpy(float)
            for framing in HOME:
                favor = by_day(part, "favor", framing=framing).reindex(every.index).fillna(0)
                values = (favor / every).to_numpy()
                for day, label in events:
                    at = float(pd.Timestamp(day).toordinal())
                    after = int(((days >= at) & (days < at + WINDOW)).sum())
                    found = (np.nan, np.nan, 0)
                    if after >= MIN_DAYS:
                        found = placebo_effect(values, days, at, window=WINDOW, min_each=MIN_DAYS)
                    rows.append({"corpus": corpus, "who": who, "event": label, "day": day,
                                 "framing_id": framing, "days_after": after, "change": found[0],
                                 "p": found[1], "n_placebo": found[2]})  # fmt: skip
    table = pd.DataFrame(rows)
    tested = table["p"].notna()
    table.loc[tested, "q"] = false_discovery(table.loc[tested, "p"].to_numpy(float))
    return table


def weekly(corpus: str, column: str) -> pd.DataFrame:
    """Return stance towards each framing, and the share of claims for it, week by week."""
    table = counts(corpus)
    week = pd.to_datetime(table["day"]).dt.to_period("W").dt.start_time.dt.strftime("%Y-%m-%d")
    rows = []
    for (who, start), part in table.assign(week=week).groupby([column, "week"], sort=True):
        every = by_day(part, "claims")
        for framing in HOME:
            favor, against = (
                by_day(part, c, framing=framing).reindex(every.index).fillna(0)
                for c in ("favor", "against")
            )
            row: dict[str, object] = {"who": who, "week": start, "framing_id": framing}
            for name, top, bottom, least in (
                ("stance", favor - against, favor + against, -1.0),
                ("share", favor, every, 0.0),
            ):
                low, high = clustered_intervals(
                    top.to_numpy()[:, None], bottom.to_numpy()[:, None],
                    min_groups=3, span=(least, 1.0),
                )  # fmt: skip
                given = bottom.sum() >= WEEKLY[name] and np.isfinite(low[0])
                found = (top.sum() / bottom.sum(), low[0], high[0]) if given else (np.nan,) * 3
                row |= dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
                row[f"n_{name}"] = int(bottom.sum())
            rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    rows: list[dict[str, object]] = []
    for corpus in EVENTS:
        table = counts(corpus)
        rows += carried(corpus, table, "outlet") + carried(corpus, table, "side")
        rows += against_interest(corpus, table)
        by_week = weekly(corpus, "side" if corpus == "ruwa" else "outlet")
        save(by_week.round(6), f"e13_weekly_{corpus}")
    rows += adopted(counts("ruwa"))
    lead, change, events = leads(), changes(), event_studies()
    for table, name in ((lead, "leads"), (change, "changes"), (events, "events")):
        save(table.round(6), f"e13_{name}")
        found = table[table["q"] <= 0.05]
        tested = int(table["p"].notna().sum())
        row = {"dataset": "both", "split": "all", "metric": f"{name} with q <= .05"}
        rows.append(
            row | {"system": "narrative", "value": len(found), "n": tested, "unit": "tests"}
        )
        print(f"{name}: {len(found)} of {table['p'].notna().sum()} with q <= .05")
        print(found.round(3).to_string(index=False))
    rows = [r for r in rows if np.isfinite(float(str(r["value"])))]
    scores = record_scores("e13", rows)
    print(scores[["dataset", "split", "metric", "system", "value", "low", "high", "n"]].to_string())


if __name__ == "__main__":
    main()
