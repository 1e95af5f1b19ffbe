"""The claims of data/claims.csv: what each says, what it reads, and its tolerances. No verdicts here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..catalogue import Catalogue
from ..errors import DataError
from .dates import span

SPAN = re.compile(r"(.*\.)(\d{4})\.\.(\d{4})")
DATES = (", at the quotation", ", at the essay")
CAUSE, PREDICTION = "C", "P"
KINDS = {
    "N": "number", "D": "date or name", "T": "trend or rank", CAUSE: "cause", "A": "action or policy", "M": "motive",
    PREDICTION: "prediction",
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """One basis or reading of a claim: its name, the facts it takes in order, what they should show.

    `expects` is empty, or has one entry for the whole reading, or one for each fact. Without `ids` it is a reading for
    which no data exist.
    """

    label: str
    ids: tuple[str, ...]
    expects: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """One claim. `near` and `rough` are its tolerances in `tolerance_unit`; `period` is the stretch it is about.

    `revised` says what of the rule was changed after a verdict had been seen, `shows` what the data show and `instead`
    what to say instead, with the ids of facts in braces; all three are published, and no rule reads them.
    """

    claim_id: str
    essay: str
    short: str
    place: str
    kind: str
    headline: bool
    statement: str
    quoted: float | None
    quoted_high: float | None
    quoted_unit: str
    period: str
    rule: str
    readings: tuple[Reading, ...]
    near: float
    rough: float
    tolerance_unit: str
    figures: tuple[str, ...]
    looked_for: str
    nearest: tuple[str, ...]
    remark: str
    revised: str
    shows: str = ""
    instead: str = ""

    @property
    def fact_id(self) -> str:
        return f"claims.{self.claim_id.lower()}"

    @property
    def row(self) -> str:
        return f"claims#{self.claim_id}"

    @property
    def ids(self) -> tuple[str, ...]:
        """Every fact that the rule reads, in order, once."""
        return tuple(dict.fromkeys(id for reading in self.readings for id in reading.ids))


def claims(catalogue: Catalogue) -> tuple[Claim, ...]:
    """Every claim, in the order of the table. Raises DataError for a row that contradicts itself."""
    return tuple(_claim(row) for row in catalogue.frame("claims").to_dict("records"))


def essays(catalogue: Catalogue) -> dict[str, str]:
    """Day or year of each essay, by its label."""
    dates = catalogue.frame("politics/dates").set_index("row_id")["date"]
    return {"E1": str(dates["essay-2016"]), "E2": str(dates["essay-2013"])}


def _claim(row: dict[str, Any]) -> Claim:
    stretches = tuple(tuple(map(int, re.findall(r"\d{4}", part))) for part in row["period"].split(";"))
    return Claim(
        claim_id=row["claim_id"], essay=row["essay"], short=row["short"], place=row["place"], kind=row["kind"],
        headline=row["headline"] == "yes", statement=row["statement"], quoted=_number(row["quoted"]),
        quoted_high=_number(row["quoted_high"]), quoted_unit=row["quoted_unit"], period=row["period"],
        rule=row["rule"], readings=tuple(_readings(row, stretches)), near=_number(row["near"]) or 0.0,
        rough=_number(row["rough"]) or 0.0, tolerance_unit=row["tolerance_unit"],
        figures=_parts(row["figures"], ";"), looked_for=row["looked_for"], nearest=_parts(row["nearest"], ";"),
        remark=row["remark"], revised=row["revised"], shows=row["shows"], instead=row["instead"],
    )  # fmt: skip


def _readings(row: dict[str, Any], stretches: tuple[tuple[int, ...], ...]) -> Iterator[Reading]:
    reads = _parts(row["reads"], "|")
    labels = row["labels"].split("|") if row["labels"] else [""] * len(reads)
    expects = row["expects"].split("|") if row["expects"] else [""] * len(reads)
    if not len(reads) == len(labels) == len(expects):
        raise DataError(f"The claim {row['claim_id']} has {len(reads)} readings, {len(labels)} labels and "
                        f"{len(expects)} expectations.")  # fmt: skip
    for read, label, expected in zip(reads, labels, expects, strict=True):
        wanted = _parts(expected, ";")
        for years, when in _dates(row["rule"], stretches):
            ids = tuple(id for part in _parts(read, ";") for id in _spread(part, row["rule"], years))
            if len(wanted) not in (0, 1, len(ids)):
                raise DataError(f"The claim {row['claim_id']} expects {len(wanted)} things of {len(ids)} facts.")
            yield Reading(label + when, ids, wanted)


def _dates(rule: str, stretches: tuple[tuple[int, ...], ...]) -> Iterator[tuple[tuple[int, ...], str]]:
    """The stretches of years for which a reading is made, with what its name says of them.

    A quoted share is read twice where the essay quotes an older page: at the date of the quotation and of the essay.
    """
    if rule == "share_by_definition" and len(stretches) > 1:
        yield from zip(stretches, DATES, strict=True)
    else:
        yield tuple(year for years in stretches for year in years), ""


def _spread(part: str, rule: str, years: tuple[int, ...]) -> Iterator[str]:
    """The ids that a part of `reads` names: one, one a year of a span, or one a year of the claim's period."""
    if part == "-":
        return
    prefix = {"share_by_definition": "dependence.", "all_years_rising": ""}.get(rule)
    if prefix is not None:
        part = f"{prefix}{part}.{years[0]}..{years[-1]}"
    if match := SPAN.fullmatch(part):
        yield from (f"{match[1]}{year}" for year in range(int(match[2]), int(match[3]) + 1))
    else:
        yield part


def _parts(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(mark) if part)


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def written_by(catalogue: Catalogue, essay: str, year: int) -> bool:
    """Whether an essay had been written in `year`: no edition judges what nobody had said yet."""
    return span(essays(catalogue)[essay])[0].year <= year
