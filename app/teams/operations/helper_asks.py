"""A volunteer asks that somebody may act for them (亲情代办); others confirm or refuse it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import N_, NotAllowed, NotFound
from app.notices.operations import tell
from app.organisations.queries import root_id_of
from app.people.models import Helper, Volunteer
from app.people.operations import end_acting, let_act
from app.people.operations.acting import ActsForOneself
from app.people.queries import acts_for, get_volunteer, volunteer_by_number
from app.people.queries.purposes import last_word
from app.people.rules.consent import GuardianNeeded, is_child
from app.people.rules.names import normal_name
from app.people.rules.purposes import ConsentTakenBack
from app.teams.models import HelperAsk
from app.teams.notices import HELPER_ACTS, HELPER_REFUSED
from app.teams.operations.answers import OwnQuestion, checked_reason, refuse_unless_open, settle
from app.teams.operations.asks import AskedAlready
from app.teams.queries import standing_of
from app.teams.rules import Actor, NobodyOfThisName
from app.trail.operations import note
from app.trail.rules import mask_text

ASKED = N_("asked for it themselves")


class OwnActing(NotAllowed):
    message = N_("Nobody makes themselves the one who acts for somebody; ask a colleague.")


class GuardianStays(NotAllowed):
    message = N_("A child's guardian is changed by an organiser.")


def ask_for_helper(
    session: Session,
    *,
    volunteer_id: int,
    number: str,
    name: str,
    actor: Actor,
    now: datetime,
    today: date,
) -> HelperAsk:
    """Ask that the bearer of a number and name may act for oneself."""
    volunteer = _held(session, volunteer_id)
    if is_child(volunteer.born_on, today):
        raise GuardianNeeded
    helper = _named(session, volunteer, number, name)
    if helper.id == volunteer_id:
        raise ActsForOneself
    if volunteer_id in acts_for(session, helper.id, today) or _is_asked(session, volunteer, helper):
        raise AskedAlready
    ask = HelperAsk(
        volunteer_id=volunteer_id, helper_id=helper.id, asked_by_id=actor.login_id, asked_at=now
    )
    session.add(ask)
    session.flush()
    _note(session, "ask_for_helper", ask, volunteer, actor, now)
    return ask


def withdraw_helper_ask(
    session: Session, ask_id: int, *, volunteer_id: int, actor: Actor, now: datetime
) -> None:
    """Take back what was asked."""
    ask = session.get(HelperAsk, ask_id)
    if ask is None or ask.volunteer_id != volunteer_id:
        raise NotFound
    volunteer = _held(session, volunteer_id)
    session.refresh(ask)
    settle(ask, "withdrawn", actor_id=actor.login_id, now=now)
    session.flush()
    _note(session, "withdraw_helper_ask", ask, volunteer, actor, now)


def answer_helper_ask(
    session: Session,
    ask_id: int,
    *,
    accept: bool,
    reason: str = "",
    actor: Actor,
    now: datetime,
    today: date,
) -> HelperAsk:
    """Confirm that the helper may act from today on, or say why not."""
    ask = session.get(HelperAsk, ask_id)
    if ask is None:
        raise NotFound
    volunteer = _held(session, ask.volunteer_id)
    session.refresh(ask)
    standing = standing_of(session, volunteer.id, today)
    if not (volunteer.organisation_id in actor.organises or standing.member_of & actor.leads):
        raise NotFound
    if actor.benefits(ask.volunteer_id) or actor.benefits(ask.helper_id):
        raise OwnQuestion
    refuse_unless_open(ask)
    if accept:
        _refuse_if_taken_back(session, ask, volunteer)
        settle(ask, "accepted", actor_id=actor.login_id, now=now)
        let_act(
            session,
            volunteer_id=ask.volunteer_id,
            helper_id=ask.helper_id,
            kind="helper",
            from_on=today,
            consent=ASKED,
            agreed="self",
            actor_id=actor.login_id,
            now=now,
        )
    else:
        why = checked_reason(reason)
        settle(ask, "refused", actor_id=actor.login_id, now=now, reason=why)
    session.flush()
    _note(session, "answer_helper_ask", ask, volunteer, actor, now)
    _tell_answer(session, ask, volunteer, now)
    return ask


def _refuse_if_taken_back(session: Session, ask: HelperAsk, volunteer: Volunteer) -> None:
    last = last_word(session, volunteer.id, "helpers")
    if last is not None and not last.is_given and last.given_at > ask.asked_at:
        raise ConsentTakenBack(name=volunteer.name)


def _tell_answer(session: Session, ask: HelperAsk, volunteer: Volunteer, now: datetime) -> None:
    """Tell both: somebody acts where another is concerned."""
    tell(
        session,
        HELPER_ACTS if ask.state == "accepted" else HELPER_REFUSED,
        [ask.volunteer_id, ask.helper_id],
        figures={
            "helper": get_volunteer(session, ask.helper_id).name,
            "volunteer": volunteer.name,
            "reason": mask_text(ask.reason or ""),
        },
        path="/me/acting",
        at=now,
        subject_kind="helper_ask",
        subject_id=ask.id,
    )


def let_somebody_act(
    session: Session,
    *,
    volunteer_id: int,
    number: str,
    name: str,
    kind: str,
    from_on: date,
    until_on: date | None,
    consent: str,
    actor: Actor,
    now: datetime,
) -> Helper:
    """Let somebody act for a person of the actor's organisations, who agreed to it."""
    volunteer = get_volunteer(session, volunteer_id)
    if volunteer.organisation_id not in actor.organises:
        raise NotFound
    helper = _named(session, volunteer, number, name)
    if helper.id == actor.volunteer_id:
        raise OwnActing
    return let_act(
        session,
        volunteer_id=volunteer_id,
        helper_id=helper.id,
        kind=kind,
        from_on=from_on,
        until_on=until_on,
        consent=checked_reason(consent),
        actor_id=actor.login_id,
        now=now,
    )


