"""The cast of the whole site, a browser for each of them, and an organiser of the root."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.organisations.models import Organisation
from app.people.models import Role
from tests.adjustments.community import settle
from tests.service.community import Community, make_community
from tests.settings.trees import check_audit, make_node
from tests.web.cast import SINCE, Cast, sign_in_as


@pytest.fixture
def community(app: Flask, db_session: Session) -> Iterator[Community]:
    """A community whose books the audit finds clean at the end, whatever was done to it."""
    made = make_community(db_session)
    settle(made)
    yield made
    check_audit(app)


@pytest.fixture
def east(community: Community) -> int:
    return make_node(community, "TX2", "东小区")


@pytest.fixture
def browser(app: Flask, cast: Cast) -> Callable[[str], FlaskClient]:
    """Return a browser of a role, its pages in English."""

    def open_as(role: str) -> FlaskClient:
        client = sign_in_as(app, cast, role)
        client.set_cookie("qicai_language", "en")
        return client

    return open_as


@pytest.fixture
def desk(browser: Callable[[str], FlaskClient]) -> FlaskClient:
    """The organiser of community TX."""
    return browser("organiser")


@pytest.fixture
def root_desk(cast: Cast, browser: Callable[[str], FlaskClient]) -> FlaskClient:
    """The same organiser, who organises the sub-district JD above as well."""
    root_id = organisation_id("JD")
    with transaction() as session:
        session.add(
            Role(
                login_id=cast.logins["organiser"],
                role="organiser",
                organisation_id=root_id,
                from_on=SINCE,
            )
        )
    return browser("organiser")


def organisation_id(code: str) -> int:
    found = db.session.query(Organisation).filter_by(code=code).one().id
    db.session.rollback()
    return found


def changes_of(operation: str) -> int:
    """Return how many rows the trail has of an operation."""
    from app.trail.models import TrailRow

    count = db.session.query(TrailRow).filter_by(operation=operation).count()
    db.session.rollback()
    return count
