"""Encrypt a backup to a key the server does not have (the format of age)."""

from __future__ import annotations

from pathlib import Path

import pyrage
from pyrage import x25519

from app.backups.files import make_durable, make_empty
from app.backups.refusals import NotAKey, NotARecipient, NotThere, WrongKey

MAGIC = b"age-encryption.org/v1"
KEY_BEGINS = "AGE-SECRET-KEY-1"
SUFFIX = ".age"


def make_key(file: Path) -> str:
    """Write a new key into a new file of its owner's; return what to encrypt to."""
    key = x25519.Identity.generate()
    recipient = str(key.to_public())
    with file.open("x", encoding="ascii") as out:
        file.chmod(0o600)
        out.write(f"# public key: {recipient}\n{key}\n")
    make_durable(file)
    make_durable(file.parent)
    return recipient


def check_recipient(recipient: str) -> x25519.Recipient:
    """Return whom to encrypt to, or refuse."""
    try:
        return x25519.Recipient.from_str(recipient.strip())
    except pyrage.RecipientError as error:
        raise NotARecipient from error


def seal(plain: Path, sealed: Path, recipient: str) -> None:
    """Encrypt a file piece by piece into a new one."""
    to = check_recipient(recipient)
    make_empty(sealed)
    with plain.open("rb") as source, sealed.open("wb") as target:
        try:
            pyrage.encrypt_io(source, target, [to])
        except pyrage.EncryptError as error:
            # Only the disk can fail here.
            raise OSError(str(error)) from error
    make_durable(sealed)


def is_sealed(file: Path) -> bool:
    """Tell whether a file is encrypted."""
    with file.open("rb") as content:
        return content.read(len(MAGIC)) == MAGIC


def unseal(sealed: Path, plain: Path, key_file: Path) -> None:
    """Decrypt a file into a new one; every piece is proven to be as it was sealed."""
    key = _key_in(key_file)
    make_empty(plain)
    with sealed.open("rb") as source, plain.open("wb") as target:
        try:
            pyrage.decrypt_io(source, target, [key])
        except (pyrage.DecryptError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise WrongKey from error
    make_durable(plain)


def _key_in(file: Path) -> x25519.Identity:
    if not file.is_file():
        raise NotThere(file=file)
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.strip().upper().startswith(KEY_BEGINS):
            try:
                return x25519.Identity.from_str(line.strip().upper())
            except pyrage.IdentityError:
                break
    raise NotAKey(file=file)
