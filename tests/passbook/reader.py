"""A community with something to read, browsers of its people, and a count of statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.people.models import Role
from app.service.operations import approve, propose_correction, reverse_record
from tests.service.community import Community, make_community
from tests.web.cast import Cast, sign_in_as

READER = 3
LATER = datetime(2026, 2, 4, 9, 0, tzinfo=UTC)


def assemble(session: Session, **settings: Any) -> Community:
    """Make the community with its organiser's and an auditor's role on record."""
    community = make_community(session, **settings)
    with transaction():
        for name, role in (("organiser", "organiser"), ("organiser_too", "auditor")):
            login_id = community.actor(name).login_id
            session.add(
                Role(
                    login_id=login_id,
                    role=role,
                    organisation_id=community.root_id,
                    from_on=date(2020, 1, 1),
                )
            )
    return community


def serve(community: Community, dates: list[date], person: int = READER, minutes: int = 90) -> None:
    """Let somebody serve with the red team on these dates, entered by an organiser."""
    for on in dates:
        community.logged(community.line(person, minutes, service_on=on), by="organiser")


def days(first: date, count: int, step: int = 1) -> list[date]:
    return [first + timedelta(days=i * step) for i in range(count)]


def take_back(community: Community, record_id: int, reason: str = "登记错了") -> None:
    with transaction() as session:
        reverse_record(
            session, record_id, actor=community.actor("organiser"), now=LATER, reason=reason
        )


def correct(community: Community, record_id: int, minutes: int, on: date) -> None:
    """Put a record right, by an organiser, approved by a leader's co-leader above."""
    line = community.line(READER, minutes, service_on=on)
    with transaction() as session:
        made = propose_correction(
            session,
            record_id,
            line,
            actor=community.actor("leader"),
            now=LATER,
            reason="早走半小时",
        )
        approve(session, list(made), actor=community.actor("organiser"), now=LATER, reason="核对过")


def browser_of(app: Flask, community: Community, name: str) -> FlaskClient:
    """Return a browser in which somebody of the community is signed in."""
    return sign_in_as(app, Cast(logins={name: community.actor(name).login_id}), name)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements sent meanwhile."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
