"""BACI: small files whose sums are worked out by hand, a large one against pandas, and files that are not as described.

The form is that of https://www.cepii.fr/DATA_DOWNLOAD/baci/doc/baci_webpage.html and of the readme in CEPII's archives.
No file of CEPII was at hand: the reading was tested against these descriptions, on figures made for the tests. Totals
of China and the DPRK lie near those of customs, for otherwise they are refused; the rest is invented.
"""

from __future__ import annotations

import csv
import importlib
import itertools
import math
import re
import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from analysis import Report, cli, figures, prose, tables
from analysis.catalogue import load
from analysis.dependence import baci as shares
from analysis.errors import BadParameter
from analysis.formatting import GAP
from analysis.parameters import resolve
from analysis.refresh import baci, bulk, flows, koreas, package, uses
from analysis.refresh.baci import BadFiles, Sum
from analysis.refresh.web import Refused
from analysis.report import report_of
from analysis.trade import series
from conftest import Project, contents

pytest.importorskip("duckdb")
TODAY = date(2026, 12, 1)
HEADER = "t,i,j,k,v,q"
CHN, PRK, KOR, RUS, THA, MEX, ASIA, OLD, NEW = 156, 408, 410, 643, 764, 484, 490, 280, 276
CODES = """country_code,country_name,country_iso2,country_iso3
156,China,CN,CHN
408,Dem. People's Rep. of Korea,KP,PRK
410,Rep. of Korea,KR,KOR
643,Russian Federation,RU,RUS
764,Thailand,TH,THA
484,Mexico,MX,MEX
490,"Other Asia, not elsewhere specified",,N/A
280,Fed. Rep. of Germany (...1990),DE,DEU
276,Germany,DE,DEU
"""
YEARS = range(2014, 2019)
README = "Release Date : 2024 04 09\n"
Line = tuple[int, int, int, str, str, str]
# Machines that China sold, and what it bought, by year: with the rest they make totals near customs.
MACHINES = {2014: 3_000_000, 2015: 2_500_000, 2016: 2_700_000, 2017: 2_800_000, 2018: 1_800_000}
BOUGHT = {2014: 2_800_000, 2015: 2_400_000, 2016: 2_600_000, 2017: 1_600_000, 2018: 200_000}


def year_of(year: int) -> list[Line]:
    """The rows of a year, thousand dollars and tons; quantities that are missing are set to the right."""
    rows: list[tuple[int, int, str, str, str]] = [
        (CHN, PRK, "010121", "100000.000", "50.000"), (CHN, PRK, "100630", "200000.500", "          NA"),
        (CHN, PRK, "271019", "150000.000", "300000.000"), (CHN, PRK, "850110", f"{MACHINES[year]}.000", "NA"),
        (RUS, PRK, "271019", "50000.000", "90000.000"), (RUS, PRK, "100190", "25000.000", "100000.000"),
        (THA, PRK, "100630", "74999.500", "          NA"),
        (PRK, CHN, "270112", f"{BOUGHT[year]}.000", "10000000.000"), (PRK, CHN, "030614", "130000.000", "9000.000"),
        (PRK, RUS, "030614", "1000.000", "70.000"), (ASIA, PRK, "960899", "0.001", "NA"),
        (OLD, PRK, "850110", "3.000", "1.000"), (NEW, PRK, "850110", "4.000", "1.000"),
        (CHN, KOR, "850110", "90000000.000", "5.000"), (KOR, CHN, "850110", "99000000.000", "5.000"),
        (RUS, KOR, "271019", "9000000.000", "90000.000"), (THA, KOR, "100630", "10.000", "4.000"),
        (RUS, MEX, "270900", "5.000", "9.000"), (MEX, KOR, "271019", "80000.000", "1.000"),
    ]  # fmt: skip
    if year == 2017:  # Mexico sells once, about what it sold to South Korea
        rows.append((MEX, PRK, "271019", "100000.000", "1000.000"))
    return [(year, *row) for row in rows]


