"""One try at a password or code: counted as wrong before it is judged, given back when right.

Counted afterwards, fifty tries at one instant would all find nothing counted yet.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.people.models import KnownDevice, SignInFailure
from app.people.queries import knows_device, sign_in_wait
from app.people.rules.sign_in import (
    ACCOUNT_LIMIT,
    FAILURES_KEPT,
    KNOWN_DEVICE_LIFETIME,
    Limit,
    refuse_while_waiting,
)

# How many forgotten rows one try takes away: more than the one it adds.
SWEPT = 50
# One class of locks for what is counted; two tries of one account stand in line.
_lock = text("SELECT pg_advisory_xact_lock(7106, hashtext(:counted))")


def take_turn(
    session: Session,
    *,
    account: str,
    login_ids: Collection[int],
    address: str,
    device: str | None,
    now: datetime,
    limit: Limit = ACCOUNT_LIMIT,
) -> int:
    """Count a try and return its row, or refuse it while one has to wait.

    `device`: the digest of the token a browser came with; it counts where it is known.
    """
    if is_postgresql(session):
        # Always in this order: account, then address, so that no two wait for each other.
        for counted in (f"account {account}", f"address {address}"):
            session.execute(_lock, {"counted": counted})
    known = device if device and knows_device(session, login_ids, device, now) else None
    refuse_while_waiting(
        sign_in_wait(
            session,
            account=account,
            login_ids=login_ids,
            address=address,
            device=known,
            limit=limit,
            now=now,
        )
    )
    _sweep(session, now)
    row = {"account": account, "address": address, "at": now, "device": known}
    turn_id = session.scalar(insert(SignInFailure).returning(SignInFailure.id), row)
    return int(turn_id or 0)


def give_back(session: Session, turn_id: int) -> None:
    """Take a try that was right out of the count."""
    session.execute(delete(SignInFailure).where(SignInFailure.id == turn_id))


def know_device(session: Session, login_id: int, device: str, now: datetime) -> None:
    """Know the device somebody just signed in on; forget those not seen for long."""
    here = KnownDevice.login_id == login_id
    gone = (KnownDevice.token_sha256 == device) | (
        KnownDevice.seen_at < now - KNOWN_DEVICE_LIFETIME
    )
    session.execute(delete(KnownDevice).where(here, gone))
    row = {"login_id": login_id, "token_sha256": device, "seen_at": now}
    session.execute(insert(KnownDevice), row)


def forget_devices(session: Session, login_id: int) -> None:
    """Know no device of a login any more: somebody new may own the account now."""
    session.execute(delete(KnownDevice).where(KnownDevice.login_id == login_id))


def _sweep(session: Session, now: datetime) -> None:
    """Delete the oldest tries once they count no more; a few at a time, found by their ids."""
    oldest = (
        select(SignInFailure.id, SignInFailure.at)
        .order_by(SignInFailure.id)
        .limit(SWEPT)
        .subquery()
    )
    forgotten = select(oldest.c.id).where(oldest.c.at < now - FAILURES_KEPT)
    session.execute(delete(SignInFailure).where(SignInFailure.id.in_(forgotten)))
