"""Comparing two reports: which facts differ, by how much, and that no reason is given that is not known."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import Report, cli, errata
from analysis.catalogue import Catalogue, load, seal
from analysis.causes import PARAMETERS_SHOWN, TABLES_SHOWN, Cause, Pair, Side, differences, why
from analysis.compare import NoReport, between, compare, compute, read, side
from analysis.errors import UserError
from analysis.facts import Fact, same
from analysis.parameters import edition, resolve
from analysis.render import build, inputs, manifests, outputs
from conftest import ROOT, Project


def written(folder: Path, catalogue: Catalogue | None = None, **settings: Any) -> Path:
    """A report's facts, rows and manifest in `folder`, by the functions that a build uses, without documents."""
    catalogue = catalogue or load()
    parameters = resolve(settings, catalogue)
    book = Report(parameters, catalogue).facts
    folder.mkdir(parents=True)
    outputs.write_facts(folder, "default", parameters, book)
    outputs.write_rows(folder, catalogue, book)
    manifests.write_manifest(folder, manifests.Manifest(
        edition="default", parameters=parameters.plain(), input_digest="", inputs={}, formats=(),
        files=manifests.hashes(folder), versions=inputs.versions(), notebooks=({"name": "00_small", "seconds": 1.0},),
        data={"version": catalogue.version, "date": catalogue.data_date.isoformat()},
        started="2026-11-24T10:00:00+00:00", finished="2026-11-24T10:01:00+00:00",
        tables=build.table_hashes(catalogue), code=inputs.code_hashes(),
    ))  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("reports") / "default")


@pytest.fixture(scope="module")
def in_2016(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("reports") / "in-2016", as_of="2016-06-30")


def altered_data(root: Path, path: str, old: str, new: str) -> Catalogue:
    """The data package in `root` with one text in one table changed, and sealed."""
    file = root / path
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, "the test needs another text to change"
    file.write_text(text.replace(old, new), encoding="utf-8")
    seal(root)
    return Catalogue(root)


# --------------------------------------------------------------------------------------- which and how much


def test_a_report_agrees_with_itself(default: Path) -> None:
    comparison = compare(str(default), str(default))
    assert comparison.changes == () and comparison.inputs == () and not comparison.differs
    assert comparison.agreeing == len(load_facts(default))
    text = "\n".join(errata.lines(comparison))
    assert "None differs." in text and "The same parameters, data, code and libraries." in text


def load_facts(folder: Path) -> dict[str, dict[str, Any]]:
    return {f["id"]: f for f in json.loads((folder / "facts.json").read_text("utf-8"))["facts"]}


def test_what_appeared_went_and_changed_is_what_the_two_files_say(default: Path, in_2016: Path) -> None:
    comparison = compare(str(default), str(in_2016))
    old, new = load_facts(default), load_facts(in_2016)
    ids = {kind: {c.fact.id for c in comparison.of(kind)} for kind in ("changed", "appeared", "went")}
    assert ids["appeared"] == set(new) - set(old) and ids["went"] == set(old) - set(new)
    apart = {id for id in old.keys() & new.keys() if old[id]["value"] != new[id]["value"]}
    assert apart and apart <= ids["changed"]
    for id in ids["changed"] - apart:
        assert old[id]["period"] != new[id]["period"] or old[id].get("word") != new[id].get("word"), id
    assert comparison.agreeing + len(comparison.changes) == len(set(old) | set(new))


