"""China's share of the DPRK's trade: printed shares come out again, definitions keep their order, gaps are named."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from analysis import Report
from analysis.catalogue import Catalogue
from analysis.cli import main
from analysis.dependence import partners
from analysis.dependence.shares import all_shares
from analysis.errors import BadParameter, DataError
from analysis.figures import dependence as figures
from analysis.parameters import resolve
from analysis.tables import dependence as tables

ROOT = Path(__file__).parents[1]
YEARS = range(1984, 2026)


def rows_of(table: str) -> list[dict[str, str]]:
    with (ROOT / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def value(report: Report, definition: str, year: int) -> float | None:
    return report.shares[definition][year].percent


# ----------------------------------------------------------------------------------- against what was printed

PRINTED = [
    row for row in rows_of("dependence/quoted_shares")
    if row["definition_id"] and row["quality"] != "D" and row["compiler"] == "kotra"
]  # fmt: skip


def test_kotra_printed_enough_shares_to_compare_with() -> None:
    assert len(PRINTED) > 20
    assert {row["definition_id"] for row in PRINTED} == {
        "trade_share.kotra", "trade_share.kotra_without_crude", "trade_share.with_inter_korean",
    }  # fmt: skip


@pytest.mark.parametrize("row", PRINTED, ids=lambda row: row["row_id"])
def test_the_share_that_kotra_printed_comes_out_of_its_amounts_within_rounding(
    row: dict[str, str], report: Report
) -> None:
    share = report.shares[row["definition_id"]][int(row["year"])]
    printed, half = float(row["value"]), float(row["precision"])
    assert share.percent is not None and share.low is not None and share.high is not None
    # The crude estimate is rounded to ten millions, so the printed share may lie a tenth beyond its interval.
    assert share.low - half - 0.1 <= printed <= share.high + half + 0.1
    assert share.percent == pytest.approx(printed, abs=0.5)


def test_a_printed_share_is_never_an_input(report: Report) -> None:
    for id, fact in report.facts.items():
        if not id.startswith("dependence.printed_share."):
            assert not any(row.startswith("dependence/quoted_shares#") for row in fact.rows), id


def test_three_shares_by_hand_from_the_printed_amounts(report: Report) -> None:
    # KOTRA 2014: 6,860 of 7,610; with 2,343.12 between the Koreas; less an estimate of 500 on both sides.
    assert value(report, "trade_share.kotra", 2014) == pytest.approx(100 * 6860 / 7610)
    assert value(report, "trade_share.with_inter_korean", 2014) == pytest.approx(100 * 6860 / (7610 + 2343.12))
    assert value(report, "trade_share.kotra_without_crude", 2014) == pytest.approx(100 * 6360 / 7110)
    # The DPRK's imports are China's exports: 4,020 of 4,450 in that year.
    assert value(report, "import_share.kotra", 2014) == pytest.approx(100 * 4020 / 4450)
    # 2011: customs 5,630 over China's exports and imports with the world.
    assert value(report, "asymmetry.dprk_in_china_trade", 2011) == pytest.approx(
        100 * 5630 / (1898388.43 + 1743394.87)
    )


# ------------------------------------------------------------------------------------ what must always hold


@pytest.mark.parametrize("year", YEARS)
def test_a_larger_whole_never_makes_a_larger_share(year: int, report: Report) -> None:
    for kind in ("trade_share", "export_share", "import_share"):
        without, south = value(report, f"{kind}.kotra", year), value(report, f"{kind}.with_inter_korean", year)
        if without is not None and south is not None:
            assert south < without, f"{kind} {year}"
        if south is not None:
            assert without is not None, "the numerator and the smaller whole are then known as well"
        crude = report.shares.get(f"{kind}.kotra_without_crude", {}).get(year)
        if crude is not None and crude.percent is not None and without is not None:
            assert crude.percent <= without


def test_no_part_exceeds_its_whole_but_in_the_check_that_mixes_two_records(report: Report) -> None:
    above = {(d, y) for d, years in report.shares.items() for y, share in years.items() if share.above_whole}
    assert above == {("import_share.customs_over_wits", 2016)}
    fact = report.fact("dependence.import_share.customs_over_wits.2016")
    assert fact.value is not None and fact.value > 100 and "exceeds the whole" in fact.formula


def test_a_year_without_data_is_a_gap_with_a_reason(report: Report) -> None:
    for definition, years in report.shares.items():
        assert list(years) == list(YEARS), definition
        for year, share in years.items():
            fact = report.fact(f"dependence.{definition}.{year}")
            assert (share.percent is None) == (fact.value is None) == bool(share.reason)
            if share.percent is None:
                assert fact.status == "unreported" and share.reason in fact.formula
    assert "how large it is was not found" in report.shares["trade_share.kotra_without_crude"][2017].reason
    assert report.shares["trade_share.with_inter_korean"][2020].reason.startswith("inter-Korean trade is not known")


def test_each_share_is_one_fact_over_another(report: Report) -> None:
    seen = 0
    for definition in report.definitions:
        for fact in report.facts.family(f"dependence.{definition}"):
            part, whole = (report.fact(id) for id in re.findall(r"dependence\.amount\.\w+\.\d{4}", fact.formula))
            assert part.unit == whole.unit and part.period == whole.period == fact.period
            if fact.value is not None:
                assert part.value is not None and whole.value is not None
                assert fact.value == pytest.approx(100 * part.value / whole.value, rel=1e-8)
                assert set(part.rows) | set(whole.rows) == set(fact.rows)
                seen += 1
            else:
                assert part.value is None or whole.value is None or whole.value == 0
    assert seen > 300


def test_inter_korean_trade_has_the_interval_of_its_rival_prints(report: Report) -> None:
    whole = report.shares["trade_share.with_inter_korean"][2012].whole
    # 6,810 +- 5, and 1,970 +- 5 (Bank of Korea) to 1,976.21 (KITA): the rows, not a percentage, make the band.
    assert whole.value == pytest.approx(6810 + 1976.21)
    assert whole.low == pytest.approx(6805 + 1965) and whole.high == pytest.approx(6815 + 1976.215)


def test_dropping_doubtful_partners_brings_the_record_nearer_to_kotra(report: Report) -> None:
    nearer = []
    for year in range(2000, 2012):
        kotra, raw, kept = (report.find(f"dependence.other_partners.{r}.{year}")
                            for r in ("kotra", "oec", "oec_without_doubtful"))  # fmt: skip
        if kotra and raw and kept and kotra.value and raw.value and kept.value:
            nearer.append(abs(kept.value - kotra.value) < abs(raw.value - kotra.value))
    assert len(nearer) > 10 and sum(nearer) >= len(nearer) - 1


def test_kotras_own_shares_bound_the_number_of_partners(report: Report) -> None:
    fact = report.fact("dependence.effective_partners.kotra_most.2024")
    share = (report.fact("dependence.trade_share.kotra.2024").value or 0) / 100
    assert fact.value == pytest.approx(1 / share**2) and fact.low == pytest.approx(1 / (share**2 + (1 - share) ** 2))


def test_the_deficit_is_exports_less_imports_and_crude_is_added_only_where_it_is_known(report: Report) -> None:
    plain, oil = (report.fact(f"dependence.deficit.{r}.2014") for r in ("customs", "customs_with_crude"))
    assert plain.value == report.fact("trade.balance.customs.2014").value
    assert (oil.value or 0) - (plain.value or 0) == pytest.approx(500)
    assert report.find("dependence.deficit.customs_with_crude.2017") is None
    first, last = 1999, 2016
    total = report.fact(f"dependence.cumulated_deficit.customs.{first}-{last}")
    assert total.value == pytest.approx(
        sum(report.fact(f"dependence.deficit.customs.{y}").value or 0 for y in range(first, last + 1))
    )


# ---------------------------------------------------------------------------------------- tables taken away


def without(table: str, folder: Path) -> Catalogue:
    """The data package as it would be if `table` had never been in it."""
    path = folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["resources"] = [r for r in package["resources"] if r["name"] != table]
    path.write_text(json.dumps(package), encoding="utf-8")
    return Catalogue(folder)


@pytest.mark.parametrize(
    ("table", "definition", "year"),
    [
        ("trade/partners", "trade_share.oec", 2010), ("trade/partners", "import_share.comtrade", 2012),
        ("trade/inter_korean", "trade_share.with_inter_korean", 2012),
        ("trade/china_world_trade", "asymmetry.dprk_in_china_trade", 2011),
        ("trade/dprk_total_annual", "trade_share.kotra", 2014),
    ],
)  # fmt: skip
def test_without_its_table_a_share_is_a_named_gap(
    table: str, definition: str, year: int, copied_data: Path, report: Report
) -> None:
    assert value(report, definition, year) is not None
    catalogue = without(table, copied_data)
    share = all_shares(catalogue, resolve({}, catalogue))[definition][year]
    assert share.percent is None and share.reason == f"the data package has no table {table}"
    other = "fuel_imports.hs27_recorded"
    assert all_shares(catalogue, resolve({}, catalogue))[other][2015].percent == value(report, other, 2015)


def test_a_definition_that_nothing_computes_is_refused_by_name(copied_data: Path) -> None:
    from analysis.catalogue import seal

    path = copied_data / "dependence/definitions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("trade_share.oec,", "trade_share.oecd,"), encoding="utf-8")
    seal(copied_data)
    catalogue = Catalogue(copied_data)
    with pytest.raises(DataError, match=r"trade_share\.oec"):
        all_shares(catalogue, resolve({}, catalogue))


# ------------------------------------------------------------------------------------------------ parameters


def of(**settings: object) -> Report:
    return Report(resolve(settings))


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("inter_korean", "whith", "allowed are without and with; did you mean with?"),
        ("crude_estimate", "yes", "allowed are with and without."),
        ("food_aid", "witout", "did you mean without?"), ("rice", "pady", "did you mean paddy?"),
        ("doubtful_partners", "dropp", "did you mean drop?"),
        ("definitions", "trade_share.kotr", "did you mean trade_share.kotra?"),
        ("definitions", "all,trade_share.kotra", "it is all, or a list with commas of"),
        ("definitions", "", "it is all, or a list with commas of"),
        ("cut_share", 0, "it is a whole per cent from 1 to 100."),
        ("cut_share", 101, "it is a whole per cent from 1 to 100."),
        ("cut_share", "half", "it is a whole per cent from 1 to 100."),
        ("cut_share", 12.5, "it is a whole per cent from 1 to 100."),
        ("cut_share", True, "it is a whole per cent from 1 to 100."),
    ],
)  # fmt: skip
def test_a_bad_parameter_gets_one_sentence_with_what_is_allowed(name: str, given: object, sentence: str) -> None:
    with pytest.raises(BadParameter) as error:
        resolve({name: given})
    text = str(error.value)
    assert text.startswith(f"{name} cannot be ") and sentence in text and "\n" not in text


def test_the_command_line_refuses_a_bad_definition_with_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "--set", "definitions=trade_share.kotr"]) == 2
    said = capsys.readouterr()
    assert "did you mean trade_share.kotra?" in said.err and "Traceback" not in said.err


def test_the_parameters_choose_which_share_leads() -> None:
    titles = {
        (south, crude): figures.trade_shares(of(inter_korean=south, crude_estimate=crude)).node()["svg"]
        for south in ("without", "with") for crude in ("with", "without")
    }  # fmt: skip
    assert len(set(titles.values())) == 4, "each choice draws another thick line"


def test_only_the_definitions_asked_for_are_shown() -> None:
    report = of(definitions=" trade_share.kotra , cereal_imports.quantity,trade_share.kotra")
    assert report.parameters.definitions == "trade_share.kotra,cereal_imports.quantity"
    shown = {row[0] for row in tables.definitions(report).node()["rows"]}
    assert shown == {report.definitions[d]["label"] for d in ("trade_share.kotra", "cereal_imports.quantity")}
    assert report.facts["dependence.trade_share.with_inter_korean.2012"].value, "facts stay, whatever is shown"


def test_the_cut_scales_what_would_be_gone() -> None:
    whole, half = (of(cut_share=cut).fact("dependence.exposure.import_share.kotra.2024").value for cut in (100, 50))
    assert whole is not None and half == pytest.approx(whole / 2)


def test_as_of_takes_figures_back_that_were_not_known() -> None:
    early = of(as_of="2013-12-31")
    assert value(early, "trade_share.kotra", 2012) is not None and value(early, "trade_share.kotra", 2013) is None
    # The three prints of inter-Korean trade in 2012 appeared later, but for one.
    assert early.shares["trade_share.with_inter_korean"][2012].whole.value == pytest.approx(6810 + 1970)
    assert not [f for f in early.facts.family("dependence.printed_share.kotra") if f.period > "2012"]


def test_the_partners_that_the_rule_finds_follow_from_the_data_and_name_no_country(catalogue: Catalogue) -> None:
    trade = partners.by_partner(catalogue, "oec")
    found = partners.doubtful(trade, partners.kotra_largest(catalogue))
    for year, partner in found:
        row, later = trade.loc[year].fillna(0), trade.fillna(0).tail(2)[partner].mean()
        assert partner != "CHN" and row[partner] > 0.02 * row.sum() and row[partner] > 3 * later
    assert (2008, "IND") in found and (2008, "RUS") not in found and not {y for y, _ in found} & {2014, 2015}
