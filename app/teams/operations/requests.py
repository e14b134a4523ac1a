"""Leaders and organisers answer those who ask to join: take in, match to somebody, refuse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.organisations.queries import get_organisation, heir_of, root_id_of, subtree_ids
from app.people.models import Volunteer
from app.people.operations import (
    PurposeWord,
    add_volunteer,
    keep_consent,
    keep_purpose,
    let_act,
)
from app.people.queries import same_person, volunteer_by_number
from app.people.rules.consent import is_child
from app.teams.models import JoinRequest, JoinWish, Team, TeamAsk
from app.teams.operations.answers import checked_reason, refuse_unless_open, settle
from app.teams.operations.members import join_team
from app.teams.queries import memberships_of
from app.teams.rules import Actor, NobodyOfThisName, member_on
from app.trail.operations import note

ASKED = N_("agreed while asking to join")


class LooksKnown(RuleBroken):
    code = "looks_known"
    message = N_(
        "Somebody with this name and this phone is a volunteer already. Say that it is another"
        " person, or match them."
    )


class TeamNeeded(RuleBroken):
    code = "team_needed"
    message = N_("Choose the team that takes them in.")


class OwnChild(NotAllowed):
    message = N_("Somebody else has to answer for a child whose guardian you are.")


class Joined(NamedTuple):
    """Who a request became, in which team, and which guardian acts for them."""

    volunteer_id: int
    membership_id: int | None
    guardian_id: int | None


def accept_request(
    session: Session,
    request_id: int,
    *,
    team_id: int | None,
    is_another: bool = False,
    actor: Actor,
    now: datetime,
    today: date,
) -> Joined:
    """Make a volunteer of whoever asked, with a team and, for a child, the guardian who agreed."""
    request = _held(session, request_id, actor)
    refuse_unless_open(request)
    team = _team(session, request, team_id, actor)
    home_id = team.organisation_id if team else _home(session, request)
    tree = _tree(session, request)
    if same_person(session, tree, name=request.name, phone=request.phone) and not is_another:
        raise LooksKnown
    volunteer = add_volunteer(
        session,
        organisation_id=home_id,
        name=request.name,
        phone=request.phone,
        born_on=request.born_on,
        actor_id=actor.login_id,
        now=now,
    )
    guardian_id = _guardian(session, request, volunteer, tree, actor, now, today)
    membership_id = _join(session, request, volunteer.id, team, actor, now, today)
    _finish(session, request, "accepted", volunteer.id, guardian_id, team, actor, now)
    return Joined(volunteer.id, membership_id, guardian_id)


def match_request(
    session: Session,
    request_id: int,
    *,
    number: str,
    team_id: int | None,
    actor: Actor,
    now: datetime,
    today: date,
) -> Joined:
    """Say that whoever asked is known already; they join the team as who they are."""
    request = _held(session, request_id, actor)
    refuse_unless_open(request)
    team = _team(session, request, team_id, actor)
    found = volunteer_by_number(session, number)
    if found is None or found.state != "active":
        raise NobodyOfThisName
    if found.organisation_id not in _tree(session, request):
        raise NobodyOfThisName
    # A leader learns nothing by it: who is not above them must bear the name that was given.
    if found.organisation_id not in actor.organises and found.name != request.name:
        raise NobodyOfThisName
    membership_id = _join(session, request, found.id, team, actor, now, today)
    _finish(session, request, "matched", found.id, None, team, actor, now)
    return Joined(found.id, membership_id, None)


def refuse_request(
    session: Session, request_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Refuse: an organiser the whole request, a leader for the own teams only."""
    request = _held(session, request_id, actor)
    refuse_unless_open(request)
    why = checked_reason(reason)
    wishes = _open_wishes(session, request)
    refused = [w for w in wishes if _is_whole(request, actor) or w.team_id in actor.leads]
    for wish in refused:
        wish.refused_at, wish.refused_by_id, wish.reason = now, actor.login_id, why
    if _is_whole(request, actor) or (len(refused) == len(wishes) and not request.wants_advice):
        settle(request, "refused", actor_id=actor.login_id, now=now, reason=why)
    session.flush()
    after = {"teams": sorted(wish.team_id for wish in refused)}
    _note(session, "refuse_request", request, actor, now, after, why)


def may_answer(session: Session, request: JoinRequest, actor: Actor) -> bool:
    """Tell whether a request is the actor's: of their organisation, or for a team they lead."""
    if _is_whole(request, actor):
        return True
    wished = select(JoinWish.team_id).join(Team, Team.id == JoinWish.team_id)
    wished = wished.where(JoinWish.request_id == request.id, JoinWish.refused_at.is_(None))
    mine = Team.id.in_(actor.leads) | Team.organisation_id.in_(actor.organises)
    return session.scalar(wished.where(mine).limit(1)) is not None


def _held(session: Session, request_id: int, actor: Actor) -> JoinRequest:
    request = session.get(JoinRequest, request_id)
    if request is None:
        raise NotFound
    # Two who answer at once stand in line.
    session.refresh(request, with_for_update={"key_share": True})
    if not may_answer(session, request, actor):
        raise NotFound
    return request


def _is_whole(request: JoinRequest, actor: Actor) -> bool:
    return request.organisation_id in actor.organises


