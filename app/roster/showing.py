"""The filters of the list of people as their page shows them: choices, and chips to take off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _

from app.errors import N_
from app.people.queries.pauses import PauseRow
from app.people.rules.pausing import is_over
from app.roster.access import MOST_TEAMS, Sought
from app.roster.queries.profile import Service
from app.roster.rules.filters import Filters
from app.teams.forms import GRANTED_ROLES, KINDS, said
from app.teams.queries import TeamRow
from app.web.filters import day, hours
from app.web.pagination import url_with

STATES = (
    ("active", N_("Active")),
    ("dormant", N_("Resting")),
    ("left", N_("Has left")),
    ("friend", N_("New friend")),
)
AGES = (
    ("child", N_("Under 14")),
    ("youth", N_("Under 18")),
    ("senior", N_("60 and older")),
)
ACCOUNTS = (("open", N_("Has an account")), ("none", N_("Never signed in")))
CONSENTS = (("none", N_("No consent yet")),)
ROLES = (("leader", N_("Team leader")), *GRANTED_ROLES)
SORTS = (
    ("", N_("Pinyin")),
    ("number", N_("Number")),
    ("hours", N_("Hours this year")),
    ("last", N_("Last service")),
)
Choice = tuple[str, str]


class Chip(NamedTuple):
    """One filter that is on, and the address without it."""

    label: str
    url: str


def choices(found: Sought) -> Mapping[str, list[Choice]]:
    """Return what each filter offers, nothing first."""
    anybody = [("", _("Any"))]
    fixed = {
        "kind": KINDS, "role": ROLES, "state": STATES, "age": AGES,
        "account": ACCOUNTS, "consent": CONSENTS,
    }  # fmt: skip
    offered = {name: anybody + list(said(each).items()) for name, each in fixed.items()}
    offered["sort"] = list(said(SORTS).items())
    offered["organisation"] = anybody + [
        (node.code, "\N{EM SPACE}" * node.depth + node.name) for node in found.organisations
    ]
    offered["team"] = anybody + [(team.code, team.name) for team in _offered_teams(found)]
    offered["colour"] = anybody + list(_colours(found).items())
    return offered


def chips(found: Sought) -> list[Chip]:
    """Return the filters that are on, each with the address that takes it off."""
    return [
        Chip(label, url_with({name: None, "page": None})) for name, label in _labels(found).items()
    ]


def _labels(found: Sought) -> dict[str, str]:
    filters, labels = found.filters, dict[str, str]()
    if filters.q:
        labels["q"] = _("Search: %(text)s", text=filters.q)
    if found.organisation:
        labels["organisation"] = found.organisation.name
    if found.team:
        labels["team"] = found.team.name
    if filters.colour:
        labels["colour"] = _colours(found).get(filters.colour, filters.colour)
    labels |= _fixed(filters)
    if filters.idle:
        labels["idle"] = _("No service since %(day)s", day=day(filters.idle, with_year=True))
    if filters.joined:
        labels["joined"] = _("Joined in %(year)s", year=filters.joined)
    return labels


def _fixed(filters: Filters) -> dict[str, str]:
    named = (
        ("kind", KINDS), ("role", ROLES), ("state", STATES), ("age", AGES),
        ("account", ACCOUNTS), ("consent", CONSENTS),
    )  # fmt: skip
    asked = filters.arguments
    return {name: said(each)[asked[name]] for name, each in named if name in asked}


def _offered_teams(found: Sought) -> list[TeamRow]:
    """Return the teams to choose from; of a whole county those of an organisation chosen first."""
    if len(found.teams) <= MOST_TEAMS:
        return found.teams
    return [found.team] if found.team else []


def _colours(found: Sought) -> dict[str, str]:
    return {team.colour.key: team.colour.name for team in found.teams}


class PauseLine(NamedTuple):
    """One pause as a page tells it."""

    what: str
    when: str
    why: str


def pause_lines(pauses: Iterable[PauseRow]) -> list[PauseLine]:
    """Return pauses in words, those left out that never came to last."""
    return [_pause_line(one) for one in pauses if not one.never_began]


def _pause_line(one: PauseRow) -> PauseLine:
    what = _("Rested") if one.kind == "dormant" else _("Had left")
    begun = day(one.from_on, with_year=True)
    if one.until_on is None:
        when = _("since %(from_on)s", from_on=begun)
    else:
        until = day(one.until_on, with_year=True)
        when = _("from %(from_on)s until %(until_on)s", from_on=begun, until_on=until)
    return PauseLine(what, when, one.reason)


def is_asleep(pauses: Iterable[PauseRow], on: date) -> bool:
    """Tell whether somebody rests on a date."""
    return any(
        one.kind == "dormant" and one.from_on <= on and not is_over(one.until_on, on)
        for one in pauses
    )


def glance(service: Service, on: date) -> list[dict[str, str]]:
    """Return what a profile answers first: hours of the year and of a lifetime, last service."""
    unit = str(_("hours"))
    year, ever = hours(service.minutes_this_year), hours(service.minutes_ever)
    return [
        {"label": _("Hours in %(year)s", year=on.year), "value": year, "unit": unit},
        {"label": _("Hours ever"), "value": ever, "unit": unit},
        _last_service(service.last_on),
    ]


def _last_service(on: date | None) -> dict[str, str]:
    # The year below: the whole date is wider than a third of a phone.
    tile = {"label": str(_("Last service")), "value": day(on) if on else "—"}
    return tile | ({"note": str(on.year)} if on else {})
