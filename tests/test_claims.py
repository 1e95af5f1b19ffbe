"""The claims: all of them present, each judged by a declared rule, and each verdict hanging on its facts."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from analysis import Report, figures, prose, tables
from analysis.catalogue import Catalogue
from analysis.claims import rules
from analysis.claims.dates import apart, span
from analysis.claims.ledger import KINDS, Claim, claims, essays
from analysis.claims.verdicts import Judged, in_time, judge
from analysis.display import plain_of
from analysis.explain import explain
from analysis.facts import Fact
from analysis.formatting import fact_text
from analysis.parameters import resolve
from analysis.project import project_root
from analysis.prose import claim_sentences
from analysis.render import manifests
from test_prose import holds_number

# Every claim that a reading of both essays found; a claim may be added and none dropped.
IDS = {
    "E1-partner", "E1-arms", "E1-food-energy", "E1-border", "E1-test4", "E1-policy-unchanged", "E1-alliance",
    "E1-leaders", "E1-strain-2006", "E1-2013", "E1-visit", "E1-rights", "E1-ship", "E1-vote-2016", "E1-always-up",
    "E1-500-to-686", "E1-drop-15", "E1-share-70", "E1-routes", "E1-dandong-40", "E1-isolation", "E1-deficit", "E1-aid",
    "E1-insecure-70", "E1-weaning", "E1-girls", "E1-border-control", "E1-fence", "E1-treaty", "E1-2009-rocket",
    "E1-no-withdrawal", "E1-buffer", "E1-refugees",
    "E2-strained", "E2-1950", "E2-food-70", "E2-fuel-70-80", "E2-partner", "E2-300k", "E2-unsc", "E2-npt",
    "E2-6bn-2011", "E2-steady", "E2-who-benefits", "E2-troops", "E2-off-coast", "E2-power-year", "E2-main-supplier",
    "E2-oil-lever", "E2-influence", "E2-refugees",
}  # fmt: skip
# Where the public record is silent; only these, causes and motives may stay undecided.
HOLES = {"E1-arms", "E1-dandong-40", "E1-aid", "E1-weaning", "E2-unsc", "E2-opinion"}
VERDICTS = {
    "supported", "roughly supported", "partly supported", "overstated", "understated", "contradicted",
    "no public record", "cannot be tested",
}  # fmt: skip
WORDS = {
    "up", "down", "positive", "negative", "zero", "above", "no_fall", "first", "later", "for", "against",
    "Li Yunshan", "off the coast", "help at once", "blames nobody", "no statement", "lower_bound",
}  # fmt: skip
UNITS = {"", "usd_million", "percent", "miles", "persons", "months"}
TOLERANCES = {"", "percent", "points", "days", "years", "count"}
ROOT = project_root()


def rows() -> list[dict[str, str]]:
    with (ROOT / "data/claims.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CLAIMS = [row["claim_id"] for row in rows()]
DECIDED = [r["claim_id"] for r in rows() if r["rule"] not in ("cause", "no_public_record", "cannot_be_tested")]
CAUSES = [row["claim_id"] for row in rows() if row["rule"] == "cause"]


@pytest.fixture(scope="module")
def judged(report: Report) -> Mapping[str, Judged]:
    return {one.claim.claim_id: one for one in report.judged}


# --------------------------------------------------------------------------------------- the table


def test_every_claim_is_there(report: Report) -> None:
    assert set(CLAIMS) >= IDS and len(CLAIMS) == len(set(CLAIMS))
    assert {one.claim.claim_id for one in report.judged} == set(CLAIMS)
    for id in CLAIMS:
        assert report.fact(f"claims.{id.lower()}").unit == "verdict"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["claim_id"])
def test_words_of_a_claim_come_from_closed_lists(row: dict[str, str]) -> None:
    assert row["kind"] in KINDS and row["essay"] in ("E1", "E2") and row["claim_id"].startswith(row["essay"])
    assert row["rule"] in rules.RULES and row["headline"] in ("yes", "no")
    assert row["quoted_unit"] in UNITS and row["tolerance_unit"] in TOLERANCES
    assert bool(row["quoted"]) == bool(row["quoted_unit"])
    expected = {word for part in row["expects"].split("|") for word in part.split(";")} - {""}
    assert {word for word in expected if not word[0].isdigit()} <= WORDS
    assert row["statement"].endswith(".") and row["short"]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["claim_id"])
def test_a_claim_holds_no_code_and_its_remarks_no_figure(row: dict[str, str]) -> None:
    text = " ".join(row[name] for name in ("rule", "reads", "expects", "nearest", "figures"))
    assert not re.search(r"[()\[\]{}=<>*]|\blambda\b|\bimport\b|:", text)
    for name in ("remark", "looked_for", "labels", "revised", "shows", "instead"):
        text = claim_sentences.PLACE.sub("it", row[name])
        assert not holds_number(text), text


def test_eight_claims_are_the_ones_that_people_quote() -> None:
    assert sum(row["headline"] == "yes" for row in rows()) == 8


# -------------------------------------------------------------------------------------- the verdicts


def test_only_causes_motives_and_silent_registers_are_undecided(judged: Mapping[str, Judged]) -> None:
    undecided = {id for id, one in judged.items() if not one.decided}
    untestable = {id for id, one in judged.items() if one.claim.kind in ("C", "M")}
    assert undecided == untestable | HOLES
    for id in undecided:
        one = judged[id]
        assert one.verdict == ("cannot be tested" if id in untestable else "no public record")
        assert one.claim.looked_for, f"{id} does not say what was looked for"
        assert one.nearest or one.facts, f"{id} does not say what comes nearest"
        assert [fact.id for fact in one.nearest] == list(one.claim.nearest)


def test_one_rule_for_every_cause(judged: Mapping[str, Judged]) -> None:
    causes = {id for id, one in judged.items() if one.claim.kind == "C"}
    assert causes == set(CAUSES) == {
        "E1-isolation", "E1-deficit", "E1-border-control", "E2-who-benefits", "E2-oil-lever",
    }  # fmt: skip
    assert {judged[id].verdict for id in causes} == {"cannot be tested"}


@pytest.mark.parametrize("id", [id for id in CAUSES if id != "E2-oil-lever"])
def test_a_cause_is_refuted_where_nothing_moved_as_it_says(id: str, report: Report, catalogue: Catalogue,
                                                           judged: Mapping[str, Judged]) -> None:  # fmt: skip
    """Every series turned round: what rose falls, what was positive is negative, what came first comes second."""
    turned: dict[str, Fact] = {}
    for bound in judged[id].bound:
        known = bound.known
        words = bound.reading.expects
        for fact, other in zip(known, reversed(known), strict=True):
            value = -(fact.value or 0) if "positive" in words else other.value
            turned[fact.id] = dataclasses.replace(fact, value=value, low=None, high=None)
    assert rejudged(catalogue, report, judged[id].claim, turned) == "contradicted"


def test_no_claim_reads_what_lay_after_it(report: Report, catalogue: Catalogue) -> None:
    """A prediction is judged by what followed, all else by what came before; nothing is dropped in silence."""
    for claim in claims(catalogue):
        written = span(essays(catalogue)[claim.essay])[1]
        for id in claim.ids:
            fact = report.find(id)
            assert fact is None or claim.kind == "P" or in_time(fact, written), f"{claim.claim_id} reads {id}"
        if claim.kind == "P":
            last = [report.find(reading.ids[-1]) for reading in claim.readings]
            assert all(fact and not in_time(fact, written) for fact in last)


@pytest.mark.parametrize("id", CLAIMS)
def test_every_claim_says_what_the_data_show_and_what_to_say_instead(id: str, judged: Mapping[str, Judged]) -> None:
    one = judged[id]
    shown, said = claim_sentences.shows(one), claim_sentences.instead(one)
    known = {fact.plain_id for fact in (*one.facts, *one.nearest)}
    for text, sentence in ((one.claim.shows, shown), (one.claim.instead, said)):
        assert set(claim_sentences.places(text)) <= known, set(claim_sentences.places(text)) - known
        assert sentence.text.endswith(".") and "{" not in sentence.text and len(sentence.text) < 330
    assert shown.facts, f"{id} shows no figure"


def test_a_sentence_whose_fact_is_missing_is_left_out(catalogue: Catalogue, judged: Mapping[str, Judged]) -> None:
    bare = judge(catalogue, judged["E1-drop-15"].claim, lambda _: None)
    assert claim_sentences.shows(bare).text == "" and claim_sentences.instead(bare).text == ""


@pytest.mark.parametrize("id", CLAIMS)
def test_a_verdict_is_of_the_list_and_rests_on_facts_and_sources(id: str, report: Report,
                                                                 judged: Mapping[str, Judged]) -> None:  # fmt: skip
    one, fact = judged[id], report.fact(f"claims.{id.lower()}")
    assert one.verdict == fact.word == fact_text(fact) and one.verdict in VERDICTS
    assert fact.rows[0] == f"claims#{id}" and len(fact.rows) > 1 and fact.sources
    assert one.strength >= 1
    assert explain(report, fact.id).inputs[0].row == f"claims#{id}"
    for used in (*one.facts, *one.nearest):
        assert report.fact(used.id) == used


def moved(fact: Fact, wanted: str) -> Iterator[Fact]:
    """The fact with other contents, from near its own to far away; with its interval, if it has one."""
    if fact.word:
        yield dataclasses.replace(fact, word="something else")
        if wanted and not wanted[0].isdigit():
            yield dataclasses.replace(fact, word=wanted)
        return
    value = fact.value or 0.0
    steps = [-4000, -400, -40, 40, 400, 4000] if fact.unit == "day" else [
        *(value * (factor - 1) for factor in (0, 0.3, 0.6, 0.8, 0.9, 1.1, 1.3, 2, 4, 12, -1, -3)),
        *(sign * size for size in (1, 3, 30, 100, 3000) for sign in (1, -1)),
    ]  # fmt: skip
    for step in steps:
        ends = {name: getattr(fact, name) + step for name in ("low", "high") if getattr(fact, name) is not None}
        yield dataclasses.replace(fact, value=value + step, **ends)


def as_said(fact: Fact, wanted: str) -> Fact:
    """The fact with the date, the name or the number that the claim wants; unchanged for a direction such as up."""
    if fact.unit == "word":
        return dataclasses.replace(fact, word=wanted)
    if not wanted[0].isdigit():
        return fact
    if fact.unit == "day":
        first, last = (day.toordinal() for day in span(wanted))
        return dataclasses.replace(fact, value=first, low=first, high=last)
    return dataclasses.replace(fact, value=float(wanted))


def times(fact: Fact, factor: float) -> Fact:
    ends = {name: getattr(fact, name) * factor for name in ("low", "high") if getattr(fact, name) is not None}
    return dataclasses.replace(fact, value=(fact.value or 0) * factor, **ends)


def rejudged(catalogue: Catalogue, report: Report, claim: Claim, changed: Mapping[str, Fact]) -> str:
    return judge(catalogue, claim, lambda id: changed.get(id) or report.find(id)).verdict


@pytest.mark.parametrize("id", DECIDED)
def test_the_verdict_changes_when_its_deciding_facts_move(id: str, report: Report, catalogue: Catalogue,
                                                          judged: Mapping[str, Judged]) -> None:  # fmt: skip
    """One reading at a time is moved, all its facts together; at least one reading must turn the verdict."""
    one = judged[id]
    assert rejudged(catalogue, report, one.claim, {}) == one.verdict
    turned = set()
    for bound in one.bound:
        wanted = (bound.reading.expects * len(bound.facts))[: len(bound.facts)] or ("",) * len(bound.facts)
        for fact, word in zip(bound.facts, wanted, strict=True):
            for other in moved(fact, word) if fact else ():
                turned.add(rejudged(catalogue, report, one.claim, {other.id: other}))
        # Where several parts are wrong: all of them as the claim has them.
        right = {f.id: as_said(f, word) for f, word in zip(bound.facts, wanted, strict=True) if f and word}
        turned.add(rejudged(catalogue, report, one.claim, right))
        # A reading that needs several facts to move: shift all of them alike.
        known = bound.known
        for factor in (0.01, 0.2, 0.5, 2.0, 5.0, -1.0):
            numbers = [fact for fact in known if fact.unit not in ("day", "word")]
            together = {fact.id: times(fact, factor) for fact in numbers}
            if together:
                turned.add(rejudged(catalogue, report, one.claim, together))
    # A claim with several parts that hold and several that do not: all of them alike.
    for factor in (0.01, 100.0):
        every = {fact.id: times(fact, factor) for fact in one.facts if fact.unit not in ("day", "word")}
        turned.add(rejudged(catalogue, report, one.claim, every))
    assert turned - {one.verdict}, f"no move of its facts changes the verdict on {id}"


@pytest.mark.parametrize("id", DECIDED)
def test_without_its_facts_a_claim_is_a_named_hole(id: str, catalogue: Catalogue, judged: Mapping[str, Judged]) -> None:
    assert judge(catalogue, judged[id].claim, lambda _: None).verdict == "no public record"


@pytest.mark.slow
def test_figures_that_claims_name_are_drawn(report: Report, built: manifests.Built) -> None:
    """A claim links to charts that the report holds."""
    drawn = {Path(name).stem for name in built.files if name.startswith("figures/")}
    named = {figure for one in report.judged for figure in one.claim.figures}
    assert named and named <= drawn


def test_no_verdict_stands_on_a_share_that_is_only_a_check(catalogue: Catalogue, judged: Mapping[str, Judged]) -> None:
    roles = catalogue.frame("dependence/definitions").set_index("definition_id")["use"]
    read = {id.removeprefix("dependence.").rpartition(".")[0] for one in judged.values() for id in one.claim.ids}
    shares = read & set(roles.index)
    assert shares and {name: roles[name] for name in shares if roles[name] == "check"} == {}


def test_what_was_changed_after_a_verdict_was_seen_is_printed(report: Report, judged: Mapping[str, Judged]) -> None:
    changed = [one.claim for one in judged.values() if one.claim.revised]
    items = [sentence.text for sentence in prose.claims.revised(report).sentences]
    assert changed and items == [f"{claim.statement} {claim.revised}" for claim in changed]
    assert all(re.search(r"verdict (was|stayed)", claim.revised) for claim in changed)


# ----------------------------------------------------------------------------- particular claims


def test_the_trade_figures_of_two_series_are_told_apart(judged: Mapping[str, Judged]) -> None:
    level, fall = judged["E1-500-to-686"], judged["E1-drop-15"]
    fits = {one.claim.claim_id: [b.reading.label for b, ok in zip(one.bound, one.outcome.agree, strict=True) if ok]
            for one in (level, fall)}  # fmt: skip
    assert fits == {"E1-500-to-686": ["KOTRA"], "E1-drop-15": ["Chinese customs"]}
    assert (level.verdict, fall.verdict) == ("supported", "partly supported"), "the level names its source"


@pytest.mark.parametrize(
    ("id", "verdict"),
    [("E1-leaders", "contradicted"), ("E1-visit", "contradicted"), ("E2-off-coast", "contradicted"),
     ("E1-girls", "contradicted"), ("E1-arms", "no public record"), ("E2-unsc", "no public record"),
     ("E1-ship", "partly supported"), ("E1-2013", "partly supported"), ("E1-policy-unchanged", "partly supported"),
     ("E1-insecure-70", "partly supported"), ("E1-share-70", "partly supported"), ("E2-food-70", "partly supported"),
     ("E2-fuel-70-80", "partly supported"), ("E1-always-up", "overstated"), ("E2-1950", "supported"),
     ("E2-main-supplier", "supported"), ("E1-2009-rocket", "supported"), ("E1-no-withdrawal", "roughly supported")],
)  # fmt: skip
def test_known_answers(id: str, verdict: str, judged: Mapping[str, Judged]) -> None:
    assert judged[id].verdict == verdict


def test_a_mile_is_a_mile(judged: Mapping[str, Judged]) -> None:
    border = judged["E1-border"]
    assert rules._quoted(border.claim)[0] == pytest.approx(1400.129, abs=0.001)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("2015-10-09", "2015-10-09", "2015-10-09"), ("2016-02", "2016-02-01", "2016-02-29"),
     ("2015", "2015-01-01", "2015-12-31"), ("1950..1953", "1950-01-01", "1953-12-31"),
     ("2016-01..2016-03", "2016-01-01", "2016-03-31")],
)  # fmt: skip
def test_dates_are_spans_of_days(text: str, first: str, last: str) -> None:
    assert [day.isoformat() for day in span(text)] == [first, last]


def test_days_apart_count_from_the_nearer_ends() -> None:
    assert apart(span("2015-08"), span("2015-09")) == 1
    assert apart(span("2015-10-15"), span("2015-09")) == 15
    assert apart(span("2015-09-20"), span("2015")) == 0


def test_votes_and_agreement_equal_those_of_the_event_study(catalogue: Catalogue) -> None:
    """Both parts keep a table of the Security Council's votes and of agreement; they must not drift apart."""
    council = catalogue.frame("events/security_council").set_index("row_id")
    for row in catalogue.frame("politics/votes").to_dict("records"):
        twin = row["row_id"].replace("sc-", "res-", 1)
        if row["body"] == "security_council" and twin in council.index:
            assert council.loc[twin, "date"] == row["date"] and council.loc[twin, "china_vote"] == row["china"]
    theirs = catalogue.frame("events/political").set_index(["series", "period"])["value"]
    agreement = catalogue.frame("politics/agreement")
    ours = agreement[agreement["partner"] == "China"].set_index("year")["value"]
    assert {year: theirs["votes_china", str(year)] for year in ours.index} == dict(ours)


