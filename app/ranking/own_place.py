"""Somebody's own place in the rankings so far: it names nobody else."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.clock import now, today_in
from app.organisations.queries import ancestors_of, get_organisation
from app.people.queries import get_volunteer
from app.ranking.queries import OwnPlace, Scope, own_places, years_of
from app.ranking.showing import Dot
from app.teams.queries import ColourRow, colours_of
from app.teams.rules import Actor
from app.web.filters import hours, number
from app.web.languages import chosen_zone
from app.web.pagination import url_with
from app.web.policy import not_found


class ShownPlace(NamedTuple):
    """One place as it is shown."""

    name: str
    colour: Dot | None
    rank: str
    about: str


def own_standing(session: Session, actor: Actor, scope: Scope) -> ShownPlace | None:
    """Return the actor's own place in the organisation that is shown, if they have one."""
    if actor.own_id is None:
        return None
    places = own_places(session, actor.own_id, scope.year, [scope.organisation_id])
    return _shown(places[0], scope.organisation_name, None) if places else None


def own_place_page(session: Session, actor: Actor, year: int | None) -> str:
    """Return the page of a volunteer's own places: where they live, and in each colour."""
    if actor.own_id is None:
        not_found()
    line = _line_of(session, actor.own_id)
    colours = {colour.id: colour for colour in colours_of(session, line[-1])}
    years = years_of(session, line[-1:])
    year = year or _latest(years)
    found = own_places(session, actor.own_id, year, line, list(colours))
    widest = [place for place in found if place.organisation_id == line[-1]]
    return render_template(
        "ranking/own_place.html",
        year=year,
        years=_years(years, year),
        ward=actor.acting_for.name if actor.acting_for else None,
        places=_whole(session, line, found),
        colours=_by_colour(colours, widest),
    )


def _line_of(session: Session, volunteer_id: int) -> list[int]:
    return ancestors_of(session, get_volunteer(session, volunteer_id).organisation_id)


def _latest(years: list[int]) -> int:
    this_year = today_in(chosen_zone(), now()).year
    return this_year if this_year in years or not years else years[0]


def _whole(session: Session, line: list[int], found: list[OwnPlace]) -> list[ShownPlace]:
    """Return the places in every colour together, the widest first."""
    by_organisation = {place.organisation_id: place for place in found if place.colour_id is None}
    return [
        _shown(by_organisation[each], get_organisation(session, each).name, None)
        for each in reversed(line)
        if each in by_organisation
    ]


def _by_colour(colours: dict[int, ColourRow], found: list[OwnPlace]) -> list[ShownPlace]:
    return [
        _shown(place, colour.name, Dot(colour.key, colour.glyph))
        for place in found
        if place.colour_id is not None and (colour := colours.get(place.colour_id))
    ]


def _shown(place: OwnPlace, name: str, colour: Dot | None) -> ShownPlace:
    return ShownPlace(name, colour, number(place.rank), _about(place))


def _about(place: OwnPlace) -> str:
    if not place.tied_with:
        return str(_("%(hours)s hours", hours=hours(place.row.minutes)))
    return str(
        ngettext(
            "%(hours)s hours, tied with %(num)s other",
            "%(hours)s hours, tied with %(num)s others",
            place.tied_with,
            hours=hours(place.row.minutes),
        )
    )


def _years(years: list[int], year: int) -> list[dict[str, Any]]:
    shown = sorted({year, *years}, reverse=True)
    return [
        {
            "url": url_with({"year": each}),
            "label": _("%(year)s", year=each),
            "current": each == year,
        }
        for each in shown
    ]
