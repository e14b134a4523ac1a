"""Volunteer cards: a new one withdraws the one before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.people.models import Card, Volunteer
from app.people.queries import CHUNK, volunteers_by_ids
from app.people.rules.passwords import card_token, digest
from app.trail.operations import note


def make_cards(
    session: Session, volunteer_ids: Collection[int], *, seed: bytes, actor_id: int, now: datetime
) -> None:
    """Make each person a card whose token comes from the secret seed; their old cards end.

    Whether the actor may is judged above, where teams are known.
    """
    wanted = sorted(volunteer_ids)
    if not wanted:
        return
    _hold(session, wanted)
    people = volunteers_by_ids(session, wanted)
    withdrawn = _withdraw(session, wanted, now)
    session.execute(
        insert(Card),
        [
            {
                "volunteer_id": one.id,
                "token_sha256": digest(card_token(seed, one.id)),
                "made_by_id": actor_id,
                "made_at": now,
            }
            for one in people
        ],
    )
    for one in people:
        note(
            session,
            operation="make_card",
            actor_id=actor_id,
            at=now,
            subject_kind="volunteer",
            subject_id=one.id,
            organisation_id=one.organisation_id,
            after={"ended_another": one.id in withdrawn},
        )


def _hold(session: Session, volunteer_ids: list[int]) -> None:
    """Hold the people until the commit, so that two who print at once do not make two each."""
    for at in range(0, len(volunteer_ids), CHUNK):
        held = select(Volunteer.id).where(Volunteer.id.in_(volunteer_ids[at : at + CHUNK]))
        session.execute(held.order_by(Volunteer.id).with_for_update(key_share=True)).all()


def _withdraw(session: Session, volunteer_ids: list[int], now: datetime) -> set[int]:
    ended: set[int] = set()
    for at in range(0, len(volunteer_ids), CHUNK):
        in_use = update(Card).where(
            Card.volunteer_id.in_(volunteer_ids[at : at + CHUNK]), Card.withdrawn_at.is_(None)
        )
        ended |= set(session.scalars(in_use.values(withdrawn_at=now).returning(Card.volunteer_id)))
    return ended
