"""UN Comtrade: what its interface is documented to answer is read; whatever else it may answer is refused.

The records have the fields and the form that the publisher's developer pages (https://comtradedeveloper.un.org, "get"
and "preview" of the data API) and the README of its client comtradeapicall describe. The reading was tested against
these descriptions only, never against a live answer.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analysis import Report, cli
from analysis.catalogue import Catalogue, load
from analysis.errors import listing
from analysis.parameters import resolve
from analysis.refresh import comtrade, package, refresh, yearly
from analysis.refresh.changes import Figure, compare, refuse_exchanged, refuse_vanished
from analysis.refresh.own import Own
from analysis.refresh.web import Refused, Web
from conftest import Project, contents
from publisher import Answer, Asked, Publisher, as_json, publishing

TODAY = date(2026, 12, 1)
SECRET = "k3y-of-a-user"
# Dollars that no record holds: the tests are of the reading, not of trade.
DOLLARS = {
    2017: {"X": 3_249_999_000.0, "M": 1_731_000_400.25}, 2018: {"X": 2_218_000_100.0, "M": 260_000_000.0},
    2019: {"X": 2_600_000_000.0, "M": 215_500_000.0},
}  # fmt: skip


def record(year: int, flow: str, dollars: float, **other: Any) -> dict[str, Any]:
    """A record as documented: codes, descriptions left out, quantities not given for a total."""
    values = {"fobvalue": dollars, "cifvalue": None} if flow == "X" else {"fobvalue": None, "cifvalue": dollars}
    return {
        "typeCode": "C", "freqCode": "A", "refPeriodId": year * 10_000 + 101, "refYear": year, "refMonth": 52,
        "period": str(year), "reporterCode": 156, "reporterISO": None, "reporterDesc": None, "flowCode": flow,
        "flowDesc": None, "partnerCode": 408, "partnerISO": None, "partnerDesc": None, "partner2Code": 0,
        "classificationCode": "H6", "classificationSearchCode": "HS", "isOriginalClassification": True,
        "cmdCode": "TOTAL", "cmdDesc": None, "aggrLevel": None, "isLeaf": None, "customsCode": "C00", "mosCode": "0",
        "motCode": 0, "qtyUnitCode": -1, "qty": None, "netWgt": None, "grossWgt": None, **values,
        "primaryValue": dollars, "legacyEstimationFlag": 4, "isReported": False, "isAggregate": True, **other,
    }  # fmt: skip


def whole(records: list[Any], **other: Any) -> dict[str, Any]:
    return {"elapsedTime": "0.08 secs", "count": len(records), "data": records, "error": "", **other}


def answer(asked: Asked) -> Answer:
    """What the publisher gives for a request: the records of its periods and flows."""
    years = [int(year) for year in asked.parameters["period"].split(",")]
    if "/preview/" in asked.path and len(years) > 1:
        return as_json({"message": "Only one period is allowed in preview"}, status=400)
    flows = asked.parameters["flowCode"].split(",")
    return as_json(whole([record(y, f, DOLLARS[y][f]) for y in years if y in DOLLARS for f in flows]))


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    monkeypatch.delenv(comtrade.KEY, raising=False)
    with publishing() as made:
        monkeypatch.setattr(comtrade, "ADDRESS", made.address)
        made.answers = answer
        yield made


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path / "kept", pause=0, sleep=lambda seconds: None)


def told(web: Web, years: range = range(2017, 2020)) -> list[tuple[int, str, float]]:
    return [found[:3] for found in comtrade.annual(web, list(years))]


# ----------------------------------------------------------------------------------------------- reading

EVERYTHING = [(2017, "exports", 3_249_999_000.0), (2017, "imports", 1_731_000_400.25),
              (2018, "exports", 2_218_000_100.0), (2018, "imports", 260_000_000.0),
              (2019, "exports", 2_600_000_000.0), (2019, "imports", 215_500_000.0)]  # fmt: skip


def test_without_a_key_one_year_a_request(publisher: Publisher, web: Web) -> None:
    assert told(web) == EVERYTHING
    assert [asked.parameters["period"] for asked in publisher.asked] == ["2017", "2018", "2019"]
    for asked in publisher.asked:
        assert asked.path == "/public/v1/preview/C/A/HS"
        assert asked.parameters == {
            "reporterCode": "156", "partnerCode": "408", "partner2Code": "0", "motCode": "0", "cmdCode": "TOTAL",
            "period": asked.parameters["period"], "flowCode": "X,M", "customsCode": "C00",
        }  # fmt: skip


def test_with_a_key_twelve_years_a_request(
    publisher: Publisher, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(comtrade.KEY, SECRET)
    assert told(web, range(2007, 2020)) == EVERYTHING
    assert [asked.path for asked in publisher.asked] == ["/data/v1/get/C/A/HS"] * 2
    assert [len(asked.parameters["period"].split(",")) for asked in publisher.asked] == [12, 1]
    assert all(asked.headers["ocp-apim-subscription-key"] == SECRET for asked in publisher.asked)
    assert all(SECRET not in str(asked.parameters) + asked.path for asked in publisher.asked)


def test_a_year_without_a_report_gives_nothing(publisher: Publisher, web: Web) -> None:
    assert told(web, range(2018, 2022)) == EVERYTHING[2:]


USED = sorted({*comtrade.NUMBERS, *comtrade.TEXTS, "primaryValue", "fobvalue"})
OTHER: dict[str, list[Any]] = {
    **{name: [None, "156", 1.5, True, [156], {}] for name in comtrade.NUMBERS},
    **{name: [None, 1, True, ["C"], {}] for name in comtrade.TEXTS},
    **{name: [None, "1", True, -1.0, [1], 1e9] for name in ("primaryValue", "fobvalue")},
}
FAULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    **{f"without {name}": lambda r, n=name: {k: v for k, v in r.items() if k != n} for name in USED},
    **{f"{name} renamed": lambda r, n=name: {(k.upper() if k == n else k): v for k, v in r.items()} for name in USED},
    **{f"{name} is {value!r}": lambda r, n=name, v=value: {**r, n: v} for name in USED for value in OTHER[name]},
    "reporter and partner exchanged": lambda r: {**r, "reporterCode": 408, "partnerCode": 156},
    "another partner": lambda r: {**r, "partnerCode": 410}, "a second partner": lambda r: {**r, "partner2Code": 156},
    "a chapter": lambda r: {**r, "cmdCode": "27"}, "by month": lambda r: {**r, "freqCode": "M"},
    "services": lambda r: {**r, "typeCode": "S"}, "another year": lambda r: {**r, "period": "2016", "refYear": 2016},
    "years that differ": lambda r: {**r, "refYear": 2016}, "re-exports": lambda r: {**r, "flowCode": "RX"},
    "by ship": lambda r: {**r, "motCode": 2100}, "one procedure": lambda r: {**r, "customsCode": "C05"},
    "valued CIF": lambda r: {**r, "cifvalue": r["fobvalue"], "fobvalue": None}, "no record": lambda r: "2017",
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_record_that_is_not_as_documented_is_refused(publisher: Publisher, web: Web, fault: str) -> None:
    sound = record(2017, "X", 3e9)
    publisher.answers = lambda asked: as_json(whole([record(2017, "M", 1e9), FAULTS[fault](sound)]))
    with pytest.raises(Refused, match=r"^The answer of UN Comtrade, 2017, record 2, (has|lacks|is) .*\.$") as error:
        told(web, range(2017, 2018))
    assert "\n" not in str(error.value)
    publisher.answers = lambda asked: as_json(whole([record(2017, "M", 1e9), sound]))
    assert len(told(web, range(2017, 2018))) == 2


@pytest.mark.fault("19.15 an answer without data keeps its message")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "has another shape"), ({"data": []}, "has another shape"), ({"count": 0}, "has another shape"),
        ({"count": "0", "data": []}, "has another shape"), ({"count": 0, "data": {}}, "has another shape"),
        ({"statusCode": 429, "message": "Rate limit is exceeded. Try again in 2 seconds."},
         "UN Comtrade, 2017 answered 429: Rate limit is exceeded. Try again in 2 seconds."),
        ({"message": "Quota is used up"}, "answered without data: Quota is used up."),
        (whole([], error="No such reporter"), "answered with an error: No such reporter"),
        (whole([record(2017, "X", 1.0)], count=2), "is cut off: 1 records of 2"),
        (whole([record(2017, "X", 1.0)] * 500), "is cut off: 500 records of 500"),
        (whole([record(2017, "X", 1.0)] * 2), "record 2, gives exports of 2017 a second time"),
    ],
)
def test_an_answer_that_is_not_as_documented_is_refused(publisher: Publisher, web: Web, body: Any, said: str) -> None:
    publisher.answers = lambda asked: as_json(body)
    with pytest.raises(Refused, match=re.escape(said)):
        told(web, range(2017, 2018))


@pytest.mark.fault("19.15 a download of the user's own is read in the place of the publisher's answer")
def test_a_download_of_the_users_own_is_read(project: Project, publisher: Publisher, tmp_path: Path) -> None:
    records = [record(year, flow, DOLLARS[year][flow]) for year in DOLLARS for flow in "XM"]
    records += [record(2017, "X", 5e9, partnerCode=410)]
    names = list(records[0])
    lines = [",".join("" if one[name] is None else str(one[name]) for name in names) for one in records]
    file = tmp_path / "TradeData_1_2_2026.csv"
    file.write_text("\n".join([",".join(names), *(f"{line}," for line in lines)]), "utf-8")
    assert told(Own(file)) == EVERYTHING and not publisher.asked
    done = refresh.refresh("comtrade", "2017-2019", path=str(file), today=TODAY)
    assert len(done.changes.new) == 2 and not any("kept in" in line for line in done.lines())
    (tmp_path / "answer.json").write_text(json.dumps(whole(records[:-1])), "utf-8")
    assert told(Own(tmp_path / "answer.json")) == EVERYTHING
    file.write_text("\n".join([",".join(names), lines[0].replace(",156,", ",842,", 1)]), "utf-8")
    with pytest.raises(Refused, match=r"has no record of China's trade as asked for"):
        told(Own(file))
    exchanged = record(2017, "X", 1.0, reporterCode=408, partnerCode=156)
    (tmp_path / "answer.json").write_text(json.dumps(whole([exchanged])), "utf-8")
    with pytest.raises(Refused, match="holds what the DPRK reports"):
        told(Own(tmp_path / "answer.json"))


# ----------------------------------------------------------------------------------------------- changes


def figures(**values: float) -> dict[tuple[str, ...], Figure]:
    return {tuple(name.strip("_").split("_")): Figure(value, 0.5) for name, value in values.items()}


def test_changes_are_what_two_small_tables_say() -> None:
    old = figures(_2017_exports=100, _2017_imports=50, _2018_exports=200, _2016_exports=10)
    new = figures(_2017_exports=101, _2017_imports=52, _2018_exports=200, _2019_exports=7)
    found = compare(old, new, "Example")
    assert found.new == {("2019", "exports"): 7} and found.gone == {("2016", "exports"): 10} and found.any
    # 100 and 101 agree: each is right within a half.
    assert [(c.key, c.old, c.new, c.ratio) for c in found.changed] == [(("2017", "imports"), 50, 52, 1.04)]
    assert found.same == 2
    assert not compare(old, old, "Example").any


@pytest.mark.parametrize("factor", [1000, 0.001, 4, 0.25])
def test_another_unit_is_refused(factor: float) -> None:
    old = figures(_1_a=100, _2_a=150, _3_a=220, _4_a=3000)
    new = {key: Figure(figure.value * factor, 0.5) for key, figure in old.items()}
    with pytest.raises(Refused, match="seems to be another"):
        compare(old, new, "Example")
    one = {**old, ("2", "a"): Figure(150 * factor, 0.5)}
    if factor in (4, 0.25):
        assert len(compare(old, one, "Example").changed) == 1
    else:
        with pytest.raises(Refused, match="Example gives 2 a as"):
            compare(old, one, "Example")


@pytest.mark.fault("19.15 nothing in place of a large flow is held up")
@pytest.mark.parametrize("left", [0.0, 0.001, 2e-6])
def test_a_large_flow_does_not_vanish(left: float) -> None:
    old = figures(_1_a=2218, _2_a=3245, _3_a=5, _1_b=0.2)
    with pytest.raises(Refused, match=r"Example gives 1 a as 0.00\d, which stands at 2,218.000 million dollars"):
        refuse_vanished(old, {**old, ("1", "a"): Figure(left, 0.5)}, "Example")
    refuse_vanished(old, {**old, ("3", "a"): Figure(left, 0.5)}, "Example")  # a small one may well become nothing
    with pytest.raises(Refused, match="Example gives 1 b as"):
        refuse_vanished(old, {**old, ("1", "b"): Figure(0.0, 0.5)}, "Example")  # large for its measure


@pytest.mark.fault("19.15 a zero from the publisher changes nothing")
def test_a_zero_for_billions_changes_nothing(
    project: Project, publisher: Publisher, fetching: Callable[..., refresh.Refreshed]
) -> None:
    held = contents(project.root / "data")

    def lost(asked: Asked) -> Answer:
        year = int(asked.parameters["period"])
        return as_json(whole([record(year, f, 0.0 if (year, f) == (2018, "X") else DOLLARS[year][f]) for f in "XM"]))

    publisher.answers = lost
    with pytest.raises(Refused, match=r"gives 2018 exports as 0\.000, which stands at"):
        fetching(apply=True)
    assert contents(project.root / "data") == held


def test_directions_that_were_exchanged_are_refused() -> None:
    pairs = {"exports": "imports", "imports": "exports"}
    old = figures(_1_exports=100, _1_imports=50, _2_exports=300, _2_imports=60)
    crossed = {key: old[key[0], pairs[key[1]]] for key in old}
    with pytest.raises(Refused, match="look exchanged: 4 of 4"):
        refuse_exchanged(old, crossed, pairs, "Example")
    refuse_exchanged(old, {key: Figure(f.value * 1.05, 0.5) for key, f in old.items()}, pairs, "Example")


# ------------------------------------------------------------------------------------------- taking it in


@pytest.fixture
def fetching(project: Project, publisher: Publisher, web: Web) -> Callable[..., refresh.Refreshed]:
    return lambda **more: refresh.refresh("comtrade", "2017-2019", web=web, today=TODAY, **more)


def test_without_apply_nothing_changes_and_everything_is_said(
    project: Project, fetching: Callable[..., refresh.Refreshed]
) -> None:
    held = contents(project.root / "data")
    done = fetching()
    assert contents(project.root / "data") == held and done.version is None
    text = [" ".join(line.split()) for line in done.lines()]
    # 2017 imports agree to the million that stands; 2018 and 2019 as the table and DOLLARS say.
    assert text[:3] == ["2 new:", "2019 exports 2,600.000 million dollars", "2019 imports 215.500 million dollars"]
    assert text[3:6] == [
        "2 changed:", "2017 exports 3,245.000 -> 3,249.999 million dollars, times 1.0015",
        "2018 imports 213.000 -> 260.000 million dollars, times 1.2207",
    ]  # fmt: skip
    assert text[6] == "2 unchanged" and text[-1] == "Nothing was changed: --apply takes these figures in."


def test_applied_figures_are_vintages_that_as_of_tells_apart(
    project: Project, fetching: Callable[..., refresh.Refreshed]
) -> None:
    before = load()
    done = fetching(apply=True)
    assert done.version == "2026.12.01" and list(done.lines())[-1] == "The data package is now 2026.12.01."
    now = load()
    assert now is not before and now.data_date == TODAY and now.version == "2026.12.01"
    rows = now.frame(yearly.TABLE).set_index("row_id")
    assert set(before.frame(yearly.TABLE)["row_id"]) < set(rows.index), "nothing that stood is gone"
    fetched = rows[rows["source_id"] == "un-comtrade-2026-12-01"]
    assert list(fetched.index) == [
        "2017-exports-un_comtrade-2", "2017-imports-un_comtrade-2", "2018-exports-un_comtrade-2",
        "2018-imports-un_comtrade-2", "2019-exports-un_comtrade", "2019-imports-un_comtrade",
    ]  # fmt: skip
    assert list(fetched["vintage"]) == ["revised"] * 4 + [""] * 2 and set(fetched["published"]) == {"2026-12-01"}

    def totals(**settings: object) -> list[float | None]:
        report = Report(resolve({"basis": "comtrade", **settings}, now), now)
        found = [report.find(f"trade.total.comtrade.{year}") for year in (2017, 2018, 2019)]
        return [fact and fact.value for fact in found]

    assert totals() == pytest.approx([4_980.999_400, 2_478.000_1, 2_815.5], abs=1e-6)
    assert totals(as_of="2026-11-30") == [4976, 2431, None], "the vintage of before"
    assert totals(as_of="2026-12-01") == totals()
    fact = Report(resolve({"basis": "comtrade"}, now), now).fact("trade.exports.comtrade.2019")
    assert fact.value == 2600 and fact.rows == ("trade/china_dprk_annual#2019-exports-un_comtrade",)
    assert fact.sources == ("un-comtrade-2026-12-01",)
    now.verify()
    assert not list(project.root.glob(".data.*"))


def test_other_series_stay_as_they_were(project: Project, fetching: Callable[..., refresh.Refreshed]) -> None:
    def rest() -> list[Any]:
        facts = Report(resolve({}, load()), load()).facts.under("trade")
        return [(f.id, f.value, f.status) for f in facts if re.search(r"\.(customs|kotra|mirror)\.", f.id)]

    held = rest()
    fetching(apply=True)
    assert rest() == held and len(held) > 100


def test_what_was_taken_in_is_unchanged_the_next_time(
    project: Project, fetching: Callable[..., refresh.Refreshed]
) -> None:
    fetching(apply=True)
    held = contents(project.root / "data")
    again = fetching(apply=True)
    assert not again.changes.any and again.changes.same == 6 and again.version is None
    assert list(again.lines())[-1] == "Nothing to take in." and contents(project.root / "data") == held


def test_a_second_version_of_one_day_has_a_number(
    project: Project, publisher: Publisher, fetching: Callable[..., refresh.Refreshed]
) -> None:
    fetching(apply=True)
    publisher.answers = lambda asked: as_json(whole(
        [record(2019, flow, 1.1 * DOLLARS[2019][flow]) for flow in "XM"] if asked.parameters["period"] == "2019" else []
    ))  # fmt: skip
    done = fetching(apply=True)
    assert done.version == "2026.12.01-2" and len(done.changes.changed) == 2 and len(done.changes.gone) == 4
    # What the publisher no longer gives stands as it stood.
    report = Report(resolve({"basis": "comtrade"}, load()), load())
    assert report.fact("trade.total.comtrade.2018").value == pytest.approx(2478.0001)
    assert report.fact("trade.total.comtrade.2019").value == pytest.approx(1.1 * 2815.5)


@pytest.mark.parametrize("fault", ["exchanged", "thousands", "nothing"])
def test_figures_that_cannot_be_right_change_nothing(
    project: Project, publisher: Publisher, fetching: Callable[..., refresh.Refreshed], fault: str
) -> None:
    def answers(asked: Asked) -> Answer:
        year = int(asked.parameters["period"])
        values = DOLLARS[year]
        if fault == "exchanged":
            values = {"X": values["M"], "M": values["X"]}
        if fault == "thousands":
            values = {flow: dollars / 1000 for flow, dollars in values.items()}
        return as_json(whole([] if fault == "nothing" else [record(year, f, v) for f, v in values.items()]))

    publisher.answers = answers
    held = contents(project.root / "data")
    with pytest.raises(Refused, match=r"exchanged|unit seems to be another|has nothing of"):
        fetching(apply=True)
    assert contents(project.root / "data") == held


def test_a_new_package_that_carries_no_report_is_not_put_in_place(
    project: Project, fetching: Callable[..., refresh.Refreshed], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsound(catalogue: Catalogue) -> None:
        assert catalogue.root != project.root / "data"
        raise Refused("no report")

    monkeypatch.setattr(refresh, "_sound", unsound)
    held = contents(project.root / "data")
    with pytest.raises(Refused, match="no report"):
        fetching(apply=True)
    assert contents(project.root / "data") == held and not list(project.root.glob(".data.*"))


def test_data_that_change_meanwhile_are_not_written_over(
    project: Project, fetching: Callable[..., refresh.Refreshed], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.root / "data" / "datapackage.json"
    monkeypatch.setattr(refresh, "_sound", lambda catalogue: path.write_text(path.read_text("utf-8") + "\n", "utf-8"))
    with pytest.raises(Refused, match="changed while"):
        fetching(apply=True)
    assert path.read_text("utf-8").endswith("\n\n")


def test_an_interrupted_change_is_cleared_up_by_the_next(
    project: Project, fetching: Callable[..., refresh.Refreshed]
) -> None:
    held = contents(project.root / "data")
    (project.root / ".data.analysis-new").mkdir()
    said: list[str] = []
    fetching(progress=said.append)
    assert said[0] == "An interrupted change of the data was cleared up.\n"
    assert contents(project.root / "data") == held and not list(project.root.glob(".data.*"))


def test_a_table_that_is_written_again_keeps_every_byte(project: Project) -> None:
    catalogue = load()
    for name, table in catalogue.tables.items():
        made = package._text(list(table.fields), package.table(catalogue, name))
        with table.path.open(encoding="utf-8", newline="") as file:
            assert list(csv.reader(made.splitlines(keepends=True))) == list(csv.reader(file)), name
    for name in (yearly.TABLE, yearly.CELLS, "sources"):
        made = package._text(list(catalogue.tables[name].fields), package.table(catalogue, name))
        assert made.encode() == catalogue.tables[name].path.read_bytes(), name


# ------------------------------------------------------------------------------------------- the command


def test_the_command_prints_the_report_and_no_key(
    project: Project, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(comtrade.KEY, SECRET)
    assert cli.main(["refresh", "comtrade", "--years", "2019", "--apply"]) == 0
    shown = capsys.readouterr()
    assert "2 new:" in shown.out and "The data package is now " in shown.out and not shown.err
    assert SECRET not in shown.out
    held = [path for path in project.root.rglob("*") if path.is_file()]
    assert any("refresh" in path.parts for path in held)
    assert all(SECRET.encode() not in path.read_bytes() for path in held)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["comtrad"], "There is no source 'comtrad': did you mean comtrade? "
         f"allowed are {listing([*refresh.SOURCES, refresh.BULK])}."),
        (["comtrade", "--years", "2019-2017"], "--years cannot be '2019-2017': allowed are a year or a span such as"),
        (["comtrade", "--years", "1980"], "--years cannot be '1980'"),
        (["comtrade", "--years", ""], "--years cannot be ''"),
        (["comtrade", "--years", "2019-2099"], "--years cannot be '2019-2099'"),
        (["comtrade", "--years", "nineteen"], "--years cannot be 'nineteen'"),
    ],
)  # fmt: skip
def test_bad_words_are_one_sentence_and_nobody_is_asked(
    publisher: Publisher, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert cli.main(["refresh", *words]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"Error: {said}") and shown.err.count("\n") == 1 and not shown.out
    assert not publisher.asked


def test_a_publisher_that_refuses_is_one_sentence(
    project: Project, publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.answers = lambda asked: as_json({"statusCode": 401, "message": "Access denied"}, status=401)
    assert cli.main(["refresh", "comtrade", "--years", "2019"]) == 1
    assert capsys.readouterr().err == "Error: UN Comtrade, 2019 answered 401: Access denied.\n"
