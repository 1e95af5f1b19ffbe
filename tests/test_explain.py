"""The way back from a fact: to cells, rows and sources, with every number recomputed from what is shown on the way."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import re
import statistics
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from analysis import Report, figures
from analysis.catalogue import Catalogue, load
from analysis.cli import main
from analysis.errors import DataError, UnknownFact, UnknownTable
from analysis.explain import SOURCE_FIELDS, Explanation, Input, explain, explain_row, resolve_row
from analysis.facts import Fact
from analysis.parameters import resolve
from analysis.printed import explanation_lines
from conftest import ROOT, Project

ANNUAL = "trade/china_dprk_annual"
MONTHLY = "trade/china_dprk_monthly"
PUBLISHED = "trade/published_growth"
FLOWS = ("exports", "imports", "total")


def rows_of(table: str) -> list[dict[str, str]]:
    """A table of data/, read without the package."""
    with (ROOT / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# Whose record each row of the yearly table is.
RECORDS = {
    row["row_id"]: {line["compiler"]: line["record"] for line in rows_of("trade/compilers")}[row["compiler"]]
    for row in rows_of(ANNUAL)
}


@pytest.fixture(scope="module")
def explanations(report: Report) -> dict[str, Explanation]:
    """Every fact of trade explained; that none raises is the first thing tested here.

    Facts of dependence have formulas of their own: tests/test_dependence_explain.py.
    """
    return {id: explain(report, id) for id in report.facts if id.startswith("trade.")}


def family(id: str) -> str:
    """`growth` of `trade.growth_exports.customs.2014`: its kind, without the flow."""
    kind = id.split(".")[1]
    return re.sub("_(exports|imports|total)$", "", kind)


def flow(id: str) -> str:
    kind = id.split(".")[1]
    return next((f for f in FLOWS if kind == f or kind.endswith(f"_{f}")), "total")


# ------------------------------------------------------------------------- fact, rows and sources agree


def test_every_fact_is_explained_by_the_rows_it_names(report: Report, explanations: dict[str, Explanation]) -> None:
    assert len(explanations) == sum(id.startswith("trade.") for id in report.facts) > 2000
    tables = set()
    for id, explanation in explanations.items():
        fact = report.facts[id]
        assert explanation.fact == fact
        named: list[str] = []
        for row in explanation.inputs:
            table, _, key = row.row.partition("#")
            tables.add(table)
            # A year of months is named as a whole and explained month by month.
            whole = f"{table}#{key[:4]}"
            named.append(whole if whole in fact.rows else row.row)
        assert list(dict.fromkeys(named)) == list(fact.rows), id
        # Rows are left out only where cells are counted, and then the formula says so.
        assert bool(fact.rows) != fact.formula.startswith("count of "), id
    assert tables == {ANNUAL, MONTHLY, PUBLISHED, "trade/china_dprk_quarterly", "macro/us_cpi"}


def test_every_row_shown_is_that_of_the_table(explanations: dict[str, Explanation]) -> None:
    labels = {row["compiler"]: row["label"] for row in rows_of("trade/compilers")}
    raw = {f"{ANNUAL}#{row['row_id']}": row for row in rows_of(ANNUAL)}
    raw |= {f"{MONTHLY}#{row['month']}-{row['measure']}": row for row in rows_of(MONTHLY)}
    raw |= {f"{PUBLISHED}#{row['row_id']}": row for row in rows_of(PUBLISHED)}
    quarterly = "trade/china_dprk_quarterly"
    raw |= {f"{quarterly}#{row['year']}-{row['period']}-{row['measure']}": row for row in rows_of(quarterly)}
    raw |= {f"macro/us_cpi#{row['month']}": row for row in rows_of("macro/us_cpi")}
    shown = {row.row: row for explanation in explanations.values() for row in explanation.inputs}
    for key, row in shown.items():
        line = raw[key]
        assert row.value == float(line["value"]), key
        assert row.sources == tuple(line["source_id"].split(";")), key
        for name in ("unit", "status", "quality", "vintage", "published", "note"):
            assert getattr(row, name) == line.get(name, ""), (key, name)
        for name in ("measure", "method"):
            assert getattr(row, name) == line.get(name, "").replace("_", " "), (key, name)
        if "compiler" in line:
            assert row.compiler == labels[line["compiler"]], key
        assert row.compiler and row.period and row.status in ("reported", "derived", "estimated", "mirror")
        assert key.partition("#")[2].lower().startswith(row.period.lower()), key
    assert len(shown) > 900


def test_every_source_shown_is_that_of_a_row_or_of_the_event_that_opens_a_phase(
    explanations: dict[str, Explanation],
) -> None:
    known = {row["source_id"]: row for row in rows_of("sources")}
    events = {source for row in rows_of("events") for source in row["source_id"].split(";")}
    for id, explanation in explanations.items():
        ids = [source.source_id for source in explanation.sources]
        behind = {source for row in explanation.inputs for source in row.sources}
        assert len(ids) == len(set(ids)) and behind <= set(ids), id
        assert ids[: len(explanation.fact.sources)] == list(dict.fromkeys(explanation.fact.sources)), id
        extra = set(ids) - behind - ({"bls-cpi"} if "real" in family(id) else set())
        assert not extra or (family(id).startswith("phase_") and extra <= events), (id, extra)
        for source in explanation.sources:
            line = known[source.source_id]
            assert all(getattr(source, name) == line[name] for name in SOURCE_FIELDS)
            assert source.publisher and source.address and source.accessed and source.terms


# --------------------------------------------------------------------- every number, computed once more


class Behind:
    """The rows of one explanation, and the declared list that says which rows make a cell."""

    def __init__(
        self, inputs: tuple[Input, ...], choices: dict[tuple[str, int, str], dict[str, str]],
        facts: Iterable[Fact] = (),
    ) -> None:
        """`facts` are the growth rates of the total of the same year."""
        self.facts = tuple(facts)
        self.values = {row.row: row.value for row in inputs}
        self.choices = choices
        self.used: set[str] = set()

    def row(self, key: str) -> float:
        self.used.add(key)
        value = self.values[key]
        assert value is not None
        return value

    def cell(self, basis: str, year: int, measure: str, *, fit: bool = True) -> float:
        """The yearly cell, from the rows shown alone; KeyError where one is not shown or may not be used."""
        choice = self.choices[basis, year, measure]
        if fit and choice["fitness"] != "fit":
            raise KeyError((basis, year, measure))
        keys = [f"{ANNUAL}#{choice[name]}" for name in ("row_a", "row_b") if choice[name]]
        if not set(keys) <= set(self.values):
            raise KeyError(keys)
        made: dict[str, Callable[..., float]] = {
            "printed": lambda a: a, "sum": lambda a, b: a + b, "difference": lambda a, b: a - b,
            "undo_growth": lambda a, b: a / (1 + b / 100),
        }  # fmt: skip
        return made[choice["method"]](*map(self.row, keys))

    def price(self, year: int) -> float:
        keys = [key for key in self.values if key.startswith(f"macro/us_cpi#{year}-")]
        if len(keys) < 11:
            raise KeyError(f"macro/us_cpi#{year}")
        return statistics.fmean(map(self.row, keys))

    def period(self, text: str, measure: str) -> float:
        """A month, quarter or half-year: `2017-03`, `2017Q1`, `2017-H1`, from its own row or from its months."""
        found = re.fullmatch(r"(\d{4})-?([QH])(\d)", text)
        if found is None:
            return self.row(f"{MONTHLY}#{text}-{measure}")
        own = f"trade/china_dprk_quarterly#{found[1]}-{found[2]}{found[3]}-{measure}"
        if own in self.values:
            return self.row(own)
        length = 3 if found[2] == "Q" else 6
        months = range(length * (int(found[3]) - 1) + 1, length * int(found[3]) + 1)
        return math.fsum(self.row(f"{MONTHLY}#{found[1]}-{month:02}-{measure}") for month in months)

    def two_years(self, formula: str, basis: str, measure: str) -> tuple[float, float]:
        """The two figures of a growth rate: the cells, or the rows of the one record that the formula names."""
        found = re.match(r"(\d+) / (\d+) - 1", formula)
        assert found, formula
        record = re.search(r"both years as (\w+) published", formula)
        now, before = (
            self.of_record(record[1], int(year), measure) if record else self.cell(basis, int(year), measure)
            for year in found.groups()
        )
        return now, before

    def of_record(self, record: str, year: int, measure: str) -> float:
        def rows(measure: str) -> list[str]:
            return [
                key for key in self.values
                if key.startswith(f"{ANNUAL}#{year}-{measure}-") and RECORDS[key.partition("#")[2]] == record
            ]  # fmt: skip

        (total,) = {tuple(rows(measure)) or (*rows("exports"), *rows("imports"))}
        return math.fsum(self.row(key) for key in total)

    def published(self, fact: Fact) -> None:
        """Published rates behind a fact lie within its range."""
        for key, value in self.values.items():
            if key.startswith(f"{PUBLISHED}#") or "-growth_" in key:
                self.used.add(key)
                if key.partition("#")[2].startswith(fact.period[:4]) and fact.low is not None:
                    assert value is not None and fact.high is not None and fact.low <= value <= fact.high, fact.id


@pytest.fixture(scope="module")
def choices() -> dict[tuple[str, int, str], dict[str, str]]:
    """The first choice for every yearly cell; without a day `as_of`, every row is known."""
    chosen = {}
    for row in sorted(rows_of("trade/series_cells"), key=lambda row: -int(row["rank"])):
        chosen[row["basis"], int(row["year"]), row["measure"]] = row
    return chosen


def computed(fact: Fact, behind: Behind) -> Iterator[tuple[float, float | None]]:
    """Pairs of a number computed here, from the formula as printed and the rows shown, and the fact's own."""
    basis, measure, kind = fact.id.split(".")[2], flow(fact.id), family(fact.id)
    formula = fact.formula.partition(";")[0]
    year = int(fact.period[:4])

    def cell(year: str | int, measure: str = measure, basis: str = basis, fit: bool = True) -> float:
        return behind.cell(basis, int(year), measure, fit=fit)

    if kind in FLOWS:
        yield cell(year, fit="unfit" not in fact.formula), fact.value
    elif kind in ("month", "quarter", "half"):
        yield behind.period(fact.period, measure), fact.value
    elif kind == "printed_growth":
        yield behind.row(fact.rows[0]), fact.value
    elif kind in ("month_growth", "quarter_growth", "half_growth"):
        behind.published(fact)
        now, before = formula.removesuffix(" - 1").split(" / ")
        yield (behind.period(now, measure) / behind.period(before, measure) - 1) * 100, fact.value
    elif kind == "growth":
        behind.published(fact)
        if formula == "as published":
            yield behind.row(fact.rows[0]), fact.value
        else:
            a, b = behind.two_years(fact.formula, basis, measure)
            yield (a / b - 1) * 100, fact.value
    elif kind in ("from_peak", "phase_change"):
        now, before = formula.removesuffix(" - 1").split(" / ")
        yield (cell(now) / cell(before) - 1) * 100, fact.value
    elif kind == "log_growth":
        behind.published(dataclasses.replace(fact, low=None, high=None))
        how = fact.formula.partition("; g: ")[2]
        if how.startswith("as published"):
            yield 100 * math.log1p(behind.row(fact.rows[0]) / 100), fact.value
        else:
            a, b = behind.two_years(how, basis, measure)
            yield 100 * math.log(a / b), fact.value
    elif found := re.fullmatch(r"\((\d+) / (\d+)\) \^ \(1 / (\d+)\) - 1", formula):
        assert int(found[3]) == int(found[1]) - int(found[2])
        yield ((cell(found[1]) / cell(found[2])) ** (1 / int(found[3])) - 1) * 100, fact.value
    elif found := re.fullmatch(r"\(real (\d+) / real (\d+)\) \^ \(1 / (\d+)\) - 1", formula):
        real = cell(found[1]) / cell(found[2]) * behind.price(int(found[2])) / behind.price(int(found[1]))
        yield (real ** (1 / int(found[3])) - 1) * 100, fact.value
    elif found := re.fullmatch(r"value x US CPI of (\d+) / US CPI of (\d+)", formula):
        yield cell(found[2]) * behind.price(int(found[1])) / behind.price(int(found[2])), fact.value
    elif formula == "change of the flow / total of the year before":
        behind.published(dataclasses.replace(fact, low=None, high=None))
        of_flow, of_total = fact.formula.partition("; flow: ")[2].split("; total: ")
        undone = of_flow.startswith("as published")
        a, b = (cell(year), cell(year - 1)) if undone else behind.two_years(of_flow, basis, measure)
        yield (a - b) / behind.two_years(of_total, basis, "total")[1] * 100, fact.value
    elif formula == "exports - imports":
        yield cell(year, "exports") - cell(year, "imports"), fact.value
    elif formula == "imports / exports":
        yield cell(year, "imports") / cell(year, "exports") * 100, fact.value
    elif found := re.fullmatch(r"sum of exports - imports from (\d+) to (\d+), the longest unbroken run.*", formula):
        years = range(int(found[1]), int(found[2]) + 1)
        yield math.fsum(cell(y, "exports") - cell(y, "imports") for y in years), fact.value
    elif kind in ("peak", "trough"):
        yield cell(year), fact.value
    elif found := re.fullmatch(r"(\w+) / customs", formula):
        yield cell(year, "total", found[1]) / cell(year, "total", "customs"), fact.value
    elif kind == "growth_range":
        # The rates have been followed one by one; here it is asked that no other lies outside the range.
        behind.used |= set(behind.values)
        rates = [other.value for other in behind.facts if other.value is not None and set(other.rows) <= set(fact.rows)]
        yield from ((min(rates), fact.low), (max(rates), fact.high))
        assert fact.value == pytest.approx(max(rates) - min(rates), abs=1e-6), "facts are stored to ten digits"
    else:
        raise AssertionError(f"{fact.id} has a formula that nobody can follow: {fact.formula}")