# ------------------------------------------------------------------------------- as of a day


@pytest.fixture(scope="module")
def then(catalogue: Catalogue) -> Report:
    return Report(resolve({"as_of": "2016-06-30", "end_year": 2016}, catalogue), catalogue)


def test_an_edition_as_of_a_day_shows_both_verdicts_where_they_differ(then: Report, report: Report) -> None:
    today = {one.claim.claim_id: one.verdict for one in report.judged}
    for one in then.judged:
        later = then.find(f"claims.all_data.{one.claim.claim_id.lower()}")
        assert (later.word if later else one.verdict) == today[one.claim.claim_id]
        assert (later is None) == (one.verdict == today[one.claim.claim_id])
    assert then.fact("claims.e1-no-withdrawal").word == "no public record", "the years of the prediction had not come"
    assert then.fact("claims.all_data.e1-no-withdrawal").word == "roughly supported"
    assert then.fact("claims.e1-arms").word == "no public record", "the release of the arms was years away"
    assert then.fact("claims.e1-drop-15").word == report.fact("claims.e1-drop-15").word


def test_no_fact_of_an_edition_rests_on_a_row_that_had_not_appeared(then: Report) -> None:
    for id in then.facts:
        if id.startswith("evidence.") and re.fullmatch(r"\d{4}", then.facts[id].period):
            assert int(then.facts[id].period) <= 2016


