"""FAOSTAT: its bulk files, as they are described, become vintages of grain, harvests and imports; others are refused.

The archives have the names, the columns and the flags of the bulk files linked on the pages TM, QCL and FBS of
https://www.fao.org/faostat/en/#data, and of its page of definitions. Tested against these descriptions only, never
against a file that FAO made.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analysis import Report
from analysis.catalogue import load
from analysis.dependence import food
from analysis.parameters import resolve
from analysis.refresh import faostat, package, refresh
from analysis.refresh.faostat import BALANCES, CROPS, TRADE, Domain
from analysis.refresh.own import NoFile
from analysis.refresh.taking import Taken
from analysis.refresh.web import Raw, Refused, Web
from conftest import Project, contents
from publisher import Answer, Asked, Publisher, publishing

TODAY = date(2026, 12, 1)
YEARS = range(2017, 2020)
Cells = dict[str, str]
EXTRA = {TRADE: "Item Code (CPC)", CROPS: "Item Code (CPC)", BALANCES: "Item Code (FBS)"}
ITEMS = {
    "maize": ("56", "Maize (corn)"), "rice": ("30", "Rice, paddy (rice milled equivalent)"), "wheat": ("15", "Wheat"),
    "soybeans": ("236", "Soya beans"), "paddy": ("27", "Rice"), "all": ("2905", "Cereals - Excluding Beer"),
}  # fmt: skip
# FAO's code, its code of the United Nations, its name, and ours.
COUNTRIES = {
    "China": ("41", "156", "China, mainland"), "Russia": ("185", "643", "Russian Federation"),
    "Türkiye": ("223", "792", "Türkiye"), "DPRK": ("116", "408", faostat.NAME),
    "China and all": ("351", "159", "China"),
}  # fmt: skip
OTHERS = {"India": "100", "Brazil": "21", "Ukraine": "230", "South Africa": "202", "Germany": "79", "Canada": "33",
          "Italy": "106"}  # fmt: skip


IN_DOLLARS = {"Element Code": "5922", "Element": "Export value", "Unit": "1000 USD"}


def shipped(exporter: str, importer: str, crop: str, year: int, value: str, **other: str) -> Cells:
    """A line of the trade matrix, as documented."""
    (code, m49, name), (to, to_m49, to_name) = (
        COUNTRIES.get(side) or (OTHERS[side], "900", side) for side in (exporter, importer)
    )
    return {
        "Reporter Country Code": code, "Reporter Country Code (M49)": f"'{m49}", "Reporter Countries": name,
        "Partner Country Code": to, "Partner Country Code (M49)": f"'{to_m49}", "Partner Countries": to_name,
        "Item Code": ITEMS[crop][0], "Item Code (CPC)": "'0112", "Item": ITEMS[crop][1], "Element Code": "5910",
        "Element": "Export quantity", "Year Code": str(year), "Year": str(year), "Unit": "t", "Value": value,
        "Flag": "A", **other,
    }  # fmt: skip


def made(domain: Domain, item: str, year: int, value: str, **other: str) -> Cells:
    """A line of the crops or of the balances, as documented."""
    return {
        "Area Code": "116", "Area Code (M49)": "'408", "Area": faostat.NAME, "Item Code": ITEMS[item][0],
        EXTRA[domain]: "'0112", "Item": ITEMS[item][1], "Element Code": domain.element[0],
        "Element": domain.element[1], "Year Code": str(year), "Year": str(year), "Unit": domain.units[0],
        "Value": value, "Flag": "E", "Note": "", **other,
    }  # fmt: skip


def archive(domain: Domain, lines: list[Cells], encoding: str = "utf-8") -> bytes:
    text, packed = io.StringIO(), io.BytesIO()
    writer = csv.DictWriter(text, list(lines[0]), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("Flags.csv", "Flag,Description\r\nA,Official figure")
        file.writestr(f"{domain.file}.csv", text.getvalue().encode(encoding))
    return packed.getvalue()


def stand(table: str) -> list[Cells]:
    return [row for row in package.table(load(), table) if int(row["year"]) in YEARS]


def trade(**changed: str) -> list[Cells]:
    """The rows that stand, as the publisher would print them: `changed` by row id, and what is no business of ours."""
    lines = [
        shipped(
            row["exporter"], "DPRK", row["crop"], int(row["year"]),
            changed.get(row["row_id"].replace("-", "_"), f"{float(row['value']):.2f}"),
        )
        for row in stand("food/cereal_exports_to_dprk")
    ]  # fmt: skip
    return [
        *lines,
        shipped("China", "Russia", "maize", 2019, "5000.00"),
        shipped("China and all", "DPRK", "maize", 2019, "99999.00"),
        shipped("China", "DPRK", "maize", 2019, "77.00", **IN_DOLLARS),
        shipped("China", "DPRK", "maize", 2019, "77.00", **{"Item Code": "71", "Item": "Rye"}),
        shipped("DPRK", "China", "maize", 2019, "12.00"), shipped("DPRK", "Russia", "rice", 2018, "1.00"),
        shipped("India", "DPRK", "soybeans", 2019, "0.00"), shipped("Russia", "DPRK", "rice", 2018, "", Flag="M"),
    ]  # fmt: skip


def crops() -> list[Cells]:
    return [
        *(made(CROPS, "paddy" if row["crop"] == "rice" else row["crop"], int(row["year"]), row["value"])
          for row in stand("food/cereal_production")),
        made(CROPS, "maize", 2019, "500000.00", **{"Element Code": "5312", "Element": "Area harvested", "Unit": "ha"}),
    ]  # fmt: skip


def balances() -> list[Cells]:
    rows = stand("food/cereal_balance_imports")
    return [made(BALANCES, "all", int(row["year"]), f"{row['value']}.00") for row in rows]


def answering(bodies: dict[Domain, bytes]) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        found = [body for domain, body in bodies.items() if asked.path == f"/{domain.file}.zip"]
        return Answer(found[0], headers={"Content-Type": "application/zip"}) if found else Answer(status=404)

    return answer


def printing(trade_lines: list[Cells], crop_lines: list[Cells] | None = None, sums: list[Cells] | None = None) -> Any:
    return answering({
        TRADE: archive(TRADE, trade_lines), CROPS: archive(CROPS, crop_lines or crops()),
        BALANCES: archive(BALANCES, sums or balances()),
    })  # fmt: skip


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with publishing() as server:
        monkeypatch.setattr(faostat, "ADDRESS", server.address)
        yield server


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path / "kept", pause=0, sleep=lambda seconds: None)


# ----------------------------------------------------------------------------------------------------------- reading


def read(tmp_path: Path, domain: Domain, body: bytes) -> list[faostat.Read]:
    path = tmp_path / "file.zip"
    path.write_bytes(body)
    return list(faostat.figures(Raw("Example", "", path, "", 0, ""), domain))


def test_only_exports_of_known_crops_to_or_from_the_dprk_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, TRADE, archive(TRADE, trade()))
    assert len(found) == len(stand("food/cereal_exports_to_dprk")) + 4, "the sum of China's, two sales, and a zero"
    assert faostat.Read(2019, "rice", (("41", "China, mainland"), ("116", faostat.NAME)), "161609.00", "A") in found
    assert {one.item for one in found} == {"maize", "rice", "wheat", "soybeans"}
    assert not [one for one in found if one.value == "77.00"], "a value, and another crop"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_names_are_read_in_each_encoding_that_fao_has_used(tmp_path: Path, encoding: str) -> None:
    lines = [shipped("Türkiye", "DPRK", "maize", 2019, "2538")]
    assert read(tmp_path, TRADE, archive(TRADE, lines, encoding))[0].countries[0] == ("223", "Türkiye")


def test_older_names_and_units_are_known(tmp_path: Path) -> None:
    old = shipped("China", "DPRK", "soybeans", 2019, "1", Item="Soybeans", Element="Export Quantity", Unit="tonnes")
    assert read(tmp_path, TRADE, archive(TRADE, [old]))[0].item == "soybeans"


USED = {TRADE: shipped("China", "DPRK", "rice", 2019, "161609.00"), CROPS: made(CROPS, "paddy", 2019, "2803713.3"),
        BALANCES: made(BALANCES, "all", 2018, "946.00")}  # fmt: skip
OTHER = {
    "Item Code": ["", "15", "4"], "Item": ["", "Barley"], "Element Code": ["", "5610", "5511"],
    "Element": ["", "Import quantity X", "Stocks"], "Year Code": ["", "2016"], "Year": ["", "19", "2019.0", "1819"],
    "Unit": ["", "1000 An", "kg", "1000000 t"], "Value": ["", "n/a", "-4", "1e5", "1,000", "nan", "inf"],
    "Flag": ["", "AA", "Q9", "Z"], "Reporter Country Code": ["", "China", "116"],
    "Reporter Countries": ["", faostat.NAME], "Reporter Country Code (M49)": ["'408"],
    "Partner Country Code": ["", "117", "41"], "Partner Countries": [f"{faostat.NAME} "],
    "Partner Country Code (M49)": ["", "'410"], "Area Code": ["", "117"], "Area": [f"{faostat.NAME} "],
    "Area Code (M49)": ["", "'410"],
}  # fmt: skip
FAULTS = [
    *((domain, f"without {name}", name, None) for domain in USED for name in domain.columns),
    *((domain, f"{name} renamed", name, name.upper()) for domain in USED for name in domain.columns),
    *(
        (domain, f"{name} is {value!r}", name, ("is", value))
        for domain in USED for name in domain.columns for value in OTHER[name]
    ),
]  # fmt: skip


@pytest.mark.parametrize(("domain", "fault", "name", "how"), FAULTS, ids=[f"{d.title}: {f}" for d, f, *_ in FAULTS])
def test_a_file_that_is_not_as_documented_is_refused(
    tmp_path: Path, domain: Domain, fault: str, name: str, how: Any
) -> None:
    sound = USED[domain]
    assert len(read(tmp_path, domain, archive(domain, [sound]))) == 1
    if how is None:
        line = {key: value for key, value in sound.items() if key != name}
    elif isinstance(how, str):
        line = {(how if key == name else key): value for key, value in sound.items()}
    else:
        line = {**sound, name: how[1]}
    with pytest.raises(Refused, match=r"^The answer of Example(, line 2,| has) .*\.$") as error:
        read(tmp_path, domain, archive(domain, [line]))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body[: len(body) // 2], "damaged or incomplete"),
        (lambda body: body.replace(b"Normalized", b"Abnormal__"), "holds no file"),
        (lambda body: body[:300] + bytes(9) + body[309:], "damaged or incomplete"),
        (lambda body: archive(TRADE, [USED[TRADE]] * 2), "gives rice of 2019 a second time"),
        (lambda body: archive(TRADE, [shipped("DPRK", "DPRK", "rice", 2019, "1")]), "is not of the DPRK and another"),
    ],
)
def test_an_archive_that_is_not_as_documented_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    with pytest.raises(Refused, match=re.escape(said)):
        read(tmp_path, TRADE, change(archive(TRADE, trade())))


def test_a_line_with_a_cell_too_many_is_refused(tmp_path: Path) -> None:
    text = ",".join(USED[TRADE]) + "\r\n" + ",".join(f'"{cell}"' for cell in USED[TRADE].values())
    path = tmp_path / "file.zip"
    for extra, cells in ((',"x"', 17), ("", 16)):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(f"{TRADE.file}.csv", text + extra)
        if extra:
            with pytest.raises(Refused, match=f"line 2, has {cells} cells, not 16"):
                read(tmp_path, TRADE, path.read_bytes())
        else:
            assert len(read(tmp_path, TRADE, path.read_bytes())) == 1


# ----------------------------------------------------------------------------------------------------- taking it in


@pytest.fixture
def fetching(project: Project, publisher: Publisher, web: Web) -> Callable[..., Taken]:
    publisher.answers = printing(revised())
    return lambda **more: refresh.refresh("faostat", "2017-2019", web=web, today=TODAY, **more)


def revised() -> list[Cells]:
    """China's rice of 2019 revised, a new exporter of that year, a shipment gone, and one that became nothing."""
    lines = trade(**{"2019_rice_china": "180000.00", "2018_maize_brazil": "0.00"})
    lines = [line for line in lines if line["Reporter Countries"] != "Canada"]
    return [*lines, shipped("Italy", "DPRK", "wheat", 2019, "20000.5", Flag="E")]


