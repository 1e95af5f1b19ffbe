"""The look of every chart: fonts, colours, markers, axes, turning points.

Colours are from the Okabe-Ito set, told apart by colour-blind readers; no meaning rests on colour alone.
Reported values are filled, derived ones hollow, estimated ones hollow squares, unfit ones small crosses.
Figures are plain `matplotlib.figure.Figure` objects: no pyplot, no backend, the same bytes every time.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from .formatting import number
from .likeness import digest

FONT_FOLDER = Path(__file__).parent / "render" / "fonts"
INK, MUTED, RULE = "#1b1b1b", "#595959", "#d0d0d0"
COLOURS = {
    "exports": "#0072B2", "imports": "#D55E00", "total": INK, "balance": "#009E73",
    "customs": INK, "kotra": "#AA3377", "comtrade": "#0072B2", "mirror": "#9A6A00", "baci": "#D55E00",
}  # fmt: skip
# Grounds of the phases, light enough for every line and letter.
SHADES = {
    "sanctions": "#f6e3d3",
    "closure": "#e4e4e4",
    "reopening": "#dceee6",
}
DASHES = {"customs": "-", "kotra": "-", "comtrade": (0, (4, 2)), "mirror": (0, (1.5, 1.5)), "baci": "-."}
SHAPES = {"customs": "o", "kotra": "s", "comtrade": "^", "mirror": "D", "baci": "v"}
# Lines of definitions: the colour, dashes and marker of one line are used by no other of the same chart.
LINES = (
    ("#AA3377", "-", "s"), ("#0072B2", (0, (5, 1.5)), "o"), ("#9A6A00", (0, (1.5, 1.2)), "^"), ("#009E73", "-.", "D"),
    ("#D55E00", (0, (3, 1, 1, 1, 1, 1)), "v"), ("#595959", "-", "P"), ("#1b1b1b", "--", "X"), ("#56B4E9", ":", "<"),
    ("#CC79A7", (0, (6, 1, 1, 1)), ">"),
)  # fmt: skip
MARKERS = {
    "reported": {"marker": "o", "filled": True}, "mirror": {"marker": "o", "filled": True},
    "derived": {"marker": "o", "filled": False}, "estimated": {"marker": "s", "filled": False},
}  # fmt: skip
# In an SVG: the shape of a letter, what holds positions, and a number with more decimals than can be seen.
LETTER = re.compile(r'<path id="((?:Inter|DejaVu)[^"]*)"')
POSITIONS = re.compile(r' (?:d|x|y|x1|x2|y1|y2|points)="[^"]*"|translate\([^)]*\)')
FINE = re.compile(r"-?\d+\.\d{3,}")
MANY = 2000  # a log axis from one to this has no room for twos and fives
WIDE, NARROW = (7.1, 3.4), (3.9, 3.9)


@functools.cache
def settings() -> dict[str, Any]:
    """matplotlib settings of the house; registers the shipped font once."""
    fonts = font_manager.fontManager
    for file in sorted(FONT_FOLDER.glob("*.otf")):
        fonts.addfont(file)
    # Our bold is Inter SemiBold; without this matplotlib writes a warning about the missing weight.
    fonts.ttflist[:] = [
        dataclasses.replace(entry, weight=700) if entry.name == "Inter" and entry.weight == 600 else entry
        for entry in fonts.ttflist
    ]
    return {
        "font.family": ["Inter", "DejaVu Sans"], "font.size": 8.5, "axes.titlesize": 9, "axes.labelsize": 8.5,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": MUTED, "axes.labelcolor": MUTED,
        "axes.linewidth": 0.7, "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5, "text.color": INK, "axes.grid": True, "axes.grid.axis": "y", "grid.color": RULE,
        "grid.linewidth": 0.6, "lines.linewidth": 1.6, "lines.markersize": 3.6, "svg.fonttype": "path",
        "svg.hashsalt": "analysis", "axes.axisbelow": True, "figure.facecolor": "white", "axes.unicode_minus": True,
        # Dollar signs of a label are dollars, not the marks of a formula.
        "text.parse_math": False,
        "ytick.major.size": 0, "xtick.major.size": 3, "axes.titlelocation": "left", "axes.titleweight": "bold",
    }  # fmt: skip


def draw(painter: Callable[[Figure, bool], None], *, height: float | None = None,
         narrow_height: float | None = None) -> tuple[str, str]:  # fmt: skip
    """The SVG for wide pages and for a phone; `painter(figure, narrow)` draws into the given figure."""
    results = []
    for narrow, (width, default) in ((False, WIDE), (True, NARROW)):
        with mpl.rc_context(settings()):
            figure = Figure(figsize=(width, (narrow_height if narrow else height) or default), layout="constrained")
            painter(figure, narrow)
            results.append(_kept(figure))
    return results[0], results[1]


class Drawings(Protocol):
    """Where drawings are kept, by the digest of what they were drawn from (see `likeness`)."""

    def get(self, digest: str) -> str | None: ...

    def put(self, digest: str, svg: str) -> None: ...


_drawings: Drawings | None = None


@contextmanager
def keeping(drawings: Drawings | None) -> Iterator[None]:
    """Charts are taken from `drawings`, and kept there, for as long as the block lasts, also in forks made in it."""
    global _drawings
    before, _drawings = _drawings, drawings
    try:
        yield
    finally:
        _drawings = before


def _kept(figure: Figure) -> str:
    if _drawings is None or (likeness := digest(figure)) is None:
        return to_svg(figure)
    if (svg := _drawings.get(likeness)) is None:
        svg = to_svg(figure)
        _drawings.put(likeness, svg)
    return svg


def to_svg(figure: Figure) -> str:
    """SVG text without dates, creator or absolute identifiers."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue().decode("utf-8")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    return compact(text[text.index("<svg") :].strip() + "\n")