def lay(
    folder: Path, years: range = YEARS, version: str = "202401b", hs: str = "HS92",
    change: Callable[[list[Line]], list[Line]] = lambda rows: rows, codes: str | None = CODES, readme: str = "",
    rows: Callable[[int], list[Line]] = year_of,
) -> Path:  # fmt: skip
    """Files of BACI in `folder`, as CEPII's archive holds them."""
    folder.mkdir(parents=True, exist_ok=True)
    for year in years:
        lines = [HEADER, *(",".join(map(str, row)) for row in change(rows(year)))]
        (folder / f"BACI_{hs}_Y{year}_V{version}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if codes is not None:
        (folder / f"country_codes_V{version}.csv").write_text(codes, encoding="utf-8")
    (folder / f"product_codes_{hs}_V{version}.csv").write_text("code,description\n010121,Horses\n", encoding="utf-8")
    if readme:
        (folder / "Readme.txt").write_text(readme, encoding="utf-8")
    return folder


def packed(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def extracted(path: Path, years: range = YEARS, pair: tuple[str, str] = ("CHN", "PRK")) -> dict[tuple[Any, ...], Sum]:
    sums = baci.extract(baci.find(path), pair, list(years), twins=koreas.twins(pair))
    made = {(one.year, one.exporter, one.importer, one.goods): one for one in sums}
    assert len(made) == len(sums)
    return made


# ------------------------------------------------------------------------------------------------- reading


def test_sums_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    found = extracted(lay(tmp_path / "baci"), range(2017, 2018))

    def of(exporter: str, importer: str, goods: str) -> tuple[float, float | None, float]:
        one = found[2017, exporter, importer, goods]
        return one.value, one.tonnes, one.weighed

    assert of("CHN", "PRK", "01") == (100.0, 50.0, 100.0), "a code with a leading zero is of chapter 01"
    assert of("CHN", "PRK", "10") == (200.0005, None, 0.0), "no quantity is no quantity of zero"
    assert of("CHN", "PRK", "food") == (300.0005, 50.0, 100.0)
    assert of("CHN", "PRK", "fuel") == of("CHN", "PRK", "27") == (150.0, 300_000.0, 150.0)
    assert of("CHN", "PRK", "all") == (3250.0005, 300_050.0, 250.0)
    assert of("PRK", "CHN", "all") == (1730.0, 10_009_000.0, 1730.0)
    assert of("WLD", "PRK", "food") == (400.0, 100_050.0, 125.0)
    assert of("WLD", "PRK", "fuel") == (300.0, 391_000.0, 300.0)
    assert of("DEU", "PRK", "all") == (0.007, 2.0, 0.007), "two numbers of one country are one country"
    assert of("TWN", "PRK", "all") == (0.000001, None, 0.0), "other Asia has one code, whatever its letters"
    assert of("PRK", "WLD", "03") == (131.0, 9070.0, 131.0)
    assert of("WLD", "CHN", "all")[0] == 99_000 + 1730 and of("CHN", "WLD", "all")[0] == 90_000 + 3250.0005
    assert found[2017, "CHN", "PRK", "all"].precision == 4 * 5e-7
    assert found[2017, "MEX", "PRK", "fuel"].twin == 80 and found[2017, "RUS", "PRK", "food"].twin == 0
    assert found[2017, "WLD", "PRK", "fuel"].twin is None
    kinds = {(e in ("CHN", "PRK", "WLD") and i in ("CHN", "PRK", "WLD"), g) for _, e, i, g in found}
    assert {g for own, g in kinds if not own} <= set(baci.GROUPS), "partners by group, pair and world by chapter too"
    assert not any({"KOR", "MEX"} == {e, i} or {"RUS", "MEX"} == {e, i} for _, e, i, _ in found)


def test_any_pair_can_be_asked_for(tmp_path: Path) -> None:
    found = extracted(lay(tmp_path / "baci"), range(2017, 2018), ("RUS", "MEX"))
    assert found[2017, "RUS", "MEX", "27"].value == 0.005 == found[2017, "WLD", "MEX", "all"].value
    assert found[2017, "RUS", "WLD", "fuel"].value == 9050.005
    assert all(one.twin is None for one in found.values()), "nobody mixes these two up"


@pytest.mark.fault("19.14 one code for one area in every release, choosable by the names of the file")
@pytest.mark.parametrize("letters", ["N/A", "S19", "TWN", ""])
def test_an_area_has_one_code_whatever_its_letters(project: Project, tmp_path: Path, letters: str) -> None:
    codes = CODES.replace(",N/A", f",{letters}") + "891,Serbia and Montenegro,,SCG\n899,\"Areas, nes\",,\n"
    files = lay(tmp_path / "baci", range(2017, 2018), codes=codes, change=lambda rows: [
        *rows, (2017, CHN, ASIA, "854231", "1000.000", "NA"), (2017, 891, 899, "854231", "7.000", "NA"),
    ])  # fmt: skip
    for pair in ("CHN-TWN", "chn-s19", "CHN-490", "CHN-N490"):
        assert take(files, pair=pair).pair == ("CHN", "TWN")
    for pair in ("SCG-899", "891-N899"):
        assert take(files, pair=pair).pair == ("N891", "N899")
    take(files, pair="CHN-S19", apply=True)
    for partner in ("TWN", "S19", "490", "Other Asia, nes"):
        parameters = resolve({"partner": partner}, load())
        assert parameters.partner == "TWN" and parameters.pair.second == "Taiwan"
    caveats = report_of(parameters, load()).catalogue.frame("caveats").set_index("caveat_id")["text"]
    assert "Other Asia, not elsewhere specified" in caveats["other-asia"]


@pytest.mark.fault("19.14 joined and split countries carry the name and the years of the file")
def test_a_country_that_was_split_says_so(project: Project, tmp_path: Path) -> None:
    codes = CODES + "58,Belgium-Luxembourg (...1998),BX,BEL\n56,Belgium,BE,BEL\n442,Luxembourg,LU,LUX\n"

    def rows(year: int) -> list[Line]:
        return [(year, RUS, 58 if year < 1999 else 56, "270900", "500.000", "1.000"),
                (year, CHN, KOR, "850110", "90000.000", "5.000"), (year, KOR, CHN, "850110", "90000.000", "5.000"),
                (year, 58 if year < 1999 else 56, RUS, "850110", "20000.000", "5.000")]  # fmt: skip

    files = lay(tmp_path / "baci", range(1997, 2001), codes=codes, rows=rows)
    joined, alone = take(files, pair="RUS-58"), take(files, pair="RUS-BEL")
    assert {key[0] for key in joined.changes.new} == {"1997", "1998", "1999", "2000"}
    assert {key[0] for key in alone.changes.new if "BEL" in key} == {"1999", "2000"}, "not those of the two together"
    take(files, pair="RUS-BEL", apply=True)
    report = report_of(resolve({"reporter": "RUS", "partner": "BEL"}, load()), load())
    assert report.find("trade.exports.baci.1998") is None and report.find("trade.growth_exports.baci.1999") is None
    said = report.catalogue.frame("caveats").set_index("caveat_id").loc["extent", "text"]
    assert said.startswith("The files have Belgium-Luxembourg as one up to 1998 and Belgium and Luxembourg from 1999")


@pytest.mark.fault("19.14 a failed look-up lists the pairs that were asked for")
def test_a_failed_look_up_lists_the_pairs_that_were_asked_for(project: Project, files: Path) -> None:
    take(files, pair="RUS-MEX", apply=True)
    with pytest.raises(BadParameter, match=r"no trade of VNM-THA \(it has BACI's trade of MEX-RUS\); take it in"):
        resolve({"reporter": "VNM", "partner": "THA"}, load())


def test_a_zip_equals_its_files_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    folder = lay(tmp_path / "baci", readme=README)
    archive = packed(folder, tmp_path / "BACI_HS92_V202401b.zip")
    plain = extracted(folder)
    assert extracted(archive) == plain and len(plain) > 100
    beside = tmp_path / "downloads"
    beside.mkdir()
    archive.rename(beside / archive.name)
    assert extracted(beside) == plain, "a folder with the zip is as good"
    assert not list(scratch.iterdir())


def test_one_file_is_read_with_the_codes_beside_it(tmp_path: Path) -> None:
    folder = lay(tmp_path / "baci")
    one = extracted(folder / "BACI_HS92_Y2016_V202401b.csv", range(2016, 2017))
    assert one == {key: found for key, found in extracted(folder).items() if key[0] == 2016}


def test_columns_may_stand_in_another_order_and_codes_have_their_older_names(tmp_path: Path) -> None:
    folder = lay(tmp_path / "baci", range(2017, 2018))
    plain = extracted(folder, range(2017, 2018))
    file = folder / "BACI_HS92_Y2017_V202401b.csv"
    rows = [line.split(",") for line in file.read_text("utf-8").splitlines()]
    file.write_text("\r\n".join(",".join([t, k, i, j, v, q]) for t, i, j, k, v, q in rows) + "\r\n", "utf-8")
    codes = folder / "country_codes_V202401b.csv"
    older = "country_code,country_name_full,iso_2digit_alpha,iso_3digit_alpha"
    codes.write_text(codes.read_text("utf-8").replace(CODES.splitlines()[0], older), "utf-8")
    assert extracted(folder, range(2017, 2018)) == plain


def test_a_large_generated_file_gives_what_pandas_gives(tmp_path: Path) -> None:
    bench = importlib.import_module("bench_baci")
    bench.generate(tmp_path, 200_000)
    ours, theirs = bench.ours(tmp_path, 2), bench.by_pandas(tmp_path, 1)
    assert ours.keys() == theirs.keys() and len(ours) > 1000
    assert ours == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(
    ("readme", "version", "published"),
    [
        ("Version : 202201\nRelease Date : 2022 02 24\n", "202201", "2022-02-24"),
        ("Release Date: 2024-4-9\n", "202401b", "2024-04-09"),
        ("", "202401", "2024-01"), ("", "202401b", ""), ("nothing of the kind", "202401", "2024-01"),
    ],
)  # fmt: skip
def test_a_version_appeared_when_its_readme_says(tmp_path: Path, readme: str, version: str, published: str) -> None:
    assert baci.find(lay(tmp_path / "baci", version=version, readme=readme)).published == published


# ------------------------------------------------------------------------------------------------- refused


def cell(position: int, value: str, line: int = 2) -> Callable[[list[Line]], list[Line]]:
    """Put `value` into one cell of one row of every file."""
    return lambda rows: [
        tuple(value if (n, c) == (line, position) else old for c, old in enumerate(row))  # type: ignore[misc]
        for n, row in enumerate(rows)
    ]


ROWS: dict[str, tuple[Callable[[list[Line]], list[Line]], str]] = {
    "another year": (cell(0, "2013"), "has rows of the year 2013, not of 2017 alone"),
    "another year elsewhere": (cell(0, "2019", 17), "has rows of the year 2019, not of 2017 alone"),
    "no year": (cell(0, ""), "Line 4 of the file .* has the t '', which is no number"),
    "no exporter": (cell(1, ""), "has the i '', which is no number"),
    "an exporter in letters": (cell(1, "CHN"), "has the i 'CHN', which is no number"),
    "an unknown exporter": (cell(1, "999"), "The country codes lack 999"),
    "a leading zero that is gone": (cell(3, "10121"), "has the product code '10121', not six digits: a program"),
    "the same elsewhere": (cell(3, "10121", 17), "has the product code '10121', not six digits"),
    "a product as a number": (cell(3, "27.1019"), "has the product code '27.1019'"),
    "a product in letters": (cell(3, "TOTAL1"), "product codes that begin with 'TO'"),
    "no product": (cell(3, ""), "has the product code ''"),
    "no value": (cell(4, ""), "has the value ''"), "a value NA": (cell(4, "NA"), "has the value 'NA'"),
    "a value of zero": (cell(4, "0"), "has the value '0': only flows above zero"),
    "a negative value": (cell(4, "-1.5"), "has the value '-1.5'"),
    "a value in words": (cell(4, "much"), "has the value 'much'"),
    "a value without end": (cell(4, "inf"), "has the value 'inf'"),
    "not a number": (cell(4, "nan"), "has the value 'nan'"),
    "a decimal comma": (cell(4, '"1,5"'), "has the value '1,5'"), "a quantity in words": (cell(5, "few"), "'few'"),
    "an empty quantity": (cell(5, ""), "has the quantity '', which is neither tons nor NA"),
    "a negative quantity": (cell(5, "-3"), "has the quantity '-3'"),
    "five columns": (lambda rows: [row[:5] for row in rows], "Line 2 of the file .* has 5 columns, not 6"),  # type: ignore[misc]
    "seven columns": (lambda rows: [(*row, "1") for row in rows], "has 7 columns, not 6"),  # type: ignore[misc]
    "an open quote": (cell(3, '"271019'), "is not as CEPII describes it|has .* columns"),
}  # fmt: skip


@pytest.mark.parametrize("fault", ROWS)
def test_rows_that_are_not_as_described_are_refused(tmp_path: Path, fault: str) -> None:
    change, said = ROWS[fault]
    with pytest.raises(Refused, match=said) as error:
        extracted(lay(tmp_path / "baci", range(2017, 2018), change=change), range(2017, 2018))
    assert "\n" not in str(error.value) and str(error.value).endswith(".") and "Possible" not in str(error.value)


@pytest.mark.parametrize(
    "header",
    ["", "t,i,j,k,v", "t,i,j,k,v,q,z", "t,i,j,hs6,v,q", "T,I,J,K,V,Q", "year;i;j;k;v;q", "2017,1,2,010121,3,4"],
)
def test_another_header_is_refused(tmp_path: Path, header: str) -> None:
    file = lay(tmp_path / "baci", range(2017, 2018)) / "BACI_HS92_Y2017_V202401b.csv"
    file.write_text(file.read_text("utf-8").replace(HEADER, header), "utf-8")
    with pytest.raises(Refused, match=r"has the columns .*, not t,i,j,k,v,q\.$"):
        extracted(file, range(2017, 2018))


def test_a_file_that_ends_within_a_line_is_refused(tmp_path: Path) -> None:
    file = lay(tmp_path / "baci", range(2017, 2018)) / "BACI_HS92_Y2017_V202401b.csv"
    file.write_bytes(file.read_bytes()[:-3])  # 1000.000 becomes 1000.0: a number all the same
    with pytest.raises(Refused, match="ends within a line, so it seems to be cut off"):
        extracted(file, range(2017, 2018))


@pytest.mark.parametrize("fault", ["cut off", "a byte", "no zip", "empty"])
def test_a_damaged_archive_is_refused(tmp_path: Path, fault: str) -> None:
    archive = packed(lay(tmp_path / "baci"), tmp_path / "BACI_HS92_V202401b.zip")
    body = bytearray(archive.read_bytes())
    if fault == "a byte":
        with zipfile.ZipFile(archive) as opened:
            body[opened.getinfo("BACI_HS92_Y2016_V202401b.csv").header_offset + 120] ^= 0xFF
    archive.write_bytes({"cut off": bytes(body[:-200]), "no zip": b"<html>", "empty": b""}.get(fault, bytes(body)))
    with pytest.raises(Refused, match=r"The archive BACI_HS92_V202401b\.zip is damaged or cut off"):
        extracted(archive)


@pytest.mark.parametrize("wrong", ["missing", "of another version", "without columns", "twice", "no number"])
def test_country_codes_that_cannot_be_used_are_refused(tmp_path: Path, wrong: str) -> None:
    folder = lay(tmp_path / "baci", codes=None if wrong in ("missing", "of another version") else CODES)
    file = folder / "country_codes_V202401b.csv"
    said = r"country_codes_V202401b\.csv, which names the countries, is missing"
    if wrong == "of another version":
        (folder / "country_codes_V202301.csv").write_text(CODES, "utf-8")
        said += r"; there is only country_codes_V202301\.csv"
    if wrong == "without columns":
        file.write_text("code,name\n156,China\n", "utf-8")
        said = "has the columns code,name, not country_code and country_iso3"
    if wrong in ("twice", "no number"):
        file.write_text(CODES + ("156,China again,CN,CHN\n" if wrong == "twice" else "CHN,China,CN,CHN\n"), "utf-8")
        said = "has the country_code '(156|CHN)' in line 11"
    with pytest.raises(Refused, match=said):
        extracted(folder)


@pytest.mark.fault("19.13 a flow that stands twice is refused")
@pytest.mark.parametrize("change", [lambda rows: rows + rows, lambda rows: [*rows, rows[1]]], ids=["file", "row"])
def test_a_flow_that_stands_twice_is_refused(tmp_path: Path, change: Callable[[list[Line]], list[Line]]) -> None:
    with pytest.raises(Refused, match=r"has product \d{6} from 156 to 408 2 times: each flow stands once"):
        extracted(lay(tmp_path / "baci", range(2017, 2018), change=change), range(2017, 2018))


def test_versions_and_revisions_are_not_mixed(tmp_path: Path) -> None:
    lay(tmp_path / "baci", range(2014, 2016))
    lay(tmp_path / "baci", range(2016, 2019), version="202501")
    with pytest.raises(Refused, match=r"are of several versions, BACI_HS92.*CEPII asks not to mix them"):
        baci.find(tmp_path / "baci")
    lay(tmp_path / "other", range(2014, 2016))
    lay(tmp_path / "other", range(2016, 2019), hs="HS12")
    with pytest.raises(Refused, match="are of several versions"):
        baci.find(tmp_path / "other")


# -------------------------------------------------------------------------------------------- the two Koreas


def judged(values: dict[int, float], twin: float, whole: float = 1000.0, partner: str = "MEX") -> set[int]:
    sums = [Sum(y, partner, "PRK", "all", v, 0, None, 0, twin) for y, v in values.items()]
    sums += [Sum(y, "WLD", "PRK", "all", whole, 0, None, 0) for y in range(2010, 2015)]
    return {year for year, *_ in koreas.doubtful(sums, ("CHN", "PRK"))}


def test_the_rule_on_the_two_koreas() -> None:
    once = {2012: 15.0}
    assert judged(once, twin=0) == set(), "a jump alone is none: 1.5 per cent of all, and none with the South"
    assert judged(once, twin=20) == judged(once, twin=7.5) == {2012}, "near what went to the South"
    assert judged(once, twin=31) == judged(once, twin=7) == set()
    assert judged({2012: 21.0}, twin=0) == {2012}, "large"
    assert judged({2012: 0.9}, twin=0.9) == set(), "too small to tell"
    every = dict.fromkeys(range(2010, 2015), 25.0)
    assert judged(every, twin=25) == set(), "no jump"
    assert judged({**every, 2013: 75.0}, twin=0) == set() and judged({**every, 2013: 75.1}, twin=0) == {2013}
    assert judged({2012: 21.0}, twin=0, partner="CHN") == set(), "the subject is not judged"


# ------------------------------------------------------------------------------------------- taking it in


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return lay(tmp_path / "baci", readme=README)


def take(path: Path, **more: Any) -> bulk.Taken:
    return bulk.take(path, today=TODAY, **more)


def test_without_apply_nothing_changes_and_everything_is_said(project: Project, files: Path) -> None:
    held = contents(project.root / "data")
    done = take(files)
    assert contents(project.root / "data") == held and done.version is None
    lines = list(done.lines())
    assert lines[0] == "BACI 202401b, HS92, 2014 to 2018, CHN and PRK:"
    counts = re.fullmatch(r"(\d+) new \(all (\d+), food (\d+), fuel (\d+), by chapter (\d+)\)", lines[1])
    assert counts and int(counts[1]) == len(extracted(files)) == sum(int(n) for n in counts.groups()[1:])
    # China, Russia, Thailand, Germany, other Asia and the world sell to the DPRK each year, and Mexico once.
    assert lines[2:] == [
        "0 unchanged", "2 flows in which the two Koreas are probably mixed up, kept and marked as doubtful",
        "Nothing was changed: --apply takes these figures in.",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[bulk.Taken, Path]:
    """What was taken in, and the data package that has it; read only."""
    folder = tmp_path_factory.mktemp("applied")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(folder / "project"))
        load.cache_clear()
        project = Project(folder / "project")
        done = take(lay(folder / "baci", readme=README), apply=True)
    load.cache_clear()
    return done, project.root / "data"


@pytest.fixture
def applied(project: Project, once: tuple[bulk.Taken, Path]) -> bulk.Taken:
    """What was taken into the data package of the project."""
    done, data = once
    shutil.rmtree(project.root / "data")
    shutil.copytree(data, project.root / "data")
    load.cache_clear()
    return done


def test_applied_shares_are_those_worked_out_by_hand(project: Project, applied: bulk.Taken) -> None:
    assert applied.version == "2026.12.01" and list(applied.lines())[-1] == "The data package is now 2026.12.01."
    catalogue = load()
    catalogue.verify()
    report = Report(resolve({}, catalogue), catalogue)
    food, fuel = (report.fact(f"dependence.{name}_imports.baci.2017") for name in ("food", "fuel"))
    # 300.0005 of 300.0005 + 25 + 74.9995; nobody is doubtful there.
    assert food.value == pytest.approx(100 * 300.0005 / 400, abs=1e-9) and food.unit == "percent"
    assert food.low == pytest.approx(food.value, abs=1e-4) and food.high == pytest.approx(food.value, abs=1e-4)
    # 150 of 150 + 50 + 100 with Mexico, which the rule marks; 150 of 200 without it.
    assert fuel.value == pytest.approx(50) and fuel.low == pytest.approx(50, abs=1e-4)
    assert fuel.high == pytest.approx(75, abs=1e-4)
    assert "trade/baci#2017-MEX-PRK-fuel-202401b" in fuel.rows and food.sources == ("cepii-baci-hs92-202401b",)
    assert report.fact("dependence.fuel_imports.baci.2016").value == pytest.approx(75)
    part, whole = (report.fact(f"dependence.amount.{n}_fuel_baci.2017") for n in ("china", "imports"))
    assert (part.value, whole.value, whole.low, whole.high) == pytest.approx((150, 300, 200, 300), abs=1e-5)
    assert "BACI" in food.label and "BACI" in part.label
    gap = report.fact("dependence.food_imports.baci.2013")
    assert gap.value is None and "a gap: BACI as taken in has no such year" in gap.formula
    dropped = Report(resolve({"doubtful_partners": "drop"}, catalogue), catalogue)
    assert dropped.fact("dependence.fuel_imports.baci.2017").value == pytest.approx(75)
    assert dropped.fact("dependence.food_imports.baci.2017").value == pytest.approx(food.value)


def test_every_row_of_the_table_is_sourced_and_marked(project: Project, applied: bulk.Taken) -> None:
    rows = load().frame(flows.TABLE).set_index("row_id")
    assert rows.index.is_unique and set(rows["status"]) == {"mirror"} and set(rows["unit"]) == {"usd_million"}
    for column, value in (("vintage", "202401b"), ("published", "2024-04-09"), ("hs", "HS92")):
        assert set(rows[column]) == {value}
    marked = rows[rows["doubtful"] == "yes"]
    assert sorted(marked.index) == [
        f"2017-{who}-PRK-{goods}-202401b" for who in ("MEX", "WLD") for goods in ("all", "fuel")
    ]  # fmt: skip
    assert list(marked.sort_index()["quality"]) == ["D", "D", "C", "C"]
    assert rows.loc["2017-MEX-PRK-fuel-202401b", "twin"] == 80
    source = load().sources.loc["cepii-baci-hs92-202401b"]
    assert (source["terms"], source["published"], source["accessed"]) == ("open-licence", "2024-04-09", "2026-12-01")
    assert rows["goods"].isin(["01", "03"]).any(), "chapters keep their zero"


def test_the_report_shows_baci_beside_what_was_there(project: Project, applied: bulk.Taken) -> None:
    report = Report(resolve({}, load()), load())
    for made in (figures.food(report), figures.fuel(report), tables.crops(report), tables.fuels(report)):
        assert "BACI" in str(made.node()), made
    food = figures.food(report)
    assert "cereal_imports.quantity_percent" in food.records[-1] and "food_imports.baci_percent" in food.records[-1]
    assert any("mix up the two Koreas" in str(note) for note in food.notes)
    assert "baci" in {column.key for column in tables.bases(report).columns}
    assert "BACI between" in figures.bases(report).alt.text
    assert any(row["baci_percent"] is not None for row in figures.growth_range(report).records)
    assert "food_imports.baci" in {row["definition"] for row in tables.matrix(report).records}


def test_the_yearly_series_is_a_basis_of_its_own(project: Project, applied: bulk.Taken) -> None:
    report = Report(resolve({"basis": "baci"}, load()), load())
    fact = report.fact("trade.total.baci.2017")
    assert fact.value == pytest.approx(3250.0005 + 1730) and fact.sources == ("cepii-baci-hs92-202401b",)
    assert report.fact("trade.exports.baci.2017").status == "mirror"
    customs = Report(resolve({}, load()), load()).fact("trade.total.customs.2017")
    assert customs.sources != fact.sources and customs.value == 4976


def test_an_earlier_day_does_not_know_it(project: Project, applied: bulk.Taken) -> None:
    def of(day: str) -> tuple[Any, Any]:
        report = Report(resolve({"as_of": day}, load()), load())
        total = report.find("trade.total.baci.2017")
        return report.fact("dependence.food_imports.baci.2017").value, total and total.value

    assert of("2024-04-08") == (None, None)
    assert of("2024-04-09") == (pytest.approx(75.000125), pytest.approx(4980.0005))


def test_what_was_taken_in_is_unchanged_the_next_time(project: Project, files: Path, applied: bulk.Taken) -> None:
    held = contents(project.root / "data")
    again = take(files, apply=True)
    assert again.version is None and not again.changes.any and list(again.lines())[-1] == "Nothing to take in."
    assert contents(project.root / "data") == held


def test_years_of_one_version_may_come_one_after_the_other(project: Project, files: Path, tmp_path: Path) -> None:
    take(files, years="2014-2016", apply=True)
    take(files, years="2017-2018", apply=True)
    after = (project.root / "data" / "trade" / "baci.csv").read_bytes()
    rows = {row["row_id"]: row for row in csv.DictReader(after.decode().splitlines())}
    assert len(rows) == len(extracted(files))
    # Judged on all five years, as though they had come together.
    assert rows["2017-MEX-PRK-fuel-202401b"]["doubtful"] == "yes"


# ---------------------------------------------------------------------------------- beside the event study

LONG = range(1995, 2024)
FEW = {"event_classes": "nuclear_tests", "windows": "m0_m2"}
READ_ON = "Release Date : 2024 04 09\n"


def long_record(year: int) -> list[Line]:
    """China's trade with the DPRK in a year, up to a fifth off customs, so that growth differs from that of customs."""
    cells = series.annual(load(), "customs")["value"]
    near = {flow: cells[year, flow] * (1 + 0.2 * math.sin(k * year)) for k, flow in ((2, "exports"), (3, "imports"))}
    return [
        (year, CHN, PRK, "850110", f"{1000 * near['exports']:.3f}", "NA"),
        (year, PRK, CHN, "270112", f"{1000 * near['imports']:.3f}", "NA"),
        (year, RUS, MEX, "270900", "90000000.000", "NA"),  # all other trade, steady as in the other tests
    ]


def correlation_facts(report: Report) -> dict[str, Any]:
    return {fact.id: fact for fact in report.facts.under("events.correlation")}


def test_yearly_correlations_on_baci_stand_beside_the_leading_ones(project: Project, tmp_path: Path) -> None:
    def of(**settings: Any) -> Report:
        return Report(resolve({**FEW, **settings}, load()), load())

    before = of()
    held, shown = correlation_facts(before), tables.event_correlations_table(before)
    assert not before.event_study.beside and not any("BACI" in column.label for column in shown.columns)
    take(lay(tmp_path / "long", LONG, readme=READ_ON, rows=long_record), apply=True)
    report = of()
    found = correlation_facts(report)
    beside = {id: fact for id, fact in found.items() if id.endswith(".baci")}
    assert {id: fact for id, fact in found.items() if id not in beside} == held, "the leading record is as it was"
    yearly = [id for id in held if re.search(r"_y\.", id)]
    assert list(beside) == [f"{id}.baci" for id in yearly] and len(yearly) == 4 * 3 * 7

    # One pair by pandas: launch days, and China's exports a year later.
    rows = pd.read_csv(project.root / "data/trade/china_dprk_annual.csv")
    sold = rows[(rows["basis"] == "baci") & (rows["measure"] == "exports")].set_index("year")["value"]
    assert list(sold.index) == list(LONG)
    days = pd.read_csv(project.root / "data/events/launch_days.csv")["date"].str[:4].astype(int).value_counts()
    x, y = days.reindex(LONG, fill_value=0).diff(), np.log(sold).diff()
    fact = beside["events.correlation.launch_days_y.exports.lag_p1.baci"]
    assert fact.value == pytest.approx(x.corr(y.shift(-1)), abs=1e-9) and fact.stats["n"] == len(LONG) - 2
    assert fact.stats["spearman"] == pytest.approx(x.corr(y.shift(-1), method="spearman"), abs=1e-9)
    assert fact.label.endswith(", BACI") and "second record" in fact.formula and fact.period == "1996-2023"
    assert "cepii-baci-hs92-202401b" in fact.sources and "trade/china_dprk_annual#2023-exports-baci" in fact.rows
    assert fact.value != held["events.correlation.launch_days_y.exports.lag_p1"].value

    # The p of each record are adjusted among themselves, a flow apart; with a single lag few of them come out as one.
    few = correlation_facts(of(lags=0)).items()
    for flow, end in itertools.product(("exports", "imports", "total"), ("", ".baci")):
        own = [fact for id, fact in few if re.search(rf"_y\.{flow}\.lag_0{end}$", id)]
        holm = multipletests([fact.stats["p_shift"] for fact in own], method="holm")[1]
        assert [fact.stats["p_adjusted"] for fact in own] == pytest.approx(list(holm)) and min(holm) < 0.5
        assert {fact.stats["family_size"] for fact in own} == {4}

    both = [(held[id].value, beside[f"{id}.baci"].value) for id in yearly]
    both = [pair for pair in both if None not in pair]
    same = sum(np.sign(a) == np.sign(b) for a, b in both)
    told = [sentence.text for sentence in prose.events.correlations(report).sentences]
    assert 0 < same < len(both) and len(told) == len(prose.events.correlations(before).sentences) + 1
    assert told[-1].startswith(f"A check on a second record, BACI: in {same} of {len(both)} yearly pairs")
    assert told[:-1] == [sentence.text for sentence in prose.events.correlations(before).sentences]

    table = tables.event_correlations_table(report)
    assert [column.label for column in table.columns][-3:] == ["BACI: pairs", "BACI: Pearson", "BACI: p"]
    for old, new in zip(shown.rows, table.rows, strict=True):
        assert old == {name: cell for name, cell in new.items() if not name.startswith("second_")}
        assert (new["second_pearson"] == GAP) or "by year" in new["series"]
    record = next(r for r in table.records if (r["series"], r["flow"], r["lag"]) == ("launch_days_y", "exports", 1))
    assert (record["baci_pearson"], record["baci_p_adjusted"]) == (fact.value, fact.stats["p_adjusted"])
    assert any("enter neither its adjustment nor any finding" in note.text for note in table.notes)
    assert prose.events.findings(report) == prose.events.findings(before)

    assert not of(as_of="2024-04-08").event_study.beside and of(as_of="2024-04-09").event_study.beside
    assert not of(basis="baci").event_study.beside, "the leading record is none beside itself"
    assert not of(frequency="month").event_study.beside
    assert {pair.flow for pair in of(flow="imports").event_study.beside} == {"imports"}


def test_a_second_record_of_few_years_says_so(project: Project, applied: bulk.Taken) -> None:
    report = Report(resolve(FEW, load()), load())
    assert all(pair.found is None and pair.reason for pair in report.event_study.beside)
    told = [sentence.text for sentence in prose.events.correlations(report).sentences]
    assert told[-1] == "BACI, the second record, has too few years for any of these correlations."
    fact = report.fact("events.correlation.launch_days_y.exports.lag_0.baci")
    assert fact.value is None and fact.formula.startswith("a gap: ")


def raised(rows: list[Line]) -> list[Line]:
    """A later version: Chinese rice is a tenth dearer, and other Asia's pen nibs are no longer there."""
    return [
        (t, i, j, k, "220000.550" if (i, j, k) == (CHN, PRK, "100630") else v, q)
        for t, i, j, k, v, q in rows if i != ASIA
    ]  # fmt: skip


def test_a_later_version_stands_beside_the_earlier(
    project: Project, files: Path, tmp_path: Path, applied: bulk.Taken
) -> None:
    later = lay(tmp_path / "later", version="202501", change=raised)
    done = take(later, apply=True)
    # Of each year, in chapter 10, food and all: China to the DPRK, the world to the DPRK, China to the world.
    assert len(done.changes.changed) == 5 * 9 and len(done.changes.gone) == 5 * 2 and not done.changes.new
    lines = list(done.lines())
    assert "45 changed (all 15, food 15, by chapter 15)" in lines
    assert "10 gone, and left in the version that has them (all 5, by chapter 5)" in lines
    top = next(line for line in lines if "2014 CHN PRK food" in " ".join(line.split()))
    assert re.fullmatch(
        r"2014 CHN PRK food 300\.00\d -> 320\.00\d million dollars, times 1\.0667", " ".join(top.split())
    )
    assert "The largest 10 of 45 changes:" in lines

    def food(**settings: Any) -> float | None:
        return Report(resolve(settings, load()), load()).fact("dependence.food_imports.baci.2017").value

    assert food() == pytest.approx(100 * 320.00055 / 420.00005)
    assert food(as_of="2025-01-30") == pytest.approx(75.000125), "January 2025 counts from its last day"
    assert food(as_of="2025-01-31") == food()
    total = Report(resolve({"basis": "baci"}, load()), load()).fact("trade.exports.baci.2017")
    assert total.value == pytest.approx(3270.00055)
    with pytest.raises(Refused, match="BACI 202401b is older than 202501"):
        take(files)


def test_a_later_version_needs_all_years(project: Project, tmp_path: Path, applied: bulk.Taken) -> None:
    later = lay(tmp_path / "later", range(2016, 2019), version="202501")
    with pytest.raises(Refused, match="BACI 202501 would lack 2014 and 2015, which stand in version 202401b"):
        take(later)


def thousandfold(rows: list[Line]) -> list[Line]:
    return [(t, i, j, k, f"{float(v) * 1000:.3f}", q) for t, i, j, k, v, q in rows]


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "exchanged": ({"change": lambda rows: [(t, j, i, k, v, q) for t, i, j, k, v, q in rows]}, "look exchanged"),
    "in dollars": ({"change": thousandfold}, "unit seems to be another"),
    "without the pair": (
        {"change": lambda rows: [row for row in rows if not {CHN, PRK} & {row[1], row[2]}]},
        "has no trade of CHN and PRK",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_figures_that_cannot_be_right_change_nothing(project: Project, tmp_path: Path, fault: str) -> None:
    how, said = FAULTS[fault]
    held = contents(project.root / "data")
    with pytest.raises(Refused, match=said):
        take(lay(tmp_path / "wrong", **how), apply=True)
    assert contents(project.root / "data") == held


def test_files_of_one_version_that_differ_are_refused(project: Project, tmp_path: Path, applied: bulk.Taken) -> None:
    held = contents(project.root / "data")
    with pytest.raises(Refused, match="are not those that stand as BACI 202401b"):
        take(lay(tmp_path / "altered", change=raised), apply=True)
    with pytest.raises(Refused, match=r"holds version 202401b in another revision than HS12.*--remove 202401b first"):
        take(lay(tmp_path / "hs12", hs="HS12"), apply=True)
    assert contents(project.root / "data") == held


def without(*exporters: int, year: int) -> Callable[[list[Line]], list[Line]]:
    return lambda rows: [row for row in rows if row[0] != year or row[1] not in exporters]


@pytest.mark.fault("19.13 a file that is cut off is refused beside its neighbours")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without(RUS, MEX, THA, year=2016), r"Y201[567]_V.* exporters, .* rows and .* dollars, and 201[567] has"),
        (without(RUS, year=2016), r"Y2016_V.* has no sales of RUS, which had 9,075 million dollars in 2015"),
        (without(KOR, year=2018), "Y201[78]_V.* one of the two seems to be cut off or doubled"),
    ],
)  # fmt: skip
def test_a_file_that_is_cut_off_at_a_line_is_refused(
    project: Project, tmp_path: Path, change: Callable[[list[Line]], list[Line]], said: str
) -> None:
    held = contents(project.root / "data")
    with pytest.raises(Refused, match=said):
        take(lay(tmp_path / "cut", change=change), apply=True)
    assert contents(project.root / "data") == held


