"""What was said of an activity, and of those at which somebody served."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.evaluations.models import Evaluation
from app.service.models import ServiceRecord
from app.teams.models import Colour, Team


class Said(NamedTuple):
    """One evaluation as a page shows it; nobody served is named."""

    rater: str
    stars: int
    word: str
    made_at: datetime
    made_by_id: int | None


class OfServed(NamedTuple):
    """One evaluation of an activity at which a volunteer served; who gave it is not told."""

    activity_id: int
    title: str
    service_on: date
    team_name: str
    colour_key: str
    colour_glyph: str
    rater: str
    stars: int
    word: str
    made_at: datetime


def evaluations_of(
    session: Session, volunteer_id: int, *, offset: int = 0, size: int | None = None
) -> list[OfServed]:
    """Return what was said of the activities at which somebody served, the newest first.

    Served is what counts in the books: a record taken back takes its evaluations along.
    """
    query = _of_served(
        select(
            Activity.id,
            Activity.title,
            Activity.service_on,
            Team.name,
            Colour.key,
            Colour.glyph,
            Evaluation.rater,
            Evaluation.stars,
            Evaluation.word,
            Evaluation.made_at,
        ),
        volunteer_id,
    )
    query = query.join(Team, Team.id == Activity.team_id).join(Colour, Colour.id == Team.colour_id)
    newest = (Activity.service_on.desc(), Evaluation.id.desc())
    rows = session.execute(query.order_by(*newest).offset(offset).limit(size))
    return [OfServed(*row) for row in rows]


def evaluations_count(session: Session, volunteer_id: int) -> int:
    """Return how much was said of the activities at which somebody served."""
    return session.scalar(_of_served(select(func.count()), volunteer_id)) or 0


def _of_served(query: Select[*tuple[Any, ...]], volunteer_id: int) -> Select[*tuple[Any, ...]]:
    """Narrow to evaluations of activities at which somebody served, each once."""
    counted = exists().where(
        ServiceRecord.volunteer_id == volunteer_id,
        ServiceRecord.activity_id == Evaluation.activity_id,
        ServiceRecord.state == "approved",
    )
    joined = query.select_from(Evaluation).join(Activity, Activity.id == Evaluation.activity_id)
    return joined.where(counted)


def said_of(session: Session, activity_id: int) -> list[Said]:
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
