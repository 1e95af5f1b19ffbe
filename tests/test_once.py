"""A chart is taken from the cache where everything that it rests on is the same, and only there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from analysis import Report, figures, likeness, style
from analysis.catalogue import Catalogue
from analysis.display import Node
from analysis.parameters import resolve
from analysis.reading import parameters, recorded, tables
from analysis.render import cache, inputs, parts
from analysis.report import storing

# Few events: the study itself is not what is looked at.
FEW = {"event_classes": "nuclear_tests,bans_2017", "windows": "m0_m11"}
OTHER = {
    **FEW, "start_year": 2003, "end_year": 2022, "basis": "kotra", "base_year": 2010, "index_year": 2006,
    "cut_share": 50, "inter_korean": "with", "food_aid": "with", "as_of": "2023-06-30", "worst_quality": "B",
    "crude_estimate": "without", "doubtful_partners": "drop", "lags": 1, "alpha": 0.1,
}  # fmt: skip
ARGUMENTS: dict[str, list[list[Any]]] = {
    "trade_flow": [["imports"], ["exports"]], "matrix": [["trade-70"], ["food-70"], ["fuel-70-80"]],
}  # fmt: skip
CALLS = [(name, call) for name in sorted(figures.__all__) for call in ARGUMENTS.get(name, [[]])]


@pytest.fixture(autouse=True)
def _unpainted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the place of two pictures what would be drawn of the wide one, which takes a tenth of the time."""
    monkeypatch.setattr(style, "to_svg", _told)
    draw = style.draw

    def wide(painter: Callable[[Figure, bool], None], **heights: float | None) -> tuple[str, str]:
        return draw(lambda figure, narrow: None if narrow else painter(figure, narrow), **heights)

    monkeypatch.setattr(style, "draw", wide)
    yield


def _told(figure: Figure) -> str:
    return likeness.digest(figure) or hashlib.sha256(repr(figure.axes).encode()).hexdigest()


def show(report: Report, name: str, arguments: list[Any]) -> Node:
    node: Node = getattr(figures, name)(report, *arguments).node()
    return node


def test_what_a_chart_rests_on_is_known_however_often_it_is_asked_for(catalogue: Catalogue, tmp_path: Path) -> None:
    """Names that were lost with what is kept would make a chart look as if it rested on less."""
    first = Report(resolve(FEW, catalogue), catalogue)
    seen: dict[tuple[str, str], set[str]] = {}
    for name, arguments in CALLS:
        with recorded() as names:
            show(first, name, arguments)
        seen[name, str(arguments)] = names
    store = parts.topics(catalogue, cache.Cache(tmp_path / "c.sqlite"))
    with storing(store):
        len(Report(resolve(FEW, catalogue), catalogue).facts)
    # The same report again, and a second one whose facts come from the cache; charts themselves are made.
    second = Report(resolve(FEW, catalogue), catalogue)
    with storing(store):
        len(second.facts)
    for report in (first, second):
        for name, arguments in CALLS:
            with recorded() as names:
                show(report, name, arguments)
            assert names >= seen[name, str(arguments)], (name, seen[name, str(arguments)] - names)
    named = seen["levels", "[]"]
    assert {"basis", "start_year"} <= parameters(named) and "base_year" not in parameters(named)
    assert "trade/series_cells" in tables(named) and "cut_share" not in parameters(seen["fuel", "[]"])
    assert "base_year" in parameters(seen["real", "[]"])


def test_charts_of_other_parameters_are_what_they_would_be_without_the_cache(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    store = parts.topics(catalogue, cache.Cache(tmp_path / "c.sqlite"))
    with storing(store):
        for name, arguments in CALLS:
            show(Report(resolve(FEW, catalogue), catalogue), name, arguments)
    for settings in ({**FEW, "base_year": 2010, "cut_share": 50}, OTHER):
        plain, keeping = (Report(resolve(settings, catalogue), catalogue) for _ in range(2))
        for name, arguments in CALLS:
            if name == "verdicts" and "as_of" in settings:
                continue  # it sets today's verdicts beside, for which all facts of today are computed, twice
            expected = show(plain, name, arguments)
            with storing(store):
                assert show(keeping, name, arguments) == expected, name


def test_a_chart_that_rests_on_nothing_that_changed_is_not_made(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = cache.Cache(tmp_path / "c.sqlite")
    made: list[str] = []

    def drawn(figure: Figure) -> str:
        made.append("one")
        return "<svg/>"

    monkeypatch.setattr(style, "to_svg", drawn)

    def charts(**settings: Any) -> int:
        """How many of the charts of three kinds are made."""
        made.clear()
        with storing(parts.topics(catalogue, kept)):
            for name in ("levels", "real", "fuel"):
                show(Report(resolve({**FEW, **settings}, catalogue), catalogue), name, [])
        return len(made) // 2

    assert charts() == 3 and charts() == 0 and charts(title="Another", paper="us-letter", seed=5) == 0
    assert charts(base_year=2010) == 1 and charts(rice="paddy") == 1 and charts(start_year=2001) == 3
    assert charts(basis="kotra") == 2, "read by two of the charts themselves, for whatever reason"
    # What was found before is still there, though other parameters were asked for in between.
    assert charts() == 0 and charts(base_year=2010) == 0 and charts(start_year=2001) == 0
    with monkeypatch.context() as patch:
        patch.setattr(inputs, "tree", lambda folder: [("figures/levels.py", "0")])
        assert charts() == 3, "another package"
    contents = type(catalogue).contents

    def other(self: Catalogue, names: Any) -> dict[str, str]:
        return {**contents(self, names), **({"energy/energy_use": "0"} if "energy/energy_use" in names else {})}

    with monkeypatch.context() as patch:
        patch.setattr(type(catalogue), "contents", other)
        assert charts() == 1, "another table on energy, on which the chart of fuel alone rests"


def test_a_damaged_entry_is_made_again(catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, kept = Report(resolve(FEW, catalogue), catalogue), cache.Cache(tmp_path / "c.sqlite")
    expected = show(report, "levels", [])
    get = cache.Cache.get
    for damage in (b"", b"{", b"[]", b"[1, [2]]", b'"text"', b"null", b"\xff"):
        with storing(parts.topics(catalogue, kept)):
            assert show(report, "levels", []) == expected
            with monkeypatch.context() as patch:
                patch.setattr(cache.Cache, "get", lambda self, key: damage if get(self, key) else None)  # noqa: B023
                assert show(report, "levels", []) == expected, damage
