"""What a volunteer reads of the points that end, and what an organiser reads of them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _

from app.expiry.queries import Loser
from app.expiry.rules import FIRST_WARNING, Due
from app.web.filters import day, points


class Ending(NamedTuple):
    """One sum of points and until when it can be used."""

    sentence: str
    # Of which years it was earned in.
    years: str
    until: str
    points: str
    is_near: bool


def endings(found: Iterable[Due], today: date) -> list[Ending]:
    """Return what can still be used by its last day, the next one first."""
    by_day: dict[date, list[Due]] = {}
    for due in found:
        if due.until_on >= today:
            by_day.setdefault(due.until_on, []).append(due)
    return [_ending(until_on, listed, today) for until_on, listed in sorted(by_day.items())]


def _ending(until_on: date, listed: Sequence[Due], today: date) -> Ending:
    amount = points(sum(due.hundredths for due in listed))
    until = day(until_on, with_year=True)
    return Ending(
        _("%(points)s points can be used until %(until)s.", points=amount, until=until),
        years_text(listed),
        until,
        amount,
        until_on <= today + FIRST_WARNING,
    )


def years_text(listed: Iterable[Due]) -> str:
    """Return the years that points were earned in: 2023, 2024."""
    return str(_(", ")).join(str(year) for year in sorted({due.year for due in listed}))


class LoserRow(NamedTuple):
    """One person of the organiser's list."""

    volunteer_id: int
    name: str
    about: str
    years: str
    until: str
    points: str


def loser_row(one: Loser) -> LoserRow:
    """Return one person as the list shows them."""
    return LoserRow(
        one.volunteer_id,
        one.name,
        " ".join(part for part in (one.number, one.organisation_name) if part),
        years_text(one.dues),
        day(one.dues[0].until_on, with_year=True),
        points(one.hundredths),
    )
