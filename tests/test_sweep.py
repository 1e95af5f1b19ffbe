"""Sweeps: every combination of a grid an edition of its own, never colliding, with one page over them all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import Report, cli
from analysis.catalogue import load
from analysis.display import TableDisplay
from analysis.errors import BadParameter, UnknownParameter
from analysis.parameters import Edition, resolve
from analysis.render import build, manifests, overview, sweep
from conftest import Project, showing
from test_html_exporter import parsed


def made_of(words: list[str], **base: Any) -> tuple[sweep.Combination, ...]:
    return sweep.combinations(base, sweep.parse_grid(words), load())


# ----------------------------------------------------------------------------------------------- the grid


def test_every_combination_is_there_in_the_order_of_the_grid() -> None:
    found = made_of(["start_year=1999,2005", "basis=customs,kotra,mirror"])
    assert [one.name for one in found] == [
        f"start-year-{year}_basis-{basis}" for year in (1999, 2005) for basis in ("customs", "kotra", "mirror")
    ]
    first, second = found[:2]
    assert (first.parameters.start_year, first.parameters.basis) == (1999, "customs")
    assert (second.parameters.start_year, second.parameters.basis) == (1999, "kotra")


def test_values_with_commas_stand_between_semicolons() -> None:
    found = made_of(["event_classes=nuclear_tests,summits;all", "as_of=,2016-06-30"])
    assert [one.parameters.event_classes for one in found][::2] == ["nuclear_tests,summits", "all"]
    assert found[0].parameters.as_of is None and str(found[1].parameters.as_of) == "2016-06-30"
    assert found[0].name == "event-classes-nuclear-tests-summits_as-of-none"


@pytest.mark.parametrize(("words", "error", "text"), [
    (["star_year=1999"], UnknownParameter, "did you mean start_year"),
    (["start_year"], sweep.BadGrid, "write --grid start_year=VALUE,VALUE"),
    (["start_year=1999,,2000"], sweep.BadGrid, "needs values for start_year"),
    (["title="], sweep.BadGrid, "--grid title=VALUE;VALUE"),
    (["basis=customs", "basis=kotra"], sweep.BadGrid, "names basis twice"),
    (["basis=customs,kotr"], BadParameter, "did you mean kotra"),
    (["start_year=2020,1999", "end_year=2010"], BadParameter, "end_year cannot be"),
    (["start_year=1999,01999"], sweep.BadGrid, "asks twice for start_year=01999"),
    (["start_year=" + ",".join(map(str, range(1984, 2024))), "end_year=" + ",".join(map(str, range(2024, 2026))),
      "alpha=0.01,0.02,0.03,0.04,0.05,0.06,0.07"], sweep.BadGrid, "asks for 560 editions: allowed are 500"),
])  # fmt: skip
def test_a_bad_grid_is_one_sentence(words: list[str], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        made_of(words)
    assert text in str(caught.value) and "\n" not in str(caught.value)


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=130), min_size=2,
                max_size=6, unique=True))  # fmt: skip
def test_no_two_editions_share_a_folder_whatever_their_titles(titles: list[str]) -> None:
    try:
        found = sweep.combinations({}, {"title": tuple(titles)}, load())
    except (BadParameter, sweep.BadGrid):
        return
    names = [one.name for one in found]
    assert len({name.casefold() for name in names}) == len(titles)
    assert all(name == Path(name).name and len(name) <= sweep.LONGEST_NAME + 9 and name.isascii() for name in names)


@pytest.mark.parametrize("grid", [{"star_year": [1]}, {"start_year": []}, {"start_year": 1999}, {"start_year": "1999"}])
def test_a_bad_grid_of_an_edition_is_one_sentence(grid: dict[str, Any]) -> None:
    with pytest.raises((UnknownParameter, sweep.BadGrid)) as caught:
        sweep.declared_grid("trial", grid)
    assert "\n" not in str(caught.value)


# ------------------------------------------------------------------------------------------ the real thing


GRID = {"base_year": ("2000", "2010"), "cut_share": ("50", "100")}
BROKEN = "assert not (base_year == 2010 and cut_share == 100), 'the river froze'"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sweep") / "project"


@pytest.fixture(scope="module")
def made_once(root: Path) -> tuple[Path, manifests.Swept]:
    """A sweep of four editions of which the last fails, each of one small notebook."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(root))
        load.cache_clear()
        Project(root).notebook(
            showing({"kind": "heading", "level": 2, "spans": [{"text": "Small"}], "facts": {}}), BROKEN
        )
        planned = sweep.planned("default", {}, GRID, ["html"], None, None)
        return planned.folder, sweep.run(planned)


@pytest.fixture
def swept(
    made_once: tuple[Path, manifests.Swept], root: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, manifests.Swept]]:
    """The folder and what was made; its project is the one the package works on."""
    monkeypatch.setenv("ANALYSIS_ROOT", str(root))
    load.cache_clear()
    yield made_once
    load.cache_clear()


