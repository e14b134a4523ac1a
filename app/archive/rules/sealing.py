"""ID numbers are kept sealed, with a key that stands in no database (I-24).

AES-256-GCM; the key is derived from the instance's secret, and each seal is bound to its
volunteer, so that one moved to another row opens no more. Whoever has the database alone, a
dump or a backup, reads nothing.
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

_PURPOSE = b"qicai id document 1"
_VERSION = "1:"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class SealKey(NamedTuple):
    """The key by which ID numbers are sealed; shown as nothing, wherever it is printed."""

    secret: bytes

    def __repr__(self) -> str:
        return "SealKey(…)"


def seal_key(instance_secret: str) -> SealKey:
    """Return the key that belongs to an instance's secret."""
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PURPOSE)
    return SealKey(derived.derive(instance_secret.encode()))


def sealed(number: str, *, volunteer_id: int, key: SealKey) -> str:
    """Return an ID number sealed for its volunteer; twice sealed it looks different."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    text = AESGCM(key.secret).encrypt(nonce, number.encode(), _bound_to(volunteer_id))
    return _VERSION + base64.b64encode(nonce + text).decode()


def opened(seal: str, *, volunteer_id: int, key: SealKey) -> str | None:
    """Return the ID number in a seal; None where it was made with another secret."""
    try:
        kept = base64.b64decode(seal.removeprefix(_VERSION), validate=True)
        nonce, text = kept[:_NONCE_BYTES], kept[_NONCE_BYTES:]
        return AESGCM(key.secret).decrypt(nonce, text, _bound_to(volunteer_id)).decode()
    except (InvalidTag, binascii.Error, ValueError):
        return None


def _bound_to(volunteer_id: int) -> bytes:
    return str(volunteer_id).encode()
