"""The way back from a fact of dependence: rows that exist and are shown as they stand, and the reason of a gap."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from analysis import Report
from analysis.cli import main
from analysis.explain import Explanation, explain

ROOT = Path(__file__).parents[1]


def rows_of(table: str) -> list[dict[str, str]]:
    with (ROOT / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def explanations(report: Report) -> dict[str, Explanation]:
    return {id: explain(report, id) for id in report.facts if id.startswith("dependence.")}


def test_every_fact_names_rows_that_exist_or_says_why_it_has_none(explanations: dict[str, Explanation]) -> None:
    assert len(explanations) > 3000
    for id, explanation in explanations.items():
        fact = explanation.fact
        assert fact.sources == tuple(dict.fromkeys(fact.sources)), id
        behind = {source for row in explanation.inputs for source in row.sources}
        assert behind <= {source.source_id for source in explanation.sources}, id
        if not fact.rows and fact.value is not None and fact.value != 0:
            assert fact.formula.startswith("count of "), id
        if fact.value is None and fact.status != "unreported":
            assert fact.word, f"{id}: only an answer in words has no number"
        elif fact.value is None:
            assert "a gap: " in fact.formula and fact.status == "unreported", id


def test_every_row_shown_has_the_value_of_its_table(explanations: dict[str, Explanation]) -> None:
    shown = {row.row: row for explanation in explanations.values() for row in explanation.inputs}
    tables = {key.partition("#")[0] for key in shown}
    assert {"trade/dprk_total_annual", "trade/inter_korean", "trade/partners", "trade/china_world_trade"} <= tables
    for table in tables:
        raw = rows_of(table)
        for line in raw:
            key = line.get("row_id") or line.get("claim_id") or "-".join(
                filter(None, [line["year"], line.get("compiler", "") if "partner" in line else "",
                              line.get("partner", ""), line["measure"]]))  # fmt: skip
            row = shown.get(f"{table}#{key}")
            if row is not None and "value" in line:
                assert row.value == (float(line["value"]) if line["value"] else None), key
                assert row.sources == tuple(line["source_id"].split(";")) and row.status == line["status"]


def test_amounts_of_one_printed_row_have_its_value(explanations: dict[str, Explanation]) -> None:
    checked = 0
    for id, explanation in explanations.items():
        if id.startswith("dependence.amount.") and explanation.fact.formula.startswith("as printed"):
            row = explanation.inputs[0]
            assert len(explanation.inputs) == 1, f"{id} calls several rows a print"
            if row.unit == explanation.fact.unit:
                assert explanation.fact.value == pytest.approx(row.value, rel=1e-9), id
                checked += 1
    assert checked > 100


def test_sums_and_differences_come_out_of_the_rows_their_formula_names(explanations: dict[str, Explanation]) -> None:
    checked = 0
    for id, explanation in explanations.items():
        formula = explanation.fact.formula.partition(";")[0]
        names = re.split(r" [+-] ", formula)
        values = {row.row: row.value for row in explanation.inputs}
        if not id.startswith("dependence.amount.") or "(" in formula or not set(names) <= set(values) or len(names) < 2:
            continue
        if {row.unit for row in explanation.inputs} != {explanation.fact.unit}:
            continue  # converted, such as thousand tonnes into tonnes
        signs = re.findall(r" ([+-]) ", formula)
        total = values[names[0]] or 0
        for sign, name in zip(signs, names[1:], strict=True):
            total += (values[name] or 0) * (1 if sign == "+" else -1)
        assert explanation.fact.value == pytest.approx(total), id
        checked += 1
    assert checked > 40


def test_explain_prints_both_amounts_the_interval_and_the_caveats(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "dependence.trade_share.kotra.2014"]) == 0
    text = capsys.readouterr().out
    assert "90%" in text and "+90%" not in text, "a share takes no plus"
    assert "dependence.amount.china_trade_kotra.2014 / dependence.amount.dprk_trade_kotra.2014" in text
    assert "6,860 usd million" in text and "7,610 usd million" in text and "Interval" in text
    caveats = text.partition("What to keep in mind")[2]
    assert "KOTRA leaves trade between the two Koreas out" in caveats and "adds its own estimate" in caveats


def test_explain_names_the_reason_of_a_gap(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "dependence.trade_share.kotra_without_crude.2017"]) == 0
    text = capsys.readouterr().out
    assert "not known" in text and "a gap: KOTRA's figure contains an estimate of crude oil" in text