@pytest.mark.fault("19.15 an archive of the user's own is read in the place of the publisher's")
def test_an_archive_of_the_users_own_is_read(project: Project, publisher: Publisher, tmp_path: Path) -> None:
    file = tmp_path / f"{faostat.TRADE.file} (1).zip"
    file.write_bytes(archive(faostat.TRADE, revised()))
    for place in (file, tmp_path):
        done = refresh.refresh("faostat", "2017-2019", path=str(place), today=TODAY)
        assert isinstance(done, Taken) and [part.table for part, _ in done.found] == ["food/cereal_exports_to_dprk"]
        assert done.found[0][1].any and not publisher.asked
    other = tmp_path / "something.zip"
    other.write_bytes(file.read_bytes())
    with pytest.raises(NoFile, match=r"The file something\.zip is, or holds, no file Trade_DetailedTradeMatrix"):
        refresh.refresh("faostat", path=str(other), today=TODAY)


def test_without_apply_nothing_changes_and_everything_is_said(project: Project, fetching: Callable[..., Taken]) -> None:
    held = contents(project.root / "data")
    done = fetching()
    assert contents(project.root / "data") == held and done.version is None
    text = [" ".join(line.split()) for line in done.lines()]
    assert text[:9] == [
        "food/cereal_exports_to_dprk, FAOSTAT detailed trade matrix, exporters' reports:",
        "1 new:", "2019 wheat Italy 20,000.500 tonnes",
        "1 gone, and left as they stand:", "2018 soybeans Canada 201.320 tonnes",
        "2 changed:", "2018 maize Brazil 3,200.000 -> 0.000 tonnes, times 0.0000",
        "2019 rice China 161,609.000 -> 180,000.000 tonnes, times 1.1138", "28 unchanged",
    ]  # fmt: skip
    assert [line for line in text if line.endswith("unchanged")] == ["28 unchanged", "12 unchanged", "2 unchanged"]
    assert text[-1] == "Nothing was changed: --apply takes these figures in."


