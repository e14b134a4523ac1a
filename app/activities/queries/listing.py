"""Which activities there are: a page of a list, a month, one of them. Never a draft."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, null, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.activities.models import IS_PUBLIC, Activity, SignUp
from app.organisations.models import Organisation
from app.people.models import Volunteer
from app.teams.models import Colour, Membership, Team
from app.teams.queries.spans import lasts

DAY_MINUTES = 1440
_ONE_DAY = timedelta(days=1)


class ColourShown(NamedTuple):
    """A colour as its glyph is drawn."""

    key: str
    glyph: str
    name: str


class TeamShown(NamedTuple):
    """A team as its chip is drawn."""

    code: str
    name: str
    colour: ColourShown


class Listed(NamedTuple):
    """An activity in a list; `own` is the reader's place there: placed, waiting or none."""

    id: int
    title: str
    service_on: date
    starts_minute: int
    minutes: int
    place: str
    places: int | None
    taken: int
    state: str
    team: TeamShown
    own: str | None


class Wanted(NamedTuple):
    """Which activities are asked for; what is None or False asks for all.

    `person_id`: the reader, whose own places are shown. `only_own`: what they signed up for,
    and what the teams plan to which they belong `today`.
    """

    today: date
    organisation_ids: Collection[int] | None = None
    colour_key: str | None = None
    team_id: int | None = None
    person_id: int | None = None
    only_own: bool = False


class InMonth(NamedTuple):
    """An activity in a month, and how many there are on its date."""

    activity: Listed
    of_day: int


class InCharge(NamedTuple):
    """The person in charge; by which name they stand in public is asked of their consent."""

    id: int
    name: str


class Shown(NamedTuple):
    """One activity as its page shows it."""

    activity: Activity
    team: TeamShown
    organisation_id: int
    organisation_name: str
    in_charge: InCharge | None
    waiting: int


LISTED = (
    Activity.id,
    Activity.title,
    Activity.service_on,
    Activity.starts_minute,
    Activity.minutes,
    Activity.place,
    Activity.places,
    Activity.taken,
    Activity.state,
)
TEAM = (Team.code, Team.name, Colour.key, Colour.glyph, Colour.name)
IS_LIVE = SignUp.state.in_(("placed", "waiting"))
_WIDTH = len(LISTED)


def team_shown(columns: Sequence[Any]) -> TeamShown:
    """Return a team from the columns of TEAM."""
    code, name, *colour = columns
    return TeamShown(code, name, ColourShown(*colour))


def listed(row: Sequence[Any]) -> Listed:
    """Return an activity from the columns of LISTED and TEAM and the reader's place."""
    team_end = _WIDTH + len(TEAM)
    team = team_shown(row[_WIDTH:team_end])
    return Listed._make([*row[:_WIDTH], team, row[team_end]])


# ── when ──────────────────────────────────────────────────────────────────────────────────


def coming(today: date) -> ColumnElement[bool]:
    """Return the condition of what is from today on; last night's may reach into today."""
    crosses = Activity.starts_minute + Activity.minutes > DAY_MINUTES
    return and_(Activity.service_on >= today - _ONE_DAY, or_(Activity.service_on >= today, crosses))


def past(today: date) -> ColumnElement[bool]:
    """Return the condition of what was before today."""
    crosses = Activity.starts_minute + Activity.minutes > DAY_MINUTES
    yesterday = today - _ONE_DAY
    return and_(Activity.service_on < today, or_(Activity.service_on < yesterday, ~crosses))


def on_day(on: date) -> ColumnElement[bool]:
    """Return the condition of what begins on a date."""
    return Activity.service_on == on


# ── lists ─────────────────────────────────────────────────────────────────────────────────


def count_of(session: Session, wanted: Wanted, when: ColumnElement[bool]) -> int:
    """Return how many activities are wanted in a span of time."""
    query = select(func.count(Activity.id)).join(Team, Team.id == Activity.team_id)
    return int(session.scalar(_narrowed(query, wanted).where(when)) or 0)


def page_of_list(
    session: Session,
    wanted: Wanted,
    when: ColumnElement[bool],
    *,
    offset: int,
    size: int,
    newest_first: bool = False,
) -> list[Listed]:
    """Return a page of the wanted activities in the order of their time."""
    order = (Activity.service_on, Activity.starts_minute, Activity.id)
    if newest_first:
        order = tuple(column.desc() for column in order)  # type: ignore[assignment]
    query = _listing(wanted).where(when).order_by(*order).offset(offset).limit(size)
    return [listed(row) for row in session.execute(query)]


