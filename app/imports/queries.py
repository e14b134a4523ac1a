"""What an import looks up, each kind by one statement however many rows there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.imports.rules.reach import Known, Node, People, Reach, TeamNode, folded
from app.imports.rules.roster_people import Kept
from app.imports.rules.service_rows import Who
from app.people.queries.merged import standing_for_many
from app.people.rules.names import masked_phone, typed_number
from app.teams.rules import Actor

_TEAM_NAMES = (
    "SELECT m.volunteer_id, t.name FROM memberships m JOIN teams t ON t.id = m.team_id "
    "WHERE m.volunteer_id IN ?ids AND m.until_on IS NULL ORDER BY t.id"
)
_CANDIDATES = (
    "SELECT id, number, name, phone FROM volunteers "
    "WHERE organisation_id IN ?ids AND state = 'active' ORDER BY id"
)
_CANDIDATES_OF_TEAMS = (
    "SELECT DISTINCT v.id, v.number, v.name, v.phone FROM volunteers v "
    "JOIN memberships m ON m.volunteer_id = v.id WHERE m.team_id IN ?ids AND v.state = 'active' "
    "ORDER BY v.id"
)
_NODES = "SELECT id, parent_id, code, name, retired_on FROM organisations"
_TEAMS = "SELECT id, code, name, organisation_id, retired_on FROM teams"
_PERSON = (
    "SELECT id, organisation_id, number, name, phone, kind, sex, born_on, state FROM volunteers "
)
_BY_ID = _PERSON + "WHERE id = ?"
_BY_IDS = _PERSON + "WHERE id IN ?ids ORDER BY id"
_BY_NUMBER = _PERSON + "WHERE number IN ?words"
_BY_NAME = _PERSON + "WHERE name IN ?words AND organisation_id IN ?ids ORDER BY id"
_BY_PHONE = _PERSON + "WHERE phone IN ?words AND organisation_id IN ?ids ORDER BY id"
_LEFT = """
SELECT volunteer_id, from_on FROM pauses
WHERE volunteer_id IN ?ids AND kind = 'left' AND ended_at IS NULL
"""
_FIRST_SERVED = (
    "SELECT volunteer_id, min(service_on) FROM service_records "
    "WHERE volunteer_id IN ?ids AND state = 'approved' GROUP BY volunteer_id"
)
_MEMBERSHIPS = (
    "SELECT volunteer_id, id, team_id, role, from_on, until_on FROM memberships "
    "WHERE volunteer_id IN ?ids"
)


class Candidate(NamedTuple):
    """Somebody a refused row may mean, as an importer may be told of them."""

    id: int
    number: str | None
    name: str
    masked_phone: str


def candidates_in(session: Session, reach: Reach) -> list[Candidate]:
    """Return whom an importer may be told of: their organisations' people, their teams' members."""
    actor = reach.actor
    rows = [*fetch(session, _CANDIDATES, sorted(actor.organises))] if actor.organises else []
    if actor.leads:
        rows += fetch(session, _CANDIDATES_OF_TEAMS, sorted(actor.leads))
    return list(
        dict.fromkeys(
            Candidate(volunteer_id, number, name, masked_phone(phone))
            for volunteer_id, number, name, phone in rows
        )
    )


def team_names_of(session: Session, volunteer_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the names of the teams people belong to now."""
    found: dict[int, list[str]] = {}
    for volunteer_id, name in fetch(session, _TEAM_NAMES, sorted(set(volunteer_ids))):
        found.setdefault(volunteer_id, []).append(name)
    return found


def reach_of(session: Session, actor: Actor) -> Reach:
    """Return how far an actor reaches, as the database says now."""
    nodes = [Node(*row) for row in fetch(session, _NODES)]
    teams = [
        TeamNode(team_id, code, name, home, None if retired is None else day_of(retired))
        for team_id, code, name, home, retired in fetch(session, _TEAMS)
    ]
    own = fetch(session, _BY_ID, actor.volunteer_id) if actor.volunteer_id else ()
    return Reach(actor, nodes, teams, [row[1] for row in own])


