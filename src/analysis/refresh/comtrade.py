"""UN Comtrade: what China reports of its trade, in dollars, by year or by month, in total or by HS chapter.

Interface: https://comtradeapi.un.org, described at https://comtradedeveloper.un.org and in the README of the
publisher's own client, comtradeapicall. That client is not used: it prints an address with the key in it when the
publisher answers with an error, turns every error into an empty result, and keeps nothing of what came.

Without a key one period a request and 500 records are given (`preview`); with one, from the variable COMTRADE_API_KEY,
twelve periods and 250,000 records. China's exports are valued FOB, its imports CIF; `primaryValue` is the one that
belongs to the flow. A fetch of many requests that was interrupted goes on where it stopped (`Web.resuming`).
"""

from __future__ import annotations

import contextlib
import csv
import io
import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import shown
from .own import Own
from .web import Raw, Refused, Wanted, Web
from .web import said as words_of

ADDRESS = "https://comtradeapi.un.org"
KEY, KEY_HEADER = "COMTRADE_API_KEY", "Ocp-Apim-Subscription-Key"
PUBLISHER = "UN Comtrade"
REPORTER, PARTNER = 156, 408  # China and the DPRK in the codes of the United Nations
FLOWS = {"X": "exports", "M": "imports"}
VALUED = {"X": "fobvalue", "M": "cifvalue"}
MOST_PERIODS, MOST_RECORDS, MOST_PREVIEWED = 12, 250_000, 500
NUMBERS = ("reporterCode", "partnerCode", "partner2Code", "motCode", "refYear", "refMonth")
TEXTS = ("typeCode", "freqCode", "period", "flowCode", "cmdCode", "customsCode")
CHAPTERS = "AG2"


@dataclass(frozen=True)
class Ask:
    """What of China's goods trade is asked for: how often, with whom (codes of the UN), in total or by chapter."""

    frequency: Literal["A", "M"] = "A"
    partners: tuple[int, ...] = (PARTNER,)
    goods: Literal["TOTAL", "AG2"] = "TOTAL"


@dataclass(frozen=True)
class Found:
    """One figure: `period` is 2017 or 2017-03, `goods` TOTAL or a chapter such as 27, `measure` exports or imports."""

    period: str
    partner: int
    goods: str
    measure: str
    dollars: float
    raw: Raw


def annual(web: Web, years: Sequence[int]) -> Iterator[tuple[int, str, float, Raw]]:
    """Year, measure and dollars of China's exports and imports; a year that is not reported gives nothing.

    Raises Refused for an answer that is not what was asked for.
    """
    for one in fetch(web, [str(year) for year in years], Ask()):
        yield int(one.period), one.measure, one.dollars, one.raw


def fetch(web: Web, periods: Sequence[str], ask: Ask) -> Iterator[Found]:
    """Every figure of the periods, 2017 or 2017-03 by the frequency asked for; what is not reported is not there.

    Raises Refused for an answer that is not what was asked for; such an answer is asked for again the next time.
    """
    if isinstance(web, Own):
        yield from _of_file(web, periods, ask)
        return
    requests = list(_requests(periods, ask))
    for number, wanted in enumerate(requests, start=1):
        raw = web.get(wanted)
        if len(requests) > 1:
            web.tell(f"{wanted.name}: {number} of {len(requests)}\n")
        try:
            found = list(_read(raw, set(wanted.parameters["period"].split(",")), ask))
        except Refused:
            web.forget(raw)
            raise
        yield from found