def share(**settings: Any) -> float | None:
    report = Report(resolve(settings, load()), load())
    return report.fact("dependence.cereal_imports.quantity.2019").value


def test_applied_figures_are_vintages_that_as_of_tells_apart(project: Project, fetching: Callable[..., Taken]) -> None:
    before = share()
    done = fetching(apply=True)
    assert done.version == "2026.12.01"
    now = load()
    rows = now.frame(food.EXPORTS).set_index("row_id")
    fetched = rows[rows["source_id"] == "faostat-trade-matrix-2026-12-01"]
    assert list(fetched.index) == ["2018-maize-brazil-2", "2019-wheat-italy", "2019-rice-china-2"]
    assert list(fetched["value"]) == [0, 20000.5, 180000]
    assert list(fetched["status"]) == ["mirror", "estimated", "mirror"]
    assert rows.loc["2019-rice-china", "value"] == 161609, "what stood stands"
    # By hand, from the rows of 2019: China's maize and rice over those of all exporters.
    others = 14500 + 6187.56 + 2538 + 1 + 46 + 9 + 1000 + 6293
    assert before == pytest.approx(100 * (22939.36 + 161609) / (22939.36 + 161609 + others), rel=1e-9)
    china = 22939.36 + 180000
    assert share() == pytest.approx(100 * china / (china + others + 20000.5), rel=1e-9)
    assert share(as_of="2026-11-30") == before, "the vintage of before"
    assert share(as_of="2026-12-01") == share()
    fact = Report(resolve({}, now), now).fact("dependence.cereal_imports.quantity.2019")
    assert f"{food.EXPORTS}#2019-rice-china-2" in fact.rows and f"{food.EXPORTS}#2019-rice-china" not in fact.rows
    now.verify()


