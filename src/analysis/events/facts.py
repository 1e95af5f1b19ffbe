"""The facts of events: what could be tested, effects, correlations, breaks, votes and visits.

A cell that gives no number is a fact all the same: its value is None and its formula names the reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..facts import Fact
from . import catalogue as events
from . import controls, correlations, panel
from .cells import TESTABLE, UNTESTABLE, WEAK, percent
from .correlations import Pair
from .months import rows_of
from .plan import Key, month_name
from .study import Study

if TYPE_CHECKING:
    from ..report import Report

FLOWS = {"exports": "China's exports to the DPRK", "imports": "China's imports from the DPRK", "total": "trade"}
VERDICTS = {TESTABLE: "testable", WEAK: "weak", UNTESTABLE: "untestable"}


def event_facts(report: Report) -> Iterator[Fact]:
    """All facts of the topic for the parameters of `report`."""
    study = report.event_study
    yield from _controls(report, study)
    for key in study.keys:
        yield _testable(report, study, key)
        yield _change(report, study, key)
    yield from filter(None, (_same_months(report, study, question.key) for question in study.questions))
    yield from _counts(report, study)
    yield from _size(report, study)
    yield from _correlations(report, study)
    yield from _breaks(report, study)
    yield from _panel(report)


def _controls(report: Report, study: Study) -> Iterator[Fact]:
    """What the control of each flow is made of, and of which figures; nothing where the edition has no control."""
    chosen = report.parameters.controls
    if chosen == "partners":
        yield from _control_partners(report, study)
    elif chosen == "china_trade":
        for flow in study.flows:
            found = controls.all_trade(report, flow)
            yield Fact(
                id=f"events.control_china_trade.{flow}",
                label=f"Months of China's total trade to compare with, {FLOWS[flow]}",
                unit="count",
                value=len(found.logs),
                period=_span(found.logs, report),
                status="derived",
                formula="months whose log of the flow of China's trade with all countries is the control",
                rows=found.rows,
                sources=found.sources,
            )


def _control_partners(report: Report, study: Study) -> Iterator[Fact]:
    """How many partners the control of each flow is made of, and of which figures."""
    names = dict(report.catalogue.frame("events/control_partners")[["partner", "name"]].itertuples(index=False))
    for flow in study.flows:
        found = controls.common(report, flow)
        told = f": {', '.join(names[partner] for partner in found.partners)}" if found.partners else ""
        yield Fact(
            id=f"events.control_partners.{flow}",
            label=f"Partners of China to compare with, {FLOWS[flow]}",
            unit="count",
            value=None if found.reason else len(found.partners),
            period=_span(found.logs, report),
            status="unreported" if found.reason else "derived",
            formula=f"a gap: {found.reason}"
            if found.reason
            else f"partners whose logs of the flow, each less its own mean, make the control of a month{told}",
            rows=found.rows,
            sources=found.sources,
            stats={"n": len(found.logs)},
        )


def _span(months: Iterable[int], report: Report) -> str:
    found = sorted(months)
    p = report.parameters
    first, last = (found[0] // 12, found[-1] // 12) if found else (p.start_year, p.end_year)
    return str(first) if first == last else f"{first}-{last}"


def _join(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _name(study: Study, key: Key) -> str:
    kind, window = study.plan.classes[key[0]], study.plan.windows[key[2]]
    return f"{kind.label}, {FLOWS[key[1]]}, {window.label}"


def _testable(report: Report, study: Study, key: Key) -> Fact:
    cell = study.cells[key]
    made = cell.design
    stats: dict[str, float] = {
        "events": made.dated,
        "events_with_data": len(made.events),
        "episodes": len(made.episodes),
        "baseline_months": len(made.baseline_months),
        "separable": float(study.separable(key)),
    }
    if cell.precision is not None:
        stats |= {"persistence": cell.precision.rho, **_detectable("", cell.precision.detectable)}
    overlap = ""
    if cell.overlap and not study.separable(key):
        other = study.plan.classes[cell.overlap[0]].label
        overlap = f"; not separable from {other}, which share {100 * cell.overlap[1]:.0f} per cent of its months"
    testable = cell.verdict != UNTESTABLE
    return Fact(
        id=f"events.testable.{'.'.join(key)}",
        label=f"Events that can be studied: {_name(study, key)}",
        unit="count",
        value=len(made.events) if testable else None,
        period=_span(made.window_months, report),
        status="derived" if testable else "unreported",
        formula=(f"events with figures in their window; {cell.verdict}" if testable else f"a gap: {cell.reason}")
        + overlap,
        rows=tuple(e.row for e in made.events),
        sources=_join(*(e.sources for e in made.events)),
        stats=stats,
    )


def _detectable(name: str, log_points: float) -> dict[str, float]:
    return {
        f"detectable{name}": log_points,
        f"detectable{name}_fall_percent": percent(-log_points),
        f"detectable{name}_rise_percent": percent(log_points),
    }


def _change(report: Report, study: Study, key: Key) -> Fact:
    """The change of a cell: window against the months before, with the interval and the p of the same test."""
    cell = study.cells[key]
    made, effect = cell.design, cell.effect
    common: dict[str, Any] = {
        "id": f"events.change.{'.'.join(key)}",
        "label": f"Change against {study.baseline_words}: {_name(study, key)}",
        "unit": "percent",
        "period": _span(made.window_months, report),
    }
    if effect is None:
        return Fact(
            value=None,
            status="unreported",
            formula=f"a gap: {cell.reason}",
            rows=tuple(e.row for e in made.events),
            sources=_join(*(e.sources for e in made.events)),
            **common,
        )
    rows, sources = rows_of(report, key[1], sorted({*made.window_months, *made.baseline_months}))
    control, more = _control(report, key[1])
    stats: dict[str, float] = {
        "n": len(made.episodes),
        "events": len(made.events),
        "window_months": len(made.window_months),
        "baseline_months": len(made.baseline_months),
        "effect_log_points": effect.effect,
        "p": effect.p,
    }
    if cell.precision is not None:
        stats |= {"persistence": cell.precision.rho, **_detectable("", cell.precision.detectable)}
    if cell.p_adjusted is not None:
        stats |= {"p_adjusted": cell.p_adjusted, "family_size": cell.family}
    if cell.detectable_adjusted is not None:
        stats |= _detectable("_adjusted", cell.detectable_adjusted)
    return Fact(
        value=percent(effect.effect),
        low=percent(effect.low),
        high=percent(effect.high),
        status="derived",
        formula="exp(mean of log trade over the window less its mean over the baseline) - 1; the range holds what the "
        "test does not reject" + control,
        rows=_join((e.row for e in made.events), rows),
        sources=_join(*(e.sources for e in made.events), sources, more),
        stats=stats,
        **common,
    )


def _same_months(report: Report, study: Study, key: Key) -> Fact | None:
    """The change of a question's window on the same months of the year before; None where no month has such a twin."""
    point = study.point(key, "same_months")
    if point is None or point.effect is None:
        return None
    made = study.design(key, "same_months")
    rows, sources = rows_of(report, key[1], sorted({*made.window_months, *made.baseline_months}))
    return Fact(
        id=f"events.same_months.{'.'.join(key)}",
        label=f"Change on the same months of the year before: {_name(study, key)}",
        unit="percent",
        value=percent(point.effect),
        period=_span(made.window_months, report),
        status="derived",
        formula="exp(mean of log trade over the window less its mean over the same months of the last year that has "
        "them) - 1",
        rows=_join((e.row for e in made.events), rows),
        sources=_join(*(e.sources for e in made.events), sources),
        stats={"n": len(made.window_months)},
    )


