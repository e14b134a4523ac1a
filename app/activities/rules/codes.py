"""Check-in codes: reckoned from a secret of the activity and the time, so that none is stored.

A screen's code changes every half minute, is good for three, and bears with clocks two minutes
apart. A paper's code is good as long as its secret; what it proves is weak, and is called so.
Six characters without look-alikes stand for a code where nobody can scan.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from app.errors import N_, RuleBroken

SLOT_SECONDS = 30
GOOD_FOR = timedelta(minutes=3)
SKEW = timedelta(minutes=2)
# No 0 O, 1 I L, 2 Z, 5 S, 8 B, U V: what is read aloud or copied by hand stays what it was.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
TYPED_LENGTH = 6
_TOKEN = re.compile(r"([0-9]{1,18})-(s|p)-([0-9]{1,12})-([0-9a-f]{32})")

Kind = Literal["code", "paper_code"]


class Code(NamedTuple):
    """One code: what a QR bears, and what a person types instead."""

    token: str
    typed: str


class Scanned(NamedTuple):
    """What a scanned token says before anybody has looked whether it is true."""

    activity_id: int
    kind: Kind
    slot: int
    mac: str


class CodeStale(RuleBroken):
    code = "code_stale"
    message = N_("This code is too old. Scan the one on the screen again.")


class CodeUnknown(RuleBroken):
    code = "code_unknown"
    message = N_("This code is not right. Look at the screen once more, or ask the leader.")


def new_secret() -> str:
    """Return a secret from which codes are reckoned."""
    return secrets.token_hex(16)


def slot_of(at: datetime) -> int:
    """Return the half minute an instant lies in."""
    return int(at.timestamp()) // SLOT_SECONDS


def screen_code(activity_id: int, secret: str, at: datetime) -> Code:
    """Return the code that a leader's screen shows at an instant."""
    return _code(activity_id, "s", secret, slot_of(at))


def paper_code(activity_id: int, secret: str) -> Code:
    """Return the code that hangs on the wall."""
    return _code(activity_id, "p", secret, 0)


def read_token(token: str) -> Scanned:
    """Return what a token says, refusing what is none."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise CodeUnknown
    activity_id, letter, slot, mac = found.groups()
    return Scanned(int(activity_id), "code" if letter == "s" else "paper_code", int(slot), mac)


def check_token(scanned: Scanned, *, screen_secret: str, paper_secret: str, at: datetime) -> None:
    """Refuse a token that no screen or paper of this activity ever bore, or an old one."""
    is_screen = scanned.kind == "code"
    letter, secret = ("s", screen_secret) if is_screen else ("p", paper_secret)
    right = _mac(scanned.activity_id, letter, secret, scanned.slot)
    if not hmac.compare_digest(right, scanned.mac):
        raise CodeUnknown
    if is_screen and scanned.slot not in good_slots(at):
        raise CodeStale


def kind_of_typed(
    activity_id: int, typed: str, *, screen_secret: str, paper_secret: str, at: datetime
) -> Kind | None:
    """Return which of an activity's codes six characters are now, or None."""
    given = as_typed(typed)
    if len(given) != TYPED_LENGTH or not given.isascii():
        return None
    if hmac.compare_digest(paper_code(activity_id, paper_secret).typed, given):
        return "paper_code"
    for slot in good_slots(at):
        if hmac.compare_digest(_code(activity_id, "s", screen_secret, slot).typed, given):
            return "code"
    return None


def as_typed(text: str) -> str:
    """Return what was typed as a code is written: capitals, without spaces and hyphens."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(plain.upper().split()).replace("-", "")


def good_slots(at: datetime) -> range:
    """Return the half minutes whose codes are good at an instant."""
    return range(slot_of(at - GOOD_FOR - SKEW), slot_of(at + SKEW) + 1)


def _code(activity_id: int, letter: str, secret: str, slot: int) -> Code:
    mac = _mac(activity_id, letter, secret, slot)
    typed = "".join(_characters(_digest(activity_id, f"t{letter}", secret, slot)))
    return Code(f"{activity_id}-{letter}-{slot}-{mac}", typed)


def _mac(activity_id: int, letter: str, secret: str, slot: int) -> str:
    return _digest(activity_id, letter, secret, slot).hex()[:32]


def _digest(activity_id: int, letter: str, secret: str, slot: int) -> bytes:
    said = f"{activity_id}:{letter}:{slot}".encode()
    return hmac.new(bytes.fromhex(secret), said, hashlib.sha256).digest()


def _characters(digest: bytes) -> Iterator[str]:
    number = int.from_bytes(digest)
    for _ in range(TYPED_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        yield ALPHABET[place]