def test_an_essay_that_was_not_written_is_not_judged(catalogue: Catalogue) -> None:
    early = Report(resolve({"as_of": "2013-05-15", "end_year": 2013, "base_year": 2012}, catalogue), catalogue)
    assert {one.claim.essay for one in early.judged} == {"E2"}
    assert early.fact("claims.count.e1.all").value == 0


def test_years_shown_do_not_change_a_verdict(catalogue: Catalogue, report: Report) -> None:
    late = Report(resolve({"start_year": 2017, "base_year": 2017, "index_year": 2017}, catalogue), catalogue)
    assert [one.verdict for one in late.judged] == [one.verdict for one in report.judged]
    assert late.fact("all_years.trade.total.kotra.2014").value == report.fact("trade.total.kotra.2014").value


def test_counts_add_up(report: Report) -> None:
    for essay in ("e1", "e2", "both"):
        parts = [fact for fact in report.facts.family(f"claims.count.{essay}")
                 if fact.id.rpartition(".")[2] not in ("all", "decided")]  # fmt: skip
        assert sum(fact.value or 0 for fact in parts) == report.fact(f"claims.count.{essay}.all").value
    assert len(claims(report.catalogue)) == report.fact("claims.count.both.all").value


# ----------------------------------------------------------------------------- what a reader sees


