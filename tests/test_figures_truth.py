"""Charts say what they draw: axes of months, keys, titles, ranges and data, on the artists themselves.

Every chart of the default edition and of the edition of 2016, wide and narrow, is painted and looked at before it is
turned into a picture.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from analysis import Report, figures, style
from analysis.catalogue import Catalogue
from analysis.display import Node
from analysis.parameters import edition, resolve
from conftest import acquainted

ARGUMENTS: dict[str, list[list[str]]] = {
    "trade_flow": [["imports"], ["exports"]],
    "matrix": [["trade-70"], ["food-70"], ["food-45"], ["fuel-70-80"], ["energy-90"]],
}  # fmt: skip
CALLS = [(name, *call) for name in figures.__all__ for call in ARGUMENTS.get(name, [[]])]
EDITIONS = ("default", "essays-2016")
# The glyph of a key, and the marker and filling that it stands for; bars and squares of a grid are "s" too.
GLYPHS = {
    "●": ("o", True), "○": ("o", False), "■": ("s", True), "□": ("s", False), "×": ("x", True), "▲": ("^", True),
    "◆": ("D", True), "▼": ("v", True), "◇": ("d", False),
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A chart as it was painted, wide and narrow, and its node."""

    node: Node
    pictures: tuple[Figure, ...]

    @property
    def title(self) -> str:
        return "".join(span["text"] for span in self.node["title"])

    @property
    def words(self) -> str:
        parts = (self.node["caption"], *self.node["notes"])
        return " ".join("".join(span["text"] for span in part) for part in parts)

    @property
    def rows(self) -> list[dict[str, Any]]:
        data = self.node["data"]
        return [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]


@pytest.fixture(scope="module")
def charts(catalogue: Catalogue, report: Report) -> Iterator[dict[tuple[str, ...], Drawn]]:
    """Every chart of both editions, painted once; a chart that has nothing to show is left out."""
    reports = {"default": report,
               "essays-2016": acquainted(Report(resolve(edition("essays-2016").parameters, catalogue), catalogue))}
    painted: list[Figure] = []
    with pytest.MonkeyPatch.context() as patch:
        def keep(figure: Figure) -> str:
            figure.draw_without_rendering()
            painted.append(figure)
            return "<svg/>"

        patch.setattr(style, "to_svg", keep)
        made = {}
        for name in EDITIONS:
            for call in CALLS:
                painted.clear()
                node = getattr(figures, call[0])(reports[name], *call[1:]).node()
                if node["kind"] == "figure":
                    made[name, *call] = Drawn(node, tuple(painted))
    yield made


def chart_of(charts: dict[tuple[str, ...], Drawn], name: str, call: tuple[str, ...]) -> Drawn:
    if (name, *call) not in charts:
        pytest.skip("nothing to draw in this edition")
    return charts[name, *call]


every_chart = pytest.mark.parametrize("call", CALLS, ids=".".join)
both_editions = pytest.mark.parametrize("name", EDITIONS)


def points(axes: Axes) -> Iterator[tuple[float, float]]:
    """Positions of the data of lines and bars, gaps and reference lines left out."""
    for line in axes.lines:
        if line.get_transform() == axes.transData:
            for x, y in zip(np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float), strict=True):
                if np.isfinite(x) and np.isfinite(y):
                    yield x, y
    for bars in axes.containers:
        for bar in bars if isinstance(bars, BarContainer) else ():
            if np.isfinite(bar.get_height()) and bar.get_height():
                yield bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height()


# ---------------------------------------------------------------------------------------------- axes of months


def months_of(drawn: Drawn) -> set[str]:
    """The months, quarters and days in the data of a chart."""
    told = (str(value) for row in drawn.rows for key, value in row.items() if key in PERIODS)
    return {text for text in told if re.fullmatch(r"\d{4}-\d\d(-\d\d)?|\d{4}Q\d", text)}


PERIODS = ("month", "quarter", "date", "effective", "first_month_after", "period")
BY_MONTH = ("months", "quarters", "month_growth", "event_timeline", "event_breaks", "event_panel")


