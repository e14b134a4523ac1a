"""Redeem an item: points and stock leave in one commit, and a code to collect it is given out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, next_ids, run
from app.clock import today_in
from app.errors import NotFound
from app.ledger.operations import Held, NewEntry, post, reserve, system_account
from app.ledger.rules import Leg, Unit
from app.organisations.queries import ancestors_of, settings_of
from app.organisations.rules import Settings
from app.rewards.operations.holding import Item, move_stock
from app.rewards.operations.judging import home_of, judged
from app.rewards.operations.low_stock import tell_if_low
from app.rewards.operations.reaching import check_serves
from app.rewards.operations.telling import Made, tell_made
from app.rewards.rules import redeeming as rules
from app.rewards.rules.codes import new_code, new_token
from app.rewards.rules.redeeming import NotRedeemable, check_asked, cost_of
from app.rewards.rules.stock import change_of
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

_INSERT = (
    "INSERT INTO redemptions (id, organisation_id, item_id, item_version_id, volunteer_id, "
    "quantity, cost_hundredths, state, code, token, asked_by, consent, redeemed_at, redeemed_on, "
    "collect_by_on, made_by_id, entry_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, 'to_collect', ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_INSERT_MOVE = (
    "INSERT INTO stock_moves (item_id, kind, available_change, reserved_change, at, actor_id, "
    "redemption_id, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
# The system's account opposite.
REDEEMED: tuple[str, Unit] = ("points_redeemed", "points")
_IS_TAKEN = "SELECT 1 FROM redemptions WHERE code = ? AND state = 'to_collect'"
# So many codes are taken at once only when the desk has not been open for years.
_TRIES = 50


class Asked(NamedTuple):
    """What somebody wants, and the price a piece and the version that they were shown."""

    item_id: int
    quantity: int
    shown_price_hundredths: int
    # None: chosen without having seen one.
    shown_version: int | None = None


class Redeemed(NamedTuple):
    """The redemption, or why there is none; a refusal is kept under the key like a success."""

    redemption_id: int | None
    refusal: NotRedeemable | None


@dataclass(frozen=True, slots=True)
class _Request:
    """Who asks for whom, and how the person agreed."""

    asked: Asked
    volunteer_id: int
    asked_by: str
    consent: str | None
    actor: Actor
    now: datetime
    key: str

    @property
    def content(self) -> dict[str, Any]:
        """What the key stands for."""
        return {
            "operation": "redeem",
            **self.asked._asdict(),
            "volunteer_id": self.volunteer_id,
            "consent": self.consent,
        }


def redeem(
    session: Session, asked: Asked, *, volunteer_id: int, actor: Actor, now: datetime, key: str
) -> Redeemed:
    """Redeem for oneself, or for somebody one acts for; the same key redeems once."""
    if not actor.benefits(volunteer_id):
        raise NotFound
    asked_by = "self" if volunteer_id == actor.volunteer_id else "helper"
    return _redeem(session, _Request(asked, volunteer_id, asked_by, None, actor, now, key))


def redeem_at_desk(
    session: Session,
    asked: Asked,
    *,
    volunteer_id: int,
    consent: str,
    actor: Actor,
    now: datetime,
    key: str,
) -> Redeemed:
    """Redeem for a person who stands at the desk and agrees by PIN or signature."""
    request = _Request(asked, volunteer_id, "desk", consent, actor, now, key)
    today = today_in(_settings(session, asked.item_id).time_zone, now)
    check_serves(session, actor, volunteer_id, home_of(session, asked.item_id), today)
    return _redeem(session, request)


def _settings(session: Session, item_id: int) -> Settings:
    return settings_of(session, home_of(session, item_id))


def _redeem(session: Session, request: _Request) -> Redeemed:
    before = remembered(session, request.actor.login_id, request.key, request.content)
    if before is not None:
        return _redeemed_from(before)
    check_asked(request.asked.quantity)
    settings = _settings(session, request.asked.item_id)
    today = today_in(settings.time_zone, request.now)
    held, item, refusal = judged(
        session, *request.asked, request.volunteer_id, settings=settings, today=today
    )
    if refusal is not None:
        _keep(session, request, _refused(refusal))
        return Redeemed(None, refusal)
    redemption_id = _give(session, request, held, item, today, settings)
    _keep(session, request, {"redemption_id": redemption_id})
    return Redeemed(redemption_id, None)


def _give(
    session: Session, request: _Request, held: Held, item: Item, today: date, settings: Settings
) -> int:
    """Take points and stock and hand out the code; whoever calls has judged it under the locks."""
    quantity, actor = request.asked.quantity, request.actor
    cost = cost_of(price_hundredths=item.terms.price_hundredths, quantity=quantity)
    redemption_id = next_ids(session, "redemptions", 1)[0]
    entry_id = _pay(session, request, held, item, cost, redemption_id)
    values = (
        *(redemption_id, item.organisation_id, item.id, item.version_id, request.volunteer_id),
        *(quantity, cost),
    )
    after = (
        *(request.asked_by, request.consent, request.now, today),
        *(today + timedelta(days=settings.pick_up_days), actor.login_id, entry_id),
    )
    _with_code(session, values, after)
    change = change_of("reserved", quantity)
    if not move_stock(session, item.id, change.available, change.reserved):
        raise RuntimeError("An item was judged without its lock.")
    add_move(session, "reserved", item.id, quantity, redemption_id, actor.login_id, request.now)
    left = item.available - quantity
    tell_if_low(session, item, was=item.available, left=left, now=request.now)
    note(
        session,
        operation="redemption.make",
        actor_id=actor.login_id,
        at=request.now,
        subject_kind="redemption",
        subject_id=redemption_id,
        organisation_id=item.organisation_id,
        on_behalf_of_id=None if request.asked_by == "self" else request.volunteer_id,
        after={
            "item": item.id,
            "version": item.terms.version,
            "quantity": quantity,
            "cost_hundredths": cost,
            "consent": request.consent,
        },
    )
    made = Made(
        redemption_id,
        request.volunteer_id,
        item.name,
        quantity,
        cost,
        today + timedelta(days=settings.pick_up_days),
    )
    tell_made(session, made, asked_by=request.asked_by, by=actor.name, now=request.now)
    return redemption_id


def _pay(
    session: Session, request: _Request, held: Held, item: Item, cost: int, redemption_id: int
) -> int:
    root_id = ancestors_of(session, item.organisation_id)[-1]
    legs = (
        Leg(held.points_id, -cost),
        Leg(system_account(session, root_id, *REDEEMED), cost),
    )
    slots = reserve(session, 1, request.now)
    entry = NewEntry("redemption", "redemption", redemption_id, legs)
    post(session, [entry], slots, actor_id=request.actor.login_id, key=request.key)
    return slots.first_id


def _with_code(session: Session, values: tuple[Any, ...], after: tuple[Any, ...]) -> None:
    """Write the redemption with a code that no other waiting one bears."""
    for _attempt in range(_TRIES):
        code = new_code()
        if fetch(session, _IS_TAKEN, code):
            continue
        # Somebody may have taken it this very moment: then nothing is written.
        if run(session, _INSERT, *values, code, new_token(), *after).rowcount:
            return
    raise RuntimeError("No pick-up code is free.")


def add_move(
    session: Session,
    kind: str,
    item_id: int,
    quantity: int,
    redemption_id: int,
    actor_id: int | None,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Write the stock move of a redemption; the caller changes the stock beside it."""
    change = change_of(kind, quantity)
    values = (item_id, kind, *change, now, actor_id, redemption_id, reason)
    run(session, _INSERT_MOVE, *values)


# ── the key's memory ──────────────────────────────────────────────────────────────────────


def _keep(session: Session, request: _Request, result: Mapping[str, Any]) -> None:
    actor_id = request.actor.login_id
    remember(session, actor_id, request.key, request.content, result, request.now)


def _refused(refusal: NotRedeemable) -> dict[str, Any]:
    return {"refused": type(refusal).__name__, "figures": refusal.figures}


def _redeemed_from(kept: Mapping[str, Any]) -> Redeemed:
    if "refused" not in kept:
        return Redeemed(kept["redemption_id"], None)
    kind: type[NotRedeemable] = getattr(rules, kept["refused"])
    figures = {
        name: date.fromisoformat(value) if name.endswith("_on") else value
        for name, value in kept["figures"].items()
    }
    return Redeemed(None, kind(**figures))
