"""The sentences of data and methods."""

from __future__ import annotations

import pandas as pd

from ..captions import join
from ..countries import possessive, upper_first
from ..display import Prose, say
from ..errors import listing
from ..formatting import day_text
from ..report import Report
from ..showing import in_notebooks
from ..trade import series
from ..trade.periods import LARGEST_NOISE
from .certainty import RULE


@in_notebooks
def overview(report: Report) -> Prose:
    """How large the data package is, and how recent."""
    catalogue = report.catalogue
    rows = sum(len(catalogue.frame(name)) for name in catalogue.tables)
    return Prose((
        say("This report stands on {tables} tables with {rows} rows from {sources} sources, brought up to {day}. Each "
            "table is checked against its hash before it is read; a changed or missing one is refused.",
            tables=len(catalogue.tables), rows=f"{rows:,}", sources=len(catalogue.sources),
            day=day_text(catalogue.data_date)),
    ))  # fmt: skip


@in_notebooks
def words(report: Report) -> Prose:
    """The two words in every row: status and grade."""
    return Prose((
        say("Status says how a figure came about: reported, mirror (the partner's record), derived (arithmetic on "
            "printed figures), estimated, or unreported (the reporter printed nothing; the value is empty)."),
        say("Grade says how good it is: A printed with decimals, B rounded or nearly exact, C rough, D contradicted."),
        say("A gap is a gap. It is neither zero nor filled in."),
    ), "list")  # fmt: skip


@in_notebooks
def rules(report: Report) -> Prose:
    """The rules that every number follows."""
    as_of, pair = report.parameters.as_of, report.parameters.pair
    return Prose((
        say("Exports are {exports}; imports are {owner} imports from there. {other} view is the reverse.",
            exports=pair.labels["exports"], owner=possessive(pair.first),
            other=upper_first(possessive(pair.second))),
        say("Growth takes two neighbouring calendar years of one basis. Across a gap there is none."),
        say("An average growth rate runs between the first and the last usable year of a span, and names both."),
        say("A figure never has more digits than its source; what rounding leaves open stands as low and high in the "
            "file of facts."),
        say("Knowledge of a day: an edition may ask for what was known by a given day. A page with only a month or a "
            "year counts as its last day; a figure without any date counts from the last day of the year after the "
            "one it describes. {here}", here="This edition uses all figures known today." if as_of is None else
            f"This edition uses what was known by {day_text(as_of)}."),
        *([say("Months are compared with the same month a year before, and changes under {noise} are not read, because "
               "compilers of one month differ by as much.", noise=f"{LARGEST_NOISE:.0f}%")] if pair.documented else []),
        say("Certainty of a finding. {rule}", rule=RULE),
    ), "list")  # fmt: skip


@in_notebooks
def mistakes(report: Report) -> Prose:
    """What a reader who finds an error can do, and what comes of it."""
    known = len(report.catalogue.frame("corrections"))
    return Prose((
        say("Each number in the text is a named fact. On the page its name shows when you point at it; the file "
            "facts.json has all of them."),
        say("Say which fact it is, add what “python -m analysis explain” prints for it, and say what went "
            "wrong: a source misread, a wrong computation, or a sentence that says something else than its number. "
            "CONTRIBUTING.md, under How to report an error, says the rest."),
        say("A source that errs is kept as it was printed and corrected in the open: {corrections} so far, in the "
            "table of corrections. A figure that changes gets a line with the reason in CHANGELOG.md.",
            corrections=known),
    ), "list")  # fmt: skip


@in_notebooks
def gaps(report: Report) -> Prose:
    """Years without figures on each basis, in the span asked for."""
    sentences = []
    for row in report.catalogue.frame("trade/bases").to_dict("records"):
        total = report.cells(row["basis"]).xs("total", level="measure")
        usable = total.index[total["value"].notna() & total["fit"]]
        rough = [int(y) for y in total.index[total["value"].notna() & ~total["fit"]]]
        if usable.empty:
            sentences.append(say("{label}: no usable total in the years asked for.", label=row["label"]))
            continue
        between = range(int(usable.min()), int(usable.max()) + 1)
        inside = [str(y) for y in between if y not in usable and y not in rough]
        parts = [say("{label}: usable totals for {n} years between {a} and {b}.", label=row["label"], n=len(usable),
                     a=int(usable.min()), b=int(usable.max()))]  # fmt: skip
        if rough:
            parts.append(say("Rough, so left out of growth: {years}.", years=listing(map(str, rough), limit=20)))
        if inside:
            parts.append(say("Missing in between: {years}.", years=listing(inside, limit=20)))
        sentences.append(join(*parts))
    return Prose(tuple(sentences), "list")


@in_notebooks
def whole_years(report: Report) -> Prose:
    """Which years have all twelve months of both flows."""
    known = report.months["value"].notna().unstack("measure")
    whole = known[["exports", "imports"]].all(axis=1)
    by_year = whole.groupby(pd.PeriodIndex(whole.index).year).sum()
    full = [str(year) for year in by_year.index[by_year == by_year.max()]] if by_year.max() == 12 else []
    if not full:
        return Prose((say("No year has all months of both flows."),))
    return Prose((say("All months of both flows are known for {years}.", years=listing(full, limit=20)),))


@in_notebooks
def disagreements(report: Report) -> Prose:
    """How the sums of parts and totals disagree in the leading series."""
    frame = report.cells()
    values, errors = series.wide(frame), series.wide(frame, "precision")
    apart = (values["total"] - values["exports"] - values["imports"]).abs()
    beyond = apart > errors.sum(axis=1) + 1e-9
    years = [str(year) for year in values.index[beyond & apart.notna()]]
    if not years:
        return Prose((say("In every year the printed total equals the sum of its flows within rounding."),))
    return Prose((say("In {years} the printed total differs from the sum of its flows by more than rounding. But for "
                      "declared misprints totals stay as printed.", years=listing(years, limit=20)),))  # fmt: skip