@both_editions
@every_chart
def test_years_on_an_axis_of_months_begin_at_their_tick(
    charts: dict[tuple[str, ...], Drawn], name: str, call: tuple[str, ...]
) -> None:
    """On such an axis January 2020 lies right of the tick 2020, not half a year left of it."""
    drawn = chart_of(charts, name, call)
    # A calendar has months across and years down; two years of coal have a tick a quarter, looked at below.
    if not months_of(drawn) or call[0] in ("calendar", "coal_months"):
        assert call[0] not in BY_MONTH or call[0] == "event_breaks"
        return
    for picture in drawn.pictures:
        axes = picture.axes[-1]
        names = [label.get_text() for label in axes.get_xticklabels()]
        labelled = dict(zip(names, axes.get_xticks(), strict=True))
        assert labelled and all(text == str(int(tick)) and tick == int(tick) for text, tick in labelled.items())
        low, high = axes.get_xlim()
        ticks = {*axes.get_xticks(), *axes.get_xticks(minor=True)}
        assert {*range(int(np.ceil(low)), int(high) + 1)} <= ticks, "a tick on each 1 January"
        places = [x for one in picture.axes for x, _ in points(one)]
        assert low <= min(places) and max(places) <= high


def test_the_quarters_of_coal_begin_at_their_tick(charts: dict[tuple[str, ...], Drawn]) -> None:
    drawn = charts["default", "coal_months"]
    known = {row["month"]: row["tonnes"] for row in drawn.rows if row["tonnes"] is not None}
    for picture in drawn.pictures:
        axes = picture.axes[0]
        labels = dict(zip((t.get_text() for t in axes.get_xticklabels()), axes.get_xticks(), strict=True))
        begins = {text.split()[-1]: tick for text, tick in labels.items() if text.startswith("Jan")}
        assert set(begins) == {"2016", "2017"}
        bars = {round(b.get_x() + b.get_width() / 2 - begins["2016"], 2): b.get_height()
                for bars in axes.containers for b in bars}  # fmt: skip
        placed = {(int(m[:4]) - 2016) * 12 + int(m[5:]) - 0.5: tonnes / 1e6 for m, tonnes in known.items()}
        assert bars == pytest.approx(placed)


def decimal(text: str) -> tuple[float, float]:
    """The span of a month, quarter or day in decimal years, by hand."""
    year = int(text[:4])
    if "Q" in text:
        return year + (int(text[5]) - 1) / 4, year + int(text[5]) / 4
    month = int(text[5:7])
    if len(text) == 7:
        return year + (month - 1) / 12, year + month / 12
    return year + (month - 1) / 12 + (int(text[8:]) - 1) / 366, year + (month - 1) / 12 + int(text[8:]) / 360


@pytest.mark.parametrize(("call", "column"), [("months", "month"), ("quarters", "quarter"), ("month_growth", "month")])
def test_months_and_quarters_are_drawn_where_they_lie(
    charts: dict[tuple[str, ...], Drawn], call: str, column: str
) -> None:
    drawn = charts["default", call]
    assert "in the data and" in drawn.words or call == "months"
    rows = [row for row in drawn.rows if row.get("flow", "") != "total" or call == "months"]
    if call == "month_growth":
        rows = [row for row in rows if any(row[f"{m}_growth_percent"] is not None for m in ("exports", "imports"))]
    spans = [decimal(row[column]) for row in rows]
    places = [x for axes in drawn.pictures[0].axes for x, _ in points(axes)]
    outside = [x for x in places if not any(low - 0.005 < x < high + 0.005 for low, high in spans)]
    assert places and not outside
    assert all(any(low - 0.005 < x < high + 0.005 for x in places) for low, high in spans)


def test_events_of_the_timeline_stand_at_their_day(charts: dict[tuple[str, ...], Drawn], report: Report) -> None:
    drawn = charts["default", "event_timeline"]
    rows = [line for line in drawn.pictures[0].axes[1].lines if line.get_marker() == "|"]
    classes = list(dict.fromkeys(row["class"] for row in drawn.rows))
    for name, line in zip(classes, rows, strict=True):
        own = [row for row in drawn.rows if row["class"] == name]
        column = "effective" if report.event_study.plan.classes[name].counts_from == "effective_date" else "date"
        for row, x in zip(own, np.asarray(line.get_xdata(), float), strict=True):
            low, high = decimal(row[column]) if len(row[column]) > 4 else (int(row[column]), int(row[column]) + 1)
            assert low - 0.01 <= x <= high + 0.01, row


