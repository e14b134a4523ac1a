"""Leaders are reminded of what they have not closed: the next day, and when time runs out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.activities.notices import DAILY
from app.activities.operations.reminding import remind_unclosed, tell_late
from app.activities.queries.leading import unclosed
from app.activities.rules.closing_dates import time_left
from app.db import db, transaction
from app.organisations.calendar import WorkingCalendar
from tests.activities.leading import announced
from tests.service.conftest import Town, make_town, town

__all__ = ["make_town", "town"]

# A Friday; the ten working days after it end on 13 February, before the Spring Festival.
ON = date(2026, 1, 30)


def on_day(town: Town, on: date) -> None:
    at = datetime.combine(on, time(9), ZoneInfo("Asia/Shanghai"))
    with transaction() as session:
        remind_unclosed(session, town.community.root_id, on, at)


def told(town: Town) -> int:
    return int(town.one("SELECT count(*) FROM notices WHERE kind = 'activity.not_closed'"))


@pytest.mark.parametrize(
    ("today", "days", "is_over"),
    [
        pytest.param(date(2026, 1, 31), 10, False, id="the-next-day"),
        pytest.param(date(2026, 2, 13), 1, False, id="the-last-day"),
        pytest.param(date(2026, 2, 14), 0, True, id="a-make-up-saturday-later"),
    ],
)
def test_the_days_left_are_working_days(today: date, days: int, is_over: bool) -> None:
    left = time_left(ON, today, WorkingCalendar(), 10)
    assert (left.last_on, left.days, left.is_over) == (date(2026, 2, 13), days, is_over)


def test_every_leader_is_told_the_next_day_and_once(town: Town) -> None:
    announced(town, service_on=ON)
    on_day(town, ON)
    assert told(town) == 0
    for day in (1, 2, 3):
        on_day(town, ON + timedelta(days=day))
    assert told(town) == 2
    path = town.one("SELECT min(path) FROM notices")
    assert path.endswith("/people")


def test_again_when_three_days_and_one_are_left_and_no_more(town: Town) -> None:
    announced(town, service_on=ON)
    for day in range(1, 30):
        on_day(town, ON + timedelta(days=day))
    assert told(town) == 2 * 3


def test_organisers_hear_once_when_the_days_to_close_have_run_out(town: Town) -> None:
    announced(town, service_on=ON)
    made_late = date(2026, 2, 14)
    for day in (ON, date(2026, 2, 13)):
        late_on(town, day)
        assert heard(town) == 0
    for day in (made_late, made_late + timedelta(days=1), made_late + timedelta(days=30)):
        late_on(town, day)
        # Both who organise the root the team stands in, and nobody of the estate below.
        assert heard(town) == 2


def late_on(town: Town, on: date) -> None:
    at = datetime.combine(on, time(9), ZoneInfo("Asia/Shanghai"))
    with transaction() as session:
        tell_late(session, town.community.root_id, on, at)


def heard(town: Town) -> int:
    return int(town.one("SELECT count(*) FROM notices WHERE kind = 'activity.late'"))


def test_what_is_closed_cancelled_or_a_draft_reminds_nobody(town: Town) -> None:
    announced(town, service_on=ON, publish=False)
    on_day(town, ON + timedelta(days=1))
    assert told(town) == 0


def test_unclosed_is_found_below_an_organisation_and_by_team(town: Town) -> None:
    made = announced(town, service_on=ON)
    at = datetime(2026, 2, 3, 9, tzinfo=ZoneInfo("UTC"))
    community = town.community
    below = [community.root_id, community.estate_id]
    assert [row.activity_id for row in unclosed(db.session(), below, at)] == [made]
    assert unclosed(db.session(), [community.estate_id], at) == []
    by_team = unclosed(db.session(), [], at, team_ids=[community.red_id])
    assert [row.left.days for row in by_team] == [9]


def test_the_daily_work_is_handed_over() -> None:
    codes = ["activities.make_ahead", "activities.remind_unclosed", "activities.tell_late"]
    assert [work.code for work in DAILY] == codes