def _of_file(web: Own, periods: Sequence[str], ask: Ask) -> Iterator[Found]:
    """The figures in a file that was downloaded: CSV of comtradeplus.un.org, or an answer of the interface as JSON.

    Its columns have the names of the interface's fields. A download may hold more than is asked for, such as other
    partners: records of China's trade with those asked for, in these periods and goods, are read and checked.
    """
    raw = web.get(Wanted(f"{PUBLISHER}, a download", f"{ADDRESS}/TradeData.csv", form="csv", only=True))
    records = _records(raw) if raw.path.read_bytes()[:1] in (b"{", b"[") else _table(raw)
    wanted = {period.replace("-", "") for period in periods}
    if any((one.get("reporterCode"), one.get("partnerCode")) == (PARTNER, REPORTER) for one in records):
        raise Refused(f"The file {raw.name} holds what the DPRK reports of its trade with China: China's is needed.")
    mine = [
        one for one in records
        if one.get("reporterCode") == REPORTER and one.get("partnerCode") in ask.partners
        and one.get("period") in wanted and one.get("flowCode") in FLOWS and one.get("freqCode") == ask.frequency
        and (one.get("cmdCode") == "TOTAL" if ask.goods == "TOTAL" else re.fullmatch(r"\d\d", str(one.get("cmdCode"))))
    ]  # fmt: skip
    if not mine:
        what = f"the trade of {REPORTER} with {' or '.join(map(str, ask.partners[:3]))} in {ask.goods}"
        raise Refused(f"The file {raw.name} has no record of China's trade as asked for, {what}.")
    yield from _checked(raw, mine, wanted, ask)


def _table(raw: Raw) -> list[dict[str, Any]]:
    """The records of a CSV, with whole numbers and values as the interface gives them."""
    text = raw.path.read_bytes().decode("utf-8-sig", "replace")
    header, *lines = list(csv.reader(io.StringIO(text))) or [[]]
    made: list[dict[str, Any]] = []
    for number, cells in enumerate(lines, start=2):
        if len(cells) == len(header) + 1 and not cells[-1]:  # the site ends lines with a comma
            cells = cells[:-1]
        if cells and len(cells) != len(header):
            raise Refused(f"The file {raw.name}, line {number}, has {len(cells)} cells, not {len(header)}.")
        if cells:
            made.append({name: _typed(name, cell) for name, cell in zip(header, cells, strict=True)})
    return made


def _typed(name: str, cell: str) -> Any:
    if name in NUMBERS and cell.strip().isdecimal():
        return int(cell)
    if name in ("primaryValue", *VALUED.values()):
        with contextlib.suppress(ValueError):
            return float(cell)
        return None if not cell.strip() else cell
    return cell


def _requests(periods: Sequence[str], ask: Ask) -> Iterator[Wanted]:
    key = os.environ.get(KEY, "").strip()
    step, path = (MOST_PERIODS, "data/v1/get") if key else (1, "public/v1/preview")
    for first in range(0, len(periods), step):
        some = periods[first : first + step]
        parameters = {
            "reporterCode": str(REPORTER), "partnerCode": ",".join(map(str, ask.partners)), "partner2Code": "0",
            "motCode": "0", "period": ",".join(some).replace("-", ""), "cmdCode": ask.goods,
            "flowCode": ",".join(FLOWS), "customsCode": "C00",
        }  # fmt: skip
        yield Wanted(
            f"{PUBLISHER}, {some[0]}" + (f" to {some[-1]}" if len(some) > 1 else ""),
            f"{ADDRESS}/{path}/C/{ask.frequency}/HS", parameters, key=(KEY_HEADER, key) if key else None,
        )  # fmt: skip


def _read(raw: Raw, periods: set[str], ask: Ask) -> Iterator[Found]:
    """Each record of an answer as a figure."""
    yield from _checked(raw, _records(raw), periods, ask)


