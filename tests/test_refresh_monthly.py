"""UN Comtrade by month, by chapter and with partners for comparison: read, held against what stands, taken in, used.

Records follow the publisher's developer pages and the README of comtradeapicall, which gives `freqCode` M with a period
such as 202205 and `cmdCode` AG2 for chapters. The reading was tested against these only, never against a live answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis import Report, captions, cli, tables
from analysis.catalogue import Catalogue, load
from analysis.events import breaks
from analysis.events import months as event_months
from analysis.explain import explain_row
from analysis.facts import Fact
from analysis.parameters import resolve
from analysis.refresh import comtrade, comtrade_tables, refresh
from analysis.refresh.comtrade import Ask
from analysis.refresh.web import LONGEST_BREAK, TRIES, Refused, Web, kept
from analysis.trade import MEASURES, periods, spliced
from conftest import Project, contents
from publisher import Answer, Asked, Publisher, as_json, publishing
from test_refresh_comtrade import FAULTS, SECRET, record, whole

TODAY = date(2026, 12, 1)
YEARS = "2010-2019"
Figures = dict[tuple[str, str], float]  # (month, measure) to million dollars


def monthly(month: str, flow: str, dollars: float, **other: Any) -> dict[str, Any]:
    """A record as documented, by month."""
    year, number = int(month[:4]), int(month[5:])
    return record(year, flow, dollars, **{
        "freqCode": "M", "period": f"{year}{number:02d}", "refMonth": number,
        "refPeriodId": year * 10_000 + number * 100 + 1, **other,
    })  # fmt: skip


def invented(catalogue: Catalogue) -> Figures:
    """A figure for each month of 2010 to 2019: one per cent above that of customs, or one that no record holds."""
    own = periods.months(catalogue, 2010, 2019)["value"]
    return {
        (str(month), measure): round(float(own[month, measure]) * 1.01 if pd.notna(own[month, measure]) else 77.25, 6)
        for month in pd.period_range("2010-01", "2019-12", freq="M")
        for measure in ("exports", "imports")
    }


def answering(figures: Callable[[], Figures]) -> Callable[[Asked], Answer]:
    """A publisher that gives `figures` of the months that it is asked for."""

    def answer(asked: Asked) -> Answer:
        wanted = asked.parameters["period"].split(",")
        if "/preview/" in asked.path and len(wanted) > 1:
            return as_json({"message": "Only one period is allowed in preview"}, status=400)
        found = [
            monthly(month, flow, figures()[month, measure] * 1e6)
            for month in (f"{period[:4]}-{period[4:]}" for period in wanted)
            for flow, measure in comtrade.FLOWS.items()
            if (month, measure) in figures()
        ]
        return as_json(whole(found))

    return answer


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    monkeypatch.delenv(comtrade.KEY, raising=False)
    with publishing() as made:
        monkeypatch.setattr(comtrade, "ADDRESS", made.address)
        yield made


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path / "kept", pause=0, sleep=lambda seconds: None)


# ------------------------------------------------------------------------------------------------ reading


def test_without_a_key_one_month_a_request_and_with_one_twelve(
    publisher: Publisher, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.answers = answering(lambda: {("2017-03", "exports"): 300.0, ("2018-01", "imports"): 40.5})
    asked = [f"{year}-{month:02d}" for year in (2017, 2018) for month in range(1, 13)]
    told = [(f.period, f.measure, f.dollars) for f in comtrade.fetch(web, asked, Ask("M"))]
    assert told == [("2017-03", "exports", 3e8), ("2018-01", "imports", 40.5e6)]
    assert [a.parameters["period"] for a in publisher.asked] == [month.replace("-", "") for month in asked]
    assert {a.path for a in publisher.asked} == {"/public/v1/preview/C/M/HS"}
    assert publisher.asked[0].parameters == {
        "reporterCode": "156", "partnerCode": "408", "partner2Code": "0", "motCode": "0", "cmdCode": "TOTAL",
        "period": "201701", "flowCode": "X,M", "customsCode": "C00",
    }  # fmt: skip
    publisher.asked.clear()
    monkeypatch.setenv(comtrade.KEY, SECRET)
    assert [(f.period, f.measure, f.dollars) for f in comtrade.fetch(web, asked, Ask("M"))] == told
    assert [a.path for a in publisher.asked] == ["/data/v1/get/C/M/HS"] * 2
    assert [len(a.parameters["period"].split(",")) for a in publisher.asked] == [12, 12]


MONTHLY_FAULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    **{name: fault for name, fault in FAULTS.items() if name != "by month"},
    "by year": lambda r: {**r, "freqCode": "A"}, "another month": lambda r: {**r, "refMonth": 4},
    "a year for a month": lambda r: {**r, "period": "2017"}, "the month before": lambda r: {**r, "period": "201702"},
}  # fmt: skip


@pytest.mark.parametrize("fault", MONTHLY_FAULTS)
def test_a_monthly_record_that_is_not_as_documented_is_refused(publisher: Publisher, web: Web, fault: str) -> None:
    sound = monthly("2017-03", "X", 3e8)
    publisher.answers = lambda asked: as_json(whole([monthly("2017-03", "M", 1e8), MONTHLY_FAULTS[fault](sound)]))
    with pytest.raises(Refused, match=r"^The answer of UN Comtrade, 2017-03, record 2, (has|lacks|is) .*\.$"):
        list(comtrade.fetch(web, ["2017-03"], Ask("M")))
    publisher.answers = lambda asked: as_json(whole([monthly("2017-03", "M", 1e8), sound]))
    assert len(list(comtrade.fetch(web, ["2017-03"], Ask("M")))) == 2


CHAPTER_FAULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    **{name: fault for name, fault in FAULTS.items() if name != "a chapter"},
    "the total": lambda r: {**r, "cmdCode": "TOTAL"}, "a heading": lambda r: {**r, "cmdCode": "2701"},
    "one digit": lambda r: {**r, "cmdCode": "7"},
}  # fmt: skip


@pytest.mark.parametrize("fault", CHAPTER_FAULTS)
def test_a_record_of_a_chapter_that_is_not_as_documented_is_refused(
    publisher: Publisher, web: Web, fault: str
) -> None:
    sound = record(2017, "X", 3e8, cmdCode="27")
    first = record(2017, "X", 1e8, cmdCode="10")
    publisher.answers = lambda asked: as_json(whole([first, CHAPTER_FAULTS[fault](sound)]))
    with pytest.raises(Refused, match=r"^The answer of UN Comtrade, 2017, record 2, (has|lacks|is) .*\.$"):
        list(comtrade.fetch(web, ["2017"], Ask(goods="AG2")))
    publisher.answers = lambda asked: as_json(whole([first, sound]))
    assert [f.goods for f in comtrade.fetch(web, ["2017"], Ask(goods="AG2"))] == ["10", "27"]
    assert publisher.asked[-1].parameters["cmdCode"] == "AG2"


def test_a_partner_that_was_not_asked_for_is_refused(publisher: Publisher, web: Web) -> None:
    publisher.answers = lambda asked: as_json(whole([monthly("2017-03", "X", 1e8, partnerCode=408)]))
    with pytest.raises(Refused, match="record 1, has the partnerCode 408, which was not asked for"):
        list(comtrade.fetch(web, ["2017-03"], Ask("M", (496, 398))))
    assert publisher.asked[0].parameters["partnerCode"] == "496,398"


# ------------------------------------------------------------------------------------ going on where it stopped


def test_an_interrupted_fetch_goes_on_where_it_stopped(publisher: Publisher, web: Web) -> None:
    asked = ["2017-01", "2017-02", "2017-03", "2017-04"]
    whole_answer = answering(lambda: {(month, "exports"): 100.0 for month in asked})
    publisher.answers = lambda a: Answer(status=500) if a.parameters["period"] == "201703" else whole_answer(a)

    def fetch() -> list[str]:
        publisher.asked.clear()
        with web.resuming("example"):
            return [f.period for f in comtrade.fetch(web, asked, Ask("M"))]

    with pytest.raises(Refused, match="2017-03 cannot be fetched"):
        fetch()
    assert len(publisher.asked) == 2 + TRIES
    publisher.answers = whole_answer
    assert fetch() == asked
    assert [a.parameters["period"] for a in publisher.asked] == ["201703", "201704"]
    assert fetch() == asked
    assert len(publisher.asked) == 4, "a fetch that came to its end asks for everything anew"
    assert len(list(kept(web.folder))) == 2 + 2 + 4


@pytest.mark.parametrize("harm", ["refused", "altered", "old", "gone", "cut off"])
def test_what_cannot_be_gone_on_from_is_asked_for_again(
    publisher: Publisher, web: Web, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["2017-01", "2017-02"]
    whole_answer = answering(lambda: {(month, "exports"): 100.0 for month in asked})

    def stops(a: Asked) -> Answer:
        if a.parameters["period"] == "201701":
            return whole_answer(a)
        return as_json({"count": 1, "data": []}) if harm == "refused" else Answer(status=403)

    publisher.answers = stops
    with pytest.raises(Refused), web.resuming("example"):
        list(comtrade.fetch(web, asked, Ask("M")))
    journal = web.folder / "example.unfinished.jsonl"
    held = web.folder / next(kept(web.folder))["path"]
    if harm == "altered":
        held.write_text("{}", encoding="utf-8")
    if harm == "gone":
        held.unlink()
    if harm == "old":
        monkeypatch.setattr("analysis.refresh.web.LONGEST_BREAK", -LONGEST_BREAK)
    if harm == "cut off":
        journal.write_text(journal.read_text("utf-8")[:-20], encoding="utf-8")
    publisher.asked.clear()
    publisher.answers = whole_answer
    with web.resuming("example"):
        assert len(list(comtrade.fetch(web, asked, Ask("M")))) == 2
    first_again = [] if harm == "refused" else ["201701"]
    assert [a.parameters["period"] for a in publisher.asked] == [*first_again, "201702"]
    assert not journal.exists()


def test_progress_is_told_month_by_month(publisher: Publisher, tmp_path: Path) -> None:
    publisher.answers = answering(lambda: {("2017-01", "exports"): 1.0})
    said: list[str] = []
    loud = Web(tmp_path / "kept", pause=0, progress=said.append)
    list(comtrade.fetch(loud, ["2017-01", "2017-02"], Ask("M")))
    assert said == ["UN Comtrade, 2017-01: 1 of 2\n", "UN Comtrade, 2017-02: 2 of 2\n"]


# ----------------------------------------------------------------------------------------------- taking it in


@pytest.fixture
def fetching(
    project: Project, publisher: Publisher, web: Web, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., refresh.Refreshed]:
    monkeypatch.setenv(comtrade.KEY, SECRET)
    figures = invented(load())
    publisher.answers = answering(lambda: figures)
    given = {"web": web, "today": TODAY}
    return lambda source="comtrade-monthly", years=YEARS, **more: refresh.refresh(source, years, **{**given, **more})


def test_without_apply_nothing_changes(project: Project, fetching: Callable[..., refresh.Refreshed]) -> None:
    held = contents(project.root / "data")
    done = fetching(years="2019")
    text = [" ".join(line.split()) for line in done.lines()]
    assert text[0] == "24 new:" and text[1].startswith("2019-01 exports ") and text[25] == "0 unchanged"
    assert text[-1].startswith("Nothing was changed") and contents(project.root / "data") == held
    assert not load().has(spliced.TABLE)


def test_months_that_were_taken_in_stand_beside_customs_and_are_read_where_it_has_none(
    project: Project, fetching: Callable[..., refresh.Refreshed]
) -> None:
    before = load()
    without = Report(resolve({}, before), before)
    assert without.event_months.drop(columns="basis").equals(without.months)
    plain = tables.months(without)
    done = fetching(apply=True)
    now = load()
    assert done.version == now.version == "2026.12.01" and now.has(spliced.TABLE)
    now.verify()
    report = Report(resolve({}, now), now)

    # Customs, its facts and its chart are what they were.
    assert report.months.equals(without.months)
    assert len(now.frame(spliced.TABLE)) == 240 and set(now.frame(spliced.TABLE)["vintage"]) == {""}

    cells, figures = report.event_months, invented(before)
    # March 2017: customs may be read by month. May 2012: it may not, whatever it prints. No month is averaged.
    printed, fetched = cells.loc[("2017-03", "exports")], cells.loc[("2012-05", "exports")]
    assert printed["basis"] == "customs" and printed["rows"] == ("trade/china_dprk_monthly#2017-03-exports",)
    assert printed["value"] == without.months.loc[("2017-03", "exports"), "value"]
    assert fetched["value"] == figures["2012-05", "exports"] and fetched["basis"] == "comtrade"
    assert (fetched["finest"], fetched["quality"], fetched["status"]) == ("month", "A", "reported")
    assert fetched["rows"] == (f"{spliced.TABLE}#2012-05-exports",)
    assert fetched["sources"] == ("un-comtrade-monthly-2026-12-01",) and fetched["care"] == spliced.CARE
    total = cells.loc[("2012-05", "total")]
    assert total["value"] == pytest.approx(figures["2012-05", "exports"] + figures["2012-05", "imports"])
    assert total["status"] == "derived" and len(total["rows"]) == 2 and total["precision"] == pytest.approx(1e-6)
    # April 2010: exports of customs may be read, imports not; each flow is decided by itself.
    assert list(cells.loc["2010-04"]["basis"]) == ["customs", "comtrade", "comtrade"]

    # Both are kept and shown; one per cent is more than rounding leaves open, and the table says so.
    beside = spliced.beside(now, 2010, 2019)
    assert beside.loc[("2017-03", "exports"), "apart"] == pytest.approx(1.0, abs=1e-4)
    assert beside.loc[("2017-03", "exports"), "read"] == "customs"
    assert beside.loc[("2012-05", "exports"), "read"] == "comtrade"
    shown = tables.months(report)
    assert [c.key for c in shown.columns][-3:] == ["comtrade", "apart", "read"]
    row = next(r for r in shown.records if r["month"] == "2017-03")
    assert row["exports_comtrade_usd_million"] == figures["2017-03", "exports"]
    assert row["exports_comtrade_rows"] == f"{spliced.TABLE}#2017-03-exports"
    assert next(r for r in shown.rows if r["period"] == "March 2017")["apart"].startswith("exports +1.0%")
    assert len(shown.rows) > len(plain.rows) and [c.key for c in plain.columns] == [c.key for c in shown.columns][:-3]
    told = explain_row(now, f"{spliced.TABLE}#2012-05-exports")
    assert told.inputs[0].value == figures["2012-05", "exports"] and told.sources[0].terms == "publisher-interface"


def test_as_of_tells_vintages_apart(
    project: Project, publisher: Publisher, fetching: Callable[..., refresh.Refreshed]
) -> None:
    fetching(apply=True)
    figures = invented(load()) | {("2012-05", "imports"): 99.0}
    del figures["2012-06", "imports"]
    publisher.answers = answering(lambda: figures)
    later = date(2027, 1, 15)
    done = fetching(apply=True, today=later)
    assert [(c.key, c.new) for c in done.changes.changed] == [(("2012-05", "imports"), 99.0)]
    assert list(done.changes.gone) == [("2012-06", "imports")] and done.changes.same == 238
    now = load()
    assert len(now.frame(spliced.TABLE)) == 241 and done.version == "2027.01.15"

    def read(as_of: str | None) -> tuple[float, str]:
        report = Report(resolve({"as_of": as_of} if as_of else {}, now), now)
        cell = report.event_months.loc[("2012-05", "imports")]
        return float(cell["value"]), " ".join(cell["rows"])

    first = invented(now)["2012-05", "imports"]
    assert read(None) == read("2027-01-15") == (99.0, f"{spliced.TABLE}#2012-05-imports-v2")
    assert read("2027-01-14") == read("2026-12-01") == (first, f"{spliced.TABLE}#2012-05-imports")
    early = Report(resolve({"as_of": "2026-11-30"}, now), now)
    assert early.event_months.drop(columns="basis").equals(early.months), "nothing was known by then"
    assert not event_months.fetched(early)
    # What the publisher no longer gives stands as it stood.
    assert spliced.comtrade(now, 2012, 2012).loc[("2012-06", "imports"), "value"] == invented(now)["2012-06", "imports"]
    again = fetching(apply=True, today=later)
    assert not again.changes.any and again.version is None


@pytest.mark.parametrize("fault", ["exchanged", "thousands", "one in thousands", "nothing"])
def test_a_first_fetch_is_held_against_customs(
    project: Project, publisher: Publisher, fetching: Callable[..., refresh.Refreshed], fault: str
) -> None:
    sound = invented(load())
    opposite = {"exports": "imports", "imports": "exports"}
    wrong: dict[str, Figures] = {
        "exchanged": {(month, measure): sound[month, opposite[measure]] for month, measure in sound},
        "thousands": {key: value / 1000 for key, value in sound.items()},
        "one in thousands": {**sound, ("2017-03", "exports"): 1000 * sound["2017-03", "exports"]},
        "nothing": {},
    }
    publisher.answers = answering(lambda: wrong[fault])
    held = contents(project.root / "data")
    with pytest.raises(Refused, match=r"exchanged|unit seems to be another|has nothing of China's trade with the DPRK"):
        fetching(apply=True)
    assert contents(project.root / "data") == held


def test_months_that_have_not_ended_are_not_asked_for() -> None:
    months = comtrade_tables.MONTHS.periods(range(2026, 2027), date(2026, 3, 1))
    assert months == ["2026-01", "2026-02"]


def test_chapters_are_taken_in_and_held_against_the_total_of_their_year(
    project: Project, publisher: Publisher, fetching: Callable[..., refresh.Refreshed]
) -> None:
    # The total that stands for 2017: 3,245 million of exports, 1,731 of imports (rounded to the million).
    scale = [1.0]

    def answer(asked: Asked) -> Answer:
        parts = {("X", "27"): 1.3e9, ("X", "84"): 1.945e9, ("M", "62"): 0.6e9, ("M", "27"): 1.131e9}
        found = [record(2017, flow, scale[0] * dollars, cmdCode=code) for (flow, code), dollars in parts.items()]
        return as_json(whole(found if "2017" in asked.parameters["period"].split(",") else []))

    publisher.answers = answer
    scale[0] = 1000.0
    with pytest.raises(Refused, match="unit seems to be another"):
        fetching("comtrade-chapters", "2017-2018", apply=True)
    scale[0] = 1.0
    done = fetching("comtrade-chapters", "2017-2018", apply=True)
    assert done.changes.new["2017", "27", "imports"] == 1131.0 and done.version == "2026.12.01"
    rows = load().frame("trade/comtrade_chapters").set_index("row_id")
    assert rows.loc["2017-27-exports", "value"] == 1300.0 and rows.loc["2017-27-exports", "chapter"] == "27"
    assert len(rows) == 4 and set(rows["source_id"]) == {"un-comtrade-chapters-2026-12-01"}


def test_partners_for_comparison_are_taken_in(
    project: Project, publisher: Publisher, fetching: Callable[..., refresh.Refreshed]
) -> None:
    codes = comtrade_tables.control_partners(load())
    assert len(codes) == len(set(codes.values())) == len(load().frame("events/control_partners"))

    scale = [1.0]

    def answer(asked: Asked) -> Answer:
        assert asked.parameters["partnerCode"] == ",".join(map(str, codes))
        return as_json(whole([
            monthly(f"2018-{month:02d}", flow, scale[0] * 1e6 * (code + month), partnerCode=code)
            for month in (1, 2) for code in codes for flow in "XM"
        ]))  # fmt: skip

    publisher.answers = answer
    # Together they are some ten billion dollars a month, of some two hundred that China exports.
    for scale[0] in (1000.0, 0.001):
        with pytest.raises(Refused, match="unit or coverage seems to be another"):
            fetching("comtrade-controls", "2018", apply=True)
    scale[0] = 1.0
    done = fetching("comtrade-controls", "2018", apply=True)
    assert len(done.changes.new) == 2 * 2 * len(codes) and done.changes.new["MNG", "2018-02", "imports"] == 498.0
    rows = load().frame("macro/control_partners_monthly")
    assert set(rows["partner"]) == set(codes.values()) and rows["value"].max() == max(codes) + 2


# ----------------------------------------------------------------------------------------- the event study


def test_the_event_study_reaches_back_to_2010_and_its_rules_stay(
    project: Project, fetching: Callable[..., refresh.Refreshed]
) -> None:
    choices = event_months.Choices()

    def study(report: Report) -> tuple[dict[str, set[int]], set[str], tuple[int, int]]:
        months = {flow: event_months.months(report, flow, choices) for flow in MEASURES}
        years = {
            flow: {(data.start + at) // 12 for at in range(len(data.values)) if data.values[at] == data.values[at]}
            for flow, data in months.items()
        }
        made = report.event_study.design(("nuclear_tests", "total", "m0_m2"))
        found = breaks.find(report, "imports")
        return years, {event.event_id for event in made.events}, (found.first, found.last)

    before = Report(resolve({}, load()), load())
    years, tested, span = study(before)
    assert 2012 not in years["imports"] and 2015 not in years["exports"] and not tested
    assert span == (2016 * 12 + 3, 2023 * 12 + 11)
    fetching(apply=True)
    after = Report(resolve({}, load()), load())
    more, now_tested, now_span = study(after)
    assert all(set(range(2010, 2020)) <= more[flow] for flow in MEASURES)
    assert now_tested == {"e089", "e118", "e129"}, "those of 2013 and 2016; eight months of 2017 are no baseline"
    assert now_span[0] == 2014 * 12 and now_span[1] == 2025 * 12 + 11
    # The months that need care, those of UN Comtrade, are left out by the specification that leaves them out.
    sure = event_months.months(after, "exports", event_months.choices(after, "sure_only"))
    plain = event_months.months(before, "exports", event_months.choices(before, "sure_only"))
    assert (pd.Series(sure.values).fillna(-1) == pd.Series(plain.values).fillna(-1)).all()
    rows, sources = event_months.rows_of(after, "exports", [2012 * 12 + 4, 2017 * 12 + 2])
    assert rows == (f"{spliced.TABLE}#2012-05-exports", "trade/china_dprk_monthly#2017-03-exports")
    assert sources[0] == "un-comtrade-monthly-2026-12-01"


def test_a_fact_that_rests_on_a_fetched_month_says_so(catalogue: Catalogue) -> None:
    def told(*rows: str) -> str:
        fact = Fact(
            id="events.change.closures.exports.m0_m2", value=-1.0, unit="percent", period="2020", status="derived",
            formula="", label="", rows=rows, sources=(), decimals=1,
        )  # fmt: skip
        return " ".join(captions.caveats_of(catalogue, fact))

    assert "UN Comtrade" in told(f"{spliced.TABLE}#2012-05-exports")
    assert "UN Comtrade" not in told("trade/china_dprk_monthly#2017-03-exports")


# ------------------------------------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["comtrade-monthy"], "There is no source 'comtrade-monthy': did you mean comtrade-monthly?"),
        (["comtrade-monthly", "--years", "2009"], "--years cannot be '2009': allowed are a year or a span such as "
         "2015-2019, from 2010 to "),
        (["comtrade-controls", "--years", "2005-2012"], "--years cannot be '2005-2012'"),
        (["comtrade-chapters", "--years", "1991"], "--years cannot be '1991': allowed are a year or a span such as "
         "2015-2019, from 1992 to "),
    ],
)  # fmt: skip
def test_bad_words_are_one_sentence_and_nobody_is_asked(
    publisher: Publisher, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert cli.main(["refresh", *words]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"Error: {said}") and shown.err.count("\n") == 1 and not shown.out
    assert not publisher.asked


def test_the_command_takes_months_in_and_keeps_the_key_to_itself(
    project: Project, fetching: Callable[..., refresh.Refreshed], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["refresh", "comtrade-monthly", "--years", "2019", "--apply"]) == 0
    shown = capsys.readouterr()
    assert "24 new:" in shown.out and re.search(r"The data package is now \d{4}\.\d{2}\.\d{2}\.", shown.out)
    assert SECRET not in shown.out + shown.err
    held = [path for path in project.root.rglob("*") if path.is_file()]
    assert all(SECRET.encode() not in path.read_bytes() for path in held)
