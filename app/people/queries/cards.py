"""Volunteer cards: whose a token is, and who has one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people.models import Card, Login, Volunteer
from app.people.queries.volunteers import CHUNK


class CardHeld(NamedTuple):
    """A card and whose it is; withdrawn when a newer one was made."""

    id: int
    volunteer_id: int
    name: str
    number: str | None
    login_id: int | None
    made_at: datetime
    withdrawn_at: datetime | None


def card_by_token(session: Session, token_sha256: str) -> CardHeld | None:
    """Return the card whose QR holds this token, also one that is withdrawn."""
    row = session.execute(_cards.where(Card.token_sha256 == token_sha256)).first()
    return CardHeld(*row) if row else None


def card_in_use(session: Session, card_id: int) -> CardHeld | None:
    """Return a card by id while it works, or None."""
    in_use = _cards.where(Card.id == card_id, Card.withdrawn_at.is_(None))
    row = session.execute(in_use).first()
    return CardHeld(*row) if row else None


def cards_by_tokens(session: Session, token_sha256s: Collection[str]) -> dict[str, datetime]:
    """Return, of many tokens, those whose cards work, and when each was made."""
    wanted = sorted(token_sha256s)
    found: dict[str, datetime] = {}
    for at in range(0, len(wanted), CHUNK):
        query = select(Card.token_sha256, Card.made_at).where(
            Card.token_sha256.in_(wanted[at : at + CHUNK]), Card.withdrawn_at.is_(None)
        )
        found |= dict(session.execute(query).all())
    return found


def card_holders(session: Session, volunteer_ids: Collection[int]) -> dict[int, datetime]:
    """Return, of many people, those who have a working card, and when it was made."""
    wanted = sorted(volunteer_ids)
    found: dict[int, datetime] = {}
    for at in range(0, len(wanted), CHUNK):
        query = select(Card.volunteer_id, Card.made_at).where(
            Card.volunteer_id.in_(wanted[at : at + CHUNK]), Card.withdrawn_at.is_(None)
        )
        found |= dict(session.execute(query).all())
    return found


_cards = (
    select(
        Card.id,
        Card.volunteer_id,
        Volunteer.name,
        Volunteer.number,
        Login.id,
        Card.made_at,
        Card.withdrawn_at,
    )
    .join(Volunteer, Volunteer.id == Card.volunteer_id)
    .outerjoin(Login, Login.volunteer_id == Card.volunteer_id)
)
