"""What has to be known of the people whose service is judged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch

MEMBERS = """
SELECT team_id, volunteer_id, from_on, until_on FROM memberships
WHERE volunteer_id IN ?ids AND team_id IN ?ids
"""
PEOPLE = "SELECT id, organisation_id, state FROM volunteers WHERE id IN ?ids"
Spans = list[tuple[date, date | None]]


def members_of(
    session: Session, volunteer_ids: list[int], team_ids: list[int]
) -> dict[tuple[int, int], Spans]:
    """Return the membership spans by team and person."""
    return members_from(fetch(session, MEMBERS, volunteer_ids, team_ids))


def members_from(rows: Iterable[Any]) -> dict[tuple[int, int], Spans]:
    found: dict[tuple[int, int], Spans] = {}
    for team_id, volunteer_id, from_on, until_on in rows:
        until = None if until_on is None else day_of(until_on)
        found.setdefault((team_id, volunteer_id), []).append((day_of(from_on), until))
    return found


class Person(NamedTuple):
    """What has to be known of a volunteer to judge their lines."""

    organisation_id: int
    is_proposed: bool
    # Their number became another's: what is entered for them is entered for that one.
    is_joined: bool = False


def people_of(session: Session, volunteer_ids: list[int]) -> dict[int, Person]:
    """Return the volunteers by id."""
    return people_from(fetch(session, PEOPLE, volunteer_ids))


def people_from(rows: Iterable[Any]) -> dict[int, Person]:
    return {
        volunteer_id: Person(organisation_id, state == "proposed", state == "matched")
        for volunteer_id, organisation_id, state in rows
    }
