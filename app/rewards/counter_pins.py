"""The PIN of somebody at the counter: typed by the person, tried as at the sign-in."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.errors import N_, RuleBroken
from app.people.access import give_turn_back, take_secret_turn
from app.people.entering import fitting
from app.people.queries import Candidate, candidate_of
from app.people.rules.pins import DIGITS, PinUnfit, typed_pin
from app.people.rules.sign_in import TooManyTries

_MINUTE = 60


class PinWrong(RuleBroken):
    """Nothing was redeemed."""

    code = "wrong_pin"
    message = N_(
        "The PIN is not right; nothing was redeemed. Try once more; an organiser may also let them"
        " sign."
    )


class PinTooOften(RuleBroken):
    """Counted together with the tries at the sign-in."""

    code = "too_many_tries"
    message = N_(
        "Too many wrong PINs. Please wait %(minutes)s minutes, or an organiser lets the person"
        " sign; nothing was redeemed."
    )


def owner_with_pin(session: Session, volunteer_id: int) -> Candidate | None:
    """Return the account of somebody who may agree by PIN; None where only a signature counts."""
    owner = candidate_of(session, volunteer_id)
    return owner if owner and owner.has_pin and not owner.is_suspended else None


def check_typed_pin(owner: Candidate, typed: str) -> None:
    """Refuse a PIN that is not the owner's; each wrong one is counted against the account."""
    if not typed_pin(typed):
        raise PinUnfit(digits=DIGITS)
    try:
        turn_id = take_secret_turn("sign-in", f"counter of {owner.login_id}", typed, [owner])
    except TooManyTries as refusal:
        minutes = -(-int(refusal.figures["seconds"]) // _MINUTE)
        raise PinTooOften(minutes=minutes) from refusal
    if not fitting([owner], typed):
        raise PinWrong
    give_turn_back(turn_id)
