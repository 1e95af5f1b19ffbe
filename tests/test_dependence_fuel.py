"""Fuel: China's share under each definition, against published figures and tables made by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analysis.catalogue import Catalogue, seal
from analysis.dependence import fuel
from analysis.facts import FactBook
from analysis.parameters import resolve

ALL = tuple(fuel.DEFINITIONS)
Row = dict[str, Any]


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
    path = folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["resources"] = [resource for resource in package["resources"] if resource["name"] != name]
    path.write_text(json.dumps(package), encoding="utf-8")
    (folder / f"{name}.csv").unlink()
    return Catalogue(folder)


def known(catalogue: Catalogue, definition: str, **options: Any) -> dict[int, float]:
    made = fuel.by_year(catalogue, definition, **options)
    return {year: round(share.percent, 1) for year, share in made.items() if share.percent is not None}


# ------------------------------------------------------------------------------------------- published figures


# Worked out apart from this package when the figures were collected.
@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("fuel_imports.hs27_recorded", {2015: 66.1, 2018: 48.6}),
        ("fuel_imports.hs27_with_crude", {2015: 85.0, 2018: 93.0}),
        ("refined_products.un_notified", {2018: 39.6, 2019: 43.0, 2021: 100.0, 2023: 70.8}),
        ("crude.quantity", {2008: 100.0}),
        ("oil_use.with_products", {2013: 99.7, 2015: 77.5}),
    ],
)
def test_shares_are_those_of_an_independent_reckoning(
    definition: str, expected: dict[int, float], catalogue: Catalogue
) -> None:
    assert known(catalogue, definition) == expected


def test_crude_oil_over_oil_use(catalogue: Catalogue) -> None:
    made = known(catalogue, "oil_use.approximated")
    assert {year: round(made[year]) for year in (2000, 2001, 2002, 2012, 2013)} == {
        2000: 39, 2001: 52, 2002: 42, 2012: 64, 2013: 66,
    }  # fmt: skip


def test_a_revised_total_widens_the_band_of_its_year(catalogue: Catalogue) -> None:
    share = fuel.by_year(catalogue, "refined_products.un_notified", years=[2019])[2019]
    # 22,730 of 52,910 t by the first notice, of 56,207 t by the later one.
    assert (share.part.value, share.whole.value) == (22_730, 52_910)
    assert (round(share.low or 0, 1), round(share.high or 0, 1)) == (40.4, 43.0)
    assert share.whole.unit == "tonnes"
    assert fuel.by_year(catalogue, "refined_products.un_notified", years=[2023])[2023].whole.unit == "barrels"


def test_the_parts_of_a_year_of_notices_are_added(catalogue: Catalogue) -> None:
    share = fuel.by_year(catalogue, "refined_products.un_notified", years=[2018])[2018]
    assert share.part.value == 14_760 + 2_928 + 1_510 and share.whole.value == 48_430


def test_russia_is_the_rest_of_recorded_fuel(catalogue: Catalogue) -> None:
    frame = catalogue.frame(fuel.FUELS)
    for year, russian in ((2015, 29.1), (2018, 44.2)):
        share = fuel.by_year(catalogue, "fuel_imports.hs27_recorded", years=[year])[year]
        rows = frame[(frame["year"] == year) & (frame["importer"] == "PRK") & (frame["exporter"] == "RUS")]
        assert round(100 * rows["value"].sum() / (share.whole.value or 0), 1) == russian


def test_the_country_sold_more_fuel_than_it_bought_until_coal_was_barred(catalogue: Catalogue) -> None:
    made = fuel.trade_in_fuels(catalogue)
    assert {year: (round(b.value or 0), round(s.value or 0)) for year, (b, s) in made.items()} == {
        2015: (223, 1029), 2018: (49, 15),
    }  # fmt: skip


# ------------------------------------------------------------------------------------- unreported, estimated, gaps


def test_crude_oil_after_customs_fell_silent_is_not_reported_and_never_zero(catalogue: Catalogue) -> None:
    rows = catalogue.frame(fuel.OIL)
    silent = rows[(rows["status"] == "unreported")]
    assert list(silent["year"]) == list(range(2014, 2025)) and silent["value"].isna().all()
    assert not (rows["value"] == 0).any()
    for definition, options in (("crude.quantity", {}), ("oil_use.approximated", {"crude": "recorded"})):
        for year, share in fuel.by_year(catalogue, definition, years=range(2014, 2026), **options).items():
            assert share.percent is None and share.part.value is None, year
            assert share.reason == "Chinese customs has not reported crude oil since January 2014"


def test_the_estimate_stands_where_asked_for_and_is_marked(catalogue: Catalogue) -> None:
    made = fuel.by_year(catalogue, "oil_use.approximated", years=[2013, 2016, 2017])
    assert made[2013].part.status == "reported" and made[2016].part.status == "estimated"
    assert made[2016].part.value == 500_000 and made[2016].part.span == (450_000, 550_000)
    assert made[2017].percent is None and "no estimate of its weight" in made[2017].reason
    # The share of all crude oil never takes the estimate.
    assert fuel.by_year(catalogue, "crude.quantity", years=[2016])[2016].percent is None


def test_rival_prints_make_an_interval(catalogue: Catalogue) -> None:
    part = fuel.by_year(catalogue, "oil_use.approximated", years=[2012])[2012].part
    assert part.value == 523_000 and part.span == (515_000, 525_000) and len(part.rows) == 2


def test_the_derived_year_is_the_next_one_with_its_change_undone(catalogue: Catalogue) -> None:
    rows = catalogue.frame(fuel.OIL).set_index("row_id")["value"]
    assert rows["2006-crude-china"] == pytest.approx(rows["2007-crude-china"] / 0.999, abs=1)


@pytest.mark.parametrize("table", [fuel.FUELS, fuel.OIL, fuel.REFINED, fuel.ENERGY, fuel.ANNUAL])
@pytest.mark.parametrize("how", ["removed", "emptied"])
def test_without_a_table_the_cells_that_need_it_are_named_gaps(table: str, how: str, copied_data: Path) -> None:
    needs = {
        fuel.FUELS: {"fuel_imports.hs27_recorded", "fuel_imports.hs27_with_crude", "fuel_imports.kotra_crude_only"},
        fuel.OIL: {"crude.quantity", "oil_use.approximated", "oil_use.with_products", "energy_use.chinese_oil"},
        fuel.REFINED: {"refined_products.un_notified"},
        fuel.ENERGY: {"oil_use.approximated", "oil_use.with_products", "energy_use.chinese_oil"},
        fuel.ANNUAL: {"fuel_imports.hs27_with_crude", "fuel_imports.kotra_crude_only"},
    }[table]  # fmt: skip
    made = without(copied_data, table) if how == "removed" else rewritten(copied_data, table, lambda _: [])
    for definition in ALL:
        cells = fuel.by_year(made, definition, years=[2008, 2013, 2015, 2018]).values()
        if definition in needs:
            assert all(cell.percent is None and cell.reason for cell in cells), definition
            assert any(table in cell.reason for cell in cells), definition
        else:
            assert any(cell.percent is not None for cell in cells), definition


def test_an_incomplete_year_of_notices_is_a_gap(copied_data: Path) -> None:
    made = rewritten(
        copied_data, fuel.REFINED, lambda rows: [row for row in rows if row["row_id"] != "2018-12-12-china"]
    )
    share = fuel.by_year(made, "refined_products.un_notified", years=[2018])[2018]
    assert share.percent is None and share.reason == "the notified months do not make up the year"


def test_what_had_not_appeared_is_not_used(catalogue: Catalogue) -> None:
    for day, expected in ((date(2014, 8, 22), 520_000), (date(2014, 8, 23), 523_000)):
        part = fuel.by_year(catalogue, "oil_use.approximated", years=[2012], as_of=day)[2012].part
        assert part.value == expected
    before = fuel.by_year(catalogue, "fuel_imports.hs27_recorded", years=[2015], as_of=date(2021, 1, 1))[2015]
    assert before.percent is None and before.reason == "no fuel imports by partner are kept"


# ------------------------------------------------------------------------------------------------ small tables by hand


def hs27(*sellers: tuple[str, float]) -> Callable[[list[Row]], list[Row]]:
    """The table of fuel trade with these sellers to the DPRK in 2015, and one sale by the DPRK."""

    def change(rows: list[Row]) -> list[Row]:
        base = {**rows[0], "year": "2015", "compiler": "baci", "precision": "", "published": ""}
        made = [
            {**base, "row_id": f"2015-{name}-prk", "exporter": name, "importer": "PRK", "value": value}
            for name, value in sellers
        ]
        return [*made, {**base, "row_id": "2015-prk-chn", "exporter": "PRK", "importer": "CHN", "value": 900}]

    return change


def test_a_share_by_hand_takes_only_what_the_country_buys(copied_data: Path) -> None:
    made = rewritten(copied_data, fuel.FUELS, hs27(("CHN", 60), ("RUS", 20), ("BEN", 20)))
    share = fuel.by_year(made, "fuel_imports.hs27_recorded", years=[2015])[2015]
    assert (share.part.value, share.whole.value, share.percent) == (60, 100, 60)
    # The sale by the DPRK is on the other side; Benin is no neighbour.
    assert (share.low, share.high) == (60, 75)
    dropped = fuel.by_year(made, "fuel_imports.hs27_recorded", years=[2015], doubtful="drop")[2015]
    assert (dropped.percent, dropped.low, dropped.high) == (75, 60, 75)
    crude = fuel.by_year(made, "fuel_imports.hs27_with_crude", years=[2015])[2015]
    assert (crude.part.value, crude.whole.value) == (60 + 280, 100 + 280)
    assert fuel.trade_in_fuels(made)[2015][1].value == 900


def test_oil_use_by_hand(catalogue: Catalogue, copied_data: Path) -> None:
    def change(rows: list[Row]) -> list[Row]:
        base = {**rows[0], "year": "2013", "precision": "", "published": "", "note": ""}
        return [
            {**base, "row_id": "a", "item": "carbon_liquid", "vintage": "revised", "value": 850, "unit": "kt_c"},
            {**base, "row_id": "b", "item": "carbon_liquid", "vintage": "first", "value": 425, "unit": "kt_c"},
            {**base, "row_id": "c", "item": "primary_energy", "vintage": "", "value": 20, "unit": "mtoe"},
        ]

    made = rewritten(copied_data, fuel.ENERGY, change)
    share = fuel.by_year(made, "oil_use.approximated", years=[2013])[2013]
    # 850 kt of carbon at 0.85 a tonne: a million tonnes of oil; half of it in the earlier edition; 1.5 % more unburnt.
    assert share.whole.value == pytest.approx(1_000_000) and share.percent == pytest.approx(57.8)
    assert share.whole.span == (pytest.approx(500_000), pytest.approx(1_000_000 / 0.985))
    energy = fuel.by_year(made, "energy_use.chinese_oil", years=[2013])[2013]
    assert energy.part.unit == energy.whole.unit == "mtoe"
    assert energy.percent == pytest.approx(100 * 0.578 / 20)
    oil = fuel.oil_in_energy(made, years=[2013])[2013]
    assert oil.percent == pytest.approx(5) and oil.high == pytest.approx(5 * 1.07 / 0.985)


# --------------------------------------------------------------------------------------------- relations and units


@pytest.mark.parametrize("definition", ALL)
def test_every_cell_has_a_value_or_a_reason_and_the_part_is_in_the_whole(definition: str, catalogue: Catalogue) -> None:
    for year, share in fuel.by_year(catalogue, definition).items():
        if share.percent is None:
            assert share.reason, year
            continue
        assert 0 < share.percent <= 100 and not share.above_whole
        assert share.part.unit == share.whole.unit
        assert share.low is not None and share.high is not None
        assert share.low <= share.percent + 1e-9 and share.high >= share.percent - 1e-9


def test_what_a_definition_adds_moves_the_share_its_way(catalogue: Catalogue) -> None:
    plain, crude = known(catalogue, "fuel_imports.hs27_recorded"), known(catalogue, "fuel_imports.hs27_with_crude")
    assert all(crude[year] > plain[year] for year in plain)
    oil, more = known(catalogue, "oil_use.approximated"), known(catalogue, "oil_use.with_products")
    assert all(more[year] > oil[year] for year in more)
    energy = known(catalogue, "energy_use.chinese_oil")
    assert set(energy) == set(oil) and all(energy[year] < oil[year] / 5 for year in energy)


def test_unknown_choices_are_refused(catalogue: Catalogue) -> None:
    for options in ({"crude": "zero"}, {"doubtful": "maybe"}):
        with pytest.raises(ValueError, match="is one of"):
            fuel.by_year(catalogue, "crude.quantity", **options)
    with pytest.raises(KeyError):
        fuel.by_year(catalogue, "coal.quantity")


def test_no_row_of_the_energy_agency_is_kept(catalogue: Catalogue) -> None:
    used = set(catalogue.frame(fuel.ENERGY)["source_id"])
    # The World Bank's energy use rests on the agency to 2014, so that none of these years is kept.
    world_bank = "world-bank-energy-use;world-bank-population"
    assert used == {"cdiac-carbon", "cdiac-carbon-2016", "eia-primary-energy", world_bank}
    years = catalogue.frame(fuel.ENERGY).query("source_id == @world_bank")["year"]
    assert years.min() >= 2015
    used = {source for both in used for source in both.split(";")}
    assert not catalogue.sources.loc[sorted(used), "compiler"].str.contains("IEA|International Energy Agency").any()


def test_the_topic_gives_every_definition_and_year_asked_for(catalogue: Catalogue) -> None:
    p = resolve({"start_year": 2014, "end_year": 2018, "crude_estimate": "without"}, catalogue)
    made = fuel.shares(catalogue, p)
    declared = catalogue.frame("dependence/definitions")
    assert set(made) == set(declared[declared["topic"] == "fuel"]["definition_id"])
    assert all(list(years) == list(range(2014, 2019)) for years in made.values())
    assert made["oil_use.approximated"][2016].percent is None
    # A definition that names the estimate keeps it.
    assert round(made["fuel_imports.hs27_with_crude"][2018].percent or 0) == 93


def test_the_further_facts_place_oil_in_all_energy(catalogue: Catalogue) -> None:
    book = FactBook(fuel.extra_facts(catalogue, resolve({}, catalogue)))
    # Carbon of 2012: 691 kt in oil, 8,898 kt in coal. 0.813 Mtoe over 0.813 + 8.238.
    assert round(book["dependence.fuel_energy.all_oil.2012"].value or 0, 1) == 9.0
    assert book["dependence.fuel_trade.sold.2015"].unit == "usd_million"
