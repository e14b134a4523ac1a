"""Joining two numbers while a year is under notice, and while points are about to end."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask import Flask
from sqlalchemy.orm import Session

from app.db import db
from app.expiry.queries import dues_of, houses_of
from app.expiry.rules import Due
from tests.expiry.community import earned, expiries, go_round, points, told
from tests.merging.histories import GONE, KEPT, by_year, join, rows, two_people, violations
from tests.ranking.year import give_notice, make_year, save
from tests.service.community import Community

ENDS = date(2026, 12, 31)
DECEMBER = datetime(2026, 12, 1, 4, tzinfo=UTC)
NEW_YEAR = datetime(2027, 1, 1, 0, 5, tzinfo=UTC)


def of_the_year(community: Community, person: int) -> list[tuple[int, ...]]:
    return rows(
        "SELECT CAST(sum(minutes) AS bigint) FROM service_records "
        "WHERE volunteer_id = :id AND state = 'approved'",
        id=community.volunteers[person],
    )


def test_a_list_under_notice_stays_as_it_was_frozen(app: Flask, db_session: Session) -> None:
    year = make_year(db_session)
    save(year)
    give_notice(year)
    frozen = "SELECT id, mark, sha256 FROM ranking_snapshots ORDER BY id"
    before = rows(frozen)
    join(year)
    assert rows(frozen) == before
    # Both are named on it, though only one of them is somebody now.
    assert [of_the_year(year, each) for each in (KEPT, GONE)] == [[(210,)], [(None,)]]
    assert violations(app) == []


def coming(community: Community, person: int) -> list[Due]:
    who, home = community.volunteers[person], community.root_id
    found = dues_of(db.session(), {who: houses_of(db.session(), [home])[home]})[who]
    db.session.rollback()
    return found


def test_what_is_about_to_end_ends_once_and_on_the_same_day(
    app: Flask, db_session: Session
) -> None:
    community = two_people(db_session, points_expire_after_years="2")
    earned(community, 2024, 2025, person=KEPT)
    earned(community, 2024, 2025, hours=3, person=GONE)
    join(community, now=DECEMBER)
    assert by_year(community, KEPT) == {2024: 500, 2025: 500}
    assert by_year(community, GONE) == {}
    first, _later = coming(community, KEPT)
    assert (first.until_on, first.hundredths) == (ENDS, 500)
    assert go_round(community, NEW_YEAR)[:2] == (1, 500)
    assert expiries(community, KEPT) == [(2024, str(ENDS), 500)]
    assert (points(community, KEPT), expiries(community, GONE)) == (500, [])
    assert violations(app) == []


def test_what_has_ended_is_not_revived(app: Flask, db_session: Session) -> None:
    community = two_people(db_session, points_expire_after_years="2")
    earned(community, 2024, 2025, person=GONE)
    assert go_round(community, NEW_YEAR)[:2] == (1, 200)
    join(community, now=datetime(2027, 1, 20, 4, tzinfo=UTC))
    assert by_year(community, KEPT) == {2025: 200}
    assert go_round(community, datetime(2027, 3, 5, 4, tzinfo=UTC))[:2] == (0, 0)
    assert points(community, KEPT) == 200
    assert violations(app) == []


def test_whoever_joins_is_warned_of_the_whole(app: Flask, db_session: Session) -> None:
    community = two_people(db_session, points_expire_after_years="2")
    earned(community, 2024, person=GONE)
    join(community, now=DECEMBER)
    assert told(community, KEPT) == []
    assert go_round(community, DECEMBER)[2] == 1
    assert told(community, KEPT) == [("expiry.coming", str(ENDS))]
