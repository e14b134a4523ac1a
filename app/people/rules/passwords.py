"""Passwords, activation codes and tokens: what is fit, and what is kept of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from app.errors import N_, RuleBroken

SHORTEST_PASSWORD = 8
# Longer ones are refused before hashing: hashing a megabyte is an attack, not a password.
LONGEST_PASSWORD = 128
FEWEST_KINDS = 3
# No 0 O 1 I L, no U V, no 2 Z, no 5 S, no 8 B: read from paper by tired eyes.
# Long enough and mixed enough for the rules above, and yet tried first by everybody.
COMMON = frozenset(
    {
        "12345678",
        "123456789",
        "1234567890",
        "0123456789",
        "87654321",
        "987654321",
        "11223344",
        "12344321",
        "12341234",
        "12121212",
        "password",
        "password1",
        "passw0rd",
        "qwertyui",
        "qwertyuiop",
        "asdfghjkl",
        "1qaz2wsx",
        "1q2w3e4r",
        "abcd1234",
        "abc12345",
        "a1234567",
        "a12345678",
        "aa123456",
        "qq123456",
        "woaini1314",
        "woaini520",
        "5201314520",
        "iloveyou",
        "admin123",
        "admin1234",
    }
)
CODE_LETTERS = "ACDEFGHJKMNPQRTWXY34679"
CODE_LENGTH = 10
CODE_LIFETIME = timedelta(days=7)
TOKEN_BYTES = 32
CARD_TOKEN_BYTES = 20


class PasswordTooShort(RuleBroken):
    code = "bad_password"
    message = N_("A password needs at least %(least)s characters.")


class PasswordTooLong(RuleBroken):
    code = "bad_password"
    message = N_("A password has at most %(most)s characters.")


class PasswordTooPlain(RuleBroken):
    code = "bad_password"
    message = N_("This password repeats a few characters; mix at least %(least)s different ones.")


class PasswordGuessable(RuleBroken):
    code = "bad_password"
    message = N_("The volunteer number, the phone or the name is no password: others know it.")


class PasswordCommon(RuleBroken):
    code = "bad_password"
    message = N_("This password is among the first that strangers try; choose another.")


class DemoPasswordKept(RuleBroken):
    """The demo's sign-ins are printed; whoever changed one would lock the others out."""

    code = "bad_password"
    message = N_("The demo keeps its passwords, so that the next visitor gets in too.")


class CodeWrong(RuleBroken):
    """One sentence for every cause, so that nobody learns which accounts exist."""

    code = "wrong_code"
    message = N_(
        "This name or code is not right, or the code is used up or older than 7 days. "
        "Ask your team leader or organiser for a new one."
    )


class HashCost(NamedTuple):
    """What one argon2id hash takes: memory in KiB, and passes over it."""

    memory_kib: int
    passes: int


def check_password(password: str, known: Iterable[str | None]) -> None:
    """Refuse a password too short, too long, too plain, or known from a list of names."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise PasswordTooLong(most=LONGEST_PASSWORD)
    if len(set(password)) < FEWEST_KINDS:
        raise PasswordTooPlain(least=FEWEST_KINDS)
    if password.casefold().strip() in COMMON:
        raise PasswordCommon
    if password.casefold().strip() in {word.casefold() for word in known if word}:
        raise PasswordGuessable


def hash_password(password: str, cost: HashCost) -> str:
    """Return the argon2id hash of a password; slow on purpose, so never in a transaction."""
    return _hasher(cost).hash(_normal(password))


def password_fits(password_hash: str | None, password: str, cost: HashCost) -> bool:
    """Tell whether a password is the hashed one; takes as long when there is no hash."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        _hasher(cost).verify(password_hash or _no_ones_hash(cost), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def secrets_fit(
    tries: Sequence[tuple[str | None, str]], cost: HashCost, *, checks: int
) -> list[bool]:
    """Tell for each hash whether it is of what was typed; `checks` checks, come what may."""
    padded = [*tries, *[(None, "")] * (checks - len(tries))]
    return [password_fits(each, typed, cost) for each, typed in padded][: len(tries)]


def hash_is_outdated(password_hash: str, cost: HashCost) -> bool:
    """Tell whether a hash was made at another cost than today's."""
    return _hasher(cost).check_needs_rehash(password_hash)


def new_code() -> str:
    """Return a fresh activation code."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def code_of(seed: bytes, owner_id: int) -> str:
    """Return the code of one owner that a secret seed gives: as random, but made anew at will."""
    number = int.from_bytes(hmac.digest(seed, str(owner_id).encode(), hashlib.sha256))
    letters = ""
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(CODE_LETTERS))
        letters += CODE_LETTERS[place]
    return letters


def card_token(seed: bytes, owner_id: int) -> str:
    """Return the token of one owner's card that a secret seed gives; 160 bits, short for a QR."""
    made = hmac.digest(seed, f"card {owner_id}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made[:CARD_TOKEN_BYTES]).decode().rstrip("=")


def typed_code(given: str) -> str:
    """Return an activation code as typed from paper, without spaces, hyphens and case."""
    kept = unicodedata.normalize("NFKC", given).upper()
    return "".join(c for c in kept if c.isalnum())


def shown_code(code: str) -> str:
    """Return a code in groups of five, as it is printed."""
    return "-".join(code[at : at + 5] for at in range(0, len(code), 5))


def new_token() -> str:
    """Return the random token of a session's cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(secret: str) -> str:
    """Return the SHA-256 under which a random token or code is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed_digest(typed: str, key: str) -> str:
    """Return a digest that cannot be guessed back without the key: phones are few."""
    return hmac.new(key.encode(), typed.encode(), hashlib.sha256).hexdigest()


def _normal(password: str) -> str:
    # Two keyboards may send the same word in two ways.
    return unicodedata.normalize("NFC", password)


@lru_cache(maxsize=4)
def _hasher(cost: HashCost) -> PasswordHasher:
    return PasswordHasher(
        time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1, type=Type.ID
    )


@lru_cache(maxsize=4)
def _no_ones_hash(cost: HashCost) -> str:
    return _hasher(cost).hash(secrets.token_urlsafe())