def compact(svg: str) -> str:
    """The same picture in fewer bytes: a page holds each chart twice, and most of a chart is names of letters.

    Comments and indentation go, letters get short names, and positions keep hundredths of a point.
    """
    svg = re.sub(r" *\n *", "\n", re.sub(r"<!--.*?-->\n?", "", svg, flags=re.S))
    names = {name: f"g{n:x}" for n, name in enumerate(dict.fromkeys(LETTER.findall(svg)))}
    svg = re.sub(r'(id="|href="#)([^"]*)"', lambda m: f'{m[1]}{names.get(m[2], m[2])}"', svg)
    return POSITIONS.sub(lambda m: FINE.sub(lambda n: f"{float(n[0]):.2f}".rstrip("0").rstrip("."), m[0]), svg)


def money_axis(axes: Axes, *, log: bool = False) -> None:
    """Ticks in millions of dollars, thousands separated."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 0 if value >= 1 or value <= 0 else 3)))
    if log:
        log_ticks(axes)
    else:
        axes.margins(y=0.12)


def heading(text: str, narrow: bool) -> str:
    """What stands above a panel, on two lines of a phone where one is too short for it."""
    return textwrap.fill(text, 44) if narrow else text


def log_ticks(axes: Axes) -> None:
    """One, two and five of each decade on a log axis, of many decades the ones alone; two ticks at the least.

    matplotlib would write the ticks between as formulas, which no chart of this house reads as such.
    """
    low, high = axes.get_ylim()
    locator = LogLocator(base=10, subs=(1.0, 2.0, 5.0) if high / low < MANY else (1.0,))
    ticks = [tick for tick in locator.tick_values(low / 10, high * 10) if tick > 0]
    if sum(low <= tick <= high for tick in ticks) < 2:
        axes.set_ylim(max(tick for tick in ticks if tick <= low), min(tick for tick in ticks if tick >= high))
    axes.yaxis.set_major_locator(locator)
    axes.yaxis.set_minor_locator(NullLocator())


def percent_axis(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 0, sign=True) + "%"))


def share_axis(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 0) + "%"))


def colour_key(axes: Axes, entries: Iterable[tuple[str, str]]) -> None:
    """Names of colours in a row above the axes, for bars that have no end to be labelled at."""
    texts: list[Artist] = [
        TextArea(("" if text.startswith("●") else "■ ") + text, textprops={"color": colour, "fontsize": 7.5})
        for text, colour in entries
    ]
    row = HPacker(children=texts, pad=0, sep=8)
    # Above the numbers of the turning points: inside, it would lie on the bars of some edition.
    axes.add_artist(AnchoredOffsetbox("lower left", child=row, frameon=False, pad=0, borderpad=0,
                                      bbox_to_anchor=(0, 1.07), bbox_transform=axes.transAxes))  # fmt: skip


def year_axis(axes: Axes, first: int, last: int, narrow: bool, room: float = 0.0) -> None:
    """Whole years at an even step, with `room` years free on the right for direct labels."""
    years = last - first
    step = next(s for s in (1, 2, 5, 10, 20) if years / s <= (5 if narrow else 10))
    ticks = [y for y in range(first, last + 1) if y % step == 0]
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.set_xlim(first - 0.7, last + 0.7 + room)


def moment(year: int, month: int = 1, day: int = 1) -> float:
    """Where the beginning of a day stands on an axis of months: 1 January 2020 at 2020, 1 July at 2020.5."""
    gone = date(year, month, day) - date(year, 1, 1)
    return year + gone.days / (date(year + 1, 1, 1) - date(year, 1, 1)).days


def middle(year: int, month: int, months: int = 1) -> float:
    """Where a month stands on an axis of months, or a span of `months` months: half way through."""
    after = year * 12 + month - 1 + months
    return (moment(year, month) + moment(after // 12, after % 12 + 1)) / 2


def month_axis(axes: Axes, first: int, last: int, narrow: bool) -> None:
    """The axis of every chart of months, quarters or days: a tick on each 1 January, some with their year.

    A year reaches from its own tick to the next, unlike on `year_axis`, where it stands above its number.
    """
    year_axis(axes, first, last, narrow)
    axes.set_xticks(range(first, last + 2), minor=True)
    axes.set_xlim(first - 0.2, last + 1.2)


def marked_line(axes: Axes, x: Iterable[float], y: Iterable[float], statuses: Iterable[str], fits: Iterable[bool],
                colour: str, **line: Any) -> None:  # fmt: skip
    """A line broken at gaps, with markers that show how each value came about."""
    points = list(zip(x, y, statuses, fits, strict=True))
    axes.plot([p[0] for p in points], [p[1] if p[3] else float("nan") for p in points], color=colour, **line)
    for status, look in MARKERS.items():
        chosen = [p for p in points if p[2] == status and p[3]]
        axes.plot([p[0] for p in chosen], [p[1] for p in chosen], linestyle="none", marker=look["marker"],
                  markerfacecolor=colour if look["filled"] else "white", markeredgecolor=colour,
                  markeredgewidth=0.9, zorder=3)  # fmt: skip
    unfit = [p for p in points if p[2] and not p[3]]
    axes.plot([p[0] for p in unfit], [p[1] for p in unfit], linestyle="none", marker="x", color=MUTED, markersize=3.4,
              zorder=3)  # fmt: skip


def turning_lines(axes: Axes, marks: Sequence[tuple[float, str]], numbers: bool = True) -> None:
    """Thin vertical lines at dated turning points, numbered at the top; `footer` says what the numbers mean."""
    for position, (x, _) in enumerate(marks, start=1):
        axes.axvline(x, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
        if numbers:
            axes.text(x, 1.01, str(position), transform=axes.get_xaxis_transform(), ha="center", va="bottom",
                      fontsize=7.5, fontweight="bold", color=MUTED)  # fmt: skip


def end_labels(axes: Axes, labels: Iterable[tuple[float, float, str, str]], gap: float = 0.075) -> None:
    """Direct labels `(x, y, text, colour)` right of the last points, pushed apart where they would overlap.

    Call it after the limits of the axes are set: the labels keep the places they get here.
    """
    to_axes = axes.transData + axes.transAxes.inverted()
    placed = sorted(((to_axes.transform((x, y)), text, colour) for x, y, text, colour in labels),
                    key=lambda label: -label[0][1])  # fmt: skip
    left = max((point[0] for point, _, _ in placed), default=1.0) + 0.02
    heights = _apart([float(point[1]) for point, _, _ in placed], gap)
    for height, (_, text, colour) in zip(heights, placed, strict=True):
        axes.text(left, height, text, transform=axes.transAxes, color=colour, va="center", ha="left",
                  fontsize=8.5, fontweight="bold", clip_on=False)  # fmt: skip


def _apart(heights: list[float], gap: float) -> list[float]:
    """Falling heights moved at least `gap` apart, upwards again where they would leave the axes below."""
    result: list[float] = []
    for height in heights:
        result.append(min(height, result[-1] - gap) if result else height)
    for position in range(len(result) - 1, -1, -1):
        floor = 0.02 if position == len(result) - 1 else result[position + 1] + gap
        result[position] = max(result[position], floor)
    return result


def key_lines(axes: Axes, narrow: bool) -> None:
    """Names of the labelled lines under the axes, each with its own dashes and marker."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(0, -0.14 if not narrow else -0.12),
                    ncols=1 if narrow else 2, frameon=False, fontsize=7.5, handlelength=3.2, columnspacing=1.4,
                    borderaxespad=0)  # fmt: skip