def people_meant(session: Session, reach: Reach, rows: Iterable[Who]) -> People:
    """Return the volunteers that rows of service name; new friends are nobody's namesakes yet."""
    everybody = set(rows)
    numbers = {typed_number(who.number) for who in everybody if who.number}
    names = {who.name for who in everybody if not who.number}
    by_number = {
        str(known.number): known
        for known in people_numbered(session, numbers)
        if known.organisation_id in reach.visible
    }
    by_name: dict[str, list[Known]] = {}
    for known in people_named(session, reach, names):
        if known.state != "proposed" and known.id not in {
            each.id for each in by_name.get(folded(known.name), ())
        }:
            by_name.setdefault(folded(known.name), []).append(known)
    return People(by_number, by_name)


def people_by_id(session: Session, volunteer_ids: Iterable[int]) -> list[Known]:
    """Return people by their ids."""
    return [_known(row) for row in fetch(session, _BY_IDS, sorted(set(volunteer_ids)))]


def people_numbered(session: Session, numbers: Iterable[str]) -> list[Known]:
    """Return the bearers of these numbers, wherever they belong."""
    rows = fetch(session, _BY_NUMBER, sorted(set(numbers)))
    return _standing(session, [_known(row) for row in rows])


def people_named(session: Session, reach: Reach, names: Iterable[str]) -> list[Known]:
    """Return the bearers of these names in the trees within reach."""
    wanted = sorted(set(names))
    rows = fetch(session, _BY_NAME, wanted, sorted(reach.visible))
    return _standing(session, [_known(row) for row in rows])


def _standing(session: Session, found: Sequence[Known]) -> list[Known]:
    """Let an old number, or the name borne under it, mean who that person is today.

    Number and name stay as the sheet has them, so that an old sheet is met as it was written.
    """
    joined = [known.id for known in found if known.state == "matched"]
    if not joined:
        return list(found)
    today = standing_for_many(session, joined)
    people = {known.id: known for known in people_by_id(session, today.values())}
    return [
        people[today[known.id]]._replace(number=known.number, name=known.name)
        if known.id in today
        else known
        for known in found
    ]


def people_with_phones(session: Session, reach: Reach, phones: Iterable[str]) -> dict[str, Known]:
    """Return by phone who within the actor's organisations has it; of several the first."""
    mine = sorted(reach.visible & reach.actor.organises)
    found: dict[str, Known] = {}
    for row in fetch(session, _BY_PHONE, sorted(set(phones)), mine):
        known = _known(row)
        found.setdefault(str(known.phone), known)
    return found


def memberships_of(session: Session, volunteer_ids: Iterable[int]) -> dict[int, list[Kept]]:
    """Return every membership of these people, those that are over included."""
    found: dict[int, list[Kept]] = {}
    for volunteer_id, membership_id, team_id, role, from_on, until_on in fetch(
        session, _MEMBERSHIPS, sorted(set(volunteer_ids))
    ):
        until = None if until_on is None else day_of(until_on)
        kept = Kept(membership_id, team_id, role, day_of(from_on), until)
        found.setdefault(volunteer_id, []).append(kept)
    return found


def left_on(session: Session, volunteer_ids: Iterable[int]) -> dict[int, date]:
    """Return since when those of these people have left who were written down as leaving."""
    rows = fetch(session, _LEFT, sorted(set(volunteer_ids)))
    return {row[0]: day_of(row[1]) for row in rows}


def first_served_on(session: Session, volunteer_ids: Iterable[int]) -> dict[int, date]:
    """Return the earliest date on which service of these people counts."""
    rows = fetch(session, _FIRST_SERVED, sorted(set(volunteer_ids)))
    return {row[0]: day_of(row[1]) for row in rows}


def _known(row: Iterable[object]) -> Known:
    known = Known._make(row)
    return known._replace(born_on=None if known.born_on is None else day_of(known.born_on))
