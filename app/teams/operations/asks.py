"""Volunteers ask to join a team and say when they leave one; leaders answer, and are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.notices.operations import tell
from app.organisations.queries import root_id_of
from app.people.queries import get_volunteer
from app.teams.models import Membership, Team, TeamAsk
from app.teams.notices import JOINED, NOT_JOINED
from app.teams.operations.answers import (
    OwnQuestion,
    answers_for_team,
    checked_reason,
    refuse_unless_open,
    settle,
)
from app.teams.operations.members import MemberAlready, MembershipOver, join_team
from app.teams.queries import memberships_of
from app.teams.rules import Actor, Span, last_day, overlaps
from app.trail.operations import note
from app.trail.rules import mask_text

LONGEST_NOTICE = timedelta(days=366)


class AskedAlready(RuleBroken):
    code = "asked_already"
    message = N_("This was asked already and waits for an answer.")


class LastDayUnfit(RuleBroken):
    code = "bad_date"
    message = N_("The last day lies between today and a year from now.")


class LeaderLeaves(NotAllowed):
    message = N_("Whoever leads a team gives that up themselves; nobody does it for them.")


class LeftAlready(RuleBroken):
    code = "left_already"
    message = N_("The last day in the team has passed; ask to join it again.")


def ask_to_join_team(
    session: Session, team_id: int, *, volunteer_id: int, actor: Actor, now: datetime, today: date
) -> TeamAsk:
    """Ask for somebody to be taken into a team of their tree."""
    team, volunteer = _held_team(session, team_id), get_volunteer(session, volunteer_id)
    _refuse_out_of_reach(session, team, volunteer.organisation_id, today)
    spans = memberships_of(session, [volunteer_id], [team_id]).get((volunteer_id, team_id), [])
    if volunteer.state != "active" or overlaps(Span(today, None), spans):
        raise MemberAlready(name=volunteer.name, team=team.name)
    if _open_ask(session, volunteer_id, team_id, "join") is not None:
        raise AskedAlready
    ask = TeamAsk(
        volunteer_id=volunteer_id,
        team_id=team_id,
        kind="join",
        asked_by_id=actor.login_id,
        asked_at=now,
    )
    session.add(ask)
    session.flush()
    _note(session, "ask_to_join_team", ask, team, actor, now)
    return ask


def leave_team(
    session: Session,
    membership_id: int,
    *,
    volunteer_id: int,
    last_on: date,
    actor: Actor,
    now: datetime,
    today: date,
) -> TeamAsk:
    """End a membership with a last day from today on; nobody has to agree, its leader is told."""
    membership = session.get(Membership, membership_id)
    if membership is None or membership.volunteer_id != volunteer_id:
        raise NotFound
    team = _held_team(session, membership.team_id)
    session.refresh(membership)
    if membership.until_on is not None:
        raise MembershipOver
    if membership.role == "leader" and volunteer_id != actor.volunteer_id:
        raise LeaderLeaves
    if not today <= last_on <= today + LONGEST_NOTICE:
        raise LastDayUnfit
    membership.until_on = last_day(membership.from_on, last_on)
    ask = TeamAsk(
        volunteer_id=volunteer_id,
        team_id=team.id,
        kind="leave",
        last_on=last_on,
        membership_id=membership_id,
        asked_by_id=actor.login_id,
        asked_at=now,
    )
    session.add(ask)
    session.flush()
    _note(session, "leave_team", ask, team, actor, now, {"last_on": last_on})
    return ask


def withdraw_ask(
    session: Session, ask_id: int, *, volunteer_id: int, actor: Actor, now: datetime, today: date
) -> None:
    """Take back what was asked; whoever was leaving stays."""
    ask = session.get(TeamAsk, ask_id)
    if ask is None or ask.volunteer_id != volunteer_id:
        raise NotFound
    team = _held_team(session, ask.team_id)
    session.refresh(ask)
    if ask.kind == "leave":
        _stay(session, ask, today)
    else:
        refuse_unless_open(ask)
    # A leader may have taken note of it already; the withdrawal is the later word.
    ask.state, ask.decided_at, ask.decided_by_id = "withdrawn", now, actor.login_id
    session.flush()
    _note(session, "withdraw_team_ask", ask, team, actor, now)


def _stay(session: Session, ask: TeamAsk, today: date) -> None:
    membership = session.get_one(Membership, ask.membership_id)
    session.refresh(membership)
    is_as_asked = ask.state in {"open", "accepted"} and membership.until_on == ask.last_on
    if not is_as_asked or (ask.last_on or today) < today:
        raise LeftAlready
    membership.until_on = None


def answer_team_ask(
    session: Session,
    ask_id: int,
    *,
    accept: bool,
    reason: str = "",
    actor: Actor,
    now: datetime,
    today: date,
) -> TeamAsk:
    """Take somebody into the team or say why not; a leaving is only taken note of."""
    ask = session.get(TeamAsk, ask_id)
    if ask is None:
        raise NotFound
    team = answers_for_team(session, actor, ask.team_id)
    _held_team(session, team.id)
    session.refresh(ask)
    if actor.benefits(ask.volunteer_id):
        raise OwnQuestion
    if accept or ask.kind == "leave":
        settle(ask, "accepted", actor_id=actor.login_id, now=now)
    else:
        why = checked_reason(reason)
        settle(ask, "refused", actor_id=actor.login_id, now=now, reason=why)
    if ask.kind == "join" and ask.state == "accepted":
        join_team(
            session,
            team_id=team.id,
            volunteer_id=ask.volunteer_id,
            from_on=today,
            actor=actor,
            now=now,
        )
    session.flush()
    _note(session, "answer_team_ask", ask, team, actor, now)
    if ask.kind == "join":
        tell(
            session,
            JOINED if ask.state == "accepted" else NOT_JOINED,
            [ask.volunteer_id],
            figures={"team": team.name, "reason": mask_text(ask.reason or "")},
            path="/me/teams",
            at=now,
            subject_kind="team_ask",
            subject_id=ask.id,
        )
    return ask


def _held_team(session: Session, team_id: int) -> Team:
    # Held as joining holds it, so that an ask, its answer and its withdrawal stand in line.
    team = session.get(Team, team_id)
    if team is None:
        raise NotFound
    session.refresh(team, with_for_update={"key_share": True})
    return team


def _refuse_out_of_reach(session: Session, team: Team, home_id: int, today: date) -> None:
    is_over = team.retired_on is not None and team.retired_on <= today
    if is_over or root_id_of(session, team.organisation_id) != root_id_of(session, home_id):
        raise NotFound


def _open_ask(session: Session, volunteer_id: int, team_id: int, kind: str) -> TeamAsk | None:
    return session.scalar(
        select(TeamAsk).where(
            TeamAsk.volunteer_id == volunteer_id,
            TeamAsk.team_id == team_id,
            TeamAsk.kind == kind,
            TeamAsk.state == "open",
        )
    )


def _note(
    session: Session,
    operation: str,
    ask: TeamAsk,
    team: Team,
    actor: Actor,
    now: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    is_own = actor.on_behalf_of_id == ask.volunteer_id
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        at=now,
        subject_kind="volunteer",
        subject_id=ask.volunteer_id,
        organisation_id=team.organisation_id,
        on_behalf_of_id=ask.volunteer_id if is_own else None,
        after={"ask": ask.id, "team": team.code, "kind": ask.kind, "state": ask.state}
        | dict(more or {}),
        reason=ask.reason,
    )
