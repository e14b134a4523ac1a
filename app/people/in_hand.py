"""The card somebody just scanned: kept for a while in the signed cookie, never in an address."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import session

from app.clock import now
from app.db import db
from app.people.queries import CardHeld, card_in_use

IN_HAND = "card_in_hand"
# Long enough to fetch the glasses and the slip of paper.
HELD_FOR = timedelta(minutes=30)


def take_in_hand(card: CardHeld) -> None:
    """Remember which card was scanned; its token stays on the paper."""
    session[IN_HAND] = {"card": card.id, "until": (now() + HELD_FOR).isoformat()}


def in_hand() -> CardHeld | None:
    """Return the card scanned a while ago, unless it was withdrawn meanwhile."""
    kept: dict[str, Any] = session.get(IN_HAND) or {}
    if not kept or datetime.fromisoformat(kept["until"]) < now():
        return None
    return card_in_use(db.session(), kept["card"])


def put_away() -> None:
    """Forget the card."""
    session.pop(IN_HAND, None)
