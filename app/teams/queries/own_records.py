"""What a sign-in approved for its own person, e.g. before it said who it is (I-12)."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Date, column, select, table
from sqlalchemy.orm import Session

from app.people.models import Login

# Service is kept above; named like a foreign key upwards, by its table, which needs no import.
_records = table(
    "service_records",
    column("id"),
    column("volunteer_id"),
    column("approver_id"),
    column("state"),
    column("service_on", Date),
    column("minutes"),
)


class OwnApproval(NamedTuple):
    """A record that its own person approved; somebody else should look at it."""

    record_id: int
    service_on: date
    minutes: int


def approved_by(session: Session, login_id: int, volunteer_id: int) -> list[OwnApproval]:
    """Return the records of a volunteer that stand approved by a login, the latest first."""
    return _found(session, _records.c.approver_id == login_id, volunteer_id)


def approved_by_oneself(session: Session, volunteer_id: int) -> list[OwnApproval]:
    """Return the records of a volunteer that stand approved by their own login."""
    own = select(Login.id).where(Login.volunteer_id == volunteer_id)
    return _found(session, _records.c.approver_id.in_(own), volunteer_id)


def _found(session: Session, approver: Any, volunteer_id: int) -> list[OwnApproval]:
    here = _records.c.volunteer_id == volunteer_id
    rows = session.execute(
        select(_records.c.id, _records.c.service_on, _records.c.minutes)
        .where(here, _records.c.state == "approved", approver)
        .order_by(_records.c.service_on.desc(), _records.c.id.desc())
        .limit(50)
    )
    return [OwnApproval(*row) for row in rows]