def test_one_figure_changed_by_a_tenth_changes_its_facts_by_a_tenth(default: Path, copied_data: Path) -> None:
    row, value = printed_row(default, copied_data)
    raised = f"{float(value) * 1.1:.6g}"
    catalogue = altered_data(
        copied_data, "trade/china_dprk_annual.csv", f"{row},2013,total,{value},",
        f"{row},2013,total,{raised},",
    )  # fmt: skip
    comparison = compare(str(default), str(written(copied_data.parent / "raised", catalogue)))
    change = next(c for c in comparison.changes if c.fact.id == "trade.total.customs.2013")
    assert change.difference == pytest.approx(float(raised) - float(value), abs=1e-6)
    assert change.percent == pytest.approx(10, abs=0.001)
    growth = next(c for c in comparison.changes if c.fact.id == "trade.growth.customs.2013")
    assert growth.percent is None, "a rate differs in points"
    assert "points" in errata.difference_text(growth) and "%" not in errata.difference_text(growth)
    # Every changed fact says that it is the data, and which row, from what to what. The rest do not name the row.
    named = f"trade/china_dprk_annual#{row}"
    for changed in comparison.changes:
        assert changed.cause.sure == ("data",) and changed.cause.perhaps == (), changed.fact.id
    moved = [c for c in comparison.changes if named in c.fact.rows]
    assert len(moved) > 5
    for changed in moved:
        assert [(r.row, r.how, r.old, r.new) for r in changed.cause.rows if r.how == "altered"] == [
            (named, "altered", value, raised)
        ]
    assert f"{named}: {value} → {raised}" in change.cause.text
    assert [d.name for d in comparison.inputs] == ["trade/china_dprk_annual"]
    old = load_facts(default)
    agreeing = old.keys() - {c.fact.id for c in comparison.changes}
    untouched = [id for id in agreeing if named in old[id]["rows"] and not old[id].get("word")]  # a verdict may stand
    # The distance of the peak from itself stays zero, and what a flow adds hangs on the total of the year before.
    flows = {f"trade.contribution_{flow}.customs.2013" for flow in ("exports", "imports")}
    assert set(untouched) == {"trade.from_peak.customs.2013", *flows}


def printed_row(folder: Path, data: Path) -> tuple[str, str]:
    """Id and value, as text, of the row from which the total of 2013 comes."""
    (name,) = load_facts(folder)["trade.total.customs.2013"]["rows"]
    table, _, id = name.partition("#")
    with (data / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return id, next(row["value"] for row in csv.DictReader(file) if row["row_id"] == id)


def test_the_largest_come_first_and_counts_last(default: Path, in_2016: Path) -> None:
    changed = compare(str(default), str(in_2016)).of("changed")
    counts = [c.fact.unit == "count" for c in changed]
    assert any(counts) and counts == sorted(counts)
    sizes = [c.size for c in changed if c.fact.unit != "count"]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) > 5


@pytest.mark.parametrize(("a", "b", "equal"), [
    (1.23456789, 1.234567894, True), (1.23456789, 1.23456788, False), (6545.0, 6545.0000001, True),
    (6545.0, 6545.0001, False), (0.0, 1e-13, True), (0.0, 1e-6, False), (None, None, True), (None, 0.0, False),
    (-2.0, 2.0, False), (9.999999996, 10.0, True),
])  # fmt: skip
def test_values_agree_to_nine_digits(a: float | None, b: float | None, equal: bool) -> None:
    assert same(a, b) is same(b, a) is equal


@given(st.floats(1e-3, 1e9), st.floats(-4e-10, 4e-10))
def test_what_floating_point_does_on_another_machine_is_no_difference(value: float, noise: float) -> None:
    assert same(value, value * (1 + noise))
    assert not same(value, value * 1.0000001)


def test_an_edition_that_is_not_built_is_computed_without_a_kernel(
    project: Project, no_kernel: None, default: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Catalogue] = []
    tables = build.table_hashes
    monkeypatch.setattr(build, "table_hashes", lambda c: (hashed.append(c), tables(c))[1])
    comparison = compare("default", "since-2017")
    # Thousands of facts differ, and each is asked whether it would with other parameters.
    assert len(comparison.changes) > 1000 and len(hashed) <= 3
    assert comparison.old.built == comparison.new.built == ""
    assert set(comparison.old.facts) == set(load_facts(default))
    assert {d.name for d in comparison.inputs} == {"start_year", "index_year", "base_year"}
    # As soon as there is a report in reports/, it is what counts, current or not.
    written(project.root / "reports" / "default", as_of="2016-06-30")
    assert side("default").built and len(side("default").facts) < len(comparison.old.facts)


def test_an_equal_value_on_other_rows_is_told_apart_from_a_changed_one() -> None:
    one, two = a_side({"a.b": fact()}), a_side({"a.b": fact(rows=("t#2",))}, rows={"t#2": ({"value": "5"},)})
    comparison = between(one, replace(two, parameters={"p": 2}))
    assert [c.kind for c in comparison.changes] == ["supported otherwise"] and not comparison.differs
    assert [(r.row, r.how) for r in comparison.changes[0].cause.rows] == [("t#2", "gained"), ("t#1", "lost")]


