"""Flows in which the two Koreas are probably mixed up, found by a rule that names no partner.

Many countries booked trade with South Korea under the North. A partner's flow with one of the two, in one direction, of
one group of goods and in one year, is doubtful when it
(a) is more than JUMP times the median of the same flow in all years taken in, years without a flow counting as zero,
(b) is more than SMALL of all that this Korea traded in that direction, group and year, and
(c) lies close to what the same partner traded with the other Korea, within NEAR times either way, or is more than LARGE
of all that this Korea traded.
Nothing is left out for it: the flow is marked, and what reads the table shows shares with and without it. The rule of
`dependence.partners` compares with the last years of a record instead; those of BACI lie in the closure of the border,
when every flow was small. A confusion of more than half of the years is not found.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable

from .baci import GROUPS, WORLD, Sum

TWINS = {"PRK": "KOR", "KOR": "PRK"}
JUMP, NEAR, LARGE, SMALL = 3.0, 2.0, 0.02, 0.001
Key = tuple[int, str, str, str]  # year, exporter, importer, goods


def twins(pair: Iterable[str]) -> dict[str, str]:
    """The sides of a pair that may be mixed up, each with the other Korea."""
    return {side: TWINS[side] for side in pair if side in TWINS}


def doubtful(sums: Collection[Sum], beyond_doubt: Collection[str]) -> frozenset[Key]:
    """The flows that the rule finds. `beyond_doubt`: partners that are the subject themselves, and are not judged."""
    years = {one.year for one in sums}
    whole = {(o.year, o.exporter, o.importer, o.goods): o.value for o in sums if WORLD in (o.exporter, o.importer)}
    flows: dict[tuple[str, str, str], list[Sum]] = defaultdict(list)
    for one in sums:
        if one.twin is not None and one.goods in GROUPS:
            flows[one.exporter, one.importer, one.goods].append(one)
    found = set()
    for (exporter, importer, goods), same in flows.items():
        sells = importer in TWINS  # a flow between the Koreas has no twin, so one side alone is of them
        if (exporter if sells else importer) in beyond_doubt:
            continue
        usual = statistics.median([one.value for one in same] + [0.0] * (len(years) - len(same)))
        for one in same:
            key = (one.year, exporter, importer, goods)
            ends = (WORLD, importer) if sells else (exporter, WORLD)
            every = whole.get((one.year, *ends, goods), 0.0)
            near = one.twin is not None and one.twin / NEAR <= one.value <= one.twin * NEAR
            if one.value > JUMP * usual and one.value > SMALL * every and (near or one.value > LARGE * every):
                found.add(key)
    return frozenset(found)