@pytest.mark.fault("19.13 a file is held against the same year of another release and against what was read before")
def test_a_file_is_held_against_what_was_read(project: Project, tmp_path: Path, applied: bulk.Taken) -> None:
    read = load().frame("trade/baci_files")
    assert list(read["year"]) == list(YEARS) and list(read["exporters"]) == [8] * len(YEARS)
    assert list(read["rows"]) == [19, 19, 19, 20, 19] and (read["value"] > 200_000).all()
    few = [year_of(year)[:7] for year in YEARS]
    with pytest.raises(Refused, match="and the same year of 202401b has 8 exporters, 19 rows"):
        take(lay(tmp_path / "later", version="202501", rows=lambda year: few[year - YEARS[0]]), apply=True)


@pytest.mark.fault("19.13 what was taken in from wrong files can be put right")
def test_what_stands_of_a_version_can_be_replaced(project: Project, files: Path, tmp_path: Path) -> None:
    wrong = lay(tmp_path / "wrong", change=raised)
    take(wrong, apply=True)
    take(wrong, pair="RUS-KOR", apply=True)
    with pytest.raises(Refused, match=r"If those that stand are the wrong ones, add --replace\.$"):
        take(files, apply=True)
    done = take(files, again=True, apply=True)
    assert done.version and done.changes.any
    put_right = (project.root / "data/trade/baci.csv").read_bytes()
    total = Report(resolve({"basis": "baci"}, load()), load()).fact("trade.exports.baci.2017")
    assert total.value == pytest.approx(3250.0005)
    assert take(files, again=True, apply=True).version is None, "a second time there is nothing to do"
    assert take(files, pair="RUS-KOR", apply=True).version is None, "the other pair was put right with it"
    assert (project.root / "data/trade/baci.csv").read_bytes() == put_right


