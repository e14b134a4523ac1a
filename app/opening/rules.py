"""What an opening balance says, and when one is refused: what a paper book held on one date."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from app.errors import N_, NotAllowed, RuleBroken
from app.points.rules import format_hours, format_hundredths
from app.teams.rules import Opening, OwnRecord

STATES = ("approved", "reversed")
Status = Literal["created", "repeat", "refused"]


class OpeningLine(NamedTuple):
    """One person's paper book: what stood in it on a date, in minutes and hundredths."""

    volunteer_id: int
    as_of_on: date
    minutes: int
    points_hundredths: int
    note: str | None = None


class Standing(NamedTuple):
    """The opening somebody has: kept already, or of an earlier line (`place`) of the same sheet."""

    as_of_on: date
    minutes: int
    points_hundredths: int
    place: int | None = None

    def says_the_same(self, line: OpeningLine) -> bool:
        """Tell whether a line repeats it; a note may differ."""
        return self[:3] == line[1:4]


class OrganisersOnly(NotAllowed):
    """Whoever leads a team may not take balances over."""

    message = N_("Only an organiser takes balances over from paper books.")


class PersonOutside(NotAllowed):
    """The volunteer belongs to an organisation the actor does not organise."""

    message = N_("This volunteer belongs to an organisation that you do not organise.")


class OwnOpening(OwnRecord):
    """The balance would be the actor's own, or their ward's."""

    message = N_("Nobody takes over a balance of their own, or of someone they act for.")


class OpenedByBeneficiary(OwnOpening):
    """Whose book it is, or who acts for them, handed out the code that opened the account."""

    message = N_(
        "Your account was opened on %(opened_on)s with a code from %(by)s; until %(until)s"
        " somebody else must take over their balance."
    )


class AsOfInFuture(RuleBroken):
    """A book cannot say yet how it stands tomorrow."""

    code = "future_date"
    message = N_("%(as_of_on)s lies in the future; today is %(today)s.")


class OtherFigures(RuleBroken):
    """The same book on the same date, with other figures."""

    code = "conflict"
    message = N_(
        "A balance as of %(as_of_on)s was taken over already: %(held_hours)s hours and"
        " %(held_points)s points, not %(hours)s hours and %(points)s points."
    )


class SecondOpening(RuleBroken):
    """A later state of a book holds the earlier one, so two would count the same twice."""

    code = "conflict"
    message = N_(
        "A balance as of %(held_on)s was taken over already. A person has one: take that import"
        " back first, or add several books up in one row."
    )


def check_entitled(
    organisation_id: int | None,
    organises: frozenset[int],
    *,
    is_own: bool,
    opening: Opening | None = None,
) -> None:
    """Refuse whoever may not take over a balance of somebody in this organisation.

    `opening`: the person may sit behind the actor's account.
    """
    if not organises:
        raise OrganisersOnly
    if organisation_id not in organises:
        raise PersonOutside
    if is_own:
        raise OwnOpening
    if opening is not None:
        raise OpenedByBeneficiary(
            opened_on=opening.opened_on, by=opening.by, until=opening.until_on
        )


def judge(line: OpeningLine, standing: Standing | None, today: date) -> Status:
    """Return whether a line is new or repeats what stands; refuse what contradicts it."""
    if line.as_of_on > today:
        raise AsOfInFuture(as_of_on=line.as_of_on, today=today)
    if standing is None:
        return "created"
    if standing.says_the_same(line):
        return "repeat"
    if standing.as_of_on != line.as_of_on:
        raise SecondOpening(held_on=standing.as_of_on)
    raise OtherFigures(
        as_of_on=line.as_of_on,
        held_hours=format_hours(standing.minutes),
        held_points=format_hundredths(standing.points_hundredths),
        hours=format_hours(line.minutes),
        points=format_hundredths(line.points_hundredths),
    )
