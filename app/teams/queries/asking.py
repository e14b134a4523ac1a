"""What leaders and organisers are asked: to take people in, to let somebody act, and who leaves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.people.models import Volunteer
from app.people.rules.names import masked_phone
from app.teams.models import HelperAsk, JoinRequest, JoinWish, Team, TeamAsk
from app.teams.queries.members import members_of_teams
from app.teams.queries.teams import TeamRow, teams_by_ids
from app.teams.rules import Actor

MOST_LISTED = 100


class RequestRow(NamedTuple):
    """Somebody who asks to join; of phones the ends only."""

    id: int
    organisation_id: int
    name: str
    masked_phone: str
    born_on: date | None
    guardian_name: str | None
    masked_guardian_phone: str
    wants_advice: bool
    asked_at: datetime
    state: str
    reason: str | None
    volunteer_id: int | None
    # The teams wished for and not refused by their leaders.
    teams: tuple[TeamRow, ...]


class AskRow(NamedTuple):
    """A volunteer who asks to join a team, or leaves it."""

    id: int
    kind: str
    state: str
    volunteer_id: int
    name: str
    number: str | None
    team_id: int
    team_name: str
    last_on: date | None
    asked_at: datetime
    reason: str | None


class HelperAskRow(NamedTuple):
    """A volunteer who asks that somebody may act for them."""

    id: int
    state: str
    name: str
    number: str | None
    helper_name: str
    helper_number: str | None
    asked_at: datetime
    reason: str | None


_request = (
    JoinRequest.id, JoinRequest.organisation_id, JoinRequest.name, JoinRequest.phone,
    JoinRequest.born_on, JoinRequest.guardian_name, JoinRequest.guardian_phone,
    JoinRequest.wants_advice, JoinRequest.asked_at, JoinRequest.state, JoinRequest.reason,
    JoinRequest.volunteer_id,
)  # fmt: skip
_ask = (
    TeamAsk.id, TeamAsk.kind, TeamAsk.state, TeamAsk.volunteer_id, Volunteer.name,
    Volunteer.number, Team.id, Team.name, TeamAsk.last_on, TeamAsk.asked_at, TeamAsk.reason,
)  # fmt: skip


def requests_for(session: Session, actor: Actor) -> list[RequestRow]:
    """Return who asks the actor to join, the oldest first."""
    query = select(*_request).where(JoinRequest.state == "open", _requests_of(actor))
    rows = session.execute(query.order_by(JoinRequest.id).limit(MOST_LISTED)).all()
    return _with_teams(session, rows)


def find_request(session: Session, actor: Actor, request_id: int) -> RequestRow | None:
    """Return a request in the actor's reach, answered or not, or None."""
    query = select(*_request).where(JoinRequest.id == request_id, _requests_of(actor, ever=True))
    found = _with_teams(session, session.execute(query).all())
    return found[0] if found else None


def asks_for(session: Session, actor: Actor) -> list[AskRow]:
    """Return the volunteers who ask to join or leave the actor's teams, the oldest first."""
    query = (
        select(*_ask)
        .join(Volunteer, Volunteer.id == TeamAsk.volunteer_id)
        .join(Team, Team.id == TeamAsk.team_id)
        .where(TeamAsk.state == "open", _team_asks_of(actor))
        .order_by(TeamAsk.id)
        .limit(MOST_LISTED)
    )
    return [AskRow(*row) for row in session.execute(query)]


def asks_of(session: Session, volunteer_id: int) -> list[AskRow]:
    """Return what somebody asked and what came of it, the latest first."""
    query = (
        select(*_ask)
        .join(Volunteer, Volunteer.id == TeamAsk.volunteer_id)
        .join(Team, Team.id == TeamAsk.team_id)
        .where(TeamAsk.volunteer_id == volunteer_id)
        .order_by(TeamAsk.id.desc())
        .limit(20)
    )
    return [AskRow(*row) for row in session.execute(query)]


def helper_asks_for(session: Session, actor: Actor, on: date) -> list[HelperAskRow]:
    """Return who asks the actor that somebody may act for them, the oldest first."""
    return _helper_asks(session, and_(HelperAsk.state == "open", _helper_asks_of(actor, on)))


