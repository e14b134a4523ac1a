"""Which state of a dispute may follow which, and who may answer it."""

from __future__ import annotations

from collections.abc import Mapping

from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.teams.rules import NotEntitled, Opening, OrganiserNeeded, refuse_opened

STATES = ("open", "passed_on", "corrected", "refused", "withdrawn", "overtaken")
# Somebody still owes an answer: the team's leaders and organisers, or the organisers alone.
OPEN_STATES = frozenset({"open", "passed_on"})
# `overtaken`: somebody corrected or reversed the record otherwise, and it says so.
MOVES: Mapping[str, frozenset[str]] = {
    "open": frozenset({"corrected", "refused", "withdrawn", "overtaken"}),
    "passed_on": frozenset({"corrected", "refused", "withdrawn", "overtaken"}),
    "refused": frozenset({"passed_on"}),
    "corrected": frozenset(),
    "withdrawn": frozenset(),
    "overtaken": frozenset(),
}
# Lines of the thread; those that move the dispute bear the name of its new state.
LINES = ("raised", "asked", "replied", "proposed", *STATES[1:])


class DisputeUnknown(NotFound):
    """No such dispute within reach."""

    message = N_("There is no dispute %(dispute)s.")


class AnsweredAlready(RuleBroken):
    """Somebody else closed the dispute in the meantime."""

    code = "answered_already"
    message = N_("%(name)s has dealt with this dispute on %(at)s. Look at it again.")


class OpenAlready(RuleBroken):
    """A dispute about this record waits for its answer."""

    code = "open_already"
    message = N_("Dispute %(dispute)s about this record is open already; add your words there.")


class RefusedBefore(RuleBroken):
    """The same was disputed before and refused."""

    code = "refused_before"
    message = N_("Dispute %(dispute)s about this record said the same and was refused.")


class TakenBackMeanwhile(RuleBroken):
    """Only what counts can be disputed."""

    code = "not_counted"
    message = N_("Record %(record)s does not count any more. Look at what took its place.")


class NotInTheBooks(RuleBroken):
    """A record that waits for somebody is not in the books yet."""

    code = "not_counted"
    message = N_(
        "Record %(record)s is not in the books yet; whoever reviews it can still change it."
    )


class OwnDispute(NotAllowed):
    """The actor would benefit, or acts for who would."""

    message = N_("Nobody answers a dispute of their own, or of someone they act for.")


class RefusedByYou(NotAllowed):
    """It was passed on so that somebody else looks."""

    message = N_("You refused this dispute; it was passed on so that another organiser looks.")


class PassedOnAlready(RuleBroken):
    """An organiser has answered; there is nobody above."""

    code = "passed_on_already"
    message = N_("An organiser has answered this dispute; it cannot be passed on again.")


def may_move(state: str, target: str) -> bool:
    """Tell whether the table has this move."""
    return target in MOVES[state]


def may_answer(
    *,
    is_own: bool,
    opening: Opening | None,
    leads: bool,
    organises: bool,
    state: str,
    refused_it: bool,
) -> None:
    """Refuse an answer by whoever may not give it; who stands nearest to the benefit first.

    `opening`: the volunteer may sit behind the actor's account (I-12). What was passed on
    only an organiser answers, and never who refused it before.
    """
    if is_own:
        raise OwnDispute
    refuse_opened(opening)
    if not (leads or organises):
        raise NotEntitled
    if state == "passed_on":
        if not organises:
            raise OrganiserNeeded
        if refused_it:
            raise RefusedByYou
