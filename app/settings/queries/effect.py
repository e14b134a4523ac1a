"""What the approved records of some dates would have earned by another points rule.

The rule itself reckons each kind of record (colour, minutes, bonuses) once, so the preview is
the very formula that will credit; the database only adds up.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.db import is_postgresql
from app.points.rules import RuleVersion, points_of, terms_for

_COUNTED = """
  r.organisation_id IN ?ids AND r.service_on BETWEEN ? AND ? AND r.state = 'approved'
  AND r.earns_points
"""
_BONUSES = """
  CASE WHEN r.is_service_day THEN 1 ELSE 0 END AS is_day,
  CASE WHEN r.is_service_month THEN 1 ELSE 0 END AS is_month
"""
_KINDS = f"""
SELECT colour_id, minutes, is_day, is_month, count(*) AS records, sum(points) AS points
FROM (
  SELECT r.colour_id, r.minutes, r.points_hundredths AS points, {_BONUSES}
  FROM service_records r WHERE {_COUNTED}
) kinds
GROUP BY colour_id, minutes, is_day, is_month
"""
_WORTH = {
    False: "SELECT " + ", ".join(
        f"json_extract(value, '$[{place}]') AS {name}"
        for place, name in enumerate(("colour_id", "minutes", "is_day", "is_month", "points"))
    ) + " FROM json_each(?)",
    True: "SELECT " + ", ".join(
        f"(value ->> {place})::bigint AS {name}"
        for place, name in enumerate(("colour_id", "minutes", "is_day", "is_month", "points"))
    ) + " FROM jsonb_array_elements(?::jsonb)",
}  # fmt: skip
_PEOPLE = f"""
WITH worth AS ({{worth}})
SELECT count(*) AS people, sum(CASE WHEN after > before THEN 1 ELSE 0 END) AS gaining,
  sum(CASE WHEN after < before THEN 1 ELSE 0 END) AS losing
FROM (
  SELECT k.volunteer_id, sum(k.points) AS before, sum(w.points) AS after
  FROM (
    SELECT r.volunteer_id, r.colour_id, r.minutes, r.points_hundredths AS points, {_BONUSES}
    FROM service_records r WHERE {_COUNTED}
  ) k
  JOIN worth w ON w.colour_id = k.colour_id AND w.minutes = k.minutes
    AND w.is_day = k.is_day AND w.is_month = k.is_month
  GROUP BY k.volunteer_id
) persons
"""


class ColourEffect(NamedTuple):
    """The points of one colour as credited, and as they would have been."""

    colour_id: int
    before_hundredths: int
    after_hundredths: int


class Effect(NamedTuple):
    """What another rule would have changed: in all, by colour, and for how many people."""

    records: int
    people: int
    gaining: int
    losing: int
    before_hundredths: int
    after_hundredths: int
    colours: tuple[ColourEffect, ...]


def effect_of(
    session: Session,
    version: RuleVersion,
    organisation_ids: Sequence[int],
    first_on: date,
    last_on: date,
) -> Effect:
    """Return the effect on approved records of some organisations and dates, both included."""
    scope = (list(organisation_ids), first_on, last_on)
    kinds = fetch(session, _KINDS, *scope)
    worth = [(*kind[:4], _worth(kind, version)) for kind in kinds]
    colours: dict[int, tuple[int, int]] = {}
    for kind, (*_, each) in zip(kinds, worth, strict=True):
        before, after = colours.get(kind.colour_id, (0, 0))
        colours[kind.colour_id] = (before + int(kind.points), after + each * kind.records)
    people = _people(session, worth, scope)
    return Effect(
        sum(kind.records for kind in kinds),
        *people,
        sum(before for before, _ in colours.values()),
        sum(after for _, after in colours.values()),
        tuple(ColourEffect(colour_id, *colours[colour_id]) for colour_id in sorted(colours)),
    )


def _worth(kind: Any, version: RuleVersion) -> int:
    terms = terms_for(version, kind.colour_id, bool(kind.is_day), bool(kind.is_month), True)
    return points_of(kind.minutes, terms)


def _people(
    session: Session, worth: Sequence[tuple[int, ...]], scope: tuple[Any, ...]
) -> tuple[int, int, int]:
    query = _PEOPLE.format(worth=_WORTH[is_postgresql(session)])
    found = fetch(session, query, json.dumps(worth), *scope)[0]
    return found.people, int(found.gaining or 0), int(found.losing or 0)
