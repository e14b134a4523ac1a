"""What a list of activities is narrowed to, and the links that narrow it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import request, url_for
from flask_babel import gettext as _

from app.activities.queries import Wanted
from app.db import db
from app.organisations.queries import Node, find_organisation, root_id_of, roots, subtree
from app.teams.queries import ColourRow, TeamRow, colours_of, team_by_code, teams_in
from app.web.actor import find_actor
from app.web.pagination import url_with
from app.web.policy import not_found

if TYPE_CHECKING:
    from app.organisations.models import Organisation

# More than these would bury the list below them.
MOST_ORGANISATIONS = 12
MOST_TEAMS = 60
NARROWING = ("colour", "team", "org", "mine")

Rows = list[dict[str, Any]]


class Asked(NamedTuple):
    """What the address asks for, and what the lists may be narrowed to."""

    wanted: Wanted
    organisation_id: int
    # Of several roots none was chosen.
    is_whole: bool
    nodes: list[Node]
    colours: list[ColourRow]
    team: TeamRow | None
    org: Node | None


def asked(today: date) -> Asked:
    """Return what the address asks for; a team or organisation that is none is not found."""
    session, code = db.session(), request.args.get("org")
    tops = roots(session) or not_found()
    top = _top(tops, code) if code else tops[0]
    is_whole = not code and len(tops) > 1
    nodes = [_node(each) for each in tops] if is_whole else subtree(session, top.id)
    org = next((node for node in nodes if node.code == code), None)
    team, actor = _team(), find_actor()
    person_id = actor.own_id if actor else None
    wanted = Wanted(
        today,
        # Where nothing is chosen, all there is belongs to it.
        organisation_ids=_below(nodes, org.id) if org else None,
        colour_key=request.args.get("colour") or None,
        team_id=team.id if team else None,
        person_id=person_id,
        only_own=person_id is not None and request.args.get("mine") == "1",
    )
    colours = colours_of(session, top.id, on=today)
    return Asked(wanted, org.id if org else top.id, is_whole, nodes, colours, team, org)


def _top(tops: list[Organisation], code: str) -> Organisation:
    """Return the root of the organisation asked for."""
    session = db.session()
    organisation = find_organisation(session, code) or not_found()
    root_id = root_id_of(session, organisation.id)
    return next(top for top in tops if top.id == root_id)


def _node(top: Organisation) -> Node:
    return Node(top.id, None, top.code, top.name, 0)


def _below(nodes: list[Node], organisation_id: int) -> set[int]:
    """Return an organisation and all below it; the nodes stand parents first."""
    found = {organisation_id}
    for node in nodes:
        if node.parent_id in found:
            found.add(node.id)
    return found


def _team() -> TeamRow | None:
    code = request.args.get("team")
    return (team_by_code(db.session(), code) or not_found()) if code else None


# ── the links ─────────────────────────────────────────────────────────────────────────────


def rows_of(found: Asked) -> Rows:
    """Return the rows of choices: whose and in which colour, organisation, team."""
    rows = [_what(found), _organisations(found), _teams(found)]
    return [row for row in rows if len(row["choices"]) > 1]


def views_of(current: str, found: Asked) -> list[dict[str, Any]]:
    """Return the ways to look at the same activities: what comes, the month, what was."""
    kept: dict[str, Any] = {name: request.args.get(name) or None for name in NARROWING}
    ways = [
        ("coming", _("Coming up"), url_for("activities.coming", **kept)),
        ("calendar", _("Calendar"), url_for("activities.calendar", **kept)),
        ("past", _("Past"), url_for("activities.past", **kept)),
    ]
    choices = [
        {"url": url, "label": label, "current": name == current} for name, label, url in ways
    ]
    if found.wanted.person_id is not None:
        mine = {"url": url_for("activities.mine"), "label": _("My sign-ups"), "current": False}
        choices.append(mine)
    return choices


def _link(label: str, current: bool, changes: dict[str, Any]) -> dict[str, Any]:
    # Of another colour or organisation a team is none.
    url = url_with({"page": None, "on": None, "team": None, **changes})
    return {"url": url, "label": label, "current": current}


def _what(found: Asked) -> dict[str, Any]:
    """Return in one row: all of it, what concerns the reader, one of the colours."""
    wanted = found.wanted
    chosen = wanted.colour_key
    is_all = chosen is None and not wanted.only_own
    choices = [_link(_("All"), is_all, {"colour": None, "mine": None})]
    if wanted.person_id is not None:
        changes = {"mine": None if wanted.only_own else 1}
        choices.append(_link(_("My teams and sign-ups"), wanted.only_own, changes))
    choices += [
        {
            **_link(colour.name, colour.key == chosen, {"colour": _other(colour.key, chosen)}),
            "colour": colour,
        }
        for colour in found.colours
    ]
    return {"text": _("Which activities"), "choices": choices}


def _other(key: str, chosen: str | None) -> str | None:
    """Return what a tap on a colour asks for: the colour, or once more no colour."""
    return None if key == chosen else key


def _organisations(found: Asked) -> dict[str, Any]:
    choices = [
        _link(_("All organisations"), found.org is None, {"org": None}),
        *(_link(node.name, node == found.org, {"org": node.code}) for node in _near(found)),
    ]
    is_open = found.org is not None
    few = len(found.nodes) < 2
    shown = [] if few and found.org is None else choices
    return {"text": _("Organisation"), "choices": shown, "folded": True, "open": is_open}


def _near(found: Asked) -> list[Node]:
    """Return the organisations to choose from: of many the chosen one, those above and below."""
    nodes = found.nodes
    if found.is_whole or len(nodes) <= MOST_ORGANISATIONS:
        return nodes
    by_id = {node.id: node for node in nodes}
    here: Node | None = by_id[found.organisation_id]
    below = [node for node in nodes if node.parent_id == found.organisation_id]
    line: list[Node] = []
    while here is not None:
        line.insert(0, here)
        here = by_id.get(here.parent_id) if here.parent_id else None
    return [*line, *below]


def _teams(found: Asked) -> dict[str, Any]:
    """Return the teams to choose from; of a whole county's none until the list is narrowed."""
    ids = found.wanted.organisation_ids or [node.id for node in found.nodes]
    teams = teams_in(db.session(), ids, on=found.wanted.today)
    if found.wanted.colour_key:
        teams = [team for team in teams if team.colour.key == found.wanted.colour_key]
    if len(teams) > MOST_TEAMS:
        teams = [found.team] if found.team else []
    choices = [_link(_("All teams"), found.team is None, {"team": None})]
    choices += [
        {**_link(team.name, team == found.team, {"team": team.code}), "colour": team.colour}
        for team in teams
    ]
    is_open = found.team is not None
    return {"text": _("One team"), "choices": choices, "folded": True, "open": is_open}
