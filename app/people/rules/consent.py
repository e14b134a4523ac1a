"""The privacy notice somebody agrees to, and under which age a guardian has to."""

from __future__ import annotations

from datetime import date

from app.errors import N_, RuleBroken

# The words of templates/home/privacy.html: other words, another version. A test compares.
PRIVACY_VERSION = "2026-11-22.4"
# Under this age the law asks for a guardian's consent.
OWN_CONSENT_AGE = 14
LONGEST_REASON = 200


class GuardianNeeded(RuleBroken):
    code = "guardian_needed"
    message = N_("Under %(age)s a guardian has to agree; ask your guardian to do this.")

    def __init__(self) -> None:
        super().__init__(age=OWN_CONSENT_AGE)


def age_on(born_on: date, on: date) -> int:
    """Return the completed years of life on a date."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def is_child(born_on: date | None, on: date) -> bool:
    """Tell whether a guardian has to agree for somebody; of whom no date is known, nobody."""
    return born_on is not None and age_on(born_on, on) < OWN_CONSENT_AGE
