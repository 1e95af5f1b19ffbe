"""Trade by product: direction, values read off the pages, gaps that stay gaps, and the bans of 2017 by single goods."""

from __future__ import annotations

import csv
from collections.abc import Callable

import pytest
from matplotlib.container import BarContainer
from matplotlib.figure import Figure as Picture

from analysis import Report, figures, prose, style, tables
from analysis.display import plain_of
from analysis.events import products as bans
from analysis.explain import explain
from analysis.parameters import resolve
from analysis.project import project_root
from analysis.trade import products
from analysis.trade.products import BOUGHT, FLOWS, SOLD, SOURCES, Figure
from test_prose import report_of

DATA = project_root() / "data"


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = rows_of("trade/products")
NAMES = {row["product"]: row for row in rows_of("trade/product_names")}

# Read off the pages that the evidence names: (fact, value).
PUBLISHED = {
    "products.value.coal.imports.customs.2016": 1186.835, "products.value.coal.imports.customs.2017": 402.818,
    "products.value.anthracite.imports.customs.2013": 1373.71, "products.quantity.coal.imports.customs.2016-04": 1.53e6,
    "products.quantity.coal.imports.customs.2016-05": 1.55e6, "products.quantity.coal.imports.customs.2016-08": 2.465e6,
    "products.quantity.coal.imports.customs.2017-03": 0, "products.quantity.coal.imports.customs.2017-06": 0,
    "products.quantity.coal.imports.customs.2017-08": 1.6e6, "products.quantity.coal.imports.customs.2017-09": 511619,
    "products.quantity.coal.imports.customs.2017-10": 0, "products.quantity.coal.imports.customs.2017-12": 0,
    "products.quantity.iron_ore.imports.customs.2017-04": 285490,
    "products.value.zinc.imports.customs.2016": 51.027, "products.value.zinc.imports.customs.2017": 0.681,
    "products.value.tobacco.exports.customs.2018": 69.64, "products.value.crude_oil.exports.customs.2008": 410.43,
    "products.value.crude_oil.exports.customs.2010": 326,
    "products.value.clothing.dprk_exports.kotra.2016": 730,
    "products.value.hair_products.dprk_exports.kotra.2024": 189.38,
    "products.share.hair_products.dprk_exports.kotra.2024": 52.5,
    "products.value.mineral_fuels.dprk_imports.kotra.2024": 446.31,
    "products.growth.clothing.dprk_exports.kotra.2017": -18.6,
}  # fmt: skip
# Worked out by hand: 10.5 % of 240; 1,188 million of 22.5 million tonnes; 730 to 500; means of the months above.
WORKED_OUT = {
    "products.value.ores.dprk_exports.kotra.2018": 25.2,
    "products.unit_value.coal.imports.customs.2016": 1186.835e6 / 22.5e6,
    "products.share.clothing.dprk_exports.kotra.2017": 500 / 1772 * 100,
    "events.products.change.clothing.dprk_exports.kotra.2016-2017": (500 / 730 - 1) * 100,
    "events.products.change.zinc.imports.customs.2016-2017": (0.681 / 51.027 - 1) * 100,
    "events.products.change.tobacco.exports.customs.2016-2018": (69.64 / 18.79 - 1) * 100,
    "events.products.month.coal.imports.before": (1.53e6 + 1.55e6 + 2.465e6 + 1.798e6 + 1.82e6) / 5,
    "events.products.month.coal.imports.stopped": 0,
    "events.products.month.coal.imports.banned": 511619 / 4,
    "events.products.month_change.coal.imports.stopped": -100,
    "events.products.month_change.iron_ore.imports.stopped":
        ((259477 + 285490 + 233508 + 224059) / 4 / ((110618 + 217897) / 2) - 1) * 100,
    "events.products.month_change.iron_ore.imports.banned": -100,
    # All goods of 2018 at most 245, less ores, steel and watches at the least; coal and clothing of 2016 at the least.
    "events.products.fell_at_least.dprk_exports.kotra.2016-2018":
        ((245 - 0.1045 * 235 - 32.5 - 0.1285 * 235) / (1185 + 725) - 1) * 100,
}  # fmt: skip


