"""Secrets are kept sealed, with keys that stand in no database (I-24).

AES-256-GCM; each purpose has a key of its own, derived from the instance's secret, and each seal
is bound to the row it stands in, so that one moved to another opens no more. Whoever has the
database alone, a dump or a backup, reads nothing.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = "1:"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class SealKey(NamedTuple):
    """The key by which secrets of one purpose are sealed; shown as nothing when printed."""

    secret: bytes

    def __repr__(self) -> str:
        return "SealKey(…)"


def key_for(purpose: str, instance_secret: str) -> SealKey:
    """Return the key of a purpose that belongs to an instance's secret."""
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose.encode())
    return SealKey(derived.derive(instance_secret.encode()))


def seal(text: str, *, bound_to: str, key: SealKey) -> str:
    """Return a text sealed for where it stands; twice sealed it looks different."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    kept = AESGCM(key.secret).encrypt(nonce, text.encode(), bound_to.encode())
    return _VERSION + base64.b64encode(nonce + kept).decode()


def unseal(sealed: str, *, bound_to: str, key: SealKey) -> str | None:
    """Return what was sealed; None where it was done with another secret or for elsewhere."""
    try:
        kept = base64.b64decode(sealed.removeprefix(_VERSION), validate=True)
        nonce, text = kept[:_NONCE_BYTES], kept[_NONCE_BYTES:]
        return AESGCM(key.secret).decrypt(nonce, text, bound_to.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError):
        return None
