"""Ed25519: a key pair, its private half sealed for the database, signatures as text."""

from __future__ import annotations

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import N_, RuleBroken

ALGORITHM = "Ed25519"
_PURPOSE = b"qicai certificate signing key"
_NONCE_BYTES = 12
_KEY_ID_LENGTH = 16


class KeySealed(RuleBroken):
    """The private half was sealed under another SECRET_KEY."""

    code = "key_sealed"
    message = N_(
        "The key that signs certificates cannot be opened: SECRET_KEY has changed. Whoever keeps"
        " this site makes a new one with: flask certificate-key --new"
    )


class KeyPair(NamedTuple):
    """A key as it is kept: its name, its public half, its private half sealed."""

    key_id: str
    public_key: str
    sealed_private: str


class Signer(NamedTuple):
    """What signs: the private half, opened, and the name of its public half."""

    key_id: str
    private: bytes

    def sign(self, message: bytes) -> str:
        """Return the signature of a message as text."""
        return as_text(Ed25519PrivateKey.from_private_bytes(self.private).sign(message))


def new_key_pair(secret: str) -> KeyPair:
    """Return a new key, its private half sealed under the server's secret."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    key_id = key_id_of(public)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_sealing_key(secret)).encrypt(nonce, key.private_bytes_raw(), key_id.encode())
    return KeyPair(key_id, as_text(public), as_text(nonce + sealed))


def opened(pair: KeyPair, secret: str) -> Signer:
    """Return a kept key opened for signing, or refuse where the secret is another one."""
    kept = from_text(pair.sealed_private)
    nonce, sealed = kept[:_NONCE_BYTES], kept[_NONCE_BYTES:]
    try:
        private = AESGCM(_sealing_key(secret)).decrypt(nonce, sealed, pair.key_id.encode())
    except InvalidTag as error:
        raise KeySealed from error
    return Signer(pair.key_id, private)


def is_signed(public_key: str, message: bytes, signature: str) -> bool:
    """Tell whether a signature, in its one written form, is this key's of this message."""
    try:
        Ed25519PublicKey.from_public_bytes(from_text(public_key)).verify(
            from_text(signature), message
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id_of(public: bytes) -> str:
    """Return the name of a public key: the first letters of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:_KEY_ID_LENGTH]


def as_text(raw: bytes) -> str:
    """Return bytes as text without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Return the bytes of a text; raises ValueError unless it is their one written form."""
    raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if as_text(raw) != text:
        raise ValueError("not in its one written form")
    return raw


def _sealing_key(secret: str) -> bytes:
    return HKDF(SHA256(), 32, None, _PURPOSE).derive(secret.encode())
