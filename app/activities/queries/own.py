"""One person's own sign-ups: the place they have, their turn in the line, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, column, func, select, table
from sqlalchemy.orm import Session, aliased

from app.activities.models import Activity, SignUp
from app.activities.queries.listing import IS_LIVE, LISTED, TEAM, Listed, listed
from app.activities.rules import PUBLIC
from app.teams.models import Colour, Team

# Of app.service, which stands above: only what came of an activity is read.
_records = table(
    "service_records",
    column("activity_id"),
    column("volunteer_id"),
    column("state"),
    column("minutes"),
)


class OwnPlace(NamedTuple):
    """A place somebody has, or their turn in the line, from 1."""

    state: str
    turn: int


class OwnSignUp(NamedTuple):
    """A sign-up of one's own and what came of it.

    `attendance` as the leader closed it; minutes recorded, approved and waiting for it.
    """

    activity: Listed
    turn: int
    attendance: str | None
    approved_minutes: int
    waiting_minutes: int


def place_of(session: Session, activity_id: int, volunteer_id: int) -> OwnPlace | None:
    """Return somebody's place at an activity or their turn in its line, or None."""
    row = session.execute(
        select(SignUp.state, _turn()).where(
            SignUp.activity_id == activity_id, SignUp.volunteer_id == volunteer_id, IS_LIVE
        )
    ).first()
    return OwnPlace(*row) if row else None


def count_own(session: Session, volunteer_id: int, when: ColumnElement[bool]) -> int:
    """Return how many sign-ups of somebody lie in a span of time."""
    query = (
        select(func.count(SignUp.id))
        .join(Activity, Activity.id == SignUp.activity_id)
        .where(SignUp.volunteer_id == volunteer_id, IS_LIVE, Activity.state.in_(PUBLIC), when)
    )
    return session.scalar(query) or 0


def own_sign_ups(
    session: Session,
    volunteer_id: int,
    when: ColumnElement[bool],
    *,
    offset: int = 0,
    size: int,
    newest_first: bool = False,
) -> list[OwnSignUp]:
    """Return somebody's sign-ups in a span of time, with what came of each: one statement."""
    approved, waiting = (_minutes(state, volunteer_id) for state in ("approved", "submitted"))
    order = (Activity.service_on, Activity.starts_minute, Activity.id)
    if newest_first:
        order = tuple(one.desc() for one in order)  # type: ignore[assignment]
    query = (
        select(*LISTED, *TEAM, SignUp.state, _turn(), SignUp.attendance, approved, waiting)
        .join(SignUp, SignUp.activity_id == Activity.id)
        .join(Team, Team.id == Activity.team_id)
        .join(Colour, Colour.id == Team.colour_id)
        .where(SignUp.volunteer_id == volunteer_id, IS_LIVE, Activity.state.in_(PUBLIC), when)
        .order_by(*order)
        .offset(offset)
        .limit(size)
    )
    rows: Sequence[Any] = session.execute(query).all()
    return [OwnSignUp(listed(row), *row[-4:]) for row in rows]


def _turn() -> ColumnElement[int]:
    """Return how many wait no later than a sign-up: 1 is next; of a place it is 0."""
    other = aliased(SignUp)
    line = select(func.count(other.id)).where(
        other.activity_id == SignUp.activity_id, other.state == "waiting", other.id <= SignUp.id
    )
    return case((SignUp.state == "waiting", line.correlate(SignUp).scalar_subquery()), else_=0)


def _minutes(state: str, volunteer_id: int) -> Any:
    recorded = select(func.coalesce(func.sum(_records.c.minutes), 0)).where(
        and_(
            _records.c.activity_id == Activity.id,
            _records.c.volunteer_id == volunteer_id,
            _records.c.state == state,
        )
    )
    return recorded.correlate(Activity).scalar_subquery()
