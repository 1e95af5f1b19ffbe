"""What sentences, tables and the chart say of the questions, in editions that leave out some and for other answers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis import Report, figures, prose, style, tables
from analysis.events.cells import Cell
from analysis.inference import Effect
from analysis.parameters import resolve

BANS, BOUGHT, SOLD = (
    ("bans_2017", "imports", "m0_m11"), ("closure_2020", "imports", "m0_m11"), ("closure_2020", "exports", "m0_m11"),
)  # fmt: skip
EDITIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "no control": {"event_classes": "summits"},
    "no answer": {"event_classes": "incidents"},
    "controls alone": {"event_classes": "bans_2017,closure_2020"},
    "one flow": {"flow": "imports"},
    "no question": {"windows": "m0_m2"},
    "short": {"start_year": 2010, "end_year": 2012},
    "two years": {"baseline": "two_years", "event_classes": "bans_2017,summits"},
}


@pytest.fixture(scope="module", params=EDITIONS)
def edition(request: pytest.FixtureRequest, report: Report) -> Report:
    settings = EDITIONS[request.param]
    return Report(resolve(settings)) if settings else report


def said(shown: Any) -> str:
    return " ".join(sentence.text for sentence in shown.sentences)


def title(report: Report) -> str:
    shown = figures.event_questions(report)
    text: str = shown.title.text if hasattr(shown, "title") else shown.sentences[0].text
    return text


def asked(report: Report, control: bool) -> list[Cell]:
    study = report.event_study
    return [study.cells[q.key] for q in study.questions if study.plan.classes[q.key[0]].control == control]


FEW = {
    "event_classes": "bans_2017,closure_2020,nuclear_tests",
    "windows": "m0_m5,m0_m11",
    "frequency": "year",
    "lags": 0,
}


def other(**effects: tuple[float, float, float, float]) -> Report:
    """An edition with other answers: effect, low, high and p by class, flow and window."""
    made = Report(resolve(FEW))
    names = dict(made.event_study.cells)
    for name, (effect, low, high, p) in effects.items():
        key = next(k for k in names if "__".join(k) == name)
        cell = names[key]
        assert cell.effect is not None
        adjusted = None if cell.p_adjusted is None else p
        names[key] = replace(cell, effect=Effect(effect, low, high, p, cell.effect.spread), p_adjusted=adjusted)
    made.event_study.__dict__["cells"] = (names, frozenset())  # where `remembered` keeps what it has computed
    return made


# ------------------------------------------------------------------------------------------------- editions


def test_every_question_is_one_row_and_one_sentence(edition: Report) -> None:
    study = edition.event_study
    rows = tables.event_answers(edition).rows
    assert [row["question"].removesuffix(" (control)") for row in rows] == [q.asks for q in study.questions]
    assert [row["question"].endswith(" (control)") for row in rows] == [
        study.cells[q.key].control for q in study.questions
    ]
    text = said(prose.events.controls(edition)) + " " + said(prose.events.results(edition))
    assert all(text.count(q.asks) == 1 for q in study.questions)
    assert text.count("This cannot be answered:") == len(study.questions) - len(study.answered)
    left_out = [q.asks for key, q in study.plan.questions.items() if q not in study.questions]
    assert not any(words in text for words in left_out)


def test_what_is_said_of_the_known_falls_is_what_their_cells_say(edition: Report) -> None:
    controls, alpha = asked(edition, True), edition.parameters.alpha
    found = [cell for cell in controls if cell.found(alpha)]
    assert all(cell.effect is None or cell in found for cell in controls), "none is missed on the real months"
    text, head = said(prose.events.controls(edition)), title(edition)
    summary = text.partition(".")[0]
    answers = [row["answer"] for row in tables.event_answers(edition).rows]
    assert "Missed" not in answers and "finding nothing elsewhere" not in text and "Not every" not in head
    assert answers.count("Yes: found") == len(found)
    if not found:
        assert "finds" not in summary and "are found" not in head
        assert controls or ("asked for" in summary and "can be tested" not in summary + head), "none was asked for"
    else:
        assert f"({len(found)} of {len(controls)})" in text and head.startswith("The known falls are found")
    assert any("fell by" in finding.headline.text for finding in prose.events.findings(edition).findings) == bool(found)


def test_the_title_of_the_chart_names_no_event_that_was_not_asked_about(edition: Report) -> None:
    head = title(edition)
    classes = {cell.key[0] for cell in asked(edition, False) if cell.effect is not None}
    # "can be tested" is no nuclear test.
    words = re.sub(r"[^a-z ]", "", head.replace("tested", "").lower()).split()
    named = {"tests": "nuclear_tests", "launches": "launches_long", "launch": "launches_long", "meetings": "summits",
             "summits": "summits", "incidents": "incidents"}  # fmt: skip
    assert {named[word] for word in words if word in named} <= classes, head


def test_a_finding_says_something_in_both_of_its_parts(edition: Report) -> None:
    for finding in prose.events.findings(edition).findings:
        assert finding.headline.text.strip().endswith(".") and finding.detail.text.strip(), finding.headline.text


def test_the_months_that_are_named_as_the_baseline_are_those_of_the_edition(edition: Report) -> None:
    study = edition.event_study
    shown = figures.event_questions(edition)
    texts = [said(prose.events.question(edition)), *(f.headline.text for f in prose.events.findings(edition).findings)]
    texts += [shown.caption.text] if hasattr(shown, "caption") else []
    texts += [edition.fact(f"events.change.{'.'.join(c.key)}").label for c in study.answered]
    assert edition.parameters.baseline == "level" or not any("12 usable" in text or "twelve" in text for text in texts)


# ------------------------------------------------------------------------------------------ numbers and months


def test_a_sentence_gives_the_change_its_range_and_the_months_that_were_compared(report: Report) -> None:
    """The windows of three bans are one of nineteen months, so it is not one of twelve."""
    text = said(prose.events.controls(report))
    for key, first, last in (
        (BANS, "−77%", "−84% to −67%"), (BOUGHT, "−82%", "−88% to −73%"), (SOLD, "−97%", "−97% to −95%"),
    ):  # fmt: skip
        asks = report.event_study.plan.questions[key].asks
        own = text[text.index(asks) :].partition("?")[2][:160]
        assert first in own and last in own, own
    own = text[text.index(report.event_study.plan.questions[BANS].asks) :].partition("?")[2].partition("?")[0]
    assert "12 months from the event" not in own, "nineteen months, from the first ban on"


def test_what_is_printed_beside_an_answer_are_its_own_numbers(report: Report) -> None:
    study = report.event_study
    for question, row in zip(study.questions, tables.event_answers(report).rows, strict=True):
        cell = study.cells[question.key]
        assert (row["p"] == "–") == (row["change"] == "–") == (cell.effect is None)
        assert (row["adjusted"] == "–") == (cell.p_adjusted is None)
        if cell.effect is None:
            assert row["answer"] == f"Cannot be answered: {cell.reason}"
            continue
        size = cell.detectable if cell.control else cell.detectable_adjusted
        assert size is not None
        low, high = (text.strip() for text in row["detectable"].replace(",", "").split(" or "))
        told = [float(text.replace("−", "-").rstrip("%")) for text in (low, high)]
        assert told == pytest.approx([100 * (np.exp(-size) - 1), 100 * (np.exp(size) - 1)], abs=0.51)
        assert row["answer"] == ("Yes: found" if cell.control else "The months cannot tell")


# --------------------------------------------------------------------------------------------- other answers


def test_a_known_fall_that_is_missed_is_said_to_be_missed() -> None:
    made = other(closure_2020__imports__m0_m11=(-0.4, -1.2, 0.4, 0.3))
    answers = {row["question"]: row["answer"] for row in tables.event_answers(made).rows}
    assert list(answers.values()).count("Missed") == 1
    head = figures.event_questions(made)
    assert hasattr(head, "title") and head.title.text.startswith("Not every known fall is found")


def test_a_rise_where_a_fall_was_asked_about_is_not_a_yes() -> None:
    made = other(nuclear_tests__exports__m0_m5=(1.2, 0.4, 2.0, 0.001))
    answers = {row["question"]: row["answer"] for row in tables.event_answers(made).rows}
    assert answers["Did China sell less after nuclear tests?"] == "The other way round"
    assert "Did China sell less after nuclear tests? No, the other way round:" in said(prose.events.results(made))
    assert title(made).endswith("trade also changed after nuclear tests")


def test_a_known_fall_that_comes_out_as_a_rise_is_not_found() -> None:
    made = other(closure_2020__imports__m0_m11=(1.7, 1.3, 2.1, 0.00001))
    headlines = [finding.headline.text for finding in prose.events.findings(made).findings]
    assert "China's purchases after the border closed" not in headlines[0], headlines[0]
    assert not title(made).startswith("The known falls are found")


def test_the_chart_fills_what_is_found_and_leaves_hollow_what_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report(resolve(FEW))
    drawn: list[Figure] = []
    draw = style.draw

    def watched(paint: Any, **heights: Any) -> tuple[str, str]:
        def own(figure: Figure, narrow: bool) -> None:
            paint(figure, narrow)
            drawn.append(figure)

        return draw(own, **heights)

    monkeypatch.setattr(style, "draw", watched)
    figures.event_questions(report)
    assert len(drawn) == 2
    cells, alpha = report.event_study.answered, report.parameters.alpha
    for figure in drawn:
        dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
        bars = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"]
        places = {round(float(dot.get_xdata()[0]), 6): dot for dot in dots}
        assert len(dots) == len(cells)
        for cell in cells:
            assert cell.effect is not None
            dot = places[round(cell.effect.effect, 6)]
            assert (dot.get_markerfacecolor() != "white") == cell.found(alpha)
            assert any(list(bar.get_xdata()) == [cell.effect.low, cell.effect.high] for bar in bars)
