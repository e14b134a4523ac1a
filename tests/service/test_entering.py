"""Entering a team's day: who waits, what repeats, what is refused, and that a key counts once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.service.operations import NewFriend, carry_out, log_day, plan_lines
from app.service.operations.days import DayResult
from app.service.operations.posting import StalePlan
from app.trail.rules import KeyReused
from tests.service.community import (
    NOW,
    ORDINARY_DAY,
    SERVICE_DAY,
    Community,
    balances,
    check_books,
    make_community,
)

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def community(db_session: Session) -> Community:
    return make_community(db_session)


def test_a_leader_s_timely_line_counts_at_once(community: Community, db_session: Session) -> None:
    outcome = community.logged(community.line(3, 150))
    assert (outcome.status, outcome.points_hundredths) == ("approved", 250)
    assert balances(db_session, community.volunteers[3]) == (150, 250)
    check_books(db_session)


def test_the_service_day_adds_its_percent(community: Community, db_session: Session) -> None:
    outcome = community.logged(community.line(3, 150, service_on=SERVICE_DAY))
    assert outcome.points_hundredths == 380
    check_books(db_session)


WAITING = [
    ("own row", "leader", {"person": 0}, NOW, "own_row"),
    ("late", "leader", {"person": 3, "service_on": date(2025, 12, 1)}, NOW, "late"),
    ("over the limit", "leader", {"person": 3, "minutes": 481}, NOW, "over_limit"),
    ("new friend", "leader", {"person": 3, "is_new_person": True}, NOW, "new_person"),
    ("own row of an organiser", "organiser_too", {"person": 4}, NOW, "own_row"),
]


@pytest.mark.parametrize(
    ("by", "given", "now", "reason"), [row[1:] for row in WAITING], ids=[row[0] for row in WAITING]
)
def test_what_waits(
    community: Community, db_session: Session, by: str, given: dict, now: datetime, reason: str
) -> None:
    outcome = community.logged(community.line(**given), by=by, now=now)
    assert (outcome.status, outcome.waits_reason) == ("waiting", reason)
    assert balances(db_session, community.line(**given).volunteer_id) == (0, 0)
    check_books(db_session)


REFUSED = [
    ("in the future", "leader", {"service_on": date(2026, 2, 4)}, "future_date"),
    ("at the end of time", "leader", {"service_on": date.max}, "future_date"),
    ("no minutes", "leader", {"minutes": 0}, "bad_duration"),
    ("too many", "leader", {"minutes": 1441}, "bad_duration"),
    ("above the hard limit", "leader", {"minutes": 721}, "daily_limit"),
    ("organiser without a reason", "organiser", {"minutes": 481}, "daily_limit"),
    ("another team's leader", "green_leader", {}, "not_allowed"),
    ("an organiser elsewhere", "organiser_below", {}, "not_allowed"),
    ("starts nowhere", "leader", {"starts_minute": 1440}, "bad_time"),
]


@pytest.mark.parametrize(
    ("by", "given", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_refused(
    community: Community, db_session: Session, by: str, given: dict, code: str
) -> None:
    result = community.log(community.line(**{"person": 3, **given}), by=by)
    assert result.outcomes[0].refusal is not None
    assert (result.outcomes[0].refusal.code, result.batch_id) == (code, None)
    check_books(db_session)


def test_an_unknown_person_is_refused(community: Community) -> None:
    line = community.line(3)._replace(volunteer_id=99999)
    refusal = community.logged(line).refusal
    assert refusal is not None
    assert refusal.code == "unknown_volunteer"


def test_an_organiser_accepts_over_the_limit_with_a_reason(
    community: Community, db_session: Session
) -> None:
    line = community.line(3, 600)
    outcome = community.logged(line, by="organiser", over_limit_reason="台风")
    assert outcome.status == "approved"
    check_books(db_session)


def test_accepted_lines_are_posted_though_others_are_refused(
    community: Community, db_session: Session
) -> None:
    result = community.log(community.line(3), community.line(4, 900), community.line(5))
    assert [outcome.status for outcome in result.outcomes] == ["approved", "refused", "approved"]
    check_books(db_session)


def test_an_identical_line_is_a_repeat_unless_both_are_kept(
    community: Community, db_session: Session
) -> None:
    first = community.logged(community.line(3))
    again = community.logged(community.line(3))
    assert (again.status, again.record_ids) == ("repeat", first.record_ids)
    both = community.logged(community.line(3, keep_both=True))
    assert both.status == "approved"
    assert balances(db_session, community.volunteers[3])[0] == 240


def test_lines_of_one_form_meet_each_other(community: Community) -> None:
    result = community.log(
        community.line(3, 60, starts_minute=480, content="上午"),
        community.line(3, 60, starts_minute=480, content="上午"),
        community.line(3, 60, starts_minute=539, content="巡逻"),
        community.line(3, 60, starts_minute=540, content="巡逻"),
    )
    made, repeat, overlap, touching = result.outcomes
    assert (repeat.status, repeat.record_ids, repeat.collides_with) == (
        "repeat",
        made.record_ids,
        0,
    )
    assert overlap.refusal is not None
    assert overlap.refusal.code == "overlap"
    assert overlap.refusal.figures["record"] == made.record_ids[0]
    assert touching.status == "approved"


def test_an_external_id_repeats_or_conflicts(community: Community, db_session: Session) -> None:
    line = community.line(3, external_id="E1")
    first = community.logged(line)
    assert community.logged(line).record_ids == first.record_ids
    for changed in (line._replace(minutes=60), line._replace(volunteer_id=community.volunteers[4])):
        refusal = community.logged(changed).refusal
        assert refusal is not None
        assert refusal.code == "conflict"
    check_books(db_session)


def test_a_night_becomes_two_records_with_one_fate(
    community: Community, db_session: Session
) -> None:
    night = community.line(3, 240, starts_minute=22 * 60, service_on=ORDINARY_DAY)
    outcome = community.logged(night)
    assert len(outcome.record_ids) == 2
    # Two ordinary hours, and two on the service day after midnight.
    assert outcome.points_hundredths == 200 + 300
    assert community.logged(night).record_ids == outcome.record_ids
    shorter = community.logged(night._replace(minutes=180))
    assert shorter.refusal is not None
    assert shorter.refusal.code == "overlap"
    check_books(db_session)


def test_a_night_over_the_limit_on_one_date_waits_as_a_whole(
    community: Community, db_session: Session
) -> None:
    community.logged(community.line(3, 420, service_on=SERVICE_DAY))
    night = community.line(3, 240, starts_minute=22 * 60)
    outcome = community.logged(night)
    assert (outcome.status, outcome.waits_reason) == ("waiting", "over_limit")
    assert balances(db_session, community.volunteers[3])[0] == 420


@pytest.mark.parametrize("changed", [{"minutes": 120}, {"minutes": 180}])
def test_a_night_with_an_external_id_conflicts_as_a_whole(
    community: Community, changed: dict
) -> None:
    night = community.line(3, 240, starts_minute=22 * 60, external_id="N1")
    community.logged(night)
    refusal = community.logged(night._replace(**changed)).refusal
    assert refusal is not None
    assert refusal.code == "conflict"


def test_a_guest_is_said_to_be_one(community: Community) -> None:
    assert community.logged(community.line(6)).is_guest
    assert not community.logged(community.line(5)).is_guest


def test_two_people_let_every_line_wait(db_session: Session) -> None:
    community = make_community(db_session, two_people="1")
    assert community.logged(community.line(3)).waits_reason == "two_people"
    assert community.logged(community.line(4), by="organiser").waits_reason == "two_people"


def test_entered_hours_earn_no_points_where_only_signed_in_ones_do(db_session: Session) -> None:
    community = make_community(db_session, only_signed_in_earns="1")
    assert community.logged(community.line(3)).points_hundredths == 0
    assert community.logged(community.line(4), evidence="signed_in").points_hundredths == 200
    assert balances(db_session, community.volunteers[3]) == (120, 0)
    check_books(db_session)


def test_one_service_day_counts_where_two_may_serve(db_session: Session) -> None:
    community = make_community(db_session)
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO substitute_service_days "
                "(organisation_id, year, month, substitute_on, reason) "
                f"VALUES ({community.root_id}, 2026, 1, '2026-01-30', '雨')"
            )
        )
    on_the_30th = community.line(3, 60, service_on=date(2026, 1, 30))
    assert community.logged(on_the_30th).points_hundredths == 150
    assert community.logged(community.line(3, 60, service_on=SERVICE_DAY)).points_hundredths == 100
    assert community.logged(community.line(4, 60, service_on=SERVICE_DAY)).points_hundredths == 150
    check_books(db_session)


def test_the_same_key_counts_once(community: Community, db_session: Session) -> None:
    first = community.log(community.line(3), community.line(4, 900), key="tap")
    again = community.log(community.line(3), community.line(4, 900), key="tap")
    assert again.was_sent_before
    assert again.batch_id == first.batch_id
    assert [o.record_ids for o in again.outcomes] == [o.record_ids for o in first.outcomes]
    kept = again.outcomes[1].refusal
    assert kept is not None
    assert str(kept) == str(first.outcomes[1].refusal)
    with pytest.raises(KeyReused):
        community.log(community.line(3, 60), key="tap")
    assert balances(db_session, community.volunteers[3])[0] == 120


def test_a_form_of_new_friends_only_is_known_by_what_they_did(
    community: Community, db_session: Session
) -> None:
    def send(content: str) -> DayResult:
        with transaction() as session:
            return log_day(
                session,
                actor=community.actor("leader"),
                team_id=community.red_id,
                service_on=community.line().service_on,
                lines=[],
                friends=[NewFriend("小寒", "0028", 60)],
                like=community.line(content=content),
                now=NOW,
                key="friends",
            )

    assert send("清扫").batch_id
    assert send("清扫").was_sent_before
    with pytest.raises(KeyReused):
        send("执勤")


def test_a_claim_never_blocks_and_is_settled(community: Community, db_session: Session) -> None:
    for state in ("draft", "submitted"):
        _claim(community, state)
    assert community.logged(community.line(3, 400)).status == "approved"
    db_session.rollback()
    states = db_session.execute(
        text("SELECT state, reason FROM service_records WHERE evidence = 'claimed'")
    ).all()
    assert {state for state, _reason in states} == {"rejected"}
    assert all(reason for _state, reason in states)
    check_books(db_session)


def _claim(community: Community, state: str) -> None:
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO service_records (root_id, volunteer_id, team_id, organisation_id, "
                "colour_id, service_on, minutes, content, evidence, part, state, waits_reason, "
                "is_guest, is_service_day, is_service_month, earns_points, daily_limit_minutes, "
                "points_hundredths, recorder_id, recorded_at) "
                "SELECT :root, :person, t.id, t.organisation_id, t.colour_id, :on, 120, '清扫', "
                "'claimed', 1, :state, 'claim', FALSE, FALSE, FALSE, TRUE, 480, 0, :login, :at "
                "FROM teams t WHERE t.id = :team"
            ),
            {
                "root": community.root_id,
                "person": community.volunteers[3],
                "team": community.red_id,
                "on": ORDINARY_DAY.isoformat() if db.engine.name == "sqlite" else ORDINARY_DAY,
                "state": state,
                "login": community.actor("volunteer").login_id,
                "at": "2026-02-01 00:00:00.000000"
                if db.engine.name == "sqlite"
                else datetime(2026, 2, 1, tzinfo=UTC),
            },
        )


def test_a_preview_says_the_same_and_writes_nothing(
    community: Community, db_session: Session
) -> None:
    lines = [community.line(3), community.line(4, 900), community.line(3)]
    given: dict[str, Any] = {
        "actor": community.actor("organiser"),
        "enters_as": "organiser",
        "evidence": "imported",
        "now": NOW,
    }
    plan = plan_lines(db_session, lines, **given)
    db_session.rollback()
    assert [outcome.status for outcome in plan.outcomes] == ["approved", "refused", "repeat"]
    with transaction() as session, pytest.raises(StalePlan):
        carry_out(
            session, plan, actor=community.actor("organiser"), now=NOW, batch_id=None, key=None
        )
    assert balances(db_session, community.volunteers[3]) == (0, 0)


def test_an_import_refuses_the_importer_s_own_row(
    community: Community, db_session: Session
) -> None:
    plan = plan_lines(
        db_session,
        [community.line(4)],
        actor=community.actor("organiser_too"),
        enters_as="organiser",
        evidence="imported",
        now=NOW,
        own_rows="refuse",
    )
    refusal = plan.outcomes[0].refusal
    assert refusal is not None
    assert refusal.code == "own_record"
