"""The facts of events: what could be tested, effects, correlations, breaks, votes and visits.

A cell that gives no number is a fact all the same: its value is None and its formula names the reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..facts import Fact
from ..inference import Effect, Untested
from . import catalogue as events
from . import controls, correlations, panel
from .correlations import Pair
from .months import rows_of
from .plan import month_name
from .study import Key, Study
from .testable import ALONE, NEVER, NO, YES

if TYPE_CHECKING:
    from ..report import Report

FLOWS = {"exports": "China's exports to the DPRK", "imports": "China's imports from the DPRK", "total": "trade"}
VERDICTS = {YES: "testable", ALONE: "alone", NEVER: "powerless", NO: "untestable"}


def event_facts(report: Report) -> Iterator[Fact]:
    """All facts of the topic for the parameters of `report`."""
    study = report.event_study
    yield from _controls(report, study)
    for key in study.keys:
        yield _testable(report, study, key)
        yield _effect(report, study, key)
        if _dates_differ(report, key[0]):
            yield _other_date(report, study, key)
    yield from _cells(report, study)
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


def percent(log_points: float) -> float:
    """A change of logs as a change in per cent."""
    return 100 * math.expm1(log_points)


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
    possible, verdict = study.possible[key], study.verdict(key)
    made = possible.design
    stats: dict[str, float] = {
        "events": made.dated,
        "events_with_data": len(made.events),
        "episodes": len(made.episodes),
        "baseline_months": len(made.baseline),
        "family_size": study.family[key[1]],
        "separable": float(study.separable(key)),
    }
    if possible.smallest_p is not None:
        stats["smallest_attainable_p"] = possible.smallest_p
    if possible.rho is not None:
        stats["persistence"] = possible.rho
    if possible.detectable is not None:
        stats |= {
            "detectable_effect": possible.detectable,
            "detectable_fall_percent": percent(-possible.detectable),
            "detectable_rise_percent": percent(possible.detectable),
        }
    overlap = ""
    if possible.overlap and not study.separable(key):
        other = study.plan.classes[possible.overlap[0]].label
        overlap = f"; not separable from {other}, which share {100 * possible.overlap[1]:.0f} per cent of its months"
    why = f": {possible.reason}" if possible.reason else ""
    return Fact(
        id=f"events.testable.{'.'.join(key)}",
        label=f"Events that can be studied: {_name(study, key)}",
        unit="count",
        value=None if verdict == NO else len(made.events),
        period=_span(made.window_months, report),
        status="unreported" if verdict == NO else "derived",
        formula=(f"a gap: {verdict}{why}" if verdict == NO else f"events with data in their window; {verdict}")
        + overlap,
        rows=tuple(e.row for e in made.events),
        sources=_join(*(e.sources for e in made.events)),
        stats=stats,
    )


def _effect(report: Report, study: Study, key: Key) -> Fact:
    cell = study.cells[key]
    adjusted = {name: p for name, p in (("p_adjusted", cell.holm), ("p_false_discovery", cell.fdr)) if p is not None}
    return _effect_fact(
        report,
        study,
        key,
        f"events.effect.{'.'.join(key)}",
        cell.found,
        cell.reason,
        {
            "family_size": cell.family,
            **adjusted,
            **({"detectable_effect": d} if (d := cell.possible.detectable) is not None else {}),
        },
    )


def _other_date(report: Report, study: Study, key: Key) -> Fact:
    found, reason = study.effect(key, "other_date")
    return _effect_fact(
        report, study, key, f"events.effect_other_date.{'.'.join(key)}", found, reason, {}, "other_date"
    )


def _effect_fact(
    report: Report,
    study: Study,
    key: Key,
    id: str,
    found: Effect | None,
    reason: str,
    stats: dict[str, float],
    spec_id: str = "main",
) -> Fact:
    made = study.design(key, spec_id)
    dating = " by adoption or publication" if spec_id == "other_date" else ""
    common: dict[str, Any] = {
        "id": id,
        "label": f"Effect{dating}: {_name(study, key)}",
        "unit": "percent",
        "period": _span(made.window_months, report),
    }
    if found is None:
        return Fact(
            value=None,
            status="unreported",
            formula=f"a gap: {reason}",
            rows=tuple(e.row for e in made.events),
            sources=_join(*(e.sources for e in made.events)),
            stats=stats,
            **common,
        )
    rows, sources = rows_of(report, key[1], sorted({*made.window_months, *made.baseline}))
    control, more = _control(report, key[1])
    stats = {
        "n": found.episodes,
        "events": len(made.events),
        "window_months": found.window_months,
        "baseline_months": found.baseline_months,
        "effect_log_points": found.effect,
        "placebo_mean_log_points": found.placebo_mean,
        **stats,
        **_nulls(found),
    }
    return Fact(
        value=percent(found.effect),
        low=percent(found.low),
        high=percent(found.high),
        status="derived",
        formula="exp(mean of log trade less its baseline over the windows, less the mean of its placebos) - 1"
        + ("; p calibrated on noise over the same months: an episode opens a regime" if found.calibrated else "")
        + control,
        rows=_join((e.row for e in made.events), rows),
        sources=_join(*(e.sources for e in made.events), sources, more),
        stats=stats,
        **common,
    )


def _control(report: Report, flow: str) -> tuple[str, tuple[str, ...]]:
    """What a formula says of the control of the edition, and the sources of the control; empty where there is none.

    The rows of a control are hundreds, of partners thousands; they stand once, at the fact that counts what it is of.
    """
    chosen = report.parameters.controls
    if chosen == "none":
        return "", ()
    words = {"china_trade": "China's total trade", "partners": "China's trade with other partners"}[chosen]
    told = f"; the baseline has {words} as a control, see events.control_{chosen}.{flow}"
    return told, controls.control(report, flow, chosen).sources


def _nulls(found: Effect) -> dict[str, float]:
    """The p of the plan as p_placebo; for an opening episode it is calibrated, and the plain rank stands beside it."""
    stats: dict[str, float] = {
        "p_placebo": found.placebo.p,
        "smallest_attainable_p": found.placebo.smallest_p,
        "placements": found.placebo.placements,
    }
    if found.calibrated is not None:
        stats |= {
            "p_placebo": found.calibrated.p,
            "smallest_attainable_p": found.calibrated.smallest_p,
            "p_rank": found.placebo.p,
            "smallest_attainable_p_rank": found.placebo.smallest_p,
        }
    if not isinstance(found.shift, Untested):
        stats |= {"p_shift": found.shift.p, "smallest_attainable_p_shift": found.shift.smallest_p}
    return stats


def _dates_differ(report: Report, class_id: str) -> bool:
    found = events.events_of(report.catalogue, class_id, report.parameters.as_of)
    return any(event.month("date") != event.month("effective_date") for event in found)


def _cells(report: Report, study: Study) -> Iterator[Fact]:
    """How many cells there are, how many can be tested, and how many effects survive adjustment."""
    p = report.parameters
    period = f"{p.start_year}-{p.end_year}"
    for flow in (*study.flows, "all"):
        keys = [key for key in study.keys if flow in (key[1], "all")]
        counts = {"all": len(keys)}
        for verdict, name in VERDICTS.items():
            counts[name] = sum(study.verdict(key) == verdict for key in keys)
        counts["inseparable"] = sum(study.possible[key].found is not None and not study.separable(key) for key in keys)
        counts["persistent"] = sum(study.possible[key].persistent for key in keys)
        counts["below_alpha"] = sum(_below(study.cells[key].p, p.alpha) for key in keys)
        counts["below_alpha_adjusted"] = sum(_below(study.cells[key].holm, p.alpha) for key in keys)
        for name, value in counts.items():
            yield Fact(
                id=f"events.cells_{name}.{flow}.{period}",
                label=f"Cells of the event study, {name}, {flow}",
                value=value,
                unit="count",
                period=period,
                status="derived",
                formula="count over classes, flows and windows",
            )


def _below(p: float | None, alpha: float) -> bool:
    return p is not None and p <= alpha


def lag_name(lag: int) -> str:
    return f"lag_{'m' if lag < 0 else 'p'}{abs(lag)}" if lag else "lag_0"


def correlation_id(pair: Pair) -> str:
    """The id of a correlation; that on a second record names the record at its end."""
    id = f"events.correlation.{pair.series.series_id}.{pair.flow}.{lag_name(pair.lag)}"
    return f"{id}.{pair.basis}" if pair.basis else id


def _correlations(report: Report, study: Study) -> Iterator[Fact]:
    names = report.catalogue.frame("trade/bases").set_index("basis")["label"]
    for pair in (*study.pairs, *study.beside):
        family, holm = (
            (study.beside_family, study.beside_holm) if pair.basis else (study.pair_family, study.pair_holm)
        )
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
        stats |= {f"p_bootstrap_{step}": p for step, p in enumerate(found.p, start=1)}
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
            else "breaks of the level of log trade, one after another while the bootstrap p stays below alpha",
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