@pytest.mark.parametrize(("call", "shift"), [("months", 0.0), ("quarters", 0.0), ("levels", -0.5), ("growth", -0.5)])
def test_turning_points_stand_at_their_day(
    charts: dict[tuple[str, ...], Drawn], report: Report, call: str, shift: float
) -> None:
    """The border was closed in January 2020: right of the tick 2020 by month, in the left half of 2020 by year."""
    axes = charts["default", call].pictures[0].axes[0]
    upright = [line.get_xdata()[0] for line in axes.lines
               if line.get_transform() != axes.transData and len(set(line.get_xdata())) == 1]  # fmt: skip
    closed = next(point.day for point in report.turning_points if point.day.year == 2020)
    assert any(abs(x - shift - (2020 + (closed.month - 1) / 12 + closed.day / 366)) < 0.01 for x in upright)


# --------------------------------------------------------------------------------------------------------- keys


def filled(line: Line2D) -> bool:
    face = line.get_markerfacecolor()
    return face != "none" and to_hex(face) != "#ffffff"


def looks(picture: Figure) -> set[tuple[str, bool]]:
    """Marker and filling of all that is drawn with data in it."""
    found: set[tuple[str, bool]] = set()
    for axes in picture.axes:
        for line in axes.lines:
            known = np.isfinite(np.asarray(line.get_ydata(), float))
            if known.any() and line.get_marker() not in ("None", None, "", " "):
                found.add((str(line.get_marker()), filled(line) or line.get_marker() == "x"))
        for patch in axes.patches:
            if isinstance(patch, Rectangle) and patch.get_width() and patch.get_height():
                found.add(("s", to_hex(patch.get_facecolor()) != "#ffffff"))
    return found


def keys(picture: Figure) -> list[str]:
    """The entries of the key below a picture and of the row of colours above it."""
    below = picture._supxlabel.get_text() if getattr(picture, "_supxlabel", None) else ""
    return [key for line in below.split("\n") for key in re.split(r" {4}", line) if key]


@both_editions
@every_chart
def test_every_entry_of_a_key_is_drawn(
    charts: dict[tuple[str, ...], Drawn], name: str, call: tuple[str, ...]
) -> None:
    for picture in chart_of(charts, name, call).pictures:
        drawn = looks(picture)
        for key in keys(picture):
            if (glyph := GLYPHS.get(key[0])) and not GRIDS & {call[0]}:
                assert glyph in drawn, f"{key}: nothing is drawn like it"


# What a key of these says is written into squares as letters, or is a shade: looked at below.
GRIDS = {"event_matrix", "matrix", "event_specifications", "event_questions"}


@both_editions
@every_chart
def test_every_entry_of_a_legend_is_drawn_and_every_series_has_one(
    charts: dict[tuple[str, ...], Drawn], name: str, call: tuple[str, ...]
) -> None:
    for picture in chart_of(charts, name, call).pictures:
        legends = [axes.get_legend() for axes in picture.axes if axes.get_legend()]
        if not legends:
            continue
        named = {text.get_text() for legend in legends for text in legend.get_texts()}
        shown = {}
        for axes in picture.axes:
            for line in axes.lines:
                if np.isfinite(np.asarray(line.get_ydata(), float)).any() and line.get_transform() == axes.transData:
                    shown[line] = str(line.get_label())
            for bars in axes.containers:
                if isinstance(bars, BarContainer) and any(np.isfinite(b.get_height()) for b in bars):
                    shown[bars] = str(bars.get_label())  # type: ignore[index]
        assert named <= set(shown.values()), f"not drawn: {named - set(shown.values())}"
        looked: dict[tuple[Any, ...], set[str]] = {}
        for artist, label in shown.items():
            if isinstance(artist, Line2D) and artist.get_marker() not in ("None", None, ""):
                assert label in named, f"drawn and not named: {artist.get_color()} {artist.get_marker()}"
                look = (to_hex(artist.get_color()), artist.get_marker())
                looked.setdefault(look, set()).add(label)
        for look, labels in looked.items():
            assert len(labels) == 1, f"{look} stands for {labels}"


def test_the_deficit_of_kotra_is_drawn_where_kotra_has_one_and_nowhere_else(
    charts: dict[tuple[str, ...], Drawn],
) -> None:
    """In 2001 and 2004 KOTRA has no value: the squares of its colour in the lower chart were customs with crude oil."""
    drawn = charts["default", "deficits"]
    own = {row["year"] for row in drawn.rows if row["deficit_kotra_usd_million"] is not None}
    for picture in drawn.pictures:
        purple = {
            int(x) for axes in picture.axes for line in axes.lines
            if to_hex(line.get_color()) == to_hex(style.COLOURS["kotra"])
            for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True) if np.isfinite(y)
        }  # fmt: skip
        assert purple == own and 2001 not in own


