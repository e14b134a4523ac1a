"""The yearly report on minors' data: on a page that prints, and as a workbook."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, snapshot, transaction
from app.organisations.queries import settings_of
from app.people.rules.purposes import MINORS_VERSION
from app.people.step_up import asks_again
from app.privacy.access import Desk, desk_of
from app.privacy.minors_showing import AGREEMENTS, shown_report, tiles
from app.privacy.operations.handing_out import note_list
from app.privacy.queries.minors import Report, Span, report_of
from app.privacy.rules.looking import day_begins
from app.privacy.rules.minors import EARLIEST_YEAR, reported_on
from app.sheets.writing import XLSX, write_xlsx
from app.web.actor import current_actor
from app.web.filters import instant
from app.web.policy import allow, not_found

blueprint = Blueprint("minors", __name__, url_prefix="/reports/minors")

YEARS_SHOWN = 5


class Asked(NamedTuple):
    """Whose year is asked for, and what it says."""

    desk: Desk
    year: int
    this_year: int
    report: Report


@blueprint.get("")
@allow("minors.read")
def latest() -> ResponseReturnValue:
    """Lead to the year that runs."""
    desk = desk_of(db.session(), current_actor(), request.args.get("org"))
    zone = settings_of(db.session(), desk.organisation.id).time_zone
    year = today_in(zone, now()).year
    return redirect(url_for(".report", code=desk.organisation.code, year=year), 303)


@blueprint.get("/<code>/<int:year>")
@allow("minors.read")
def report(code: str, year: int) -> str:
    """Show how many minors there are, whose guardian agreed, what is kept and who looked."""
    asked = _asked(code, year)
    return render_template(
        "privacy/minors.html",
        desk=asked.desk,
        year=year,
        is_running=year == asked.this_year,
        version=MINORS_VERSION,
        made_at=instant(now()),
        tiles=tiles(asked.report),
        **shown_report(asked.report),
        years=[
            _choice(code, one, str(one), one == year)
            for one in range(asked.this_year, max(EARLIEST_YEAR, asked.this_year - YEARS_SHOWN), -1)
        ],
        organisations=[
            _choice(node.code, year, node.name, node.code == code)
            for node in asked.desk.organisations
        ],
    )


@blueprint.post("/<code>/<int:year>/sheet")
@allow("minors.read")
@asks_again
def sheet(code: str, year: int) -> ResponseReturnValue:
    """Hand the list of minors out as a workbook, and say so in the trail: hence a POST."""
    asked = _asked(code, year)
    found = asked.report
    with transaction() as session:
        note_list(
            session,
            "minors.export",
            organisation_id=asked.desk.organisation.id,
            rows=len(found.minors),
            actor_id=current_actor().login_id,
            now=now(),
            more={"year": year},
        )
    header = [
        *(_("Volunteer number"), _("Name"), _("Organisation")),
        *(_("Age"), _("Under 14"), _("Guardian's consent")),
    ]
    rows = [
        (
            *(one.number, one.name, one.organisation, one.age(found.on)),
            _("yes") if one.is_child(found.on) else _("no"),
            _(AGREEMENTS[found.agreements[one.id]]) if one.is_child(found.on) else None,
        )
        for one in found.minors
    ]
    answer = Response(write_xlsx(header, rows, name=str(year)), content_type=XLSX)
    answer.headers.set("Content-Disposition", "attachment", filename=f"minors-{code}-{year}.xlsx")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _asked(code: str, year: int) -> Asked:
    with snapshot() as session:
        desk = desk_of(session, current_actor(), code)
        zone = settings_of(session, desk.organisation.id).time_zone
        today = today_in(zone, now())
        if not EARLIEST_YEAR <= year <= today.year:
            not_found()
        first = reported_on(year, today).replace(month=1, day=1)
        span = Span(day_begins(first, zone), day_begins(first.replace(year=year + 1), zone))
        return Asked(
            desk, year, today.year, report_of(session, desk.scope, reported_on(year, today), span)
        )


def _choice(code: str, year: int, label: str, current: bool) -> dict[str, Any]:
    return {"url": url_for(".report", code=code, year=year), "label": label, "current": current}
