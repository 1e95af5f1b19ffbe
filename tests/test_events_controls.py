"""Other partners of China as a control: which of them count, what they have in common by month, and what it takes out.

Every figure of theirs is made up here; none was fetched when the rules were written.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Report, cli, figures, prose, tables
from analysis.catalogue import Catalogue, load
from analysis.errors import BadParameter
from analysis.events import cells, controls
from analysis.events import months as event_months
from analysis.events.catalogue import episodes_of
from analysis.events.design import Design, Usable, design
from analysis.events.months import Choices, Months
from analysis.events.plan import ordinal, plan
from analysis.explain import explain
from analysis.parameters import resolve
from analysis.reading import recorded
from analysis.refresh import changes, comtrade_tables, package
from analysis.refresh.changes import Figure
from conftest import ROOT, Project

TODAY = date(2026, 12, 1)
DPRK = (6363.63 + 5430 + 5820) / 36  # a month of 2014 to 2016 by customs, in million dollars
SIX = ("MNG", "KAZ", "KGZ", "TJK", "AFG", "PAK")
FIRST_FOUR = ("2016-01", "2016-02", "2016-03", "2016-04")
Figures = dict[tuple[str, str, str], float]  # (partner, month, measure) to million dollars
LN2 = math.log(2)
# The months from each nuclear test with twelve usable months before it, in these years, to two months after it.
OF_TESTS = [ordinal(first) + step for first in ("2013-02", "2016-01", "2016-09") for step in range(3)]
KEY = ("nuclear_tests", "imports", "m0_m2")


def take_in(trade: Figures, today: date = TODAY) -> Catalogue:
    """The data package of the project with the table as a refresh makes it."""
    catalogue, source = load(), comtrade_tables.CONTROLS
    fetched: dict[tuple[str, ...], Figure] = {key: Figure(value, 5e-7) for key, value in trade.items()}
    found = changes.differences(source.vintages.standing(catalogue, {month for _, month, _ in trade}), fetched)
    row = comtrade_tables._source(source, today)
    made = {
        source.vintages.name: source.vintages.added(catalogue, found, fetched, row["source_id"], today),
        "sources": [*package.table(catalogue, "sources"), row],
    }
    package.replace(catalogue, made, today, lambda _: None, [source.vintages.made.resource])
    return load()


def holding(trade: Figures) -> Catalogue:
    """The project's own data package with the table in memory alone."""
    made = Catalogue(ROOT / "data")
    made._frames[controls.TABLE] = pd.DataFrame([
        {"row_id": f"{partner}-{month}-{measure}", "partner": partner, "month": month, "measure": measure,
         "value": value, "published": TODAY.isoformat(), "source_id": "audit-2026"}
        for (partner, month, measure), value in trade.items()
    ])  # fmt: skip
    return made


def common(trade: Figures, flow: str, **asked: object) -> controls.Control:
    catalogue = holding(trade)
    return controls.common(Report(resolve({"start_year": 2016, "end_year": 2016, **asked}, catalogue), catalogue), flow)


def flat(partners: Iterable[str], months: Iterable[str] = FIRST_FOUR, value: float = 250.0) -> Figures:
    return {(p, month, flow): value for p in partners for month in months for flow in ("exports", "imports")}


def by_hand() -> Figures:
    """Six partners of several sizes: their exports double in February and their imports in April; but Mongolia's."""
    trade = Figures()
    for scale, partner in zip((1.0, 2.0, 3.0, 0.5, 7.0, 9.0), SIX, strict=True):
        exports = (1, 1, 1, 4) if partner == "MNG" else (1, 2, 1, 1)
        for month, out, back in zip(FIRST_FOUR, exports, (1, 1, 1, 2), strict=True):
            trade[partner, month, "exports"] = 100 * scale * out
            trade[partner, month, "imports"] = 100 * scale * back
    return trade


