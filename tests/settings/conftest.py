"""The cast of the whole site, a browser for each of them, and an organiser of the root."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db, transaction
from app.organisations.models import Organisation
from app.people.models import Role
from tests.web.cast import SINCE, Cast, sign_in_as


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