def _checked(raw: Raw, records: Sequence[Any], periods: set[str], ask: Ask) -> Iterator[Found]:
    """Each record as a figure, every field checked against what was asked for."""
    seen = set()
    for position, record in enumerate(records, start=1):
        where = f"The answer of {raw.name}, record {position},"
        _check_fields(record, where)
        if (record["reporterCode"], record["partnerCode"]) == (PARTNER, REPORTER):
            raise Refused(f"{where} has reporter and partner exchanged.")
        expected = {
            "typeCode": "C", "freqCode": ask.frequency, "reporterCode": REPORTER, "partner2Code": 0, "motCode": 0,
            "customsCode": "C00", **({"partnerCode": ask.partners[0]} if len(ask.partners) == 1 else {}),
            **({"cmdCode": "TOTAL"} if ask.goods == "TOTAL" else {}),
        }  # fmt: skip
        for name, value in expected.items():
            if record[name] != value:
                raise Refused(f"{where} has the {name} {shown(record[name])}, not {value}.")
        if record["partnerCode"] not in ask.partners:
            raise Refused(f"{where} has the partnerCode {record['partnerCode']}, which was not asked for.")
        if ask.goods == CHAPTERS and not re.fullmatch(r"\d\d", record["cmdCode"]):
            raise Refused(f"{where} has the cmdCode {shown(record['cmdCode'])}, which is no chapter.")
        flow, period = record["flowCode"], record["period"]
        if flow not in FLOWS or period not in periods or not _dated(record, ask):
            raise Refused(f"{where} is of the flow {shown(flow)} and the period {shown(period)}, not as asked for.")
        of = (period, record["partnerCode"], record["cmdCode"], flow)
        if of in seen:
            raise Refused(f"{where} gives {FLOWS[flow]} of {_named(period)} a second time.")
        seen.add(of)
        yield Found(
            _named(period), record["partnerCode"], record["cmdCode"], FLOWS[flow], _dollars(record, flow, where), raw
        )


def _dated(record: dict[str, Any], ask: Ask) -> bool:
    """Whether the year, and of monthly figures the month, are those of the period."""
    period = record["period"]
    month = ask.frequency == "A" or record["refMonth"] == int(period[4:])
    return bool(record["refYear"] == int(period[:4]) and month)


def _named(period: str) -> str:
    """`2017-03` of 201703, and a year as it is."""
    return f"{period[:4]}-{period[4:]}" if len(period) > 4 else period


def _records(raw: Raw) -> list[Any]:
    body = raw.json()
    records = body.get("data") if isinstance(body, dict) else None
    if isinstance(body, dict) and records is None and (text := words_of(body, os.environ.get(KEY, "").strip())):
        code = body.get("statusCode")
        raise Refused(f"{raw.name} answered {f'{code}' if isinstance(code, int) else 'without data'}{text}.")
    if not isinstance(body, dict) or not isinstance(records, list) or not isinstance(body.get("count"), int):
        raise Refused(f"The answer of {raw.name} has another shape: it lacks a list data with its count.")
    if body.get("error"):
        raise Refused(f"{raw.name} answered with an error: {shown(body['error'], 160)}.")
    most = MOST_PREVIEWED if "/preview/" in raw.address else MOST_RECORDS
    if body["count"] != len(records) or len(records) >= most:
        raise Refused(f"The answer of {raw.name} is cut off: {len(records)} records of {body['count']}.")
    return records


def _check_fields(record: Any, where: str) -> None:
    if not isinstance(record, dict):
        raise Refused(f"{where} is no record.")
    for names, kind, words in ((NUMBERS, int, "a whole number"), (TEXTS, str, "text")):
        for name in names:
            if name not in record:
                raise Refused(f"{where} lacks the field {name}.")
            if not isinstance(record[name], kind) or isinstance(record[name], bool):
                raise Refused(f"{where} has the {name} {shown(record[name])}, which is not {words}.")


def _dollars(record: dict[str, Any], flow: str, where: str) -> float:
    """The value of a record, which must be that of its flow: exports FOB, imports CIF."""
    values = []
    for name in ("primaryValue", VALUED[flow]):
        value = record.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise Refused(f"{where} has the {name} {shown(value)}, which is no value in dollars.")
        values.append(float(value))
    if values[0] != values[1]:
        raise Refused(f"{where} has the primaryValue {values[0]:.0f}, but the {VALUED[flow]} {values[1]:.0f}.")
    return values[0]
