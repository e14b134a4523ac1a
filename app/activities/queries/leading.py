"""What leaders and organisers see: the team's list, who is on an activity, what is late."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.activities.models import Activity, CheckIn, SignUp
from app.activities.rules import OPEN, ends_at
from app.activities.rules.closing_dates import TimeLeft, time_left
from app.clock import today_in
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import Inherited, inherited_by_many
from app.people.models import Helper, Login, Volunteer
from app.people.rules.names import masked_phone
from app.teams.models import Team
from app.teams.queries import TeamRow, teams_by_ids

# Of what is past, the list shows the latest; each has its own page.
MOST_PAST = 30
PLACED_OR_WAITING = ("placed", "waiting")


class Listed(NamedTuple):
    """One activity of a team's list."""

    id: int
    title: str
    service_on: date
    starts_minute: int
    minutes: int
    place: str
    places: int | None
    taken: int
    waiting: int
    state: str
    is_proposed: bool
    project_id: int | None


class Shelf(NamedTuple):
    """A team's activities as its leader sees them."""

    to_close: list[Listed]
    under_way: list[Listed]
    announced: list[Listed]
    drafts: list[Listed]
    past: list[Listed]


class Person(NamedTuple):
    """Somebody on the list of an activity."""

    volunteer_id: int
    number: str | None
    name: str
    name_keys: str
    masked_phone: str
    state: str
    made_at: datetime
    # Who signed them up, when it was not they themselves; and as what.
    by: str
    by_kind: str
    is_in: bool


class Unclosed(NamedTuple):
    """An activity that has ended and waits for its closing."""

    activity_id: int
    title: str
    team: TeamRow
    service_on: date
    starts_minute: int
    taken: int
    left: TimeLeft


_WAITING = (
    select(func.count(SignUp.id))
    .where(SignUp.activity_id == Activity.id, SignUp.state == "waiting")
    .scalar_subquery()
)
_LISTED: Select[Any] = select(
    Activity.id,
    Activity.title,
    Activity.service_on,
    Activity.starts_minute,
    Activity.minutes,
    Activity.place,
    Activity.places,
    Activity.taken,
    _WAITING,
    Activity.state,
    Activity.is_proposed,
    Activity.project_id,
)


def shelf_of(session: Session, team_id: int, zone: str, now: datetime) -> Shelf:
    """Return a team's activities, each where its leader looks for it."""
    of_team = _LISTED.where(Activity.team_id == team_id)
    open_ones = of_team.where(Activity.state.in_(("draft", *OPEN)))
    in_order = open_ones.order_by(Activity.service_on, Activity.starts_minute, Activity.id)
    rows = [Listed(*row) for row in session.execute(in_order)]
    past = of_team.where(Activity.state.in_(("closed", "cancelled")))
    latest = past.order_by(Activity.service_on.desc(), Activity.id.desc()).limit(MOST_PAST)
    running = [row for row in rows if row.state in OPEN]
    to_close = [row for row in running if _end_of(row, zone) <= now]
    others = [row for row in running if row not in to_close]
    return Shelf(
        to_close,
        [row for row in others if row.state == "under_way"],
        [row for row in others if row.state == "published"],
        [row for row in rows if row.state == "draft"],
        [Listed(*row) for row in session.execute(latest)],
    )


def _end_of(row: Any, zone: str) -> datetime:
    return ends_at(row.service_on, row.starts_minute, row.minutes, zone)


def listed_on(session: Session, days: Mapping[int, date]) -> dict[int, list[Listed]]:
    """Return what each team has on a date of its own, cancelled ones left out."""
    found: dict[int, list[Listed]] = {team_id: [] for team_id in days}
    if not days:
        return found
    rows = session.execute(
        _LISTED.add_columns(Activity.team_id)
        .where(
            Activity.team_id.in_(days),
            Activity.service_on.in_(set(days.values())),
            Activity.state != "cancelled",
        )
        .order_by(Activity.starts_minute, Activity.id)
    )
    for *row, team_id in rows:
        listed = Listed(*row)
        if days[team_id] == listed.service_on:
            found[team_id].append(listed)
    return found


