"""Whoever comes to an organisation where points end is warned first, as if it began that day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import transaction
from app.expiry.queries import coming_of, dues_of, houses_below
from app.expiry.rules import first_end
from app.organisations.models import Setting
from app.organisations.queries import settings_of
from app.people.models import Volunteer
from app.settings.operations import move_people
from tests.expiry.community import WHO, at, earned
from tests.service.community import Community, make_community

MOVED_AT = at(2026, 1, 10)


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    """Points end after two years in the estate only; the volunteer belongs above it."""
    made = make_community(db_session)
    with transaction() as session:
        session.add(
            Setting(organisation_id=made.estate_id, key="points_expire_after_years", value="2")
        )
    earned(made, 2022, 2025)
    return made


def go(community: Community, into_id: int) -> None:
    """Let the volunteer belong to the estate."""
    with transaction() as session:
        move_people(
            session,
            [community.volunteers[WHO]],
            from_id=session.get_one(Volunteer, community.volunteers[WHO]).organisation_id,
            into_id=into_id,
            reason="搬家",
            actor=community.actor("organiser"),
            now=MOVED_AT,
            key=f"go to {into_id}",
        )


def test_old_points_do_not_end_on_the_day_of_moving(
    db_session: Session, community: Community
) -> None:
    go(community, community.estate_id)
    home, who = community.estate_id, community.volunteers[WHO]
    coming = coming_of(db_session, who, home, settings_of(db_session, home))
    assert [due.until_on for due in coming] == [first_end(MOVED_AT.date()), date(2027, 12, 31)]
    assert coming[0].until_on >= MOVED_AT.date() + timedelta(days=60)
    houses = houses_below(db_session, community.root_id)
    assert dues_of(db_session, {who: houses[home]})[who] == coming


def test_where_nothing_differs_nothing_is_put_off(
    db_session: Session, community: Community
) -> None:
    with transaction() as session:
        session.add(
            Setting(organisation_id=community.root_id, key="points_expire_after_years", value="2")
        )
    go(community, community.estate_id)
    home, who = community.estate_id, community.volunteers[WHO]
    coming = coming_of(db_session, who, home, settings_of(db_session, home))
    assert coming[0].until_on < MOVED_AT.date()
