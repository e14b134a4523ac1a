"""The live list of a year by its scheme, with titles and why somebody receives none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.db import snapshot
from app.ranking.award_views import blueprint
from app.ranking.judging import Judged, judged
from app.ranking.place_showing import shown_places
from app.ranking.preview_ground import Ground, ground_of
from app.ranking.queries.behind import Person, people_of
from app.ranking.queries.comparing import Lister, Place, Size, live_head
from app.ranking.queries.scopes import years_of
from app.ranking.scheme_words import KIND_WORDS, scheme_facts, title_texts
from app.ranking.showing import MOST_ON_A_STEP, PODIUM_STEPS
from app.ranking.title_showing import title_groups, title_tags
from app.service.models import EVERY_COLOUR
from app.teams.queries import ColourRow, team_by_code
from app.web.filters import hours, number
from app.web.kept import kept_if_dear
from app.web.pagination import Page, page_of, url_with
from app.web.policy import allow, not_found

PAGE_SIZE = 50
MOST_TEAMS = 60
# More than any list holds: the page asked for, before its length is known.
MOST_PEOPLE = 50_000_000
_NARROWING = ("colour", "kind", "team", "page")


@blueprint.get("/<code>/<int:year>/preview")
@allow("scheme.read")
def preview(code: str, year: int) -> str:
    """Show the live list by the saved scheme, of this year or of a past one, with titles."""
    with snapshot() as session:
        ground = ground_of(session, code, year)
        lister = _lister(session, ground)
        size, places, page = _page_of_places(session, lister, ground.below)
        (given,) = judged(session, ground, ground.chosen.scheme)
        people = _people(session, ground, places, given)
        scheme = ground.chosen.scheme
        return render_template(
            "awards/preview.html",
            closing=ground.closing,
            ground=ground,
            people=number(size.people),
            total_hours=hours(size.minutes),
            rows=shown_places(places, people),
            tags=title_tags(scheme, places, given.awards),
            podium=_podium(places, people) if _is_whole(lister) and page.number == 1 else [],
            titles=title_groups(given.awards, people, given.teams, ground.by_colour),
            facts=scheme_facts(scheme),
            title_facts=title_texts(scheme),
            choices=_choices(session, ground, lister, given),
            page=page,
        )


def _lister(session: Session, ground: Ground) -> Lister:
    """Return which list the address asks for: of a colour, a kind, a team, or everybody."""
    lister = Lister(ground.closing.organisation_id, ground.year, ground.chosen.scheme.weights)
    key, kind = request.args.get("colour", ""), request.args.get("kind", "")
    if key:
        found = next((one for one in ground.colours if one.key == key), None) or not_found()
        lister = lister._replace(colour_id=found.id)
    if kind:
        lister = lister._replace(kind=kind if kind in KIND_WORDS else not_found())
    if request.args.get("team"):
        team = team_by_code(session, request.args["team"])
        if team is None or team.organisation_id not in ground.below:
            not_found()
        lister = lister._replace(team_id=team.id)
    return lister


def _is_whole(lister: Lister) -> bool:
    return lister.colour_id == EVERY_COLOUR and not lister.kind and not lister.team_id


def _page_of_places(
    session: Session, lister: Lister, below: Sequence[int]
) -> tuple[Size, Sequence[Place], Page]:
    """Return the page the address asks for; one beyond the last is the last."""
    asked = page_of(MOST_PEOPLE, size=PAGE_SIZE)

    def read(offset: int) -> tuple[Size, Sequence[Place]]:
        return kept_if_dear(
            ("awards.page", *lister, offset, tuple(below)),
            lambda: live_head(session, lister, limit=PAGE_SIZE, offset=offset),
        )

    size, places = read(asked.offset)
    if not places and asked.offset:
        size, places = read(page_of(size.people, size=PAGE_SIZE).offset)
    return size, places, page_of(size.people, size=PAGE_SIZE)


def _people(
    session: Session, ground: Ground, places: Sequence[Place], given: Judged
) -> dict[int, Person]:
    shown = {one.volunteer_id for one in places}
    shown |= {one.volunteer_id for one in given.awards if one.volunteer_id is not None}
    return people_of(session, shown, ground.year, ground.below)


def _podium(places: Sequence[Place], people: dict[int, Person]) -> list[dict[str, Any]]:
    """Return the steps for the first three; none when a step would be too crowded."""
    steps: dict[int, list[Place]] = {}
    for place in places:
        if place.now is not None and place.now.rank <= PODIUM_STEPS:
            steps.setdefault(place.now.rank, []).append(place)
    if any(len(tied) > MOST_ON_A_STEP for tied in steps.values()):
        return []
    return [_step(rank, tied, people) for rank, tied in sorted(steps.items())]


def _step(rank: int, tied: Sequence[Place], people: dict[int, Person]) -> dict[str, Any]:
    rows = shown_places(tied, people)
    first = rows[0]
    note = _("Score %(score)s", score=first.score) if first.score else ""
    return {
        "rank": rank,
        "note": note or _("%(hours)s hours", hours=first.hours),
        "people": [
            {"name": row.name, "initial": row.name[:1], "colour": row.colour} for row in rows
        ],
    }


def _choices(
    session: Session, ground: Ground, lister: Lister, given: Judged
) -> list[dict[str, Any]]:
    """Return the rows of choices: year, colour, kind, team."""
    cleared = dict.fromkeys(_NARROWING)
    teams = sorted(given.teams.values(), key=lambda each: each.code)
    colours = ground.by_colour
    rows = [
        {"text": _("Try the scheme on"), "choices": _years(session, ground)},
        {
            "text": _("Colour"),
            "choices": [
                _choice(_("Everybody"), _is_whole(lister), cleared),
                *(
                    _choice(
                        one.name, one.id == lister.colour_id, {**cleared, "colour": one.key}, one
                    )
                    for one in ground.colours
                ),
            ],
        },
        {
            "text": _("Kind"),
            "choices": [
                _choice(str(word), kind == lister.kind, {**cleared, "kind": kind})
                for kind, word in KIND_WORDS.items()
            ],
        },
        {
            "text": _("Team"),
            "folded": True,
            "open": bool(lister.team_id),
            "choices": [
                _choice(
                    one.name,
                    one.team_id == lister.team_id,
                    {**cleared, "team": one.code},
                    colours.get(one.colour_id),
                )
                for one in teams[:MOST_TEAMS]
            ],
        },
    ]
    return [row for row in rows if len(row["choices"]) > 1]


def _years(session: Session, ground: Ground) -> list[dict[str, Any]]:
    years = years_of(session, [ground.closing.organisation_id])
    return [
        _choice(str(each), each == ground.year, {"year": each, "page": None})
        for each in sorted({ground.closing.year, ground.year, *years}, reverse=True)
    ]


def _choice(
    label: str, current: bool, changes: dict[str, Any], colour: ColourRow | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = {"url": url_with(changes), "label": label, "current": current}
    return {**found, "colour": colour} if colour else found