# -------------------------------------------------------------------------------------------------- why


def fact(value: float | None = 5.0, rows: tuple[str, ...] = ("t#1",), **more: Any) -> Fact:
    return Fact("a.b", "A", value, "usd_million", "2013", "reported", "as printed", rows, **more)


def a_side(facts: Mapping[str, Fact], **more: Any) -> Side:
    parts: dict[str, Any] = {
        "name": "x", "edition": "x", "parameters": {"p": 1, "title": "T"}, "rows": {"t#1": ({"value": "5"},)},
        "tables": {"t": "1", "choice": "1", "other": "1", "caveats": "1"}, "code": {"trade/growth.py": "1"},
        "libraries": {"numpy": "1"}, "data": {"version": "1", "date": "2026-01-01"},
    }  # fmt: skip
    return Side(facts=facts, **{**parts, **more})


def cause(old: Side, new: Side, again: Callable[..., Any] = lambda side, parameters: None) -> Cause:
    return why(Pair(old.facts.get("a.b"), new.facts.get("a.b"), old, new), differences(old, new), again)


OLD = a_side({"a.b": fact()})
NEW = replace(OLD, facts={"a.b": fact(6.0)})
OTHER_CODE = {"trade/growth.py": "2"}
# `other` holds rows, but none of this fact; `choice` holds no row of any fact.
ALL_ROWS = {**OLD.rows, "other#1": ({"value": "1"},)}


@pytest.mark.parametrize(("changes", "sure", "perhaps"), [
    ({"code": OTHER_CODE}, ("code",), ()),
    ({"libraries": {"numpy": "2"}}, ("libraries",), ()),
    ({"parameters": {"p": 2, "title": "T"}}, ("parameters",), ()),
    ({"tables": {**OLD.tables, "choice": "2"}}, ("data",), ()),
    ({"code": OTHER_CODE, "libraries": {"numpy": "2"}}, (), ("code", "libraries")),
    # A table that holds rows, and none of this fact, has nothing to do with it.
    ({"code": OTHER_CODE, "tables": {**OLD.tables, "other": "2"}, "rows": ALL_ROWS}, ("code",), ()),
    ({"code": OTHER_CODE, "tables": {**OLD.tables, "t": "2"}, "rows": ALL_ROWS}, ("code",), ()),
    # One that holds no row, such as the choice of cells, may have.
    ({"code": OTHER_CODE, "tables": {**OLD.tables, "choice": "2"}, "rows": ALL_ROWS}, (), ("data", "code")),
    # A row with another value is a cause, and the code may be one besides.
    ({"tables": {**OLD.tables, "t": "2"}, "rows": {"t#1": ({"value": "6"},)}}, ("data",), ()),
    ({"code": OTHER_CODE, "tables": {**OLD.tables, "t": "2"}, "rows": {"t#1": ({"value": "6"},)}},
     ("data",), ("code",)),
    # With the same value and another note it may be none.
    ({"code": OTHER_CODE, "tables": {**OLD.tables, "t": "2"}, "rows": {"t#1": ({"value": "5", "note": "n"},)}},
     (), ("data", "code")),
    # Titles and caveats are no input of a number.
    ({"code": OTHER_CODE, "parameters": {"p": 1, "title": "U"}, "tables": {**OLD.tables, "caveats": "2"}},
     ("code",), ()),
    ({"parameters": {"p": 2, "title": "T"}, "code": OTHER_CODE}, (), ("parameters", "code")),
    # What was not recorded is not ruled out.
    ({"code": {}, "parameters": {"p": 2, "title": "T"}}, (), ("parameters", "code")),
    ({"tables": {}}, ("data",), ()),
])  # fmt: skip
def test_the_cause_is_what_can_be_known_and_no_more(
    changes: dict[str, Any], sure: tuple[str, ...], perhaps: tuple[str, ...]
) -> None:
    old = replace(OLD, rows=ALL_ROWS) if "rows" in changes else OLD
    found = cause(old, replace(NEW, **changes))
    assert (found.sure, found.perhaps) == (sure, perhaps), found
    assert ("cannot be told apart" in found.text) is (not sure)
    for kind in (*sure, *perhaps):
        assert kind in found.text


