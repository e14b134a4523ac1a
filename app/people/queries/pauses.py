"""Who rests or has left, since when and until when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from app.people.models import Login, Pause
from app.people.queries.spans import lasts


class PauseRow(NamedTuple):
    """One of a person's pauses, and who wrote it down."""

    id: int
    kind: str
    from_on: date
    until_on: date | None
    reason: str
    set_by: str
    set_at: datetime
    ended_at: datetime | None

    @property
    def never_began(self) -> bool:
        """Whether the return came before the first day."""
        return self.until_on is not None and self.until_on < self.from_on


def pauses_of(session: Session, volunteer_id: int) -> list[PauseRow]:
    """Return a person's pauses, the latest first."""
    rows: Any = session.execute(
        select(
            Pause.id, Pause.kind, Pause.from_on, Pause.until_on, Pause.reason,
            Login.display_name, Pause.set_at, Pause.ended_at,
        )
        .join(Login, Login.id == Pause.set_by_id)
        .where(Pause.volunteer_id == volunteer_id)
        .order_by(Pause.from_on.desc(), Pause.id.desc())
    )  # fmt: skip
    return [PauseRow(*row) for row in rows]


def is_dormant(volunteer_id: Any, on: date) -> ColumnElement[bool]:
    """Return the condition that whoever a column names rests on a date."""
    resting = and_(Pause.volunteer_id == volunteer_id, Pause.kind == "dormant", lasts(Pause, on))
    return select(Pause.id).where(resting).exists()
