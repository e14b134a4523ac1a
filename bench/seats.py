"""Who sits at a browser of the bench: signed in with a session of their own."""

from __future__ import annotations

import os
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Flask

from app.clock import now
from app.db import db
from app.people.models import Login, Role
from app.people.operations.sessions import begin_session
from app.teams.models import Membership
from tests.service.community import Community

ZONE = ZoneInfo("Asia/Shanghai")


class Guest(NamedTuple):
    """Somebody who comes: their session, and the cookie of their phone."""

    session_id: int
    cookie: str


def guest_of(app: Flask, login: Login) -> Guest:
    """Begin a session for a login; inside a transaction, the app having its secret."""
    at = now()
    begun = begin_session(
        db.session(),
        login,
        address="127.0.0.1",
        device="bench",
        now=at,
        today=at.astimezone(ZONE).date(),
    )
    said = {"_user_id": begun.token, "_fresh": True}
    sealed = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return Guest(begun.session_id, sealed.dumps(said))


def guest_at(app: Flask, community: Community, name: str) -> Guest:
    """Begin a session for an actor of the community."""
    return guest_of(app, db.session.get_one(Login, community.actor(name).login_id))


def let_organise(community: Community) -> None:
    """Put the organiser's role on record."""
    login_id = community.actor("organiser").login_id
    given = {"organisation_id": community.root_id, "from_on": date(2020, 1, 1)}
    db.session.add(Role(login_id=login_id, role="organiser", **given))


def join(team_id: int, people: list[int]) -> None:
    """Let people belong to a team."""
    given = {"team_id": team_id, "role": "member", "from_on": date(2025, 1, 1)}
    db.session.add_all(Membership(volunteer_id=each, **given) for each in people)


def as_run_does() -> list[str]:
    """Return granian's options as ./run gives them."""
    workers = min(max(os.cpu_count() or 2, 2), 4)
    return ["--no-ws", "--workers", str(workers), "--blocking-threads", "1"]
