"""A community with one organiser, and people who have passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import transaction
from app.organisations.operations import create_organisation
from app.people import queries
from app.people.models import Login
from app.people.operations import add_volunteer, create_login, grant_first_roles, login_for
from app.people.rules.passwords import HashCost, hash_password

NOW = datetime(2026, 4, 1, 4, tzinfo=UTC)
TODAY = date(2026, 4, 1)
COST = HashCost(8, 1)
PASSWORD = "lamp-and-tea"


@dataclass(frozen=True)
class Place:
    """What the tests name: the community TX and its first organiser."""

    organisation_id: int
    organiser_id: int


@pytest.fixture
def place(app: Flask) -> Place:
    with transaction() as session:
        home = create_organisation(session, code="TX", name="涂新社区", actor_id=None, now=NOW)
        login = create_login(
            session,
            display_name="夏至",
            name="xiazhi",
            password_hash=hash_password(PASSWORD, COST),
            actor_id=None,
            now=NOW,
        )
        grant_first_roles(session, login.id, organisation_id=home.id, now=NOW, today=TODAY)
        return Place(home.id, login.id)


def login_of(session: Session, volunteer_id: int) -> Login:
    """Return a person's login, which the test knows to be there."""
    found = queries.login_of(session, volunteer_id)
    assert found is not None
    return found


def add(place: Place, name: str, *, phone: str | None = None, password: str | None = None) -> int:
    """Add a person; with a password they can sign in. Returns the volunteer's id."""
    with transaction() as session:
        made = add_volunteer(
            session,
            organisation_id=place.organisation_id,
            name=name,
            phone=phone,
            actor_id=place.organiser_id,
            now=NOW,
        )
        if password:
            login = login_for(session, made.id, actor_id=place.organiser_id, now=NOW)
            login.password_hash = hash_password(password, COST)
        return made.id
