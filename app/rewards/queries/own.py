"""What one person redeemed, and the ticket behind a code."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.organisations.queries import subtree_ids


class Redemption(NamedTuple):
    """One redemption as its ticket says it."""

    id: int
    organisation_id: int
    organisation_name: str
    item_id: int
    kind: str
    name: str
    measure: str
    category: str
    picture_id: int | None
    collect_at: str
    volunteer_id: int
    volunteer_name: str
    quantity: int
    cost_hundredths: int
    state: str
    code: str
    token: str
    asked_by: str
    # Who asked for it, by the name of the sign-in.
    made_by: str
    entry_id: int
    refund_entry_id: int | None
    reason: str | None
    redeemed_at: datetime
    redeemed_on: date
    collect_by_on: date
    settled_on: date | None


class Ticket(NamedTuple):
    """Whose a token is, and whose desk hands it over."""

    id: int
    volunteer_id: int
    organisation_id: int


class Taken(NamedTuple):
    """What an entry of the ledger took points for, or gave them back for."""

    id: int
    name: str
    quantity: int
    state: str
    entry_id: int
    refund_entry_id: int | None
    redeemed_on: date
    settled_on: date | None


class Waiting(NamedTuple):
    """What its person is reminded of."""

    id: int
    volunteer_id: int
    name: str
    quantity: int
    redeemed_on: date
    collect_by_on: date


_WAITING_UNTIL = (
    "SELECT r.id, r.volunteer_id, v.name, r.quantity, r.redeemed_on, r.collect_by_on "
    "FROM redemptions r JOIN item_versions v ON v.id = r.item_version_id "
    "WHERE r.state = 'to_collect' AND r.organisation_id IN ?ids "
    "AND r.collect_by_on BETWEEN ? AND ? ORDER BY r.id"
)
_OVERDUE = (
    "SELECT id FROM redemptions WHERE state = 'to_collect' AND organisation_id IN ?ids "
    "AND collect_by_on < ? ORDER BY id"
)
_TAKEN = (
    "SELECT r.id, v.name, r.quantity, r.state, r.entry_id, r.refund_entry_id, "
    "r.redeemed_on, r.settled_on FROM redemptions r "
    "JOIN item_versions v ON v.id = r.item_version_id WHERE r.id IN ?ids"
)
_ROWS = (
    "SELECT r.id, r.organisation_id, o.name, r.item_id, i.kind, v.name, v.measure, v.category, "
    "v.picture_id, v.collect_at, r.volunteer_id, w.name, r.quantity, r.cost_hundredths, r.state, "
    "r.code, r.token, r.asked_by, l.display_name, r.entry_id, r.refund_entry_id, r.reason, "
    "r.redeemed_at, r.redeemed_on, r.collect_by_on, r.settled_on "
    "FROM redemptions r JOIN organisations o ON o.id = r.organisation_id "
    "JOIN shelf_items i ON i.id = r.item_id JOIN item_versions v ON v.id = r.item_version_id "
    "JOIN volunteers w ON w.id = r.volunteer_id JOIN logins l ON l.id = r.made_by_id "
)
_ONE = _ROWS + "WHERE r.id = ?"
_WAITING = (
    _ROWS + "WHERE r.volunteer_id = ? AND r.state = 'to_collect' ORDER BY r.collect_by_on, r.id"
)
# Those to collect first, by their last day; then the newest.
_OWN = (
    _ROWS + "WHERE r.volunteer_id = ? AND r.state IN ?words "
    "ORDER BY CASE WHEN r.state = 'to_collect' THEN 0 ELSE 1 END, "
    "CASE WHEN r.state = 'to_collect' THEN r.collect_by_on END, r.id DESC LIMIT ? OFFSET ?"
)
_COUNTS = "SELECT state, count(*) FROM redemptions WHERE volunteer_id = ? GROUP BY state"
_BY_TOKEN = "SELECT id, volunteer_id, organisation_id FROM redemptions WHERE token = ?"


def find_redemption(session: Session, redemption_id: int) -> Redemption | None:
    """Return a redemption, or None."""
    rows = fetch(session, _ONE, redemption_id)
    return _redemption(rows[0]) if rows else None


def waiting_of(session: Session, volunteer_id: int) -> list[Redemption]:
    """Return what somebody has to collect, the most pressing first."""
    return [_redemption(row) for row in fetch(session, _WAITING, volunteer_id)]


def counts_of(session: Session, volunteer_id: int) -> dict[str, int]:
    """Return how many redemptions somebody has in each state."""
    return dict(map(tuple, fetch(session, _COUNTS, volunteer_id)))


def redemptions_of(
    session: Session, volunteer_id: int, states: list[str], *, offset: int, size: int
) -> list[Redemption]:
    """Return a page of somebody's redemptions in some states."""
    rows = fetch(session, _OWN, volunteer_id, states, size, offset)
    return [_redemption(row) for row in rows]


def taken_by_id(session: Session, redemption_ids: Iterable[int]) -> dict[int, Taken]:
    """Return what redemptions were of, by id; for the lines of a passbook."""
    rows = fetch(session, _TAKEN, sorted(set(redemption_ids)))
    return {row[0]: _taken(row) for row in rows}


def _taken(row: Any) -> Taken:
    settled_on = None if row[7] is None else day_of(row[7])
    return Taken._make((*row[:6], day_of(row[6]), settled_on))


def waiting_until(session: Session, root_id: int, today: date, days: int) -> list[Waiting]:
    """Return what is to be collected from today until so many days ahead, in a root's tree."""
    homes = subtree_ids(session, root_id)
    rows = fetch(session, _WAITING_UNTIL, homes, today, today + timedelta(days=days))
    return [Waiting._make((*row[:4], day_of(row[4]), day_of(row[5]))) for row in rows]


def overdue(session: Session, root_id: int, today: date) -> list[int]:
    """Return what should have been collected before a date, in a root's tree."""
    homes = subtree_ids(session, root_id)
    return [row[0] for row in fetch(session, _OVERDUE, homes, today)]


def find_ticket(session: Session, token: str) -> Ticket | None:
    """Return whose redemption the token behind a QR code is, or None."""
    rows = fetch(session, _BY_TOKEN, token)
    return Ticket(*rows[0]) if rows else None


def _redemption(row: Any) -> Redemption:
    at, on, by, settled = row[22:]
    settled_on = None if settled is None else day_of(settled)
    return Redemption._make((*row[:22], instant_of(at), day_of(on), day_of(by), settled_on))
