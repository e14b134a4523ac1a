"""When somebody's data may go, and what forbids it for now."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.errors import N_, RuleBroken

STATES = ("waiting", "withdrawn", "done", "refused")
MOVES = {"waiting": ("withdrawn", "done", "refused")}
# Nobody can take it back: a week, in which whoever asked (or whose phone it was) may think again.
WAIT = timedelta(days=7)
LONGEST_REASON = 300


class AskedAlready(RuleBroken):
    code = "asked_already"
    message = N_("This was asked for already and waits for an organiser.")


class ErasedAlready(RuleBroken):
    code = "erased_already"
    message = N_("The data of number %(number)s is gone already.")


class NothingAsked(RuleBroken):
    code = "nothing_asked"
    message = N_("Nothing waits here any more: it was done, refused or taken back meanwhile.")


class TooEarly(RuleBroken):
    code = "too_early"
    message = N_("This can be done from %(on)s on: until then the person may think again.")


class ReasonMissing(RuleBroken):
    code = "reason"
    message = N_("A reason is needed, of at most %(longest)s characters.")


class NumberMistyped(RuleBroken):
    code = "number"
    message = N_("Type the volunteer number %(number)s, so that nobody else's data goes.")


class StillHeld(RuleBroken):
    """Something of theirs is open that needs a person; each says what to do first."""


class InOffice(StillHeld):
    code = "in_office"
    message = N_("They hold a role or lead a team. End that first.")


class UncollectedRedemptions(StillHeld):
    code = "redemptions"
    message = N_("Redemptions to be collected: %(count)s. Hand them over or cancel them first.")


class OpenDisputes(StillHeld):
    code = "disputes"
    message = N_("Disputes about their records are open: %(count)s. Answer them first.")


class OpenObjections(StillHeld):
    code = "objections"
    message = N_("Objections by them or about them are open: %(count)s. Answer them first.")


class UnderNotice(StillHeld):
    code = "under_notice"
    message = N_("They stand on a list under public notice. Wait until the list is final.")


class WaitingRecords(StillHeld):
    code = "records"
    message = N_("Service records of theirs wait to be approved: %(count)s. Decide on them first.")


class OpenAdjustments(StillHeld):
    code = "adjustments"
    message = N_("Adjustments of their accounts wait: %(count)s. Decide on them first.")


def ready_at(asked_at: datetime) -> datetime:
    """Return from when on what was asked may be done."""
    return asked_at + WAIT


def checked_reason(reason: str) -> str:
    """Return an organiser's reason as it is kept."""
    kept = " ".join(reason.split())
    if not kept or len(kept) > LONGEST_REASON:
        raise ReasonMissing(longest=LONGEST_REASON)
    return kept