def month_of(
    session: Session, wanted: Wanted, first: date, last: date, *, of_day: int
) -> list[InMonth]:
    """Return at most some activities of each date, with how many there are: one statement."""
    order = (Activity.starts_minute, Activity.id)
    ranked = (
        _narrowed(
            select(
                Activity.id,
                func.row_number().over(partition_by=Activity.service_on, order_by=order).label("n"),
                func.count().over(partition_by=Activity.service_on).label("of_day"),
            ).join(Team, Team.id == Activity.team_id),
            wanted,
        )
        .where(Activity.service_on.between(first, last))
        .subquery()
    )
    query = (
        _listing(wanted, narrow=False)
        .add_columns(ranked.c.of_day)
        .join(ranked, ranked.c.id == Activity.id)
        .where(ranked.c.n <= of_day)
        .order_by(Activity.service_on, *order)
    )
    return [InMonth(listed(row), row.of_day) for row in session.execute(query)]


def _listing(wanted: Wanted, *, narrow: bool = True) -> Select[*tuple[Any, ...]]:
    own = SignUp.state if wanted.person_id is not None else null()
    query = (
        select(*LISTED, *TEAM, own.label("own"))
        .join(Team, Team.id == Activity.team_id)
        .join(Colour, Colour.id == Team.colour_id)
    )
    if wanted.person_id is not None:
        mine = and_(
            SignUp.activity_id == Activity.id, SignUp.volunteer_id == wanted.person_id, IS_LIVE
        )
        query = query.outerjoin(SignUp, mine)
    return _narrowed(query, wanted) if narrow else query


def _narrowed(query: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    query = query.where(IS_PUBLIC)
    if wanted.organisation_ids is not None:
        query = query.where(Team.organisation_id.in_(wanted.organisation_ids))
    if wanted.colour_key is not None:
        colours = select(Colour.id).where(Colour.key == wanted.colour_key)
        query = query.where(Team.colour_id.in_(colours))
    if wanted.team_id is not None:
        query = query.where(Activity.team_id == wanted.team_id)
    if wanted.only_own and wanted.person_id is not None:
        query = query.where(concerns(wanted.person_id, wanted.today))
    return query


def concerns(person_id: int, today: date) -> ColumnElement[bool]:
    """Return the condition of what somebody signed up for, or what a team of theirs plans.

    By ids: with a plain OR the days of every team there is would be gone through.
    """
    planned = aliased(Activity)
    theirs = select(planned.id).where(planned.team_id.in_(_teams_of(person_id, today)))
    return Activity.id.in_(union_all(theirs, _own(person_id)))


def _teams_of(person_id: int, today: date) -> Select[int]:
    return select(Membership.team_id).where(
        Membership.volunteer_id == person_id, lasts(Membership, today)
    )


def _own(person_id: int) -> Select[int]:
    return select(SignUp.activity_id).where(SignUp.volunteer_id == person_id, IS_LIVE)


# ── one ───────────────────────────────────────────────────────────────────────────────────


def find_shown(session: Session, activity_id: int) -> Shown | None:
    """Return one activity with what its page shows; whether it is a draft is not judged here."""
    waiting = (
        select(func.count(SignUp.id))
        .where(SignUp.activity_id == Activity.id, SignUp.state == "waiting")
        .scalar_subquery()
    )
    row = session.execute(
        select(
            Activity,
            *TEAM,
            Organisation.id,
            Organisation.name,
            Volunteer.id,
            Volunteer.name,
            waiting,
        )
        .join(Team, Team.id == Activity.team_id)
        .join(Colour, Colour.id == Team.colour_id)
        .join(Organisation, Organisation.id == Team.organisation_id)
        .outerjoin(Volunteer, Volunteer.id == Activity.in_charge_id)
        .where(Activity.id == activity_id)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return None
    activity, *team, home_id, home, charged_id, name, waits = row
    in_charge = InCharge(charged_id, name) if charged_id is not None else None
    return Shown(activity, team_shown(team), home_id, home, in_charge, waits)


def next_of(session: Session, person_id: int, today: date, minute: int) -> Listed | None:
    """Return what somebody signed up for next, else what a team of theirs plans next.

    `minute` of today it is now; what has ended is over. One statement.
    """
    wanted = Wanted(today, person_id=person_id, only_own=True)
    # Last night's may reach into today.
    ends_minute = Activity.starts_minute + Activity.minutes
    not_over = or_(
        Activity.service_on > today,
        and_(Activity.service_on == today, ends_minute > minute),
        and_(Activity.service_on == today - _ONE_DAY, ends_minute > minute + DAY_MINUTES),
    )
    query = (
        _listing(wanted)
        .where(not_over, Activity.service_on >= today - _ONE_DAY)
        .where(Activity.state.in_(("published", "under_way")))
        .order_by(SignUp.state.is_(None), Activity.service_on, Activity.starts_minute, Activity.id)
        .limit(1)
    )
    row = session.execute(query).first()
    return listed(row) if row else None
