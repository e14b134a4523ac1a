"""Points that expire: once, at the organisation's midnight, warned before, under the locks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.expiry import queries, sweeping
from app.expiry.operations import expire_points
from app.expiry.rules import Due
from app.notices.working import go_round as go_the_round
from app.organisations.operations import change_setting
from app.organisations.queries import settings_of
from tests.expiry.community import (
    NEW_YEAR,
    WHO,
    at,
    earn,
    earned,
    expiries,
    give_back,
    go_round,
    move,
    points,
    redeem,
    rows,
    settled,
    told,
)
from tests.service.community import Community, check_books
from tests.service.conftest import statements

END_OF_2026 = "2026-12-31"


@pytest.fixture
def community(db_session: Session) -> Community:
    return settled(db_session)


def never(community: Community) -> None:
    decide(community, "0", at(2026, 1, 1))


def decide(community: Community, value: str | None, now: datetime, below: bool = False) -> None:
    """Let somebody change the setting, so that the trail knows when."""
    organisation_id = community.estate_id if below else community.root_id
    with transaction() as session:
        change_setting(
            session,
            organisation_id,
            key="points_expire_after_years",
            value=value,
            actor_id=None,
            now=now,
        )


# ── expiring ──────────────────────────────────────────────────────────────────────────────


def test_points_end_with_the_second_year_after_their_own(community: Community) -> None:
    earned(community, 2024, 2025, 2026)
    done = go_round(community, NEW_YEAR)
    assert done[:2] == (1, 200)
    assert (points(community), expiries(community)) == (400, [(2024, END_OF_2026, 200)])
    assert told(community)[-1] == ("expiry.expired", END_OF_2026)
    check_books(db.session())


def test_a_second_run_finds_nothing_left(community: Community) -> None:
    earned(community, 2024, 2025)
    assert [go_round(community, NEW_YEAR)[1] for _ in range(3)] == [200, 0, 0]
    assert len(rows("SELECT 1 FROM trail WHERE operation = 'expire_points'")) == 1


def test_the_last_day_is_whole_in_the_organisations_time_zone(community: Community) -> None:
    earned(community, 2024)
    assert go_round(community, datetime(2026, 12, 31, 15, 59, tzinfo=UTC))[1] == 0
    assert go_round(community, datetime(2026, 12, 31, 16, 0, tzinfo=UTC))[1] == 200


def test_another_zone_has_another_midnight(db_session: Session) -> None:
    community = settled(db_session, time_zone="Pacific/Honolulu")
    earned(community, 2024)
    assert go_round(community, datetime(2027, 1, 1, 9, 59, tzinfo=UTC))[1] == 0
    assert go_round(community, datetime(2027, 1, 1, 10, 0, tzinfo=UTC))[1] == 200


def test_what_was_spent_came_from_the_oldest_year(community: Community) -> None:
    earned(community, 2024, 2025)
    redeem(community, 150, at(2026, 3, 1))
    assert go_round(community, NEW_YEAR)[1] == 50
    redeem(community, 150, at(2027, 2, 1), 2)
    assert go_round(community, at(2028, 1, 1))[1] == 50
    assert points(community) == 0


def test_a_refund_after_the_end_stays_usable_for_60_days(community: Community) -> None:
    earned(community, 2024, 2025)
    redeem(community, 300, at(2026, 12, 20))
    assert go_round(community, NEW_YEAR)[1] == 0
    give_back(community, 300, at(2027, 1, 3))
    assert go_round(community, at(2027, 3, 4))[1] == 0
    assert go_round(community, at(2027, 3, 5))[1] == 200
    assert (points(community), expiries(community)) == (200, [(2024, "2027-03-04", 200)])


def test_service_entered_after_its_time_stays_usable_for_60_days(community: Community) -> None:
    earn(community, date(2024, 2, 29), 2, now=at(2027, 1, 10))
    assert go_round(community, at(2027, 3, 11))[1] == 0
    assert go_round(community, at(2027, 3, 12))[1] == 200


def test_nobody_without_a_setting_loses_anything(db_session: Session) -> None:
    community = settled(db_session, 0)
    earned(community, 2024)
    assert go_round(community, at(2040, 1, 1)) == (0, 0, 0)


def test_switched_off_costs_one_statement(db_session: Session) -> None:
    community = settled(db_session, 0)
    with statements() as sent:
        go_round(community, NEW_YEAR)
    assert len([one for one in sent if "settings" in one]) == 1
    assert len([one for one in sent if one.startswith("SELECT")]) == 1


def test_the_books_of_those_below_obey_their_own_setting(community: Community) -> None:
    earned(community, 2024)
    earned(community, 2024, person=5)
    below = {"org": community.estate_id, "who": community.volunteers[5]}
    with transaction() as session:
        session.connection().exec_driver_sql(
            f"UPDATE volunteers SET organisation_id = {below['org']} WHERE id = {below['who']}"
        )
    decide(community, "3", at(2025, 1, 1), below=True)
    assert go_round(community, NEW_YEAR)[1] == 200
    assert (points(community), points(community, 5)) == (0, 200)
    decide(community, None, at(2027, 2, 1), below=True)
    assert go_round(community, at(2027, 4, 3))[1] == 0
    assert go_round(community, at(2027, 4, 4))[1] == 200


# ── the setting ───────────────────────────────────────────────────────────────────────────


def test_a_new_setting_takes_nothing_for_60_days(db_session: Session) -> None:
    community = settled(db_session, 0)
    earned(community, 2021, 2026)
    decide(community, "1", at(2026, 3, 1))
    assert go_round(community, at(2026, 3, 2))[1:] == (0, 1)
    assert told(community) == [("expiry.coming", "2026-05-01")]
    assert go_round(community, at(2026, 5, 1))[1] == 0
    assert go_round(community, at(2026, 5, 2))[1] == 200
    assert points(community) == 200


def test_a_longer_time_saves_what_has_not_expired(community: Community) -> None:
    earned(community, 2024)
    decide(community, "3", at(2026, 12, 1))
    assert go_round(community, NEW_YEAR)[1] == 0
    assert go_round(community, at(2028, 1, 1))[1] == 200


def test_off_again_saves_everything(community: Community) -> None:
    earned(community, 2024)
    never(community)
    assert go_round(community, NEW_YEAR)[1] == 0


# ── warnings ──────────────────────────────────────────────────────────────────────────────


def test_told_60_and_7_days_before_each_once(community: Community) -> None:
    earned(community, 2024, 2025)
    last_at = at(2026, 10, 1)
    warned = []
    for day in range(100):
        now = at(2026, 10, 2) + timedelta(days=day)
        warned += [now.date()] * go_round(community, now, last_at).warned
        last_at = now
    assert warned == [date(2026, 11, 1), date(2026, 12, 24)]
    assert told(community) == [
        ("expiry.coming", END_OF_2026),
        ("expiry.soon", END_OF_2026),
        ("expiry.expired", END_OF_2026),
    ]


def test_what_was_spent_is_not_warned_of(community: Community) -> None:
    earned(community, 2024, 2025)
    redeem(community, 200, at(2026, 10, 1))
    assert go_round(community, at(2026, 11, 1)).warned == 0
    assert told(community) == []


def test_what_came_back_late_is_warned_of_by_itself(community: Community) -> None:
    earned(community, 2024, 2025)
    redeem(community, 200, at(2026, 12, 20))
    give_back(community, 200, at(2027, 2, 3))
    last_at, ends = at(2027, 2, 3), 0
    for day in range(70):
        now = at(2027, 2, 4) + timedelta(days=day)
        ends += go_round(community, now, last_at)[1]
        last_at = now
    assert ends == 200
    assert [kind for kind, _ in told(community)] == [
        "expiry.coming",
        "expiry.soon",
        "expiry.expired",
    ]


def test_a_worker_away_for_months_makes_up_for_it(community: Community) -> None:
    earned(community, 2024, 2025)
    assert go_round(community, at(2027, 6, 1), at(2026, 9, 1))[1] == 200


def test_an_ordinary_day_reads_nobodys_history(community: Community) -> None:
    earned(community, 2024, 2025, 2026)
    with statements() as sent:
        done = go_round(community, at(2027, 5, 2), at(2027, 5, 1))
    assert done == (0, 0, 0)
    assert not [one for one in sent if "JOIN postings" in one and "holder_id IN" in one]
    assert len(sent) <= 12


# ── the day's round ───────────────────────────────────────────────────────────────────────


def test_the_round_of_the_worker_does_it_once(app: Flask, community: Community) -> None:
    earned(community, 2024)
    done = [go_the_round(app, NEW_YEAR) > 0 for _ in range(2)]
    assert (done, points(community)) == ([True, False], 0)


def test_a_round_broken_off_goes_on_where_it_was(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 1)
    for person in range(4):
        earned(community, 2024, person=person)
    turns = iter([True, True, False])
    assert go_the_round(app, NEW_YEAR, lambda: next(turns, False)) > 0  # other work was done
    assert sum(points(community, person) == 0 for person in range(4)) == 2
    assert rows("SELECT 1 FROM daily_rounds WHERE work = 'expiry.sweep'") == []
    go_the_round(app, NEW_YEAR + timedelta(minutes=1))
    assert [points(community, person) for person in range(4)] == [0] * 4
    assert len(rows("SELECT 1 FROM expiries")) == 4
    assert len(rows("SELECT 1 FROM daily_rounds WHERE work = 'expiry.sweep'")) == 1


def test_a_kill_in_the_middle_of_a_batch_leaves_nothing(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    earned(community, 2024)

    def killed(*_given: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("app.expiry.operations.note", killed)
        with pytest.raises(KeyboardInterrupt):
            go_round(community, NEW_YEAR)
    assert (points(community), expiries(community)) == (200, [])
    assert go_round(community, NEW_YEAR)[1] == 200


def test_one_whose_points_cannot_expire_keeps_nobody_else_back(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    earned(community, 2024)
    earned(community, 2024, person=5)
    real, stuck = expire_points, community.volunteers[WHO]

    def breaks_at_one(session: Session, people: Any, **named: Any) -> Any:
        if stuck in people:
            raise RuntimeError(stuck)
        return real(session, people, **named)

    monkeypatch.setattr(sweeping, "expire_points", breaks_at_one)
    assert go_round(community, NEW_YEAR)[:2] == (1, 200)
    assert (points(community), points(community, 5)) == (200, 0)


# ── the tables ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE expiries SET points_hundredths = 1",
        "DELETE FROM expiries",
        "INSERT INTO expiries SELECT id + 1, root_id, volunteer_id, 2020, usable_until_on, 5,"
        " (SELECT min(id) FROM entries), posted_at FROM expiries",
    ],
)
def test_what_has_expired_is_never_changed(community: Community, statement: str) -> None:
    earned(community, 2024)
    go_round(community, NEW_YEAR)
    with pytest.raises(DBAPIError), transaction() as session:
        session.connection().exec_driver_sql(statement)
    assert expiries(community) == [(2024, END_OF_2026, 200)]


def coming(community: Community) -> list[Due]:
    root_id = community.root_id
    settings = settings_of(db.session(), root_id)
    return queries.coming_of(db.session(), community.volunteers[WHO], root_id, settings)


# ── what is to come ───────────────────────────────────────────────────────────────────────


def test_somebody_sees_what_ends_next(community: Community) -> None:
    earned(community, 2024, 2025)
    found = coming(community)
    assert found == [
        Due(2024, date(2026, 12, 31), 200),
        Due(2025, date(2027, 12, 31), 200),
    ]


def test_a_transfer_of_points_belongs_to_the_year_it_came(community: Community) -> None:
    move(community, "transfer", 70, 9, at(2025, 12, 31, 17))  # past midnight in Shanghai
    found = coming(community)
    assert found == [Due(2026, date(2028, 12, 31), 70)]
