"""The rows of choices above a ranking: organisation, year, what is ranked, one team."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.db import db
from app.organisations.queries import root_id_of
from app.ranking.access import Reach, teams_to_choose
from app.ranking.queries import Scope, years_of
from app.teams.queries import ColourRow, colours_of
from app.web.pagination import url_with

NARROWING = ("colour", "team", "by", "page", "q")


def choices_of(reach: Reach, scope: Scope, *, by_teams: bool) -> list[dict[str, Any]]:
    """Return the rows of choices: organisation, year, what is ranked, teams."""
    session = db.session()
    rows = [_organisations(reach, scope), _years(scope), _subjects(reach, scope, by_teams)]
    teams = [
        _choice(team.name, scope.team == team, {"team": team.code}, team.colour)
        for team in teams_to_choose(session, reach, scope)
    ]
    rows.append({"text": _("One team"), "choices": teams, **_fold(reach, scope)})
    return [row for row in rows if len(row["choices"]) > 1]


def _fold(reach: Reach, scope: Scope) -> dict[str, Any]:
    """Many teams are offered behind a word; to a leader their few at once."""
    return {} if reach.is_leader_only else {"folded": True, "open": scope.team is not None}


def _organisations(reach: Reach, scope: Scope) -> dict[str, Any]:
    choices = [
        {
            "url": url_with({"org": one.code, **dict.fromkeys(NARROWING)}),
            "label": one.name,
            "current": one.id == scope.organisation_id,
        }
        for one in reach.organisations
    ]
    return {"text": _("Organisation"), "choices": choices}


def _years(scope: Scope) -> dict[str, Any]:
    years = sorted({scope.year, *years_of(db.session(), [scope.organisation_id])}, reverse=True)
    choices = [
        {
            "url": url_with({"year": year, "page": None, "q": None}),
            "label": _("%(year)s", year=year),
            "current": year == scope.year,
        }
        for year in years
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