@pytest.mark.parametrize("id", [*PUBLISHED, *WORKED_OUT])
def test_a_fact_is_what_the_page_says_or_what_follows_from_it(id: str) -> None:
    assert report_of({}).fact(id).value == pytest.approx({**PUBLISHED, **WORKED_OUT}[id], rel=1e-9, abs=1e-9)


def test_coal_is_what_china_buys_and_oil_what_it_sells() -> None:
    report = report_of({})
    measures: dict[str, set[str]] = {}
    for row in ROWS:
        if row["compiler"] == "gacc":
            measures.setdefault(row["product"], set()).add(row["measure"])
    for product in ("coal", "anthracite", "iron_ore", "zinc"):
        assert measures[product] <= {"imports", "growth_imports"}, product
        assert not report.facts.family(f"products.value.{product}.exports.customs")
    for product in ("crude_oil", "gasoline", "rice", "tobacco"):
        assert measures[product] == {"exports"}, product


def test_the_vocabulary_is_closed_and_used() -> None:
    assert {row["product"] for row in ROWS} == set(NAMES)
    flows = set(FLOWS)
    assert {row["measure"].removeprefix("share_").removeprefix("growth_") for row in ROWS} == flows
    assert {row["compiler"] for row in ROWS} == set(SOURCES)
    shown = {product for goods in (SOLD, BOUGHT) for candidates in goods.values() for product in candidates}
    assert shown <= set(NAMES)
    tables_there = set(report_of({}).catalogue.tables)
    assert {row["preferred_table"] for row in ROWS} - {""} <= tables_there
    for row in NAMES.values():
        for reference in {row["ban"], row["limit"]} - {"", "mixed"}:
            table, _, key = reference.partition("#")
            found = [r for r in rows_of(table) if key in (r.get("row_id"), r.get("event_id"))]
            assert len(found) == 1, reference


def test_a_row_says_which_months_it_covers() -> None:
    for row in ROWS:
        first, last = row["first_month"], row["last_month"]
        assert first[:4] == last[:4] == row["year"] and first <= last
        a, b = first[5:], last[5:]
        assert row["period"] == ("" if (a, b) == ("01", "12") else a if a == b else f"M{a}-M{b}"), row["row_id"]


def test_a_zero_stands_only_where_a_page_says_none_and_crude_after_2013_is_not_reported() -> None:
    for row in ROWS:
        if row["product"] == "crude_oil" and row["compiler"] == "gacc" and row["year"] >= "2014":
            assert row["status"] == "unreported" and row["value"] == ""
    facts = [fact for fact in report_of({}).facts.under("products") if "crude_oil" in fact.id and fact.value == 0]
    assert not facts


def test_unsound_rows_and_those_of_better_tables_make_no_fact() -> None:
    used = {row for fact in report_of({}).facts.under("products") for row in fact.rows}
    for row in ROWS:
        if row["quality"] == "D" or row["preferred_table"] or row["value"] == "":
            assert f"trade/products#{row['row_id']}" not in used, row["row_id"]
    assert len([row for row in used if row.startswith("trade/products#")]) > 350


def test_every_fact_is_what_its_rows_give() -> None:
    """What is published is one row; shares and prices of a tonne are divided anew."""
    report, values = report_of({}), {f"trade/products#{row['row_id']}": row for row in ROWS}
    done = 0
    for fact in report.facts.under("products"):
        kind = fact.id.split(".")[1]
        own = [float(values[row]["value"]) for row in fact.rows if row in values]
        if fact.formula == "as published":
            assert fact.value == pytest.approx(own[0]) and values[fact.rows[0]]["unit"] == fact.unit
        elif kind == "unit_value":
            assert fact.value == pytest.approx(own[0] * 1e6 / own[1])
        elif kind == "value":
            assert fact.value == pytest.approx(own[0] / 100 * own[1])
        elif len(own) == 2:
            assert kind == "share" and fact.value == pytest.approx(own[0] / own[1] * 100)
        else:
            basis = report.cells("customs").loc[(int(fact.period), fact.id.split(".")[3]), "value"]
            assert kind == "share" and fact.value == pytest.approx(own[0] / basis * 100)
        assert fact.low is None or fact.low <= (fact.value or 0) <= (fact.high or 0)
        done += 1
    assert done > 400