def test_every_number_is_what_its_formula_makes_of_the_rows_shown(
    explanations: dict[str, Explanation], choices: dict[tuple[str, int, str], dict[str, str]]
) -> None:
    wrong, done = [], 0
    for id, explanation in explanations.items():
        if explanation.fact.formula.startswith("count of ") or family(id) == "cagr_real":
            continue  # they have tests of their own
        rates = [
            e.fact for other, e in explanations.items()
            if other.rpartition(".")[2] == explanation.fact.period and flow(other) == "total"
            and family(other) in ("growth", "printed_growth")
        ] if family(id) == "growth_range" else []  # fmt: skip
        behind = Behind(explanation.inputs, choices, [fact for fact in rates if fact])
        try:
            for again, own in computed(explanation.fact, behind):
                if own is None or again != pytest.approx(own, rel=2e-9, abs=1e-9):
                    wrong.append(f"{id} is {own}, not {again}")
                done += 1
        except KeyError as missing:
            wrong.append(f"{id} does not show {missing}")
        else:
            if unused := set(behind.values) - behind.used:
                wrong.append(f"{id} shows rows that its formula does not need: {sorted(unused)[:3]}")
    assert not wrong, f"{len(wrong)}: {wrong[:8]}"
    assert done > 2000


def test_growth_in_constant_dollars_shows_the_prices_it_used(
    explanations: dict[str, Explanation], choices: dict[tuple[str, int, str], dict[str, str]]
) -> None:
    facts = [explanation for id, explanation in explanations.items() if family(id) == "cagr_real"]
    assert len(facts) >= 12
    for explanation in facts:
        ((again, own),) = computed(explanation.fact, Behind(explanation.inputs, choices))
        assert own == pytest.approx(again, rel=2e-9)


