"""UN Comtrade: what China reports of its trade with the DPRK, in dollars, by year.

Interface: https://comtradeapi.un.org, described at https://comtradedeveloper.un.org and in the README of the
publisher's own client, comtradeapicall. That client is not used: it prints an address with the key in it when the
publisher answers with an error, turns every error into an empty result, and keeps nothing of what came.

Without a key one period a request and 500 records are given (`preview`); with one, from the variable COMTRADE_API_KEY,
twelve periods and 250,000 records. China's exports are valued FOB, its imports CIF; `primaryValue` is the one that
belongs to the flow.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import shown
from .web import Raw, Refused, Wanted, Web

ADDRESS = "https://comtradeapi.un.org"
KEY, KEY_HEADER = "COMTRADE_API_KEY", "Ocp-Apim-Subscription-Key"
PUBLISHER = "UN Comtrade"
REPORTER, PARTNER = 156, 408  # China and the DPRK in the codes of the United Nations
FLOWS = {"X": "exports", "M": "imports"}
VALUED = {"X": "fobvalue", "M": "cifvalue"}
MOST_PERIODS, MOST_RECORDS, MOST_PREVIEWED = 12, 250_000, 500
NUMBERS = ("reporterCode", "partnerCode", "partner2Code", "motCode", "refYear")
TEXTS = ("typeCode", "freqCode", "period", "flowCode", "cmdCode", "customsCode")


def annual(web: Web, years: Sequence[int]) -> Iterator[tuple[int, str, float, Raw]]:
    """Year, measure and dollars of China's exports and imports; a year that is not reported gives nothing.

    Raises Refused for an answer that is not what was asked for.
    """
    for asked in _requests(years):
        raw = web.get(asked)
        periods = set(asked.parameters["period"].split(","))
        yield from ((int(period), measure, value, raw) for period, measure, value in _read(raw, periods))


def _requests(years: Sequence[int]) -> Iterator[Wanted]:
    key = os.environ.get(KEY, "").strip()
    step, path = (MOST_PERIODS, "data/v1/get") if key else (1, "public/v1/preview")
    for first in range(0, len(years), step):
        periods = [str(year) for year in years[first : first + step]]
        parameters = {
            "reporterCode": str(REPORTER), "partnerCode": str(PARTNER), "partner2Code": "0", "motCode": "0",
            "period": ",".join(periods), "cmdCode": "TOTAL", "flowCode": ",".join(FLOWS), "customsCode": "C00",
        }  # fmt: skip
        yield Wanted(
            f"{PUBLISHER}, {periods[0]}" + (f" to {periods[-1]}" if len(periods) > 1 else ""),
            f"{ADDRESS}/{path}/C/A/HS", parameters, key=(KEY_HEADER, key) if key else None,
        )  # fmt: skip


def _read(raw: Raw, periods: set[str]) -> Iterator[tuple[str, str, float]]:
    """Period, measure and dollars of each record, every one checked against what was asked for."""
    records = _records(raw)
    seen = set()
    for position, record in enumerate(records, start=1):
        where = f"The answer of {raw.name}, record {position},"
        _check_fields(record, where)
        if (record["reporterCode"], record["partnerCode"]) == (PARTNER, REPORTER):
            raise Refused(f"{where} has reporter and partner exchanged.")
        expected = {
            "typeCode": "C", "freqCode": "A", "reporterCode": REPORTER, "partnerCode": PARTNER, "partner2Code": 0,
            "motCode": 0, "cmdCode": "TOTAL", "customsCode": "C00",
        }  # fmt: skip
        for name, value in expected.items():
            if record[name] != value:
                raise Refused(f"{where} has the {name} {shown(record[name])}, not {value}.")
        flow, period = record["flowCode"], record["period"]
        if flow not in FLOWS or period not in periods or record["refYear"] != int(period):
            raise Refused(f"{where} is of the flow {shown(flow)} and the period {shown(period)}, not as asked for.")
        if (flow, period) in seen:
            raise Refused(f"{where} gives {FLOWS[flow]} of {period} a second time.")
        seen.add((flow, period))
        yield period, FLOWS[flow], _dollars(record, flow, where)


def _records(raw: Raw) -> list[Any]:
    body = raw.json()
    records = body.get("data") if isinstance(body, dict) else None
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
    for names, kind, said in ((NUMBERS, int, "a whole number"), (TEXTS, str, "text")):
        for name in names:
            if name not in record:
                raise Refused(f"{where} lacks the field {name}.")
            if not isinstance(record[name], kind) or isinstance(record[name], bool):
                raise Refused(f"{where} has the {name} {shown(record[name])}, which is not {said}.")


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
