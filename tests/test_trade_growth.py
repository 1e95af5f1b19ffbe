"""Growth of trade: which years carry it, whose two years it divides, and what compilers published themselves."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analysis import Report, prose, tables
from analysis.catalogue import Catalogue
from analysis.events import quarters as described
from analysis.facts import Fact
from analysis.trade import MEASURES, growth, periods, phases, rates, series
from analysis.trade.rates import Figure, Published
from analysis.trade.series import Cell

NAN = float("nan")


@pytest.fixture(scope="module")
def report() -> Report:
    return Report()


@pytest.fixture(scope="module")
def catalogue(report: Report) -> Catalogue:
    return report.catalogue


def ends(fact: Fact | None) -> tuple[float, float, float]:
    assert fact is not None and fact.value is not None and fact.low is not None and fact.high is not None
    return round(fact.value, 1), round(fact.low, 1), round(fact.high, 1)


# ------------------------------------------------------------------------------- the rule of precision


@pytest.mark.parametrize(
    ("value", "precision", "carries"),
    [(2180, 5, True), (1000, 15, True), (1000, 15.1, False), (1.0, 0.015, True), (1.0, 0.02, False), (-200, 3, True)],
)
def test_a_figure_carries_growth_by_its_relative_precision(value: float, precision: float, carries: bool) -> None:
    assert series.precise(value, precision) is carries
    assert series.LARGEST_ROUNDING == periods.LARGEST_NOISE / 2


def test_the_rule_is_the_same_for_every_year_and_source(report: Report) -> None:
    for basis in report.catalogue.bases:
        cells = report.cells(basis)
        known = cells[cells["value"].notna()]
        for key, cell in known.iterrows():
            assert cell["fit"] == (cell["sound"] and cell["precision"] / abs(cell["value"]) <= 0.015), (basis, key)


def test_2024_and_2025_have_growth_with_its_range(report: Report) -> None:
    # 2,180 ± 5 over 2,295.38, and 2,735 ± 0.5 over 2,180 ± 5; customs published +25.5.
    assert ends(report.find("trade.growth.customs.2024")) == (-5.0, -5.2, -4.8)
    assert ends(report.find("trade.growth.customs.2025")) == (25.5, 25.1, 25.8)
    assert ends(report.find("trade.growth_exports.customs.2025")) == (25.2, 25.1, 25.2)
    assert report.fact("trade.growth_imports.customs.2025").status == "reported"
    # As rounded, 2011 (5,640 ± 5) and 2016 (5,820 ± 5) keep theirs.
    assert report.find("trade.growth.customs.2011") and report.find("trade.growth.customs.2016")
    # Two compilers' figures of one year stay out, whatever their rounding.
    assert report.find("trade.growth.customs.1995") is None and report.find("trade.growth.customs.1998") is None


# --------------------------------------------------------------------------- one compiler, one vintage


def cells_of(rows: dict[tuple[int, str], tuple[float, float, str]]) -> pd.DataFrame:
    """Cells of value, precision and compiler; exports and imports that are not given are gaps."""
    years = sorted({year for year, _ in rows})
    index = pd.MultiIndex.from_product([range(years[0], years[-1] + 1), MEASURES], names=["year", "measure"])
    made = []
    for key in index:
        value, precision, compiler = rows.get(key, (float("nan"), float("nan"), ""))
        known = key in rows
        made.append(vars(Cell(
            value, "reported" if known else "", "A", known, precision, compiler, "", "printed", "",
            (f"t#{key[0]}-{key[1]}",), (compiler,), known, value - precision, value + precision,
        )))  # fmt: skip
    return pd.DataFrame.from_records(made, index=index, columns=list(series.COLUMNS))


def figure(value: float, record: str, page: str, error: float = 0.5) -> Figure:
    return Figure(value, error, record, (f"row {record} {value}",), (page,))


RECORDS = {"a": "a", "b": "b", "c": "c"}


def test_two_cells_of_one_record_are_divided_as_they_are() -> None:
    found = rates.yearly(cells_of({(2000, "total"): (100, 1, "a"), (2001, "total"): (150, 1, "a")}), {}, RECORDS)
    rate = found.loc[(2001, "total")]
    assert rate["value"] == pytest.approx(50) and rate["error"] == pytest.approx(100 * (1 / 100 + 150 / 100**2))


def test_a_record_with_both_years_comes_before_two_records() -> None:
    cells = cells_of({(2000, "total"): (100, 0.5, "a"), (2001, "total"): (150, 0.5, "b")})
    both = {(2000, "total"): [figure(100, "a", "x"), figure(110, "b", "y")], (2001, "total"): [figure(150, "b", "z")]}
    rate = rates.yearly(cells, both, RECORDS).loc[(2001, "total")]
    assert rate["value"] == pytest.approx(100 * (150 / 110 - 1)) and "as b published" in rate["formula"]
    none = rates.yearly(cells, {}, RECORDS).loc[(2001, "total")]
    assert none["value"] == pytest.approx(50) and "no compiler is known for both years" in none["formula"]


def test_rows_of_one_page_come_before_a_record_that_stands_higher() -> None:
    cells = cells_of({(2000, "exports"): (100, 0.5, "a"), (2001, "exports"): (150, 0.5, "b")})
    pairs = {
        (2000, "exports"): [figure(100, "a", "old"), figure(200, "c", "page")],
        (2001, "exports"): [figure(160, "a", "new"), figure(300, "c", "page")],
    }
    assert rates.yearly(cells, pairs, RECORDS).loc[(2001, "exports")]["value"] == pytest.approx(50)
    pairs[2000, "exports"].pop()
    assert rates.yearly(cells, pairs, RECORDS).loc[(2001, "exports")]["value"] == pytest.approx(60)


def test_the_total_may_be_the_sum_of_the_flows_of_one_record() -> None:
    cells = cells_of({(2000, "total"): (100, 0.5, "a"), (2001, "total"): (150, 0.5, "b")})
    flows = {
        (2000, "exports"): [figure(60, "c", "p")], (2001, "exports"): [figure(90, "c", "p")],
        (2000, "imports"): [figure(40, "c", "p")], (2001, "imports"): [figure(30, "c", "p")],
    }  # fmt: skip
    rate = rates.yearly(cells, flows, RECORDS).loc[(2001, "total")]
    assert rate["value"] == pytest.approx(20) and (rate["now"], rate["before"]) == (120, 100)


def published(value: float, error: float = 0.05, quality: str = "A") -> Published:
    return Published("2001", "total", "customs", "gacc", value, error, quality, (f"p#{value}",), ("page",))


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (published(40), (40, 50.5)), (published(55), (49.5, 55)),
        (published(50.5), (49.5, 50.5)), (published(50.54), (49.5, 50.5)),  # rounding explains it
        (published(137, quality="D"), (49.5, 50.5)),  # its own compiler's values contradict it
    ],
)
def test_a_published_rate_widens_the_range(rate: Published, expected: tuple[float, float]) -> None:
    low, high, _, _ = rates.with_published(50, 0.5, [rate])
    assert (low, high) == expected


def test_2017_has_both_years_from_kita_and_reaches_to_customs_own_rates(report: Report) -> None:
    # KITA: exports 3,192 and 3,328, imports 2,634.3 and 1,650.6. Customs: -10.5, +8.3, -33.
    assert ends(report.find("trade.growth_exports.customs.2017")) == (4.3, 4.3, 8.3)
    assert ends(report.find("trade.growth_imports.customs.2017")) == (-37.3, -37.3, -33.0)
    assert ends(report.find("trade.growth.customs.2017")) == (-14.5, -14.6, -10.5)
    for id, value in (("", -10.5), ("_exports", 8.3), ("_imports", -33)):
        assert report.fact(f"trade.printed_growth{id}.gacc.2017").value == value
    spread = report.fact("trade.growth_range.all_bases.2017")
    assert spread.high == -10.5 and "gacc, as published" in spread.formula


def test_no_rate_of_the_report_mixes_compilers_where_one_has_both_years(report: Report) -> None:
    table = series.known_rows(report.catalogue)
    records = dict(report.catalogue.frame("trade/compilers").set_index("compiler")["record"])
    figures = rates.usable_figures(table, report.catalogue.frame("trade/series_cells"), records, "customs")
    for (year, measure), rate in report.rates("customs").iterrows():
        if "no compiler" in rate["formula"]:
            now, before = ({f.record for f in figures.get((y, measure), [])} for y in (year, year - 1))
            assert not now & before, (year, measure)


def test_figures_that_a_cell_rejects_make_no_pair(report: Report) -> None:
    # UN Comtrade's exports of 2016 lie far below all others; with them 2017 would have grown by 14 per cent.
    assert not any("2016-exports-un_comtrade" in row for rate in report.rates("customs")["rows"] for row in rate)


# ------------------------------------------------------------------------------- levels, deficits, halves


def test_a_rival_figure_that_rounding_does_not_explain_is_in_the_range(report: Report) -> None:
    # KOTRA's reprint of customs, 2,460, with the share of WITS, 2,475.62 ± 0.87, as its rival.
    assert ends(report.find("trade.imports.customs.2011")) == (2460, 2455, 2476.5)
    exports, total = (report.fact(f"trade.{flow}.customs.2011") for flow in ("exports", "total"))
    assert (exports.value or 0) + 2460 == total.value == 5630
    # 2,730 ± 5 says the same as 2,735 ± 0.5.
    assert ends(report.find("trade.total.customs.2025")) == (2735, 2734.5, 2735.5)
    # The first vintage of 2012, and the revised one.
    total_2012 = report.fact("trade.total.customs.2012")
    assert (total_2012.low, total_2012.high) == (5930.5, 6033.95)


@pytest.mark.parametrize(
    ("year", "exports", "imports"), [(2009, 1890, 790), (2011, 3170, 2460), (2013, 3630, 2910), (2022, 1398.83, 133.66)]
)
def test_the_flows_that_kotra_published(report: Report, year: int, exports: float, imports: float) -> None:
    assert report.fact(f"trade.exports.kotra.{year}").value == exports
    assert report.fact(f"trade.imports.kotra.{year}").value == imports
    assert report.fact(f"dependence.import_share.kotra.{year}").value is not None
    assert report.fact(f"dependence.deficit.kotra.{year}").value == pytest.approx(exports - imports)


def test_kotra_2022_is_the_figure_with_decimals(report: Report) -> None:
    assert report.fact("trade.total.kotra.2022").value == 1532.49
    share = report.fact("dependence.trade_share.kotra.2022")
    assert share.value == pytest.approx(100 * 1532.49 / 1585.61)


def test_balance_and_deficit_are_one_series_to_its_last_year(report: Report) -> None:
    for record in ("customs", "kotra"):
        balance = {f.period: ends(f) for f in report.facts.family(f"trade.balance.{record}")}
        deficit = {f.period: ends(f) for f in report.facts.family(f"dependence.deficit.{record}")}
        assert balance == deficit
    assert {"2024", "2025"} <= {f.period for f in report.facts.family("trade.balance.customs")}
    assert report.fact("trade.cumulated_balance.customs.1999-2025").value == pytest.approx(
        report.fact("dependence.cumulated_deficit.customs.1999-2025").value
    )
    # 2,340 + 2,660 + 664.8 + 565.44 + 1,265.17 + 2,136.20 + 1,957.23 from the flows of 2018 to 2024.
    assert report.fact("dependence.cumulated_deficit.kotra.2018-2024").value == pytest.approx(11588.84)


def test_every_half_year_of_grade_a_or_b_is_a_fact(report: Report) -> None:
    rows = report.catalogue.frame("trade/china_dprk_quarterly")
    rows = rows[rows["period"].isin(["H1", "H2"]) & rows["quality"].isin(["A", "B"])]
    assert len(rows) > 50
    for row in rows.to_dict("records"):
        fact = report.find(f"trade.half_{row['measure']}.customs.{row['year']}-{row['period'].lower()}")
        assert fact is not None and fact.low is not None and fact.high is not None, row
        if row["status"] == "reported":
            assert fact.value == row["value"] and fact.low < row["value"] < fact.high


def test_growth_around_the_third_test_holds_both_vintages(report: Report) -> None:
    # KITA: 1,592.10 over 1,762.76. Customs published -13.6 for the half-year, -13.8 for the first quarter.
    assert ends(report.find("trade.half_growth_exports.customs.2013-h1")) == (-9.7, -13.6, -9.7)
    assert ends(report.find("trade.quarter_growth_exports.customs.2013q1")) == (-8.9, -13.8, -8.9)
    assert report.fact("trade.quarter_growth_total.customs.2013q1").low == -7.2
    assert report.fact("trade.printed_growth_exports.kita.2013-h1").value == -9.7
    # 748 ± 3 over 820 ± 5; KOTRA published -8.4 from customs, which the range holds.
    half = report.fact("trade.half_growth_exports.customs.2009-h1")
    assert half.low is not None and half.high is not None and half.low < -8.4 < half.high


@pytest.mark.parametrize(
    ("value", "status", "precision", "expected"),
    [(820, "reported", NAN, 5), (457, "reported", NAN, 0.5), (345.62, "reported", NAN, 0.005),
     (316.89, "derived", NAN, 3.1689), (748, "derived", 3, 3)],
)  # fmt: skip
def test_precision_of_a_half_year_without_one(value: float, status: str, precision: float, expected: float) -> None:
    assert periods.rounding(value, status, precision) == pytest.approx(expected)


def test_each_early_test_has_a_sentence_and_its_half_year_a_row(report: Report) -> None:
    assert len(prose.half_years.after_the_tests(report).sentences) == len(described.tests(report)) + 1  # type: ignore[union-attr]
    names = {(a.event.date[:4], a.name) for a in described.around(report) if a.step == 0}
    assert names == {("2006", "2006-Q4"), ("2006", "2006-H2"), ("2009", "2009-Q2"), ("2009", "2009-H1"),
                     ("2013", "2013-Q1"), ("2013", "2013-H1")}  # fmt: skip
    assert any(row["published"] != "–" for row in tables.event_quarters(report).rows)  # type: ignore[union-attr]


def test_the_longest_run_is_one_function() -> None:
    assert growth.longest_run(pd.Series({2000: 1.0, 2001: float("nan"), 2002: 2.0, 2003: 1.0})) == (2002, 2003)


# ------------------------------------------------------------------------------------ one clock


def test_phases_and_regimes_have_one_clock_for_the_border(catalogue: Catalogue) -> None:
    points = phases.turning_points(catalogue.frame("events"))
    opened = {p.kind: p.day for p in phases.openers(points)}
    assert opened["closure"] == date(2020, 1, 22) and opened["reopening"] == date(2022, 1, 16)
    regimes = catalogue.frame("events/regimes").set_index("regime_id")
    assert regimes.loc["closure", "first_month"] == opened["closure"].isoformat()[:7]
    assert regimes.loc["reopening", "first_month"] == opened["reopening"].isoformat()[:7]
    before = pd.Period(opened["reopening"], freq="M") - 1
    assert regimes.loc["closure", "last_month"] == str(before)
    spans = {p.key: (p.first_year, p.last_year) for p in phases.phases(points, 2015, 2025)}
    assert spans["closure"] == (2020, 2021) and spans["reopening"] == (2022, 2025)


def test_a_stop_after_the_reopening_is_named_and_begins_no_phase(catalogue: Catalogue) -> None:
    points = phases.turning_points(catalogue.frame("events"))
    assert [(p.event_id, kind.name) for p, kind in phases.against(points)] == [("rail-stops", "Reopening")]
