"""What an import looks up, each kind by one statement however many rows there are."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.imports.rules.reach import Known, Node, People, Reach, TeamNode, folded
from app.imports.rules.roster_people import Kept
from app.imports.rules.service_rows import Who
from app.people.rules.names import typed_number
from app.teams.rules import Actor

_NODES = "SELECT id, parent_id, code, name FROM organisations"
_TEAMS = "SELECT id, code, name, organisation_id, retired_on FROM teams"
_PERSON = (
    "SELECT id, organisation_id, number, name, phone, kind, sex, born_on, state FROM volunteers "
)
_BY_ID = _PERSON + "WHERE id = ?"
_BY_NUMBER = _PERSON + "WHERE number IN ?words"
_BY_NAME = _PERSON + "WHERE name IN ?words AND organisation_id IN ?ids ORDER BY id"
_MEMBERSHIPS = (
    "SELECT volunteer_id, id, team_id, role, from_on, until_on FROM memberships "
    "WHERE volunteer_id IN ?ids"
)


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
        if known.state != "proposed":
            by_name.setdefault(folded(known.name), []).append(known)
    return People(by_number, by_name)


def people_numbered(session: Session, numbers: Iterable[str]) -> list[Known]:
    """Return the bearers of these numbers, wherever they belong."""
    return [_known(row) for row in fetch(session, _BY_NUMBER, sorted(set(numbers)))]


def people_named(session: Session, reach: Reach, names: Iterable[str]) -> list[Known]:
    """Return the bearers of these names in the trees within reach."""
    wanted = sorted(set(names))
    return [_known(row) for row in fetch(session, _BY_NAME, wanted, sorted(reach.visible))]


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


def _known(row: Iterable[object]) -> Known:
    known = Known._make(row)
    return known._replace(born_on=None if known.born_on is None else day_of(known.born_on))