@pytest.mark.parametrize(("value", "sure", "perhaps"), [
    (5.0, ("parameters",), ()),  # the present code gives the old value with the old parameters
    (6.0, ("code",), ()),  # and the new value: parameters have nothing to do with it
    (7.0, ("parameters", "code"), ()),
])  # fmt: skip
def test_parameters_and_code_are_told_apart_where_one_side_can_be_computed_again(
    value: float, sure: tuple[str, ...], perhaps: tuple[str, ...]
) -> None:
    new = replace(NEW, parameters={"p": 2, "title": "T"}, code=OTHER_CODE)

    def again(side: Side, parameters: Mapping[str, Any]) -> dict[str, Fact] | None:
        if side is not new:
            return None
        return {"a.b": fact(value if parameters["p"] == 1 else 6.0)}

    found = cause(OLD, new, again)
    assert (found.sure, found.perhaps) == (sure, perhaps)


def test_of_several_parameters_those_are_named_that_move_the_fact() -> None:
    old = replace(OLD, parameters={"p": 1, "q": 1})
    new = replace(NEW, parameters={"p": 2, "q": 2})

    def again(side: Side, parameters: Mapping[str, Any]) -> dict[str, Fact]:
        return {"a.b": fact(6.0 if parameters["q"] == 2 else 5.0)}

    assert cause(old, new, again).text == "parameters (q)"
    assert cause(old, new).text == "parameters (p and q)", "nobody can say which"


def test_what_went_is_put_down_to_what_made_it_go() -> None:
    old = replace(OLD, parameters={"years": 1, "prices": 1})
    new = replace(NEW, facts={}, parameters={"years": 2, "prices": 2})

    def again(side: Side, parameters: Mapping[str, Any]) -> dict[str, Fact]:
        return {} if parameters["years"] == 2 else {"a.b": fact(6.0 if parameters["prices"] == 2 else 5.0)}

    assert cause(old, new, again).text == "parameters (years)"


def test_in_a_real_comparison_each_fact_names_its_own_parameters(default: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other", base_year=2020, index_year=2005, worst_quality="A", title="Another title")
    comparison = compare(str(default), str(other))
    causes = {c.fact.id: c.cause.text for c in comparison.changes}
    assert causes["trade.real.customs.2013"] == "parameters (base_year)"
    months = [text for id, text in causes.items() if id.startswith("trade.month_total")]
    assert months and set(months) == {"parameters (worst_quality)"}
    assert "(no fact rests on it)" in next(
        errata.input_text(d) for d in comparison.inputs if d.name == "title"
    )  # fmt: skip


def test_old_data_and_old_parameters_are_told_apart(default: Path, copied_data: Path) -> None:
    row, value = printed_row(default, copied_data)
    catalogue = altered_data(
        copied_data, "trade/china_dprk_annual.csv", f"{row},2013,total,{value},", f"{row},2013,total,9999,"
    )
    before = written(copied_data.parent / "before", catalogue, as_of="2016-06-30")
    causes = {c.fact.id: c.cause for c in compare(str(before), str(default)).changes}
    assert causes["trade.total.customs.2013"].sure == ("data",)
    assert causes["trade.total.customs.2020"].text == "parameters (as_of)", "not known in 2016, whatever the data"
    both = causes["trade.phase_change_exports.mirror.before"]
    assert both.sure == ("parameters",) and both.perhaps == ()


# What the reasons rest on: the lists of what no fact is computed with.


def test_no_part_of_the_package_left_out_of_the_code_computes_a_fact() -> None:
    program = "from analysis import Report; import sys; Report().facts; print('\\n'.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    files = {
        name.removeprefix("analysis.").replace(".", "/") + ".py" for name in loaded if name.startswith("analysis.")
    }
    assert "trade/growth.py" in files and [f for f in files if f.startswith(inputs.SHOWING)] == []
    packages = {name for name in files if (inputs.PACKAGE / name.removesuffix(".py")).is_dir()}
    assert {"trade.py", "events.py"} <= packages
    assert files - packages <= set(inputs.code_hashes())
    assert {f"{name.removesuffix('.py')}/__init__.py" for name in packages} <= set(inputs.code_hashes())
    modules = {"fonttools": "fontTools", "ipython": "IPython"}
    assert [name for name in inputs.SETTING if modules.get(name, name) in loaded] == []
    assert "numpy" in inputs.computing(inputs.versions()) and "matplotlib" not in inputs.computing(inputs.versions())
    for name in inputs.SHOWING:
        assert (ROOT / "src/analysis" / name).exists(), name


