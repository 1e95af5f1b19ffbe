"""Which definition makes a claim true: every share of a quoted figure, marked against its band.

A quoted figure stands for what would be rounded to it: its band reaches `precision` beyond both ends. A share is
`inside` the band or `near`, within NEAR points of it. Elsewhere it is `below` or `above` only if its whole interval is:
where the interval that doubtful rows leave, or the open side of a bound, reaches the band, one `cannot tell`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..catalogue import Catalogue
from .amounts import Share

MARKS = ("inside", "near", "cannot tell", "below", "above", "no data")
BOUNDS = "dependence/bounds"
NEAR = 5.0


@dataclass(frozen=True)
class Claim:
    """A quoted share in per cent, with the band that its rounding leaves."""

    claim_id: str
    topic: str
    label: str
    low: float
    high: float
    precision: float
    said_by: str
    whole: str

    @property
    def quoted(self) -> str:
        """The figure as quoted: `70%`, `70 to 80%`."""
        return f"{self.low:g}%" if self.low == self.high else f"{self.low:g} to {self.high:g}%"

    @property
    def short(self) -> str:
        """What it is about and the figure, for the first column of a table: `Food, 70%`."""
        about = self.topic if self.whole == "not stated" else self.whole
        return f"{about.capitalize()}, {self.quoted}"

    @property
    def band(self) -> tuple[float, float]:
        return self.low - self.precision, self.high + self.precision


def claims(catalogue: Catalogue) -> list[Claim]:
    """The claims of data/dependence/quoted_claims.csv in its order."""
    return [
        Claim(r["claim_id"], r["topic"], r["label"], float(r["low"]), float(r["high"]), float(r["precision"]),
              r["said_by"], r["whole"])
        for r in catalogue.frame("dependence/quoted_claims").to_dict("records")
    ]  # fmt: skip


def bounds(catalogue: Catalogue) -> dict[str, str]:
    """The definitions that are bounds whatever the year: `lower` or `upper`."""
    if not catalogue.has(BOUNDS):
        return {}
    return {str(r["definition_id"]): str(r["bound"]) for r in catalogue.frame(BOUNDS).to_dict("records")}


def interval(share: Share, bound: str = "") -> tuple[float, float]:
    """What the share may be: its interval, open above for a `lower` bound and below for an `upper` one."""
    if share.percent is None:
        raise ValueError(f"a gap has no interval: {share.reason}")
    low = share.percent if share.low is None else share.low
    high = share.percent if share.high is None else share.high
    return (0.0 if bound == "upper" else low, math.inf if bound == "lower" else high)


def mark(share: Share, claim: Claim, bound: str = "") -> str:
    """Where a share lies: one of MARKS. A lower bound is never `below`, an upper bound never `above`."""
    if share.percent is None:
        return "no data"
    low, high = claim.band
    if low <= share.percent <= high:
        return "inside"
    if low - NEAR <= share.percent <= high + NEAR:
        return "near"
    least, most = interval(share, bound)
    if least <= high and most >= low:
        return "cannot tell"
    return "below" if share.percent < low else "above"


def answering(catalogue: Catalogue, claim_id: str) -> list[str]:
    """The definitions that answer a claim, headlines first, in the order of the table."""
    rows = catalogue.frame("dependence/definitions").to_dict("records")
    chosen = [r for r in rows if claim_id in str(r["quoted"]).split(";")]
    return [str(r["definition_id"]) for use in ("headline", "check") for r in chosen if r["use"] == use]


def matrix(catalogue: Catalogue, shares: Mapping[str, Mapping[int, Share]], claim: Claim) -> dict[str, dict[int, str]]:
    """Definition by year: the mark of every share that answers `claim`."""
    known = bounds(catalogue)
    return {
        definition: {year: mark(share, claim, known.get(definition, "")) for year, share in shares[definition].items()}
        for definition in answering(catalogue, claim.claim_id)
    }
