"""Which definition makes a claim true: every share of a quoted figure, marked against its band.

A quoted figure stands for what would be rounded to it: its band reaches `precision` beyond both ends. A share is
`inside` the band, `near` within NEAR points of it, else `below` or `above`, or there is `no data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..catalogue import Catalogue
from .amounts import Share

MARKS = ("inside", "near", "below", "above", "no data")
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


def mark(share: Share, claim: Claim) -> str:
    """Where a share lies: one of MARKS."""
    if share.percent is None:
        return "no data"
    low, high = claim.band
    if low <= share.percent <= high:
        return "inside"
    if low - NEAR <= share.percent <= high + NEAR:
        return "near"
    return "below" if share.percent < low else "above"


def answering(catalogue: Catalogue, claim_id: str) -> list[str]:
    """The definitions that answer a claim, headlines first, in the order of the table."""
    rows = catalogue.frame("dependence/definitions").to_dict("records")
    chosen = [r for r in rows if claim_id in str(r["quoted"]).split(";")]
    return [str(r["definition_id"]) for use in ("headline", "check") for r in chosen if r["use"] == use]


def matrix(catalogue: Catalogue, shares: Mapping[str, Mapping[int, Share]], claim: Claim) -> dict[str, dict[int, str]]:
    """Definition by year: the mark of every share that answers `claim`."""
    return {
        definition: {year: mark(share, claim) for year, share in shares[definition].items()}
        for definition in answering(catalogue, claim.claim_id)
    }
