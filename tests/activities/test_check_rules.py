"""From when until when an activity admits people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.activities.rules.window import (
    OutBeforeIn,
    TimeAhead,
    TimeOutside,
    TooEarly,
    TooLate,
    check_times,
    check_window,
    window_of,
)
from tests.activities.checks import BEGINS_AT, ENDS_AT

WINDOW = window_of(BEGINS_AT, ENDS_AT, before_minutes=60, after_minutes=30)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize("at", [BEGINS_AT - HOUR, BEGINS_AT, ENDS_AT + HOUR / 2])
def test_both_ends_of_the_window_admit(at):
    check_window(WINDOW, at)


def test_before_it_opens_one_is_told_when():
    with pytest.raises(TooEarly) as refused:
        check_window(WINDOW, BEGINS_AT - HOUR - SECOND)
    assert refused.value.figures["opens_at"] == BEGINS_AT - HOUR


def test_after_it_closed_one_is_told_when():
    with pytest.raises(TooLate) as refused:
        check_window(WINDOW, ENDS_AT + HOUR)
    assert refused.value.figures["closes_at"] == ENDS_AT + HOUR / 2


@pytest.mark.parametrize(
    ("in_at", "out_at", "refusal"),
    [
        (BEGINS_AT - 2 * HOUR, None, TimeOutside),
        (BEGINS_AT, ENDS_AT + HOUR, TimeOutside),
        (BEGINS_AT + 2 * HOUR, None, TimeAhead),
        (BEGINS_AT + HOUR, BEGINS_AT, OutBeforeIn),
    ],
)
def test_a_leader_writes_down_no_time_that_cannot_be(in_at, out_at, refusal):
    with pytest.raises(refusal):
        check_times(WINDOW, in_at=in_at, out_at=out_at, now=BEGINS_AT + HOUR)