def test_a_share_is_of_one_source_and_below_the_whole() -> None:
    for fact in report_of({}).facts.under("products.share"):
        assert 0 <= (fact.value or 0) < 100, fact.id


def test_every_fact_is_explained_with_its_caveat() -> None:
    report = report_of({})
    found = explain(report, "products.value.coal.imports.customs.2016")
    assert [row.row for row in found.inputs] == ["trade/products#2016-coal-imports-gacc-usd"]
    assert found.inputs[0].compiler == "Chinese customs (GACC)" and found.sources[0].address.startswith("http")
    assert any("not named" in caveat for caveat in found.caveats)
    found = explain(report, "events.products.month_change.coal.imports.stopped")
    assert len(found.inputs) == 4 + 5 and any("not tested" in caveat for caveat in found.caveats)


# --------------------------------------------------------------------------------------------- small tables


def row(year: int, value: float, quality: str = "B", error: float = 0.5, **more: str) -> dict[str, object]:
    base = {"row_id": f"{year}-{value}", "year": year, "period": "", "product": "coal", "measure": "imports",
            "compiler": "gacc", "unit": "usd_million", "value": value, "precision": error, "quality": quality,
            "status": "reported", "term": "Coal", "source_id": "a"}  # fmt: skip
    return {**base, **more}


def test_rivals_are_kept_as_an_interval_and_the_best_grade_holds() -> None:
    ((_, figure),) = products.figures([row(2016, 1200, "C", 50), row(2016, 1187, "A", 0.5)]).items()
    assert (figure.value, figure.low, figure.high) == (1187, 1150, 1250) and len(figure.rows) == 2


def test_a_value_from_a_share_takes_the_total_of_the_same_source_and_year() -> None:
    found = products.figures([
        row(2018, 10.5, error=0.05, unit="percent", measure="share_imports"), row(2018, 240, error=5, product="total"),
        row(2019, 10, unit="percent", measure="share_imports"), row(2019, 300, product="total", compiler="kotra"),
    ])  # fmt: skip
    made = products.with_values_from_shares(found)
    figure = made["coal", "imports", "gacc", "2018", "usd_million"]
    assert (figure.value, figure.low, figure.high) == pytest.approx((25.2, 0.1045 * 235, 0.1055 * 245))
    assert ("coal", "imports", "gacc", "2019", "usd_million") not in made


def figure(product: str, year: int, value: float, error: float = 0.0, measure: str = "dprk_exports") -> Figure:
    return Figure(product=product, measure=measure, compiler="kotra", period=str(year), value=value, low=value - error,
                  high=value + error, unit="usd_million", status="reported", quality="B", precision=error, term=product,
                  rows=(f"{product}-{year}",), sources=("a",))  # fmt: skip


def test_the_least_fall_takes_all_rounding_against_itself() -> None:
    goods = [figure("clothing", 2016, 100, 5), figure("ores", 2016, 50), figure("total", 2018, 40, 5),
             figure("ores", 2018, 20, 1), figure("watches", 2018, 10)]  # fmt: skip
    found = {one.key: one for one in goods}
    banned = {"clothing": "2017-09-11", "ores": "2017-08-05", "watches": ""}
    limit = bans.bound(found, banned, "dprk_exports", "kotra", 2018)
    assert limit is not None and (limit.most, limit.before) == (45 - 19 - 10, 95)
    assert bans.bound(found, banned | {"clothing": "2019-01-01"}, "dprk_exports", "kotra", 2018) is None


