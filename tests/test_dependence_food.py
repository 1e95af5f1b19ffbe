"""Food: China's share under each definition, against published figures and tables made by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.catalogue import Catalogue, seal
from analysis.dependence import food
from analysis.dependence.amounts import Amount, Share
from analysis.dependence.readings import converted, part_of
from analysis.facts import FactBook
from analysis.parameters import resolve

ALL = tuple(food.DEFINITIONS)
Row = dict[str, Any]
BASE = {"unit": "tonnes", "status": "mirror", "quality": "A", "precision": "", "published": "", "note": ""}


def rewritten(folder: Path, name: str, change: Callable[[list[Row]], list[Row]]) -> Catalogue:
    """The catalogue of `folder` after `change` of one table, sealed."""
    path = folder / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))
    seal(folder)
    return Catalogue(folder)


def without(folder: Path, name: str) -> Catalogue:
    """The catalogue of `folder` without one table: neither declared nor there."""
    path = folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["resources"] = [resource for resource in package["resources"] if resource["name"] != name]
    path.write_text(json.dumps(package), encoding="utf-8")
    (folder / f"{name}.csv").unlink()
    return Catalogue(folder)


def shipment(year: int, crop: str, exporter: str, tonnes: float) -> Row:
    return {
        **BASE, "row_id": f"{year}-{crop}-{exporter.lower()}", "year": year, "crop": crop, "exporter": exporter,
        "value": tonnes, "source_id": "fao-trade-matrix",
    }  # fmt: skip


def small(folder: Path, *rows: Row) -> Catalogue:
    return rewritten(folder, food.EXPORTS, lambda _: list(rows))


def percent(catalogue: Catalogue, definition: str, year: int, **options: Any) -> float:
    value = food.by_year(catalogue, definition, years=[year], **options)[year].percent
    assert value is not None
    return value


# ------------------------------------------------------------------------------------------- published figures


# Worked out apart from this package when the figures were collected, and printed there to whole per cent.
SHARES = {
    1993: 84, 1994: 81, 1995: 18, 1996: 61, 1997: 80, 1998: 43, 1999: 70, 2000: 33, 2001: 31, 2002: 37, 2003: 62,
    2004: 14, 2005: 62, 2006: 39, 2007: 34, 2008: 39, 2009: 72, 2010: 76, 2011: 70, 2012: 68, 2013: 75, 2014: 57,
    2015: 85, 2016: 93, 2017: 98, 2018: 87, 2019: 86, 2020: 5, 2022: 100,
}  # fmt: skip
WITH_AID = {1993: 56.0, 1997: 44.5, 2000: 10.0, 2004: 4.9, 2006: 13.3, 2007: 12.2, 2009: 31.1}


def test_the_share_of_recorded_grain_imports_is_that_of_an_independent_reckoning(catalogue: Catalogue) -> None:
    made = food.by_year(catalogue, "cereal_imports.quantity")
    assert {y: round(s.percent) for y, s in made.items() if s.percent is not None} == SHARES


def test_the_share_with_food_aid_is_that_of_an_independent_reckoning(catalogue: Catalogue) -> None:
    made = food.by_year(catalogue, "cereal_imports.with_aid")
    known = {year: share.percent for year, share in made.items() if share.percent is not None}
    assert sorted(known) == list(range(1993, 2010))
    assert {year: round(known[year], 1) for year in WITH_AID} == WITH_AID


def test_supply_from_china_is_a_tenth_or_less_but_in_one_year(catalogue: Catalogue) -> None:
    made = food.by_year(catalogue, "cereal_supply.production_plus_imports")
    known = {year: share.percent for year, share in made.items() if share.percent is not None}
    assert [year for year, value in known.items() if value > 11] == [1997]
    assert (round(known[1997]), round(known[1993], 1), round(known[2001], 1)) == (22, 10.7, 10.4)
    assert {year for year, value in known.items() if value < 1} == {1995, 2015, 2020}


def test_nearly_all_imported_nitrogen_of_one_year_came_from_china(catalogue: Catalogue) -> None:
    made = food.by_year(catalogue, "fertiliser.nitrogen")
    assert [year for year, share in made.items() if share.percent is not None] == [2010]
    # 242,000 t of ammonium sulphate at 20.6 per cent and 45,000 t of urea at 46 per cent, over 71,843.16 t.
    assert made[2010].percent == pytest.approx(100 * (49_852 + 20_700) / 71_843.16)
    assert made[2010].part.unit == made[2010].whole.unit == "tonnes_n"


def test_one_doubtful_shipment_moves_a_year_from_most_to_a_minority(catalogue: Catalogue) -> None:
    kept = food.by_year(catalogue, "cereal_imports.quantity", years=[2006])[2006]
    dropped = food.by_year(catalogue, "cereal_imports.quantity", years=[2006], doubtful="drop")[2006]
    assert (round(kept.percent or 0), round(dropped.percent or 0)) == (39, 86)
    # The band of either spans both.
    for share in (kept, dropped):
        assert (round(share.low or 0), round(share.high or 0)) == (39, 86)
    with_row, without_row = food.effect_of_doubtful(catalogue)["2006-maize-brazil"]
    assert (with_row.percent, without_row.percent) == (kept.percent, dropped.percent)


def test_flour_raises_the_share_and_stands_on_both_sides(catalogue: Catalogue) -> None:
    for year, share in food.by_year(catalogue, "cereal_imports.with_flour").items():
        if share.percent is not None:
            grain = food.by_year(catalogue, "cereal_imports.quantity", years=[year])[year]
            assert share.percent > (grain.percent or 0)
            assert grain.part.value is not None and share.part.value is not None
            assert grain.whole.value is not None and share.whole.value is not None
            added = share.part.value - grain.part.value
            assert share.whole.value - grain.whole.value == pytest.approx(added) and added >= 7_000


# ---------------------------------------------------------------------------------------------- small tables by hand


def test_a_share_by_hand(copied_data: Path) -> None:
    made = small(
        copied_data, shipment(2000, "maize", "China", 30), shipment(2000, "rice", "China", 10),
        shipment(2000, "wheat", "Russia", 60), shipment(2000, "soybeans", "Russia", 500),
    )  # fmt: skip
    share = food.by_year(made, "cereal_imports.quantity", years=[2000])[2000]
    assert (share.part.value, share.whole.value, share.percent) == (40, 100, 40)
    assert share.part.rows == (f"{food.EXPORTS}#2000-maize-china", f"{food.EXPORTS}#2000-rice-china")
    # Another crop that China reports that year makes a crop without a row a zero, not a gap.
    assert percent(made, "wheat_imports.quantity", 2000) == percent(made, "soybean_imports.quantity", 2000) == 0
    assert percent(made, "rice_imports.quantity", 2000) == 100


def test_rice_in_paddy_is_milled_rice_over_the_factor(copied_data: Path) -> None:
    made = small(copied_data, shipment(2000, "rice", "China", 667), shipment(2000, "maize", "Russia", 1000))
    paddy = food.by_year(made, "cereal_imports.quantity", years=[2000], rice="paddy")[2000]
    assert (paddy.part.value, paddy.whole.value) == (pytest.approx(1000), pytest.approx(2000))
    assert percent(made, "cereal_imports.quantity", 2000, rice="paddy") == pytest.approx(50)
    assert percent(made, "cereal_imports.quantity", 2000) == pytest.approx(100 * 667 / 1667)
    assert "dependence/factors#rice_milled_of_paddy" in paddy.part.rows


def test_harvest_and_balances_count_paddy_and_are_milled(catalogue: Catalogue) -> None:
    # 2006: 1,750,000 maize, 2,478,500 paddy, 199,000 wheat; the exporters' record adds 201,062 t.
    supply = food.by_year(catalogue, "cereal_supply.production_plus_imports", years=[2006])[2006]
    imports = food.by_year(catalogue, "cereal_imports.quantity", years=[2006])[2006]
    assert imports.whole.value is not None and supply.whole.value is not None
    harvest = 1_750_000 + 0.667 * 2_478_500 + 199_000
    assert supply.whole.value == pytest.approx(harvest + imports.whole.value)
    paddy = food.by_year(catalogue, "cereal_imports.with_aid", years=[2006], rice="paddy")[2006].whole
    milled = food.by_year(catalogue, "cereal_imports.with_aid", years=[2006])[2006].whole
    # 275 + 150 + 2 + 1 thousand tonnes, and 236.8816 of paddy.
    assert (paddy.value, milled.value) == (pytest.approx(664_881.6), pytest.approx(586_000, abs=1))


def test_the_factor_turns_the_paddy_of_the_balances_into_whole_kilotonnes(catalogue: Catalogue) -> None:
    rows = catalogue.frame(food.BALANCES)
    rice = rows[rows["crop"] == "rice"]["value"] * 0.667
    assert len(rice) == 37 and (rice - rice.round()).abs().max() < 0.001


def test_imports_of_supply_may_be_the_balance(catalogue: Catalogue) -> None:
    record = food.by_year(catalogue, "cereal_supply.production_plus_imports", years=[2000])[2000]
    balance = food.by_year(catalogue, "cereal_supply.production_plus_imports", years=[2000], imports="balance")[2000]
    assert (balance.percent or 0) < (record.percent or 0)
    assert record.low == pytest.approx(balance.percent, abs=0.01)


# ------------------------------------------------------------------------------------------------ doubtful shipments


def test_the_rule_for_doubtful_shipments_by_hand(copied_data: Path) -> None:
    made = small(
        copied_data,
        shipment(1999, "maize", "China", 1), shipment(2005, "maize", "China", 1),
        shipment(2001, "maize", "Brazil", 50_000), shipment(2002, "maize", "Brazil", 10_000),
        shipment(2001, "rice", "Brazil", 49_999),  # too small
        shipment(2001, "wheat", "Brazil", 50_000), shipment(2002, "wheat", "Brazil", 10_001),  # not five times
        shipment(2001, "maize", "Russia", 500_000),  # a neighbour
        shipment(2001, "maize", "Japan", 500_000),  # a donor
        shipment(1999, "maize", "India", 500_000),  # the first year has none before it
        shipment(2005, "rice", "India", 500_000),  # the last has none after it
    )  # fmt: skip
    assert [row["row_id"] for row in food.doubtful_rows(made)] == ["2001-maize-brazil"]


def test_the_real_record_has_these_doubtful_shipments(catalogue: Catalogue) -> None:
    rows = food.doubtful_rows(catalogue)
    assert {row["row_id"] for row in rows if row["exporter"] == "Brazil"} == {
        "2001-maize-brazil", "2004-maize-brazil", "2006-maize-brazil", "2004-soybeans-brazil",
    }  # fmt: skip
    assert not {row["exporter"] for row in rows} & {"China", "Russia", "Japan", "United States"}


def test_dropping_doubtful_shipments_never_lowers_the_share(catalogue: Catalogue) -> None:
    years = sorted({int(row["year"]) for row in food.doubtful_rows(catalogue)} | {2015})
    for definition in ALL:
        kept, dropped = (food.by_year(catalogue, definition, years=years, doubtful=d) for d in food.DOUBTFUL)
        for year in years:
            if kept[year].percent is not None and dropped[year].percent is not None:
                assert (dropped[year].percent or 0) >= (kept[year].percent or 0) - 1e-9


# ---------------------------------------------------------------------------------------------------------- gaps


@pytest.mark.parametrize("table", [food.EXPORTS, food.PRODUCTION, food.BALANCES, food.FLOUR, food.FERTILISER])
@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_without_a_table_the_cells_that_need_it_are_named_gaps(table: str, how: str, copied_data: Path) -> None:
    needs = {
        food.EXPORTS: set(ALL) - {"fertiliser.nitrogen"}, food.PRODUCTION: {"cereal_supply.production_plus_imports"},
        food.BALANCES: {"cereal_imports.with_aid"}, food.FLOUR: {"cereal_imports.with_flour"},
        food.FERTILISER: {"fertiliser.nitrogen"},
    }[table]  # fmt: skip
    made = without(copied_data, table) if how == "removed" else rewritten(copied_data, table, lambda _: [])
    for definition in ALL:
        cells = food.by_year(made, definition, years=[2009, 2010]).values()
        if definition in needs:
            assert all(cell.percent is None and cell.reason for cell in cells), definition
            assert any(table in cell.reason for cell in cells), definition
        else:
            assert any(cell.percent is not None for cell in cells), definition


def test_a_year_in_which_nobody_recorded_grain_is_a_gap_and_not_zero(catalogue: Catalogue) -> None:
    for definition in ("cereal_imports.quantity", "maize_imports.quantity", "cereal_supply.production_plus_imports"):
        share = food.by_year(catalogue, definition, years=[2021])[2021]
        assert share.percent is None and share.part.value is None
        assert "border" in share.reason and "cannot be told apart" in share.reason
    # Soybeans were recorded that year.
    assert percent(catalogue, "soybean_imports.quantity", 2021) == 100


def test_years_outside_the_record_are_gaps_that_name_its_ends(catalogue: Catalogue) -> None:
    for year in (1992, 2023):
        reason = food.by_year(catalogue, "cereal_imports.quantity", years=[year])[year].reason
        assert "1993" in reason and "2022" in reason


def test_imputed_balances_enter_no_share(catalogue: Catalogue) -> None:
    made = food.by_year(catalogue, "cereal_imports.with_aid", years=range(2010, 2019))
    assert all(share.percent is None for share in made.values())
    assert "imputed" in made[2015].reason
    rows = catalogue.frame(food.BALANCES)
    imputed = rows[(rows["crop"] == "all") & (rows["year"] >= 2014)]
    assert len(imputed) == 5 and set(imputed["status"]) == {"estimated"} and set(imputed["quality"]) == {"D"}


def test_what_had_not_appeared_is_not_used(catalogue: Catalogue) -> None:
    # A row without a date counts from the last day of the next year.
    day = date(2008, 12, 30)
    made = food.by_year(catalogue, "cereal_imports.quantity", years=[2006, 2007], as_of=day)
    assert made[2006].percent is not None and made[2007].percent is None
    assert food.by_year(catalogue, "cereal_imports.quantity", years=[1996], as_of=date(1990, 1, 1))[1996].reason
    # The balances that are kept appeared in March 2023.
    for day, known in ((date(2023, 3, 9), False), (date(2023, 3, 10), True)):
        share = food.by_year(catalogue, "cereal_imports.with_aid", years=[2000], as_of=day)[2000]
        assert (share.percent is not None) is known


# --------------------------------------------------------------------------------------------- relations and units


@pytest.mark.parametrize("definition", ALL)
def test_every_cell_has_a_value_or_a_reason_and_the_part_is_in_the_whole(definition: str, catalogue: Catalogue) -> None:
    for year, share in food.by_year(catalogue, definition).items():
        if share.percent is None:
            assert share.reason, year
            continue
        assert 0 <= share.percent <= 100 and not share.above_whole
        assert share.part.value is not None and share.whole.value is not None
        assert share.part.value <= share.whole.value and share.part.unit == share.whole.unit
        assert share.low is not None and share.low <= share.percent + 1e-9
        assert share.high is None or share.high >= share.percent - 1e-9


def test_the_wider_the_whole_the_smaller_the_share(catalogue: Catalogue) -> None:
    imports = food.by_year(catalogue, "cereal_imports.quantity")
    supply = food.by_year(catalogue, "cereal_supply.production_plus_imports")
    aid = food.by_year(catalogue, "cereal_imports.with_aid")
    for year, share in imports.items():
        if share.percent is not None:
            assert (supply[year].percent or 0) < share.percent
            assert share.part == supply[year].part == aid[year].part


def test_a_row_in_another_unit_is_refused(copied_data: Path) -> None:
    made = rewritten(
        copied_data, food.EXPORTS, lambda rows: [{**rows[0], "unit": "usd_million"}, *rows[1:]]
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"figures in usd_million, which cannot be tonnes"):
        food.by_year(made, "cereal_imports.quantity", years=[1993])


def test_unknown_choices_are_refused(catalogue: Catalogue) -> None:
    for options in ({"rice": "brown"}, {"doubtful": "maybe"}, {"imports": "guess"}):
        with pytest.raises(ValueError, match="is one of"):
            food.by_year(catalogue, "cereal_imports.quantity", **options)
    with pytest.raises(KeyError):
        food.by_year(catalogue, "cereal_imports.calories")


amounts = st.floats(0, 1e7, allow_nan=False)


@given(amounts, amounts, st.floats(0, 1), st.floats(0, 1))
def test_the_interval_of_a_part_of_a_whole_stays_between_nothing_and_all(
    part: float, rest: float, part_error: float, rest_error: float
) -> None:
    share = part_of(
        Amount(part, "tonnes", "mirror", low=part * (1 - part_error), high=part * (1 + part_error)),
        Amount(rest, "tonnes", "mirror", low=rest * (1 - rest_error), high=rest * (1 + rest_error)),
    )
    if share.percent is None:
        assert part + rest == 0
        return
    for bound in (share.low, share.high):
        assert bound is None or 0 <= bound <= 100
    assert share.low is None or share.low <= share.percent * (1 + 1e-9)
    assert share.high is None or share.high >= share.percent * (1 - 1e-9)


@given(st.floats(1, 1e7), st.floats(0.1, 1))
def test_a_conversion_and_its_inverse_give_the_same_weight(tonnes: float, ratio: float) -> None:
    by = Amount(ratio, "ratio", "reported")
    there = converted(Amount(tonnes, "tonnes", "mirror"), by, "tonnes", divide=True)
    back = converted(there, by, "tonnes")
    assert back.value == pytest.approx(tonnes) and back.span == (pytest.approx(tonnes), pytest.approx(tonnes))


# ---------------------------------------------------------------------------------------------------- facts, calories


def test_the_topic_gives_every_definition_and_year_asked_for(catalogue: Catalogue) -> None:
    p = resolve({"start_year": 2005, "end_year": 2007, "rice": "paddy", "doubtful_partners": "drop"}, catalogue)
    made = food.shares(catalogue, p)
    declared = catalogue.frame("dependence/definitions")
    assert set(made) == set(declared[declared["topic"] == "food"]["definition_id"])
    assert all(list(years) == [2005, 2006, 2007] for years in made.values())
    expected = food.by_year(catalogue, "cereal_imports.quantity", years=[2006], rice="paddy", doubtful="drop")[2006]
    assert made["cereal_imports.quantity"][2006] == expected


def test_shares_in_calories_lie_between_those_of_the_crops() -> None:
    def one(value: float | None) -> Share:
        part = Amount(value, "tonnes", "mirror", reason="" if value is not None else "none")
        return part_of(part, Amount(100 - (value or 0), "tonnes", "mirror"))

    assert food.calorie_bounds([one(20), one(80), one(None)]) == (20, 80)
    assert food.calorie_bounds([one(20), one(None)]) is None


def test_the_further_facts_name_each_doubtful_shipment(catalogue: Catalogue) -> None:
    book = FactBook(food.extra_facts(catalogue, resolve({}, catalogue)))
    assert round(book["dependence.food_without_row.maize_brazil.2006"].value or 0) == 86
    low, high = (book[f"dependence.food_calories.{name}.2006"].value for name in ("lowest", "highest"))
    imports = percent(catalogue, "cereal_imports.quantity", 2006)
    assert low is not None and high is not None and low <= imports <= high
