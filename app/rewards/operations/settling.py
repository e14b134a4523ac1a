"""How a redemption ends: handed over at the desk, cancelled, or expired; each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.bulk import run
from app.clock import today_in
from app.errors import N_, NotFound, RuleBroken
from app.ledger.operations import Held, NewEntry, post, reserve, system_account
from app.ledger.rules import Leg
from app.organisations.queries import ancestors_of, settings_of
from app.rewards.operations.holding import HeldRedemption, hold_redemption, move_stock
from app.rewards.operations.judging import REDEEMED
from app.rewards.operations.reaching import check_serves
from app.rewards.operations.redeeming import add_move
from app.rewards.operations.telling import tell_cancelled, tell_expired
from app.rewards.rules.moves import RETURNED, check_move
from app.rewards.rules.stock import change_of
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

LONGEST_REASON = 200
_SETTLE = (
    "UPDATE redemptions SET state = ?, refund_entry_id = ?, settled_at = ?, settled_on = ?, "
    "settled_by_id = ?, reason = ? WHERE id = ? AND state = 'to_collect'"
)


class ReasonNeeded(RuleBroken):
    """Whoever cancels for somebody else says why."""

    code = "reason_missing"
    message = N_("Give the reason in a few words.")


class ReasonTooLong(RuleBroken):
    code = "reason_missing"
    message = N_("This text has at most %(most)s characters.")


@dataclass(frozen=True, slots=True)
class _Ending:
    """How one redemption ends, by whom, and why."""

    state: str
    actor_id: int | None
    now: datetime
    today: date
    reason: str | None = None
    on_behalf_of_id: int | None = None
    key: str | None = None


def cancel(
    session: Session, redemption_id: int, *, actor: Actor, now: datetime, reason: str, key: str
) -> None:
    """Give points and stock back before anything was handed over; the desk gives a reason."""
    content = {"operation": "cancel_redemption", "redemption_id": redemption_id, "reason": reason}
    if remembered(session, actor.login_id, key, content) is not None:
        return
    held, redeemed = _held(session, redemption_id)
    today = _today(session, redeemed, now)
    is_own = actor.benefits(redeemed.volunteer_id)
    if not is_own:
        check_serves(session, actor, redeemed.volunteer_id, redeemed.organisation_id, today)
        _check_reason(reason)
    ending = _Ending(
        "cancelled",
        actor.login_id,
        now,
        today,
        reason.strip() or None,
        None if redeemed.volunteer_id == actor.volunteer_id else redeemed.volunteer_id,
        key,
    )
    _settle(session, held, redeemed, ending)
    if not is_own:
        tell_cancelled(session, redemption_id, by=actor.name, reason=reason.strip(), now=now)
    remember(session, actor.login_id, key, content, {"redemption_id": redemption_id}, now)


def hand_over(
    session: Session, redemption_id: int, *, actor: Actor, now: datetime, key: str
) -> None:
    """Note at the desk that the person, or whoever came for them, has it."""
    content = {"operation": "hand_over", "redemption_id": redemption_id}
    if remembered(session, actor.login_id, key, content) is not None:
        return
    held, redeemed = _held(session, redemption_id)
    today = _today(session, redeemed, now)
    check_serves(session, actor, redeemed.volunteer_id, redeemed.organisation_id, today)
    _settle(session, held, redeemed, _Ending("collected", actor.login_id, now, today, key=key))
    remember(session, actor.login_id, key, content, {"redemption_id": redemption_id}, now)


def expire_uncollected(session: Session, redemption_id: int, *, now: datetime) -> None:
    """Give points and stock back after the last day for collecting; the job's part."""
    held, redeemed = _held(session, redemption_id)
    _settle(session, held, redeemed, _Ending("expired", None, now, _today(session, redeemed, now)))
    tell_expired(session, redemption_id, now=now)


def _held(session: Session, redemption_id: int) -> tuple[Held, HeldRedemption]:
    found = hold_redemption(session, redemption_id)
    if found is None:
        raise NotFound
    return found


def _today(session: Session, redeemed: HeldRedemption, now: datetime) -> date:
    return today_in(settings_of(session, redeemed.organisation_id).time_zone, now)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonNeeded
    if len(reason) > LONGEST_REASON:
        raise ReasonTooLong(most=LONGEST_REASON)


def _settle(session: Session, held: Held, redeemed: HeldRedemption, ending: _Ending) -> None:
    """End it under the locks of its person, its item and itself: whoever came first has won."""
    check_move(
        redeemed.state,
        ending.state,
        settled_on=redeemed.settled_on,
        collect_by_on=redeemed.collect_by_on,
        today=ending.today,
    )
    is_returned = ending.state in RETURNED
    refund_id = _refund(session, held, redeemed, ending) if is_returned else None
    settled = (ending.state, refund_id, ending.now, ending.today, ending.actor_id, ending.reason)
    if not run(session, _SETTLE, *settled, redeemed.id).rowcount:
        raise RuntimeError("A redemption was settled without its lock.")
    kind = "returned" if is_returned else "handed_over"
    change = change_of(kind, redeemed.quantity)
    if not move_stock(session, redeemed.item_id, change.available, change.reserved):
        raise RuntimeError("What was set aside is missing.")
    actor_id, quantity = ending.actor_id, redeemed.quantity
    add_move(
        session, kind, redeemed.item_id, quantity, redeemed.id, actor_id, ending.now, ending.reason
    )
    _note(session, redeemed, ending)


def _refund(session: Session, held: Held, redeemed: HeldRedemption, ending: _Ending) -> int:
    """Post the points back, mirrored, and return the entry."""
    root_id = ancestors_of(session, redeemed.organisation_id)[-1]
    cost = redeemed.cost_hundredths
    redeemed_account = system_account(session, root_id, *REDEEMED)
    legs = (Leg(held.points_id, cost), Leg(redeemed_account, -cost))
    slots = reserve(session, 1, ending.now)
    entry = NewEntry("refund", "redemption", redeemed.id, legs, reason=ending.reason)
    post(session, [entry], slots, actor_id=ending.actor_id, key=ending.key)
    return slots.first_id


_OPERATIONS = {"collected": "hand_over", "cancelled": "cancel", "expired": "expire"}


def _note(session: Session, redeemed: HeldRedemption, ending: _Ending) -> None:
    note(
        session,
        operation=f"redemption.{_OPERATIONS[ending.state]}",
        actor_id=ending.actor_id,
        at=ending.now,
        subject_kind="redemption",
        subject_id=redeemed.id,
        organisation_id=redeemed.organisation_id,
        on_behalf_of_id=ending.on_behalf_of_id,
        before={"state": redeemed.state},
        after={"state": ending.state},
        reason=ending.reason,
    )
