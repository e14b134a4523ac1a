"""Who receives which title, as pages show it; and why somebody receives none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.ranking.place_showing import Tag, dot_of
from app.ranking.queries.behind import Person
from app.ranking.queries.comparing import Place
from app.ranking.queries.lists import TeamTotal
from app.ranking.rules.awarding import Award, Candidate, why_not
from app.ranking.rules.schemes import Scheme
from app.ranking.scheme_words import CATEGORY_WORDS, KIND_WORDS, why_not_text
from app.ranking.showing import Dot
from app.teams.queries import ColourRow

Colours = Mapping[int, ColourRow]


class ShownAward(NamedTuple):
    """One title given."""

    volunteer_id: int | None
    name: str
    volunteer_no: str
    colour: Dot | None
    rank: str
    is_tied: bool


class TitleGroup(NamedTuple):
    """A title with everybody who receives it."""

    title: str
    whom: str
    rows: list[ShownAward]


def title_groups(
    awards: Iterable[Award],
    people: Mapping[int, Person],
    teams: Mapping[int, TeamTotal],
    colours: Colours,
) -> list[TitleGroup]:
    """Return the titles in their order, each colour's and each kind's apart."""
    found: dict[tuple[int, int | None, str | None], TitleGroup] = {}
    for one in awards:
        key = one.position, one.colour_id, one.kind
        group = found.setdefault(key, TitleGroup(one.title, whom_of(one, colours), []))
        group.rows.append(_shown(one, people, teams, colours))
    return list(found.values())


def whom_of(award: Award, colours: Colours) -> str:
    """Say for whom a title is: everybody, one colour, one kind."""
    if award.colour_id is not None:
        colour = colours.get(award.colour_id)
        return colour.name if colour else ""
    if award.kind is not None:
        return str(KIND_WORDS[award.kind])
    return str(CATEGORY_WORDS[award.category])


def _shown(
    one: Award, people: Mapping[int, Person], teams: Mapping[int, TeamTotal], colours: Colours
) -> ShownAward:
    if one.volunteer_id is None:
        team = teams[one.team_id or 0]
        colour = colours.get(team.colour_id)
        dot = Dot(colour.key, colour.glyph) if colour else None
        return ShownAward(None, team.name, team.code, dot, str(one.rank), one.is_tied)
    person = people.get(one.volunteer_id)
    return ShownAward(
        one.volunteer_id,
        person.name if person else "",
        (person.number if person else None) or "",
        dot_of(person),
        str(one.rank),
        one.is_tied,
    )


def title_tags(
    scheme: Scheme, places: Sequence[Place], awards: Iterable[Award]
) -> dict[int, list[Tag]]:
    """Return beside each place the titles it receives, or why it receives none."""
    held: dict[int, list[Tag]] = {}
    for one in awards:
        if one.volunteer_id is not None:
            held.setdefault(one.volunteer_id, []).append((one.title, "ok"))
    return {place.volunteer_id: held.get(place.volunteer_id) or _hindered(scheme, place)
            for place in places}  # fmt: skip


def _hindered(scheme: Scheme, place: Place) -> list[Tag]:
    reason = hindrance_of(scheme, place)
    return [(why_not_text(reason, scheme, place), "" if reason is None else "warn")]


def hindrance_of(scheme: Scheme, place: Place) -> str | None:
    """Return what keeps somebody from every title by the scheme, or None."""
    figures = place.now
    if figures is None:
        return None
    return why_not(
        scheme,
        Candidate(
            figures.rank,
            place.volunteer_id,
            place.number,
            figures.minutes,
            figures.dates,
            figures.service_days,
            figures.points_hundredths,
            figures.score,
            place.kind,
            place.joined_on,
        ),
    )