def close(found: controls.Control, expected: list[float]) -> None:
    """The control of the four months is the expected one."""
    assert found.logs == pytest.approx(dict(zip(map(ordinal, FIRST_FOUR), expected, strict=True)))


# ---------------------------------------------------------------------------------------------- the control itself


def test_the_control_is_the_mean_of_logs_less_own_means_and_each_flow_has_its_own() -> None:
    # In logs to base two: five have 0 1 0 0 less a quarter, Mongolia 0 0 0 2 less a half. Sizes fall out.
    rest = (5 * -0.25 - 0.5) / 6
    exports = common(by_hand(), "exports")
    close(exports, [LN2 * v for v in (rest, (5 * 0.75 - 0.5) / 6, rest, 0.25 / 6)])
    assert exports.partners == SIX and not exports.reason and len(exports.rows) == 24
    assert exports.rows[0] == f"{controls.TABLE}#MNG-2016-01-exports" and exports.sources == ("audit-2026",)
    close(common(by_hand(), "imports"), [LN2 * v for v in (-0.25, -0.25, -0.25, 0.75)])
    # Totals are 2 3 2 3 in each case, and 2 2 2 6 for Mongolia: the log of the sum, not a mean of the two controls.
    a, b = math.log(1.5), math.log(3)
    low, high = (-5 * a / 2 - b / 4) / 6, (5 * a / 2 - b / 4) / 6
    total = common(by_hand(), "total")
    close(total, [low, high, low, (5 * a / 2 + 3 * b / 4) / 6])
    assert len(total.rows) == 48


def test_partners_much_smaller_or_larger_than_the_dprk_and_undeclared_ones_do_not_count() -> None:
    sizes = {"UZB": 0.099, "TKM": 0.101, "BGD": 9.9, "LKA": 10.1, "RUS": 1.0}
    trade = by_hand()
    for partner, times in sizes.items():
        trade |= flat([partner], value=times * DPRK / 2)
    assert common(trade, "exports").partners == (*SIX, "TKM", "BGD")
    # What came after the declared years makes no partner large or small; without those years no size is known.
    later = flat(["UZB"], ("2017-01",), 5000 * DPRK) | {("UZB", m, f): v for (_, m, f), v in flat(["UZB"]).items()}
    assert common(by_hand() | later, "exports").partners == (*SIX, "UZB")
    moved = {(p, month.replace("2016", "2018"), f): v for (p, month, f), v in by_hand().items()}
    assert common(moved, "exports", end_year=2018).reason == "too few partners to compare with: 0, where 5 are needed"
    # By their mean month: one flow alone gives no size.
    assert "NPL" not in common(by_hand() | {("NPL", m, "exports"): 500.0 for m in FIRST_FOUR}, "exports").partners


@pytest.mark.parametrize("lack", ["missing", "zero"])
def test_a_partner_without_a_figure_in_some_month_does_not_count_for_that_flow(lack: str) -> None:
    trade = by_hand() | flat(["NPL"])
    if lack == "missing":
        del trade["NPL", "2016-03", "exports"]
    else:
        trade["NPL", "2016-03", "exports"] = 0.0
    assert common(trade, "exports") == common(by_hand(), "exports")
    assert common(trade, "imports").partners == ("MNG", "KAZ", "KGZ", "TJK", "AFG", "PAK", "NPL")
    assert common(trade, "total").partners == (SIX if lack == "missing" else (*SIX, "NPL"))
    # Months outside the years asked for are no part of the sample.
    earlier = flat([*SIX], ("2015-12",))
    assert "NPL" in common(by_hand() | flat(["NPL"]) | earlier, "exports").partners
    assert "NPL" not in common(by_hand() | flat(["NPL"]) | earlier, "exports", start_year=2015).partners


