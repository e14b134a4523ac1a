"""Six-digit PINs: what passes for one, and which ones strangers would try first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from app.errors import N_, NotAllowed, RuleBroken

DIGITS = 6
FEWEST_KINDS = 3
# Neither repeated nor in a row, and yet among the first that everybody tries.
COMMON = frozenset({"520131", "521131", "131452", "147258", "258369", "159753", "100200"})
_UP = "01234567890123456789"


class PinUnfit(RuleBroken):
    code = "bad_pin"
    message = N_("A PIN has %(digits)s digits and nothing else.")


class PinTooPlain(RuleBroken):
    """Repeated, in a row, or on everybody's list."""

    code = "bad_pin"
    message = N_(
        "This PIN is among the first that strangers try: no row like 123456, nothing repeated "
        "like 112112. Choose another."
    )


class PinGuessable(RuleBroken):
    """Others know it: of the birthday, the phone, the volunteer number."""

    code = "bad_pin"
    message = N_(
        "This PIN is part of your birthday, your phone or your volunteer number: others know it. "
        "Choose another."
    )


class PinForVolunteersOnly(NotAllowed):
    """Whoever may approve or see others' data signs in with more than six digits."""

    code = "pin_too_short"
    message = N_(
        "This account leads a team or holds a role, and a PIN is too short for that: "
        "choose a password."
    )


class PinNoLongerEnough(PinForVolunteersOnly):
    """The PIN was right, but a role came after it."""

    message = N_(
        "Your PIN no longer signs you in: you now lead a team or hold a role, and a PIN is too "
        "short for that. Ask your organiser for an activation code and choose a password."
    )


class Known(NamedTuple):
    """What others know of somebody, and would try first."""

    number: str | None
    phone: str | None
    born_on: date | None


def typed_pin(given: str) -> str:
    """Return a PIN as typed, without spaces and full-width digits; '' when it is none."""
    kept = "".join(unicodedata.normalize("NFKC", given).split())
    return kept if re.fullmatch(rf"[0-9]{{{DIGITS}}}", kept) else ""


def check_pin(given: str, known: Known) -> str:
    """Return the six digits of a fit PIN, or refuse it."""
    pin = typed_pin(given)
    if not pin:
        raise PinUnfit(digits=DIGITS)
    if _is_plain(pin):
        raise PinTooPlain
    if pin in set(_known_to_others(known)):
        raise PinGuessable
    return pin


def _is_plain(pin: str) -> bool:
    in_a_row = pin in _UP or pin[::-1] in _UP
    halves = pin[:3] == pin[3:] or pin == pin[::-1]
    thirds = pin[:2] == pin[2:4] == pin[4:]
    pairs = all(pin[at] == pin[at + 1] for at in (0, 2, 4))
    few = len(set(pin)) < FEWEST_KINDS
    return in_a_row or halves or thirds or pairs or few or pin in COMMON


def _known_to_others(known: Known) -> Iterator[str]:
    if known.born_on:
        for written in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m", "%m%Y"):
            yield known.born_on.strftime(written)
        # 5 March 1958 as people type it: 195835, 58305 is shorter and no PIN.
        yield f"{known.born_on.year}{known.born_on.month}{known.born_on.day}"
    for digits in (known.phone or "", "".join(filter(str.isdigit, known.number or ""))):
        yield from (digits[at : at + DIGITS] for at in range(len(digits) - DIGITS + 1))
        yield digits.zfill(DIGITS)
