"""What everybody sees of a year: the boards under notice or final, one of them, the numbers.

Only frozen lists are shown here. Names are asked for at each request, and nothing of a page is
kept anywhere, so that a consent taken back acts at once.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, snapshot
from app.ranking import board_showing as showing
from app.ranking.board_frame import (
    asked_colour,
    by_id,
    choices_of,
    colours_shown,
    dots_of,
    frame_of,
    may_object,
    names_of,
    shown_answers,
)
from app.ranking.boards import (
    Board,
    certificate_numbers,
    found_board,
    may_have_numbers,
    reader_id,
    state_of,
)
from app.ranking.queries.awards import awards_shown
from app.ranking.queries.boards import (
    Size,
    board_page,
    board_rules,
    board_size,
    board_teams,
    count_published,
    own_row,
    published,
)
from app.ranking.queries.snapshots import Snapshot
from app.ranking.queries.verifying import kept_csv
from app.ranking.showing import shown_teams
from app.service.models import EVERY_COLOUR
from app.web.actor import current_actor
from app.web.filters import hours, number
from app.web.languages import chosen_zone
from app.web.pagination import page_of
from app.web.policy import allow, not_found

blueprint = Blueprint("pioneers", __name__)

PAGE_SIZE = 40


@blueprint.after_request
def keep_nothing(answer: Response) -> Response:
    """Let nobody keep a page with names: a consent taken back acts at once."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/pioneers")
@allow("ranking.read")
def boards() -> str:
    """List which organisations' years are under notice or final, the newest first."""
    session = db.session()
    page = page_of(count_published(session))
    today = today_in(chosen_zone(), now())
    rows = [
        {
            "url": url_for(".board", code=one.code, year=one.year),
            "title": _("%(name)s, %(year)s", name=one.name, year=one.year),
            "about": _(
                "%(state)s, %(people)s people",
                state=state_of(one, today),
                people=number(one.people),
            ),
            "is_final": one.final_at is not None,
        }
        for one in published(session, size=page.size, offset=page.offset)
    ]
    return render_template("ranking/boards.html", rows=rows, page=page)


# ── one board ─────────────────────────────────────────────────────────────────────────────


@blueprint.get("/pioneers/<code>/<int:year>")
@allow("ranking.read")
def board(code: str, year: int) -> str:
    """Show a year under notice or final; before that, that nothing is published yet."""
    with snapshot():
        found = found_board(code, year)
        if found.shown is None:
            return render_template("ranking/board_empty.html", board=found)
        if request.args.get("by") == "teams":
            return _teams_page(found, found.shown)
        return _people_page(found, found.shown)


def _people_page(found: Board, shown: Snapshot) -> str:
    session, own_id = db.session(), reader_id()
    colours = colours_shown(found)
    colour = asked_colour(colours)
    colour_id = colour.id if colour else EVERY_COLOUR
    size = board_size(session, shown.id, colour_id) if colour else _whole(shown)
    page = page_of(size.people, size=PAGE_SIZE)
    places = board_page(session, shown.id, colour_id, size=page.size, offset=page.offset)
    awards = [] if colour or page.number > 1 else awards_shown(session, shown.id)
    names = names_of(found, places, awards)
    rules = board_rules(session, shown.scheme_id)
    rows = showing.shown_places(
        places, names, dots_of(colours), rules.weights, first=page.offset + 1, own_id=own_id
    )
    mine = own_row(session, shown.id, colour_id, own_id) if own_id else None
    is_announced = bool(awards) and shown.final_at is not None
    numbers = certificate_numbers(session, [one.award_id for one in awards]) if is_announced else {}
    is_top = page.number == 1
    return render_template(
        "ranking/board.html",
        **frame_of(found, shown, has_certificates=bool(numbers)),
        choices=choices_of(colours, colour, by_teams=False),
        colour_key=colour.key if colour else None,
        people=number(size.people),
        total_hours=hours(size.minutes),
        rows=rows,
        page=page,
        podium=showing.podium(places, rows) if is_top else [],
        titles=showing.shown_titles(awards, names, by_id(colours), numbers, own_id),
        is_weighted=rules.weights is not None,
        rules=showing.rule_lines(rules),
        own=showing.shown_own(mine, PAGE_SIZE) if mine else None,
        answers=shown_answers(found) if is_top else [],
        # A colour's list has lines of its own: an objection is about the whole list's.
        objects_by_line=may_object(found, shown) and colour is None,
    )


def _whole(shown: Snapshot) -> Size:
    return Size(shown.people, shown.minutes)


def _teams_page(found: Board, shown: Snapshot) -> str:
    session = db.session()
    return render_template(
        "ranking/board_teams.html",
        **frame_of(found, shown, has_certificates=shown.final_at is not None),
        choices=choices_of(colours_shown(found), None, by_teams=True),
        teams=shown_teams(board_teams(session, shown.id)),
        least_people=shown.least_people,
    )


# ── to check, to print ────────────────────────────────────────────────────────────────────


@blueprint.get("/pioneers/<code>/<int:year>/list.csv")
@allow("ranking.place")
def csv(code: str, year: int) -> Response:
    """Return the numbers-only list whose SHA-256 the board shows, to whoever belongs here."""
    found = found_board(code, year)
    session = db.session()
    if found.shown is None or not may_have_numbers(session, found.organisation, current_actor()):
        not_found()
    answer = Response(kept_csv(session, found.shown), content_type="text/csv; charset=utf-8")
    name = f"ranking-{year}-{code}-{found.shown.number}.csv"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["X-Ranking-Mark"] = str(found.shown.mark)
    answer.headers["X-Ranking-SHA256"] = found.shown.sha256
    return answer
