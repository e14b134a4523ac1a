"""Places of award lists as pages show them, with what changed against another list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.ranking.queries.behind import Person
from app.ranking.queries.comparing import Figures, Place
from app.ranking.rules.schemes import score_hundredths
from app.ranking.showing import Dot
from app.web.filters import NOTHING, hours, number, points

Tag = tuple[str, str]


class ShownPlace(NamedTuple):
    """One line of an award list."""

    volunteer_id: int
    rank: str
    is_tied: bool
    name: str
    volunteer_no: str
    team_name: str
    colour: Dot | None
    hours: str
    dates: str
    service_days: str
    points: str
    score: str
    # A word and a tone; empty where nothing changed.
    change: Tag
    before: str


def shown_places(places: Iterable[Place], people: Mapping[int, Person]) -> list[ShownPlace]:
    """Return places as lines."""
    return [shown_place(place, people.get(place.volunteer_id)) for place in places]


def shown_place(place: Place, person: Person | None) -> ShownPlace:
    """Return one place as a line; of who is in the list no more what stood there before."""
    figures = place.now or place.before
    assert figures is not None
    return ShownPlace(
        volunteer_id=place.volunteer_id,
        rank=str(place.now.rank) if place.now else NOTHING,
        is_tied=place.is_tied and place.now is not None,
        name=person.name if person else place.number,
        volunteer_no=(person.number if person else None) or place.number,
        team_name=person.team_name if person else "",
        colour=dot_of(person),
        hours=hours(figures.minutes),
        dates=number(figures.dates),
        service_days=number(figures.service_days),
        points=points(figures.points_hundredths),
        score=score_text(figures.score),
        change=change_of(place.now, place.before),
        before=str(place.before.rank) if place.before else NOTHING,
    )


def dot_of(person: Person | None) -> Dot | None:
    """Return the colour somebody served most in."""
    if person is None or not person.colour_key:
        return None
    return Dot(person.colour_key, person.colour_glyph)


def score_text(score: int | None) -> str:
    """Return a score as it is shown; empty in the default order."""
    return "" if score is None else points(score_hundredths(score))


def change_of(now: Figures | None, before: Figures | None) -> Tag:
    """Say what became of a place, with its tone."""
    if now is None:
        return str(_("No longer in the list")), "warn"
    if before is None:
        return str(_("New in the list")), "info"
    if now.rank != before.rank:
        return moved_text(before.rank, now.rank), "info" if now.rank < before.rank else "warn"
    if now.minutes != before.minutes:
        sign = "+" if now.minutes > before.minutes else ""
        return str(_("%(hours)s hours", hours=f"{sign}{hours(now.minutes - before.minutes)}")), ""
    return "", ""


def moved_text(old: int, new: int) -> str:
    """Say by how many places somebody rises or falls."""
    if new < old:
        return str(ngettext("up %(num)s place", "up %(num)s places", old - new))
    return str(ngettext("down %(num)s place", "down %(num)s places", new - old))
