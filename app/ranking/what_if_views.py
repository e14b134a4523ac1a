"""What if: move weights, minimum or places beside the saved scheme; nothing is saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.db import snapshot
from app.ranking.award_views import blueprint
from app.ranking.judging import Judged, judged
from app.ranking.moving import Moved, moved_scheme
from app.ranking.place_showing import moved_text
from app.ranking.preview_ground import Ground, ground_of
from app.ranking.queries.behind import Person, people_of
from app.ranking.queries.comparing import Lister
from app.ranking.queries.moves import Moves, moves_between
from app.ranking.rules.awarding import Award, given_besides
from app.ranking.rules.schemes import Scheme
from app.ranking.title_showing import whom_of
from app.teams.queries import ColourRow
from app.web.kept import kept_if_dear
from app.web.pagination import page_of
from app.web.policy import allow

PAGE_SIZE = 50


@blueprint.get("/<code>/<int:year>/what-if")
@allow("scheme.read")
def what_if(code: str, year: int) -> str | tuple[str, int]:
    """Move weights, minimum or places beside the saved scheme; nothing is saved."""
    with snapshot() as session:
        ground = ground_of(session, code, year)
        moved = moved_scheme(ground.chosen.scheme, request.args)
        shown = _tried(session, ground, moved.scheme) if moved.scheme else {}
        page = render_template(
            "awards/what_if.html",
            closing=ground.closing,
            ground=ground,
            form=moved.form,
            places=_titles_to_move(ground, moved),
            is_moved=moved.scheme is not None and moved.scheme != ground.chosen.scheme,
            save_url=url_for(".scheme", **ground.closing.address),
            **{"rows": [], "came": [], "went": [], "page": None, "counts": None, **shown},
        )
        return page if moved.scheme else (page, 422)


def _titles_to_move(ground: Ground, moved: Moved) -> list[tuple[str, str, str]]:
    return [
        (f"places-{at}", title.title, typed)
        for at, (title, typed) in enumerate(
            zip(ground.chosen.scheme.titles, moved.places, strict=True)
        )
    ]


def _tried(session: Session, ground: Ground, tried: Scheme) -> dict[str, Any]:
    """Return who rises and falls and whose title comes or goes by another scheme."""
    saved, colours = ground.chosen.scheme, ground.by_colour
    before, after = judged(session, ground, saved, tried)
    came, went = (
        given_besides(after.awards, before.awards),
        given_besides(before.awards, after.awards),
    )
    lister = Lister(ground.closing.organisation_id, ground.year, saved.weights)
    moves = _moves(session, lister, tried, ground.below)
    shown = [one.volunteer_id for one in moves.rows]
    shown += [one.volunteer_id for one in (*came, *went) if one.volunteer_id is not None]
    people = people_of(session, shown, ground.year, ground.below)
    return {
        "counts": moves,
        "rows": [
            {
                "volunteer_id": one.volunteer_id,
                "name": people[one.volunteer_id].name,
                "number": one.number,
                "old": one.old,
                "new": one.new,
                "said": moved_text(one.old, one.new),
                "tone": "info" if one.new < one.old else "warn",
            }
            for one in moves.rows
        ],
        "came": _named(came, people, after, colours),
        "went": _named(went, people, before, colours),
        "page": page_of(moves.rising + moves.falling, size=PAGE_SIZE),
    }


def _moves(session: Session, lister: Lister, tried: Scheme, below: Sequence[int]) -> Moves:
    given = request.args.get("page", "1")
    at = int(given) if given.isascii() and given.isdigit() and len(given) <= 5 else 1
    offset = (max(1, at) - 1) * PAGE_SIZE
    return kept_if_dear(
        ("awards.moves", *lister, tried.weights, offset, tuple(below)),
        lambda: moves_between(session, lister, tried.weights, limit=PAGE_SIZE, offset=offset),
    )


def _named(
    awards: Sequence[Award],
    people: dict[int, Person],
    given: Judged,
    colours: dict[int, ColourRow],
) -> list[tuple[str, str]]:
    return [
        (
            given.teams[one.team_id].name
            if one.team_id is not None
            else people[one.volunteer_id or 0].name,
            _("%(title)s, %(whom)s", title=one.title, whom=whom_of(one, colours)),
        )
        for one in awards
    ]
