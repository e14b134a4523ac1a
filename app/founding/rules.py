"""Who may found: whoever reads the terminal of the server."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from app.errors import N_, RuleBroken

# No 0 O 1 I L, no U V, no 2 Z, no 5 S, no 8 B: copied by hand from a terminal.
LETTERS = "ACDEFGHJKMNPQRTWXY34679"
LENGTH = 10


class AlreadyFounded(RuleBroken):
    """The instance has its community."""

    code = "already_founded"
    message = N_("%(name)s has been set up here already. Please sign in.")


class FoundingCodeWrong(RuleBroken):
    """The code does not come from this server's terminal."""

    code = "wrong_founding_code"
    message = N_("This is not the founding code that the server printed when it started.")


def founding_code(secret: str) -> str:
    """Return the code that lets somebody found from afar; the same on every worker and host."""
    number = int.from_bytes(hmac.digest(secret.encode(), b"founding code", hashlib.sha256))
    letters = ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(LETTERS))
        letters += LETTERS[place]
    return f"{letters[:5]}-{letters[5:]}"


def check_founding_code(typed: str, secret: str) -> None:
    """Refuse a code that is not the printed one; case, spaces and hyphens do not matter."""
    if not hmac.compare_digest(_bare(typed), _bare(founding_code(secret))):
        raise FoundingCodeWrong


def _bare(code: str) -> bytes:
    kept = unicodedata.normalize("NFKC", code).upper()
    return "".join(c for c in kept if c.isalnum()).encode()