@both_editions
def test_a_label_right_of_the_last_point_says_where_its_line_ended_before(
    charts: dict[tuple[str, ...], Drawn], name: str
) -> None:
    """The line of UN Comtrade ends in 2018; its name stood at 2025 beside the others."""
    drawn = chart_of(charts, name, ("bases",))
    ends = {c: max(row["year"] for row in drawn.rows if row[c] is not None)
            for c in drawn.node["data"]["columns"] if c.endswith("_usd_million")}  # fmt: skip
    early = {last for column, last in ends.items() if last < max(ends.values()) and "mirror" not in column}
    assert early
    for picture in drawn.pictures:
        told = {int(text.get_text()[-4:]) for text in picture.axes[0].texts if ", to " in text.get_text()}
        assert told == early


# ------------------------------------------------------------------------------------------ titles and pictures


@both_editions
@pytest.mark.parametrize("claim", [call[0] for call in ARGUMENTS["matrix"]])
def test_the_grid_of_a_claim_shows_what_its_title_counts(
    charts: dict[tuple[str, ...], Drawn], name: str, claim: str
) -> None:
    """Figure 13 of the edition of November 2026 had six black squares under the words that three fit."""
    drawn = chart_of(charts, name, ("matrix", claim))
    told = re.match(r"The quoted .*? fits (\d+) of (\d+) shares; (\d+) lie above, (\d+) below, (\d+) near", drawn.title)
    for picture in drawn.pictures:
        axes = picture.axes[0]
        solid = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_fill() and not p.get_hatch()]
        shades = Counter(to_hex(patch.get_facecolor()) for patch in solid)
        if told:
            inside, whole, above, below, near = (int(n) for n in told.groups())
            assert shades["#1b1b1b"] == inside
            assert shades["#8a8a8a"] == near
            assert sum(n for shade, n in shades.items() if shade != "#ffffff") == whole
            assert inside + above + below + near == whole
        yes = Counter(row["mark"] for row in drawn.rows if row["counted"] == "yes" and row["mark"] != "no data")
        assert shades["#1b1b1b"] == yes["inside"]
        assert sum(n for shade, n in shades.items() if shade != "#ffffff") == yes.total()
        dashes = sum(line.get_marker() == "_" for line in axes.lines)
        known = [row for row in drawn.rows if row["percent"] is not None]
        striped = sum(bool(patch.get_hatch()) for patch in axes.patches)
        assert yes.total() + dashes + striped == len(known), "no share is dropped without a mark"


def test_the_mark_of_a_striped_square_can_be_seen(charts: dict[tuple[str, ...], Drawn]) -> None:
    """A white ring on a white ground showed nothing."""
    for picture in charts["default", "matrix", "trade-70"].pictures:
        axes = picture.axes[0]
        solid = {(round(p.get_x() + p.get_width() / 2), round(p.get_y() + p.get_height() / 2)) for p in axes.patches
                 if isinstance(p, Rectangle) and to_hex(p.get_facecolor()) in ("#1b1b1b", "#8a8a8a")}  # fmt: skip
        rings = [(round(line.get_xdata()[0]), round(line.get_ydata()[0])) for line in axes.lines
                 if line.get_marker() == "o" and to_hex(line.get_markeredgecolor()) == "#ffffff"]  # fmt: skip
        assert rings and set(rings) <= solid


def test_a_share_equal_to_one_above_is_marked_as_the_same(charts: dict[tuple[str, ...], Drawn]) -> None:
    rows = charts["default", "matrix", "trade-70"].rows
    before = {r["year"]: r["percent"] for r in rows if r["definition"] == "trade_share.kotra"}
    alike = [r for r in rows if r["definition"] == "trade_share.kotra_without_crude" and r["percent"] is not None
             and before[r["year"]] == r["percent"]]  # fmt: skip
    assert len(alike) > 10 and {r["counted"] for r in alike} == {"with trade_share.kotra"}


# ------------------------------------------------------------------------------------------ ranges, data, letters


