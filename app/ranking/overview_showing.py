"""The years of several organisations, each with its stage and its next step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _

from app.organisations.queries import Node
from app.ranking.queries.overview import YearStanding
from app.ranking.rules.stages import FINAL, NOTICE
from app.teams.access import today
from app.web.filters import day

MOST_YEARS = 6
Tag = tuple[str, str, str]


class ShownYear(NamedTuple):
    """One year of one organisation."""

    year: int
    url: str
    tag: Tag
    next_step: str


def shown_years(organisations: Sequence[Node], years: Sequence[YearStanding]) -> list[Any]:
    """Return the organisations with their latest years; one without any is left out."""
    found = []
    for one in organisations:
        own = [each for each in years if each.organisation_id == one.id][:MOST_YEARS]
        if own:
            found.append((one, [_shown(one.code, each) for each in own]))
    return found


def _shown(code: str, standing: YearStanding) -> ShownYear:
    url = url_for("awards.year", code=code, year=standing.year)
    return ShownYear(standing.year, url, _tag(standing), _next_step(standing))


def _tag(standing: YearStanding) -> Tag:
    if standing.stage == FINAL:
        return str(_("Final list")), "ok", "check"
    if standing.stage == NOTICE:
        return str(_("Public notice")), "info", "notice"
    return str(_("Preview")), "", "search"


def _next_step(standing: YearStanding) -> str:
    if standing.asked_for:
        return str(_("Waits for a second person"))
    if standing.stage == FINAL:
        return str(_("Next: certificates"))
    if standing.stage == NOTICE and standing.until_on is not None:
        if today() > standing.until_on:
            return str(_("Next: make the list final"))
        until = day(standing.until_on, with_year=True)
        return str(_("The notice lasts to the end of %(until)s", until=until))
    if today().year <= standing.year:
        return str(_("The year is not over yet"))
    if not standing.has_scheme:
        return str(_("Next: set up the scheme"))
    return str(_("Next: give public notice"))
