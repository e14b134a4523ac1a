"""Somebody whose points are adjusted, two organisers and an auditor, each acting as of now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.adjustments import operations
from app.adjustments.rules import Amounts
from app.db import db, transaction
from app.ledger.operations import NewEntry, lock_holders, post, reserve
from app.ledger.rules import Leg
from app.people.models import Helper, Login, Role
from app.teams.queries import actor_of
from app.teams.rules import Actor
from tests.service.community import NOW, Community

LATER = NOW + timedelta(hours=1)
NEXT_DAY = NOW + timedelta(hours=24)
SINCE = date(2025, 1, 1)
# The volunteer of the community is the fourth person; the second organiser is the fifth.
WHO = 3
SOME_POINTS = Amounts(0, 380)


def settle(community: Community) -> None:
    """Grant in the database what the organisers may do, and take in an auditor."""
    tops = {"organiser": community.root_id, "organiser_too": community.root_id}
    tops |= {"organiser_below": community.estate_id}
    with transaction() as session:
        auditor = Login(name="auditor", display_name="auditor", created_at=NOW)
        session.add(auditor)
        session.flush()
        community.actors["auditor"] = Actor(auditor.id, None, "auditor")
        for name, top in tops.items():
            grant(session, community.actor(name).login_id, "organiser", top)
        grant(session, auditor.id, "auditor", community.root_id)


def grant(session: Session, login_id: int, role: str, organisation_id: int) -> None:
    session.add(Role(login_id=login_id, role=role, organisation_id=organisation_id, from_on=SINCE))


def take_away(community: Community, *names: str) -> None:
    """End the roles of some people as of long ago."""
    with transaction() as session:
        for name in names:
            session.query(Role).filter_by(login_id=community.actor(name).login_id).delete()


def lead_by_hand(community: Community, helper: int, ward: int, since: date = SINCE) -> None:
    """Let one volunteer act for another."""
    people = community.volunteers
    with transaction() as session:
        session.add(
            Helper(
                volunteer_id=people[ward], helper_id=people[helper], kind="guardian", from_on=since
            )
        )


def now_of(community: Community, name: str) -> Actor:
    """Return somebody with the rights that the database gives them today."""
    db.session.rollback()
    found = actor_of(db.session(), community.actor(name).login_id, NOW.date())
    db.session.rollback()
    return found


def ask(
    community: Community,
    amounts: Amounts = SOME_POINTS,
    *,
    by: str = "organiser",
    who: int = WHO,
    reason: str = "旧本子漏记",
    now: datetime = NOW,
    key: str = "",
) -> int:
    """Ask for an adjustment in a transaction of its own."""
    actor = now_of(community, by)
    with transaction() as session:
        return operations.ask_adjustment(
            session,
            community.volunteers[who],
            amounts,
            actor=actor,
            now=now,
            reason=reason,
            key=key or community.fresh_key(),
        )


def ask_cover(
    community: Community, kind: str, subject_id: int, *, by: str = "organiser", reason: str = "误录"
) -> int:
    actor = now_of(community, by)
    with transaction() as session:
        return operations.ask_cover(
            session,
            kind,
            subject_id,
            actor=actor,
            now=NOW,
            reason=reason,
            key=community.fresh_key(),
        )


def answer(
    community: Community,
    what: str,
    adjustment_id: int,
    *,
    by: str,
    now: datetime = LATER,
    **more: Any,
) -> None:
    """Confirm, refuse, withdraw or do_alone, in a transaction of its own."""
    actor = now_of(community, by)
    with transaction() as session:
        getattr(operations, what)(
            session,
            adjustment_id,
            actor=actor,
            now=now,
            key=more.pop("key", None) or community.fresh_key(),
            **more,
        )


def spend(community: Community, person: int, points: int, minutes: int = 0) -> None:
    """Let somebody give points away, and minutes too."""
    giver_id, taker_id = community.volunteers[person], community.volunteers[-1]
    with transaction() as session:
        held = lock_holders(session, [giver_id, taker_id])
        giver, taker = held[giver_id], held[taker_id]
        gifts = [(Leg(giver.points_id, -points), Leg(taker.points_id, points))]
        if minutes:
            gifts.append((Leg(giver.minutes_id, -minutes), Leg(taker.minutes_id, minutes)))
        community.keys += 1
        entries = [NewEntry("transfer", "test", community.keys, legs) for legs in gifts]
        post(session, entries, reserve(session, len(entries), NOW), actor_id=None)


def one(query: str, **values: Any) -> Any:
    session = db.session()
    session.rollback()
    found = session.execute(text(query), values).scalar()
    session.rollback()
    return found


def state_of(adjustment_id: int) -> str:
    return str(one("SELECT state FROM adjustments WHERE id = :id", id=adjustment_id))


def told(kind: str) -> int:
    return int(one("SELECT count(*) FROM notices WHERE kind = :kind", kind=kind))
