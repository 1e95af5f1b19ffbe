"""What a reader may ask for: the parameters of an edition, checked before any kernel starts.

Bounds come from the data package and are named in the message. `ReportParameters` is frozen and refuses
unknown names; `resolve` turns anything a user typed into one, or raises a `UserError`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from . import countries
from .catalogue import Catalogue, load, unprintable
from .countries import Pair
from .declared import BadEditions, read
from .errors import BadParameter, UnknownEdition, UnknownParameter, listing, shown
from .project import project_root
from .reading import PARAMETER, note, note_parameters

_NOTED: dict[str, tuple[str]] = {}  # filled below: what is noted when a parameter is read
SUBJECT = "what the trade figures show"
DEFAULT_TITLE = f"{Pair(*countries.DOCUMENTED).both}: {SUBJECT}"


class ReportParameters(BaseModel):
    """The parameters of one edition. Make one with `resolve`, which also checks them against the data."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    reporter: str = Field("CHN", description="The country from which exports and imports are seen.")
    partner: str = Field("PRK", description="The country it trades with.")
    start_year: int = Field(1984, description="First year shown and used.")
    end_year: int = Field(2025, description="Last year shown and used.")
    basis: str = Field("customs", description="Which record of the trade leads: its figures carry the text.")
    base_year: int = Field(2015, description="Year whose prices constant dollars use.")
    index_year: int = Field(2000, description="Year that equals 100 on index scales.")
    worst_quality: Literal["A", "B", "C", "D"] = Field(
        "D", description="Worst grade of a monthly or quarterly cell that is still drawn."
    )
    inter_korean: Literal["without", "with"] = Field(
        "without", description="Whether trade between the two Koreas counts in the leading share of trade."
    )
    crude_estimate: Literal["with", "without"] = Field(
        "with", description="Whether the leading shares contain the estimate of unrecorded crude oil."
    )
    food_aid: Literal["without", "with"] = Field(
        "without", description="Whether food aid counts in the leading share of food."
    )
    rice: Literal["milled", "paddy"] = Field("milled", description="Terms in which rice is weighed.")
    doubtful_partners: Literal["keep", "drop"] = Field(
        "keep", description="Whether partners that a stated rule finds doubtful count in leading shares."
    )
    definitions: str = Field("all", description="Definitions of dependence to show: all, or ids with commas between.")
    cut_share: int = Field(100, description="Per cent of China's deliveries that the what-if takes away.")
    event_classes: str = Field("all", description="Classes of events to study: all, or ids with commas between.")
    windows: str = Field("all", description="Windows round an event: all, or ids with commas between.")
    regimes: str = Field("all", description="Regimes whose months count: all, or ids with commas between.")
    flow: str = Field("all", description="Flows of the event study: all, or exports, imports, total with commas.")
    baseline: Literal["level", "same_months", "two_years"] = Field(
        "level",
        description="What the months of an event are compared with: the level of the twelve usable months before, the "
        "same months of the year before, or the level of two years before.",
    )
    controls: Literal["none", "china_trade", "partners"] = Field(
        "none",
        description="What months are measured against: nothing, China's total trade, known to the end of 2018, or its "
        "trade with other partners, which refresh comtrade-controls fetches.",
    )
    alpha: float = Field(0.05, description="Level below which an adjusted p value counts.")
    seed: int = Field(2017, description="Seed of every draw.")
    lags: int = Field(3, description="Longest lag of the correlations, in months or years, both ways.")
    frequency: str = Field("all", description="Periods of the correlations: all, or month or year.")
    as_of: date | None = Field(None, description="Use only figures published by this day; none means all.")
    paper: Literal["a4", "us-letter"] = Field("a4", description="Paper of the PDF.")
    title: str | None = Field(
        None, description="Title on the masthead; none means one of the pair's names.", min_length=1, max_length=120
    )

    def __getattribute__(self, name: str) -> Any:
        # Whoever computes with a parameter rests on it: `reading` knows.
        if name in _NOTED:
            note(_NOTED[name])
        return super().__getattribute__(name)

    @field_validator("reporter", "partner", mode="before")
    @classmethod
    def _is_in_capitals(cls, value: object) -> object:
        return countries.code_of(value.upper()) if isinstance(value, str) else value

    @field_validator("as_of", mode="before")
    @classmethod
    def _is_a_day(cls, value: object) -> object:
        # A string of digits would pass for seconds since 1970.
        if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            raise ValueError("not a day")
        return value

    @field_validator("definitions", "event_classes", "windows", "regimes", "flow", "frequency", mode="before")
    @classmethod
    def _is_a_list(cls, value: object) -> object:
        # One spelling of a list: papermill, the command line and a notebook give the same parameters.
        if isinstance(value, str):
            return ",".join(dict.fromkeys(filter(None, (name.strip() for name in value.split(",")))))
        return value

    @property
    def pair(self) -> Pair:
        """The two countries of the report."""
        return Pair(self.reporter, self.partner)

    @property
    def heading(self) -> str:
        """The title, or the one that is made of the pair's names."""
        return self.title or f"{self.pair.both}: {SUBJECT}"

    @property
    def definition_ids(self) -> tuple[str, ...]:
        """The definitions asked for by name; empty for all."""
        return self.listed("definitions")

    def listed(self, name: str) -> tuple[str, ...]:
        """What the list parameter `name` asks for; empty for all."""
        value = str(getattr(self, name))
        return () if value == "all" else tuple(value.split(","))

    def plain(self, names: Collection[str] | None = None) -> dict[str, Any]:
        """Strings, numbers and None only: what papermill injects and the manifest stores. `names`: of these alone."""
        note_parameters(PARAMETER_NAMES if names is None else names)
        return self.model_dump(mode="json", include=None if names is None else set(names))


