"""What an archive holds beside the service, how an entry moves, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple, get_args

from app.errors import N_, NotAllowed, NotFound, RuleBroken

Group = Literal["trainings", "commendations", "complaints"]
GROUPS: tuple[str, ...] = get_args(Group)
# A training or commendation stands until it is withdrawn; a complaint is answered first.
MOVES: Mapping[str, frozenset[str]] = {"valid": frozenset({"withdrawn"})}
COMPLAINT_MOVES: Mapping[str, frozenset[str]] = {
    "open": frozenset({"answered", "withdrawn"}),
    "answered": frozenset({"withdrawn"}),
}
ENTRY_STATES = ("valid", "withdrawn")
COMPLAINT_STATES = ("open", "answered", "withdrawn")
# Whoever waits for confirmation, or was somebody else all along, has no archive yet.
WITH_ARCHIVE = frozenset({"active", "left"})

EARLIEST = date(1949, 10, 1)
MOST_MINUTES = 60_000
LONGEST_TITLE, LONGEST_TEXT = 120, 1000
# The page and the printed archive show so many of each group; a person has far fewer.
MOST_LISTED = 500


class Training(NamedTuple):
    """A course somebody took."""

    course: str
    minutes: int
    held_on: date
    organiser: str


class Commendation(NamedTuple):
    """An honour somebody was given, here or elsewhere."""

    title: str
    given_by: str
    given_on: date
    is_elsewhere: bool
    note: str


class Complaint(NamedTuple):
    """What was said against somebody's service; never by whom."""

    received_on: date
    content: str


class Details(NamedTuple):
    """What the national rule asks of a person beside the roster."""

    residence_area: str = ""
    skills: str = ""
    service_category: str = ""


class EntryUnknown(NotFound):
    """No such entry within reach."""


class WordsMissing(RuleBroken):
    """What an entry is about."""

    code = "words_missing"
    message = N_("Fill in what it was.")


class OrganiserMissing(RuleBroken):
    code = "organiser_missing"
    message = N_("Fill in who held it or gave it.")


class MinutesUnfit(RuleBroken):
    code = "minutes_unfit"
    message = N_("Fill in hours between a minute and %(most)s hours.")


class DayUnfit(RuleBroken):
    code = "day_unfit"
    message = N_("The day cannot lie in the future, nor before %(earliest)s.")


class AnsweredTooEarly(RuleBroken):
    code = "answered_too_early"
    message = N_("A complaint received on %(received_on)s cannot be answered before that.")


class WithdrawnAlready(RuleBroken):
    code = "withdrawn_already"
    message = N_("This entry was withdrawn already.")


class AnsweredAlready(RuleBroken):
    code = "answered_already"
    message = N_(
        "This complaint was answered already. Withdraw it with a reason and enter it anew."
    )


class OwnArchive(NotAllowed):
    """Nobody honours or clears themselves, or somebody they act for."""

    code = "own_archive"
    message = N_("Another organiser has to keep your own archive, and that of whom you act for.")


class NoArchive(RuleBroken):
    code = "no_archive"
    message = N_("Nobody has an archive before they are confirmed as a volunteer.")


def check_training(training: Training, today: date) -> None:
    """Refuse a course without words, hours or a fit day."""
    _check_words(training.course)
    if not training.organiser.strip():
        raise OrganiserMissing
    if not 1 <= training.minutes <= MOST_MINUTES:
        raise MinutesUnfit(most=MOST_MINUTES // 60)
    check_day(training.held_on, today)


def check_commendation(commendation: Commendation, today: date) -> None:
    """Refuse an honour without a title, a giver or a fit day."""
    _check_words(commendation.title)
    if not commendation.given_by.strip():
        raise OrganiserMissing
    check_day(commendation.given_on, today)


def check_complaint(complaint: Complaint, today: date) -> None:
    """Refuse a complaint that says nothing, or of a day to come."""
    _check_words(complaint.content)
    check_day(complaint.received_on, today)


def check_answer(received_on: date, outcome: str, answered_on: date, today: date) -> None:
    """Refuse an answer without words, of a day to come, or from before the complaint."""
    _check_words(outcome)
    check_day(answered_on, today)
    if answered_on < received_on:
        raise AnsweredTooEarly(received_on=received_on)


def check_withdrawal(state: str) -> None:
    """Refuse to withdraw twice."""
    if state == "withdrawn":
        raise WithdrawnAlready


def check_unanswered(state: str) -> None:
    """Refuse a second answer: what was said stays said."""
    check_withdrawal(state)
    if state != "open":
        raise AnsweredAlready


def check_day(on: date, today: date) -> None:
    """Refuse a day to come, and one from before there was anything to keep."""
    if not EARLIEST <= on <= today:
        raise DayUnfit(earliest=EARLIEST)


def _check_words(text: str) -> None:
    if not text.strip():
        raise WordsMissing
