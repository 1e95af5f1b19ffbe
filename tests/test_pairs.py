"""Reports on another pair: figures worked out by hand, and a whole report searched for the documented pair.

The files of BACI are made up for the tests, in the form of
https://www.cepii.fr/DATA_DOWNLOAD/baci/doc/baci_webpage.html; no figure in them is real.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from analysis import Report, countries
from analysis.catalogue import load
from analysis.countries import DOCUMENTED, Pair
from analysis.display import Absent, plain_of
from analysis.errors import BadParameter
from analysis.pairs import displays
from analysis.pairs.report import PairReport
from analysis.parameters import OF_ANY_PAIR, ReportParameters, resolve
from analysis.refresh import bulk
from analysis.report import report_of
from conftest import ROOT, Project

pytest.importorskip("duckdb")
ARG, BRA, CHL, KOR, PRK, URY = 32, 76, 152, 410, 408, 858
CODES = "country_code,country_name,country_iso2,country_iso3\n" + "".join(
    f"{number},{code},{code[:2]},{code}\n"
    for number, code in ((32, "ARG"), (76, "BRA"), (152, "CHL"), (410, "KOR"), (408, "PRK"), (858, "URY"))
)
YEARS = range(2010, 2014)
BOTH = {"reporter": "BRA", "partner": "ARG"}
Line = tuple[int, int, str, float]


def year_of(year: int) -> list[Line]:
    """Exporter, importer, product and thousand dollars. In 2012 Argentina sells Brazil nothing."""
    n = year - 2009
    rows: list[Line] = [
        (BRA, ARG, "100190", 40_000 * n), (BRA, ARG, "870323", 60_000 * n), (CHL, ARG, "080610", 60_000),
        (CHL, ARG, "271019", 20_000), (BRA, ARG, "271019", 10_000 * n), (URY, ARG, "440710", 10_000),
        (ARG, URY, "870323", 30_000), (ARG, CHL, "100190", 50_000), (BRA, CHL, "870323", 100_000),
        (CHL, BRA, "740311", 300_000), (KOR, BRA, "850110", 20_000), (BRA, KOR, "260111", 90_000),
        (KOR, PRK, "850110", 1_000), (BRA, PRK, "170114", 2_000),
    ]  # fmt: skip
    return rows if year == 2012 else [*rows, (ARG, BRA, "870323", 20_000 * n)]


def lay(folder: Path) -> Path:
    folder.mkdir()
    (folder / "country_codes_V202401b.csv").write_text(CODES, encoding="utf-8")
    (folder / "Readme.txt").write_text("Release Date : 2024 04 09\n", encoding="utf-8")
    for year in YEARS:
        lines = [f"{year},{i},{j},{k},{v:.3f},1.000" for i, j, k, v in year_of(year)]
        path = folder / f"BACI_HS92_Y{year}_V202401b.csv"
        path.write_text("\n".join(["t,i,j,k,v,q", *lines]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose data package has the made-up trade of Brazil and Argentina."""
    root = tmp_path_factory.mktemp("pairs")
    made = Project(root / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(made.root))
        load.cache_clear()
        bulk.take(lay(root / "baci"), pair="BRA-ARG", apply=True, today=date(2026, 12, 1))
    return made


