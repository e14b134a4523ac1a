"""Whom a desk serves, which redemption a typed code means, and what is said of all others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from flask import url_for
from sqlalchemy.orm import Session

from app.clock import now, today_in
from app.db import db, transaction
from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.organisations.queries import ancestors_of, settings_of
from app.people import operations as people
from app.people.access import account_key, address, give_turn_back
from app.people.in_hand import in_hand
from app.people.models import Volunteer
from app.people.queries import find_volunteer
from app.people.rules.sign_in import TooManyTries
from app.rewards.operations.reaching import OthersTeam, check_serves
from app.rewards.queries.desk import AtDesk, Served, find_at_desk, of_code
from app.rewards.rules.codes import typed_code
from app.teams.access import today
from app.teams.queries import teams_by_ids
from app.teams.rules import Actor
from app.web.actor import find_actor
from app.web.policy import not_found
from app.web.rights import is_granted


class CodeUnknown(RuleBroken):
    """Nothing bears this code."""

    code = "unknown_code"
    message = N_(
        "No redemption has this code. Ask for the six digits once more, or find the person in"
        " the list of what waits here."
    )


class OthersShelf(RuleBroken):
    """The code is good, at the desk of somebody else."""

    code = "others_shelf"
    message = N_(
        "This code belongs to another organisation: %(organisation)s. It is handed over at the"
        " desk there."
    )


class TypedTooOften(RuleBroken):
    """Guessing is slow; what waits is handed over from the list meanwhile."""

    code = "too_many_tries"
    message = N_(
        "Too many wrong codes. Please wait %(seconds)s seconds, or scan the QR code, or choose"
        " the person from the list below."
    )


class TypedTooOftenForMinutes(TypedTooOften):
    message = N_(
        "Too many wrong codes. Please wait %(minutes)s minutes, or scan the QR code, or choose"
        " the person from the list below."
    )


def served_by(actor: Actor) -> Served:
    """Return whose redemptions somebody hands over today."""
    return Served(actor, today())


def served_redemption(session: Session, actor: Actor, redemption_id: int, at: datetime) -> AtDesk:
    """Return a redemption that the desk may settle; one's own is refused, any other is 404."""
    found = find_at_desk(session, redemption_id) or not_found()
    try:
        _check(session, actor, found, at)
    except OthersTeam:
        not_found()
    return found


def _check(session: Session, actor: Actor, found: AtDesk, at: datetime) -> None:
    on = today_in(settings_of(session, found.organisation_id).time_zone, at)
    check_serves(session, actor, found.volunteer_id, found.organisation_id, on)


# ── a code typed ──────────────────────────────────────────────────────────────────────────


def redemption_of_code(session: Session, actor: Actor, typed: str, at: datetime) -> AtDesk:
    """Return what a typed code means here, or refuse it; a wrong one is counted."""
    code = typed_code(typed)
    turn_id = _turn(actor)
    found = of_code(session, code)
    refusals = []
    for each in found:
        refusal = _refusal(session, actor, each, at)
        if refusal is None:
            give_turn_back(turn_id)
            return each
        refusals.append(refusal)
    raise refusals[0] if refusals else CodeUnknown


def _refusal(session: Session, actor: Actor, found: AtDesk, at: datetime) -> RuleBroken | None:
    """Return why the desk does not hand this over; of strangers nothing but whose desk does."""
    try:
        _check(session, actor, found, at)
    except OthersTeam as refusal:
        is_near = found.organisation_id in _led_line(session, actor)
        return refusal if is_near else OthersShelf(organisation=found.organisation_name)
    except NotFound:
        return OthersShelf(organisation=found.organisation_name)
    except NotAllowed as refusal:
        return refusal
    return None


def _led_line(session: Session, actor: Actor) -> set[int]:
    """Return the organisations from whose shelves a leader's members redeem."""
    homes = {team.organisation_id for team in teams_by_ids(session, actor.leads)}
    return {above for home in homes for above in ancestors_of(session, home)}


def _turn(actor: Actor) -> int:
    """Count a try by login and by address before it is judged; what was typed is not kept."""
    try:
        with transaction() as session:
            return people.take_turn(
                session,
                account=account_key("pick-up", f"login {actor.login_id}"),
                login_ids=[actor.login_id],
                # Of its own: wrong codes keep nobody at this address from signing in.
                address=f"pick-up {address()}",
                device=None,
                now=now(),
            )
    except TooManyTries as refusal:
        is_long = "minutes" in refusal.figures
        too_often = TypedTooOftenForMinutes if is_long else TypedTooOften
        raise too_often(**refusal.figures) from refusal


# ── the counter ───────────────────────────────────────────────────────────────────────────


def served_person(session: Session, actor: Actor, volunteer_id: int) -> Volunteer:
    """Return somebody a counter serves; oneself and one's wards are refused, others are 404."""
    found = find_volunteer(session, volunteer_id)
    if found is None or found.state != "active":
        not_found()
    try:
        check_serves(session, actor, found.id, found.organisation_id, today())
    except OthersTeam:
        not_found()
    return found


def shelves_served(
    session: Session, actor: Actor, person: Volunteer, organisation_ids: Sequence[int]
) -> set[int]:
    """Return from which shelves a counter hands over to somebody it serves."""
    if person.organisation_id not in actor.organises:
        # It serves them as a member of a team led, from whatever shelf they redeem.
        return set(organisation_ids)
    on = today()
    return {each for each in organisation_ids if _serves(session, actor, person.id, each, on)}


def _serves(
    session: Session, actor: Actor, volunteer_id: int, organisation_id: int, on: date
) -> bool:
    try:
        check_serves(session, actor, volunteer_id, organisation_id, on)
    except (NotAllowed, NotFound):
        return False
    return True


def card_holder(session: Session, actor: Actor) -> Volunteer | None:
    """Return whose card was scanned a while ago, if this counter serves them."""
    card = in_hand()
    if card is None:
        return None
    try:
        return served_person(session, actor, card.volunteer_id)
    except (NotAllowed, NotFound):
        return None


def counter_desk() -> str | None:
    """Return the counter for a card just scanned by somebody who serves its owner there."""
    actor = find_actor()
    if actor is None or actor.acting_for or not is_granted("redemption.hand_over", actor.roles):
        return None
    holder = card_holder(db.session(), actor)
    return url_for("counter.shelf", volunteer_id=holder.id) if holder else None