@pytest.mark.parametrize(("reporting", "gap"), [(4, True), (5, False)])
def test_a_month_of_too_few_partners_is_a_gap_and_costs_nobody_his_place(reporting: int, gap: bool) -> None:
    ten = (*SIX, "NPL", "MMR", "LAO", "KHM")
    trade = flat(ten) | flat(ten[:reporting], ("2016-05",))
    found = common(trade, "exports")
    assert found.partners == (ten if gap else ten[:reporting])
    assert {ordinal("2016-05")} & set(found.logs) == (set() if gap else {ordinal("2016-05")})


@pytest.mark.parametrize(("n", "reason"), [(4, "too few partners to compare with: 4, where 5 are needed"), (5, "")])
def test_fewer_than_five_partners_make_no_control(n: int, reason: str) -> None:
    found = common(flat(SIX[:n]), "imports")
    assert (found.reason, len(found.logs)) == (reason, 0 if reason else 4)
    catalogue = holding(flat(SIX[:n]))
    report, chosen = Report(resolve({}, catalogue), catalogue), Choices(controls="partners")
    data = event_months.months(report, "imports", chosen)
    assert data.reason == reason and np.isfinite(data.values).sum() <= 4
    made, _ = of_tests(report, data)
    assert not made.comparisons and made.reason == "too few months of the windows have a usable figure"


# -------------------------------------------------------------------------------------------- what it takes out


def of_tests(report: Report, data: Months) -> tuple[Design, np.ndarray]:
    """The comparisons of nuclear tests and China's imports on these months, and their logs."""
    logs, study = data.logs(1.0), report.event_study
    episodes = episodes_of(report.catalogue, *KEY, None, "date", False)
    usable = Usable.of(data.start, logs, logs)
    return design(KEY, episodes, plan(report.catalogue).regimes(KEY[1]), usable, [], 6, study._rules(Choices())), logs


def series(seed: int, shock: float, windows: Iterable[int]) -> tuple[Figures, dict[int, float]]:
    """Partners' figures and the log of the DPRK's months: a common drift, noise of each, and `shock` in `windows`."""
    rng, hit = np.random.default_rng(seed), set(windows)
    months = [f"{year}-{month:02d}" for year in range(2010, 2020) for month in range(1, 13)]
    drift = np.cumsum(rng.normal(0, 0.15, len(months)))
    drift -= drift.mean()
    level = {at: float(c) + shock * (at in hit) for at, c in zip(map(ordinal, months), drift, strict=True)}
    trade = {
        (partner, month, flow): float(np.exp(5.5 + level[ordinal(month)] + rng.normal(0, 0.05)))
        for partner in (*SIX, "NPL", "MMR", "LAO", "KHM") for month in months for flow in ("exports", "imports")
    }  # fmt: skip
    return trade, {at: 5.0 + value + float(rng.normal(0, 0.05)) for at, value in level.items()}


def measured(seed: int, shock: float, windows: Iterable[int], chosen: Choices) -> float:
    """The effect of nuclear tests on made-up imports, with `shock` in `windows`, which are those of the tests."""
    trade, dprk = series(seed, shock, windows)
    catalogue = holding(trade)
    report = Report(resolve({"seed": 1}, catalogue), catalogue)
    data = event_months.months(report, "imports", chosen)
    values = np.array([math.exp(dprk.get(data.start + at, math.nan)) for at in range(len(data.values))])
    made, logs = of_tests(report, replace(data, values=values))
    found = cells.estimate(made, data.start, logs, logs, "mean")
    assert found is not None and made.window_months == set(OF_TESTS)
    return found


@given(st.integers(0, 10_000), st.floats(0.3, 1.5), st.sampled_from([-1, 1]))
@settings(max_examples=4)
def test_a_shock_to_all_partners_leaves_the_abnormal_trade_with_the_dprk_as_it_was(
    seed: int, size: float, sign: int
) -> None:
    alone, shared = Choices(), Choices(controls="partners")
    with_control = [measured(seed, shock, OF_TESTS, shared) for shock in (0.0, sign * size)]
    without = [measured(seed, shock, OF_TESTS, alone) for shock in (0.0, sign * size)]
    assert abs(with_control[1] - with_control[0]) < 0.12 * size
    assert without[1] - without[0] == pytest.approx(sign * size, rel=0.1)


