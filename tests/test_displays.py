"""Charts and tables: alt text, data beside them, gaps left open, the same bytes every time, any parameters."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pandas as pd
import pytest

from analysis import figures, style, tables
from analysis.display import plain_of
from analysis.figures.levels import levels
from test_prose import SETS, report_of

# Most of a chart's time goes into its picture, so a picture is made with the default parameters and with one other set,
# by turns. The specification curve of all classes takes long, so it is asked of few, and months have one basis alone.
ASKED, FEW = SETS[:4] + SETS[5:9], SETS[13]
CHARTS = [
    (name, settings, settings in (FEW, ASKED[0], ASKED[1 + turn % (len(ASKED) - 1)]))
    for turn, name in enumerate(figures.__all__)
    for settings in (ASKED if name != "event_specifications" else [FEW, *ASKED[4:]])
]


@pytest.mark.parametrize(("name", "settings", "painted"), CHARTS, ids=str)
def test_a_chart_has_alt_text_data_and_both_widths_or_says_why_not(
    name: str, settings: dict[str, object], painted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not painted:
        draw = style.draw
        monkeypatch.setattr(style, "to_svg", lambda figure: "<svg/>")
        monkeypatch.setattr(
            style, "draw", lambda painter, **heights: draw(lambda f, narrow: narrow or painter(f, narrow), **heights)
        )
    node = getattr(figures, name)(report_of(settings)).node()
    if node["kind"] == "note":
        assert plain_of(node).endswith(".")
        return
    json.dumps(node, allow_nan=False)
    assert len(node["alt"]) > 60 and not re.search(r"nan|None|\{", node["alt"] + plain_of(node))
    assert node["data"]["rows"], "every chart has its data"
    assert any("Data package of" in "".join(s["text"] for s in note) for note in node["notes"])
    for svg in (node["svg"], node["narrow"]):
        ET.fromstring(svg)
        assert "<text" not in svg, "letters are paths, so no font is needed to read a chart"
        assert not re.search(r"<dc:date|Matplotlib v", svg)


@pytest.mark.parametrize("name", tables.__all__)
@pytest.mark.parametrize("settings", SETS, ids=str)
def test_a_table_has_a_cell_for_every_column(name: str, settings: dict[str, object]) -> None:
    node = getattr(tables, name)(report_of(settings)).node()
    json.dumps(node, allow_nan=False)
    assert all(len(row) == len(node["columns"]) for row in node["rows"])
    assert not any(re.search(r"\bnan\b|\bNone\b(?!\.| beyond)|<NA>", cell) for row in node["rows"] for cell in row)
    assert len({tuple(row) for row in node["rows"]}) == len(node["rows"])


def test_two_drawings_give_the_same_bytes() -> None:
    assert levels(report_of({})).node() == levels(report_of({})).node()


def test_ids_of_figures_and_tables_are_unique(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "draw", lambda *painter, **heights: ("<svg/>", "<svg/>"))  # the name is all that counts
    asked = {"event_specifications": FEW}
    shown = [getattr(figures, n)(report_of(asked.get(n, {}))).node()["id"] for n in figures.__all__]
    shown += [getattr(tables, n)(report_of({})).node()["id"] for n in tables.__all__]
    assert len(shown) == len(set(shown))


def test_a_gap_breaks_the_line() -> None:
    paths: list[str] = []
    for values in ([1.0, 2.0, 3.0], [1.0, float("nan"), 3.0]):
        def paint(figure: object, narrow: bool, values: list[float] = values) -> None:
            axes = figure.add_subplot()  # type: ignore[attr-defined]
            style.marked_line(axes, [1, 2, 3], values, ["reported"] * 3, [v == v for v in values], "#000000")
            paths.append(str(axes.lines[0].get_ydata()))

        style.draw(paint)
    assert "nan" in paths[2] and "nan" not in paths[0]


def test_derived_and_unfit_values_look_unlike_reported_ones() -> None:
    looks: dict[str, tuple[object, object]] = {}

    def paint(figure: object, narrow: bool) -> None:
        axes = figure.add_subplot()  # type: ignore[attr-defined]
        style.marked_line(axes, range(4), [1.0, 2.0, 3.0, 4.0], ["reported", "derived", "estimated", "reported"],
                          [True, True, True, False], "#123456")  # fmt: skip
        for line in axes.lines[1:]:
            if len(line.get_xdata()):
                looks[str(list(line.get_xdata()))] = (line.get_marker(), line.get_markerfacecolor())

    style.draw(paint)
    assert len(set(looks.values())) == 4


def test_the_annual_table_shows_gaps_marks_and_published_values() -> None:
    node = tables.annual(report_of({})).node()
    by_year = {row[0]: row for row in node["rows"]}
    assert len(by_year) == 42
    assert by_year["1986"][1:] == ["–"] * 5
    assert by_year["1998"][3].startswith("‡ "), "too coarse for growth"
    assert by_year["2024"][3] == "2,180", "as precise as 2011 and 2016"
    assert by_year["2021"][1].startswith("* ")
    assert by_year["2014"][3] == "6,364"


def test_the_csv_of_the_annual_table_is_the_series() -> None:
    node = tables.annual(report_of({})).node()
    frame = pd.DataFrame(node["data"]["rows"], columns=node["data"]["columns"]).set_index("year")
    cells = report_of({}).cells()["value"].unstack("measure")
    assert frame["total_usd_million"].astype(float).equals(cells["total"].rename("total_usd_million").loc[frame.index])


def test_labels_at_line_ends_do_not_overlap() -> None:
    heights = style._apart([0.9, 0.89, 0.88, 0.02, 0.01], 0.07)
    assert all(a - b >= 0.07 - 1e-9 for a, b in pairwise(heights))
    assert min(heights) >= 0.02 - 1e-9