PARAMETER_NAMES = tuple(ReportParameters.model_fields)
_NOTED.update({name: (PARAMETER + name,) for name in PARAMETER_NAMES})
COUNTRIES = ("reporter", "partner")
# What a report on another pair than the documented one hangs on; the others mean nothing to it.
OF_ANY_PAIR = (
    *COUNTRIES, "start_year", "end_year", "basis", "base_year", "index_year", "doubtful_partners", "as_of", "paper",
    "title",
)  # fmt: skip
LISTS = ("definitions", "event_classes", "windows", "regimes", "flow", "frequency")
SEEDS, LAGS, ALPHAS = (0, 2**31 - 1), (0, 6), (0.001, 0.2)

CHOICES = {
    "worst_quality": ("A", "B", "C", "D"), "paper": ("a4", "us-letter"), "inter_korean": ("without", "with"),
    "crude_estimate": ("with", "without"), "food_aid": ("without", "with"), "rice": ("milled", "paddy"),
    "doubtful_partners": ("keep", "drop"), "flow": ("all", "exports", "imports", "total"),
    "frequency": ("all", "month", "year"), "baseline": ("level", "same_months", "two_years"),
    "controls": ("none", "china_trade", "partners"),
}  # fmt: skip
# Choices that rest on a table which somebody must fetch first, and the source of `refresh` that brings it.
FETCHED = {("controls", "partners"): ("macro/control_partners_monthly", "comtrade-controls")}
# Lists whose members a table of the data package declares.
DECLARED = {"event_classes": "events/classes", "windows": "events/windows", "regimes": "events/regimes"}


def bounds(name: str, catalogue: Catalogue) -> tuple[float, float] | None:
    """Smallest and largest allowed value of a number, for years from the data; None for the others."""
    return {
        "start_year": catalogue.years, "end_year": catalogue.years, "index_year": catalogue.years,
        "base_year": catalogue.price_years, "cut_share": (1, 100),
        "seed": SEEDS, "lags": LAGS, "alpha": ALPHAS,
    }.get(name)  # fmt: skip


