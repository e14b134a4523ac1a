"""The cast of the whole site, a browser for each of them, and who is a guardian of whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clock import today_in
from app.db import db, transaction
from app.people.models import Helper, Volunteer
from tests.web.cast import Cast, sign_in_as

SINCE = date(2020, 1, 1)


@pytest.fixture
def browser(app: Flask, cast: Cast) -> Callable[[str], FlaskClient]:
    """Return a browser of a role, its pages in English."""

    def open_as(role: str) -> FlaskClient:
        client = sign_in_as(app, cast, role)
        client.set_cookie("qicai_language", "en")
        return client

    return open_as


def today() -> date:
    return today_in("Asia/Shanghai")


def years_ago(years: int) -> date:
    """Return a birth date that makes somebody this old, and some days."""
    return today() - timedelta(days=366 * years + 9)


def person(name: str) -> Volunteer:
    db.session.expire_all()
    return db.session.query(Volunteer).filter_by(name=name).one()


def let_act(name: str, helper: str, kind: str, *, born_on: date | None = None) -> int:
    """Let somebody be the only one who acts for another; return the ward."""
    with transaction() as session:
        one, other = (session.query(Volunteer).filter_by(name=n).one() for n in (name, helper))
        session.query(Helper).filter_by(volunteer_id=one.id).delete()
        one.born_on = born_on
        session.add(Helper(volunteer_id=one.id, helper_id=other.id, kind=kind, from_on=SINCE))
        return one.id