def helper_asks_of(session: Session, volunteer_id: int) -> list[HelperAskRow]:
    """Return for which helpers somebody asked and waits for an answer."""
    mine = HelperAsk.volunteer_id == volunteer_id
    return _helper_asks(session, and_(mine, HelperAsk.state == "open"))


def count_asked(session: Session, actor: Actor, on: date) -> int:
    """Return how many questions wait for the actor, in one statement."""
    return sum(session.execute(select(*asked_counts(actor, on))).one())


def asked_counts(actor: Actor, on: date) -> list[Any]:
    """Return what counts the questions that wait for the actor, for a statement of others' too."""
    requests = select(func.count()).where(JoinRequest.state == "open", _requests_of(actor))
    asks = (
        select(func.count())
        .select_from(TeamAsk)
        .join(Team, Team.id == TeamAsk.team_id)
        .where(TeamAsk.state == "open", _team_asks_of(actor))
    )
    helpers = (
        select(func.count())
        .select_from(HelperAsk)
        .join(Volunteer, Volunteer.id == HelperAsk.volunteer_id)
        .where(HelperAsk.state == "open", _helper_asks_of(actor, on))
    )
    return [part.scalar_subquery() for part in (requests, asks, helpers)]


def _requests_of(actor: Actor, *, ever: bool = False) -> ColumnElement[bool]:
    """Return the condition that a request is the actor's: of their tree, or of a team they lead."""
    wished = select(JoinWish.request_id).join(Team, Team.id == JoinWish.team_id)
    if not ever:
        wished = wished.where(JoinWish.refused_at.is_(None))
    mine = wished.where(_teams_of(actor))
    here = JoinRequest.organisation_id.in_(actor.organises) if actor.organises else false()
    return or_(here, JoinRequest.id.in_(mine))


def _team_asks_of(actor: Actor) -> ColumnElement[bool]:
    return and_(_teams_of(actor), TeamAsk.volunteer_id.not_in(_close(actor)))


def _teams_of(actor: Actor) -> ColumnElement[bool]:
    return or_(Team.id.in_(actor.leads), Team.organisation_id.in_(actor.organises))


def _helper_asks_of(actor: Actor, on: date) -> ColumnElement[bool]:
    member = HelperAsk.volunteer_id.in_(members_of_teams(actor.leads, on))
    above = Volunteer.organisation_id.in_(actor.organises)
    close = _close(actor)
    nobody_close = and_(HelperAsk.volunteer_id.not_in(close), HelperAsk.helper_id.not_in(close))
    return and_(or_(member, above), nobody_close)


def _close(actor: Actor) -> Collection[int]:
    """Return of whom the actor decides nothing: themselves and whom they act for."""
    return {*actor.acts_for, *([actor.volunteer_id] if actor.volunteer_id else [])}


def _helper_asks(session: Session, condition: ColumnElement[bool]) -> list[HelperAskRow]:
    helper = aliased(Volunteer)
    query = (
        select(
            HelperAsk.id, HelperAsk.state, Volunteer.name, Volunteer.number,
            helper.name, helper.number, HelperAsk.asked_at, HelperAsk.reason,
        )
        .join(Volunteer, Volunteer.id == HelperAsk.volunteer_id)
        .join(helper, helper.id == HelperAsk.helper_id)
        .where(condition)
        .order_by(HelperAsk.id)
        .limit(MOST_LISTED)
    )  # fmt: skip
    return [HelperAskRow(*row) for row in session.execute(query)]


def _with_teams(session: Session, rows: Sequence[Any]) -> list[RequestRow]:
    wished: dict[int, list[int]] = {}
    query = select(JoinWish.request_id, JoinWish.team_id).where(
        JoinWish.request_id.in_([row.id for row in rows]), JoinWish.refused_at.is_(None)
    )
    for request_id, team_id in session.execute(query):
        wished.setdefault(request_id, []).append(team_id)
    wanted = {team_id for ids in wished.values() for team_id in ids}
    teams = {team.id: team for team in teams_by_ids(session, wanted)} if wanted else {}
    return [
        RequestRow._make(
            [
                *row[:3],
                masked_phone(row.phone),
                row.born_on,
                row.guardian_name,
                masked_phone(row.guardian_phone),
                *row[7:],
                tuple(team for team in teams.values() if team.id in wished.get(row.id, ())),
            ]
        )
        for row in rows
    ]