def test_what_was_taken_in_is_unchanged_the_next_time(project: Project, fetching: Callable[..., Taken]) -> None:
    fetching(apply=True)
    held = contents(project.root / "data")
    again = fetching(apply=True)
    assert again.version is None and list(again.lines())[-1] == "Nothing to take in."
    assert contents(project.root / "data") == held


def test_harvests_and_balances_become_rows_of_their_tables(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken]
) -> None:
    publisher.answers = printing(
        revised(), [*crops()[1:], made(CROPS, "maize", 2017, "2300000", Flag="A")],
        [*balances(), made(BALANCES, "all", 2019, "1012.00", Flag="I")],
    )  # fmt: skip
    before = Report(resolve({}, load()), load()).fact("dependence.cereal_supply.production_plus_imports.2017").value
    fetching(apply=True)
    harvest = load().frame(food.PRODUCTION).set_index("row_id").loc["2017-maize-production-2"]
    assert (harvest["value"], harvest["status"], harvest["quality"]) == (2300000, "reported", "B")
    balance = load().frame(food.BALANCES).set_index("row_id").loc["2019-all-balance"]
    assert (balance["value"], balance["unit"], balance["status"], balance["quality"]) == (1012, "kt", "estimated", "D")
    now = Report(resolve({}, load()), load()).fact("dependence.cereal_supply.production_plus_imports.2017").value
    old = Report(resolve({"as_of": "2026-11-30"}, load()), load())
    assert old.fact("dependence.cereal_supply.production_plus_imports.2017").value == before
    assert now < before, "a larger harvest, a smaller share"


