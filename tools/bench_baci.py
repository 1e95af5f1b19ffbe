"""Times the reading of BACI's yearly files against pandas and against a plain scan, and watches the memory.

Run it with `make bench-baci`. The file that is read is generated, in the form that CEPII describes, of as many rows as
asked for; it says so by its folder and lies in a temporary one. No figure in it is real, and none goes into data/.

Each way runs in a process of its own, the best of several runs. Seconds of processors tell ways apart on a machine
that is busy with other things too. Memory is the largest sum over a process and its children, seen fifty times a
second, or what the system says of the process, whichever is more. Two floors: DuckDB's `SELECT count(*)`, which finds
the lines and converts no column, and a count of all six columns, which converts each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import psutil

from analysis.refresh import baci, koreas
from timing import Failed, print_table, say

PAIR = ("CHN", "PRK")
YEAR, VERSION = 2020, "000000"
MADE_UP = "GENERATED.txt"
# Rows of a year are few for most countries and many for the large ones. The numbers of China and South Korea are first,
# so that as many rows touch the pair and its twin as in a real year, about one in six.
NUMBERS = (156, 410, *(n for n in range(4, 900, 4) if n not in (156, 408)), 408)
NAMED = {156: "CHN", 410: "KOR", 408: "PRK"}
CHUNK = 1_000_000
TYPES = {**baci.COLUMNS, "v": "DOUBLE", "q": "DOUBLE"}
LEAST_RATIO, MOST_FLOOR, MOST_BYTES = 4.0, 1.5, 2_000_000_000


@dataclass(frozen=True)
class Measured:
    """Seconds on the clock, seconds of the processors, and the most bytes of memory of one way to read the file."""

    seconds: float
    processors: float
    memory: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for, print a table and return the exit code."""
    options = parser().parse_args(arguments)
    if options.way:
        return _child(options.way, Path(options.folder), options.threads)
    try:
        with tempfile.TemporaryDirectory(prefix="generated-not-real-baci-") as name:
            folder = Path(name)
            generate(folder, options.rows)
            size = _file(folder).stat().st_size
            say(f"{options.rows:,} generated rows, {size / 1e6:,.0f} MB, {options.threads} threads, "
                f"best of {options.repeat}.")  # fmt: skip
            found = {way: measure(way, folder, options) for way in WAYS if way != "pandas" or not options.no_pandas}
    except Failed as failed:
        say(str(failed))
        return 1
    _print(found, options.rows)
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rows", type=_count, default=11_000_000, help="rows of the file (default: those of a year)")
    made.add_argument("--repeat", type=_count, default=3, help="runs of each way; the best counts (default: 3)")
    made.add_argument("--threads", type=_count, default=min(os.cpu_count() or 1, 2), help="of DuckDB (default: 2)")
    made.add_argument("--no-pandas", action="store_true", help="leave the slowest way out")
    made.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    made.add_argument("--folder", help=argparse.SUPPRESS)
    return made


def generate(folder: Path, rows: int) -> None:
    """A file of a year in BACI's form with so many rows, and its country codes. One quantity in thirty is missing."""
    (folder / MADE_UP).write_text("Every figure in this folder is generated; none is real.\n", encoding="utf-8")
    lines = [f"{n},Country {n},,{NAMED.get(n, '')}" for n in NUMBERS]
    (folder / f"country_codes_V{VERSION}.csv").write_text(
        "\n".join(["country_code,country_name,country_iso2,country_iso3", *lines]) + "\n", encoding="utf-8"
    )
    numbers = f"[{','.join(map(str, NUMBERS))}]"
    # Squared, a random number falls on the first of a list the more often the nearer to its start.
    pick = f"{numbers}[1 + (len({numbers}) * pow(hash({{}}) % 1000003 / 1000003.0, 2))::INTEGER % len({numbers})]"
    with duckdb.connect(config={"memory_limit": "1GB", "preserve_insertion_order": False}) as connection:
        connection.execute(f"""
            COPY (
                SELECT DISTINCT ON (i, j, k) {YEAR} AS t,
                    {pick.format("r * 7 + 1")} AS i, {pick.format("r * 13 + 2")} AS j,
                    printf('%02d%04d', 1 + hash(r * 3) % 97, 1000 + hash(r * 5) % 9000) AS k,
                    printf('%.3f', exp(12.0 * (hash(r * 17) % 1000003) / 1000003.0 - 4.0) + 0.001) AS v,
                    CASE WHEN hash(r * 19) % 30 = 0 THEN 'NA'
                        ELSE printf('%.3f', exp(10.0 * (hash(r * 23) % 1000003) / 1000003.0 - 4.0)) END AS q
                FROM range({rows}) rows(r)
            ) TO '{_file(folder)}' (HEADER, DELIMITER ',', QUOTE '')""")


def measure(way: str, folder: Path, options: argparse.Namespace) -> Measured:
    """The best time of `way` in processes of its own, and the most memory of any of them."""
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder), "--threads", str(options.threads)]
    seconds, processors, memory = [], [], 0
    for _ in range(options.repeat):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            memory = max(memory, _resident(watched))
            time.sleep(0.02)
        if process.returncode or process.stdout is None:
            raise Failed(f"Reading by {way} ended with code {process.returncode}.")
        answer = json.loads(process.stdout.read().splitlines()[-1])
        seconds.append(answer["seconds"])
        processors.append(answer["processors"])
        memory = max(memory, answer["memory"])
    return Measured(min(seconds), min(processors), memory)


