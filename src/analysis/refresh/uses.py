"""What other tables gain when BACI's trade of China and the DPRK is taken in: a basis, two definitions, their caveats.

A report without the table `trade/baci` knows none of these, so nothing of it changes until figures are there.
"""

from __future__ import annotations

from ..catalogue import Catalogue
from . import package
from .baci import Release
from .package import Row, Rows

BASIS = COMPILER = "baci"
# The basis: https://www.cepii.fr/DATA_DOWNLOAD/baci/doc/baci_webpage.html on what is reconciled, and how it is valued.
BASIS_ROW: Row = {
    "basis": BASIS, "label": "BACI", "long_label": "BACI (CEPII), both ends reconciled",
    "covers": "Both ends of each flow reconciled and valued FOB, so imports lie below the CIF record",
    "leaves_out": "As customs",
}  # fmt: skip
COMPILER_ROW: Row = {"compiler": COMPILER, "label": "CEPII, BACI", "kind": "elsewhere", "record": COMPILER}
CAVEAT = "baci-two-koreas"
# Where BACI shares a weakness with a record that has a caveat for it: the caveat, and that record.
SHARED = {"crude-quantity-unreported": "hs27_recorded"}
LIKE = "mirror"  # the basis that is made in the same way


def definitions() -> Rows:
    """The rows of `dependence/definitions`: shares by value, which warn and carry no finding."""
    made = []
    for topic, name, words, quoted in (
        ("food", "food", "food (HS 01 to 24)", "food-70;food-45"),
        ("fuel", "fuel", "mineral fuels (HS 27)", "fuel-70-80;energy-90"),
    ):
        made.append({
            "definition_id": f"{name}_imports.baci", "topic": topic,
            "label": f"{name.capitalize()} imports by value, BACI",
            "part_id": f"china_{name}_baci", "part": f"China's sales of {words} to the DPRK, BACI files",
            "whole_id": f"imports_{name}_baci", "whole": f"Sales of {words} to the DPRK by all partners, BACI files",
            "use": "check", "quoted": quoted,
        })  # fmt: skip
    return made


def source(release: Release, id: str, published: str, today: str) -> Row:
    return {
        "source_id": id, "publisher": "CEPII", "compiler": "CEPII, BACI", "kind": "database",
        "description": f"BACI, version {release.version}, {release.hs}: files of the user's own, read with refresh",
        "address": "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37", "published": published,
        "accessed": today, "terms": "open-licence",
    }  # fmt: skip


def tables(catalogue: Catalogue, source_id: str) -> dict[str, Rows]:
    """The tables of bases, compilers, definitions and caveats with the rows of BACI, each once."""
    bases, compilers = (package.table(catalogue, f"trade/{name}") for name in ("bases", "compilers"))
    shares, caveats = package.table(catalogue, "dependence/definitions"), package.table(catalogue, "caveats")
    return {
        "trade/bases": _with(bases, [BASIS_ROW], "basis"),
        "trade/compilers": _with(compilers, [COMPILER_ROW], "compiler"),
        "dependence/definitions": _with(shares, definitions(), "definition_id", beside="topic"),
        "caveats": _with([_applied(row) for row in caveats], [_caveat(source_id)], "caveat_id"),
    }


def withdrawn(catalogue: Catalogue) -> dict[str, Rows]:
    """The same tables as they stood before BACI was taken in."""
    ids = {row["definition_id"] for row in definitions()}
    return {
        "trade/bases": [r for r in package.table(catalogue, "trade/bases") if r["basis"] != BASIS],
        "trade/compilers": [r for r in package.table(catalogue, "trade/compilers") if r["compiler"] != COMPILER],
        "dependence/definitions": [
            r for r in package.table(catalogue, "dependence/definitions") if r["definition_id"] not in ids
        ],
        "caveats": [
            {**r, "applies_to": " ".join(record for record in r["applies_to"].split() if record != BASIS)}
            for r in package.table(catalogue, "caveats") if r["caveat_id"] != CAVEAT
        ],
    }  # fmt: skip


def _with(rows: Rows, more: Rows, key: str, beside: str = "") -> Rows:
    """`rows` and those of `more` that they do not hold, at the end or after the last of the same `beside`."""
    made = list(rows)
    for row in more:
        if all(row[key] != held[key] for held in made):
            same = [n for n, held in enumerate(made) if beside and held[beside] == row[beside]]
            made.insert(same[-1] + 1 if same else len(made), row)
    return made


def _applied(row: Row) -> Row:
    records = row["applies_to"].split()
    if BASIS in records or not {LIKE, SHARED.get(row["caveat_id"], LIKE)} & set(records):
        return row
    return {**row, "applies_to": " ".join([*records, BASIS])}


def _caveat(source_id: str) -> Row:
    return {
        "caveat_id": CAVEAT, "applies_to": BASIS, "facts": "food_imports fuel_imports", "from_year": "", "to_year": "",
        "text": "The DPRK reports nothing, so BACI has what its partners say, and some of them mix up the two Koreas. "
        "A rule marks such flows; the band shows the share with and without them, and no finding rests on it.",
        "source_id": source_id,
    }  # fmt: skip
