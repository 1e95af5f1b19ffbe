"""The look of every chart: fonts, colours, markers, axes, turning points.

Colours are from the Okabe-Ito set, told apart by colour-blind readers; no meaning rests on colour alone.
Reported values are filled, derived ones hollow, estimated ones hollow squares, unfit ones small crosses.
Figures are plain `matplotlib.figure.Figure` objects: no pyplot, no backend, the same bytes every time.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from .formatting import number

FONT_FOLDER = Path(__file__).parent / "render" / "fonts"
INK, MUTED, RULE = "#1b1b1b", "#595959", "#d0d0d0"
COLOURS = {
    "exports": "#0072B2", "imports": "#D55E00", "total": INK, "balance": "#009E73",
    "customs": INK, "kotra": "#AA3377", "comtrade": "#0072B2", "mirror": "#9A6A00",
    "sanctions": "#D55E00", "closure": "#595959", "reopening": "#009E73",
}  # fmt: skip
MARKERS = {
    "reported": {"marker": "o", "filled": True}, "mirror": {"marker": "o", "filled": True},
    "derived": {"marker": "o", "filled": False}, "estimated": {"marker": "s", "filled": False},
}  # fmt: skip
WIDE, NARROW = (7.1, 3.7), (3.9, 3.6)


@functools.cache
def settings() -> dict[str, Any]:
    """matplotlib settings of the house; registers the shipped font once."""
    for file in sorted(FONT_FOLDER.glob("*.otf")):
        font_manager.fontManager.addfont(file)
    return {
        "font.family": ["Inter", "DejaVu Sans"], "font.size": 8.5, "axes.titlesize": 9, "axes.labelsize": 8.5,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": MUTED, "axes.labelcolor": MUTED,
        "axes.linewidth": 0.7, "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5, "text.color": INK, "axes.grid": True, "axes.grid.axis": "y", "grid.color": RULE,
        "grid.linewidth": 0.6, "lines.linewidth": 1.6, "lines.markersize": 3.6, "svg.fonttype": "path",
        "svg.hashsalt": "analysis", "axes.axisbelow": True, "figure.facecolor": "white", "axes.unicode_minus": True,
        "ytick.major.size": 0, "xtick.major.size": 3, "axes.titlelocation": "left", "axes.titleweight": "semibold",
    }  # fmt: skip


def draw(painter: Callable[[Figure, bool], None], *, height: float | None = None,
         narrow_height: float | None = None) -> tuple[str, str]:  # fmt: skip
    """The SVG for wide pages and for a phone; `painter(figure, narrow)` draws into the given figure."""
    results = []
    for narrow, (width, default) in ((False, WIDE), (True, NARROW)):
        with mpl.rc_context(settings()):
            figure = Figure(figsize=(width, (narrow_height if narrow else height) or default), layout="constrained")
            painter(figure, narrow)
            results.append(to_svg(figure))
    return results[0], results[1]


def to_svg(figure: Figure) -> str:
    """SVG text without dates, creator or absolute identifiers."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue().decode("utf-8")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    return text[text.index("<svg") :].strip() + "\n"


def money_axis(axes: Axes, *, log: bool = False) -> None:
    """Ticks in millions of dollars, thousands separated."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 0 if value >= 1 or value <= 0 else 3)))
    if not log:
        axes.margins(y=0.12)


def percent_axis(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 0, sign=True) + "%"))


def year_axis(axes: Axes, first: int, last: int, narrow: bool, room: float = 0.0) -> None:
    """Whole years at an even step, with `room` years free on the right for direct labels."""
    years = last - first
    step = next(s for s in (1, 2, 5, 10, 20) if years / s <= (5 if narrow else 10))
    ticks = [y for y in range(first, last + 1) if y % step == 0]
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.set_xlim(first - 0.7, last + 0.7 + room)


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


def turning_lines(axes: Axes, marks: Iterable[tuple[float, str]], narrow: bool, top: bool = True) -> None:
    """Thin vertical lines at dated turning points, numbered on a phone and named on a page."""
    for position, (x, label) in enumerate(marks, start=1):
        axes.axvline(x, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
        if top:
            axes.text(x, 1.01, str(position) if narrow else label, transform=axes.get_xaxis_transform(),
                      ha="center", va="bottom", fontsize=7.5, color=MUTED)  # fmt: skip


def end_labels(axes: Axes, labels: Iterable[tuple[float, float, str, str]], gap: float = 0.055) -> None:
    """Direct labels `(x, y, text, colour)` right of the last points, pushed apart where they would overlap."""
    to_axes = axes.transData + axes.transAxes.inverted()
    placed = sorted(((to_axes.transform((x, y))[1], x, text, colour) for x, y, text, colour in labels), reverse=True)
    previous = float("inf")
    for height, x, text, colour in placed:
        position = min(height, previous - gap)
        previous = position
        left = to_axes.transform((x, 1))[0] + 0.012
        axes.text(left, position, text, transform=axes.transAxes, color=colour, va="center", ha="left",
                  fontsize=8.5, fontweight="semibold")  # fmt: skip


def key(axes: Axes, narrow: bool, *, estimated: bool = False, unfit: bool = False) -> None:
    """The one legend charts share: which marker means reported, derived, estimated, unfit."""
    entries = [("o", INK, INK, "reported"), ("o", "white", INK, "derived")]
    if estimated:
        entries.append(("s", "white", INK, "with an estimate"))
    if unfit:
        entries.append(("x", MUTED, MUTED, "unfit for growth"))
    handles = [
        axes.plot([], [], linestyle="none", marker=m, markerfacecolor=face, markeredgecolor=edge, label=label)[0]
        for m, face, edge, label in entries
    ]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2 if narrow else 4,
                frameon=False, fontsize=7.5, handletextpad=0.2, columnspacing=1.2, labelcolor=MUTED)  # fmt: skip
