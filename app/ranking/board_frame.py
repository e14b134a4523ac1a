"""What stands around every public list of a year: its stage, its choices, the names on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from app.clock import today_in
from app.db import db
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import root_id_of, working_calendar
from app.people.queries.naming import public_names
from app.ranking import board_showing as showing
from app.ranking.boards import Board, reader_id
from app.ranking.queries.awards import AwardRow
from app.ranking.queries.boards import BoardPlace, final_was_alone
from app.ranking.queries.objections import public_answers
from app.ranking.queries.snapshots import Snapshot
from app.ranking.showing import Dot
from app.teams.queries import ColourRow, colours_of
from app.trail.rules import mask_text
from app.web.actor import find_actor
from app.web.filters import day, number
from app.web.pagination import url_with
from app.web.policy import not_found


def frame_of(found: Board, shown: Snapshot, *, has_certificates: bool) -> dict[str, Any]:
    """Return what stands above and beside every list of a year."""
    session, zone = db.session(), found.settings.time_zone
    standing = found.standing
    assert standing is not None
    calendar = WorkingCalendar(
        working_calendar(session, found.organisation.id) if found.takes_objections else {}
    )
    left = showing.days_left(calendar, found.today, standing.until_on)
    steps, current = showing.stage_steps(standing, zone, left, has_certificates=has_certificates)
    older = next((one for one in found.snapshots if one.id == shown.corrects_id), None)
    return {
        "board": found,
        "shown": shown,
        "is_standing": shown.id == standing.id,
        "is_final": standing.final_at is not None,
        "final_on": day_of(standing.final_at, zone),
        "until": day(standing.until_on),
        "steps": steps,
        "current": current,
        "corrected_on": day_of(shown.frozen_at, zone) if older else "",
        "older": older,
        "reason": mask_text(shown.reason),
        "is_alone": shown.is_alone,
        "is_final_alone": bool(standing.final_at) and final_was_alone(session, standing.id),
        "may_object": may_object(found, shown),
        "csv_url": csv_url(found, shown),
        "is_signed_in": find_actor() is not None,
    }


def may_object(found: Board, shown: Snapshot) -> bool:
    is_standing = found.standing is not None and shown.id == found.standing.id
    return found.takes_objections and is_standing and reader_id() is not None


def csv_url(found: Board, shown: Snapshot) -> str:
    actor = find_actor()
    if actor is None or not (actor.own_id or actor.organises or actor.audits):
        return ""
    asked = list_asked(found, shown)
    return url_for("pioneers.csv", code=found.organisation.code, year=found.year, list=asked)


def list_asked(found: Board, shown: Snapshot) -> int | None:
    """Return the number of a list as its address names it; the one that stands needs none."""
    return None if found.standing and shown.id == found.standing.id else shown.number


def day_of(at: datetime | None, zone: str) -> str:
    return day(today_in(zone, at), with_year=True) if at else ""


def names_of(
    found: Board, places: Iterable[BoardPlace], awards: Iterable[AwardRow]
) -> dict[int, str]:
    """Return the names of everybody on the page as they may be said now: one statement."""
    ids = {one.volunteer_id for one in places}
    ids |= {one.volunteer_id for one in awards if one.volunteer_id is not None}
    return public_names(db.session(), ids, found.today)


def shown_answers(found: Board) -> list[dict[str, str]]:
    """Return the answers that stand on the notice; phones in them masked."""
    return [
        {
            "about": _about(one.rank),
            "state": one.state,
            "answer": mask_text(one.answer),
            "on": day_of(one.ended_at, found.settings.time_zone),
        }
        for one in public_answers(db.session(), found.organisation.id, found.year)
    ]


def _about(rank: int | None) -> str:
    if rank is None:
        return str(_("About the list"))
    return str(_("About place %(rank)s", rank=number(rank)))


# ── what is chosen ────────────────────────────────────────────────────────────────────────


def colours_shown(found: Board) -> list[ColourRow]:
    session, here = db.session(), found.organisation
    return colours_of(session, root_id_of(session, here.id) if here.parent_id else here.id)


def by_id(colours: Sequence[ColourRow]) -> dict[int, ColourRow]:
    return {colour.id: colour for colour in colours}


def dots_of(colours: Sequence[ColourRow]) -> dict[int, Dot]:
    return {colour.id: Dot(colour.key, colour.glyph) for colour in colours}


def asked_colour(colours: Sequence[ColourRow]) -> ColourRow | None:
    asked = request.args.get("colour", "")
    if not asked:
        return None
    return next((colour for colour in colours if colour.key == asked), None) or not_found()


def choices_of(
    colours: Sequence[ColourRow], chosen: ColourRow | None, *, by_teams: bool
) -> list[dict[str, Any]]:
    blank = {"colour": None, "by": None, "page": None}
    every = {"url": url_with(blank), "label": _("All"), "current": not (by_teams or chosen)}
    teams = {
        "url": url_with({**blank, "by": "teams"}),
        "label": _("Teams among themselves"),
        "current": by_teams,
    }
    return [
        every,
        *(
            {
                "url": url_with({**blank, "colour": colour.key}),
                "label": colour.name,
                "colour": colour,
                "current": colour == chosen,
            }
            for colour in colours
        ),
        teams,
    ]
