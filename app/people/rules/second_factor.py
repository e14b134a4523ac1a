"""Codes of an authenticator app (RFC 6238), recovery codes, and how long a proof counts."""

from __future__ import annotations

import hmac
import re
import unicodedata
from datetime import datetime, timedelta

import pyotp

from app.clock import CLOCKS_DIFFER
from app.errors import N_, RuleBroken
from app.people.rules.passwords import CODE_LENGTH, keyed_digest, new_code, typed_code
from app.people.rules.sign_in import PIN_LIMIT, SignInWrong

STEP_SECONDS = 30
# A phone's clock may be one step ahead or behind.
DRIFT = 1
RECOVERY_CODES = 10
# So long after a password or code nobody is asked again.
PROOF_COUNTS = timedelta(minutes=15)
# After the password, so long the code is waited for.
CODE_AWAITED = timedelta(minutes=10)
# Six digits, as a PIN has.
FACTOR_LIMIT = PIN_LIMIT
_SIX = re.compile(r"[0-9]{6}")


class FactorWrong(SignInWrong):
    """One sentence for every cause: another code, one used before, one too old."""

    code = "wrong_factor"
    message = N_(
        "This code is not right, or it was used before. Wait for the next one in the app and "
        "type that."
    )


class FactorHeld(RuleBroken):
    code = "factor_held"
    message = N_("A second factor is set up already; remove it first to use another phone.")


class FactorGone(RuleBroken):
    code = "factor_gone"
    message = N_("No second factor is set up here.")


class SetUpTooOld(RuleBroken):
    code = "set_up_too_old"
    message = N_("This page lay open for too long; scan the new QR code.")


class DemoFactorRefused(RuleBroken):
    """The demo's sign-ins are printed; whoever set up a factor would lock the others out."""

    code = "demo_factor"
    message = N_("The demo takes no second factor, so that the next visitor gets in too.")


def new_secret() -> str:
    """Return a fresh secret of 160 bits, as apps take it."""
    return str(pyotp.random_base32())


def shown_secret(secret: str) -> str:
    """Return a secret in groups of four, for typing it into an app."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def app_address(secret: str, *, account: str, issuer: str) -> str:
    """Return what stands in the QR code that apps scan."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def step_at(now: datetime) -> int:
    """Return the number of the half minute an instant lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """Return the code of one step."""
    return str(pyotp.TOTP(secret).generate_otp(step))


def step_of_code(secret: str, typed: str, now: datetime, *, after: int = -1) -> int | None:
    """Return the step whose code was typed, later than `after`; None when there is none.

    Every step is compared, each in constant time: how long it takes tells nothing.
    """
    present = step_at(now)
    steps = range(max(present - DRIFT, 0), present + DRIFT + 1)
    fits = [hmac.compare_digest(code_at(secret, step), typed) for step in steps]
    found = [step for step, is_it in zip(steps, fits, strict=True) if is_it and step > after]
    return found[-1] if found else None


def typed_digits(given: str) -> str | None:
    """Return an app's code as typed, without spaces; None when it is none."""
    kept = "".join(unicodedata.normalize("NFKC", given).split())
    return kept if _SIX.fullmatch(kept) else None


def typed_recovery(given: str) -> str | None:
    """Return a recovery code as typed from paper; None when it cannot be one."""
    kept = typed_code(given)
    return kept if len(kept) == CODE_LENGTH else None


def new_recovery_codes() -> list[str]:
    """Return ten fresh recovery codes."""
    return [new_code() for _ in range(RECOVERY_CODES)]


def recovery_digest(login_id: int, code: str, pepper: str) -> str:
    """Return under what a login's recovery code is kept."""
    return keyed_digest(f"recovery {login_id}:{code}", pepper)


def is_fresh(proven_at: datetime | None, now: datetime) -> bool:
    """Tell whether a proof still counts; one from ahead of a clock set back counts no more."""
    return proven_at is not None and -CLOCKS_DIFFER <= now - proven_at <= PROOF_COUNTS
