"""Who belongs to a team, from when until when, and who leads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.people.operations import widen_account
from app.people.queries import get_volunteer, login_of
from app.teams.models import Membership, Team
from app.teams.queries import memberships_of
from app.teams.rules import Actor, DatesUnfit, Span, day_before, last_day, may_name_leader, overlaps
from app.trail.operations import note

ROLES = ("member", "leader")


class MemberAlready(RuleBroken):
    code = "member_already"
    message = N_("%(name)s belongs to %(team)s already.")


class MembershipOver(RuleBroken):
    code = "membership_over"
    message = N_("This membership has ended.")


class Joining(NamedTuple):
    """One line of a roster: who joins which team, as what, from when."""

    team_id: int
    volunteer_id: int
    role: str
    from_on: date


def join_team(
    session: Session,
    *,
    team_id: int,
    volunteer_id: int,
    role: str = "member",
    from_on: date,
    actor: Actor,
    now: datetime,
) -> Membership:
    """Add a person to a team from a date; as its leader only by an organiser above."""
    team, volunteer = _locked_team(session, team_id), get_volunteer(session, volunteer_id)
    if role == "leader":
        may_name_leader(actor, organisation_id=team.organisation_id, volunteer_id=volunteer_id)
    spans = memberships_of(session, [volunteer_id], [team_id]).get((volunteer_id, team_id), [])
    if overlaps(Span(from_on, None), spans):
        raise MemberAlready(name=volunteer.name, team=team.name)
    membership = Membership(team_id=team_id, volunteer_id=volunteer_id, role=role, from_on=from_on)
    session.add(membership)
    session.flush()
    if role == "leader":
        _widen_account(session, volunteer_id, from_on, now)
    after = {"volunteer_id": volunteer_id, "role": role, "from_on": from_on}
    _note(session, "join_team", membership.id, team, actor.login_id, now, after=after)
    return membership


def join_teams(
    session: Session,
    joinings: Sequence[Joining],
    *,
    organisation_id: int,
    actor_id: int | None,
    now: datetime,
    batch_id: int | None = None,
) -> int:
    """Add many people to teams as one operation; those who belong already are left as they are.

    For an organiser's roster, judged by whoever read it. Returns how many joined.
    """
    volunteer_ids = {joining.volunteer_id for joining in joinings}
    taken = memberships_of(session, volunteer_ids, {joining.team_id for joining in joinings})
    rows = []
    for joining in joinings:
        spans = taken.setdefault((joining.volunteer_id, joining.team_id), [])
        if not overlaps(Span(joining.from_on, None), spans):
            spans.append(Span(joining.from_on, None))
            rows.append(joining._asdict())
    if rows:
        session.execute(insert(Membership), rows)
        note(
            session,
            operation="join_teams",
            actor_id=actor_id,
            at=now,
            subject_kind="membership",
            batch_id=batch_id,
            organisation_id=organisation_id,
            after={"count": len(rows)},
        )
    return len(rows)


def end_membership(
    session: Session, membership_id: int, *, until_on: date, actor: Actor, now: datetime
) -> None:
    """End a membership with a last day. The leadership of a team is ended by organisers."""
    membership, team = _held(session, membership_id)
    if membership.until_on is not None:
        raise MembershipOver
    if membership.role == "leader" and membership.volunteer_id != actor.volunteer_id:
        may_name_leader(
            actor,
            organisation_id=team.organisation_id,
            volunteer_id=membership.volunteer_id,
        )
    membership.until_on = last_day(membership.from_on, until_on)
    session.flush()
    after = {"volunteer_id": membership.volunteer_id, "until_on": until_on}
    _note(session, "end_membership", membership_id, team, actor.login_id, now, after=after)


def change_role(
    session: Session, membership_id: int, *, role: str, from_on: date, actor: Actor, now: datetime
) -> None:
    """Make a member a leader from a day on, or a leader a member again."""
    membership, team = _held(session, membership_id)
    volunteer_id = membership.volunteer_id
    may_name_leader(actor, organisation_id=team.organisation_id, volunteer_id=volunteer_id)
    if membership.until_on is not None or role not in ROLES:
        raise MembershipOver
    if from_on < membership.from_on:
        raise DatesUnfit
    if role == membership.role:
        return
    before = {"volunteer_id": volunteer_id, "role": membership.role}
    if membership.from_on == from_on:
        membership.role = role
    else:
        membership.until_on = day_before(from_on)
        session.add(
            Membership(team_id=team.id, volunteer_id=volunteer_id, role=role, from_on=from_on)
        )
    session.flush()
    if role == "leader":
        _widen_account(session, volunteer_id, from_on, now)
    after = {"volunteer_id": volunteer_id, "role": role, "from_on": from_on}
    _note(
        session, "change_role", membership_id, team, actor.login_id, now, before=before, after=after
    )


def _held(session: Session, membership_id: int) -> tuple[Membership, Team]:
    """Return a membership, fresh, and its team, held until the commit."""
    membership = session.get(Membership, membership_id)
    if membership is None:
        raise NotFound
    team = _locked_team(session, membership.team_id)
    session.refresh(membership)
    return membership, team


def _locked_team(session: Session, team_id: int) -> Team:
    # Held, so that two who add the same person at once do not add them twice.
    team = session.get(Team, team_id)
    if team is None:
        raise NotFound
    session.refresh(team, with_for_update={"key_share": True})
    return team


def _widen_account(session: Session, volunteer_id: int, from_on: date, now: datetime) -> None:
    login = login_of(session, volunteer_id)
    if login is not None:
        widen_account(session, login.id, now=now, from_on=from_on)


def _note(
    session: Session,
    operation: str,
    membership_id: int,
    team: Team,
    actor_id: int,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any],
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="membership",
        subject_id=membership_id,
        organisation_id=team.organisation_id,
        before=before,
        after={"team": team.code, **after},
    )