def shows(shown: Report) -> Iterator[dict[str, object]]:
    """Everything of the part, as nodes."""
    for essay in ("E1", "E2"):
        yield prose.claims.essay(shown, essay).node()
        yield tables.ledger(shown, essay).node()
    yield tables.quoted(shown).node()
    yield tables.quoted(shown, id="brief", brief=True).node()
    yield tables.claim_rules(shown).node()
    yield tables.claim_evidence(shown).node()
    for make in (prose.claims.findings, prose.claims.counts, prose.claims.method, prose.claims.changed,
                 prose.claims.undecided, figures.verdicts, figures.arrivals):  # fmt: skip
        yield make(shown).node()


def test_what_is_shown_is_whole_and_its_facts_are_facts_of_the_edition(report: Report, then: Report) -> None:
    for shown in (report, then):
        for node in shows(shown):
            text = plain_of(node)
            assert text.strip() and not re.search(r"\bnan\b|None|\{|\}|<NA>|\.\.|: \.|\S  \S", text), text
            for id, value in node["facts"].items():  # type: ignore[attr-defined]
                assert shown.fact(id).value == value


def test_every_claim_is_told_with_its_figures(report: Report) -> None:
    for one in report.judged:
        said = prose.claims.told(report, one)
        assert said.text and (one.facts or one.nearest)
        assert {fact.id for fact in said.facts} <= {fact.id for fact in (*one.facts, *one.nearest)}
        assert said.facts, f"{one.claim.claim_id} shows no fact"


def test_a_later_verdict_is_told_beside_the_earlier(then: Report) -> None:
    text = plain_of(prose.claims.changed(then).node())
    assert "no public record. Today: roughly supported." in text
    assert "Today" in [column["label"] for column in tables.ledger(then, "E1").node()["columns"]]
