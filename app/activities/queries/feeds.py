"""What calendars subscribe to: a team's activities, one person's sign-ups. Never a draft."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from app.activities.models import IS_PUBLIC, Activity, CalendarFeed, SignUp
from app.activities.queries.listing import IS_LIVE
from app.people.models import Login, Volunteer
from app.people.queries import acts_for
from app.teams.models import Colour, Team
from app.trail.models import TrailRow

# Far more than anybody keeps in a calendar; an address asked for every few minutes stays cheap.
MOST_EVENTS = 1000
# What the list of people has seen changes nothing of the plan.
_NO_CHANGE = (
    "activity.sign_up",
    "activity.withdraw",
    "activity.remove",
    "activity.renew_codes",
    "activity.check_in",
    "activity.check_out",
    "activity.check_in_times",
    "activity.check_in_taken_back",
    "activity.evaluate",
)


class FeedOwner(NamedTuple):
    """Whose calendar a secret address is."""

    volunteer_id: int
    name: str


class FeedEvent(NamedTuple):
    """An activity as a calendar shows it; `own` is the reader's place, if it is theirs.

    `here_since`: since when it stands in this calendar.
    """

    id: int
    title: str
    content: str
    place: str
    bring: str
    service_on: date
    starts_minute: int
    minutes: int
    state: str
    cancel_reason: str | None
    version: int
    made_at: datetime
    here_since: datetime
    organisation_id: int
    team_name: str
    theme: str
    own: str | None


_EVENT = (
    Activity.id,
    Activity.title,
    Activity.content,
    Activity.place,
    Activity.bring,
    Activity.service_on,
    Activity.starts_minute,
    Activity.minutes,
    Activity.state,
    Activity.cancel_reason,
    Activity.version,
    Activity.made_at,
)


def owner_of_feed(session: Session, token_sha256: str, on: date) -> FeedOwner | None:
    """Return whose calendar an address is.

    Of somebody who left, or whose helper made it and acts for them no more, it is nobody's.
    """
    row = session.execute(
        select(Volunteer.id, Volunteer.name, Login.volunteer_id)
        .join(CalendarFeed, CalendarFeed.volunteer_id == Volunteer.id)
        .join(Login, Login.id == CalendarFeed.made_by_id)
        .where(CalendarFeed.token_sha256 == token_sha256, Volunteer.state == "active")
    ).first()
    if row is None:
        return None
    owner_id, name, maker_id = row
    if maker_id != owner_id and owner_id not in acts_for(session, maker_id or 0, on):
        return None
    return FeedOwner(owner_id, name)


def feed_made_at(session: Session, volunteer_id: int) -> datetime | None:
    """Return since when somebody's calendar has its address, or None."""
    return session.scalar(
        select(CalendarFeed.made_at).where(CalendarFeed.volunteer_id == volunteer_id)
    )


def events_of_person(session: Session, volunteer_id: int, since: date) -> list[FeedEvent]:
    """Return what somebody is signed up for or waits for, the newest when there are too many."""
    at = func.coalesce(SignUp.placed_at, SignUp.made_at)
    query = (
        select(*_EVENT, at, Team.organisation_id, Team.name, Colour.name, SignUp.state)
        .join(SignUp, SignUp.activity_id == Activity.id)
        .where(SignUp.volunteer_id == volunteer_id, IS_LIVE)
    )
    return _events(session, query, since)


def events_of_team(session: Session, team_id: int, since: date) -> list[FeedEvent]:
    """Return what a team announced, the newest when there are too many."""
    at = func.coalesce(Activity.published_at, Activity.made_at)
    query = select(*_EVENT, at, Team.organisation_id, Team.name, Colour.name, literal(None)).where(
        Activity.team_id == team_id
    )
    return _events(session, query, since)


def _events(session: Session, query: Select[*tuple[Any, ...]], since: date) -> list[FeedEvent]:
    wanted = (
        query.join(Team, Team.id == Activity.team_id)
        .join(Colour, Colour.id == Team.colour_id)
        .where(IS_PUBLIC, Activity.service_on >= since)
        .order_by(Activity.service_on.desc(), Activity.id.desc())
        .limit(MOST_EVENTS)
    )
    return [FeedEvent(*row) for row in reversed(session.execute(wanted).all())]


def changes_of(session: Session, activity_ids: Collection[int]) -> dict[int, datetime]:
    """Return when each plan last changed, as the trail says."""
    query = (
        select(TrailRow.subject_id, func.max(TrailRow.at))
        .where(
            TrailRow.subject_kind == "activity",
            TrailRow.subject_id.in_(activity_ids),
            TrailRow.operation.not_in(_NO_CHANGE),
        )
        .group_by(TrailRow.subject_id)
    )
    return {subject_id: at for subject_id, at in session.execute(query) if subject_id}
