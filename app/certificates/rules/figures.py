"""From somebody's records to what a certificate tells of them, in a list that stays short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from app.certificates.rules.payload import Content, Share
from app.errors import N_, RuleBroken

# What a sheet or two of paper hold.
MOST_LINES = 40
LONGEST_CONTENT = 40


class Served(NamedTuple):
    """One record that counts, with the names it had when it was read."""

    service_on: date
    minutes: int
    is_service_day: bool
    content: str
    team: str
    colour: str
    glyph: str
    colour_name: str
    organisation: str


class Figures(NamedTuple):
    """What a certificate tells of some records."""

    minutes: int
    before_minutes: int
    dates: int
    service_days: int
    shares: tuple[Share, ...]
    contents: tuple[Content, ...]
    contents_by: str
    recorded_by: tuple[str, ...]


class NothingServed(RuleBroken):
    """Nobody gets a certificate of nothing."""

    code = "nothing_served"
    message = N_("No approved service lies in this time, so there is nothing to certify.")


class BadSpan(RuleBroken):
    """The span ends before it begins, or has not been yet."""

    code = "bad_date"
    message = N_("The last day lies not before the first, and not in the future.")


def check_span(from_on: date | None, until_on: date | None, today: date) -> None:
    """Refuse a span that cannot be certified; no dates stand for a lifetime."""
    if from_on is None and until_on is None:
        return
    if from_on is None or until_on is None or not from_on <= until_on <= today:
        raise BadSpan


def figures_of(
    records: Sequence[Served], *, before_minutes: int = 0, issuer_name: str = ""
) -> Figures:
    """Return the figures of some records in the order of their dates; refuse none at all."""
    minutes = before_minutes + sum(each.minutes for each in records)
    if not minutes:
        raise NothingServed
    contents_by, contents = contents_of(records)
    return Figures(
        minutes=minutes,
        before_minutes=before_minutes,
        dates=len({each.service_on for each in records}),
        service_days=len({each.service_on for each in records if each.is_service_day}),
        shares=_shares(records),
        contents=contents,
        contents_by=contents_by,
        recorded_by=tuple(dict.fromkeys(each.organisation for each in records)) or (issuer_name,),
    )


def contents_of(records: Sequence[Served]) -> tuple[str, tuple[Content, ...]]:
    """Return the lines of the contents, added up by month and then by team where they are many."""
    if len(records) <= MOST_LINES:
        return "record", tuple(
            Content(r.service_on, r.service_on, r.team, _short(r.content), 1, r.minutes)
            for r in records
        )
    by_month = _added_up((f"{each.service_on:%Y-%m}", each.team, each) for each in records)
    if len(by_month) <= MOST_LINES:
        return "month", by_month
    by_team = _added_up(("", each.team, each) for each in records)
    return "team", by_team[:MOST_LINES]


def _added_up(keyed: Iterable[tuple[str, str, Served]]) -> tuple[Content, ...]:
    ordered = sorted(keyed, key=lambda each: each[:2])
    found = []
    for (_month, team), group in groupby(ordered, key=lambda each: each[:2]):
        records = [each[2] for each in group]
        days = [each.service_on for each in records]
        minutes = sum(each.minutes for each in records)
        found.append(Content(min(days), max(days), team, "", len(records), minutes))
    return tuple(sorted(found, key=lambda one: (one.from_on, one.team)))


def _shares(records: Iterable[Served]) -> tuple[Share, ...]:
    minutes: dict[tuple[str, str, str], int] = {}
    for each in records:
        place = (each.colour, each.glyph, each.colour_name)
        minutes[place] = minutes.get(place, 0) + each.minutes
    shares = [Share(*place, served) for place, served in minutes.items()]
    return tuple(sorted(shares, key=lambda share: (-share.minutes, share.colour)))


def _short(content: str) -> str:
    return content if len(content) <= LONGEST_CONTENT else f"{content[: LONGEST_CONTENT - 1]}…"
