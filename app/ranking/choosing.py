"""The rows of choices above a ranking: organisation, year, what is ranked, one team."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.db import db
from app.organisations.queries import Node, root_id_of
from app.ranking.access import Reach, teams_to_choose
from app.ranking.queries import Scope
from app.teams.queries import ColourRow, TeamRow, colours_of
from app.web.pagination import url_with

# More than these would bury the list below them.
MOST_ORGANISATIONS = 12
MOST_TEAMS = 60
NARROWING = ("colour", "team", "by", "page", "q")


Choices = list[dict[str, Any]]


def choices_of(reach: Reach, scope: Scope, years: list[int], *, by_teams: bool) -> Choices:
    """Return the rows of choices: organisation, year, what is ranked, teams."""
    rows = [_organisations(reach, scope), _years(scope, years), _subjects(reach, scope, by_teams)]
    teams = [
        _choice(team.name, scope.team == team, {"team": team.code}, team.colour)
        for team in _teams(reach, scope)
    ]
    rows.append({"text": _("One team"), "choices": teams, **_fold(reach, scope)})
    return [row for row in rows if len(row["choices"]) > 1]


def _fold(reach: Reach, scope: Scope) -> dict[str, Any]:
    """Many teams are offered behind a word; to a leader their few at once."""
    return {} if reach.is_leader_only else {"folded": True, "open": scope.team is not None}


def _teams(reach: Reach, scope: Scope) -> list[TeamRow]:
    """Return the teams to choose from; of a whole county's none until one of its parts is open."""
    teams = teams_to_choose(db.session(), reach, scope)
    return [] if len(teams) > MOST_TEAMS else teams


def _near(reach: Reach, scope: Scope) -> list[Node]:
    """Return the organisations to choose from: of many those above, beside and below."""
    if len(reach.organisations) <= MOST_ORGANISATIONS:
        return list(reach.organisations)
    by_id = {one.id: one for one in reach.organisations}
    here = by_id.get(scope.organisation_id)
    below = [one for one in reach.organisations if one.parent_id == scope.organisation_id]
    if here is not None and not below:
        below = [one for one in reach.organisations if one.parent_id == here.parent_id]
    line: list[Node] = []
    while here is not None:
        line.insert(0, here)
        here = by_id.get(here.parent_id) if here.parent_id else None
    return [*line, *(one for one in below if one not in line)]


def _organisations(reach: Reach, scope: Scope) -> dict[str, Any]:
    choices = [
        {
            "url": url_with({"org": one.code, **dict.fromkeys(NARROWING)}),
            "label": one.name,
            "current": one.id == scope.organisation_id,
        }
        for one in _near(reach, scope)
    ]
    return {"text": _("Organisation"), "choices": choices}


def _years(scope: Scope, years: list[int]) -> dict[str, Any]:
    choices = [
        {
            "url": url_with({"year": year, "page": None, "q": None}),
            "label": _("%(year)s", year=year),
            "current": year == scope.year,
        }
        for year in sorted({scope.year, *years}, reverse=True)
    ]
    return {"text": _("Year"), "choices": choices}


def _subjects(reach: Reach, scope: Scope, by_teams: bool) -> dict[str, Any]:
    if reach.is_leader_only:
        return {"text": "", "choices": []}
    everyone = not (by_teams or scope.colour or scope.team)
    choices = [
        _choice(_("Everyone"), everyone, {}, None),
        _choice(_("Teams among themselves"), by_teams, {"by": "teams"}, None),
    ]
    choices += [
        _choice(colour.name, scope.colour == colour, {"colour": colour.key}, colour)
        for colour in colours_of(db.session(), root_id_of(db.session(), scope.organisation_id))
    ]
    return {"text": _("What is ranked"), "choices": choices}


def _choice(
    label: str, current: bool, arguments: dict[str, str], colour: ColourRow | None
) -> dict[str, Any]:
    url = url_with({**dict.fromkeys(NARROWING), **arguments})
    found: dict[str, Any] = {"url": url, "label": label, "current": current}
    return {**found, "colour": colour} if colour else found
