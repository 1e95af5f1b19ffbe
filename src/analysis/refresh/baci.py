"""CEPII's BACI: goods trade between all countries by year and product, out of files that the user has downloaded.

Format: https://www.cepii.fr/DATA_DOWNLOAD/baci/doc/baci_webpage.html. A file a year, `BACI_HS92_Y1995_V202401b.csv`:
year t, exporter i and importer j in CEPII's own numbers, product k in six digits of the Harmonized System, value v in
thousand US dollars, quantity q in tons or NA. Both ends of a flow are reconciled and valued FOB; only flows above zero
are there. `country_codes_V202401b.csv` names the numbers. CEPII asks not to mix versions.

A year has about eleven million rows. DuckDB reads a file once, on all processors and in bounded memory; what leaves the
file are sums. DuckDB's own unzipping would need an extension from a network, so Python unpacks, one year at a time.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..countries import AREAS, code_of
from ..errors import UserError, listing, nearest, shown
from .web import Refused

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PUBLISHER = "CEPII, BACI"
YEAR_FILE = re.compile(r"BACI_(HS\d\d)_Y(\d{4})_V(\d{6}[a-z]?)\.csv", re.IGNORECASE)
CODES_FILE = re.compile(r"country_codes_V(\d{6}[a-z]?)\.csv", re.IGNORECASE)
README_FILE = re.compile(r"readme\w*\.txt", re.IGNORECASE)
RELEASED = re.compile(r"Release Date\s*:\s*(\d{4})\W(\d{1,2})\W(\d{1,2})")
COLUMNS = {"t": "INTEGER", "i": "INTEGER", "j": "INTEGER", "k": "VARCHAR", "v": "VARCHAR", "q": "VARCHAR"}
CODE_COLUMNS = (("country_code", "country_iso3"), ("country_code", "iso_3digit_alpha"))  # the second until 2022
NOTHING = "\N{SYMBOL FOR NULL}"  # stands in no file: NA stays as it stands, and is told from an empty cell
MEMORY, MOST_THREADS = "800MB", 8
MOST_BYTES = 8_000_000_000  # of one file of a year: ten times what a year has
MILLION = 1000.0  # thousands of dollars
HALF_A_DIGIT = 5e-7  # million dollars: values are given to a thousandth of a thousand
WORLD = "WLD"
GROUPS = ("all", "food", "fuel")
# The last member of a list is what a chapter counts for besides itself: food is HS 01 to 24, fuel HS 27.
GROUPS_OF = """CASE WHEN chapter <= '24' THEN [chapter, 'all', 'food']
    WHEN chapter = '27' THEN [chapter, 'all', 'fuel'] ELSE [chapter, 'all'] END"""


class BadFiles(UserError):
    """A path without files of BACI, or countries that these do not have."""


class MixedEnds(Refused):
    """Lines of one file that end in different ways, as where files of two systems were joined."""


@dataclass(frozen=True)
class Part:
    """A file, or a member of a zip."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        return (self.member or str(self.path)).replace("\\", "/").rpartition("/")[2]

    @contextmanager
    def lying(self, scratch: Path) -> Iterator[Path]:
        """The file as it lies on the disk; a member of a zip lies there, in `scratch`, while the block runs."""
        if not self.member:
            yield self.path
            return
        path = scratch / "unpacked.csv"
        try:
            with self.opened() as packed, path.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """The bytes; Refused where they cannot be read, or a zip is damaged. Read to its end, a member is checked."""
        try:
            if not self.member:
                with self.path.open("rb") as file:
                    yield file
                return
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as packed:
                yield packed
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise Refused(
                f"The archive {self.path.name} is damaged or cut off, in {self.name}: {shown(str(error), 80)}."
            ) from None
        except (NotImplementedError, RuntimeError):
            raise Refused(
                f"The archive {self.path.name} is packed by a method that cannot be read"
                f"{_method(self.path, self.member)}: unpack it, and name the folder."
            ) from None
        except OSError as error:
            raise Refused(f"The file {self.name} cannot be read or unpacked: {error.strerror or error}.") from None


@dataclass(frozen=True)
class Release:
    """One version of BACI in one revision of the Harmonized System, as found under a path.

    `published` is the day in its readme, else the month that names it; empty for a correction (a letter behind the
    month) without a readme, for its name does not say when it appeared.
    """

    version: str
    hs: str
    years: Mapping[int, Part]
    codes: Part
    published: str


