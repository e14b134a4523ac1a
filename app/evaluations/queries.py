"""What was said of an activity."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.evaluations.models import Evaluation


class Said(NamedTuple):
    """One evaluation as a page shows it; nobody served is named."""

    rater: str
    stars: int
    word: str
    made_at: datetime
    made_by_id: int | None


def evaluations_of(session: Session, activity_id: int) -> list[Said]:
    """Return what was said of an activity, the newest first."""
    rows = session.execute(
        select(
            Evaluation.rater,
            Evaluation.stars,
            Evaluation.word,
            Evaluation.made_at,
            Evaluation.made_by_id,
        )
        .where(Evaluation.activity_id == activity_id)
        .order_by(Evaluation.id.desc())
    )
    return [Said(*row) for row in rows]


def next_invite(session: Session, activity_id: int) -> int:
    """Return the number of the first link that nobody has used yet."""
    used = session.scalar(
        select(func.max(Evaluation.invite_number)).where(Evaluation.activity_id == activity_id)
    )
    return (used or 0) + 1


def is_used(session: Session, activity_id: int, number: int) -> bool:
    """Tell whether somebody gave their evaluation by this link."""
    found = session.scalar(
        select(Evaluation.id).where(
            Evaluation.activity_id == activity_id, Evaluation.invite_number == number
        )
    )
    return found is not None
