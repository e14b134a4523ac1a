"""Why a decision on records that wait is refused."""

from __future__ import annotations

from app.errors import N_, NotFound, RuleBroken


class RecordUnknown(NotFound):
    """No such record."""

    message = N_("There is no service record %(record)s.")


class ReasonNeeded(RuleBroken):
    """A reason is asked for."""

    code = "reason_missing"
    message = N_("Give the reason in a few words.")


class PersonUnconfirmed(RuleBroken):
    """The new friend has not been confirmed as a volunteer yet."""

    code = "new_person"
    message = N_("Confirm this new friend as a volunteer first; then the hours can count.")


class CorrectedTwice(RuleBroken):
    """Two corrections of one record in one approval: both would count, the old one go once."""

    code = "corrected_twice"
    message = N_("Record %(record)s has more than one correction here; approve one of them.")