@dataclass(frozen=True)
class Sum:
    """What one country sold to another, or to or from the `WORLD`, in a year: a chapter (`27`) or one of GROUPS.

    `value` in million dollars FOB, `precision` what the rounding of its rows may add up to; `tonnes` of the rows that
    have a quantity, None where none has, and `weighed` the value of these; `twin` is the same flow of the same
    partner with the other of two countries that are mixed up, None where the question does not arise.
    """

    year: int
    exporter: str
    importer: str
    goods: str
    value: float
    precision: float
    tonnes: float | None
    weighed: float
    twin: float | None = None


@dataclass(frozen=True)
class Whole:
    """What a file of a year holds as a whole: rows, exporters with what each sells, and all trade, in million dollars.

    `exporters` is empty where only their `number` is known: of a file that was read at another time.
    """

    year: int
    rows: int
    number: int
    value: float
    exporters: Mapping[str, float]


def find(path: Path) -> Release:
    """The release that lies under `path`: a folder, a zip, or one file of a year beside its country codes.

    Raises BadFiles where there is none, Refused where versions or revisions are mixed or the country codes are missing.
    """
    parts = list(_parts(path))
    years: dict[int, Part] = {}
    kinds: dict[tuple[str, str], str] = {}
    for part in parts:
        if match := YEAR_FILE.fullmatch(part.name):
            hs, year, version = match[1].upper(), int(match[2]), match[3].lower()
            if year in years:
                raise Refused(f"There are two files of {year} in {path.name}: {years[year].name} and {part.name}.")
            years[year] = part
            kinds[version, hs] = part.name
    if not years:
        raise BadFiles(
            f"There is no file of BACI in {shown(str(path), 120)}: their names are as BACI_HS92_Y1995_V202401b.csv."
        )
    if len(kinds) > 1:
        raise Refused(
            f"The files in {path.name} are of several versions, {listing(sorted(kinds.values()))}: "
            "CEPII asks not to mix them."
        )
    (version, hs), = kinds
    beside = parts if path.is_dir() or _zipped(path) else list(_parts(path.parent))
    codes = {m[1].lower(): part for part in beside if (m := CODES_FILE.fullmatch(part.name))}
    if version not in codes:
        other = f"; there is only {listing([part.name for part in codes.values()])}" if codes else ""
        raise Refused(f"The file country_codes_V{version}.csv, which names the countries, is missing{other}.")
    readmes = [part for part in beside if README_FILE.fullmatch(part.name)]
    return Release(version, hs, dict(sorted(years.items())), codes[version], _published(version, readmes))


def extract(
    release: Release, pair: tuple[str, str], years: Collection[int], *, twins: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda text: None, threads: int | None = None,
    wholes: dict[int, Whole] | None = None,
) -> list[Sum]:  # fmt: skip
    """The sums of `pair` (two ISO alpha-3 codes), of either side with the world, and with each partner by GROUPS.

    Pair and world have chapters too. `twins` maps a side to the country that it is mixed up with. Reads one file after
    the other; `threads` processors (default: those of the machine, at most MOST_THREADS). `wholes` is filled with what
    each file holds as a whole. Raises BadFiles for a country that is not in the release, Refused for a file that is not
    as CEPII describes it.
    """
    countries = _countries(release.codes)
    for side in pair:
        if side not in countries:
            close = nearest(side, countries)
            hint = f": did you mean {close}?" if close else "."
            raise BadFiles(f"There is no country {shown(side)!r} in {release.codes.name}{hint}")
    sums: list[Sum] = []
    with tempfile.TemporaryDirectory(prefix="analysis-baci-") as folder:
        for year in years:
            part = release.years[year]
            with part.lying(Path(folder)) as file, _connected(Path(folder), threads) as connection:
                wanted = {*pair, *(twins or {}).values()}
                try:
                    whole = read(connection, file, part.name, year, countries, wanted)
                except MixedEnds:
                    file = _with_plain_ends(file, Path(folder))
                    whole = read(connection, file, part.name, year, countries, wanted)
                if wholes is not None:
                    wholes[year] = whole
                sums += _sums(connection, year, pair, twins or {})
                progress(f"{part.name}: {file.stat().st_size / 1e6:,.1f} MB read\n")
    return sums


