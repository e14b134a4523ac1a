"""The number of a certificate, and the code by which anybody verifies it."""

from __future__ import annotations

import secrets

# Crockford's: nobody who reads it from paper takes a letter for a digit.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# 140 bits.
CODE_LENGTH = 28
GROUP = 4
_MISTAKEN = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def number_of(code: str, year: int, sequence: int) -> str:
    """Return the number of an organisation's certificate of a year: TX-2025-0142."""
    return f"{code}-{year}-{sequence:04}"


def new_verify_code() -> str:
    """Return a code nobody guesses."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def typed_verify_code(given: str) -> str | None:
    """Return the code that was typed or scanned, however it was written; None if it is none."""
    kept = "".join(one for one in given.upper() if one.isalnum()).translate(_MISTAKEN)
    return kept if len(kept) == CODE_LENGTH and set(kept) <= set(ALPHABET) else None


def shown_verify_code(code: str) -> str:
    """Return a code in groups that can be read out."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))
