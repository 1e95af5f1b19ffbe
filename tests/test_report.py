"""The report: facts of a topic hang on the parameters it declares, and reports that agree in these share them."""

from __future__ import annotations

from typing import Any

import pytest

from analysis import Report
from analysis.catalogue import Catalogue
from analysis.parameters import ReportParameters, resolve
from analysis.topics import TOPICS

# Between them, every parameter has a value that is not its default.
SETS: list[dict[str, Any]] = [
    {},
    {"start_year": 2005, "end_year": 2020, "basis": "kotra", "base_year": 2010, "index_year": 2006,
     "as_of": "2021-06-30", "worst_quality": "B", "inter_korean": "with", "food_aid": "with",
     "definitions": "trade_share.kotra"},
    {"crude_estimate": "without", "rice": "paddy", "doubtful_partners": "drop", "cut_share": 50, "title": "Another",
     "basis": "mirror", "event_classes": "nuclear_tests,summits", "windows": "m0_m2", "regimes": "sanctions",
     "flow": "exports", "baseline": "two_years", "controls": "china_trade", "alpha": 0.1, "seed": 3,
     "lags": 1, "frequency": "year", "paper": "us-letter"},
]  # fmt: skip


class Wide(Report):
    """A report whose topics see every parameter."""

    def _for(self, topic: str) -> Report:
        return self


@pytest.mark.parametrize("settings", SETS, ids=["default", "years", "choices"])
@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_reads_no_parameter_that_it_does_not_declare_and_computes_the_same_without(
    topic: str, settings: dict[str, Any], catalogue: Catalogue
) -> None:
    read: set[str] = set()

    class Watched(ReportParameters):
        def __getattribute__(self, name: str) -> Any:
            if name in ReportParameters.model_fields:
                read.add(name)
            return super().__getattribute__(name)

    parameters = resolve(settings, catalogue)
    report = Wide(parameters, catalogue)
    report.parameters = Watched.model_construct(**report.parameters.model_dump())
    read.clear()
    facts = report._own_facts(topic)
    assert facts == Report(parameters, catalogue)._facts_of(topic) != ()
    assert read <= TOPICS[topic].parameters and {"start_year", "end_year", "as_of"} <= read


def test_reports_that_agree_in_the_parameters_of_a_topic_share_its_facts(catalogue: Catalogue) -> None:
    default = Report(resolve({}, catalogue), catalogue)
    asked = {"title": "Another", "basis": "kotra", "cut_share": 7, "rice": "paddy"}
    other = Report(resolve(asked, catalogue), catalogue)
    id = "trade.total.customs.2013"
    assert default.facts[id] is other.facts[id]
    assert default.shares is not other.shares and default.event_study is not other.event_study
    assert Report(resolve({"cut_share": 7}, catalogue), catalogue).shares is default.shares
    assert Report(resolve({"paper": "us-letter"}, catalogue), catalogue).event_study is default.event_study


def test_the_sets_of_this_test_leave_no_parameter_at_its_default(catalogue: Catalogue) -> None:
    defaults = resolve({}, catalogue).plain()
    touched = {n for settings in SETS for n, v in resolve(settings, catalogue).plain().items() if v != defaults[n]}
    assert touched == set(defaults) - {"reporter", "partner"}  # another pair has no topics, see test_pairs
