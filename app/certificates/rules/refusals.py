"""What certificates refuse, and by what words one may be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, get_args

from app.errors import N_, NotFound, RuleBroken

SUBJECT = "certificate"
# Why one was taken back, in the only words its public page has.
Category = Literal["replaced", "mistake", "corrected", "returned", "misused"]
CATEGORIES: tuple[str, ...] = get_args(Category)
CATEGORY_NAMES: Mapping[str, str] = {
    "replaced": N_("Replaced by another one"),
    "mistake": N_("It contains a mistake"),
    "corrected": N_("The records behind it were corrected"),
    "returned": N_("Its holder gave it back"),
    "misused": N_("It was misused"),
}
LONGEST_REASON = 200
# Somebody who taps for an hour does not use up the year's numbers.
MOST_A_DAY = 20
# How often an unknown code may be tried from one address, and for how long that counts.
MOST_MISSES = 20
MISSES_COUNT_FOR = timedelta(minutes=10)


class CertificateUnknown(NotFound):
    """No such certificate within reach."""


class NoNumberYet(RuleBroken):
    code = "no_number_yet"
    message = N_("This person has no volunteer number yet; whoever takes them in gives one.")


class TooManyToday(RuleBroken):
    code = "too_many_today"
    message = N_("%(most)s certificates were issued for this person within a day; try tomorrow.")

    def __init__(self) -> None:
        super().__init__(most=MOST_A_DAY)


class RevokedAlready(RuleBroken):
    code = "revoked_already"
    message = N_("This certificate was revoked already.")


class NoReason(RuleBroken):
    code = "reason_missing"
    message = N_("Fill in a reason: it stays with the certificate.")


class TooManyMisses(RuleBroken):
    """Codes are not to be guessed."""

    code = "too_many_misses"
    message = N_("Too many codes that nobody knows came from here. Please try again after %(at)s.")


class NotFinal(RuleBroken):
    """There is nothing to certify before the list is final."""

    code = "not_final"
    message = N_("The list of %(year)s is not final yet, or gives no title.")


class NothingIssued(RuleBroken):
    """A batch of no certificates is no file."""

    code = "nothing_issued"
    message = N_("No certificate of this year has been issued yet.")
