"""A team's date before it is logged: who belongs, who is recorded already, how it was last time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.service.queries import LastDay, RecordRow, last_day_of_team, recorded_already
from app.teams.queries import Member, members_on

# Nobody's own claim that still waits, and no correction that is only proposed.
_ELSEWHERE = """
SELECT r.volunteer_id, t.name, CAST(sum(r.minutes) AS bigint)
FROM service_records r JOIN teams t ON t.id = r.team_id
WHERE r.volunteer_id IN ?ids AND r.service_on = ? AND r.team_id <> ?
  AND (r.state = 'approved'
    OR (r.state = 'submitted' AND r.evidence <> 'claimed' AND r.corrects_id IS NULL))
GROUP BY r.volunteer_id, t.name ORDER BY t.name
"""
_GUESTS = """
SELECT id, number, name, name_keys, state FROM volunteers
WHERE id IN ?ids AND organisation_id IN ?ids AND state <> 'left' ORDER BY name_keys, id
"""


class Guest(NamedTuple):
    """Somebody beside the members: a guest, or whoever was recorded and belongs no more."""

    id: int
    number: str | None
    name: str
    name_keys: str
    state: str


class Recorded(NamedTuple):
    """What somebody has with this team on this date already."""

    minutes: int
    is_waiting: bool


class Roster(NamedTuple):
    """Everybody who may stand on a day's form, and what has to be known of them."""

    service_on: date
    members: list[Member]
    guests: list[Guest]
    recorded: Mapping[int, Recorded]
    # Minutes with other teams on that date, by person: (team, minutes).
    elsewhere: Mapping[int, list[tuple[str, int]]]
    last: LastDay | None

    @property
    def ids(self) -> list[int]:
        """Return everybody's id, in the order of the page."""
        return [each.volunteer_id for each in self.members] + [each.id for each in self.guests]


def roster_of(
    session: Session,
    team_id: int,
    on: date,
    *,
    guest_ids: Iterable[int] = (),
    organisation_ids: Collection[int] = (),
    with_last: bool = True,
) -> Roster:
    """Return the people of a team's date; guests only from these organisations.

    Whoever rests is no name to be ticked; they came all the same when they are searched for.
    """
    members = [one for one in members_on(session, team_id, on) if not one.is_dormant]
    belonging = {member.volunteer_id for member in members}
    records = recorded_already(session, team_id, on)
    guests = _guests(session, set(guest_ids) - belonging, organisation_ids)
    known = belonging | {guest.id for guest in guests}
    guests += [
        _guest_of(rows[0]) for volunteer_id, rows in records.items() if volunteer_id not in known
    ]
    recorded = {volunteer_id: _recorded(rows) for volunteer_id, rows in records.items()}
    every = sorted(known | set(records))
    return Roster(
        on,
        members,
        guests,
        {volunteer_id: each for volunteer_id, each in recorded.items() if each.minutes},
        _elsewhere(session, every, on, team_id),
        last_day_of_team(session, team_id, on) if with_last else None,
    )


def _recorded(rows: Iterable[RecordRow]) -> Recorded:
    # A correction only proposed changes nothing yet.
    counted = [row for row in rows if not (row.corrects_id and row.state == "submitted")]
    waits = any(row.state == "submitted" for row in counted)
    return Recorded(sum(row.minutes for row in counted), waits)


def _guest_of(row: RecordRow) -> Guest:
    return Guest(
        row.volunteer_id, row.volunteer_number, row.volunteer_name, "", row.volunteer_state
    )


def _elsewhere(
    session: Session, volunteer_ids: list[int], on: date, team_id: int
) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = {}
    for volunteer_id, team, minutes in fetch(session, _ELSEWHERE, volunteer_ids, on, team_id):
        found.setdefault(volunteer_id, []).append((team, minutes))
    return found


def _guests(session: Session, ids: set[int], organisation_ids: Collection[int]) -> list[Guest]:
    if not ids:
        return []
    rows = fetch(session, _GUESTS, sorted(ids), sorted(organisation_ids))
    return [Guest(*row) for row in rows]