REPORTED, DERIVED, ESTIMATED, UNFIT = "● reported", "○ derived", "□ with an estimate", "× unfit for growth"


def footer(figure: Figure, narrow: bool, keys: Iterable[str] = (), marks: Sequence[tuple[float, str]] = ()) -> None:
    """The key of markers and of numbered turning points, under the axes and wrapped to the width."""
    events = [f"{number} {name}" for number, (_, name) in enumerate(marks, start=1)]
    lines = [line for group in (list(keys), events) for line in _wrapped(group, 62 if narrow else 118)]
    if lines:
        figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=7.5, color=MUTED, linespacing=1.5)


def _wrapped(items: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 3 + len(item) <= width:
            lines[-1] += "    " + item
        else:
            lines.append(item)
    return lines


def clip(axes: Axes, low: float, high: float, points: Iterable[tuple[float, float]], text: Callable[[float], str],
         ) -> None:  # fmt: skip
    """Limits that keep most points readable; a point beyond them is named in words at the edge."""
    axes.set_ylim(low, high)
    for row, (x, y) in enumerate(p for p in points if p[1] > high or p[1] < low):
        above = y > high
        offset = (3 + 10 * (row % 2)) * (-1 if above else 1)
        axes.annotate(("↑ " if above else "↓ ") + text(y), (x, high if above else low), ha="center",
                      va="top" if above else "bottom", fontsize=7, color=INK, xytext=(0, offset), zorder=5,
                      textcoords="offset points",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.9})  # fmt: skip