def _control(report: Report, flow: str) -> tuple[str, tuple[str, ...]]:
    """What a formula says of the control of the edition, and the sources of the control; empty where there is none.

    The rows of a control are hundreds, of partners thousands; they stand once, at the fact that counts what it is of.
    """
    chosen = report.parameters.controls
    if chosen == "none":
        return "", ()
    words = {"china_trade": "China's total trade", "partners": "China's trade with other partners"}[chosen]
    relative = f"; trade is measured against {words}, see events.control_{chosen}.{flow}"
    return relative, controls.control(report, flow, chosen).sources


def _counts(report: Report, study: Study) -> Iterator[Fact]:
    """How many cells there are and can be tested, and how many questions were asked and answered."""
    p = report.parameters
    period = f"{p.start_year}-{p.end_year}"

    def counted(id: str, label: str, value: int, formula: str) -> Fact:
        return Fact(
            id=f"{id}.{period}", label=label, value=value, unit="count", period=period, status="derived",
            formula=formula,
        )  # fmt: skip

    for flow in (*study.flows, "all"):
        cells = [cell for key, cell in study.cells.items() if flow in (key[1], "all")]
        counts = {"all": len(cells)}
        counts |= {name: sum(cell.verdict == verdict for cell in cells) for verdict, name in VERDICTS.items()}
        counts["inseparable"] = sum(cell.effect is not None and not study.separable(cell.key) for cell in cells)
        for name, value in counts.items():
            yield counted(
                f"events.cells_{name}.{flow}",
                f"Combinations of class, flow and window, {name}, {flow}",
                value,
                "count over classes, flows and windows",
            )
    asked = [study.cells[question.key] for question in study.questions]
    for name, cells in (
        ("controls", [cell for cell in asked if cell.control]),
        ("tested", [cell for cell in asked if not cell.control]),
    ):
        answered = [cell for cell in cells if cell.effect is not None]
        for what, chosen in (
            ("asked", cells),
            ("answered", answered),
            ("found", [cell for cell in answered if cell.found(p.alpha)]),
        ):
            yield counted(
                f"events.questions_{what}.{name}",
                f"Questions {what}, {'positive controls' if name == 'controls' else 'tested'}",
                len(chosen),
                "count of the declared questions",
            )