@pytest.mark.fault("19.13 a release can be taken out again")
def test_a_version_can_be_taken_out_again(
    project: Project, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def rows() -> dict[str, list[dict[str, str]]]:
        return {name: package.table(load(), name) for name in load().tables}

    before = rows()
    take(files, apply=True)
    first = rows()
    take(lay(tmp_path / "later", version="202501", change=raised), apply=True)
    held = contents(project.root / "data")
    assert cli.main(["refresh", "baci", "--remove", "202501"]) == 0
    assert "Nothing was changed" in capsys.readouterr().out and contents(project.root / "data") == held
    assert cli.main(["refresh", "baci", "--remove", "202501", "--apply"]) == 0
    assert rows() == first
    assert cli.main(["refresh", "baci", "--remove", "202401b", "--apply"]) == 0
    assert rows() == before and not (project.root / "data/trade/baci.csv").exists()
    assert cli.main(["refresh", "baci", "--remove", "202401b"]) == 2
    assert "has no version '202401b' of BACI: it has none" in capsys.readouterr().err


@pytest.mark.fault("19.15 another revision is accepted: food and fuel are the same chapters in all")
def test_a_later_version_may_be_in_another_revision(project: Project, tmp_path: Path, applied: bulk.Taken) -> None:
    assert take(lay(tmp_path / "hs12", hs="HS12", version="202501"), apply=True).version
    report = Report(resolve({}, load()), load())
    assert report.fact("dependence.food_imports.baci.2017").sources == ("cepii-baci-hs12-202501",)


@pytest.mark.fault("19.15 a zip packed by Deflate64 says so")
def test_a_zip_of_another_method_says_which(tmp_path: Path) -> None:
    archive = packed(lay(tmp_path / "baci"), tmp_path / "BACI_HS92_V202401b.zip")
    body = bytearray(archive.read_bytes())
    for head, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):  # where the method stands behind these signs
        for found in re.finditer(re.escape(head), bytes(body)):
            body[found.start() + place] = 9
    archive.write_bytes(body)
    with pytest.raises(Refused, match=r"packed by a method that cannot be read, Deflate64: unpack it"):
        extracted(archive)


