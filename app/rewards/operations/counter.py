"""Serve somebody who has no phone: redeem and hand over in one step."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.rewards.operations.reaching import check_signature
from app.rewards.operations.redeeming import Asked, Redeemed, redeem_at_desk
from app.rewards.operations.settling import hand_over
from app.teams.rules import Actor

_REDEEMED = "SELECT organisation_id, redeemed_on FROM redemptions WHERE id = ?"


def redeem_at_counter(
    session: Session,
    asked: Asked,
    *,
    volunteer_id: int,
    consent: str,
    actor: Actor,
    now: datetime,
    key: str,
) -> Redeemed:
    """Redeem for the person at the desk and hand it over; refused, nothing is handed over."""
    done = redeem_at_desk(
        session,
        asked,
        volunteer_id=volunteer_id,
        consent=consent,
        actor=actor,
        now=now,
        key=key,
    )
    if done.redemption_id is not None:
        if consent == "signature":
            organisation_id, on = fetch(session, _REDEEMED, done.redemption_id)[0]
            check_signature(session, actor, volunteer_id, organisation_id, day_of(on))
        hand_over(session, done.redemption_id, actor=actor, now=now, key=f"{key} handed over")
    return done