def _size(report: Report, study: Study) -> Iterator[Fact]:
    """False alarms of the test in noise without any effect, and the coverage of its intervals."""
    p = report.parameters
    for rho, share in study.size.items():
        period, name = f"{p.start_year}-{p.end_year}", f"rho{100 * rho:03.0f}"
        formula = f"share of simulated series of persistence {rho:g} without any effect, the worst of the questions"
        for id, label, value in (
            ("false_alarms", "False alarms of the test", share),
            ("coverage", "Coverage of its intervals", 1 - share),
        ):
            yield Fact(
                id=f"events.{id}.{name}.{period}",
                label=f"{label} in noise of persistence {rho:g}",
                unit="percent",
                value=100 * value,
                period=period,
                status="derived",
                decimals=1,
                formula=formula,
            )


def lag_name(lag: int) -> str:
    return f"lag_{'m' if lag < 0 else 'p'}{abs(lag)}" if lag else "lag_0"


def correlation_id(pair: Pair) -> str:
    """The id of a correlation; that on a second record names the record at its end."""
    id = f"events.correlation.{pair.series.series_id}.{pair.flow}.{lag_name(pair.lag)}"
    return f"{id}.{pair.basis}" if pair.basis else id


def _correlations(report: Report, study: Study) -> Iterator[Fact]:
    names = report.catalogue.frame("trade/bases").set_index("basis")["label"]
    for pair in (*study.pairs, *study.beside):
        family, holm = (study.beside_family, study.beside_holm) if pair.basis else (study.pair_family, study.pair_holm)
        id = correlation_id(pair)
        p = report.parameters
        period = f"{pair.first[:4]}-{pair.last[:4]}" if pair.first else f"{p.start_year}-{p.end_year}"
        away = f"{abs(pair.lag)} {pair.series.frequency}s {'earlier' if pair.lag < 0 else 'later'}"
        label = f"Correlation of changes: {pair.series.label} and {FLOWS[pair.flow]} {away}"
        label += f", {names[pair.basis]}" if pair.basis else ""
        rows, sources = correlations.rows_of(report, pair)
        if pair.found is None:
            yield Fact(
                id=id,
                label=label,
                value=None,
                unit="ratio",
                period=period,
                status="unreported",
                formula=f"a gap: {pair.reason}",
                rows=rows,
                sources=sources,
            )
            continue
        found = pair.found
        stats = {
            "n": found.pairs,
            "spearman": found.spearman,
            "p_shift": found.p_pearson,
            "p_shift_spearman": found.p_spearman,
            "smallest_attainable_p": found.smallest_p,
            "family_size": family[pair.flow, pair.series.frequency],
            "p_adjusted": holm[pair.place],
        }
        if pair.levels is not None:
            stats["levels_pearson"] = pair.levels
        yield Fact(
            id=id,
            label=label,
            value=found.pearson,
            unit="ratio",
            period=period,
            status="derived",
            decimals=2,
            formula="Pearson correlation of the change of the series with the change of log trade, p by circular shift"
            + ("" if pair.lag == 0 else f"; rows as for {lag_name(0)}")
            + ("; on a second record, beside the leading one" if pair.basis else ""),
            rows=rows,
            sources=sources,
            stats={name: value for name, value in stats.items() if math.isfinite(value)},
        )


