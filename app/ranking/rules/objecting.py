"""异议: who may say something against a notice, until when, and how it ends."""

from __future__ import annotations

from datetime import date

from app.errors import N_, RuleBroken
from app.ranking.rules.stages import FINAL, NOTICE, IsFinal, NotUnderNotice

LONGEST_WORDS = 1000


class NoticeOver(RuleBroken):
    code = "notice_over"
    message = N_("The notice ended on %(until_on)s; objections were taken until that day.")


class ObjectionOpenAlready(RuleBroken):
    """One open objection for a person and a row: what is said there is read first."""

    code = "objection_open"
    message = N_("An objection of yours about this waits for an answer already.")


class ObjectionEnded(RuleBroken):
    code = "objection_ended"
    message = N_("This objection was answered or withdrawn meanwhile.")


class WordsTooLong(RuleBroken):
    code = "too_long"
    message = N_("At most %(most)s characters, please.")


class NamesSomebody(RuleBroken):
    """A public answer stands on a board where names are masked."""

    code = "names_somebody"
    message = N_(
        "%(name)s stands in the list, and a public answer names nobody: say it without the name,"
        " or to whoever objected only."
    )


def check_takes_objections(stage: str, year: int, until_on: date | None, today: date) -> None:
    """Refuse an objection to anything but a notice that lasts."""
    if stage == FINAL:
        raise IsFinal(year=year)
    if stage != NOTICE or until_on is None:
        raise NotUnderNotice(year=year)
    if today > until_on:
        raise NoticeOver(until_on=until_on)


def check_length(words: str) -> None:
    """Refuse words that nobody would read to their end."""
    if len(words) > LONGEST_WORDS:
        raise WordsTooLong(most=LONGEST_WORDS)
