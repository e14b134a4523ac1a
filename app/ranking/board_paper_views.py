"""A public board as the paper that hangs on a wall, and what a correction changed."""

from __future__ import annotations

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.db import db, snapshot
from app.papers.making import pdf_of, qr_svg
from app.papers.rules import MEDIA_TYPE
from app.people.queries.naming import public_names
from app.ranking import board_showing as showing
from app.ranking.board_frame import by_id, colours_shown, dots_of, frame_of, names_of
from app.ranking.board_moves import shown_move, shown_titles_changed
from app.ranking.board_views import PAGE_SIZE, blueprint
from app.ranking.boards import Board, found_board
from app.ranking.queries.awards import AwardRow, awards_shown
from app.ranking.queries.boards import board_page, board_rules
from app.ranking.queries.comparing import count_moved, left_out, moved_page
from app.service.models import EVERY_COLOUR
from app.web.actor import current_actor, find_actor
from app.web.filters import day, number
from app.web.languages import html_lang
from app.web.pagination import page_of
from app.web.policy import allow, not_found

# More rows than these do not fit a notice board; the paper says where the rest is.
MOST_PRINTED = 1000


@blueprint.get("/pioneers/<code>/<int:year>/print")
@allow("ranking.read")
def paper(code: str, year: int) -> str:
    """Show the board as its paper for the notice board."""
    with snapshot():
        found = found_board(code, year)
        return _paper(found, for_pdf=False) if found.shown else not_found()


@blueprint.get("/pioneers/<code>/<int:year>/print.pdf")
@allow("scheme.read")
def paper_pdf(code: str, year: int) -> ResponseReturnValue:
    """Return the paper as PDF, to organisers and auditors of it."""
    found, actor = found_board(code, year), current_actor()
    if found.shown is None or found.organisation.id not in actor.organises | actor.audits:
        not_found()
    answer = Response(pdf_of(_paper(found, for_pdf=True)), mimetype=MEDIA_TYPE)
    name = f"ranking-{year}-{code}.pdf"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _paper(found: Board, *, for_pdf: bool) -> str:
    session, shown = db.session(), found.shown
    assert shown is not None
    colours = colours_shown(found)
    places = board_page(session, shown.id, EVERY_COLOUR, size=MOST_PRINTED)
    awards = awards_shown(session, shown.id)
    names = names_of(found, places, awards)
    rules = board_rules(session, shown.scheme_id)
    address = url_for(".board", code=found.organisation.code, year=found.year, _external=True)
    actor = find_actor()
    organises = actor is not None and found.organisation.id in actor.organises | actor.audits
    return render_template(
        "ranking/board_paper.html",
        **frame_of(found, shown, has_certificates=False),
        rows=showing.shown_places(
            places, names, dots_of(colours), rules.weights, first=1, own_id=None
        ),
        titles=showing.shown_titles(awards, names, by_id(colours), {}, None),
        is_weighted=rules.weights is not None,
        is_cut=shown.people > len(places),
        people=number(shown.people),
        first_day=day(shown.notice_from_on, with_year=True),
        last_day=day(shown.until_on, with_year=True),
        printed_on=day(found.today, with_year=True),
        address=address,
        qr=qr_svg(address),
        for_pdf=for_pdf,
        html_lang=html_lang(),
        pdf_url=url_for(".paper_pdf", code=found.organisation.code, year=found.year)
        if organises and not for_pdf
        else "",
        back_url=url_for(".board", code=found.organisation.code, year=found.year),
        back_label=_("Back to the list"),
    )


@blueprint.get("/pioneers/<code>/<int:year>/changes")
@allow("ranking.read")
def changes(code: str, year: int) -> str:
    """Show what a correction changed: places, figures and titles beside those before it."""
    with snapshot() as session:
        found = found_board(code, year)
        shown = found.shown
        if shown is None or shown.corrects_id is None:
            not_found()
        older = next(one for one in found.snapshots if one.id == shown.corrects_id)
        page = page_of(count_moved(session, shown.id, older.id), size=PAGE_SIZE)
        moved = moved_page(session, shown.id, older.id, limit=page.size, offset=page.offset)
        gone = left_out(session, shown.id, older.id) if page.number == 1 else []
        given, taken = _titles_changed(shown.id, older.id)
        people = {one.volunteer_id for one in (*moved, *gone)}
        people |= {one.volunteer_id for one in (*given, *taken) if one.volunteer_id is not None}
        names = public_names(session, people, found.today)
        return render_template(
            "ranking/board_changes.html",
            **frame_of(found, shown, has_certificates=False),
            rows=[shown_move(one, names) for one in (*moved, *gone)],
            page=page,
            given=shown_titles_changed(given, names),
            taken=shown_titles_changed(taken, names),
        )


def _titles_changed(new_id: int, old_id: int) -> tuple[list[AwardRow], list[AwardRow]]:
    """Return the titles a correction gives that were not given before, and those it takes."""
    new, old = (awards_shown(db.session(), each) for each in (new_id, old_id))
    kept = {_whose(one) for one in new} & {_whose(one) for one in old}
    given = [one for one in new if _whose(one) not in kept]
    return given, [one for one in old if _whose(one) not in kept]


def _whose(one: AwardRow) -> tuple[object, ...]:
    return one.category, one.title, one.colour_id, one.kind, one.volunteer_id, one.team_id