def people_of(session: Session, activity_id: int) -> list[Person]:
    """Return who is on the list of an activity: in order of their coming, which is their turn."""
    acts_for = (
        select(func.min(Helper.kind))
        .where(Helper.helper_id == Login.volunteer_id, Helper.volunteer_id == Volunteer.id)
        .scalar_subquery()
    )
    came = and_(CheckIn.activity_id == SignUp.activity_id, CheckIn.volunteer_id == Volunteer.id)
    rows = session.execute(
        select(
            Volunteer.id,
            Volunteer.number,
            Volunteer.name,
            Volunteer.name_keys,
            Volunteer.phone,
            SignUp.state,
            SignUp.made_at,
            Login.volunteer_id.label("signer_id"),
            Login.display_name,
            acts_for.label("acts_as"),
            CheckIn.id.label("check_in_id"),
        )
        .join(Volunteer, Volunteer.id == SignUp.volunteer_id)
        .join(Login, Login.id == SignUp.made_by_id)
        .outerjoin(CheckIn, came)
        .where(SignUp.activity_id == activity_id, SignUp.state.in_(PLACED_OR_WAITING))
        .order_by(SignUp.id)
    )
    return [_person(row) for row in rows]


def _person(row: Any) -> Person:
    is_own = row.signer_id == row.id
    return Person(
        row.id,
        row.number,
        row.name,
        row.name_keys,
        masked_phone(row.phone),
        row.state,
        row.made_at,
        "" if is_own else row.display_name,
        "" if is_own else row.acts_as or "other",
        row.check_in_id is not None,
    )


def last_activity(session: Session, team_id: int) -> Activity | None:
    """Return the latest activity of a team that nothing made by itself, or None."""
    return session.scalar(
        select(Activity)
        .where(
            Activity.team_id == team_id,
            Activity.state != "cancelled",
            Activity.project_id.is_(None),
        )
        .order_by(Activity.service_on.desc(), Activity.id.desc())
        .limit(1)
    )


def active_id(session: Session, volunteer_id: int | None) -> int | None:
    """Return the id of somebody who still serves, else None: nobody is in charge who has left."""
    person = session.get(Volunteer, volunteer_id) if volunteer_id is not None else None
    return person.id if person is not None and person.state == "active" else None


def unclosed(
    session: Session,
    organisation_ids: Collection[int],
    now: datetime,
    *,
    team_ids: Collection[int] = (),
) -> list[Unclosed]:
    """Return what has ended below some organisations, or with some teams, and is not closed.

    What has least time left stands first. A fixed number of statements, however many there are.
    """
    # Whatever the zone, it is no later than tomorrow anywhere.
    latest = now.date() + timedelta(days=1)
    rows = session.execute(
        select(Activity, Team.organisation_id)
        .join(Team, Team.id == Activity.team_id)
        .where(
            Team.organisation_id.in_(organisation_ids) | Team.id.in_(team_ids),
            Activity.state.in_(OPEN),
            Activity.service_on <= latest,
        )
        .order_by(Activity.service_on, Activity.starts_minute, Activity.id)
    ).all()
    if not rows:
        return []
    inherited = inherited_by_many(session, {home for _, home in rows})
    calendars = {home: WorkingCalendar(each.calendar) for home, each in inherited.items()}
    ended = [(row, home) for row, home in rows if _has_ended(row, inherited[home], now)]
    teams = _teams(session, (row.team_id for row, _ in ended))
    found = [
        Unclosed(
            row.id,
            row.title,
            teams[row.team_id],
            row.service_on,
            row.starts_minute,
            row.taken,
            time_left_of(row.service_on, inherited[home], calendars[home], now),
        )
        for row, home in ended
    ]
    return sorted(found, key=lambda each: each.left.last_on)


def _has_ended(activity: Activity, inherited: Inherited, now: datetime) -> bool:
    return _end_of(activity, inherited.settings.time_zone) <= now


def _teams(session: Session, team_ids: Iterable[int]) -> dict[int, TeamRow]:
    wanted = set(team_ids)
    return {team.id: team for team in teams_by_ids(session, wanted)} if wanted else {}


def time_left_of(
    service_on: date, inherited: Inherited, calendar: WorkingCalendar, now: datetime
) -> TimeLeft:
    """Return how long an activity of a date may still be closed in time."""
    settings = inherited.settings
    today = today_in(settings.time_zone, now)
    return time_left(service_on, today, calendar, settings.timely_working_days)
