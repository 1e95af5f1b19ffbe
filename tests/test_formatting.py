"""Numbers are rounded as readers expect, by one function: a five goes away from zero."""

from __future__ import annotations

import pytest

from analysis.formatting import MINUS, dollars, number, percent, rounded_half_up


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        # Each ends in a five that Python's own rounding takes to the even digit, or that no binary number hits.
        (2735.0, -1, "2,740"), (250.0, -2, "300"), (0.5, 0, "1"), (2.5, 0, "3"), (-2.5, 0, "−3"), (0.25, 1, "0.3"),
        (-0.25, 1, "−0.3"), (2.675, 2, "2.68"), (1.005, 2, "1.01"), (-1.005, 2, "−1.01"), (0.0005, 3, "0.001"),
        # What arithmetic adds in the last binary digit is no reason to round down: 0.285 * 100 is 28.499999999999996.
        (0.285 * 100, 0, "29"), (1.1 + 1.4, 0, "3"),
        # Below the tie nothing changes.
        (2.4999, 0, "2"), (-2.4999, 0, "−2"), (1234.49, 0, "1,234"), (0.0, 1, "0.0"), (-0.04, 1, "0.0"),
    ],
)  # fmt: skip
def test_a_five_goes_away_from_zero(value: float, decimals: int, expected: str) -> None:
    assert number(value, decimals) == expected


@pytest.mark.parametrize("decimals", range(-2, 5))
def test_ties_at_every_number_of_decimals(decimals: int) -> None:
    step = 10.0**-decimals
    for whole in range(1, 30):
        tie = float(f"{(whole + 0.5) * step:.10g}")
        assert float(rounded_half_up(tie, decimals)) == pytest.approx((whole + 1) * step)
        assert rounded_half_up(-tie, decimals) == -rounded_half_up(tie, decimals)


def test_dollars_and_per_cent_take_the_same_rounding() -> None:
    assert dollars(2735.0) == "$2.74 billion" and dollars(-2735.0) == f"{MINUS}$2.74 billion"
    assert dollars(2734.0) == "$2.73 billion" and dollars(999.5) == "$1.00 billion" and dollars(488.5) == "$489 million"
    assert percent(25.45) == "+25.5%" and percent(-10.25) == f"{MINUS}10.3%" and percent(100.5) == "+101%"