# --------------------------------------------------------------------------------------- editions and commands


def test_without_the_table_partners_are_refused_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    said = (
        "controls cannot be 'partners': allowed are none and china_trade; partners once `python -m analysis refresh "
        "comtrade-controls --apply` has fetched what it needs."
    )
    with pytest.raises(BadParameter) as error:
        resolve({"controls": "partners"})
    assert str(error.value) == said and error.value.exit_code == 2
    assert cli.main(["fact", "events.breaks.exports", "--set", "controls=partners"]) == 2
    shown = capsys.readouterr()
    assert shown.err == f"Error: {said}\n" and not shown.out
    assert cli.main(["parameters"]) == 0
    assert "allowed are none and china_trade; partners once" in capsys.readouterr().out
    # A report on another pair has no event study, and the choice means nothing to it.
    assert resolve({}).controls == "none"


FEW = {"event_classes": "nuclear_tests", "windows": "m0_m5", "flow": "imports"}


def text_of(node: Any) -> str:
    """All texts of a node of the document tree, one after the other."""
    if isinstance(node, dict):
        return str(node.get("text", "")) + "".join(text_of(value) for key, value in node.items() if key != "text")
    return "".join(map(text_of, node)) if isinstance(node, list | tuple) else ""


def test_without_the_table_the_curve_says_that_one_departure_was_not_tried() -> None:
    report = Report(resolve(FEW))
    assert [spec.spec_id for spec in event_months.left_out(report)] == ["partners"]
    assert list(report.event_study.specifications) == [s for s in event_months.SPECIFICATIONS if s != "partners"]
    shown = figures.event_specifications(report).node()
    assert "Declared and not tried, because nobody fetched the figures: with other partners." in text_of(shown)
    tried = {cell for row in shown["data"]["rows"] for cell in row}
    assert "china_trade" in tried and "partners" not in tried


def test_what_trade_is_measured_against_is_said_and_nothing_is_said_where_nothing_did() -> None:
    plain, helped = (Report(resolve({**FEW, "controls": chosen})) for chosen in ("none", "china_trade"))
    for show in (prose.events.question, tables.event_testable, tables.event_answers, figures.event_questions):
        assert "is measured against" not in text_of(show(plain).node())
        assert "Trade is measured against China's total trade, as far as it is known by month." in text_of(
            show(helped).node()
        )
    effect = helped.fact("events.change.nuclear_tests.imports.m0_m5")
    assert effect.formula.endswith("measured against China's total trade, see events.control_china_trade.imports")