def choices(name: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Allowed values of a parameter that takes one of a list, or several of it; empty for the others."""
    if name == "basis":
        return catalogue.bases
    if name == "definitions":
        return ("all", *catalogue.definitions)
    if name in DECLARED:
        return ("all", *catalogue.keys(DECLARED[name]))
    return CHOICES.get(name, ())


def to_fetch(name: str, value: object, catalogue: Catalogue) -> str:
    """The source of `refresh` that has to bring what a choice rests on; empty where nothing is missing."""
    table, source = FETCHED.get((name, str(value)), ("", ""))
    return "" if not table or catalogue.has(table) else source


def allowed(name: str, catalogue: Catalogue, brief: bool = False) -> str:
    """What a parameter may be, in words, with the bounds the data set; `brief` cuts a long list, with its length."""
    if span := bounds(name, catalogue):
        what = {"cut_share": "whole per cent", "alpha": "number",
                "seed": "whole number", "lags": "whole number"}.get(name, "whole year")  # fmt: skip
        return f"it is a {what} from {span[0]} to {span[1]}"
    if name in COUNTRIES:
        return "it is the code of a country in three letters (ISO 3166-1 alpha-3), such as VNM"
    if name in LISTS:
        return f"it is all, or a list with commas of {listing(choices(name, catalogue)[1:], limit=8 if brief else 60)}"
    if names := choices(name, catalogue):
        sources = {choice: source for choice in names if (source := to_fetch(name, choice, catalogue))}
        later = "".join(f"; {choice} once `python -m analysis refresh {source} --apply` has fetched what it needs"
                        for choice, source in sources.items())  # fmt: skip
        return f"allowed are {listing(n for n in names if n not in sources)}{later}"
    if name == "as_of":
        return f"it is a day such as 2016-06-30 from {EARLIEST_AS_OF} on, or empty for all"
    return "it is one line of 1 to 120 printable characters, or empty for one made of the pair's names"


EARLIEST_AS_OF = date(2001, 12, 31)


def resolve(values: Mapping[str, Any] | None = None, catalogue: Catalogue | None = None) -> ReportParameters:
    """`values` as checked parameters; defaults fill what is not named.

    Raises UnknownParameter for a name that does not exist and BadParameter for a value that its type,
    its range or the other values do not allow.
    """
    data = (catalogue or load()).whole
    given = {name: _typed(name, value) for name, value in (values or {}).items()}
    for name in given:
        if name not in PARAMETER_NAMES:
            raise UnknownParameter(name, PARAMETER_NAMES)
    try:
        parameters = ReportParameters.model_validate(given)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise BadParameter(name, given[name], allowed(name, data, brief=True), choices(name, data)) from None
    for name in COUNTRIES:
        if not countries.is_code(code := getattr(parameters, name)):
            raise BadParameter(name, given[name], allowed(name, data), meant=countries.meant(code))
    if parameters.reporter == parameters.partner:
        raise BadParameter("partner", parameters.partner, "it must be another country than reporter")
    if not parameters.pair.documented:
        from .pairs.view import of_pair

        data = of_pair(data, parameters.pair)
        parameters = _of_any_pair(parameters, data)
    for name in PARAMETER_NAMES if parameters.pair.documented else OF_ANY_PAIR:
        value = getattr(parameters, name)
        if (span := bounds(name, data)) and not span[0] <= value <= span[1]:
            raise BadParameter(name, value, allowed(name, data, brief=True))
        names = choices(name, data)
        for word in value.split(",") if name in LISTS else [value]:
            # "all" stands alone: among ids it would be a contradiction.
            if names and (word not in names or (word == "all" and value != "all")):
                raise BadParameter(name, word, allowed(name, data, brief=True), names)
        if to_fetch(name, value, data):
            raise BadParameter(name, value, allowed(name, data, brief=True))
    if parameters.end_year < parameters.start_year:
        raise BadParameter(
            "end_year", parameters.end_year, f"it must not lie before start_year, which is {parameters.start_year}"
        )
    if parameters.as_of and parameters.as_of < EARLIEST_AS_OF:
        raise BadParameter("as_of", parameters.as_of.isoformat(), allowed("as_of", data))
    if parameters.title is not None and (not parameters.title.isprintable() or not parameters.title.strip()):
        raise BadParameter("title", parameters.title, allowed("title", data))
    return parameters


def _of_any_pair(parameters: ReportParameters, data: Catalogue) -> ReportParameters:
    """`parameters` as a report on another pair has them: of the years those with figures, of the records the only one.

    What means nothing to it stands at its default, so that two editions that are the same have the same parameters.
    Raises BadParameter where none of the years asked for has figures.
    """
    first, last = data.years
    if parameters.start_year > last or parameters.end_year < first:
        name = "start_year" if parameters.start_year > last else "end_year"
        raise BadParameter(name, getattr(parameters, name), f"the figures of this pair reach from {first} to {last}")
    kept = {name: getattr(parameters, name) for name in OF_ANY_PAIR}
    if parameters.start_year <= parameters.end_year:  # else it is said further on, as it was given
        kept |= {"start_year": max(parameters.start_year, first), "end_year": min(parameters.end_year, last)}
    if not first <= parameters.index_year <= last:
        kept["index_year"] = first
    return ReportParameters.model_construct(**{**kept, "basis": data.bases[0]})


def _typed(name: str, value: Any) -> Any:
    """Booleans and fractions are no years, though Python would take them for numbers."""
    if name == "alpha" and isinstance(value, float):
        return value
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        return repr(value)
    if name in ("as_of", "title", *LISTS) and isinstance(value, int | float):
        return str(value) if name == "title" else repr(value)
    if name in ("as_of", "title") and value == "":
        return None
    return value


def parse_settings(settings: list[str], catalogue: Catalogue | None = None) -> dict[str, Any]:
    """`["name=value", ...]` from the command line as a dictionary of strings, names checked."""
    result: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise BadParameter(name, "", "write --set name=value")
        if name not in PARAMETER_NAMES:
            raise UnknownParameter(name, PARAMETER_NAMES)
        result[name] = value
    return result


class Edition(BaseModel):
    """One named set of parameters, as `reports/editions.yml` declares it: their values as they are written there.

    `places` says for each parameter where that is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    grid: dict[str, Any] = Field(default_factory=dict)
    places: dict[str, str] = Field(default_factory=dict)

    def with_settings(self, settings: Mapping[str, Any], catalogue: Catalogue) -> ReportParameters:
        """The parameters of this edition with `settings` on top. An error in its own names their line."""
        for name in self.parameters:
            if name not in PARAMETER_NAMES:
                raise UnknownParameter(name, PARAMETER_NAMES, self.places.get(name, ""))
        try:
            return resolve({**self.parameters, **settings}, catalogue)
        except BadParameter as error:
            if error.name in self.parameters and error.name not in settings and error.name in self.places:
                raise error.at(self.places[error.name]) from None
            raise


EDITION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


def editions(path: Path | None = None) -> dict[str, Edition]:
    """The editions declared in `reports/editions.yml`, by name and in the order of the file."""
    file = path or project_root() / "reports" / "editions.yml"
    declared = {
        one.name: Edition(
            name=one.name, description=one.description, parameters=one.parameters, grid=one.grid,
            places={name: f"{file}, line {line}, edition {one.name}" for name, line in one.lines.items()},
        )
        for one in read(file)
    }  # fmt: skip
    for name in declared:
        if not EDITION_NAME.fullmatch(name):
            raise BadEditions(
                f"The edition {shown(name)!r} of {file} needs a name of lower-case letters, digits and hyphens."
            )
        if hidden := unprintable(" ".join(declared[name].description.split())):
            raise BadEditions(f"The description of the edition {name} holds the character {hidden}.")
    return declared


def edition(name: str, path: Path | None = None) -> Edition:
    """The edition called `name`; raises UnknownEdition with the nearest name."""
    known = editions(path)
    if name not in known:
        raise UnknownEdition(name, known)
    return known[name]
