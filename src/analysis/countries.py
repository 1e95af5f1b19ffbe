"""Countries by their three letters (ISO 3166-1), their English names, and the pair that a report is about.

Codes are those of `pycountry`, names those of the Unicode CLDR as Babel has them. Both are loaded only where another
pair than the documented one is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import nearest

# The pair that the data package documents, in the words of its report.
DOCUMENTED = ("CHN", "PRK")
HOUSE_WORDS = {"CHN": "China", "PRK": "the DPRK"}
HOUSE_TITLE = "China and North Korea"
# Names of the CLDR that read badly inside a sentence.
SHORTER = {"HKG": "Hong Kong", "MAC": "Macao", "MMR": "Myanmar", "COD": "Congo-Kinshasa", "COG": "Congo-Brazzaville"}
# Names that take an article; the CLDR has none.
WITH_ARTICLE = frozenset({
    "N711", "N849",
    "ARE", "ATF", "BHS", "CAF", "CCK", "COK", "COM", "CYM", "DOM", "FLK", "FRO", "GBR", "GMB", "IMN", "MDV", "MHL",
    "MNP", "NLD", "PCN", "PHL", "PSE", "SLB", "SYC", "TCA", "UMI", "USA", "VGB", "VIR",
})  # fmt: skip


@functools.cache
def names() -> dict[str, str]:
    """The English name of every country by its code."""
    import pycountry
    from babel import Locale

    known = Locale("en").territories
    found = {str(one.alpha_3): str(known.get(one.alpha_2, one.name)).replace(" & ", " and ")
             for one in pycountry.countries}  # fmt: skip
    return found | SHORTER


@dataclass(frozen=True)
class Seam:
    """A change of what a code stands for: until the end of `last` the files have `code`, then its `parts`.

    Where `code` is one of its own parts, the country goes on under its code with another extent.
    """

    code: str
    last: int
    name: str
    parts: tuple[str, ...]


# Areas of the files of BACI and UN Comtrade that are no country of ISO 3166-1, by their number in those files, for its
# letters differ from release to release (N/A, S19, TWN): our one code, and their name there.
AREAS = {
    58: ("N058", "Belgium-Luxembourg"), 490: ("TWN", "Other Asia, not elsewhere specified"),
    697: ("N697", "Europe EFTA, not elsewhere specified"), 711: ("N711", "Southern African Customs Union"),
    736: ("N736", "Sudan before 2012"), 849: ("N849", "US Miscellaneous Pacific Islands"),
    891: ("N891", "Serbia and Montenegro"), 899: ("N899", "Areas not elsewhere specified"),
}  # fmt: skip
AREA_NAMES = {code: name for code, name in AREAS.values() if code != "TWN"}
LETTERS = {"S19": "TWN", "SCG": "N891", "BLX": "N058", "ZA1": "N711"}
# Joined and split countries as BACI and UN Comtrade record them, from 1995 on.
SEAMS = (
    Seam("N058", 1998, "Belgium-Luxembourg", ("BEL", "LUX")),
    Seam("N711", 1999, "Southern African Customs Union", ("ZAF", "BWA", "LSO", "NAM", "SWZ")),
    Seam("N736", 2011, "Sudan before 2012", ("SDN", "SSD")),
    Seam("N891", 2005, "Serbia and Montenegro", ("SRB", "MNE")),
)


def code_of(text: str) -> str:
    """The one code of an area, by any of its codes, its number or its name in the files; `text` where it is none."""
    given = text.strip()
    number = given.upper().removeprefix("N")
    if number.isdecimal() and given:
        return AREAS[int(number)][0] if int(number) in AREAS else f"N{int(number):03}"
    by_name = {name.casefold(): code for code, name in AREAS.values()}
    by_name["other asia, nes"] = "TWN"
    return by_name.get(given.casefold()) or LETTERS.get(given.upper(), given)


def seams(codes: Iterable[str]) -> tuple[Seam, ...]:
    """The changes of extent that touch one of these."""
    wanted = set(codes)
    return tuple(seam for seam in SEAMS if wanted & {seam.code, *seam.parts})


def is_code(text: str) -> bool:
    """Whether a code is that of a country or area; of the documented pair it is known without the list."""
    return text in DOCUMENTED or text in AREA_NAMES or text in names()


def meant(text: str) -> str | None:
    """The code that a mistyped one may have meant, with its name: of a country named nearly so, or a code near."""
    by_name = {name.casefold(): code for code, name in names().items()}
    wanted = text.strip().casefold()
    begun = [name for name in by_name if len(wanted) > 3 and name.startswith(wanted)]
    name = wanted if wanted in by_name else begun[0] if begun else nearest(wanted, by_name) if len(wanted) > 3 else None
    code = by_name[name] if name else nearest(text, names())
    return f"{code} ({name_of(code)})" if code else None


def name_of(code: str) -> str:
    """The name of a country; the code itself where a file has a code that is no country's."""
    return AREA_NAMES.get(code) or names().get(code, code)


def in_sentence(code: str) -> str:
    """The name as it stands inside a sentence, with its article."""
    return f"the {name_of(code)}" if code in WITH_ARTICLE else name_of(code)


def upper_first(text: str) -> str:
    """`text` as it begins a sentence."""
    return text[:1].upper() + text[1:]


def possessive(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


@dataclass(frozen=True)
class Pair:
    """The two countries of a report, by code; `reporter` is the one from which exports and imports are seen."""

    reporter: str
    partner: str

    @property
    def documented(self) -> bool:
        return (self.reporter, self.partner) == DOCUMENTED

    def word(self, code: str) -> str:
        """One of the two as this report calls it inside a sentence."""
        return HOUSE_WORDS[code] if self.documented else in_sentence(code)

    @property
    def first(self) -> str:
        return self.word(self.reporter)

    @property
    def second(self) -> str:
        return self.word(self.partner)

    @property
    def both(self) -> str:
        """Both in the words of a title."""
        return HOUSE_TITLE if self.documented else upper_first(f"{self.first} and {self.second}")

    @property
    def authors(self) -> str:
        """Who the report names as its authors."""
        what = "China-DPRK report" if self.documented else f"report on {self.first} and {self.second}"
        return f"The authors of the {what}"

    @property
    def labels(self) -> dict[str, str]:
        """What each flow is called inside a sentence."""
        total = "China-DPRK trade" if self.documented else f"trade of {self.first} with {self.second}"
        return {
            "exports": f"{possessive(self.first)} exports to {self.second}",
            "imports": f"{possessive(self.first)} imports from {self.second}", "total": total,
        }  # fmt: skip

    @property
    def flows(self) -> dict[str, str]:
        """What each flow is called in short, at the beginning of a sentence or in the head of a column."""
        owner = upper_first(possessive(self.first))
        return {"exports": f"{owner} exports", "imports": f"{owner} imports", "total": "Trade"}