def test_the_phases_run_from_stop_to_ban() -> None:
    phases = bans.phases_of(report_of({}).catalogue)
    assert (phases["before"][0], phases["before"][-1]) == ("2016-02", "2017-01")
    assert phases["stopped"] == ("2017-03", "2017-04", "2017-05", "2017-06", "2017-07")
    assert (phases["banned"][0], phases["banned"][-1]) == ("2017-09", "2018-08")


# ------------------------------------------------------------------------------------- what is drawn and said


def drawn(make: Callable[[Report], object], monkeypatch: pytest.MonkeyPatch) -> Picture:
    """The wide picture of a chart of the default edition."""
    kept: list[Picture] = []
    monkeypatch.setattr(style, "to_svg", lambda picture: kept.append(picture) or "<svg/>")
    make(report_of({}))
    return kept[0]


def test_no_month_without_a_figure_is_drawn_as_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    (axes,) = drawn(figures.coal_months, monkeypatch).axes
    (bars,) = (c for c in axes.containers if isinstance(c, BarContainer))
    known = {row["first_month"]: float(row["value"]) for row in ROWS
             if row["product"] == "coal" and row["unit"] == "tonnes" and row["first_month"] == row["last_month"]
             and row["year"] in ("2016", "2017")}  # fmt: skip
    months = {int(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in bars}
    assert {f"{m // 12}-{m % 12 + 1:02}": height * 1e6 for m, height in months.items()} == pytest.approx(known)
    zeros = [text for text in axes.texts if text.get_text() == "0"]
    assert len(zeros) == sum(value == 0 for value in known.values()) == 7
    grey = 24 - len(known)
    assert sum(type(patch).__name__ == "Rectangle" and patch not in bars.patches for patch in axes.patches) == grey
    words = " ".join(text.get_text() for text in axes.texts)
    assert all(name in words for name in ("Res. 2321", "China stops coal", "Res. 2371"))


def test_circles_stand_where_there_are_figures_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = drawn(figures.traded, monkeypatch)
    data = figures.traded(report_of({})).node()["data"]
    for axes, flow in zip(picture.axes, ("dprk_exports", "dprk_imports"), strict=True):
        rows = [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]
        wanted = {(row["good"], row["year"]) for row in rows if row["flow"] == flow}
        names = [label.get_text() for label in axes.get_yticklabels()]
        places = [line.get_xydata()[0] for line in axes.lines if line.get_marker() in ("o", "s")]
        assert {(names[int(y)], int(x)) for x, y in places} == wanted and len(places) == len(wanted)
        assert all(row["usd_million"] > 0 for row in rows)


def test_an_edition_without_figures_says_so_in_a_sentence() -> None:
    report = report_of({"start_year": 1984, "end_year": 1988})
    shown = [figures.traded(report), figures.coal_months(report), prose.products.traded(report),
             prose.event_products.controls(report)]  # fmt: skip
    assert all(plain_of(one.node()).startswith("No ") for one in shown)
    assert not tables.event_products(report).node()["rows"] and not report.facts.under("events.products")


def test_an_earlier_as_of_knows_fewer_figures() -> None:
    early = Report(resolve({"as_of": "2015-06-30"}))
    assert early.find("products.value.anthracite.imports.customs.2013")
    assert early.find("products.value.coal.imports.customs.2016") is None
    assert not early.facts.under("events.products")


def test_the_ban_that_a_good_stands_under() -> None:
    catalogue = report_of({}).catalogue
    assert bans.banned_from(catalogue, "coal", "imports") == "2017-02-19"
    assert bans.banned_from(catalogue, "zinc", "imports") == "2016-11-30"
    assert bans.banned_from(catalogue, "clothing", "dprk_exports") == "2017-09-11"
    assert bans.banned_from(catalogue, "gasoline", "exports") == "2017-10-01"
    assert bans.banned_from(catalogue, "tobacco", "exports") == ""
    assert bans.banned_from(catalogue, "coal", "exports") == ""
