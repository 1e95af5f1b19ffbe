"""Headings that hang on the pair: a notebook gives the sentence, the report the names."""

from __future__ import annotations

from ..countries import possessive, upper_first
from ..display import Heading
from ..report import Report
from ..showing import in_notebooks


@in_notebooks
def heading(report: Report, text: str, level: int = 2) -> Heading:
    """`text` as a heading, with {reporter} and {partner} put in, {reporters} and {partners} for the possessive."""
    return filled(report, text, level)


def filled(report: Report, text: str, level: int) -> Heading:
    """The heading with the names of the pair."""
    pair = report.parameters.pair
    return Heading(upper_first(text.format(
        reporter=pair.first, partner=pair.second, reporters=possessive(pair.first), partners=possessive(pair.second),
    )), level)  # fmt: skip
