"""Two people for what weighs most: who may be the first, who the second, when one may act alone.

Used by adjustments and covered shortfalls, and by whatever else SPEC §5 asks two people for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.teams.rules import Actor

# Where nobody could be the second, the first may act alone this long after asking.
ALONE_AFTER = timedelta(hours=24)


class Matter(NamedTuple):
    """What two people decide on: whose it is, and the organisations both have to reach."""

    organisation_ids: frozenset[int]
    volunteer_ids: frozenset[int]


class MatterUnknown(NotFound):
    """It lies outside the actor's organisations."""


class OwnMatter(NotAllowed):
    """The actor is the beneficiary, or acts for them."""

    code = "own_matter"
    message = N_("Nobody decides this for themselves, or for someone they act for.")


class OpenedByBeneficiary(OwnMatter):
    """The beneficiary, or who acts for them, handed out the code that opened the account."""

    message = N_(
        "Your account was opened on %(opened_on)s with a code from %(by)s; until %(until)s"
        " somebody else must decide this."
    )


class AskerIsSecond(NotAllowed):
    """One person is not two."""

    code = "same_person"
    message = N_("You asked for this yourself: somebody else confirms or refuses it.")


class BehindOneAnother(AskerIsSecond):
    """Whoever handed out an account's code may sit behind it still."""

    message = N_(
        "A code from one of you opened the other's account not long ago;"
        " somebody else must decide this."
    )


class AskerMayNoMore(NotAllowed):
    """Whoever asked has lost the right to, or would benefit by now."""

    code = "asker_may_no_more"
    message = N_("Whoever asked for this may not do so any more. Refuse it, and ask anew.")


class SomebodyCouldConfirm(RuleBroken):
    """One person alone is only for where there is no second."""

    code = "second_person_there"
    message = N_("%(count)s others could confirm this, so it needs one of them.")


class TooEarlyAlone(RuleBroken):
    """There is nobody else, but the day is not over."""

    code = "alone_too_early"
    message = N_("Nobody else could confirm this; you may do it alone from %(from_at)s on.")


def check_first(actor: Actor, matter: Matter) -> None:
    """Refuse to let somebody ask: an organiser above all of it does, never a beneficiary."""
    if not matter.organisation_ids <= actor.organises:
        raise MatterUnknown
    check_no_benefit(actor, matter)


def check_second(actor: Actor, matter: Matter, *, asker_id: int, is_behind: bool) -> None:
    """Refuse to let somebody confirm or refuse what another asked for.

    Another organiser above all of it, or an auditor of it. `is_behind`: a code from one of the
    two opened the other's account a short while ago.
    """
    if not matter.organisation_ids <= actor.organises | actor.audits:
        raise MatterUnknown
    check_no_benefit(actor, matter)
    if actor.login_id == asker_id:
        raise AskerIsSecond
    if is_behind:
        raise BehindOneAnother


def check_still_first(asker: Actor | None, matter: Matter) -> Actor:
    """Return whoever asked, if they may still ask today."""
    if asker is None:
        raise AskerMayNoMore
    try:
        check_first(asker, matter)
    except (NotAllowed, NotFound) as refusal:
        raise AskerMayNoMore from refusal
    return asker


def check_alone(*, asked_at: datetime, now: datetime, others: int) -> None:
    """Refuse to let the first act alone while there is a second, or before a day is over."""
    if others:
        raise SomebodyCouldConfirm(count=others)
    if now < asked_at + ALONE_AFTER:
        raise TooEarlyAlone(from_at=asked_at + ALONE_AFTER)


def check_no_benefit(actor: Actor, matter: Matter) -> None:
    """Refuse whoever benefits, acts for a beneficiary, or sits behind a beneficiary's code."""
    if any(actor.benefits(one) for one in matter.volunteer_ids):
        raise OwnMatter
    for one in sorted(matter.volunteer_ids & actor.openings.keys()):
        opening = actor.openings[one]
        raise OpenedByBeneficiary(
            opened_on=opening.opened_on, by=opening.by, until=opening.until_on
        )
