"""The stages of a year: preview, public notice, final; what blocks the last one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.organisations.calendar import WorkingCalendar

ASKED_FOR = ("notice", "correction", "final")
FREEZE_STATES = ("asked", "done", "refused", "withdrawn")
FREEZE_MOVES: Mapping[str, frozenset[str]] = {
    "asked": frozenset({"done", "refused", "withdrawn"}),
}
OBJECTION_STATES = ("open", "upheld", "refused", "withdrawn")
OBJECTION_MOVES: Mapping[str, frozenset[str]] = {
    "open": frozenset({"upheld", "refused", "withdrawn"}),
}
FREEZE_SUBJECT = "ranking_freeze"
SNAPSHOT_SUBJECT = "ranking_snapshot"
SCHEME_SUBJECT = "ranking_scheme"
OBJECTION_SUBJECT = "objection"
PREVIEW, NOTICE, FINAL = "preview", "notice", "final"
LONGEST_EXTENSION = timedelta(days=60)


class RankingUnknown(NotFound):
    """The year of this organisation lies outside the actor's reach, or was never begun."""


class YearNotOver(RuleBroken):
    code = "year_not_over"
    message = N_("%(year)s is not over yet: its notice can begin on %(from_on)s.")


class NothingToRank(RuleBroken):
    code = "nothing_to_rank"
    message = N_("Nobody has an approved record in %(year)s: there is nothing to give notice of.")


class SchemeMissing(RuleBroken):
    code = "scheme_missing"
    message = N_("Save the scheme first: the notice says by which rules titles are given.")


class AskedAlready(RuleBroken):
    code = "asked_already"
    message = N_("%(name)s asked for this already; it waits for a second person.")


class AnsweredAlready(RuleBroken):
    code = "answered_already"
    message = N_("This was decided meanwhile.")


class UnderNotice(RuleBroken):
    code = "under_notice"
    message = N_("%(year)s is under notice already. A mistake is mended by a correction.")


class NotUnderNotice(RuleBroken):
    code = "not_under_notice"
    message = N_("%(year)s is not under notice.")


class IsFinal(RuleBroken):
    code = "is_final"
    message = N_("%(year)s is final; nothing about its ranking changes any more.")


class SchemeChanged(RuleBroken):
    """Whoever confirms has seen another version than the one asked for."""

    code = "scheme_changed"
    message = N_("The scheme was changed meanwhile. Withdraw or refuse this, and ask anew.")


class SnapshotReplaced(RuleBroken):
    code = "snapshot_replaced"
    message = N_("The list was corrected meanwhile. Withdraw or refuse this, and ask anew.")


class NoticeNotOver(RuleBroken):
    code = "notice_not_over"
    message = N_("The notice lasts until %(until_on)s, that day included.")


class StillOpen(RuleBroken):
    code = "still_open"
    message = N_(
        "Before the list is final everything has to be answered:"
        " %(objections)s objections and %(disputes)s disputes are open."
    )


class TotalsDisagree(RuleBroken):
    """The kept totals and the records tell different figures: nothing is frozen."""

    code = "totals_disagree"
    message = N_(
        "The kept totals and the records disagree, so nothing was frozen."
        " Whoever keeps the machine should run flask audit."
    )


class ReasonForCorrection(RuleBroken):
    code = "missing"
    message = N_("A correction needs a reason: it stands on the notice.")


class ExtensionUnfit(RuleBroken):
    code = "bad_extension"
    message = N_("The notice can be extended to a day after %(until_on)s, and needs a reason.")


class ExtensionTooLong(RuleBroken):
    """A notice is never made shorter: a year typed wrongly would hold the list up for good."""

    code = "long_extension"
    message = N_("At one time a notice is extended to %(latest_on)s at the latest.")


class WordsMissing(RuleBroken):
    code = "missing"
    message = N_("Please say what is not right.")


class AnswerMissing(RuleBroken):
    code = "missing"
    message = N_("An answer needs words: they are what the volunteer reads.")


class OwnObjection(NotAllowed):
    code = "own_objection"
    message = N_("Nobody answers an objection of their own, or one about themselves.")


def stage_of(has_snapshot: bool, is_final: bool) -> str:
    """Return the stage of a year."""
    if is_final:
        return FINAL
    return NOTICE if has_snapshot else PREVIEW


def notice_end(frozen_on: date, working_days: int, calendar: WorkingCalendar) -> date:
    """Return the last day of a notice that begins with the freeze."""
    return calendar.working_days_after(frozen_on, working_days)


def corrected_end(
    until_on: date,
    today: date,
    *,
    awards_changed: bool,
    extension: int,
    calendar: WorkingCalendar,
) -> date:
    """Return the last day of a corrected notice: longer when somebody's title changed."""
    if not awards_changed:
        return until_on
    return calendar.working_days_after(max(until_on, today), extension)


def check_extension(until_on: date, later_on: date, today: date) -> None:
    """Refuse a last day that is none, or too far away to be meant."""
    if later_on <= until_on:
        raise ExtensionUnfit(until_on=until_on)
    latest_on = max(until_on, today) + LONGEST_EXTENSION
    if later_on > latest_on:
        raise ExtensionTooLong(latest_on=latest_on)


def check_final(*, today: date, until_on: date, objections: int, disputes: int) -> None:
    """Refuse to make a list final while its notice lasts or anything about it is open."""
    if objections or disputes:
        raise StillOpen(objections=objections, disputes=disputes)
    if today <= until_on:
        raise NoticeNotOver(until_on=until_on)
