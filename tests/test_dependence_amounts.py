"""Amounts, shares, concentration, marks and the what-if: small cases worked out by hand, and what must always hold."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.dependence import matrix, partners, whatif
from analysis.dependence.amounts import Amount, Share, add, gap, less, share

positive = st.floats(0.01, 1e6, allow_nan=False, allow_infinity=False)


def amount(value: float, low: float | None = None, high: float | None = None, **more: object) -> Amount:
    return Amount(value, "usd_million", "reported", ("t#a",), ("s",), low=low, high=high, **more)  # type: ignore[arg-type]


def percent(value: float | None) -> Share:
    if value is None:
        return share(gap("none", "usd_million"), amount(100))
    return share(amount(value), amount(100))


# ------------------------------------------------------------------------------------- amounts and shares


def test_a_share_is_part_over_whole_with_the_worst_case_of_both_roundings() -> None:
    # 70 (69 to 71) of 140 (139 to 141): 50 per cent, from 69/141 to 71/139.
    made = share(amount(70, 69, 71), amount(140, 139, 141))
    assert made.percent == 50
    assert made.low == pytest.approx(100 * 69 / 141) and made.high == pytest.approx(100 * 71 / 139)
    assert not made.above_whole and made.reason == ""


def test_a_gap_in_part_or_whole_is_a_gap_with_its_reason_and_never_zero() -> None:
    for part, whole in ((gap("no part", "usd_million"), amount(9)), (amount(9), gap("no whole", "usd_million"))):
        made = share(part, whole)
        assert made.percent is None and made.low is None and made.high is None
        assert made.reason == (part.reason or whole.reason) != ""
    assert add([amount(1), gap("why", "usd_million")]).reason == "why"
    assert less(amount(1), gap("why", "usd_million")).value is None
    assert share(amount(1), amount(0)).reason == "the whole is zero in the record"
    with pytest.raises(ValueError, match="needs a reason"):
        Amount(None, "usd_million", "unreported")


def test_two_units_are_never_divided_added_or_subtracted() -> None:
    tonnes = Amount(5, "tonnes", "reported")
    for combine in (share, less, lambda a, b: add([a, b])):
        with pytest.raises(ValueError, match="tonnes"):
            combine(tonnes, amount(5))


def test_sums_and_differences_carry_the_worst_case_and_name_their_rows() -> None:
    # 10 +- 1 and 4 +- 0.5: 14 +- 1.5 and 6 +- 1.5.
    a, b = amount(10, 9, 11), Amount(4, "usd_million", "estimated", ("t#b",), ("r",), low=3.5, high=4.5)
    total, rest = add([a, b]), less(a, b)
    assert (total.value, total.span, total.status) == (14, (12.5, 15.5), "estimated")
    assert (rest.value, rest.span, rest.status) == (6, (4.5, 7.5), "derived")
    assert total.rows == rest.rows == ("t#a", "t#b") and rest.sources == ("s", "r")
    assert (total.how, rest.how) == ("t#a + t#b", "t#a - t#b")


def test_a_share_above_its_whole_is_kept_and_flagged() -> None:
    made = share(amount(101), amount(100))
    assert made.percent == pytest.approx(101) and made.above_whole


@given(positive, st.lists(positive, min_size=1, max_size=6))
def test_a_part_never_exceeds_the_whole_it_stands_in(part: float, others: list[float]) -> None:
    whole = add([amount(part), *map(amount, others)])
    made = share(amount(part), whole)
    assert made.percent is not None and 0 < made.percent < 100 and not made.above_whole
    larger = share(amount(part), add([whole, amount(1)]))
    assert larger.percent is not None and larger.percent < made.percent, "a larger whole makes a smaller share"


# -------------------------------------------------------------------------------------------- concentration


def test_concentration_of_three_partners_by_hand() -> None:
    # Shares 50, 30 and 20 per cent: 0.25 + 0.09 + 0.04.
    index = partners.hhi({"CHN": 50, "JPN": 30, "RUS": 20})
    assert index == pytest.approx(0.38) and partners.effective(index) == pytest.approx(1 / 0.38)
    # Many small partners count in the whole only.
    assert partners.hhi({"CHN": 50, "rest": 50}) == pytest.approx(0.25)


@given(st.lists(positive, min_size=1, max_size=30), st.randoms())
def test_concentration_lies_between_one_over_n_and_one_in_any_order(values: list[float], random: object) -> None:
    named = {f"p{n}": value for n, value in enumerate(values)}
    index = partners.hhi(named)
    assert 1 / len(values) - 1e-9 <= index <= 1 + 1e-9
    mixed = list(named.items())
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert partners.hhi(dict(mixed)) == pytest.approx(index)
    assert partners.hhi({k: 7 * v for k, v in named.items()}) == pytest.approx(index), "units do not matter"


@given(st.integers(1, 60), positive)
def test_equal_partners_give_one_over_their_number(n: int, value: float) -> None:
    index = partners.hhi({f"p{k}": value for k in range(n)})
    assert index == pytest.approx(1 / n) and partners.effective(index) == pytest.approx(n)


@given(st.floats(0.01, 0.99), st.lists(positive, min_size=1, max_size=20))
def test_the_bounds_hold_whoever_the_others_are(one: float, others: list[float]) -> None:
    rest = sum(others)
    values = {"CHN": one * rest / (1 - one), **{f"p{n}": v for n, v in enumerate(others)}}
    low, high = partners.bounds(one)
    assert low - 1e-9 <= partners.hhi(values) <= high + 1e-9


def test_the_rule_finds_a_jump_that_kotra_does_not_print() -> None:
    # MEX: 30 of 200 falls to 5 and 5. JPN falls as well, but KOTRA prints 40. IND stays. USA is small.
    trade = pd.DataFrame(
        {"CHN": [100, 180, 190], "MEX": [30, 5, 5], "JPN": [40, 0, 0], "IND": [30, 20, 20], "USA": [3, 0.0, 0]},
        index=pd.Index([2001, 2002, 2003], name="year"),
    )
    assert partners.doubtful(trade, {"JPN": 40.0}) == {(2001, "MEX")}
    assert partners.doubtful(trade, {"JPN": 19.0}) == {(2001, "MEX"), (2001, "JPN")}
    assert partners.kept(trade, 2001, frozenset({(2001, "MEX")})) == {"CHN": 100, "JPN": 40, "IND": 30, "USA": 3}
    assert partners.doubtful(trade.iloc[:0], {}) == frozenset()


# ------------------------------------------------------------------------------------- marks and the what-if

CLAIM = matrix.Claim("c", "trade", "A claim", 70, 80, 2.5, "somebody", "not stated")


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        (None, "no data"), (67.5, "inside"), (75, "inside"), (82.5, "inside"), (67.49, "near"), (62.5, "near"),
        (62.49, "below"), (82.51, "near"), (87.5, "near"), (87.51, "above"), (0, "below"), (101, "above"),
    ],
)  # fmt: skip
def test_a_share_is_marked_against_the_band_of_the_quoted_figure(value: float | None, mark: str) -> None:
    assert matrix.mark(percent(value), CLAIM) == mark


@given(st.one_of(st.none(), st.floats(0, 150)))
def test_every_share_has_exactly_one_mark(value: float | None) -> None:
    assert matrix.mark(percent(value), CLAIM) in matrix.MARKS


def test_what_is_gone_is_the_cut_times_the_share() -> None:
    gone = whatif.exposure(share(amount(40, 39, 41), amount(100, 99, 101)), 25)
    assert gone is not None and gone.percent == pytest.approx(10)
    assert gone.low == pytest.approx(25 * 39 / 101) and gone.high == pytest.approx(25 * 41 / 99)
    assert whatif.exposure(percent(None), 25) is None


def test_what_others_made_up_is_their_rise_over_the_fall() -> None:
    # China falls from 80 to 50, the others rise from 20 to 35: they made up 15 of 30.
    moved = whatif.replacement({1: share(amount(80), amount(100)), 2: share(amount(50), amount(85))}, 1, 2)
    assert moved is not None
    assert moved.china_change == pytest.approx(-37.5) and moved.others_change == pytest.approx(75)
    assert moved.replaced == pytest.approx(50)
    risen = whatif.replacement({1: share(amount(50), amount(85)), 2: share(amount(80), amount(100))}, 1, 2)
    assert risen is not None and risen.replaced is None, "China's part did not fall"
    assert whatif.replacement({1: percent(50), 2: percent(None)}, 1, 2) is None
