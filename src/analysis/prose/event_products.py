"""The sentences on goods under a ban and goods without one."""

from __future__ import annotations

from ..captions import caveats, join
from ..display import Prose, Sentence, say
from ..events.products import phases_of
from ..facts import Fact
from ..formatting import MONTHS as MONTH_NAMES
from ..report import Report
from ..showing import in_notebooks

MONTHS = "events.products.month"
# A change in per cent that leaves nothing, and one above which a rise is told as a multiple.
NOTHING, LARGE = -100.0, 150.0


@in_notebooks
def controls(report: Report) -> Prose:
    """Whether what was banned fell while what was not banned did not."""
    told = [sentence for sentence in (_coal(report), _ore(report), _years(report), _later(report)) if sentence]
    if not told:
        p = report.parameters
        return Prose((say("No good has figures before and after a ban from {first} to {last}.", first=p.start_year,
                          last=p.end_year),), "note")  # fmt: skip
    return Prose((*told, *caveats(report, "products-described", bases=["events"])))


def _coal(report: Report) -> Sentence | None:
    before, stopped, banned, fall = (report.find(f"{MONTHS}.coal.imports.before"),
                                     report.find(f"{MONTHS}.coal.imports.stopped"),
                                     report.find(f"{MONTHS}.coal.imports.banned"),
                                     report.find(f"{MONTHS}_change.coal.imports.banned"))  # fmt: skip
    if not before or not stopped or not banned or not fall:
        return None
    kept = "none" if stopped.value == 0 else "{stopped} a month"
    return say(
        "Coal fell when it was banned. China bought {before} a month in the year before it stopped coal in February, "
        f"{kept} in the months after that, and {{banned}} a month after the ban of August{{last}}, {{fall:abs}} "
        "less than before.",
        before=before, stopped=stopped, banned=banned, fall=fall, last=_all_in(report),
    )  # fmt: skip


def _all_in(report: Report) -> str:
    """Where one month alone had coal after the ban: which."""
    known = [report.find(f"products.quantity.coal.imports.customs.{month}")
             for month in phases_of(report.catalogue)["banned"]]  # fmt: skip
    some = [fact.period for fact in known if fact and fact.value]
    return f", all of it in {MONTH_NAMES[int(some[0][5:]) - 1]}" if len(some) == 1 else ""


def _ore(report: Report) -> Sentence | None:
    """Iron ore, which the stop of coal left free and the ban of August did not; and ethanol, which none covered."""
    free, banned = (report.find(f"{MONTHS}_change.iron_ore.imports.{phase}") for phase in ("stopped", "banned"))
    if not free or not banned:
        return None
    sentence = say(
        f"Iron ore is the comparison: it {_moved('free', free)} in the same months, while only coal was stopped, and "
        f"{_moved('banned', banned)} once it was banned too.", free=free, banned=banned,
    )  # fmt: skip
    fuels = [report.find(f"{MONTHS}_change.{good}.exports.banned") for good in ("gasoline", "diesel")]
    ethanol = report.find(f"{MONTHS}_change.ethanol.exports.banned")
    diesel = report.find(f"{MONTHS}_change.diesel.exports.stopped")
    parts = [sentence]
    if fuels[0] and fuels[1] and ethanol:
        parts.append(say(
            f"China's sales of petrol {_moved('petrol', fuels[0])} and its sales of diesel "
            f"{_moved('fuel', fuels[1])} once oil products were capped; ethanol, which no measure covers, "
            f"{_moved('ethanol', ethanol)} in the months with figures.",
            petrol=fuels[0], fuel=fuels[1], ethanol=ethanol,
        ))  # fmt: skip
    if diesel and (diesel.value or 0) < 0:
        parts.append(say("But diesel had fallen {diesel:abs} before any cap.", diesel=diesel))
    return join(*parts)


def _years(report: Report) -> Sentence | None:
    """By year: metals banned the year before, coal stopped in February, and tobacco, never banned."""
    stem = "events.products.change"
    metals = [report.find(f"{stem}.{good}.imports.customs.2016-2017") for good in ("copper", "zinc", "coal")]
    tobacco = report.find(f"{stem}.tobacco.exports.customs.2016-2017")
    ore = report.find("products.growth.iron_ore.imports.customs.2017")
    if not all(metals) or not tobacco:
        return None
    copper, zinc, coal = (fact for fact in metals if fact)
    parts = [
        say(
            f"China's purchases of copper {_moved('copper', copper)} and those of zinc {_moved('zinc', zinc)} "
            "{coal:when}, both banned before the second year began; those of coal, stopped in February, "
            f"{_moved('coal', coal)}.",
            coal=coal, copper=copper, zinc=zinc,
        ),
        say(f"China's sales of tobacco, which no measure covers, {_moved('tobacco', tobacco)}.", tobacco=tobacco),
    ]  # fmt: skip
    if ore:
        parts.append(say(f"Its purchases of iron ore, banned in August, {_moved('ore', ore)}.", ore=ore))
    return join(*parts)


def _later(report: Report) -> Sentence | None:
    least = report.find("events.products.fell_at_least.dprk_exports.kotra.2016-2018")
    tobacco = report.find("events.products.change.tobacco.exports.customs.2016-2018")
    if not least or not tobacco:
        return None
    return say(
        "North Korea's sales of mineral fuels and clothing to all countries, by KOTRA, fell by {least:abs} at least "
        f"{{least:when}}; China's sales of tobacco to North Korea {_moved('tobacco', tobacco)}.",
        least=least, tobacco=tobacco,
    )  # fmt: skip


def _moved(name: str, fact: Fact) -> str:
    """`fell to nothing`, `fell {name:abs}`, `rose {name:abs}`, or a multiple of what was more than doubled."""
    value = fact.value or 0.0
    if value == NOTHING:
        return "fell to nothing"
    if value <= 0:
        return f"fell {{{name}:abs}}"
    return f"rose to {{{name}:fold}} the former level" if value > LARGE else f"rose {{{name}:abs}}"
