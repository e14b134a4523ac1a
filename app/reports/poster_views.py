"""The month of all teams as a sheet for the notice board; it names no volunteer."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db
from app.organisations.queries import settings_of, subtree_ids
from app.papers.making import qr_svg
from app.ranking.showing import Dot
from app.reports.poster_queries import Month, TeamMonth, month_of
from app.rewards.keeping_access import Keeping, keeping_of
from app.web.actor import current_actor
from app.web.filters import day, hours, month_year
from app.web.kept import kept_if_dear
from app.web.policy import allow, not_found

blueprint = Blueprint("poster", __name__, url_prefix="/reports/poster")

EARLIEST_YEAR = 2000
MOST_MONTHS = 12


class Line(NamedTuple):
    """One team as its line is drawn."""

    colour: Dot
    name: str
    hours: str
    people: int
    minutes: int


@blueprint.get("")
@allow("report.read")
def latest() -> ResponseReturnValue:
    """Lead to the month that ended last."""
    keeping = keeping_of(db.session(), current_actor(), request.args.get("org"))
    last = _today(keeping).replace(day=1) - timedelta(days=1)
    return redirect(_url(keeping.organisation.code, last), 303)


@blueprint.get("/<code>/<int:year>/<int:month>")
@allow("report.read")
def poster(code: str, year: int, month: int) -> str:
    """Show the sheet of a month."""
    session = db.session()
    keeping = keeping_of(session, current_actor(), code)
    today = _today(keeping)
    if not (1 <= month <= 12 and EARLIEST_YEAR <= year <= today.year):
        not_found()
    first = date(year, month, 1)
    if first > today:
        not_found()
    last = first.replace(day=monthrange(year, month)[1])
    ids = subtree_ids(session, keeping.organisation.id)
    found = kept_if_dear(
        ("poster", tuple(ids), first, today), lambda: month_of(session, ids, first, last)
    )
    return render_template(
        "reports/poster.html", **_shown(keeping, found, first, today), **_choices(keeping, first)
    )


def _shown(keeping: Keeping, found: Month, first: date, today: date) -> dict[str, Any]:
    address = url_for("home.community", code=keeping.organisation.code, _external=True)
    is_running = (first.year, first.month) == (today.year, today.month)
    return {
        "organisation_name": keeping.organisation.name,
        "month": month_year(first),
        "hours": hours(found.minutes),
        "people": found.people,
        "service_day_hours": hours(found.service_day_minutes),
        "teams": [_line(team) for team in found.teams],
        "most": max((team.minutes for team in found.teams), default=0),
        "is_running": is_running,
        "made_on": day(today, with_year=True),
        "address": address,
        "qr": qr_svg(address),
    }


def _line(team: TeamMonth) -> Line:
    dot = Dot(team.key, team.glyph)
    return Line(dot, team.name, hours(team.minutes), team.people, team.minutes)


def _choices(keeping: Keeping, first: date) -> dict[str, Any]:
    """Return the months up to this one, and the organisations."""
    months: list[date] = []
    at = _today(keeping).replace(day=1)
    while len(months) < MOST_MONTHS:
        months.append(at)
        at = (at - timedelta(days=1)).replace(day=1)
    if first not in months:
        months.append(first)
    code = keeping.organisation.code
    return {
        "months": [
            {"url": _url(code, each), "label": month_year(each), "current": each == first}
            for each in months
        ],
        "organisations": [
            {"url": _url(node.code, first), "label": node.name, "current": node.code == code}
            for node in keeping.organisations
        ],
        "back_label": _("Reports"),
    }


def _today(keeping: Keeping) -> date:
    zone = settings_of(db.session(), keeping.organisation.id).time_zone
    return today_in(zone, now())


def _url(code: str, on: date) -> str:
    return url_for("poster.poster", code=code, year=on.year, month=on.month)
