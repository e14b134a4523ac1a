"""What a list of people may show: filters that name something are looked up within reach."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from app.db import db
from app.organisations.queries import Node, forest
from app.people import queries as people_queries
from app.roster.queries.people import Scope
from app.roster.rules.filters import Filters, filters_from
from app.teams.access import today
from app.teams.queries import TeamRow, team_by_code, teams_in
from app.web.languages import chosen_zone
from app.web.policy import not_found

# So many teams are offered at once; above that, those of the organisation chosen.
MOST_TEAMS = 60


class Sought(NamedTuple):
    """What a list was asked for, and what its filters offer."""

    filters: Filters
    scope: Scope
    organisations: list[Node]
    teams: list[TeamRow]
    team: TeamRow | None
    organisation: Node | None


def sought(organisation_ids: Collection[int], given: Mapping[str, str]) -> Sought:
    """Return what an address asks of the people of these organisations, or answer 404."""
    session, on = db.session(), today()
    filters = filters_from(given)
    filters = filters._replace(q=people_queries.without_full_phone(filters.q))
    places = forest(session, organisation_ids)
    place = _place(places, filters.organisation)
    below = None if place is None else _below(places, place)
    teams = teams_in(session, organisation_ids if below is None else below, on=on)
    team = _team(filters.team, teams, organisation_ids)
    scope = Scope(organisation_ids, on, chosen_zone(), below, team.id if team else None)
    return Sought(filters, scope, places, teams, team, place)


def _place(places: Iterable[Node], code: str) -> Node | None:
    if not code:
        return None
    return next((node for node in places if node.code == code), None) or not_found()


def _below(places: Iterable[Node], place: Node) -> frozenset[int]:
    """Return the organisation and those below it: the forest lists parents before children."""
    found = {place.id}
    for node in places:
        if node.parent_id in found:
            found.add(node.id)
    return frozenset(found)


def _team(code: str, teams: Iterable[TeamRow], organisation_ids: Collection[int]) -> TeamRow | None:
    """Return the team asked for; one that is retired, or elsewhere within reach, counts too."""
    if not code:
        return None
    found = next((team for team in teams if team.code == code), None)
    found = found or team_by_code(db.session(), code)
    return found if found and found.organisation_id in organisation_ids else not_found()