@pytest.mark.fault("19.15 line ends may be mixed")
def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    folder = lay(tmp_path / "baci", range(2017, 2018))
    plain, file = extracted(folder, range(2017, 2018)), folder / "BACI_HS92_Y2017_V202401b.csv"
    lines = file.read_text("utf-8").splitlines()
    file.write_bytes("".join(line + ("\r\n" if n % 2 else "\n") for n, line in enumerate(lines)).encode())
    assert extracted(folder, range(2017, 2018)) == plain


def test_without_the_table_nothing_is_said_of_it_and_with_another_pair_nothing_changes(
    project: Project, files: Path
) -> None:
    def said() -> tuple[Any, ...]:
        catalogue = load()
        report = Report(resolve({}, catalogue), catalogue)
        made = (figures.food(report), figures.fuel(report), tables.crops(report), tables.fuels(report),
                tables.bases(report), figures.bases(report), tables.definitions(report))  # fmt: skip
        return tuple(str(one.node()) for one in made), catalogue.bases, catalogue.definitions

    before = said()
    assert shares.shares(load(), resolve({}, load())) == {} and "baci" not in before[1]
    assert not any(d.endswith(".baci") for d in before[2])
    assert not any("BACI files" in text or "by value, BACI" in text for text in before[0])
    done = take(files, pair="rus-mex", apply=True)
    assert done.version and load().has(flows.TABLE)
    after = said()
    day = re.compile(r"Data package of [^.]*")
    assert [day.sub("", text) for text in after[0]] == [day.sub("", text) for text in before[0]]
    assert after[1:] == before[1:]


