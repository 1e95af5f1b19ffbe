"""The declared plan: classes, windows, regimes, specifications and rules, as the tables in data/events hold them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..catalogue import Catalogue
from ..reading import kept

FLOWS = ("exports", "imports", "total")
Key = tuple[str, str, str]  # class, flow, window


def ordinal(month: str) -> int:
    """Months since year zero of `2017-03`, so that windows are plain arithmetic."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_name(number: int) -> str:
    """`2017-03` from an ordinal."""
    return f"{number // 12}-{number % 12 + 1:02d}"


@dataclass(frozen=True)
class EventClass:
    class_id: str
    label: str
    table: str
    rule: str
    counts_from: str
    control: bool
    expected: str


@dataclass(frozen=True)
class Window:
    window_id: str
    first: int
    last: int
    label: str

    @property
    def months(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class Regime:
    """Months `first` to `last` (ordinals); `opened_by` names the events that made it."""

    regime_id: str
    first: int
    last: int
    label: str
    opened_by: frozenset[str]


@dataclass(frozen=True)
class Specification:
    spec_id: str
    dimension: str
    label: str
    rule: str


@dataclass(frozen=True)
class Question:
    """A question asked before the first result: the cell that answers it, and the question in words."""

    key: Key
    label: str
    asks: str
    expects: str  # fall or rise: the change that a yes means


@dataclass(frozen=True)
class SeriesPlan:
    series_id: str
    label: str
    frequency: str
    rule: str


@dataclass(frozen=True)
class Plan:
    """The tables of data/events that declare how events are studied."""

    classes: dict[str, EventClass]
    windows: dict[str, Window]
    specifications: dict[str, Specification]
    questions: dict[Key, Question]
    series: dict[str, SeriesPlan]
    settings: dict[str, str]
    by_flow: dict[str, tuple[Regime, ...]] = field(repr=False)

    def regimes(self, flow: str) -> tuple[Regime, ...]:
        """The regimes of a flow in order of time."""
        return self.by_flow[flow]

    def number(self, item: str) -> float:
        return float(self.settings[item])

    def words(self, item: str) -> tuple[str, ...]:
        return tuple(self.settings[item].split(","))


@kept(4)
def plan(catalogue: Catalogue) -> Plan:
    """The declared plan of a data package."""
    rows = {
        name: catalogue.frame(f"events/{name}").to_dict("records")
        for name in ("classes", "windows", "regimes", "questions", "specifications", "series", "plan")
    }
    regimes = [
        (
            str(r["measures"]).split(";"),
            Regime(
                r["regime_id"],
                ordinal(r["first_month"]),
                ordinal(r["last_month"]),
                r["label"],
                frozenset(filter(None, r["opened_by"].split(";"))),
            ),
        )
        for r in rows["regimes"]
    ]
    return Plan(
        classes={
            r["class_id"]: EventClass(
                r["class_id"],
                r["label"],
                r["table"],
                r["inclusion_rule"],
                r["counts_from"],
                r["role"] == "positive_control",
                r["expected"],
            )
            for r in rows["classes"]
        },
        windows={
            r["window_id"]: Window(r["window_id"], int(r["first"]), int(r["last"]), r["label"]) for r in rows["windows"]
        },
        specifications={
            r["spec_id"]: Specification(r["spec_id"], r["dimension"], r["label"], r["rule"])
            for r in rows["specifications"]
        },
        questions={
            (r["class_id"], r["flow"], r["window_id"]): Question(
                (r["class_id"], r["flow"], r["window_id"]), r["label"], r["asks"], r["expects"]
            )
            for r in rows["questions"]
        },
        series={
            r["series_id"]: SeriesPlan(r["series_id"], r["label"], r["frequency"], r["rule"]) for r in rows["series"]
        },
        settings={r["item"]: r["setting"] for r in rows["plan"]},
        by_flow={
            flow: tuple(sorted((regime for flows, regime in regimes if flow in flows), key=lambda regime: regime.first))
            for flow in FLOWS
        },
    )
