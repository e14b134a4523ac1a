"""The keys of this instance: the newest signs, each of them verifies."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, instant_of
from app.certificates.rules.published import PublicKey
from app.certificates.rules.signing import KeyPair

_NEWEST = "SELECT id, key_id, public_key, sealed_private FROM signing_keys ORDER BY id DESC LIMIT 1"
_ALL = "SELECT key_id, public_key, made_at FROM signing_keys ORDER BY id DESC"


class CurrentKey(NamedTuple):
    """The key that signs now."""

    id: int
    pair: KeyPair


def find_current_key(session: Session) -> CurrentKey | None:
    """Return the key that signs now; None where none was ever made."""
    rows = fetch(session, _NEWEST)
    return CurrentKey(rows[0][0], KeyPair(*rows[0][1:])) if rows else None


def public_keys(session: Session) -> list[PublicKey]:
    """Return every public half, the newest first."""
    rows = fetch(session, _ALL)
    return [
        PublicKey(key_id, public_key, instant_of(made_at), place == 0)
        for place, (key_id, public_key, made_at) in enumerate(rows)
    ]
