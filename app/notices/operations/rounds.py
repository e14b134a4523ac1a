"""Once a day: whoever writes the row of a date does its work, in the same commit."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.bulk import run


def begin_round(session: Session, *, root_id: int, work: str, day_on: date, now: datetime) -> bool:
    """Take a date's round; False where it was done. Another worker's commit is waited for."""
    taken = run(
        session,
        "INSERT INTO daily_rounds (root_id, work, day_on, done_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        root_id,
        work,
        day_on,
        now,
    )
    return int(taken.rowcount) == 1
