"""Why a row is refused: a code of SPEC §9 and one sentence each."""

from __future__ import annotations

from typing import NamedTuple

from app.errors import N_, RuleBroken
from app.second_person.rules import OwnMatter
from app.sheets.refusals import SheetUnreadable


class Missing(RuleBroken):
    code = "missing"
    message = N_("“%(column)s” is empty.")


class WhoMissing(RuleBroken):
    code = "missing"
    message = N_("The row does not say whose service it is: give the number or the name.")


class WhoseBookMissing(RuleBroken):
    code = "missing"
    message = N_("The row does not say whose book it is: give the number or the name.")


class BalanceMissing(RuleBroken):
    code = "missing"
    message = N_("The row holds neither points nor hours.")


class DurationMissing(RuleBroken):
    code = "missing"
    message = N_("The row does not say how long: give the duration, or the start and the end.")


class EndMissing(RuleBroken):
    code = "missing"
    message = N_("The row has a start but no end.")


class StartMissing(RuleBroken):
    code = "missing"
    message = N_("The row has an end but no start.")


class WordUnknown(RuleBroken):
    """No value that can be used: SPEC §9 has no code nearer to it."""

    code = "missing"
    message = N_("“%(cell)s” is none of the words for this column: %(choices)s.")


class ValueUnfit(RuleBroken):
    """The people's rules refuse the value, with a code that SPEC §9 does not have."""

    code = "missing"
    message = N_("“%(cell)s” cannot be used. %(refusal)s")


class LeaderOfWhich(RuleBroken):
    code = "missing"
    message = N_("“%(cell)s” does not say of which team. Write it like TEAM:队长.")


class UnknownNumber(RuleBroken):
    code = "unknown_volunteer"
    message = N_("No volunteer here has the number %(number)s.")


class UnknownName(RuleBroken):
    code = "unknown_volunteer"
    message = N_("No volunteer here is called %(name)s.")


class OtherPhone(RuleBroken):
    code = "unknown_volunteer"
    message = N_("%(name)s is on the list with another phone. Give the number, or correct it.")


class AmbiguousName(RuleBroken):
    code = "ambiguous_name"
    message = N_("%(count)s people here are called %(name)s. Give the number or the phone.")


class SomebodyElse(RuleBroken):
    code = "ambiguous_name"
    message = N_(
        "Somebody called %(name)s is on the list with another sex or birth date."
        " Give the number or the phone."
    )


class NameMismatch(RuleBroken):
    code = "name_mismatch"
    message = N_("The number %(number)s belongs to %(held)s, not to %(name)s.")


class UnknownTeam(RuleBroken):
    code = "unknown_team"
    message = N_("There is no team called “%(team)s”.")


class SeveralTeams(RuleBroken):
    code = "unknown_team"
    message = N_("%(count)s teams are called “%(team)s”. Write the code instead: %(codes)s.")


class TeamRetired(RuleBroken):
    code = "unknown_team"
    message = N_("The team %(team)s no longer exists.")


class UnknownOrganisation(RuleBroken):
    code = "unknown_org"
    message = N_("There is no organisation called “%(organisation)s”.")


class SeveralOrganisations(RuleBroken):
    code = "unknown_org"
    message = N_(
        "%(count)s organisations are called “%(organisation)s”. Write the code instead: %(codes)s."
    )


class OrganisationMissing(RuleBroken):
    code = "unknown_org"
    message = N_("The row does not say to which organisation this new person belongs.")


class OtherTree(RuleBroken):
    code = "not_allowed"
    message = N_("%(name)s belongs to another tree of organisations and cannot be moved here.")


class HasLeft(RuleBroken):
    """An old roster must not bring back who has said goodbye since."""

    code = "not_allowed"
    message = N_(
        "%(name)s has left on %(left_on)s. Let them come back on their own page first, or leave"
        " the row out."
    )


class TeamBeyond(RuleBroken):
    code = "not_allowed"
    message = N_("You may not import for the team %(team)s.")


class OrganisationBeyond(RuleBroken):
    code = "not_allowed"
    message = N_("You may not import for the organisation %(organisation)s.")