def _breaks(report: Report, study: Study) -> Iterator[Fact]:
    for flow, found in study.breaks.items():
        period = f"{found.first // 12}-{found.last // 12}"
        stats: dict[str, float] = {"n": found.months}
        for step, trial in enumerate(found.trials, start=1):
            stats |= {
                f"p_bootstrap_{step}": trial.p,
                f"persistence_{step}": trial.rho,
                f"p_at_persistence_{step}": trial.p_at_rho,
            }
        rows, sources = rows_of(report, flow, list(range(found.first, found.last + 1)))
        yield Fact(
            id=f"events.breaks.{flow}",
            label=f"Breaks found in {FLOWS[flow]}",
            unit="count",
            period=period,
            value=None if found.reason else len(found.shifts),
            status="unreported" if found.reason else "derived",
            formula=f"a gap: {found.reason}"
            if found.reason
            else "breaks of the level of log trade, one after another while the bootstrap p, the largest over "
            "persistence up to 0.8, stays below alpha",
            rows=rows,
            sources=sources,
            stats=stats,
        )
        for number, shift in enumerate(found.shifts, start=1):
            yield Fact(
                id=f"events.break_date.{flow}.n{number}",
                label=f"Level of {FLOWS[flow]} across a break",
                unit="percent",
                value=percent(shift.change),
                period=month_name(shift.month),
                status="derived",
                formula="exp(shift of the level of log trade at the break) - 1",
                rows=rows,
                sources=sources,
                stats={
                    "first_month": _digits(shift.first),
                    "last_month": _digits(shift.last),
                    "months_to_event": shift.distance,
                },
            )


def _digits(month: int) -> float:
    return float(month_name(month).replace("-", ""))


def _panel(report: Report) -> Iterator[Fact]:
    for found in panel.agreements(report):
        yield Fact(
            id=f"events.votes.{found.partner}.{found.first}-{found.last}",
            unit="percent",
            decimals=1,
            status="derived",
            label=f"Agreement of {panel.PARTNERS[found.partner]} with the DPRK in the General Assembly",
            value=found.percent,
            period=f"{found.first}-{found.last}",
            formula="identical votes / common roll calls",
            rows=found.rows,
            sources=found.sources,
            stats={"n": found.common},
        )
    council = panel.council(report)
    if len(council):
        years = council["date"].str[:4]
        period = f"{years.min()}-{years.max()}"
        for vote in ("for", "abstain", "veto", ""):
            rows = council[council["china_vote"] == vote]
            yield Fact(
                id=f"events.council.{vote or 'not_seen'}.{period}",
                unit="count",
                value=len(rows),
                status="derived",
                label=f"Resolutions and drafts on the DPRK, vote of China: {vote or 'not seen'}",
                period=period,
                formula="count of rows",
                rows=tuple(f"events/security_council#{row}" for row in rows["row_id"]),
                sources=_join(*(cell.split(";") for cell in rows["source_id"])),
            )
    p = report.parameters
    for class_id in report.event_study.classes:
        dated = [
            e
            for e in events.events_of(report.catalogue, class_id, p.as_of)
            if p.start_year <= int(e.date[:4]) <= p.end_year
        ]
        if dated:
            period = f"{p.start_year}-{p.end_year}"
            yield Fact(
                id=f"events.dated.{class_id}.{period}",
                unit="count",
                value=len(dated),
                period=period,
                status="derived",
                label=f"Events of the catalogue: {report.event_study.plan.classes[class_id].label}",
                formula="count of rows",
                rows=tuple(e.row for e in dated),
                sources=_join(*(e.sources for e in dated)),
            )


__all__ = ["correlation_id", "event_facts", "lag_name", "percent"]
