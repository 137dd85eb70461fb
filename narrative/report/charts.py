"""The report's figures as Vega-Lite specifications, made with Altair; the page fills in the data.

Each takes the named data set "rows", and those over time "events", so that a filter changes the
numbers and not the figure. Sides differ in colour and in shape, as in ``narrative.plots``.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from narrative.plots import SIDES, VOICE_SHADES
from narrative.record_plots import STATUS_STYLE

SIDE_NAMES = (*SIDES, "Unknown")
_SHAPES = ("square", "circle", "triangle-up", "diamond")
_LIGHT = {"ink": "#1b1b1b", "soft": "#8a8a8a", "rule": "#dddddd", "event": "#b9b9b9"}
_DARK = {"ink": "#f0f0f0", "soft": "#9a9a9a", "rule": "#3c3c3c", "event": "#666666"}
_ORDER = alt.EncodingSortField("order", op="min")  # the default sums where bars are stacked
# Days are days everywhere: local time would move some of them to the day before.
_DAYS = alt.Scale(type="utc", padding=14)
# No grid: upright lines are events.
_DATES = alt.Axis(format="%-d %b %Y", labelOverlap=True, grid=False)
_BROKEN = "split(datum.label, '\\n')"  # the page breaks long labels
# The first line of two moves up, so that both stand beside their bar.
_RAISED = {"condition": {"test": "indexof(datum.label, '\\n') >= 0", "value": -7}, "value": 0}
_LINES = alt.Axis(labelExpr=_BROKEN, labelOffset=_RAISED)
_STATUS_SHAPES = ("square", "diamond", "cross", "triangle-down", "circle")
_BALANCE = "datum.value > 0 ? '+1 for' : datum.value < 0 ? '−1 against' : '0'"
Spec = dict[str, Any]


def all_charts() -> dict[str, dict[str, Spec]]:
    """Return every figure by theme ("light", "dark") and name."""
    make = {
        "voices": _voices,
        "framings": _framings,
        "time": _time,
        "battle": _battle,
        "ledger": _ledger,
    }
    return {
        theme: {n: _finished(f(dark), dark) for n, f in make.items()}
        for theme, dark in (("light", False), ("dark", True))
    }


def _finished(chart: Any, dark: bool) -> Spec:
    tone = _DARK if dark else _LIGHT
    words: Spec = {
        "labelColor": tone["ink"],
        "titleColor": tone["ink"],
        "titleFontWeight": "normal",
    }
    words |= {"labelFontSize": 12, "titleFontSize": 12}
    lines = {"gridColor": tone["rule"], "domainColor": tone["soft"], "tickColor": tone["soft"]}
    symbols = {"symbolBaseFillColor": tone["ink"], "symbolBaseStrokeColor": tone["ink"]}
    out: Spec = chart.properties(background="transparent").to_dict()
    # Altair's own configuration has a fixed size of view; the page sets the width.
    out["config"] = {
        "aria": False,  # the page names each figure and has its numbers in a table
        "font": "system-ui, sans-serif",
        "view": {"stroke": None},
        "axis": {**words, **lines, "labelLimit": 240},
        "legend": {**words, **symbols, "orient": "top", "labelLimit": 230, "symbolOpacity": 1},
        "header": {**words, "labelFontWeight": "bold", "labelLimit": 320},
    }
    return out


def _rows() -> Any:
    return alt.NamedData("rows")


def side_colours(dark: bool) -> list[str]:
    """Return the sides' colours as they are read on a light or dark page."""
    if dark:
        return ["#F2884B", "#5BB5E8", "#F0F0F0", "#9A9A9A"]
    return [*(style[0] for style in SIDES.values()), "#8A8A8A"]


def _side(dark: bool) -> Any:
    scale = alt.Scale(domain=list(SIDE_NAMES), range=side_colours(dark))
    return alt.Color("side:N", scale=scale, title=None)


def _tips(*pairs: tuple[str, str]) -> list[Any]:
    return [alt.Tooltip(field, title=title) for field, title in pairs]