@pytest.fixture
def taken(package: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The same, which the package takes for its own while the test runs."""
    monkeypatch.setenv("ANALYSIS_ROOT", str(package.root))
    load.cache_clear()
    yield package
    load.cache_clear()


def of(**more: Any) -> Report:
    return report_of(resolve({**BOTH, **more}, load()), load())


def value(report: Report, id: str) -> float | None:
    return report.fact(id).value


# ------------------------------------------------------------------------------------------------- figures


def test_trade_and_shares_are_those_worked_out_by_hand(taken: Project) -> None:
    report = of()
    assert isinstance(report, PairReport)
    # Thousand dollars: 40,000 + 60,000 + 10,000 a year, times 1, 2, 3, 4; back 20,000, 40,000, none, 80,000.
    assert value(report, "trade.exports.baci.2011") == pytest.approx(220)
    assert value(report, "trade.imports.baci.2011") == pytest.approx(40)
    assert value(report, "trade.total.baci.2011") == pytest.approx(260)
    assert value(report, "trade.growth.baci.2011") == pytest.approx(100)
    assert value(report, "trade.balance.baci.2013") == pytest.approx(440 - 80)
    assert value(report, "trade.cover_ratio.baci.2013") == pytest.approx(100 * 80 / 440)
    # Of Argentina's imports in 2011: Brazil 220, Chile 80, Uruguay 10; of its exports Brazil 40, Uruguay 30, Chile 50.
    assert value(report, "dependence.import_share.baci.2011") == pytest.approx(100 * 220 / 310)
    assert value(report, "dependence.export_share.baci.2011") == pytest.approx(100 * 40 / 120)
    assert value(report, "dependence.trade_share.baci.2011") == pytest.approx(100 * 260 / 430)
    assert value(report, "dependence.food_imports.baci.2011") == pytest.approx(100 * 80 / 140)
    assert value(report, "dependence.fuel_imports.baci.2011") == pytest.approx(100 * 20 / 40)
    # Of Brazil's trade in 2011: with Argentina 260, Chile 100 + 300, South Korea 20 + 90, North Korea 2.
    assert value(report, "dependence.asymmetry.partner_in_reporter_trade.2011") == pytest.approx(100 * 260 / 772)
    shares = [260 / 430, 130 / 430, 40 / 430]
    assert value(report, "dependence.hhi.baci.2011") == pytest.approx(sum(s**2 for s in shares))
    assert value(report, "dependence.effective_partners.baci.2011") == pytest.approx(1 / sum(s**2 for s in shares))
    assert value(report, "dependence.other_partners.baci.2011") == pytest.approx(170)


def test_a_flow_that_is_not_there_is_a_gap(taken: Project) -> None:
    report = of()
    assert report.find("trade.imports.baci.2012") is None and report.find("trade.total.baci.2012") is None
    assert report.find("trade.growth.baci.2013") is None, "no growth across a gap"
    assert value(report, "trade.exports.baci.2012") == pytest.approx(330)
    gap = report.fact("dependence.export_share.baci.2012")
    assert gap.value is None and "BACI has no all to Brazil in this year" in gap.formula
    assert report.fact("dependence.trade_share.baci.2012").value is None


def test_the_pair_the_other_way_round_is_its_mirror(taken: Project) -> None:
    here, there = of(), of(reporter="ARG", partner="BRA")
    for year in YEARS:
        for one, other in (("exports", "imports"), ("imports", "exports"), ("total", "total")):
            a, b = here.find(f"trade.{one}.baci.{year}"), there.find(f"trade.{other}.baci.{year}")
            assert (a and a.value) == (b and b.value), (year, one)
    mirrored = value(there, "dependence.trade_share.baci.2011")
    assert mirrored == value(here, "dependence.asymmetry.partner_in_reporter_trade.2011")
    assert here.fact("trade.exports.baci.2011").label == "Brazil's exports to Argentina, BACI"
    assert there.fact("trade.imports.baci.2011").label == "Argentina's imports from Brazil, BACI"


def test_before_the_files_were_out_nothing_is_known(taken: Project) -> None:
    assert of(as_of="2024-04-08").find("trade.total.baci.2011") is None
    assert value(of(as_of="2024-04-09"), "trade.total.baci.2011") == pytest.approx(260)
    assert of(as_of="2024-04-08").fact("dependence.import_share.baci.2011").value is None


def test_every_fact_names_rows_and_sources_that_are_there(taken: Project) -> None:
    report = of()
    rows = set(report.catalogue.frame("trade/baci")["row_id"])
    for id in report.facts:
        fact = report.facts[id]
        named = [row.partition("#") for row in fact.rows]
        assert all(table == "macro/us_cpi" or key in rows for table, _, key in named), id
        assert set(fact.sources) <= {"cepii-baci-hs92-202401b", "bls-cpi"}, id
        if fact.value is not None and fact.unit != "count":
            assert fact.rows and fact.sources, id


def test_the_documented_pair_does_not_change_for_it(taken: Project, report: Report) -> None:
    there = report_of(resolve({}, load()), load())
    assert type(there) is Report
    for id in ("trade.total.customs.2015", "dependence.trade_share.kotra.2015"):
        assert there.fact(id) == report.fact(id)
    assert "baci" not in there.catalogue.bases


@pytest.fixture
def silent(project: Project, tmp_path: Path) -> Project:
    """A data package with a pair of which one sells and the other sells nothing to anybody."""
    folder = tmp_path / "one-sided"
    folder.mkdir()
    codes = "country_code,country_name,country_iso2,country_iso3\n72,Botswana,BW,BWA\n710,South Africa,ZA,ZAF\n"
    (folder / "country_codes_V202401b.csv").write_text(f"{codes}894,Zambia,ZM,ZMB\n", encoding="utf-8")
    for year, maize in ((2020, 100), (2021, 120)):
        rows = f"t,i,j,k,v,q\n{year},710,894,100590,{maize}.000,50.000\n{year},710,72,100590,60.000,30.000\n"
        (folder / f"BACI_HS92_Y{year}_V202401b.csv").write_text(rows, encoding="utf-8")
    bulk.take(folder, pair="ZAF-ZMB", apply=True, today=date(2026, 12, 1))
    load.cache_clear()
    return project


@pytest.mark.fault("19.13 a partner with one silent direction has a report, and findings in its summary")
@pytest.mark.parametrize(("reporter", "partner"), [("ZAF", "ZMB"), ("ZMB", "ZAF")])
def test_a_pair_with_one_silent_direction_has_findings(silent: Project, reporter: str, partner: str) -> None:
    from analysis import prose

    report = report_of(resolve({"reporter": reporter, "partner": partner}, load()), load())
    rows = set(report.catalogue.frame("trade/baci")["row_id"])
    for id in report.facts:
        for row in report.facts[id].rows:
            table, _, key = row.partition("#")
            assert table != "trade/baci" or key in rows, (id, row)
    told = " ".join(f"{one.headline.text} {one.detail.text}" for one in prose.summary.findings(report).findings)
    assert "South Africa" in told and "BACI records nothing of " in told, told
    assert "of its imports" in told if reporter == "ZAF" else "took" in told, told
    for name in sorted(set(displays.OWN) - {"prose.headings.heading"}):
        assert displays.OWN[name](report).node(), name


# ------------------------------------------------------------------------------------------------- parameters


def test_a_pair_has_the_years_and_the_record_that_there_are(taken: Project) -> None:
    p = resolve(BOTH, load())
    assert (p.start_year, p.end_year, p.basis, p.index_year) == (2010, 2013, "baci", 2010)
    assert resolve({**BOTH, "start_year": 2011, "index_year": 2012}, load()).start_year == 2011
    assert p.heading == "Brazil and Argentina: what the trade figures show"
    assert resolve({**BOTH, "title": "Neighbours"}, load()).heading == "Neighbours"
    again = resolve(p.plain(), load())
    assert again == p, "parameters of a report make the same report"
    other = resolve({**BOTH, "rice": "paddy", "event_classes": "all"}, load())
    assert other == p, "what means nothing to a pair does not make another edition of it"
    assert set(OF_ANY_PAIR) <= set(ReportParameters.model_fields)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"partner": "Argentina"}, r"did you mean ARG \(Argentina\)\?"),
        ({"partner": "Argentna"}, r"did you mean ARG \(Argentina\)\?"),
        ({"reporter": "Vietnam", "partner": "ARG"}, r"reporter cannot be 'Vietnam'.*did you mean VNM"),
        ({"partner": ""}, "partner cannot be ''"),
        ({"partner": 76}, "partner cannot be .?76"),
        ({"partner": "BRA"}, "another country than reporter"),
        ({"partner": "VNM"}, r"no trade of BRA-VNM \(it has BACI's trade of ARG-BRA.*--pair BRA-VNM"),
        ({"partner": "ARG", "start_year": 2014}, "start_year cannot be '2014'.*from 2010 to 2013"),
        ({"partner": "ARG", "end_year": 2001}, "end_year cannot be '2001'.*from 2010 to 2013"),
        ({"partner": "ARG", "start_year": 2013, "end_year": 2011}, "must not lie before start_year"),
        ({"partner": "ARG", "base_year": 1800}, "base_year cannot be '1800'"),
    ],
)
def test_bad_countries_get_a_sentence(taken: Project, settings: dict[str, Any], told: str) -> None:
    with pytest.raises(BadParameter, match=told):
        resolve({"reporter": "BRA", **settings}, load())


def test_without_baci_another_pair_says_what_to_run(project: Project) -> None:
    with pytest.raises(BadParameter, match=r"it has no trade of BACI\); take it in with .*--pair CHN-VNM"):
        resolve({"partner": "vnm"}, load())


def test_names_read_well() -> None:
    assert countries.in_sentence("USA") == "the United States" and countries.in_sentence("HKG") == "Hong Kong"
    assert countries.in_sentence("TTO") == "Trinidad and Tobago" and countries.in_sentence("S19") == "S19"
    assert countries.possessive("the United States") == "the United States'"
    pair = Pair("USA", "VNM")
    assert pair.both == "The United States and Vietnam"
    assert pair.labels["exports"] == "the United States' exports to Vietnam" and not pair.documented
    assert Pair(*DOCUMENTED).both == "China and North Korea" and Pair("PRK", "CHN").first == "North Korea"
    assert set(countries.WITH_ARTICLE) | set(countries.SHORTER) <= {*countries.names(), *countries.AREA_NAMES}


def test_the_two_koreas_are_named_where_they_may_be_mixed_up(taken: Project) -> None:
    def of_(partner: str) -> set[str]:
        report = report_of(resolve({"reporter": "BRA", "partner": partner}, load()), load())
        return set(report.catalogue.frame("caveats")["caveat_id"])

    assert "two-koreas" in of_("KOR") & of_("PRK") and "two-koreas" not in of_("ARG")


# ------------------------------------------------------------------------------------------------- notebooks


def called() -> set[str]:
    """The displays that the notebooks ask for, by the names by which a report knows them."""
    import analysis.figures
    import analysis.prose
    import analysis.tables
    from analysis.showing import name_of

    shelves = {"figures": analysis.figures, "tables": analysis.tables, "prose": analysis.prose}
    found = set()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for name in re.findall(r"\b((?:figures|tables|prose)\.[\w.]+)\(report", "".join(cell["source"])):
                shelf, *rest = name.split(".")
                made: Any = shelves[shelf]
                for part in rest:
                    made = getattr(made, part)
                found.add(name_of(made.__wrapped__))  # each is one that a report may replace
    return found


def test_what_a_pair_shows_is_asked_for_by_a_notebook() -> None:
    assert set(displays.OWN) | displays.SHARED <= called()
    assert not set(displays.OWN) & displays.SHARED


def test_no_country_is_named_in_a_notebook() -> None:
    words = re.compile(r"\b(China|Chinese|Korean?s?|DPRK|Pyongyang|Beijing)\b")
    for path in (*sorted((ROOT / "notebooks").glob("*.ipynb")), ROOT / "docs" / "template.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert not words.search("".join(cell["source"])), (path.name, cell["source"])


@pytest.mark.parametrize(
    "settings", [{}, {"as_of": "2024-04-08"}, {"start_year": 2012, "end_year": 2012}, {"doubtful_partners": "drop"}],
    ids=["all", "before the release", "the year of a gap", "doubtful dropped"],
)  # fmt: skip
def test_every_display_of_a_pair_has_something_to_show(taken: Project, settings: dict[str, Any]) -> None:
    import importlib

    report = of(**settings)
    for name in sorted(called()):
        module, _, function = name.rpartition(".")
        make = getattr(importlib.import_module(f"analysis.{module}"), function)
        extra = {"prose.headings.heading": ["What of {partner}?"], "figures.dependence.trade_flow": ["imports"]}
        shown = make(report, *extra.get(name, []))
        known = name in displays.OWN or name in displays.SHARED
        assert isinstance(shown, Absent) != known, name
        assert "nan" not in plain_of(shown.node()).lower().split(), name


# ------------------------------------------------------------------------------------------------- a whole report


def rendered(project: Project, output: Path) -> Path:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, project.root / "notebooks")
    words = [sys.executable, "-m", "analysis", "render", "default", "--set", "reporter=BRA", "--set", "partner=ARG",
             "--output", str(output)]  # fmt: skip
    done = subprocess.run(words, env=project.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return output


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text in every file of a report: pages with their pictures unpacked, the PDF, the workbook."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        yield f"{name} (its name)", name
        if path.suffix == ".pdf":
            pdf = PdfReader(path)
            yield name, "\n".join(page.extract_text() for page in pdf.pages)
            yield f"{name} (metadata)", str(pdf.metadata)
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as archive:
                yield name, "\n".join(archive.read(part).decode("utf-8") for part in archive.namelist()
                                      if part.endswith((".xml", ".rels")))  # fmt: skip
        elif path.suffix != ".png":  # drawn from the SVG of the same name
            text = path.read_text(encoding="utf-8")
            for code in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", text):
                yield f"{name} (a picture)", base64.b64decode(code).decode("utf-8")
            # Fonts and pictures are letters without a meaning.
            yield name, re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)


def of_the_documented_pair(kept: set[str]) -> Iterator[str]:
    """Texts of the data package that are of the documented pair alone: events, claims, caveats, ids of its facts."""
    for name, columns in (
        ("events", ("event_id", "title")), ("events/catalogue", ("event_id", "title")),
        ("claims", ("claim_id", "headline", "statement")), ("caveats", ("caveat_id", "text")),
    ):  # fmt: skip
        with (ROOT / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(io.StringIO(file.read())):
                yield from (row[c] for c in columns if c in row and len(row[c]) > 8 and row[columns[0]] not in kept)


def test_a_report_on_another_pair_holds_nothing_of_the_documented_one(taken: Project, tmp_path: Path) -> None:
    folder = rendered(taken, tmp_path / "report")
    assert {path.name for path in folder.iterdir()} >= {"index.html", "report.pdf", "facts.json", "tables.xlsx"}
    names = re.compile(r"\b(DPRK|PRK|North Korean?|Koreas?|Pyongyang|KOTRA|Kim Jong\w*|Chinese|China)\b", re.IGNORECASE)
    foreign = list(of_the_documented_pair({"real-usd", "cpi-gap"}))
    assert len(foreign) > 200
    searched = 0
    for name, text in texts(folder):
        found = names.search(text)
        assert not found, f"{name}: {text[max(0, found.start() - 80) : found.end() + 80]}"
        known = [words for words in foreign if words in text]
        assert not known, f"{name}: {known[:3]}"
        searched += len(text)
    assert searched > 200_000
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    assert facts["parameters"]["partner"] == "ARG"
    assert all(fact["id"].split(".")[0] in ("trade", "dependence") for fact in facts["facts"])
    page = (folder / "index.html").read_text(encoding="utf-8")
    for told in ("How much do Brazil and Argentina trade?", "How much of Argentina's trade is with Brazil?",
                 "Nothing is tested here.", "No claims about Brazil and Argentina"):  # fmt: skip
        assert told in page or told.replace("'", "&#x27;") in page or told.replace("'", "&#39;") in page, told
    assert "Who leaves" not in page and "What would be gone" not in page, "no heading over nothing"
    # What was made is known: a second run makes nothing, and the folder can be checked and explained.
    words = [sys.executable, "-m", "analysis", "render", "default", "--set", "reporter=BRA", "--set", "partner=ARG",
             "--output", str(folder)]  # fmt: skip
    again = subprocess.run(words, env=taken.environment(), capture_output=True, text=True, check=True)
    assert "up to date" in again.stdout
    told = subprocess.run(
        [sys.executable, "-m", "analysis", "explain", "--set", "reporter=BRA", "--set", "partner=ARG",
         "dependence.trade_share.baci.2011"],
        env=taken.environment(), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "trade/baci#2011-BRA-ARG-all-202401b" in told and "BACI reconciles" in told


def test_the_panel_of_a_pair_has_the_controls_that_mean_something(taken: Project) -> None:
    pytest.importorskip("ipywidgets")
    from analysis.steering import _field, _hint

    report = of()
    fields = {name: _field(name, report) for name in report.parameter_names}
    assert tuple(fields) == OF_ANY_PAIR and fields["partner"].value == "ARG"
    assert (fields["start_year"].min, fields["start_year"].max) == (2010, 2013)
    assert "VNM" in _hint("partner", report)


def test_a_report_of_the_documented_pair_cannot_be_of_another(taken: Project) -> None:
    with pytest.raises(ValueError, match="made by report_of"):
        Report(resolve(BOTH, load()), load())
    assert type(report_of(resolve({}, load()), of().catalogue)) is Report, "a view leads back to the whole"
