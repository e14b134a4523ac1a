"""How points lie by year whatever happened to them, and until when they can be used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.expiry.rules import (
    Due,
    Lot,
    Move,
    Terms,
    concerns_everybody,
    dues,
    last_day,
    lots_after,
    over_by,
    warning_of,
)

TWO = Terms(2)


def service(
    entry: int, amount: int, year: int, on: date | None = None, repays: int | None = None
) -> Move:
    subject = ("service_record", entry)
    return Move(entry, "service", amount, on or date(year, 6, 1), year, subject, None, repays)


def redemption(entry: int, amount: int, on: date, number: int = 1) -> Move:
    return Move(entry, "redemption", -amount, on, on.year, ("redemption", number))


def refund(entry: int, amount: int, on: date, number: int = 1) -> Move:
    return Move(entry, "refund", amount, on, on.year, ("redemption", number))


def reversal(entry: int, amount: int, on: date, of: int) -> Move:
    return Move(entry, "reversal", amount, on, on.year, ("service_record", of), of)


def expiry(entry: int, amount: int, year: int, on: date) -> Move:
    return Move(entry, "expiry", -amount, on, year, ("expiry", entry))


def years(moves: Sequence[Move]) -> dict[int, int]:
    found: dict[int, int] = {}
    for lot in lots_after(moves):
        found[lot.year] = found.get(lot.year, 0) + lot.hundredths
    return found


EARNED = [service(1, 300, 2023), service(2, 500, 2024), service(3, 700, 2025)]


# ── spending ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("spent", "left"),
    [
        (100, {2023: 200, 2024: 500, 2025: 700}),
        (300, {2024: 500, 2025: 700}),
        (850, {2025: 650}),
        (1500, {}),
    ],
)
def test_the_oldest_year_is_spent_first(spent: int, left: dict[int, int]) -> None:
    assert years([*EARNED, redemption(4, spent, date(2025, 7, 1))]) == left


def test_within_a_year_the_earliest_is_spent_first() -> None:
    early, late = service(1, 300, 2024, date(2024, 2, 29)), service(2, 300, 2024, date(2024, 3, 1))
    left = lots_after([early, late, redemption(3, 200, date(2024, 4, 1))])
    assert left == [Lot(2024, date(2024, 2, 29), 100), Lot(2024, date(2024, 3, 1), 300)]


def test_service_entered_late_belongs_to_its_own_year() -> None:
    late = service(4, 200, 2023, date(2025, 7, 1))
    assert years([*EARNED[1:], late, redemption(5, 200, date(2025, 7, 2))]) == {
        2024: 500,
        2025: 700,
    }


# ── refunds and reversals ─────────────────────────────────────────────────────────────────


def test_a_refund_returns_to_the_years_it_took_from() -> None:
    back = [redemption(4, 600, date(2025, 7, 1)), refund(5, 600, date(2025, 8, 1))]
    assert lots_after([*EARNED, *back]) == [
        Lot(2023, date(2025, 8, 1), 300),
        Lot(2024, date(2024, 6, 1), 200),
        Lot(2024, date(2025, 8, 1), 300),
        Lot(2025, date(2025, 6, 1), 700),
    ]


def test_each_refund_knows_its_own_redemption() -> None:
    on = date(2025, 7, 1)
    moves = [*EARNED, redemption(4, 300, on, 1), redemption(5, 400, on, 2), refund(6, 300, on, 1)]
    assert years(moves) == {2023: 300, 2024: 100, 2025: 700}


def test_part_of_a_refund_returns_to_the_newest_year() -> None:
    moves = [*EARNED, redemption(4, 600, date(2025, 7, 1)), refund(5, 350, date(2025, 8, 1))]
    assert years(moves) == {2023: 50, 2024: 500, 2025: 700}


def test_a_reversal_takes_from_its_own_year_and_then_from_the_oldest() -> None:
    on = date(2025, 7, 1)
    assert years([*EARNED, reversal(4, -500, on, 2)]) == {2023: 300, 2025: 700}
    spent = [*EARNED, redemption(4, 700, on), reversal(5, -500, on, 2)]
    assert years(spent) == {2025: 300}


def test_a_correction_gives_back_what_its_reversal_took_from_other_years() -> None:
    on = date(2026, 2, 1)
    gone = [*EARNED, expiry(4, 300, 2023, on), reversal(5, -300, on, 1)]
    assert years(gone) == {2024: 200, 2025: 700}
    right = service(6, 400, 2023, on, repays=5)
    assert years([*gone, right]) == {2023: 100, 2024: 500, 2025: 700}


def test_a_reversal_before_its_correction_may_lack_something_for_an_instant() -> None:
    on = date(2025, 7, 1)
    moves = [service(1, 500, 2025), redemption(2, 400, on), reversal(3, -500, on, 1)]
    assert years(moves) == {}
    assert years([*moves, service(4, 600, 2024, on, repays=3)]) == {2024: 200}


def test_an_expiry_takes_its_own_year_only() -> None:
    assert years([*EARNED, expiry(4, 300, 2023, date(2026, 1, 1))]) == {2024: 500, 2025: 700}


def test_a_reversed_redemption_returns_like_a_refund() -> None:
    moves = [*EARNED, redemption(4, 600, date(2025, 7, 1))]
    back = Move(5, "reversal", 600, date(2025, 8, 1), 2025, ("redemption", 1), 4)
    assert years([*moves, back]) == {2023: 300, 2024: 500, 2025: 700}


# ── whatever happens ──────────────────────────────────────────────────────────────────────


@st.composite
def histories(draw: st.DrawFn) -> list[Move]:
    """Draw a life with a balance that is never below zero."""
    moves: list[Move] = []
    balance, on = 0, date(2020, 1, 1)
    open_refunds: dict[int, int] = {}
    awards: dict[int, int] = {}
    for entry in range(1, draw(st.integers(1, 40)) + 1):
        on += timedelta(days=draw(st.integers(0, 90)))
        what = draw(st.sampled_from(["service", "redemption", "refund", "reversal", "expiry"]))
        if what == "redemption" and balance:
            amount = draw(st.integers(1, balance))
            moves.append(redemption(entry, amount, on, entry))
            open_refunds[entry] = amount
        elif what == "refund" and open_refunds:
            number = draw(st.sampled_from(sorted(open_refunds)))
            moves.append(refund(entry, open_refunds.pop(number), on, number))
        elif what == "reversal" and any(amount <= balance for amount in awards.values()):
            of = draw(st.sampled_from([one for one, amount in awards.items() if amount <= balance]))
            moves.append(reversal(entry, -awards.pop(of), on, of))
        elif what == "expiry" and lots_after(moves):
            year, left = draw(st.sampled_from(sorted(years(moves).items())))
            moves.append(expiry(entry, left, year, on))
        else:
            year = on.year - draw(st.integers(0, 3))
            awards[entry] = draw(st.integers(1, 1000))
            moves.append(service(entry, awards[entry], year, on))
        balance = sum(move.amount for move in moves)
    return moves


@given(histories())
def test_what_lies_is_the_balance_at_every_entry(moves: list[Move]) -> None:
    for count in range(len(moves) + 1):
        lots = lots_after(moves[:count])
        assert sum(lot.hundredths for lot in lots) == sum(move.amount for move in moves[:count])
        assert all(lot.hundredths > 0 for lot in lots)


@given(histories(), st.integers(1, 5))
def test_what_expires_leaves_nothing_of_its_own_and_the_rest_as_it_was(
    moves: list[Move], number: int
) -> None:
    terms, today = Terms(number), moves[-1].on
    found = dues(lots_after(moves), terms)
    over = over_by(found, today - timedelta(days=1))
    ends = [expiry(100 + place, due.hundredths, due.year, today) for place, due in enumerate(over)]
    assert dues(lots_after([*moves, *ends]), terms) == found[len(over) :]


@given(histories())
def test_a_spending_takes_no_later_year_while_an_earlier_has_any(moves: list[Move]) -> None:
    before = lots_after(moves)
    balance = sum(lot.hundredths for lot in before)
    if not balance:
        return
    spent = max(balance // 2, 1)
    after = lots_after([*moves, redemption(1000, spent, moves[-1].on, 1000)])
    assert (
        after == before[len(before) - len(after) :]
        or after[1:] == before[len(before) - len(after) + 1 :]
    )


# ── deadlines ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("year", "since_on", "until_on"),
    [
        (2024, date(2024, 5, 1), date(2026, 12, 31)),
        (2024, date(2026, 12, 31), date(2026, 12, 31)),
        # After its time: 60 days, over a 29 February and without one.
        (2024, date(2027, 1, 1), date(2027, 3, 2)),
        (2021, date(2024, 1, 1), date(2024, 3, 1)),
        (2021, date(2023, 12, 31), date(2023, 12, 31)),
    ],
)
def test_the_last_day(year: int, since_on: date, until_on: date) -> None:
    assert last_day(year, since_on, TWO) == until_on


def test_nothing_ends_within_60_days_after_the_setting_was_decided() -> None:
    begun = Terms(1, date(2026, 12, 20))
    assert last_day(2020, date(2020, 1, 1), begun) == date(2027, 2, 19)
    assert last_day(2026, date(2026, 1, 1), begun) == date(2027, 12, 31)


def test_points_that_never_expire_have_no_end() -> None:
    assert dues(lots_after(EARNED), Terms(0)) == []


def test_lots_of_a_year_with_one_last_day_are_one() -> None:
    lots = [Lot(2024, date(2024, 1, 1), 100), Lot(2024, date(2024, 6, 1), 200)]
    assert dues(lots, TWO) == [Due(2024, date(2026, 12, 31), 300)]


def test_a_last_day_that_was_there_already_moves_on() -> None:
    lots = [Lot(2024, date(2026, 12, 31), 100)]
    assert dues(lots, TWO, {(2024, date(2026, 12, 31))}) == [Due(2024, date(2027, 1, 1), 100)]


@pytest.mark.parametrize(
    ("today", "warning"),
    [
        (date(2026, 10, 31), None),
        (date(2026, 11, 1), "coming"),
        (date(2026, 12, 23), "coming"),
        (date(2026, 12, 24), "soon"),
        (date(2026, 12, 31), "soon"),
        (date(2027, 1, 1), None),
    ],
)
def test_warned_60_and_7_days_before(today: date, warning: str | None) -> None:
    assert warning_of(date(2026, 12, 31), today) == warning


@pytest.mark.parametrize(
    ("last_on", "today", "concerned"),
    [
        (date(2026, 10, 31), date(2026, 11, 1), True),
        (date(2026, 11, 1), date(2026, 12, 23), False),
        (date(2026, 12, 20), date(2026, 12, 24), True),
        (date(2026, 12, 31), date(2027, 1, 1), True),
        (date(2027, 1, 1), date(2027, 1, 2), False),
        # No worker ran for a year.
        (date(2026, 1, 2), date(2027, 1, 2), True),
        (None, date(2026, 5, 1), True),
    ],
)
def test_on_a_few_days_everybody_is_looked_at(
    last_on: date | None, today: date, concerned: bool
) -> None:
    assert concerns_everybody(TWO, last_on, today) is concerned


def test_a_new_setting_has_days_of_its_own() -> None:
    begun = Terms(1, date(2026, 3, 1))
    days = [
        date(2026, 3, 1) + timedelta(days=each)
        for each in range(100)
        if concerns_everybody(
            begun, date(2026, 2, 28) + timedelta(days=each), date(2026, 3, 1) + timedelta(days=each)
        )
    ]
    assert days == [date(2026, 3, 2), date(2026, 4, 24), date(2026, 5, 2)]
