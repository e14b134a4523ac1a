"""SPEC §5: entries balance, a reversal mirrors, and what is refused says its figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.rules import (
    KINDS,
    NOT_REVERSIBLE_KINDS,
    UNITS,
    AlreadyReversed,
    BadAmount,
    InsufficientBalance,
    Leg,
    NotReversible,
    TooFewPostings,
    Unbalanced,
    check_balance,
    check_balanced,
    check_reversible,
    mirror,
    missing_of,
)

AWARD = [
    (Leg(1, 90), "minutes"),
    (Leg(10, -90), "minutes"),
    (Leg(2, 150), "points"),
    (Leg(11, -150), "points"),
]

amounts = st.integers(-(10**12), 10**12).filter(bool)
legs_strategy = st.lists(st.builds(Leg, st.integers(1, 9), amounts), min_size=1, max_size=8)


def test_an_award_balances() -> None:
    check_balanced(AWARD)


@pytest.mark.parametrize(
    ("legs", "refusal", "words"),
    [
        pytest.param([], TooFewPostings, "has 0", id="none"),
        pytest.param(AWARD[:1], TooFewPostings, "has 1", id="one"),
        pytest.param(AWARD[:3], Unbalanced, "150 in points", id="one-unit-open"),
        pytest.param(
            [(Leg(1, 90), "minutes"), (Leg(2, -90), "points")], Unbalanced, "90", id="across-units"
        ),
        pytest.param([*AWARD, (Leg(3, 0), "points")], BadAmount, "moves 0", id="zero"),
        pytest.param([*AWARD, (Leg(3, True), "points")], BadAmount, "True", id="boolean"),
        pytest.param(
            [(Leg(1, 1.5), "points"), (Leg(2, -1.5), "points")],  # type: ignore[arg-type]
            BadAmount,
            "1.5",
            id="fraction",
        ),
    ],
)
def test_what_does_not_balance_is_refused(
    legs: list[tuple[Leg, str]], refusal: type[Unbalanced], words: str
) -> None:
    with pytest.raises(refusal, match=words):
        check_balanced(legs)


@given(legs_strategy)
def test_an_entry_and_its_mirror_sum_to_zero(legs: list[Leg]) -> None:
    both = [*legs, *mirror(legs)]
    check_balanced((leg, "points") for leg in both)
    assert [leg.account_id for leg in mirror(legs)] == [leg.account_id for leg in legs]
    assert mirror(mirror(legs)) == tuple(legs)


@pytest.mark.parametrize("kind", sorted(KINDS - NOT_REVERSIBLE_KINDS))
def test_an_entry_is_reversed_once(kind: str) -> None:
    check_reversible(7, kind, None)
    with pytest.raises(AlreadyReversed, match=r"Entry 7 .* entry 9"):
        check_reversible(7, kind, 9)


@pytest.mark.parametrize("kind", ["reversal", "redemption", "refund", "expiry", "shortfall"])
def test_what_has_a_way_back_of_its_own_is_not_reversed(kind: str) -> None:
    with pytest.raises(NotReversible, match=f"Entry 7 is a {kind}"):
        check_reversible(7, kind, None)


@pytest.mark.parametrize(
    ("balance", "change", "missing"),
    [(100, -100, 0), (100, -101, 1), (0, 5, 0), (0, -5, 5), (100, -30, 0)],
)
def test_missing_of(balance: int, change: int, missing: int) -> None:
    assert missing_of(balance, change) == missing


def test_a_balance_too_small_is_refused_with_its_figures() -> None:
    check_balance(100, -100)
    with pytest.raises(InsufficientBalance) as refused:
        check_balance(100, -130)
    assert refused.value.figures == {"balance": 100, "needed": 130, "missing": 30}


def test_the_words_are_those_of_the_spec() -> None:
    assert sorted(UNITS) == ["minutes", "points"]
    assert len(KINDS) == 9