def _resident(process: psutil.Process) -> int:
    """Bytes in memory of a process and its children, 0 when it is gone."""
    try:
        every = [process, *process.children(recursive=True)]
        return sum(one.memory_info().rss for one in every)
    except psutil.Error:
        return 0


def _child(way: str, folder: Path, threads: int) -> int:
    import resource

    begun, used = time.perf_counter(), time.process_time()
    WAYS[way](folder, threads)
    seconds, processors = time.perf_counter() - begun, time.process_time() - used
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"seconds": seconds, "processors": processors, "memory": most}))
    return 0


def ours(folder: Path, threads: int) -> dict[tuple[str, str, str], float]:
    """Every sum that `refresh baci` takes out of the file: million dollars by exporter, importer and goods."""
    sums = baci.extract(baci.find(folder), PAIR, [YEAR], twins=koreas.twins(PAIR), threads=threads)
    return {(one.exporter, one.importer, one.goods): one.value for one in sums}


def by_pandas(folder: Path, threads: int) -> dict[tuple[str, str, str], float]:
    """The same sums with `read_csv` in chunks, as one would write it."""
    codes = pd.read_csv(folder / f"country_codes_V{VERSION}.csv")
    names = {n: c if isinstance(c, str) else f"N{n:03}" for n, c in
             zip(codes["country_code"], codes["country_iso3"], strict=True)}  # fmt: skip
    wanted = [n for n, name in names.items() if name in (*PAIR, *koreas.twins(PAIR).values())]
    parts = []
    types = {"t": "int32", "i": "int32", "j": "int32", "k": "str", "v": "float64", "q": "float64"}
    for chunk in pd.read_csv(_file(folder), dtype=types, chunksize=CHUNK, skipinitialspace=True, na_values=["NA"]):
        near = chunk[chunk["i"].isin(wanted) | chunk["j"].isin(wanted)]
        keys = [near["i"].map(names), near["j"].map(names), near["k"].str[:2]]
        near = near.assign(weighed=near["v"].where(near["q"].notna()), n=1)
        parts.append(near.groupby(keys)[["v", "q", "weighed", "n"]].sum())
    flows = pd.concat(parts).groupby(level=[0, 1, 2]).sum().reset_index()
    flows.columns = pd.Index(["exporter", "importer", "goods", *flows.columns[3:]])
    flows = flows[flows["exporter"] != flows["importer"]]
    chapters = flows["goods"]
    grouped = pd.concat([
        flows, flows.assign(goods="all"), flows[chapters <= "24"].assign(goods="food"),
        flows[chapters == "27"].assign(goods="fuel"),
    ]).groupby(["exporter", "importer", "goods"], as_index=False)["v"].sum()  # fmt: skip
    sells, buys = grouped["exporter"].isin(PAIR), grouped["importer"].isin(PAIR)
    kept = grouped[(sells & buys) | ((sells | buys) & grouped["goods"].isin(baci.GROUPS))]
    world = [
        grouped[buys].assign(exporter=baci.WORLD), grouped[sells].assign(importer=baci.WORLD),
    ]  # fmt: skip
    every = pd.concat([kept, *world]).groupby(["exporter", "importer", "goods"])["v"].sum()
    return {key: round(value / 1000, 6) for key, value in every.items()}


def count_lines(folder: Path, threads: int) -> int:
    """DuckDB's `SELECT count(*)`: lines are found, no column is converted."""
    return _counted(folder, threads, "count(*)")


def count_columns(folder: Path, threads: int) -> int:
    """A count of all six columns: each is converted to its type, values and quantities to numbers."""
    return _counted(folder, threads, ", ".join(f"count({name})" for name in baci.COLUMNS))


def _counted(folder: Path, threads: int, what: str) -> int:
    settings = {"threads": threads, "memory_limit": baci.MEMORY, "preserve_insertion_order": False}
    with duckdb.connect(config=settings) as connection:
        row = connection.execute(f"SELECT {what} FROM {baci.scan(_file(folder), TYPES, 'NA')}").fetchone()
    return int(row[0]) if row else 0


WAYS = {"ours": ours, "pandas": by_pandas, "count(*)": count_lines, "count of columns": count_columns}


def _file(folder: Path) -> Path:
    return folder / f"BACI_HS92_Y{YEAR}_V{VERSION}.csv"


def _print(found: dict[str, Measured], rows: int) -> None:
    own = found["ours"]
    print_table(
        ("reading by", "seconds", "of processors", "million rows/s", "memory, MB", "ours is", "of processors"),
        [
            (way, f"{one.seconds:.2f}", f"{one.processors:.2f}", f"{rows / one.seconds / 1e6:.2f}",
             f"{one.memory / 1e6:.0f}", "" if way == "ours" else f"{own.seconds / one.seconds:.2f} times its time",
             "" if way == "ours" else f"{own.processors / one.processors:.2f} times")
            for way, one in found.items()
        ],
    )  # fmt: skip
    goals = [
        ("within 1.5 times the count of columns", own.seconds <= MOST_FLOOR * found["count of columns"].seconds),
        ("within 1.5 times count(*), which converts nothing", own.seconds <= MOST_FLOOR * found["count(*)"].seconds),
        ("under 2 GB", own.memory < MOST_BYTES),
    ]  # fmt: skip
    if "pandas" in found:
        goals.append(("at least 4 times as fast as pandas", own.seconds * LEAST_RATIO <= found["pandas"].seconds))
    for goal, reached in goals:
        say(f"{'reached' if reached else 'NOT reached'}: {goal}")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above zero")
    return int(text)


if __name__ == "__main__":
    raise SystemExit(main())
