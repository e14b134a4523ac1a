"""The six digits read out at the desk, and the token behind the QR code."""

from __future__ import annotations

import re
import secrets
import unicodedata

from app.errors import N_, RuleBroken

DIGITS = 6
_CODE = re.compile(r"[0-9]{6}")
_BETWEEN = re.compile(r"[\s-]+")
_TOKEN_BYTES = 16


class CodeUnfit(RuleBroken):
    """What was typed is no pick-up code."""

    code = "bad_code"
    message = N_("A pick-up code has %(digits)s digits.")


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def new_token() -> str:
    """Return 128 random bits for the address behind a QR code."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def typed_code(given: str) -> str:
    """Return the six digits somebody typed, full-width ones and gaps allowed, or refuse."""
    code = _BETWEEN.sub("", unicodedata.normalize("NFKC", given))
    if not _CODE.fullmatch(code):
        raise CodeUnfit(digits=DIGITS)
    return code


def shown_code(code: str) -> str:
    """Return a code as it is read out: 482 716."""
    return f"{code[:3]} {code[3:]}"