@both_editions
@every_chart
def test_what_is_drawn_lies_inside_the_axes_or_is_named(
    charts: dict[tuple[str, ...], Drawn], name: str, call: tuple[str, ...]
) -> None:
    drawn = chart_of(charts, name, call)
    for picture in drawn.pictures:
        for axes in picture.axes:
            low, high = sorted(axes.get_ylim())
            left, right = sorted(axes.get_xlim())
            beyond = [(x, y) for x, y in points(axes) if not (low <= y <= high and left <= x <= right)]
            arrows = sum(text.get_text()[:1] in "↑↓" for text in axes.texts if text.get_text())
            unnamed = {round(x, 3) for x, _ in beyond}
            if arrows:  # bars of a year that an arrow names, and its dot, count once
                assert len(unnamed) <= arrows, beyond
            elif beyond:
                assert f"left out ({len(beyond)})" in drawn.words, beyond


VALUES = {
    "levels": "usd_million", "months": "usd_million", "story": "usd_million", "arrivals": "all_persons",
}  # fmt: skip


@both_editions
@pytest.mark.parametrize("call", VALUES)
def test_every_figure_of_the_data_is_drawn(
    charts: dict[tuple[str, ...], Drawn], name: str, call: str
) -> None:
    drawn = chart_of(charts, name, (call,))
    values = Counter(round(float(row[VALUES[call]]), 6) for row in drawn.rows if row[VALUES[call]] is not None)
    for picture in drawn.pictures:
        shown = {round(y, 6) for axes in picture.axes for _, y in points(axes)}
        assert set(values) <= shown, "a figure of the data is not drawn"


@both_editions
@every_chart
def test_no_column_of_the_data_is_left_out_of_a_chart_of_lines(
    charts: dict[tuple[str, ...], Drawn], name: str, call: tuple[str, ...]
) -> None:
    """Each figure of a column of shares is the height of a point, if the chart draws lines."""
    drawn = chart_of(charts, name, call)
    columns = [c for c in drawn.node["data"]["columns"] if re.fullmatch(r"[a-z_0-9]+\.[a-z_0-9]+_percent", c)]
    for picture in drawn.pictures:
        shown = {round(y, 6) for axes in picture.axes for _, y in points(axes)}
        for column in columns:
            values = {round(float(row[column]), 6) for row in drawn.rows if row[column] is not None}
            assert values <= shown, column


@both_editions
@every_chart
def test_no_letter_is_cut_off(charts: dict[tuple[str, ...], Drawn], name: str, call: tuple[str, ...]) -> None:
    for picture in chart_of(charts, name, call).pictures:
        width, height = picture.bbox.width, picture.bbox.height
        hidden = labels_beyond_the_limits(picture)
        with mpl.rc_context(style.settings()):
            for text in picture.findobj(Text):
                if text in hidden or not text.get_visible() or not text.get_text().strip():
                    continue
                box = text.get_window_extent()
                inside = box.x0 >= -2 and box.x1 <= width + 2 and box.y0 >= -2 and box.y1 <= height + 2
                assert inside, f"cut off: {text.get_text()!r}"
                assert "\\" not in text.get_text(), "the marks of a formula, which nobody reads"


def labels_beyond_the_limits(picture: Figure) -> set[Text]:
    """The labels of ticks that lie outside their axis, which are not drawn."""
    found = set()
    for axes in picture.axes:
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            low, high = sorted(limits)
            ticks = [*axis.majorTicks, *axis.minorTicks]  # the methods leave out those of an earlier layout
            found |= {tick.label1 for tick in ticks if not low <= tick.get_loc() <= high}
    return found


@both_editions
@every_chart
def test_an_axis_of_dollars_says_millions_or_billions(
    charts: dict[tuple[str, ...], Drawn], name: str, call: tuple[str, ...]
) -> None:
    """Heights equal to the data in millions stand under the word million; a thousandth of it under billion."""
    drawn = chart_of(charts, name, call)
    columns = [c for c in drawn.node["data"]["columns"] if "usd_million" in c]
    values = {round(abs(float(row[c])), 4) for row in drawn.rows for c in columns if row.get(c)}
    if not values:
        return
    for picture in drawn.pictures:
        for axes in picture.axes:
            heights = {round(abs(y), 4) for _, y in points(axes)}
            words = axes.get_title(loc="left").lower()
            if len(heights & values) > 2:
                assert "million" in words, words
            elif len(heights & {round(v / 1000, 4) for v in values}) > 2:
                assert "billion" in words, words
