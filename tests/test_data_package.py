"""The data package: every table sourced, described, hashed and counted; corrections declared, not silent."""

from __future__ import annotations

import copy
import csv
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from analysis.catalogue import Catalogue, known_from, load, seal
from analysis.cli import main
from analysis.errors import AlteredTable, DataError, MissingTable, UnknownTable, UserError
from analysis.project import project_root
from conftest import Project

ROOT = project_root()
DATA = ROOT / "data"
PACKAGE = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
PATHS = {resource["name"]: resource["path"] for resource in PACKAGE["resources"]}
TABLES = sorted(PATHS)

# Closed lists, written here a second time on purpose: a new word must be meant.
STATUSES = {"reported", "mirror", "derived", "estimated", "unreported"}
QUALITIES = {"A", "B", "C", "D"}
UNITS = {
    "usd_million", "percent", "index_1982_84", "tonnes", "tonnes_n", "kt", "barrels", "mtoe", "kt_c", "ratio",
    "persons", "km", "years", "tiv_million", "score", "cny_per_usd", "cubic_metres",
}  # fmt: skip
TERMS = {"single-figures-quoted", "publisher-terms", "publisher-interface", "own-work", "public-domain",
         "open-licence"}  # fmt: skip
BASES = {"customs", "kotra", "comtrade", "mirror", "other", "with_inter_korean"}
MEASURES = {
    "exports", "imports", "total", "crude_estimate", "growth_exports", "growth_imports", "growth_total", "all",
    "dprk_exports", "dprk_imports", "north_to_south", "south_to_north", "share_dprk_exports", "share_dprk_imports",
    "growth_dprk_exports", "growth_dprk_imports",
    "quantity", "value", "change",
}  # fmt: skip
KEYS = {
    "trade/china_dprk_annual": ["row_id"], "trade/series_cells": ["basis", "year", "measure", "rank"],
    "trade/bases": ["basis"], "trade/compilers": ["compiler"],
    "trade/published_growth": ["row_id"], "trade/china_dprk_monthly": ["month", "measure"],
    "trade/china_dprk_quarterly": ["year", "period", "measure"],
    "trade/china_dprk_blocks": ["first_month", "last_month", "measure"],
    "trade/fitness": ["first_month", "last_month", "measure"], "macro/us_cpi": ["month"],
    "events": ["event_id"],
    "food/cereal_exports_to_dprk": ["year", "crop", "exporter", "published"], "food/exporters": ["exporter"],
    "food/cereal_production": ["year", "crop", "published"],
    "food/cereal_balance_imports": ["year", "crop", "published"],
    "food/flour_from_china": ["year", "product"], "food/fertiliser_imports": ["year", "supplier", "product"],
    "energy/fuel_trade": ["year", "exporter", "importer", "compiler"], "energy/crude_oil_from_china": ["row_id"],
    "energy/crude_oil_periods": ["row_id"],
    "energy/refined_products_un": ["first_month", "last_month", "supplier", "unit", "vintage"],
    "energy/energy_use": ["year", "item", "vintage", "published"],
    "dependence/factors": ["row_id"], "dependence/quoted_dates": ["row_id"], "dependence/bounds": ["definition_id"],
    "dependence/what_if": ["definition_id"], "food/grain_from_china_customs": ["year", "crop"],
    "caveats": ["caveat_id"], "corrections": ["correction_id"], "sources": ["source_id"],
    "trade/dprk_total_annual": ["row_id"], "trade/inter_korean": ["row_id"],
    "trade/partners": ["year", "partner", "measure", "compiler"], "trade/partner_names": ["partner"],
    "trade/china_world_trade": ["year", "measure"], "trade/products": ["row_id"],
    "trade/product_names": ["product"], "dependence/definitions": ["definition_id"],
    "dependence/quoted_shares": ["row_id"], "dependence/quoted_claims": ["claim_id"],
    "dependence/episodes": ["episode_id"], "events/catalogue": ["event_id"], "events/launch_days": ["event_id"],
    "events/security_council": ["row_id"], "events/measures": ["row_id"], "events/political": ["row_id"],
    "macro/monthly_controls": ["row_id"], "trade/china_dprk_monthly_alternatives": ["row_id"],
    "events/classes": ["class_id"], "events/windows": ["window_id"],
    "events/questions": ["class_id", "flow", "window_id"],
    "events/regimes": ["regime_id", "measures"],
    "events/control_partners": ["partner"], "events/specifications": ["spec_id"],
    "events/series": ["series_id"], "events/plan": ["item"],
    "people/arrivals": ["row_id"], "people/visitors": ["row_id"], "people/troops": ["row_id"],
    "people/statements": ["row_id"], "politics/arms": ["row_id"], "politics/votes": ["row_id"],
    "politics/agreement": ["row_id"], "politics/investment": ["row_id"], "politics/dates": ["row_id"],
    "claims": ["claim_id"], "claim_rules": ["rule"], "glossary": ["term"],
}  # fmt: skip