def _home(session: Session, request: JoinRequest) -> int:
    """Return where whoever asked belongs: with what was asked, or what that was merged into."""
    asked = get_organisation(session, request.organisation_id)
    return (heir_of(session, asked) or asked).id


def _tree(session: Session, request: JoinRequest) -> list[int]:
    return subtree_ids(session, root_id_of(session, request.organisation_id))


def _team(session: Session, request: JoinRequest, team_id: int | None, actor: Actor) -> Team | None:
    """Return the team that takes them in: one's own wished one, or any below an organiser."""
    if team_id is None:
        if not _is_whole(request, actor):
            raise TeamNeeded
        return None
    team = session.get(Team, team_id)
    if team is None or team.retired_on is not None:
        raise TeamNeeded
    wished = {wish.team_id for wish in _open_wishes(session, request)}
    if team.organisation_id in actor.organises or team.id in actor.leads & wished:
        return team
    raise TeamNeeded


def _open_wishes(session: Session, request: JoinRequest) -> list[JoinWish]:
    open_ones = select(JoinWish).where(
        JoinWish.request_id == request.id, JoinWish.refused_at.is_(None)
    )
    return list(session.scalars(open_ones.order_by(JoinWish.team_id)))


def _guardian(
    session: Session,
    request: JoinRequest,
    child: Volunteer,
    tree: list[int],
    actor: Actor,
    now: datetime,
    today: date,
) -> int | None:
    """Let the guardian who agreed act for the child; who is not known yet is written down."""
    if request.guardian_name is None:
        return None
    name, phone = request.guardian_name, request.guardian_phone or ""
    known = same_person(session, tree, name=name, phone=phone)
    if known and actor.benefits(known[0].id):
        raise OwnChild
    guardian_id = (
        known[0].id
        if known
        else add_volunteer(
            session,
            organisation_id=child.organisation_id,
            name=name,
            phone=phone,
            actor_id=actor.login_id,
            now=now,
        ).id
    )
    if is_child(child.born_on, today):
        let_act(
            session,
            volunteer_id=child.id,
            helper_id=guardian_id,
            kind="guardian",
            from_on=today,
            consent=ASKED,
            actor_id=actor.login_id,
            now=now,
        )
    return guardian_id


def _join(
    session: Session,
    request: JoinRequest,
    volunteer_id: int,
    team: Team | None,
    actor: Actor,
    now: datetime,
    today: date,
) -> int | None:
    """Join the team, and ask the others that were wished for."""
    others = [wish.team_id for wish in _open_wishes(session, request)]
    spans = memberships_of(session, [volunteer_id])
    belongs = {one for (_, one), held in spans.items() if member_on(held, today)}
    joined = None
    if team is not None and team.id not in belongs:
        joined = join_team(
            session,
            team_id=team.id,
            volunteer_id=volunteer_id,
            from_on=today,
            actor=actor,
            now=now,
        )
    asked = set(
        session.scalars(
            select(TeamAsk.team_id).where(
                TeamAsk.volunteer_id == volunteer_id, TeamAsk.state == "open"
            )
        )
    )
    left = set(others) - belongs - asked - ({team.id} if team else set())
    session.add_all(
        TeamAsk(volunteer_id=volunteer_id, team_id=one, kind="join", asked_at=request.asked_at)
        for one in sorted(left)
    )
    return joined.id if joined else None


def _finish(
    session: Session,
    request: JoinRequest,
    state: str,
    volunteer_id: int,
    guardian_id: int | None,
    team: Team | None,
    actor: Actor,
    now: datetime,
) -> None:
    request.volunteer_id = volunteer_id
    settle(request, state, actor_id=actor.login_id, now=now)
    is_guardian = guardian_id is not None
    keep_consent(
        session,
        volunteer_id,
        version=request.privacy_version,
        given_by="guardian" if is_guardian else "self",
        given_at=request.asked_at,
        guardian_id=guardian_id,
    )
    if guardian_id is not None and request.minors_version is not None:
        keep_purpose(
            session,
            volunteer_id,
            "minors",
            PurposeWord(True, "guardian", "guardian", guardian_id),
            given_at=request.asked_at,
            recorded_by_id=None,
            version=request.minors_version,
        )
    after = {
        "volunteer_id": volunteer_id,
        "guardian_id": guardian_id,
        "team": team.code if team else None,
        "privacy_version": request.privacy_version,
    }
    _note(session, f"{state}_request", request, actor, now, after)


def phone_shown(
    session: Session, request_id: int, *, reason: str, actor: Actor, now: datetime
) -> JoinRequest:
    """Show an organiser the phones of a request, to call; the reason stays in the trail."""
    request = _held(session, request_id, actor)
    if not _is_whole(request, actor):
        raise NotFound
    _note(session, "show_phone", request, actor, now, None, checked_reason(reason))
    return request


def _note(
    session: Session,
    operation: str,
    request: JoinRequest,
    actor: Actor,
    now: datetime,
    after: Mapping[str, Any] | None,
    reason: str | None = None,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        at=now,
        subject_kind="join_request",
        subject_id=request.id,
        organisation_id=request.organisation_id,
        after=after,
        reason=reason,
    )
