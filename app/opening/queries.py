"""The balances taken over: one person's, a batch's, and the minutes that count in a lifetime."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.opening.rules import Standing

SUBJECT = "opening"
# (volunteer, minutes) of what counts; whoever sums lifetimes goes on with AND.
LIVE_MINUTES = "SELECT volunteer_id, minutes FROM opening_records WHERE state = 'approved'"
# The same with the date of the book: (volunteer, date, minutes).
LIVE_DATED = "SELECT volunteer_id, as_of_on, minutes FROM opening_records WHERE state = 'approved'"
_PEOPLE = "SELECT id, organisation_id FROM volunteers WHERE id IN ?ids"
_STANDING = (
    "SELECT volunteer_id, as_of_on, minutes, points_hundredths FROM opening_records "
    "WHERE volunteer_id IN ?ids AND state = 'approved'"
)
_OPENINGS = "SELECT id, as_of_on, note FROM opening_records WHERE id IN ?ids"
_OF_BATCH = (
    "SELECT id, organisation_id, volunteer_id, as_of_on, minutes, points_hundredths, entry_id "
    "FROM opening_records WHERE batch_id = ? AND state = 'approved' ORDER BY id"
)
_SUMS = (
    "SELECT count(*), CAST(coalesce(sum(minutes), 0) AS bigint), "
    "CAST(coalesce(sum(points_hundredths), 0) AS bigint) FROM opening_records "
    "WHERE batch_id = ? AND state = 'approved'"
)


class Opening(NamedTuple):
    """What a passbook tells of an opening besides its figures."""

    as_of_on: date
    note: str | None


class LiveOpening(NamedTuple):
    """An opening that counts, with the entry that posted it."""

    id: int
    organisation_id: int
    volunteer_id: int
    as_of_on: date
    minutes: int
    points_hundredths: int
    entry_id: int


class OpeningSums(NamedTuple):
    """What stands of a batch of openings; one is one person."""

    people: int
    minutes: int
    points_hundredths: int


def openings_by_id(session: Session, opening_ids: Iterable[int]) -> dict[int, Opening]:
    """Return openings by id, reversed ones too."""
    rows = fetch(session, _OPENINGS, sorted(set(opening_ids)))
    return {row[0]: Opening(day_of(row[1]), row[2]) for row in rows}


def standing_of(session: Session, volunteer_ids: Iterable[int]) -> dict[int, Standing]:
    """Return the openings that count, by volunteer."""
    rows = fetch(session, _STANDING, sorted(set(volunteer_ids)))
    return {row[0]: Standing(day_of(row[1]), row[2], row[3]) for row in rows}


def homes_of(session: Session, volunteer_ids: Iterable[int]) -> dict[int, int]:
    """Return the organisation each volunteer belongs to."""
    return dict(map(tuple, fetch(session, _PEOPLE, sorted(set(volunteer_ids)))))


def live_of_batch(session: Session, batch_id: int) -> list[LiveOpening]:
    """Return what still counts of a batch."""
    rows = fetch(session, _OF_BATCH, batch_id)
    return [
        LiveOpening(opening_id, home, volunteer_id, day_of(on), minutes, points, entry_id)
        for opening_id, home, volunteer_id, on, minutes, points, entry_id in rows
    ]


def sums_of_batch(session: Session, batch_id: int) -> OpeningSums:
    """Return how much of a batch counts now."""
    return OpeningSums(*fetch(session, _SUMS, batch_id)[0])