@pytest.mark.parametrize(("flow", "parts"), [("imports", ["imports"]), ("total", ["exports", "imports"])])
def test_the_control_of_all_of_chinas_trade_is_the_log_of_its_rows_which_a_fact_names(
    flow: str, parts: list[str]
) -> None:
    few = {"event_classes": "bans_2017", "windows": "m0_m5", "flow": flow}
    report = Report(resolve({**few, "start_year": 2010, "end_year": 2020, "controls": "china_trade"}))
    fact = report.fact(f"events.control_china_trade.{flow}")
    with (ROOT / "data" / "macro" / "monthly_controls.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["series"], row["period"]): row for row in csv.DictReader(file)}
    months = [f"{year}-{month:02}" for year in range(2010, 2019) for month in range(1, 13)]
    used = [rows[f"china_{part}", month] for month in months for part in parts]
    assert (fact.value, fact.period) == (108, "2010-2018")
    assert set(fact.rows) == {f"macro/monthly_controls#{row['row_id']}" for row in used}
    assert set(fact.sources) == {row["source_id"] for row in used}
    assert set(fact.sources) <= set(report.fact(f"events.change.bans_2017.{flow}.m0_m5").sources)
    held = event_months.months(report, flow, event_months.choices(report))
    assert held.control is not None
    for number, month in enumerate(months, start=2010 * 12 - held.start):
        expected = math.log(sum(float(rows[f"china_{part}", month]["value"]) for part in parts))
        assert held.control[number] == pytest.approx(expected, abs=1e-12), month
    after = slice(2019 * 12 - held.start, None)
    assert len(held.values[after]) == 24 and np.isnan(held.control[after]).all() and np.isnan(held.values[after]).all()


def told(report: Report) -> list[object]:
    return [(f.id, f.value, f.low, f.formula, f.rows, f.sources, f.stats) for f in report.facts.under("events")]


def test_an_edition_with_partners_names_them_and_the_default_stays(project: Project) -> None:
    before = told(Report(resolve(FEW, load()), load()))
    trade, _ = series(1, 0.0, ())
    catalogue = take_in(trade)
    with recorded() as read:
        plain = Report(resolve(FEW, catalogue), catalogue)
        assert told(plain) == before
    assert controls.TABLE not in read
    with recorded() as read:
        report = Report(resolve({**FEW, "controls": "partners"}, catalogue), catalogue)
        assert told(report) != before
    assert {controls.TABLE, "events/control_partners", "events/plan"} <= read
    fact = report.fact("events.control_partners.imports")
    assert (fact.value, fact.period) == (10, "2010-2019") and len(fact.rows) == 10 * 120
    assert fact.formula.endswith(": Mongolia, Kazakhstan, Kyrgyzstan, Tajikistan, Afghanistan, Pakistan, Nepal, "
                                 "Myanmar, Laos, Cambodia")  # fmt: skip
    assert {row.row.partition("#")[0] for row in explain(report, fact.id).inputs} == {controls.TABLE}
    effect = report.fact("events.change.nuclear_tests.imports.m0_m5")
    assert effect.formula.endswith("China's trade with other partners, see events.control_partners.imports")
    assert "un-comtrade-controls-2026-12-01" in effect.sources
    assert event_months.left_out(report) == []
    assert {point.spec.spec_id for point in plain.event_study.points} == set(event_months.SPECIFICATIONS)
    words = "measured against what China's trade with other partners has in common; partners: 10 for China's imports."
    for shown in (
        prose.events.question(report), figures.event_questions(report), figures.event_specifications(report),
        tables.event_testable(report), tables.event_answers(report),
    ):  # fmt: skip
        assert words in text_of(shown.node())
    assert "by default one departure from the plan alone uses them" in text_of(prose.events.missing(plain).node())
    assert "were fetched" not in text_of(prose.events.missing(report).node())


def test_as_of_takes_the_figures_known_by_its_day(project: Project) -> None:
    take_in(by_hand())
    later = by_hand() | {("MNG", "2016-04", "exports"): 100.0}
    catalogue = take_in(later, date(2027, 1, 15))
    assert len(catalogue.frame(controls.TABLE)) == 49

    def found(as_of: str) -> controls.Control:
        asked = {"controls": "partners", "start_year": 2016, "end_year": 2016, "as_of": as_of}
        return controls.common(Report(resolve(asked, catalogue), catalogue), "exports")

    assert found("2027-01-14").logs == pytest.approx(common(by_hand(), "exports").logs)
    assert found("2027-01-15").logs == found("").logs == pytest.approx(common(later, "exports").logs)
    assert f"{controls.TABLE}#MNG-2016-04-exports-v2" in found("2027-01-15").rows
    assert found("2026-11-30").reason == "too few partners to compare with: 0, where 5 are needed"
    early = Report(resolve({**FEW, "controls": "partners", "as_of": "2026-11-30"}, catalogue), catalogue)
    gap = early.fact("events.change.nuclear_tests.imports.m0_m5")
    assert gap.value is None and gap.formula == f"a gap: {found('2026-11-30').reason}"
    assert early.fact("events.control_partners.imports").value is None
    said = "Too few other partners have figures, so trade is measured against none of them."
    assert said in text_of(prose.events.question(early).node())
