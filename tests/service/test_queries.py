"""What pages show: what waits for whom, a team's day, last time, service days, sums."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from app.db import transaction
from app.service import queries
from app.service.operations import approve, propose_correction, undo_batch
from tests.service.community import (
    NOW,
    ORDINARY_DAY,
    SERVICE_DAY,
    Community,
    make_community,
)

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def community(db_session: Session) -> Community:
    return make_community(db_session)


WHO_SEES = [
    ("leader", 1, 0),  # the other one is their own row
    ("co_leader", 2, 1),
    ("green_leader", 0, 0),
    ("volunteer", 0, 0),
    ("organiser", 2, 2),
    ("organiser_below", 0, 0),
]


@pytest.mark.parametrize(("by", "seen", "decidable"), WHO_SEES)
def test_what_waits_for_whom(
    community: Community, db_session: Session, by: str, seen: int, decidable: int
) -> None:
    community.log(community.line(0), community.line(3, 500))
    rows = queries.waiting_for(db_session, community.actor(by))
    assert (len(rows), sum(row.may_decide for row in rows)) == (seen, decidable)
    assert queries.count_waiting_for(db_session, community.actor(by)) == seen


def test_a_night_waits_as_one(community: Community, db_session: Session) -> None:
    outcome = community.logged(community.line(0, 240, starts_minute=22 * 60))
    (row,) = queries.waiting_for(db_session, community.actor("co_leader"))
    assert (row.record_ids, row.minutes) == (outcome.record_ids, 240)
    assert queries.count_waiting_for(db_session, community.actor("co_leader")) == 1


def test_a_correction_shows_what_it_corrects(community: Community, db_session: Session) -> None:
    old = community.logged(community.line(3)).record_ids[0]
    with transaction() as session:
        propose_correction(
            session,
            old,
            community.line(3, 60),
            actor=community.actor("leader"),
            now=NOW,
            reason="x",
        )
    (row,) = queries.waiting_for(db_session, community.actor("co_leader"))
    assert row.corrects is not None
    assert (row.corrects.minutes, row.minutes) == (120, 60)


def test_a_team_s_day_and_who_is_recorded_already(
    community: Community, db_session: Session
) -> None:
    community.log(community.line(3), community.line(4, 500), community.line(5, 900))
    day = queries.day_of_team(db_session, community.red_id, ORDINARY_DAY)
    assert [(row.minutes, row.state) for row in day] == [(120, "approved"), (500, "submitted")]
    recorded = queries.recorded_already(db_session, community.red_id, ORDINARY_DAY)
    assert set(recorded) == set(community.volunteers[3:5])
    assert day[0].recorder_name == day[0].approver_name == "leader"
    assert queries.pending_claims(db_session, community.red_id, ORDINARY_DAY) == {}


def test_last_time_is_the_day_before_with_its_usual_minutes(
    community: Community, db_session: Session
) -> None:
    community.log(community.line(3, 60), community.line(4, 90), community.line(5, 90))
    last = queries.last_day_of_team(db_session, community.red_id, SERVICE_DAY)
    assert last is not None
    assert (last.service_on, last.minutes, last.content) == (ORDINARY_DAY, 90, "清扫")
    assert set(last.minutes_by_volunteer) == set(community.volunteers[3:6])
    assert queries.last_day_of_team(db_session, community.red_id, ORDINARY_DAY) is None


@pytest.mark.parametrize(
    ("today", "latest", "coming"),
    [
        (date(2026, 2, 27), date(2026, 1, 28), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2026, 2, 28), date(2026, 2, 28)),
        (date(2026, 12, 31), date(2026, 12, 28), date(2027, 1, 28)),
    ],
)
def test_service_days(
    community: Community, db_session: Session, today: date, latest: date, coming: date
) -> None:
    assert queries.latest_service_day(db_session, community.root_id, today) == latest
    assert queries.next_service_day(db_session, community.root_id, today) == coming


def test_a_batch_with_its_records(community: Community, db_session: Session) -> None:
    result = community.log(community.line(3), community.line(4, 900))
    assert result.batch_id is not None
    batch = queries.find_batch(db_session, result.batch_id)
    assert batch is not None
    assert (batch.rows, batch.created, batch.refused, batch.undone_at) == (2, 1, 1, None)
    (record,) = queries.records_of_batch(db_session, result.batch_id)
    assert queries.find_record(db_session, record.id) == record
    assert queries.find_batch(db_session, 777) is None


def test_the_same_number_everywhere(community: Community, db_session: Session) -> None:
    green = community.line(3, 60, team_id=community.green_id)
    community.log(green, by="green_leader")
    result = community.log(community.line(3), community.line(4))
    waits = community.logged(community.line(0))
    with transaction() as session:
        approve(session, waits.record_ids, actor=community.actor("co_leader"), now=NOW)
    person = community.volunteers[3]
    assert queries.served_minutes_of(db_session, person) == 180
    assert queries.served_minutes_of_many(db_session, [person, 777]) == {person: 180}
    totals = queries.totals_of_volunteer(db_session, person)
    assert [(row.minutes, row.dates) for row in totals] == [(120, 1), (60, 1)]
    everything = [community.root_id, community.estate_id]
    assert queries.sums_of(db_session, everything, year=2026) == (420, 4, 3)
    assert queries.sums_of(db_session, everything, year=2025) == (0, 0, 0)
    assert queries.sums_of(db_session, everything, team_id=community.green_id) == (60, 1, 1)
    with transaction() as session:
        undo_batch(session, result.batch_id or 0, actor=community.actor("leader"), now=NOW)
    assert queries.sums_of(db_session, everything) == (180, 2, 2)


def test_what_is_still_open_for_a_person(community: Community, db_session: Session) -> None:
    community.log(community.line(0), community.line(3))
    person = community.volunteers[0]
    (row,) = queries.open_records_of(db_session, person)
    assert (row.state, row.waits_reason, row.ends_minute) == ("submitted", "own_row", None)