class OwnHome(RuleBroken):
    """A roster would let its importer, or somebody they act for, belong elsewhere."""

    code = "own_record"
    message = OwnMatter.message


class PersonBeyond(RuleBroken):
    code = "not_allowed"
    message = N_("The number %(number)s belongs to somebody outside your organisations.")


class PeopleAreOrganisers(RuleBroken):
    code = "not_allowed"
    message = N_("Only an organiser adds people or changes what is kept of them.")


class HasOtherNumber(RuleBroken):
    code = "conflict"
    message = N_("%(name)s with this phone has the number %(held)s already.")


class RowsDisagree(RuleBroken):
    code = "conflict"
    message = N_("Row %(row)s says something else of the same person: keep one of the two.")


class JoinsInFuture(RuleBroken):
    code = "future_date"
    message = N_("%(joined_on)s lies in the future; today is %(today)s.")


class EndNotAfterStart(RuleBroken):
    code = "bad_time"
    message = N_("%(end)s is not after %(start)s. Write 次日 before an end on the next day.")


class StartNextDay(RuleBroken):
    code = "bad_time"
    message = N_("A start on the next day belongs to the next date.")


class BeforeMidnight(RuleBroken):
    code = "bad_time"
    message = N_("Ending at %(end)s after %(minutes)s minutes, it began on the day before.")


class TooLong(RuleBroken):
    code = "bad_duration"
    message = N_("From %(start)s to %(end)s is longer than 24 hours.")


class DurationDisagrees(RuleBroken):
    code = "bad_duration"
    message = N_("From %(start)s to %(end)s are %(between)s minutes, not %(minutes)s.")


class OverlapsRow(RuleBroken):
    code = "overlap"
    message = N_(
        "Row %(row)s runs from %(held_from)s to %(held_until)s;"
        " this one, from %(starts)s to %(ends)s, overlaps it."
    )


class OverLimitWithRow(RuleBroken):
    code = "daily_limit"
    message = N_(
        "With row %(row)s this day holds %(held)s of %(limit)s minutes;"
        " this row would make %(total)s."
    )


class SecondBookInRow(RuleBroken):
    code = "conflict"
    message = N_("Row %(row)s takes over a balance of the same person: add them up in one row.")


class ConflictsWithRow(RuleBroken):
    code = "conflict"
    message = N_("External id %(external_id)s stands in row %(row)s with other content.")


class Refusal(NamedTuple):
    """One row refused: the sheet's row and column header, the cell as read, and why.

    `key` names the column whatever the sheet calls it.
    """

    row: int
    column: str
    cell: str
    broken: RuleBroken
    key: str = ""

    @property
    def code(self) -> str:
        return self.broken.code


class MixedUp(SheetUnreadable):
    """The sheet is whole, but of another kind; nothing of it was judged."""

    code = "mixed_up"


class LooksLikeRoster(MixedUp):
    message = N_(
        "“%(file)s” is a roster: it lists people and no service. Import it as a roster instead."
    )


class LooksLikeService(MixedUp):
    message = N_(
        "“%(file)s” is a service list: it has dates and durations."
        " Import it as a service list instead."
    )


class LooksLikeOpening(MixedUp):
    message = N_(
        "“%(file)s” lists balances of paper books: it has points or hours as of a date."
        " Import it as opening balances instead."
    )


class LooksLikeSignin(MixedUp):
    message = N_(
        "“%(file)s” is a sign-in sheet: it has times of arriving and leaving."
        " Import it as a sign-in sheet instead."
    )


class CellRefused(Exception):
    """A refusal on its way out of a row, with the key of the column it is about."""

    def __init__(self, key: str, broken: RuleBroken) -> None:
        super().__init__(key)
        self.key = key
        self.broken = broken


def about_row(broken: RuleBroken, row: int) -> RuleBroken:
    """Return the refusal of a line that met an earlier row of its own file, which it names."""
    named = {"overlap": OverlapsRow, "daily_limit": OverLimitWithRow, "conflict": ConflictsWithRow}
    kind = named.get(broken.code)
    return broken if kind is None else kind(**{**broken.figures, "row": row})