def rows_of(name: str, folder: Path = DATA) -> list[dict[str, str]]:
    """The table as the csv module reads it: nothing between the file and the test."""
    with (folder / PATHS[name]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(name: str, rows: list[dict[str, str]], folder: Path) -> None:
    with (folder / PATHS[name]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# ------------------------------------------------------------------------------------- what stands in it


@pytest.mark.parametrize("name", TABLES)
def test_a_table_loads_whole(name: str, catalogue: Catalogue) -> None:
    rows = rows_of(name)
    assert len(catalogue.frame(name)) == len(rows) > 0


def test_the_whole_package_verifies_and_every_csv_is_described() -> None:
    Catalogue().verify()
    described = set(PATHS.values()) | {"row_counts.csv"}
    assert {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.csv")} == described


@pytest.mark.parametrize("resource", PACKAGE["resources"], ids=lambda r: r["name"])
def test_the_schema_names_exactly_the_columns_and_says_what_they_are(resource: dict[str, object]) -> None:
    with (DATA / str(resource["path"])).open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    fields = resource["schema"]["fields"]  # type: ignore[index]
    assert [field["name"] for field in fields] == header
    assert all(field["description"] and field["type"] in ("string", "integer", "number") for field in fields)
    for key in ("title", "description", "reliability", "missing", "unit", "hash"):
        assert resource[key], f"{key} is empty"


@pytest.mark.parametrize("name", TABLES)
def test_every_source_id_has_a_row_in_sources(name: str) -> None:
    known = {row["source_id"] for row in rows_of("sources")}
    for row in rows_of(name):
        if "source_id" in row:
            assert row["source_id"], f"a row without a source: {row}"
            assert set(row["source_id"].split(";")) <= known


def test_every_figure_has_a_source_and_a_status() -> None:
    for name in TABLES:
        columns = set(rows_of(name)[0])
        if "value" in columns:
            assert {"source_id", "status", "quality", "unit"} <= columns, name


def test_every_source_has_publisher_address_access_date_and_terms() -> None:
    made = date.fromisoformat(PACKAGE["created"][:10])
    for row in rows_of("sources"):
        assert row["publisher"].strip() and row["address"].strip(), row["source_id"]
        assert date.fromisoformat(row["accessed"]) <= made, row["source_id"]
        assert row["terms"] in TERMS, row["source_id"]
        web = re.match(r"https?://[^\s/]+\.[^\s/]+", row["address"])
        assert web or (ROOT / row["address"]).is_file(), f"{row['source_id']} leads nowhere: {row['address']}"


@pytest.mark.parametrize(
    "name", ["sources", *(name for name in TABLES if {"row_id", "published"} <= set(rows_of(name)[0]))]
)
def test_no_page_was_published_after_it_was_read(name: str) -> None:
    accessed = {row["source_id"]: row["accessed"] for row in rows_of("sources")}
    for row in rows_of(name):
        published = row["published"]
        assert re.fullmatch(r"(\d{4}(-\d{2}(-\d{2})?)?)?", published), row
        if published:
            read = max(accessed[source] for source in row["source_id"].split(";"))
            assert published <= read[: len(published)], row


@pytest.mark.parametrize("name", TABLES)
def test_words_come_from_closed_lists(name: str) -> None:
    compilers = {row["compiler"] for row in rows_of("trade/compilers")}
    lists = {"status": STATUSES, "quality": QUALITIES, "unit": UNITS, "basis": BASES, "measure": MEASURES}
    for row in rows_of(name):
        for column, words in lists.items():
            assert row.get(column, min(words)) in words, (column, row)
        if name == "trade/china_dprk_annual":
            assert row["compiler"] in compilers, row


@pytest.mark.parametrize("name", [name for name in TABLES if "value" in rows_of(name)[0]])
def test_a_value_is_empty_when_and_only_when_it_is_unreported(name: str) -> None:
    for row in rows_of(name):
        assert (row["value"] == "") == (row["status"] == "unreported"), row


@pytest.mark.parametrize("name", TABLES)
def test_rows_are_unique(name: str) -> None:
    keys = Counter(tuple(row[column] for column in KEYS[name]) for row in rows_of(name))
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("name", [name for name in TABLES if "row_id" in rows_of(name)[0]])
def test_the_names_of_rows_are_unique(name: str) -> None:
    names = Counter(row["row_id"] for row in rows_of(name))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_name_of_an_annual_row_says_what_it_holds() -> None:
    for row in rows_of("trade/china_dprk_annual"):
        stem = f"{row['year']}-{row['measure']}-{row['compiler']}"
        assert re.fullmatch(re.escape(stem) + r"(-\d+)?", row["row_id"]), row["row_id"]


@pytest.mark.parametrize(
    "name",
    ["trade/china_dprk_annual", "trade/china_dprk_monthly", "trade/china_dprk_quarterly", "trade/china_dprk_blocks"],
)
def test_amounts_and_their_errors_are_positive(name: str) -> None:
    for row in rows_of(name):
        if row["unit"] == "usd_million":
            assert float(row["value"]) > 0, row
        assert row["precision"] == "" or float(row["precision"]) > 0, row


def test_the_price_index_skips_no_month_but_the_one_never_published() -> None:
    # The US Bureau of Labor Statistics collected no prices in October 2025.
    months = [row["month"] for row in rows_of("macro/us_cpi")]
    steps = [(int(b[:4]) - int(a[:4])) * 12 + int(b[5:]) - int(a[5:]) for a, b in pairwise(months)]
    assert [later for step, later in zip(steps, months[1:], strict=True) if step != 1] == ["2025-11"]


# --------------------------------------------------------------------------------- altered, missing, sealed


@pytest.mark.parametrize("name", TABLES)
def test_one_changed_byte_is_refused_by_name_wherever_it_is(name: str, copied_data: Path) -> None:
    path = copied_data / PATHS[name]
    sound = path.read_bytes()
    dice = random.Random(name)
    places = [0, len(sound) // 2, len(sound) - 2, len(sound) - 1, *(dice.randrange(len(sound)) for _ in range(8))]
    altered = [sound[:at] + bytes([sound[at] ^ 1 << dice.randrange(8)]) + sound[at + 1 :] for at in places]
    # A byte more, a byte less, nothing at all, and the line ends that git can put in.
    altered += [sound + b"\n", b"\xef\xbb\xbf" + sound, sound[:-1], b"", sound.replace(b"\n", b"\r\n")]
    for content in altered:
        path.write_bytes(content)
        with pytest.raises(AlteredTable, match=re.escape(f"The table {name} (data/{PATHS[name]})")):
            Catalogue(copied_data).frame(name)
    with pytest.raises(AlteredTable):  # the last of them stands there
        Catalogue(copied_data).verify()
    path.write_bytes(sound)
    Catalogue(copied_data).verify()


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_table_is_refused_by_name(name: str, copied_data: Path) -> None:
    (copied_data / PATHS[name]).unlink()
    with pytest.raises(MissingTable, match=re.escape(f"The table {name} is missing")):
        Catalogue(copied_data).frame(name)
    with pytest.raises(MissingTable, match=re.escape(name)):
        Catalogue(copied_data).verify()


def test_altered_sources_stop_every_table_that_names_them(copied_data: Path) -> None:
    with (copied_data / "sources.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(AlteredTable, match="The table sources"):
        Catalogue(copied_data).frame("events")


def test_a_folder_without_a_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"datapackage\.json is missing"):
        Catalogue(tmp_path)
    (tmp_path / "datapackage.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        Catalogue(tmp_path)


def mutilated() -> Iterator[tuple[str, bytes]]:
    """datapackage.json broken in every part of its structure."""

    def written(change: Callable[[dict[str, Any]], object]) -> bytes:
        package = copy.deepcopy(PACKAGE)
        change(package)
        return json.dumps(package).encode("utf-8")

    for content in (b"", b"{", b"[]", b"null", b"3", b"{}", b'"text"', b"\xff\xfe", b"[" * 200_000):
        yield repr(content[:9]), content
    values: tuple[Any, ...] = (None, 3, [], {}, "x", [None], [1], [{}])
    for key in ("resources", "version", "created"):
        yield f"no {key}", written(lambda p: p.pop(key))  # noqa: B023
        for value in values:
            if (key, value) != ("version", "x"):
                yield f"{key}: {value}", written(lambda p: p.update({key: value}))  # noqa: B023
    for key in ("name", "path", "title", "description", "reliability", "missing", "unit", "hash", "schema"):
        yield f"table without {key}", written(lambda p: p["resources"][0].pop(key))  # noqa: B023
        for value in values[:4]:
            yield f"{key} of a table: {value}", written(lambda p: p["resources"][0].update({key: value}))  # noqa: B023
    for path in ("../../etc/passwd", "/etc/passwd", "a\0b", "x" * 5000, "..", ".", "", "nowhere.csv"):
        yield f"path: {path[:20]!r}", written(lambda p: p["resources"][0].update(path=path))  # noqa: B023
    for key in ("title", "description", "reliability", "missing"):
        yield f"{key} turned round", written(lambda p: p["resources"][0].update({key: "a\u202eb"}))  # noqa: B023


BROKEN = dict(mutilated())


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_package_is_one_sentence_in_every_command(
    case: str, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "data" / "datapackage.json").write_bytes(BROKEN[case])
    tables = {path: path.read_bytes() for path in (project.root / "data").rglob("*.csv")}
    project.notebook("1")
    for words in (["render"], ["parameters"], ["fact"]):
        load.cache_clear()
        code, said = main(words), capsys.readouterr()
        if code == 0:  # a command that does not read this table
            assert words != ["render"] and case.startswith("path: ")
            continue
        assert code == 2
        assert said.out == "" and said.err.startswith("Error: ") and said.err.count("\n") == 1, said.err
        assert "unexpected" not in said.err and len(said.err) < 600, said.err
        assert "datapackage.json" in said.err or "table" in said.err
    # Sealing mends hashes and nothing else.
    load.cache_clear()
    assert main(["seal"]) == (0 if case.startswith("hash of a table") or case == "table without hash" else 2)
    assert "unexpected" not in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tables} == tables


def test_any_changed_byte_of_the_package_is_no_accident(copied_data: Path) -> None:
    """The description of the package has no hash, so a changed byte may pass, but as data or as a sentence."""
    path = copied_data / "datapackage.json"
    sound, dice, refused = path.read_bytes(), random.Random(2397), 0
    for _ in range(60):
        at = dice.randrange(len(sound))
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 1 << dice.randrange(8)]) + sound[at + 1 :])
        try:
            Catalogue(copied_data).verify()
        except UserError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 8


def test_an_unknown_table_gets_the_nearest_name(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownTable, match="did you mean trade/china_dprk_monthly"):
        catalogue.frame("trade/china_dprk_montly")


def broken(rows: list[dict[str, str]], how: str) -> list[dict[str, str]]:
    """The annual table with one mistake that a hash cannot show once it is sealed."""
    if how == "column":
        return [{("flow" if key == "measure" else key): value for key, value in row.items()} for row in rows]
    column, value = {
        "source": ("source_id", "nobody-2001-ffff"), "second source": ("source_id", "penppml;nobody-2001-ffff"),
        "status": ("status", "guessed"), "quality": ("quality", "E"), "word for a number": ("value", "n/a"),
        "fraction for a year": ("year", "1984.5"),
    }[how]  # fmt: skip
    return [{**rows[0], column: value}, *rows[1:]]


@pytest.mark.parametrize(
    "how",
    ["column", "source", "second source", "status", "quality", "word for a number", "fraction for a year"],
)
def test_a_sealed_mistake_is_still_refused_by_name(how: str, copied_data: Path) -> None:
    name = "trade/china_dprk_annual"
    write_rows(name, broken(rows_of(name), how), copied_data)
    assert seal(copied_data) == [name]
    with pytest.raises(DataError, match=f"The table {name} ") as caught:
        Catalogue(copied_data).frame(name)
    assert not isinstance(caught.value, AlteredTable)


def test_a_row_with_too_few_cells_is_refused_by_line(copied_data: Path) -> None:
    path = copied_data / "events.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, "a,b"]) + "\n", encoding="utf-8")
    seal(copied_data)
    with pytest.raises(DataError, match=rf"events has 2 cells in line {len(lines) + 1}"):
        Catalogue(copied_data).frame("events")


HIDDEN = ["\0", "\x1b[31m", "\x7f", "\x85", "two\nlines", "a\tb", "\u00ad", "\u061c", "\u200b", "\u200f",
          "\u2028", "\u202e", "\u2066", "\ufeff", "\ufffe", "\ue000", "\U000e0041"]  # fmt: skip


@pytest.mark.parametrize("text", HIDDEN, ids=ascii)
def test_a_character_that_shows_nothing_is_refused_with_its_place(text: str, copied_data: Path) -> None:
    rows = rows_of("caveats")
    rows[3]["text"] = f"before {text} after"
    write_rows("caveats", rows, copied_data)
    seal(copied_data)
    (hidden,) = {f"U+{ord(c):04X}" for c in text if not c.isprintable()}
    with pytest.raises(DataError, match=f"table caveats holds the character {re.escape(hidden)} in line 5, text"):
        Catalogue(copied_data).frame("caveats")


def test_letters_of_any_script_and_a_no_break_space_are_welcome(copied_data: Path) -> None:
    text = "Σίσυφος шалом שלום مرحبا 평양 中朝贸易 a\u00a0b – “ ” e\u0301 \U0001f600"
    rows = rows_of("caveats")
    rows[3]["text"] = text
    write_rows("caveats", rows, copied_data)
    seal(copied_data)
    assert Catalogue(copied_data).frame("caveats")["text"][3] == text


@pytest.mark.parametrize(("raw", "reason"), [
    (b"\xed\xa0\x80", "holds a byte in line 3 that is not UTF-8"),
    (b"\xff", "holds a byte in line 3 that is not UTF-8"),
    (b"x" * 200_000, "cannot be read in line 3: field larger than field limit"),
])  # fmt: skip
def test_bytes_that_are_no_text_and_a_cell_without_end_are_refused(
    raw: bytes, reason: str, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project.root / "data" / PATHS["caveats"]
    lines = path.read_bytes().split(b"\n")
    lines[2] += raw
    path.write_bytes(b"\n".join(lines))
    # Sealing reads the table as well, so it refuses first; the hash is put in by hand.
    package = json.loads((project.root / "data" / "datapackage.json").read_text("utf-8"))
    resource = next(r for r in package["resources"] if r["name"] == "caveats")
    assert main(["seal"]) == 2
    assert f"The table caveats {reason}" in capsys.readouterr().err
    resource["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    (project.root / "data" / "datapackage.json").write_text(json.dumps(package), "utf-8")
    project.notebook("1")
    load.cache_clear()
    assert main(["render"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"Error: The table caveats {reason}") and said.err.count("\n") == 1


def test_a_source_without_terms_is_refused(copied_data: Path) -> None:
    rows = rows_of("sources")
    write_rows("sources", [{**rows[0], "terms": ""}, *rows[1:]], copied_data)
    seal(copied_data)
    with pytest.raises(DataError, match=f"The source {rows[0]['source_id']} has no terms"):
        Catalogue(copied_data).frame("events")


def test_sealing_an_unchanged_copy_changes_nothing(copied_data: Path) -> None:
    before = {path: path.read_bytes() for path in copied_data.rglob("*") if path.is_file()}
    assert seal(copied_data) == []
    assert {path: path.read_bytes() for path in copied_data.rglob("*") if path.is_file()} == before


def test_a_meant_change_loads_after_sealing_and_shows_in_the_ledger(copied_data: Path) -> None:
    name = "trade/china_dprk_annual"
    rows = rows_of(name)
    write_rows(name, rows[1:], copied_data)
    assert seal(copied_data) == [name]
    assert len(Catalogue(copied_data).frame(name)) == len(rows) - 1
    assert ledger(copied_data)[f"{name},comtrade/exports"] == ledger(DATA)[f"{name},comtrade/exports"] - 1


def ledger(folder: Path) -> dict[str, int]:
    lines = (folder / "row_counts.csv").read_text(encoding="utf-8").splitlines()[1:]
    return {line.rpartition(",")[0]: int(line.rpartition(",")[2]) for line in lines}


def test_the_ledger_equals_a_fresh_count() -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for name in TABLES:
        rows = rows_of(name)
        counts[name, "whole table"] = len(rows)
        for row in rows:
            if "measure" in row:
                counts[name, "/".join(part for part in (row.get("basis"), row["measure"]) if part)] += 1
    with (DATA / "row_counts.csv").open(encoding="utf-8", newline="") as file:
        written = [(row["table"], row["group"], int(row["rows"])) for row in csv.DictReader(file)]
    wholes = {name: rows for name, group, rows in reversed(written) if group == "whole table"}
    assert wholes == {name: counts.pop((name, "whole table")) for name in TABLES}
    groups = {(name, group): rows for name, group, rows in written if (name, group) in counts}
    assert groups == dict(counts)


def test_the_ledger_has_one_line_for_a_group() -> None:
    with (DATA / "row_counts.csv").open(encoding="utf-8", newline="") as file:
        keys = Counter((row["table"], row["group"]) for row in csv.DictReader(file))
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize(
    ("published", "day"),
    [("2005-01-30", date(2005, 1, 30)), ("2004-12", date(2004, 12, 31)), ("2016-02", date(2016, 2, 29)),
     ("2001", date(2001, 12, 31)), ("", date(2014, 12, 31))],
)  # fmt: skip
def test_a_row_is_known_from_its_date_or_the_end_of_the_year_after(published: str, day: date) -> None:
    assert known_from(published, 2013) == day


# ------------------------------------------------------------------------------------------- corrections


@pytest.mark.parametrize("correction", rows_of("corrections"), ids=lambda row: row["correction_id"])
def test_a_correction_is_in_force(correction: dict[str, str]) -> None:
    """Fails when the row is changed without a word, or when the source has repaired itself."""
    table = {row["row_id"]: row for row in rows_of(correction["table"])}
    row = table[correction["row_id"]]
    used = {cell[name] for cell in rows_of("trade/series_cells") for name in ("row_a", "row_b")}
    assert "corrections.csv" in row["note"]
    assert correction["why"] and correction["who_printed_the_right_one"]
    if correction["treatment"] == "kept, never used":
        assert float(row["value"]) == float(correction["as_printed"]) != float(correction["correct"])
        assert row["row_id"] not in used and row["quality"] == "D"
        rivals = [r for r in table.values() if (r["year"], r["measure"]) == (row["year"], row["measure"])]
        right = {r["row_id"] for r in rivals if float(r["value"]) == float(correction["correct"])}
        flows = [r for r in table.values() if (r["year"], r["source_id"]) == (row["year"], row["source_id"])
                 and r["measure"] in ("exports", "imports")]  # fmt: skip
        added = sum(float(r["value"]) for r in flows) == float(correction["correct"])
        added &= {r["row_id"] for r in flows} <= used
        assert right & used or added, "the right value stands in the table, or its flows do, and a series uses it"
    else:
        assert correction["treatment"] == "entered in the right unit"
        assert float(row["value"]) == float(correction["correct"])
        assert row["quality"] != "A", "a value we had to read otherwise than printed is no A"


def test_every_row_that_points_to_a_correction_has_one() -> None:
    pointing = {row["row_id"] for row in rows_of("trade/china_dprk_annual") if "corrections.csv" in row["note"]}
    assert pointing == {row["row_id"] for row in rows_of("corrections")}


@pytest.mark.parametrize(
    ("row_id", "other"),
    [
        # KOTRA press release of 2017: 3,420 with 230 of crude oil; imports 2,630.
        ("2016-exports-kita-2", 3420 - 230), ("2016-imports-kita-2", 2630),
        # Customs spokesman, January 2018: 3,340; customs in Seoul Shinmun, 2019: 1,650.
        ("2017-exports-kita", 3340), ("2017-imports-kita", 1650),
    ],
)  # fmt: skip
def test_the_corrected_unit_agrees_with_another_print(row_id: str, other: float) -> None:
    row = next(row for row in rows_of("trade/china_dprk_annual") if row["row_id"] == row_id)
    assert float(row["value"]) == pytest.approx(other, rel=0.01)


# --------------------------------------------------------------------------------- the direction of the flows


@pytest.mark.parametrize("basis", ["customs", "kotra", "comtrade", "mirror"])
def test_china_exports_more_than_it_imports_under_sanctions(basis: str) -> None:
    """From 2018 on the DPRK could sell China almost nothing: exchanged columns would show at once."""
    values = {
        (row["year"], row["measure"], row["compiler"]): float(row["value"])
        for row in rows_of("trade/china_dprk_annual")
        if row["basis"] == basis
    }
    pairs = [(key, value) for key, value in values.items() if key[1] == "exports" and "2018" <= key[0] <= "2025"]
    for (year, _, compiler), exports in pairs:
        imports = values.get((year, "imports", compiler))
        assert imports is None or exports > 4 * imports, (year, compiler)
    assert pairs or basis == "mirror", "the reconciled record ends before the sanctions"


def test_months_under_sanctions_point_the_same_way() -> None:
    months = {(row["month"], row["measure"]): float(row["value"]) for row in rows_of("trade/china_dprk_monthly")}
    pairs = [(m, v, months.get((m, "imports"))) for (m, measure), v in months.items() if measure == "exports"]
    under = [(m, e, i) for m, e, i in pairs if "2018-01" <= m <= "2025-12" and i is not None]
    # While the border was shut both flows were near nothing, and one month of leftovers could turn the sign.
    against = {m for m, e, i in under if e <= i}
    assert len(under) > 70 and all("2020-08" <= m <= "2021-05" for m in against), against
