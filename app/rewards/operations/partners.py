"""Keep the partner units that offer or donate items: add, change, end, put back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.rewards.models import Partner
from app.rewards.operations.keeping import (
    check_own,
    hold_own_open_shelf,
    hold_own_shelf,
    note_kept,
)
from app.rewards.rules.items import LONGEST_NAME, LONGEST_PLACE, TextTooLong
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


class PartnerNameUnfit(RuleBroken):
    code = "bad_partner_name"
    message = N_("A partner's name has 1 to %(most)s visible characters.")


class PartnerThere(RuleBroken):
    code = "partner_there"
    message = N_("There is a partner of this name already; look among the ended ones, too.")


def add_partner(
    session: Session,
    organisation_id: int,
    name: str,
    contact: str,
    *,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Add a partner unit of an organisation and return its id."""
    hold_own_open_shelf(session, organisation_id, actor)
    content = {"operation": "partner.add", "of": organisation_id, "name": name, "contact": contact}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["partner_id"])
    _check(session, organisation_id, name, contact, None)
    partner = Partner(
        organisation_id=organisation_id,
        name=name,
        contact=contact,
        made_by_id=actor.login_id,
        made_at=now,
    )
    session.add(partner)
    session.flush()
    note_kept(session, "partner.add", partner, actor=actor, now=now, after=_said(partner))
    remember(session, actor.login_id, key, content, {"partner_id": partner.id}, now)
    return partner.id


def change_partner(
    session: Session, partner_id: int, name: str, contact: str, *, actor: Actor, now: datetime
) -> bool:
    """Let a partner be called otherwise; False when nothing differs."""
    partner = _hold(session, partner_id, actor)
    before = _said(partner)
    if before == {"name": name, "contact": contact}:
        return False
    hold_own_shelf(session, partner.organisation_id, actor)
    _check(session, partner.organisation_id, name, contact, partner.id)
    partner.name, partner.contact = name, contact
    session.flush()
    note_kept(
        session,
        "partner.change",
        partner,
        actor=actor,
        now=now,
        before=before,
        after=_said(partner),
    )
    return True


def end_partner(session: Session, partner_id: int, *, actor: Actor, now: datetime) -> bool:
    """Offer a partner no longer where one chooses; what it gave stays. False: it had ended."""
    partner = _hold(session, partner_id, actor)
    if partner.ended_at is not None:
        return False
    partner.ended_at = now
    session.flush()
    note_kept(session, "partner.end", partner, actor=actor, now=now)
    return True


def put_back_partner(session: Session, partner_id: int, *, actor: Actor, now: datetime) -> bool:
    """Offer an ended partner again. False: it had not ended."""
    partner = _hold(session, partner_id, actor)
    if partner.ended_at is None:
        return False
    hold_own_open_shelf(session, partner.organisation_id, actor)
    partner.ended_at = None
    session.flush()
    note_kept(session, "partner.put_back", partner, actor=actor, now=now)
    return True


def _hold(session: Session, partner_id: int, actor: Actor) -> Partner:
    query = select(Partner).where(Partner.id == partner_id).with_for_update()
    partner = session.scalar(query.execution_options(populate_existing=True))
    if partner is None:
        raise NotFound
    check_own(partner.organisation_id, actor)
    return partner


def _check(
    session: Session, organisation_id: int, name: str, contact: str, own_id: int | None
) -> None:
    if not (1 <= len(name) <= LONGEST_NAME and name.isprintable() and name.strip() == name):
        raise PartnerNameUnfit(most=LONGEST_NAME)
    if len(contact) > LONGEST_PLACE or not contact.isprintable():
        raise TextTooLong(most=LONGEST_PLACE)
    same = select(Partner.id).where(
        Partner.organisation_id == organisation_id, Partner.name == name
    )
    if session.scalar(same) not in {None, own_id}:
        raise PartnerThere


def _said(partner: Partner) -> dict[str, str]:
    return {"name": partner.name, "contact": partner.contact}
