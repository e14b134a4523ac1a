"""Redeem an item: points and stock leave in one commit, and a code to collect it is given out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import (
    Statement,
    asked_later,
    driver_instant,
    fetch,
    fetch_together,
    many,
    written_at_once,
    written_together,
)
from app.clock import today_in
from app.errors import NotFound
from app.ledger.operations import NewEntry, post, refused_below_zero
from app.ledger.rules import Leg
from app.organisations.queries import settings_of
from app.organisations.rules import Settings
from app.rewards.operations.holding import moving_stock
from app.rewards.operations.judging import Ground, Judged, home_of, judged
from app.rewards.operations.low_stock import tell_if_low
from app.rewards.operations.reaching import check_serves
from app.rewards.operations.telling import Made, tell_made
from app.rewards.queries.grounds import asking_home, home_told
from app.rewards.rules import redeeming as rules
from app.rewards.rules.codes import new_code, new_token
from app.rewards.rules.redeeming import NotRedeemable, check_asked, cost_of
from app.rewards.rules.stock import change_of
from app.teams.rules import Actor
from app.trail.operations import asking_for, kept_result, note, remember

_INSERT = (
    "INSERT INTO redemptions (id, organisation_id, item_id, item_version_id, volunteer_id, "
    "quantity, cost_hundredths, state, code, token, asked_by, consent, redeemed_at, redeemed_on, "
    "collect_by_on, made_by_id, entry_id) "
    "SELECT ?, ?, ?, ?, ?, ?, ?, 'to_collect', ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS "
    "(SELECT 1 FROM redemptions WHERE code = ? AND state = 'to_collect') "
    "ON CONFLICT DO NOTHING RETURNING id"
)
_MOVE = (
    "stock_moves (item_id, kind, available_change, reserved_change, at, actor_id, redemption_id, "
    "reason)"
)
# Nothing where the redemption is not there: somebody took its code at the same instant.
_INSERT_MOVE = Statement(
    f"INSERT INTO {_MOVE} SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 "
    "WHERE EXISTS (SELECT 1 FROM redemptions WHERE id = ?7)",
    f"INSERT INTO {_MOVE} SELECT * FROM {{rows}} "
    "WHERE EXISTS (SELECT 1 FROM redemptions d WHERE d.id = r.g)",
    ("bigint", "text", "bigint", "bigint", "timestamptz", "bigint", "bigint", "text"),
)
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
    *_, kept, line, settings_rows = fetch_together(
        session,
        *asking_for(session, request.actor.login_id, request.key),
        *asking_home(request.asked.item_id),
    )
    before = kept_result(kept, request.content)
    if before is not None:
        return _redeemed_from(before)
    check_asked(request.asked.quantity)
    home = home_told(line, settings_rows)
    if home is None:
        raise NotFound
    today = today_in(home.settings.time_zone, request.now)
    ground = Ground(home.settings, home.house, home.above[-1], request.now, today)
    found = judged(session, *request.asked, request.volunteer_id, ground)
    if found.refusal is not None:
        _keep(session, request, _refused(found.refusal))
        return Redeemed(None, found.refusal)
    _give(session, request, found, ground)
    return Redeemed(found.ready.subject_id, None)


def _give(session: Session, request: _Request, found: Judged, ground: Ground) -> None:
    """Take points and stock and hand out the code; whoever calls has judged it under the locks."""
    item, quantity = found.item, request.asked.quantity
    cost = cost_of(price_hundredths=item.terms.price_hundredths, quantity=quantity)
    collect_by_on = ground.today + timedelta(days=ground.settings.pick_up_days)
    _take(session, request, found, _Bought(cost, ground.today, collect_by_on))
    left = item.available - quantity
    tell_if_low(session, item, was=item.available, left=left, now=request.now)
    made = Made(
        found.ready.subject_id, request.volunteer_id, item.name, quantity, cost, collect_by_on
    )
    tell_made(session, made, asked_by=request.asked_by, by=request.actor.name, now=request.now)


class _Bought(NamedTuple):
    cost: int
    today: date
    collect_by_on: date


def _take(session: Session, request: _Request, found: Judged, bought: _Bought) -> None:
    """Write all of it in one trip; with another code where somebody holds this one."""
    item, ready, quantity = found.item, found.ready, request.asked.quantity
    actor_id = request.actor.login_id
    legs = (Leg(found.held.points_id, -bought.cost), Leg(ready.account_id, bought.cost))
    entry = NewEntry("redemption", "redemption", ready.subject_id, legs)
    values = (
        *(ready.subject_id, item.organisation_id, item.id, item.version_id),
        *(request.volunteer_id, quantity, bought.cost),
    )
    after = (
        *(request.asked_by, request.consent, request.now, bought.today, bought.collect_by_on),
        *(actor_id, ready.slots.first_id),
    )
    change = change_of("reserved", quantity)
    move = ("reserved", item.id, quantity, ready.subject_id, actor_id, request.now)
    with refused_below_zero(), written_together(session, 1):
        post(session, [entry], ready.slots, actor_id=actor_id, key=request.key)
        with written_at_once(session):
            moved = asked_later(session, *moving_stock(item.id, change.available, change.reserved))
            made = asked_later(session, *_with_a_new_code(values, after))
            _write_down(session, request, found, bought.cost)
        add_move(session, *move)
    if not moved():
        raise RuntimeError("An item was judged without its lock.")
    # Somebody may hold the code: then no redemption was written.
    if not made():
        if not any(fetch(session, *_with_a_new_code(values, after)) for _try in range(_TRIES)):
            raise RuntimeError("No pick-up code is free.")
        add_move(session, *move)


def _with_a_new_code(values: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the statement that makes a redemption; no row comes back where the code is taken."""
    code = new_code()
    return _INSERT, *values, code, new_token(), *after, code


def _write_down(session: Session, request: _Request, found: Judged, cost: int) -> None:
    """Write the trail and what the key did."""
    item, redemption_id = found.item, found.ready.subject_id
    note(
        session,
        operation="redemption.make",
        actor_id=request.actor.login_id,
        at=request.now,
        subject_kind="redemption",
        subject_id=redemption_id,
        organisation_id=item.organisation_id,
        on_behalf_of_id=None if request.asked_by == "self" else request.volunteer_id,
        after={
            "item": item.id,
            "version": item.terms.version,
            "quantity": request.asked.quantity,
            "cost_hundredths": cost,
            "consent": request.consent,
        },
    )
    _keep(session, request, {"redemption_id": redemption_id})


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
    at = driver_instant(session, now)
    values = (item_id, kind, *change, at, actor_id, redemption_id, reason)
    many(session, _INSERT_MOVE, [values])


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