def _voices(dark: bool) -> Any:
    colours = dict(VOICE_SHADES)
    if dark:
        colours |= {"author": "#E8E8E8", "mixed": "#6E6E6E"}
        colours |= {"quoted": "#3E8FC4", "paraphrased": "#9BD3F5"}
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return (
        alt.Chart(_rows())
        .mark_bar(cursor="pointer")
        .encode(
            y=alt.Y("label:N", sort=_ORDER, title=None, axis=_LINES),
            x=alt.X("n:Q", title="claims", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("voice:N", scale=scale, title="voice"),
            order=alt.Order("rank:Q"),
            tooltip=_tips(("whole:N", "speaker"), ("voice:N", "voice"), ("n:Q", "claims")),
        )
        .properties(width=500, height=alt.Step(20))
    )


def _framings(dark: bool) -> Any:
    return (
        alt.Chart(_rows())
        .mark_bar(cursor="pointer")
        .encode(
            y=alt.Y("label:N", sort=_ORDER, title=None, axis=_LINES),
            x=alt.X("n:Q", title="claims assigned to the framing", axis=alt.Axis(tickMinStep=1)),
            color=_side(dark),
            order=alt.Order("rank:Q"),
            tooltip=_tips(("whole:N", "framing"), ("side:N", "side"), ("n:Q", "claims")),
        )
        .properties(width=500, height=alt.Step(22))
    )


def _events(tone: dict[str, str]) -> list[Any]:
    """Return rules of dated events, and bands where no day is known; the data set is "events"."""
    base = alt.Chart(alt.NamedData("events"))
    start = alt.X("start:T", scale=_DAYS)
    tips = _tips(("event:N", "event"), ("date:N", "date"))
    known, unknown = alt.datum.precise, ~alt.datum.precise
    band = base.transform_filter(unknown).mark_rect(color=tone["soft"], opacity=0.15)
    rule = base.transform_filter(known).mark_rule(color=tone["event"], strokeWidth=1)
    # A thin rule is hard to point at: an unseen one around it carries the tooltip.
    wide = base.transform_filter(known).mark_rule(opacity=0.001, strokeWidth=9)
    return [
        band.encode(x=start, x2="end:T", tooltip=tips),
        rule.encode(x=start),
        wide.encode(x=start, tooltip=tips),
    ]


def _time(dark: bool) -> Any:
    tone = _DARK if dark else _LIGHT
    base = alt.Chart().encode(x=alt.X("middle:T", title=None, scale=_DAYS, axis=_DATES))
    stance = alt.Y(
        "stance:Q",
        title=None,
        scale=alt.Scale(domain=[-1, 1]),
        axis=alt.Axis(values=[-1, 0, 1], labelExpr=_BALANCE),
    )
    tips = _tips(
        ("label:N", "source"), ("bin:N", "from"), ("shown:N", "stance"),
        ("interval:N", "interval"), ("n_docs:Q", "documents"),
        ("n_sided:Q", "claims that take a side"), ("n_claims:Q", "all its claims"),
    )  # fmt: skip
    sided = _side(dark)
    shapes = alt.Scale(domain=list(SIDE_NAMES), range=list(_SHAPES))
    shape = alt.Shape("side:N", scale=shapes, title=None)
    zero = alt.Chart().mark_rule(color=tone["soft"]).encode(y=alt.datum(0))
    line = base.mark_line(opacity=0.6, strokeWidth=1.4).encode(
        y=stance, color=sided, detail="run:N"
    )
    bar = base.mark_rule().encode(y="low:Q", y2="high:Q", color=sided)
    point = base.mark_point(filled=True, size=80, cursor="pointer").encode(
        y=stance,
        color=sided,
        shape=shape,
        # Few claims say little: such a mark is faint, but leads to them all the same.
        opacity=alt.condition("datum.n_sided < 3", alt.value(0.4), alt.value(1)),
        tooltip=tips,
    )
    layered = alt.layer(*_events(tone), zero, line, bar, point).properties(width=500, height=70)
    facet = alt.Row(
        "label:N",
        sort=_ORDER,
        title=None,
        header=alt.Header(labelOrient="top", labelAnchor="start", labelAngle=0, labelPadding=2),
    )
    return layered.facet(row=facet, data=_rows(), spacing=8)


def _battle(dark: bool) -> Any:
    tone = _DARK if dark else _LIGHT
    bars = (
        alt.Chart(_rows())
        .mark_bar(cursor="pointer")
        .encode(
            y=alt.Y("label:N", sort=_ORDER, title=None, axis=_LINES),
            x=alt.X(
                "signed:Q",
                title="← claims against · claims for →",
                axis=alt.Axis(labelExpr="abs(datum.value)", tickMinStep=1),
            ),
            color=_side(dark),
            order=alt.Order("rank:Q"),
            tooltip=_tips(
                ("whole:N", "framing"),
                ("side:N", "side"),
                ("stance:N", "stance"),
                ("n:Q", "claims"),
            ),
        )
    )
    zero = alt.Chart().mark_rule(color=tone["ink"]).encode(x=alt.datum(0))
    return alt.layer(bars, zero).properties(width=500, height=alt.Step(26))


def _ledger(dark: bool) -> Any:
    tone = _DARK if dark else _LIGHT
    labels = [s[0] for s in STATUS_STYLE.values()]
    shapes = alt.Scale(domain=labels, range=list(_STATUS_SHAPES))
    base = alt.Chart(_rows()).encode(
        y=alt.Y(
            "lane:N",
            title=None,
            sort=_ORDER,
            axis=alt.Axis(grid=True, labelExpr=_BROKEN, labelOffset=_RAISED),
        ),
    )
    owed = base.mark_rule(strokeDash=[3, 3], strokeWidth=1.2).encode(
        x="day:T", x2="exposed:T", color=_side(dark)
    )
    point = base.mark_point(filled=True, size=90, cursor="pointer", opacity=0.9).encode(
        x=alt.X("day:T", title="claimed on", scale=_DAYS, axis=_DATES),
        color=_side(dark),
        shape=alt.Shape("status:N", scale=shapes, title=None, legend=alt.Legend(orient="bottom")),
        tooltip=_tips(
            ("place:N", "place"), ("claimant:N", "claimant"), ("status:N", "claimed"),
            ("when:N", "on"), ("n:Q", "claims"),
        ),
    )  # fmt: skip
    return alt.layer(*_events(tone), owed, point).properties(width=500, height=alt.Step(20))