def read(
    connection: DuckDBPyConnection, file: Path, name: str, year: int, countries: Mapping[str, Collection[int]],
    wanted: Collection[str],
) -> Whole:  # fmt: skip
    """Read a file of a year once and check it; leaves the table `flows` of the `wanted` countries.

    `flows` has exporter, importer, chapter, v and weighed (thousand dollars), q (tons), n (rows). Years and lengths of
    product codes are checked in every row; values, quantities, and that no flow stands twice, in the rows used.
    """
    import duckdb

    _check_ends(file, name)
    numbers = ",".join(str(number) for side in wanted for number in countries[side])
    # Quantities stay text where rows are not used: a number is dear to read. All others count for the whole alone.
    rows = f"""
        (SELECT *, TRY_CAST(v AS DOUBLE) AS value, CASE WHEN used THEN TRY_CAST(q AS DOUBLE) END AS tons FROM
        (SELECT *, i IN ({numbers}) OR j IN ({numbers}) OR t <> {year} OR strlen(k) <> 6 AS used FROM {scan(file)}))"""
    sound = f"""
        t = {year} AND strlen(k) = 6 AND value > 0 AND value < 'inf'::DOUBLE
        AND (tons >= 0 AND tons < 'inf'::DOUBLE OR tons IS NULL AND trim(q) = 'NA')"""
    try:
        connection.execute(f"""
            CREATE TEMP TABLE sums AS
            SELECT i, CASE WHEN used THEN j END AS j,
                CASE WHEN NOT used THEN NULL WHEN {sound} THEN left(k, 2) ELSE '' END AS chapter,
                sum(value) AS v, sum(tons) AS q, sum(value) FILTER (tons IS NOT NULL) AS weighed, count(*) AS n,
                count(DISTINCT CASE WHEN used THEN k END) AS products
            FROM {rows} GROUP BY ALL""")
        exporters = connection.execute("SELECT i, sum(v), sum(n) FROM sums GROUP BY i").fetchall()
        connection.execute("DELETE FROM sums WHERE chapter IS NULL")
        chapters = [chapter for chapter, in connection.execute("SELECT DISTINCT chapter FROM sums").fetchall()]
        if "" in chapters:
            row = connection.execute(
                f"SELECT t, k, v, q FROM {rows} WHERE used AND ({sound}) IS NOT TRUE LIMIT 1"
            ).fetchone()
            raise Refused(f"The file {name} has {_fault(year, *(row or (year, '', '', '')))}.")
        if twice := connection.execute("SELECT i, j, chapter FROM sums WHERE n > products ORDER BY ALL").fetchone():
            i, j, chapter = twice
            product, times = connection.execute(
                f"SELECT k, count(*) FROM {rows} WHERE used AND i = {i} AND j = {j} AND left(k, 2) = '{chapter}' "
                "GROUP BY k HAVING count(*) > 1 ORDER BY k"
            ).fetchone() or ("", 2)
            raise Refused(
                f"The file {name} has product {product} from {i} to {j} {times} times: each flow stands once in a file "
                "of BACI, so rows or the whole file were repeated."
            )
    except duckdb.Error as error:
        if "state machine" in str(error):  # what DuckDB says of lines that end in different ways
            raise MixedEnds(f"The file {name} has lines that end in different ways.") from None
        raise Refused(_reason(str(error), name)) from None
    if odd := [chapter for chapter in chapters if not (chapter.isascii() and chapter.isdecimal() and chapter >= "01")]:
        raise Refused(f"The file {name} has product codes that begin with {shown(min(odd))!r}, which is no chapter.")
    # Numbers are whole and codes three letters or digits (`_countries`), so that they can stand in the statement.
    codes = ", ".join(f"({number}, '{side}')" for side, numbers in countries.items() for number in numbers)
    connection.execute(f"CREATE TEMP TABLE countries AS SELECT * FROM (VALUES {codes}) named(number, side)")
    unknown = connection.execute("""
        SELECT DISTINCT number FROM (SELECT i AS number FROM sums UNION ALL SELECT j FROM sums)
        WHERE number NOT IN (SELECT number FROM countries) ORDER BY 1""").fetchall()
    if unknown:
        raise Refused(f"The country codes lack {listing([str(n) for n, in unknown])}, which stands in {name}.")
    connection.execute("""
        CREATE TEMP TABLE flows AS
        SELECT a.side AS exporter, b.side AS importer, chapter, sum(v) AS v, sum(q) AS q, sum(weighed) AS weighed,
            sum(n) AS n
        FROM sums JOIN countries a ON sums.i = a.number JOIN countries b ON sums.j = b.number
        WHERE a.side <> b.side GROUP BY ALL""")
    sides = {number: side for side, numbers in countries.items() for number in numbers}
    sold: dict[str, float] = {}
    for number, v, _ in exporters:
        side = sides.get(number, str(number))
        sold[side] = sold.get(side, 0.0) + (v or 0.0) / MILLION
    return Whole(year, int(sum(n for *_, n in exporters)), len(sold), round(sum(sold.values()), 6), sold)


