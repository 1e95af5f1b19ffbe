"""What a report on another pair says besides its figures: its record, its caveats, the tables in its own words.

A caveat that holds for any pair is added here; one of the documented pair stands in data/caveats.csv.
"""

from __future__ import annotations

from ..countries import AREAS, Pair, name_of, seams
from ..errors import listing

CHOICES = "report-choices"  # the source of what is our own choice
BASIS = {
    "basis": "baci", "label": "BACI", "long_label": "BACI (CEPII), both ends reconciled",
    "covers": "Goods, both ends of each flow reconciled and valued FOB, so imports lie below a CIF record",
    "leaves_out": "Services, smuggling, and what neither side reports",
}  # fmt: skip
COMPILER = {"compiler": "baci", "label": "CEPII, BACI", "kind": "elsewhere", "record": "baci"}
# Of data/caveats.csv and data/glossary.csv what holds for any pair.
KEPT_CAVEATS = ("real-usd", "cpi-gap")
TERMS = ("trade", "share", "dependence", "HHI", "edition", "as of", "vintage", "fact", "basis")
# Words of data/datapackage.json that speak of the documented pair, said anew.
DESCRIBED = {
    "trade/baci": {
        "missing": "What neither side reports. A flow that is not there was not recorded: none and unknown look alike.",
        "reliability": "Reconciled from both ends and valued FOB. Of a country that reports nothing it is what its "
        "partners say; doubtful flows are marked by a rule and kept.",
    },
    "trade/bases": {"title": "The record", "description": "What the record covers and leaves out."},
    "trade/compilers": {"title": "The compiler", "description": "Who compiled the record."},
    "caveats": {"description": "What a figure leaves out, written once."},
}  # fmt: skip
KOREAS = ("KOR", "PRK")
WITH_EVERY_FIGURE = ("reconciled", "unrecorded", "two-koreas", "extent", "other-asia")


def caveats(pair: Pair) -> list[tuple[str, str, str, None, None, str]]:
    """Rows of the table of caveats, without their source."""
    basis = BASIS["basis"]
    made: list[tuple[str, str, str, None, None, str]] = [
        ("reconciled", basis, "*", None, None,
         "BACI reconciles what both ends of a flow report and values it FOB. Where one end reports nothing the figure "
         "is the other's alone, and the file does not say where."),
        ("unrecorded", basis, "*", None, None,
         "A flow that is not in the file was not recorded: no trade and unknown trade look alike. Services and "
         "smuggling are outside."),
        ("one-version", basis, "*", None, None,
         "All figures are of one version of BACI, the newest known. The next version may change any year."),
    ]  # fmt: skip
    if {pair.reporter, pair.partner} & set(KOREAS):
        made.append((
            "two-koreas", basis, "*", None, None,
            "Some partners mix up North and South Korea. A rule marks such flows; a share is shown with and without "
            "them.",
        ))  # fmt: skip
    if changed := seams((pair.reporter, pair.partner)):
        told = " ".join(
            f"The files have {seam.name} as one up to {seam.last} and {listing(map(name_of, seam.parts))} from "
            f"{seam.last + 1} on." for seam in changed
        )
        made.append((
            "extent", basis, "*", None, None,
            f"{told} Figures before and after are of different areas: growth from one to the other is no growth of "
            "trade.",
        ))  # fmt: skip
    if "TWN" in (pair.reporter, pair.partner):
        made.append((
            "other-asia", basis, "*", None, None,
            f"The files have the trade of Taiwan under “{AREAS[490][1]}”, which holds little else.",
        ))  # fmt: skip
    return made