@pytest.mark.slow
def test_a_sweep_makes_every_edition_and_one_that_fails_stops_no_other(
    swept: tuple[Path, manifests.Swept], root: Path
) -> None:
    place, made = swept
    assert place == root / "reports" / "default-grid"
    assert len(made.built) == 3 and list(made.failed) == ["base-year-2010_cut-share-100"]
    assert "the river froze" in made.failed["base-year-2010_cut-share-100"]
    for built in made.built:
        body = json.loads((built.output / "facts.json").read_text("utf-8"))
        p = body["parameters"]
        assert built.output.name == f"base-year-{p['base_year']}_cut-share-{p['cut_share']}"
    record = json.loads((place / "sweep.json").read_text("utf-8"))
    assert [e["settings"] for e in record["editions"]] == [
        {"base_year": year, "cut_share": share} for year in (2000, 2010) for share in (50, 100)
    ]
    # The next run makes what is missing and nothing else; what fails again is named again.
    planned = sweep.planned("default", {}, GRID, ["html"], None, None)
    assert [bool(build.reason(plan)) for _, plan in planned.plans] == [False, False, False, True]
    again = sweep.run(planned)
    assert [built.made for built in again.built] == [False] * 3 and list(again.failed) == list(made.failed)


@pytest.mark.slow
def test_the_page_over_a_sweep_links_every_edition_and_names_what_failed(swept: tuple[Path, manifests.Swept]) -> None:
    place, made = swept
    page = parsed((place / "index.html").read_text("utf-8"))
    linked = {e.attributes["href"] for e in page.all() if e.tag == "a" and "/" in e.attributes.get("href", "")}
    assert linked == {f"{built.output.name}/index.html" for built in made.built}
    assert all((place / link).is_file() for link in linked)
    assert "the river froze" in page.text and "they differ in base_year and cut_share" in page.text
    # Side by side: the numbers of the reports themselves.
    report = Report(resolve({}))
    for find in overview.HEADLINES.values():
        assert (fact := find(report)) and page.text.count(overview._cell(fact)) >= len(made.built)


@pytest.mark.slow
def test_the_csv_over_a_sweep_holds_every_fact_of_every_edition(swept: tuple[Path, manifests.Swept]) -> None:
    place, made = swept
    rows = {r["fact"]: r for r in csv.DictReader(io.StringIO((place / "facts.csv").read_text("utf-8")))}
    seen = set()
    for built in made.built:
        for fact in json.loads((built.output / "facts.json").read_text("utf-8"))["facts"]:
            cell = rows[fact["id"]][built.output.name]
            wanted = fact.get("word") or fact["value"]
            assert cell == ("" if wanted is None else wanted if isinstance(wanted, str) else repr(wanted)), fact["id"]
            seen.add(fact["id"])
    assert seen == set(rows)


@pytest.mark.usefixtures("no_kernel")
def test_a_page_that_no_sweep_made_is_not_replaced(project: Project) -> None:
    project.notebook("1")
    place = project.root / "reports" / "mine"
    place.mkdir()
    (place / "index.html").write_text("years of work", encoding="utf-8")
    with pytest.raises(build.BadOutput, match="no sweep made"):
        sweep.planned("default", {}, GRID, ["html"], place, None)
    assert (place / "index.html").read_text("utf-8") == "years of work"


def test_a_grid_in_the_list_of_editions_is_a_sweep(
    project: Project, no_kernel: None, capsys: pytest.CaptureFixture[str]
) -> None:
    project.notebook("1")
    path = project.root / "reports" / "editions.yml"
    path.write_text(path.read_text("utf-8") + "\n  wide:\n    grid: {basis: [customs, kotra]}\n", encoding="utf-8")
    assert cli.main(["render", "wide", "--dry-run", "--grid", "start_year=1999,2005"]) == 0
    said = capsys.readouterr().out.splitlines()
    names = [f"basis-{basis}_start-year-{year}" for basis in ("customs", "kotra") for year in (1999, 2005)]
    assert said == [f"{name}: would be made, no report yet" for name in names]
    assert cli.main(["editions"]) == 0 and "Grid: basis=['customs', 'kotra']" in capsys.readouterr().out
    assert not (project.root / "reports" / "wide-grid").exists(), "a dry run makes nothing"


def test_a_dry_run_says_why(project: Project, no_kernel: None, capsys: pytest.CaptureFixture[str]) -> None:
    project.notebook("1")
    assert cli.main(["render", "--dry-run", "default", "since-2017"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [f"{name}: would be made, no report yet" for name in ("default", "since-2017")]


def test_more_editions_than_fit_on_a_chart_are_cut_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "MOST_PANELS", 6)
    found = sweep.combinations({}, {"base_year": tuple(range(2000, 2008))}, load())
    entries = [overview.Entry(one.name, one.settings, one.parameters, ("html",)) for one in found]
    reports = [Report(one.parameters) for one in found]
    node = overview._multiples(entries, reports).node()
    assert "Of 8 editions the first 6 are drawn." in "".join(span["text"] for span in node["caption"])
    table: TableDisplay = overview._headlines(entries, reports)
    assert len(table.rows) == 8


def test_an_edition_without_any_figure_leaves_its_cells_and_its_panel_empty() -> None:
    (one,) = sweep.combinations({}, {"end_year": (1984,)}, load())
    entry = overview.Entry(one.name, one.settings, one.parameters, ("html",))
    page, table = overview.page_and_table(Edition(name="trial"), [entry], {}, load())
    assert "–" in parsed(page).text and table.startswith("fact,label,unit,period,end-year-1984\n")


def test_the_page_of_a_sweep_in_which_all_failed_says_so() -> None:
    page, _ = overview.page_and_table(Edition(name="trial"), [], {"a": "the <river> froze"}, load())
    assert "the <river> froze" in parsed(page).text


