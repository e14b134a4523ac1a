"""Whose passbook it is, and the figures at its head."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.ledger.queries import balances_of
from app.organisations.queries import asking_settings_of_person, settings_told
from app.organisations.rules import Settings
from app.passbook.queries.records import Colour
from app.people.queries.merged import standing_for
from app.service.queries import Part, lifetime_of, stars_of
from app.service.rules import Stars


class Owner(NamedTuple):
    """Whose passbook it is."""

    id: int
    number: str
    name: str
    organisation_id: int
    organisation_name: str
    # Whether any line was ever taken back.
    has_corrections: bool
    has_redemptions: bool


class Share(NamedTuple):
    """What was served with one team in one colour, all years together."""

    team_id: int
    team_name: str
    colour: Colour
    minutes: int


class Summary(NamedTuple):
    """The figures at the head of a passbook."""

    served_minutes: int
    # What of them a paper book held before Qicai.
    before_minutes: int
    points_hundredths: int
    time_minutes: int
    stars: Stars
    shares: tuple[Share, ...]
    years: tuple[int, ...]


_OWNER = """
SELECT v.id, v.number, v.name, v.organisation_id, o.name,
  EXISTS (SELECT 1 FROM service_records r WHERE r.volunteer_id = v.id AND r.state = 'reversed'),
  EXISTS (SELECT 1 FROM redemptions d WHERE d.volunteer_id = v.id), v.matched_to_id
FROM volunteers v JOIN organisations o ON o.id = v.organisation_id
"""


def find_owner(session: Session, number: str) -> Owner | None:
    """Return the volunteer who bears a number, or bore it before it was joined; or None."""
    rows = fetch(session, _OWNER + "WHERE v.number = ?", number)
    if rows and rows[0][7] is not None:
        return find_owner_by_id(session, standing_for(session, rows[0][0]))
    return _owner(rows[0]) if rows else None


def find_owner_by_id(session: Session, volunteer_id: int) -> Owner | None:
    """Return a volunteer by id, or None; a new friend without a number has an empty one."""
    rows = fetch(session, *asking_owner(volunteer_id))
    return _owner(rows[0]) if rows else None


def asking_owner(volunteer_id: int) -> tuple[Any, ...]:
    """Return the query of `find_owner_by_id`, as `asked_ahead` takes it."""
    return _OWNER + "WHERE v.id = ?", volunteer_id


def _owner(row: Any) -> Owner:
    return Owner(row[0], row[1] or "", row[2], row[3], row[4], bool(row[5]), bool(row[6]))


def summary_of(session: Session, volunteer_id: int, settings: Settings, now: datetime) -> Summary:
    """Return served minutes of a lifetime, both balances, stars and shares by team."""
    lifetime = lifetime_of(session, volunteer_id)
    balances = balances_of(session, volunteer_id)
    return Summary(
        lifetime.minutes,
        lifetime.before_minutes,
        balances.points_hundredths,
        balances.minutes,
        stars_of(session, volunteer_id, lifetime.minutes, settings, now),
        _shares(lifetime.parts),
        tuple(dict.fromkeys(part.year for part in lifetime.parts)),
    )


def _shares(parts: Iterable[Part]) -> tuple[Share, ...]:
    minutes: dict[tuple[int, str, Colour], int] = {}
    for part in parts:
        place = (part.team_id, part.team_name, Colour(part.colour_key, part.colour_glyph))
        minutes[place] = minutes.get(place, 0) + part.minutes
    shares = [Share(*place, served) for place, served in minutes.items()]
    return tuple(sorted(shares, key=lambda share: (-share.minutes, share.team_id)))


def settings_for(session: Session, owner: Owner) -> Settings:
    """Return the settings of the organisation a person belongs to."""
    return settings_told(fetch(session, *asking_settings_of_person(owner.id)))


_LED_WITH = """
SELECT DISTINCT team_id FROM memberships WHERE volunteer_id = ? AND team_id IN ?ids
  AND from_on <= ? AND (until_on IS NULL OR until_on >= ?)
"""


def teams_shared(
    session: Session, volunteer_id: int, team_ids: Collection[int], on: date
) -> frozenset[int]:
    """Return those of the teams that a volunteer belongs to on a date."""
    if not team_ids:
        return frozenset()
    rows = fetch(session, _LED_WITH, volunteer_id, sorted(team_ids), on, on)
    return frozenset(row[0] for row in rows)
