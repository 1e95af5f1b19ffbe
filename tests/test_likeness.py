"""A chart that was drawn before is taken from the cache when, and only when, it would be drawn alike."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from analysis import Report, figures, style
from analysis.likeness import digest
from analysis.render import cache, inputs, parts

PAINT = """
import matplotlib as mpl
from matplotlib.figure import Figure
from analysis import style
from analysis.likeness import digest
with mpl.rc_context(style.settings()):
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.add_subplot()
    style.marked_line(axes, [1, 2, 3], [1.0, 3.0, 2.0], ["reported"] * 3, [True] * 3, "#0072B2")
    axes.set_title("Trade")
    style.share_axis(axes)
    style.colour_key(axes, [("exports", "#0072B2")])
    print(digest(figure))
"""


def painted(change: Callable[[Figure, Any], object] = lambda figure, axes: None) -> Figure:
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([1, 2, 3], [1.0, 3.0, 2.0], color="#0072B2", label="exports")
    axes.set_title("Trade")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}%"))
    change(figure, axes)
    return figure


def labelled(unit: str) -> Callable[[Figure, Any], object]:
    return lambda figure, axes: axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}{unit}"))


CHANGES: dict[str, Callable[[Figure, Any], object]] = {
    "a value": lambda figure, axes: axes.lines[0].set_ydata([1.0, 3.0, 2.000001]),
    "a colour": lambda figure, axes: axes.lines[0].set_color("#0072B3"),
    "a word": lambda figure, axes: axes.set_title("trade"),
    "a place": lambda figure, axes: axes.title.set_position((0.5, 1.1)),
    "a limit": lambda figure, axes: axes.set_ylim(0, 4),
    "the size": lambda figure, axes: figure.set_size_inches(4, 3.01),
    "one artist more": lambda figure, axes: axes.axhline(2.0),
    "the order": lambda figure, axes: axes.lines[0].set_zorder(9),
    "what a label is made with": labelled("m"),
    "how a label is made": lambda figure, axes: axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:.1f}%")
    ),
    "the layout": lambda figure, axes: figure.set_layout_engine("none"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_the_drawing_changes_the_digest(change: str) -> None:
    same, other = digest(painted()), digest(painted(CHANGES[change]))
    assert same is not None and other is not None and same == digest(painted()) != other


def test_what_a_function_holds_counts() -> None:
    assert digest(painted(labelled("m"))) == digest(painted(labelled("m"))) != digest(painted(labelled("t")))


def test_settings_count() -> None:
    before = digest(painted())
    with mpl.rc_context({"svg.hashsalt": "another"}):
        assert digest(painted()) != before
    assert digest(painted()) == before


def test_the_digest_is_the_same_in_another_process() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", PAINT], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1 and len(told.pop().strip()) == 64


class Kept:
    """Drawings in memory."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.hits = 0

    def get(self, digest: str) -> str | None:
        self.hits += digest in self.held
        return self.held.get(digest)

    def put(self, digest: str, svg: str) -> None:
        self.held[digest] = svg


def test_a_figure_that_has_no_digest_is_drawn() -> None:
    def paint(figure: Figure, narrow: bool) -> None:
        figure.add_subplot().plot([1, 2])
        figure.held = threading.Lock()  # type: ignore[attr-defined]

    kept = Kept()
    with style.keeping(kept):
        wide, narrow = style.draw(paint)
    assert (wide, narrow) == style.draw(paint) and not kept.held


def test_every_chart_is_the_same_drawn_and_taken(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all charts, that each has a digest; of some, the bytes."""
    arguments = {"trade_flow": ["imports"], "matrix": ["trade-70"]}
    some = {"levels", "story", "fuel"}
    drawn = {name: getattr(figures, name)(report, *arguments.get(name, [])).node() for name in some}
    kept = Kept()
    with style.keeping(kept):
        for name in some:
            assert getattr(figures, name)(report, *arguments.get(name, [])).node() == drawn[name]
        assert kept.hits == 0 and len(kept.held) == 2 * len(some)

        def refuse(figure: Figure) -> str:
            raise AssertionError("it was drawn")

        monkeypatch.setattr(style, "to_svg", refuse)
        for name in some:
            assert getattr(figures, name)(report, *arguments.get(name, [])).node() == drawn[name]
        assert kept.hits == 2 * len(some)
        monkeypatch.setattr(style, "to_svg", lambda figure: "<svg/>")
        before = len(kept.held)
        # Of the specification curve the figures alone take long; its chart is made as the others are.
        charts = [name for name in figures.__all__ if name not in {*some, "event_specifications"}]
        for name in charts:
            getattr(figures, name)(report, *arguments.get(name, []))
        assert len(kept.held) >= before + 2 * len(charts) - 4, "hardly a chart without a digest"


def test_drawings_of_another_program_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = cache.Cache(tmp_path / "parts.sqlite")
    parts.drawings(kept).put("d", "<svg>é</svg>")
    assert parts.drawings(kept).get("d") == "<svg>é</svg>" and parts.drawings(kept).get("e") is None
    with monkeypatch.context() as patch:
        patch.setattr(inputs, "tree", lambda folder: [("style.py", "0")])
        assert parts.drawings(kept).get("d") is None
    with monkeypatch.context() as patch:
        patch.setattr(inputs, "versions", lambda: {"matplotlib": "0"})
        assert parts.drawings(kept).get("d") is None
    assert parts.drawings(kept).get("d")
