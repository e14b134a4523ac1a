"""Make the key that signs: once for an instance, and anew when its keeper says so."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.certificates.models import SigningKey
from app.certificates.queries.keys import find_current_key
from app.certificates.rules.signing import Signer, new_key_pair, opened
from app.db import is_postgresql
from app.trail.operations import note

_lock = text("SELECT pg_advisory_xact_lock(7119)")


class Signing(NamedTuple):
    """The key that signs now, opened, and its row."""

    id: int
    signer: Signer


def signing_with(session: Session, secret: str, *, now: datetime) -> Signing:
    """Return the key that signs, made now where there was none."""
    current = find_current_key(session)
    if current is None:
        _hold(session)
        current = find_current_key(session)
    if current is None:
        make_key(session, secret, actor_id=None, now=now)
        current = find_current_key(session)
        assert current is not None, "made by this transaction"
    return Signing(current.id, opened(current.pair, secret))


def make_key(session: Session, secret: str, *, actor_id: int | None, now: datetime) -> str:
    """Make a key that signs from now on; the public halves of earlier ones stay."""
    _hold(session)
    pair = new_key_pair(secret)
    row = SigningKey(**pair._asdict(), made_at=now)
    session.add(row)
    session.flush()
    note(
        session,
        operation="signing_key.make",
        actor_id=actor_id,
        at=now,
        subject_kind="signing_key",
        subject_id=row.id,
        after={"key_id": pair.key_id},
    )
    return pair.key_id


def _hold(session: Session) -> None:
    """Let one at a time ask whether there is a key, and make it."""
    if is_postgresql(session):
        session.execute(_lock)
