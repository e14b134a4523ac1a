"""Who acts for whom (亲情代办): guardians of children, helpers of elders."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.notices.operations import forget_addresses_of_ward
from app.people.models import Helper, PurposeConsent, Volunteer
from app.people.queries import get_volunteer, login_of
from app.people.rules.consent import is_child
from app.trail.operations import note
from app.trail.queries import after_last_act

ACTING_KINDS = ("guardian", "helper")


class ActsAlready(RuleBroken):
    code = "acts_already"
    message = N_("%(helper)s acts for %(name)s already.")


class ActsForOneself(RuleBroken):
    code = "acts_for_oneself"
    message = N_("Everybody acts for themselves anyway; choose another person.")


def let_act(
    session: Session,
    *,
    volunteer_id: int,
    helper_id: int,
    kind: str,
    from_on: date,
    until_on: date | None = None,
    consent: str | None = None,
    agreed: str = "paper",
    actor_id: int,
    now: datetime,
) -> Helper:
    """Let a volunteer act for another one from a date; `consent`: how that one agreed.

    `agreed`: whether they said so themselves (self) or at the office (paper). The rule holds from
    that date on; what the helper did until now, by whatever clock, was no helper's.
    """
    if volunteer_id == helper_id:
        raise ActsForOneself
    volunteer = get_volunteer(session, volunteer_id)
    session.refresh(volunteer, with_for_update={"key_share": True})
    helper = get_volunteer(session, helper_id)
    lasting = select(Helper.id).where(
        Helper.volunteer_id == volunteer_id,
        Helper.helper_id == helper_id,
        or_(Helper.until_on.is_(None), Helper.until_on >= from_on),
    )
    if session.scalar(lasting.limit(1)) is not None:
        raise ActsAlready(helper=helper.name, name=volunteer.name)
    acting = Helper(
        volunteer_id=volunteer_id,
        helper_id=helper_id,
        kind=kind,
        from_on=from_on,
        from_at=_counts_from(session, helper_id, from_on, now),
        until_on=until_on,
        consent=consent,
    )
    session.add(acting)
    session.flush()
    if kind == "helper":
        _agree(session, volunteer, agreed, actor_id, now, from_on)
    note(
        session,
        operation="let_act",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=volunteer.organisation_id,
        after={"helper_id": helper_id, "kind": kind, "from_on": from_on, "until_on": until_on},
        reason=consent,
    )
    return acting


def _counts_from(session: Session, helper_id: int, from_on: date, now: datetime) -> datetime:
    """Return from when it counts afterwards: from now on, or when that date has begun everywhere;
    after the helper's last act where the clock was set back since.
    """
    if from_on > now.astimezone(UTC).date():
        now = max(now, datetime.combine(from_on + timedelta(days=1), time(), UTC))
    login = login_of(session, helper_id)
    return now if login is None else after_last_act(session, login.id, now)


def _agree(
    session: Session, volunteer: Volunteer, agreed: str, actor_id: int, now: datetime, on: date
) -> None:
    """Keep the yes to being helped that letting somebody act rests on."""
    # A child's own word never counts alone: what the office saw was a guardian's.
    is_guardians = is_child(volunteer.born_on, on)
    session.add(
        PurposeConsent(
            volunteer_id=volunteer.id,
            purpose="helpers",
            is_given=True,
            given_by="paper" if is_guardians else agreed,
            signed_by="guardian" if is_guardians else "person",
            recorded_by_id=actor_id,
            given_at=now,
        )
    )
    session.flush()


def end_acting(
    session: Session,
    acting_id: int,
    *,
    actor_id: int,
    now: datetime,
    today: date,
    on_behalf_of_id: int | None = None,
) -> None:
    """End somebody's acting for another; from today on they may not."""
    acting = session.get(Helper, acting_id)
    if acting is None or (acting.until_on is not None and acting.until_on < today):
        raise NotFound
    volunteer = get_volunteer(session, acting.volunteer_id)
    before = {"helper_id": acting.helper_id, "until_on": acting.until_on}
    acting.until_on = today - timedelta(days=1)
    session.flush()
    forget_addresses_of_ward(session, acting.volunteer_id)
    note(
        session,
        operation="end_acting",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=acting.volunteer_id,
        organisation_id=volunteer.organisation_id,
        on_behalf_of_id=on_behalf_of_id,
        before=before,
        after={"until_on": acting.until_on},
    )
