"""A record that somebody disputes, and the ways to answer, each in a transaction of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.disputes import operations
from app.disputes.rules import Recorded, Wish
from app.service.operations import Line
from tests.service.community import NOW, ORDINARY_DAY, Community

LATER = NOW + timedelta(hours=1)
# The volunteer of the community is the fourth person.
WHO = 3


def served(community: Community, person: int = WHO, minutes: int = 120, **more: Any) -> int:
    """Let the leader enter a record that counts at once; return it."""
    return community.logged(community.line(person, minutes, **more)).record_ids[0]


def wish(community: Community, minutes: int = 180, **more: Any) -> Wish:
    """Return the wish that a record should have more minutes."""
    said = {
        "service_on": ORDINARY_DAY,
        "minutes": minutes,
        "starts_minute": None,
        "team_id": community.red_id,
        "content": "清扫",
        **more,
    }
    return Wish("hours", "我做到十一点", Recorded(**said))


def disputed(
    community: Community, record_id: int, by: str = "volunteer", now: datetime = NOW, **more: Any
) -> int:
    """Dispute a record; return the dispute."""
    with transaction() as session:
        return operations.raise_dispute(
            session,
            record_id,
            more.get("wish") or wish(community),
            actor=community.actor(by),
            now=now,
            key=more.get("key") or community.fresh_key(),
        )


def line_of(community: Community, minutes: int = 180, person: int = WHO, **more: Any) -> Line:
    return community.line(person, minutes, **more)


def act(community: Community, what: str, dispute_id: int, *given: Any, by: str, **more: Any) -> Any:
    """Carry out one operation on a dispute as somebody of the community."""
    keyed = {"now": LATER, "key": community.fresh_key(), **more}
    with transaction() as session:
        return getattr(operations, what)(
            session, dispute_id, *given, actor=community.actor(by), **keyed
        )


def state_of(session: Session, dispute_id: int) -> str:
    return str(value(session, "SELECT state FROM disputes WHERE id = :id", id=dispute_id))


def thread_of(session: Session, dispute_id: int) -> list[str]:
    """Return the kinds of a thread's lines."""
    session.rollback()
    query = text("SELECT kind FROM dispute_lines WHERE dispute_id = :id ORDER BY id")
    return list(session.scalars(query, {"id": dispute_id}))


def value(session: Session, query: str, **values: Any) -> Any:
    session.rollback()
    found = session.execute(text(query), values).scalar()
    session.rollback()
    return found


def told(kind: str) -> int:
    """Return how many were told something of a kind."""
    session = db.session()
    return int(value(session, "SELECT count(*) FROM notices WHERE kind = :kind", kind=kind))