def test_no_fact_is_computed_with_the_tables_and_parameters_that_are_only_shown(report: Report) -> None:
    fresh = Catalogue()
    assert dict(Report(resolve({}, fresh), fresh).facts)
    assert "trade/series_cells" in fresh._frames and not set(TABLES_SHOWN) & set(fresh._frames)
    other = resolve(dict(zip(PARAMETERS_SHOWN, ("us-letter", "Another"), strict=True)))
    assert Report(other).facts.as_json() == report.facts.as_json()


# -------------------------------------------------------------------------------------------- bad input


def test_bad_input_is_one_sentence(default: Path, tmp_path: Path) -> None:
    empty, file = tmp_path / "empty", tmp_path / "file.json"
    empty.mkdir(), file.write_text("{}")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_text('{"made_by": "someone"}')
    for name, words in {
        "defalt": ["'defalt'", "neither a folder nor an edition", "did you mean default?"],
        str(tmp_path / "nothing"): ["nothing", "neither a folder nor an edition", "since-2017"],
        str(file): ["file.json", "it is a file, not a folder"],
        str(empty): ["holds no report of ours", "it has no manifest.json"],
        str(broken): ["holds no report of ours", "its manifest.json cannot be read"],
        "": ["''"],
        "a\0b": ["neither a folder nor an edition"],
        "x" * 5000: ["neither a folder nor an edition"],
    }.items():
        for pair in ((name, "default"), ("default", name)):
            with pytest.raises(UserError) as caught:
                compare(*pair)
            assert all(word in str(caught.value) for word in words), str(caught.value)
            assert caught.value.exit_code == 2 and "\n" not in str(caught.value)