def scan(file: Path, types: Mapping[str, str] = COLUMNS, missing: str = NOTHING) -> str:
    """DuckDB's expression for the rows of a file, each column of a declared type and none guessed.

    A number that is `missing` is read as NULL; no other cell is.
    """
    with file.open("rb") as opened:
        header = _header(opened.readline())
    columns = ", ".join(f"'{name}': '{types[name]}'" for name in header)
    path = str(file).replace("'", "''")
    return (
        f"read_csv('{path}', auto_detect=false, header=true, delim=',', quote='\"', columns={{{columns}}}, "
        f"nullstr='{missing}', force_not_null=[{', '.join(repr(n) for n in header if types[n] != 'DOUBLE')}])"
    )


def _with_plain_ends(file: Path, scratch: Path) -> Path:
    """A copy of the file in which every line ends alike."""
    path = scratch / "plain.csv"
    with file.open("rb") as lines, path.open("wb") as copy:
        copy.writelines(line.rstrip(b"\r\n") + b"\n" for line in lines)
    return path


@contextmanager
def _connected(scratch: Path, threads: int | None) -> Iterator[DuckDBPyConnection]:
    import duckdb

    settings: dict[str, Any] = {
        "threads": threads or min(os.cpu_count() or 1, MOST_THREADS), "memory_limit": MEMORY,
        "temp_directory": str(scratch / "spilled"), "preserve_insertion_order": False,
        "autoinstall_known_extensions": False, "autoload_known_extensions": False,
    }  # fmt: skip
    with duckdb.connect(":memory:", config=settings) as connection:
        yield connection


def _sums(
    connection: DuckDBPyConnection, year: int, pair: tuple[str, str], twins: Mapping[str, str]
) -> Iterator[Sum]:  # fmt: skip
    """The rows of `extract` for one year, out of the table `flows`."""
    rows = connection.execute(
        f"""
        WITH grouped AS (SELECT exporter, importer, unnest({GROUPS_OF}) AS goods, v, q, weighed, n FROM flows),
        flow AS (
            SELECT exporter, importer, goods, sum(v) AS v, sum(q) AS q, sum(weighed) AS weighed, sum(n) AS n
            FROM grouped GROUP BY ALL)
        SELECT * FROM flow WHERE exporter IN $sides AND importer IN $sides OR goods IN $groups
        UNION ALL
        SELECT '{WORLD}', importer, goods, sum(v), sum(q), sum(weighed), sum(n) FROM flow WHERE importer IN $sides
        GROUP BY ALL
        UNION ALL
        SELECT exporter, '{WORLD}', goods, sum(v), sum(q), sum(weighed), sum(n) FROM flow WHERE exporter IN $sides
        GROUP BY ALL
        ORDER BY 1, 2, 3""",
        {"sides": list(pair), "groups": list(GROUPS)},
    ).fetchall()
    values = {(exporter, importer, goods): v / MILLION for exporter, importer, goods, v, *_ in rows}
    for exporter, importer, goods, v, q, weighed, n in rows:
        if not {exporter, importer} & set(pair):
            continue  # a flow of a twin, which is only compared with
        yield Sum(
            year, exporter, importer, goods, round(v / MILLION, 6), round(n * HALF_A_DIGIT, 7),
            None if q is None else round(q, 3), round((weighed or 0.0) / MILLION, 6),
            _twin(values, exporter, importer, goods, twins),
        )  # fmt: skip


def _twin(
    values: Mapping[tuple[str, str, str], float], exporter: str, importer: str, goods: str, twins: Mapping[str, str]
) -> float | None:
    if WORLD in (exporter, importer) or goods not in GROUPS:
        return None
    if importer in twins and exporter != twins[importer]:
        return round(values.get((exporter, twins[importer], goods), 0.0), 6)
    if exporter in twins and importer != twins[exporter]:
        return round(values.get((twins[exporter], importer, goods), 0.0), 6)
    return None


# ------------------------------------------------------------------------------------------------ what is refused


def _fault(year: int, t: int, k: str, v: str, q: str) -> str:
    """What is wrong with a row, in words that end a sentence."""
    if t != year:
        return f"rows of the year {t}, not of {year} alone"
    if len(k) != 6:
        return (
            f"the product code {shown(k)!r}, not six digits: a program that takes codes for numbers drops leading zeros"
        )
    try:
        if 0 < float(v) < math.inf:
            return f"the quantity {shown(q)!r}, which is neither tons nor NA"
    except ValueError:
        pass
    return f"the value {shown(v)!r}: only flows above zero belong in it"