def test_a_peak_is_the_highest_year_and_a_trough_the_lowest_after_it(
    report: Report, explanations: dict[str, Explanation]
) -> None:
    for id in (id for id in explanations if family(id) == "peak"):
        basis, measure = id.split(".")[2], flow(id)
        levels = [f for f in report.facts.family(f"trade.{measure}.{basis}") if "unfit" not in f.formula]
        values = {int(fact.period): fact.value for fact in levels if fact.value is not None}
        peak = report.facts[id]
        assert peak.value == max(values.values()) == values[int(peak.period)], id
        trough = report.facts[id.replace("trade.peak", "trade.trough")]
        assert trough.value == min(v for y, v in values.items() if y >= int(peak.period)), id
        assert id.endswith(f".{min(values)}-{max(values)}")


def test_a_count_is_the_number_of_facts_it_counts(report: Report) -> None:
    value = {id: fact.value for id, fact in report.facts.items()}
    for measure in FLOWS:
        assert value[f"trade.months_known_{measure}.customs.1984-2025"] == len(
            report.facts.family(f"trade.month_{measure}.customs")
        )
    ranges = report.facts.family("trade.growth_range.all_bases")
    changes = sum(1 for f in ranges if f.low is not None and f.high is not None and f.low < 0 < f.high)
    assert value["trade.sign_changes.all_bases.1984-2025"] == changes > 0
    for basis in report.catalogue.bases:
        cells = [fact for measure in FLOWS for fact in report.facts.family(f"trade.{measure}.{basis}")]
        counts = {name: value[f"trade.cells_{name}.{basis}.1984-2025"] or 0
                  for name in ("all", "customs", "derived", "elsewhere", "unfit")}  # fmt: skip
        assert counts["all"] == len(cells) == sum(counts.values()) - counts["all"]
        assert counts["unfit"] == sum("unfit" in fact.formula for fact in cells)