@pytest.mark.parametrize("fault", ["exchanged", "thousands", "nothing", "a page", "no file"])
def test_files_that_cannot_be_right_change_nothing(
    project: Project, publisher: Publisher, fetching: Callable[..., Taken], fault: str
) -> None:
    lines = trade()
    if fault == "exchanged":
        lines = [
            {
                **line, **{
                    f"{a} {rest}": line[f"{b} {rest}"]
                    for a, b in (("Reporter", "Partner"), ("Partner", "Reporter"))
                    for rest in ("Country Code", "Country Code (M49)", "Countries")
                },
            }
            for line in lines
        ]  # fmt: skip
    if fault == "thousands":
        lines = [{**line, "Value": line["Value"] and f"{float(line['Value']) / 1000:.6f}"} for line in lines]
    publisher.answers = printing([line for line in lines if fault != "nothing" or line["Year"] == "1999"] or [
        shipped("China", "Russia", "maize", 2019, "5")
    ])  # fmt: skip
    if fault == "a page":
        publisher.answers = lambda asked: Answer(b"<!DOCTYPE html><title>Maintenance</title>")
    if fault == "no file":
        publisher.answers = lambda asked: Answer(status=404)
    held = contents(project.root / "data")
    with pytest.raises(Refused, match=r"look exchanged|unit seems to be|has nothing of|but a web page|answered 404"):
        fetching(apply=True)
    assert contents(project.root / "data") == held
