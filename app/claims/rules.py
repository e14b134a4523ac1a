"""What a claim may be, and how it may be split."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.service.rules import is_timely

if TYPE_CHECKING:
    from app.organisations.calendar import WorkingCalendar

MOST_PARTS = 3
# Further back nobody looks for the first day that is still timely.
_FARTHEST = 400
_ONE_DAY = timedelta(days=1)


class DayHasOne(RuleBroken):
    """That day there is a record with this team already."""

    code = "day_has_one"
    message = N_(
        "On %(service_on)s there is a record with this team already: record %(record)s, "
        "%(minutes)s minutes. If this is a further service, say so below and send it again."
    )


class SameAgain(RuleBroken):
    """The very same record is there already."""

    code = "same_again"
    message = N_("This is record %(record)s over again; it is there already. Nothing was added.")


class ClaimUnknown(NotFound):
    """No claim, or somebody else's."""

    message = N_("There is no such claim.")


class NotSentBack(RuleBroken):
    """Only what was sent back or withdrawn is sent anew."""

    code = "wrong_state"
    message = N_("Claim %(record)s was not sent back, so it cannot be sent again.")


class OnlyOwnClaims(NotAllowed):
    """Somebody claims for a person they do not act for."""

    message = N_("You may claim for yourself, and for those you act for.")


class PartsMissing(RuleBroken):
    """No part, or too many."""

    code = "parts_missing"
    message = N_("Fill in the hours of 1 to %(most)s parts.")


class MoreThanClaimed(RuleBroken):
    """The parts add up to more than was claimed."""

    code = "more_than_claimed"
    message = N_("The parts make %(total)s minutes; the claim has %(claimed)s.")


class NothingSplit(RuleBroken):
    """The one part says what the claim says."""

    code = "nothing_split"
    message = N_("This is the claim as it stands. Approve it instead.")


def check_parts(minutes: Sequence[int], claimed: int) -> None:
    """Refuse none, too many, and more than was claimed."""
    if not 1 <= len(minutes) <= MOST_PARTS:
        raise PartsMissing(most=MOST_PARTS)
    if sum(minutes) > claimed:
        raise MoreThanClaimed(total=sum(minutes), claimed=claimed)


def first_timely_day(today: date, calendar: WorkingCalendar, working_days: int) -> date:
    """Return the earliest service date whose claim today still goes to the team's leader."""
    on = today
    for _ in range(_FARTHEST):
        before = on - _ONE_DAY
        if not is_timely(before, today, calendar=calendar, working_days=working_days):
            break
        on = before
    return on