# -------------------------------------------------------------------- corrections, caveats, other editions


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["explain", *words]) == 0
    return capsys.readouterr().out


def test_a_corrected_row_says_so_and_shows_the_corrected_value(
    explanations: dict[str, Explanation], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = {row.row: row for explanation in explanations.values() for row in explanation.inputs}
    met = set()
    for line in rows_of("corrections"):
        row = shown.get(f"{line['table']}#{line['row_id']}")
        if "never used" in line["treatment"]:
            assert row is None, f"{line['correction_id']}: a figure known to be wrong is behind a fact"
        elif row is not None:
            met.add(line["correction_id"])
            assert row.value == float(line["correct"])
            assert row.note.startswith(line["why"]) and "corrections.csv" in row.note
    assert met >= {"kita-2016-exports", "kita-2016-imports"}
    text = printed(capsys, "trade.exports.customs.2016")
    assert f"{ANNUAL}#2016-exports-kita-2: 3,192 usd million\n" in text
    assert "unit misprinted by a factor of ten; see corrections.csv" in text


@pytest.mark.parametrize(
    ("id", "caveat", "stranger"),
    [
        ("trade.growth.kotra.2014", "crude-estimate", "crude-unreported"),
        ("trade.growth.customs.2014", "crude-unreported", "crude-estimate"),
        ("trade.real.customs.2018", "real-usd", "crude-estimate"),
    ],
)
def test_the_caveats_that_apply_are_shown(
    id: str, caveat: str, stranger: str, report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    text = " ".join(printed(capsys, id).split())
    assert report.catalogue.caveat(caveat) in text
    assert report.catalogue.caveat(stranger) not in text


def test_an_estimated_figure_says_what_it_contains(report: Report) -> None:
    explanation = explain(report, "trade.growth.kotra.2014")
    estimated, reported = explanation.inputs
    assert (estimated.status, reported.status) == ("estimated", "reported")
    assert estimated.note == "includes the crude oil estimate"
    assert estimated.value == 6860 and reported.value == 6540


def test_another_edition_explains_by_what_was_known_then(catalogue: Catalogue) -> None:
    report = Report(resolve({"as_of": "2013-12-31", "base_year": 2005}, catalogue), catalogue)
    wanted = [id for id in report.facts if family(id) in (*FLOWS, "growth", "real")]
    assert len(wanted) > 300
    for id in wanted[:: len(wanted) // 60]:
        explanation = explain(report, id)
        assert explanation.inputs
        for row in explanation.inputs:
            assert row.published[:10] <= "2013-12-31", (id, row)
    real = explain(report, "trade.real.customs.2010")
    assert {row.period[:4] for row in real.inputs if row.row.startswith("macro/")} == {"2005", "2010"}


def test_as_json_is_plain_and_whole(report: Report) -> None:
    explanation = explain(report, "trade.real.customs.2018")
    body = json.loads(json.dumps(explanation.as_json(), allow_nan=False))
    assert body["fact"] == {**explanation.fact.as_json(), "shown": "$2.29 billion"}
    assert [row["row"] for row in body["inputs"]] == [row.row for row in explanation.inputs]
    assert len(body["inputs"]) == 1 + 12 + 12
    assert [source["source_id"] for source in body["sources"]] == ["jajusibo-2020-89c7", "bls-cpi"]
    assert all(isinstance(row["sources"], list) and row["sources"] for row in body["inputs"])


# --------------------------------------------------------------------------------------- broken references


def test_an_unknown_fact_is_refused(report: Report) -> None:
    with pytest.raises(UnknownFact, match=r"nearest are .*trade\.total\.customs\.2018"):
        explain(report, "trade.total.custom.2018")


@pytest.mark.parametrize(
    "key",
    [f"{ANNUAL}#1883-total", ANNUAL, f"{MONTHLY}#2017-03", f"{MONTHLY}#2017-13-total", f"{MONTHLY}#",
     "trade/china_dprk_quarterly#2010-Q5-total", "macro/us_cpi#1883", "macro/us_cpi#", "trade/bases#customs"],
)  # fmt: skip
def test_a_row_that_is_not_there_is_named(catalogue: Catalogue, key: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"The row {key} is named by a fact")):
        resolve_row(catalogue, key)


def test_a_row_is_explained_by_its_key(catalogue: Catalogue, capsys: pytest.CaptureFixture[str]) -> None:
    key = f"{MONTHLY}#2017-03-exports"
    (row,) = (r for r in rows_of(MONTHLY) if (r["month"], r["measure"]) == ("2017-03", "exports"))
    found = explain_row(catalogue, key)
    assert found.fact is None and [(i.row, i.value) for i in found.inputs] == [(key, float(row["value"]))]
    assert [source.source_id for source in found.sources] == row["source_id"].split(";")
    assert main(["explain", key]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Rows\n") and row["value"].rstrip("0") in said and found.sources[0].address in said
    assert main(["explain", key, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fact"] is None


def test_a_mistyped_row_is_refused_with_the_nearest_keys(
    catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", f"{MONTHLY}#2017-03-export"]) == 2
    said = capsys.readouterr().err
    assert "2017-03-exports" in said and said.count("\n") == 1
    with pytest.raises(UnknownTable):
        explain_row(catalogue, "trade/china_dprk_monthl#2017-03-exports")


def test_every_row_that_a_csv_names_is_explained(report: Report, catalogue: Catalogue) -> None:
    named = 0
    for make in (figures.levels, figures.months, figures.quarters):
        data = make(report).node()["data"]
        for row in data["rows"]:
            for key in str(row[data["columns"].index("rows")]).split():
                assert resolve_row(catalogue, key)
                named += 1
    assert named > 500


def test_a_table_that_is_not_there_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownTable, match="did you mean trade/china_dprk_annual"):
        resolve_row(catalogue, "trade/china_dprk_anual#2014-total-kita")


def test_a_key_names_one_row_or_the_months_of_one_year(catalogue: Catalogue) -> None:
    (month,) = resolve_row(catalogue, f"{MONTHLY}#2018-03-exports")
    assert (month.period, month.measure) == ("2018-03", "exports")
    (quarter,) = resolve_row(catalogue, "trade/china_dprk_quarterly#2010-Q1-total")
    assert (quarter.period, quarter.measure, quarter.value) == ("2010-Q1", "total", 486)
    year = resolve_row(catalogue, "macro/us_cpi#2025")
    assert [row.period for row in year] == [f"2025-{month:02}" for month in range(1, 13) if month != 10]
    (single,) = resolve_row(catalogue, "macro/us_cpi#2025-11")
    assert single.value == 324.122


def test_a_row_without_a_figure_is_shown_as_a_gap(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    path: Path = project.root / "data" / "macro" / "us_cpi.csv"
    text = path.read_text("utf-8")
    assert "\n2025-11,324.122," in text
    gap = "\n2025-10,,index_1982_84,unreported,A,bls-cpi"
    path.write_text(text.replace("\n2025-11,324.122,", f"{gap}\n2025-11,324.122,"), encoding="utf-8")
    assert main(["seal"]) == 0
    load.cache_clear()
    rows = resolve_row(load(), "macro/us_cpi#2025")
    assert len(rows) == 12 and rows[9].value is None and rows[9].status == "unreported"
    # The mean that is printed is that of the months with a figure, as the deflator's is.
    text = printed(capsys, "trade.real.customs.2025")
    known = [row.value for row in rows if row.value is not None]
    assert f"macro/us_cpi 2025: mean of 11 months {statistics.fmean(known):.6g} " in text


def test_rows_of_several_exporters_are_no_months(report: Report) -> None:
    lines = list(explanation_lines(explain(report, "dependence.amount.exporters_grain.2015")))
    assert not any("mean of" in line for line in lines)
    assert any("2015-maize-china: 9,890.35 tonnes" in line for line in lines)
    months = list(explanation_lines(explain(report, "trade.real.customs.2015")))
    assert any("macro/us_cpi 2015: mean of 12 months" in line for line in months)