def end_helper(
    session: Session, acting_id: int, *, actor: Actor, now: datetime, today: date
) -> None:
    """End somebody's acting: the volunteer, the helper or an organiser may, at any time."""
    acting = session.get(Helper, acting_id)
    if acting is None:
        raise NotFound
    volunteer = get_volunteer(session, acting.volunteer_id)
    is_theirs = actor.own_id == volunteer.id or actor.volunteer_id == acting.helper_id
    organises = volunteer.organisation_id in actor.organises
    if not (is_theirs or organises):
        raise NotFound
    if not organises and acting.kind == "guardian" and is_child(volunteer.born_on, today):
        raise GuardianStays
    is_ward = actor.on_behalf_of_id == volunteer.id
    end_acting(
        session,
        acting_id,
        actor_id=actor.login_id,
        now=now,
        today=today,
        on_behalf_of_id=volunteer.id if is_ward else None,
    )


def _named(session: Session, volunteer: Volunteer, number: str, name: str) -> Volunteer:
    found = volunteer_by_number(session, number)
    if found is None or found.name != normal_name(name) or found.state != "active":
        raise NobodyOfThisName
    if root_id_of(session, found.organisation_id) != root_id_of(session, volunteer.organisation_id):
        raise NobodyOfThisName
    return found


def _held(session: Session, volunteer_id: int) -> Volunteer:
    # Held as let_act holds it: two who answer at once stand in line.
    volunteer = get_volunteer(session, volunteer_id)
    session.refresh(volunteer, with_for_update={"key_share": True})
    return volunteer


def _is_asked(session: Session, volunteer: Volunteer, helper: Volunteer) -> bool:
    asked = select(HelperAsk.id).where(
        HelperAsk.volunteer_id == volunteer.id,
        HelperAsk.helper_id == helper.id,
        HelperAsk.state == "open",
    )
    return session.scalar(asked) is not None


def _note(
    session: Session,
    operation: str,
    ask: HelperAsk,
    volunteer: Volunteer,
    actor: Actor,
    now: datetime,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer.id,
        organisation_id=volunteer.organisation_id,
        after={"ask": ask.id, "helper_id": ask.helper_id, "state": ask.state},
        reason=ask.reason,
    )