def _check_ends(file: Path, name: str) -> None:
    """Refused where the header is another, or the file ends within a line: its last number may then be cut off."""
    try:
        with file.open("rb") as opened:
            first = opened.readline(4096)
            size = opened.seek(0, io.SEEK_END)
            opened.seek(max(size - 1, 0))
            last = opened.read()
    except OSError as error:
        raise Refused(f"The file {name} cannot be read: {error.strerror or error}.") from None
    if sorted(header := _header(first)) != sorted(COLUMNS):
        raise Refused(f"The file {name} has the columns {shown(','.join(header), 80)}, not {','.join(COLUMNS)}.")
    if last != b"\n":
        raise Refused(f"The file {name} ends within a line, so it seems to be cut off.")
    if size > MOST_BYTES:
        raise Refused(f"The file {name} is larger than {MOST_BYTES / 1e9:.0f} GB, which no year of BACI is.")


def _header(line: bytes) -> list[str]:
    text = line.decode("utf-8-sig", errors="replace").strip()
    return [name.strip().strip('"') for name in text.split(",")]


def _reason(said: str, name: str) -> str:
    """One sentence of what DuckDB says of a file that it cannot read."""
    line = re.search(r"CSV Error on Line: (\d+)", said)
    where = f"Line {line[1]} of the file {name}" if line else f"The file {name}"
    if found := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", said):
        return f"{where} has {found[2]} columns, not {found[1]}."
    if found := re.search(r'Error when converting column "(\w)"\. Could not convert string "([^"]*)"', said):
        return f"{where} has the {found[1]} {shown(found[2])!r}, which is no number."
    if "CSV Error" in said:
        return f"{where} is not as CEPII describes it."
    first = said.strip().splitlines()[0] if said.strip() else "no reason given"
    return f"{where} cannot be read: {shown(first, 160)}."


# -------------------------------------------------------------------------------------------------- what lies there


def _parts(path: Path) -> Iterator[Part]:
    """The files under a path; of a folder with zips and no file of a year, the members of the zips."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.is_file())
        yield from map(Part, files)
        if not any(YEAR_FILE.fullmatch(file.name) for file in files):
            for file in files:
                if file.suffix.lower() == ".zip":
                    yield from _members(file)
    elif _zipped(path):
        yield from _members(path)
    elif path.is_file():
        yield Part(path)
    else:
        raise BadFiles(f"There is no file or folder {shown(str(path), 120)}.")


def _zipped(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _members(path: Path) -> Iterator[Part]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield from (Part(path, info.filename) for info in archive.infolist() if not info.is_dir())
    except zipfile.BadZipFile as error:
        raise Refused(f"The archive {path.name} is damaged or cut off: {shown(str(error), 80)}.") from None
    except OSError as error:
        raise BadFiles(f"The archive {path.name} cannot be read: {error.strerror or error}.") from None


def _method(path: Path, member: str) -> str:
    """How a member of an archive is packed, in words behind a comma: Windows packs what is large by Deflate64."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
    if info.flag_bits & 1:
        return ", with a password"
    return ", Deflate64" if info.compress_type == 9 else f", number {info.compress_type} of the zip format"


def _text(part: Part) -> str:
    with part.opened() as file:
        return file.read(MOST_BYTES // 1000).decode("utf-8-sig", errors="replace")


def _countries(part: Part) -> dict[str, list[int]]:
    """The numbers of each country by its alpha-3 code; one without has its number in the place of a code.

    What is no country has one code in every release, by its number (`countries.AREAS`).
    """
    rows = csv.DictReader(io.StringIO(_text(part)))
    names = rows.fieldnames or []
    chosen = next((pair for pair in CODE_COLUMNS if set(pair) <= set(names)), None)
    if chosen is None:
        raise Refused(
            f"The file {part.name} has the columns {shown(','.join(names), 80)}, not country_code and country_iso3."
        )
    countries: dict[str, list[int]] = {}
    seen: set[int] = set()
    for line, row in enumerate(rows, start=2):
        number, code = ((row[name] or "").strip() for name in chosen)
        if not number.isdecimal() or int(number) in seen:
            raise Refused(f"The file {part.name} has the country_code {shown(number)!r} in line {line}, no new number.")
        seen.add(int(number))
        known = int(number) not in AREAS and re.fullmatch(r"[A-Z0-9]{3}", code)
        countries.setdefault(code if known else code_of(number), []).append(int(number))
    return countries


def _published(version: str, readmes: Iterable[Part]) -> str:
    for part in readmes:
        if found := RELEASED.search(_text(part)):
            return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    return f"{version[:4]}-{version[4:6]}" if len(version) == 6 else ""