@pytest.mark.parametrize("harm", ["altered", "cut", "gone", "no json", "no facts", "no fact"])
def test_a_damaged_report_is_one_sentence(default: Path, tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    for path in default.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    facts = folder / "facts.json"
    texts = {"altered": facts.read_text("utf-8").replace("6", "7", 1), "cut": facts.read_text("utf-8")[:5000],
             "gone": "", "no json": "{", "no facts": '{"facts": [1]}',
             "no fact": '{"parameters": {}, "facts": [{"id": "A", "unit": "count", "rows": [], "sources": []}]}',
             }  # fmt: skip
    facts.write_text(texts[harm], encoding="utf-8")
    if harm == "gone":
        facts.unlink()
    if harm.startswith("no"):  # an honest manifest of a wrong file
        manifest = manifests.read_manifest(folder)
        assert manifest is not None
        manifests.write_manifest(folder, replace(manifest, files=manifests.hashes(folder)))
    with pytest.raises(NoReport, match=r"is damaged: .*; render it again\.$") as caught:
        read(folder, "report")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


# -------------------------------------------------------------------------------------------- how it is shown


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def say(*words: str) -> tuple[int, str, str]:
        code = cli.main(["compare", *words])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return say


def test_the_terminal_gets_the_summary_and_the_largest_and_all_on_demand(
    run: Callable[..., tuple[int, str, str]], default: Path, in_2016: Path
) -> None:
    code, text, err = run(str(default), str(in_2016))
    assert (code, err) == (0, "") and len(text.splitlines()) < 80
    comparison = compare(str(default), str(in_2016))
    first = text.splitlines()
    assert first[0].startswith("old: ") and first[1].startswith("new: ")
    assert f"{comparison.agreeing:,} facts agree." in text and "as_of none → 2016-06-30" in text
    largest, smallest = comparison.of("changed")[0].fact.id, comparison.of("changed")[-1].fact.id
    assert f"  {largest}: " in text and f"  {smallest}: " not in text and "--all" in text
    code, whole, _ = run(str(default), str(in_2016), "--all")
    assert code == 0 and all(f"  {c.fact.id}: " in whole for c in comparison.changes)


def test_the_exit_code_says_whether_there_are_differences_only_when_asked(
    run: Callable[..., tuple[int, str, str]], default: Path, in_2016: Path
) -> None:
    assert run(str(default), str(in_2016))[0] == 0
    assert run(str(default), str(in_2016), "--exit-code")[0] == 1
    assert run(str(default), str(default), "--exit-code")[0] == 0
    assert run(str(default))[0] == 2 and run(str(default), "nowhere", "--exit-code")[0] == 2


def test_csv_json_and_page_hold_every_fact_that_differs(
    run: Callable[..., tuple[int, str, str]], default: Path, in_2016: Path, tmp_path: Path
) -> None:
    csv_file, page = tmp_path / "errata.csv", tmp_path / "errata.html"
    code, text, _ = run(str(default), str(in_2016), "--csv", str(csv_file), "--html", str(page), "--json")
    assert code == 0
    body = json.loads(text)
    rows = list(csv.DictReader(io.StringIO(csv_file.read_text("utf-8"))))
    old, new = load_facts(default), load_facts(in_2016)
    assert [row["fact"] for row in rows] == [entry["id"] for entry in body["facts"]]
    assert len(rows) == sum(body["counts"].values()) > 1000
    for row in rows:
        for word, facts in (("old", old), ("new", new)):
            value = facts.get(row["fact"], {}).get("value")
            assert row[word] == ("" if value is None else repr(value)), row
        assert row["why"] == "parameters (as_of)" and row["sure"] == "parameters"
    content = page.read_text("utf-8")
    assert all(f"({entry['id']})" in content for entry in body["facts"])
    assert "<script" not in content and "http" not in content.split("</style>")[1], "one file, no network"
    assert content.startswith("<!DOCTYPE html>") or content.lstrip().startswith("<!DOCTYPE html>")


def test_names_and_labels_are_text_on_the_page() -> None:
    bad = "<script>alert(1)</script>"
    old = replace(OLD, name=bad)
    page = errata.as_html(between(old, replace(NEW, code=OTHER_CODE, facts={"a.b": replace(fact(6.0), label=bad)})))
    assert bad not in page and "&lt;script&gt;" in page


def test_a_file_that_cannot_be_written_is_one_sentence(
    run: Callable[..., tuple[int, str, str]], default: Path, tmp_path: Path
) -> None:
    for option in ("--csv", "--html"):
        for place in (tmp_path / "no" / "folder.csv", tmp_path):
            code, out, err = run(str(default), str(default), option, str(place))
            assert code == 2 and out == "" and err.startswith("Error: The file ") and err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == []


def test_a_difference_has_no_more_digits_than_its_facts() -> None:
    def text(a: Fact, b: Fact) -> str:
        comparison = between(a_side({"a.b": a}), replace(a_side({"a.b": b}), code=OTHER_CODE))
        return errata.difference_text(comparison.changes[0])

    assert text(fact(6545.0), fact(6557.0)) == "+$12 million, +0.2%"
    assert text(fact(6557.0), fact(6545.0)).startswith("\N{MINUS SIGN}$12 million")
    assert text(fact(6545.0), fact(6545.3)) == "under $1 million"
    rate = {"unit": "percent", "decimals": 1}
    assert text(replace(fact(-2.8), **rate), replace(fact(4.9), **rate)) == "+7.7 points"
    assert text(replace(fact(7.7), **rate), replace(fact(7.71), **rate)) == "under 0.1 points"
    assert text(fact(None), fact(3.0)) == "no difference can be formed"


def test_a_fact_is_read_back_as_it_was_written(report: Report) -> None:
    for known in list(report.facts.values())[::50]:
        assert Fact.from_json(json.loads(json.dumps(known.as_json()))) == known


def test_the_computed_side_is_the_built_one(default: Path) -> None:
    comparison = between(compute(edition("default")), read(default, "default"))
    assert comparison.inputs == () and comparison.changes == ()