def test_rows_for_other_tables_are_added_once(project: Project, applied: bulk.Taken) -> None:
    catalogue = load()
    again = uses.tables(catalogue, "cepii-baci-hs92-202401b")
    for name, rows in again.items():
        assert len(rows) == len(catalogue.frame(name)), name
    made = [row for row in again["dependence/definitions"] if row["definition_id"].endswith(".baci")]
    assert made == uses.definitions()


# ------------------------------------------------------------------------------------------- the command


def test_the_command(project: Project, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["refresh", "baci", str(files), "--years", "2017"]) == 0
    shown = capsys.readouterr()
    assert "BACI 202401b, HS92, 2017, CHN and PRK:\n" in shown.out and not shown.err
    assert "Nothing was changed" in shown.out and "BACI_HS92_Y2017_V202401b.csv" in shown.out
    assert cli.main(["refresh", "baci", str(files), "--apply"]) == 0
    assert "The data package is now " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "BACI is read from files: name the folder, the zip or the file after baci."),
        (["nowhere"], "There is no file or folder nowhere."), (["{data}"], "There is no file of BACI in "),
        (["{files}", "--pair", "CHN"], "--pair cannot be 'CHN': allowed are two different ISO 3166 codes"),
        (["{files}", "--pair", "PRK-PRK"], "--pair cannot be 'PRK-PRK'"),
        (["{files}", "--pair", "CHN-PRQ"], "There is no country 'PRQ' in country_codes_V202401b.csv: did you mean"),
        (["{files}", "--years", "1999"], "--years cannot be '1999': allowed are a year or a span"),
        (["{files}", "--years", "x"], "--years cannot be 'x'"),
    ],
)  # fmt: skip
def test_bad_words_are_one_sentence(
    project: Project, files: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    held = contents(project.root)
    given = [word.format(files=files, data=project.root / "data") for word in words]
    assert cli.main(["refresh", "baci", *given]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"Error: {said}") and shown.err.count("\n") == 1 and not shown.out
    assert contents(project.root) == held


def test_a_path_is_for_files_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["refresh", "comtrade", "--pair", "BRA-ARG"]) == 2
    assert "comtrade is fetched whole: --pair is for baci alone." in capsys.readouterr().err
    assert cli.main(["refresh", "comtrade", "somewhere"]) == 2
    assert "There is no file or folder somewhere." in capsys.readouterr().err
    assert cli.main(["refresh", "comtrade", "--remove", "202401b"]) == 2
    assert "--replace and --remove are for baci alone" in capsys.readouterr().err


def test_bad_files_are_a_users_mistake() -> None:
    assert BadFiles.exit_code == 2 and Refused.exit_code == 1
