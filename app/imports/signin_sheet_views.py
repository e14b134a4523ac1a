"""The sign-in sheet of an activity: to print, or to type the times into and hand in."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.activities.access import Run, run_activity
from app.activities.queries.leading import people_of
from app.db import db
from app.imports.signin_sheet import EMPTY_ROWS, Head, Listed, top_lines, workbook
from app.sheets.writing import XLSX
from app.teams.models import Team
from app.teams.queries import members_on
from app.web.actor import current_actor
from app.web.filters import clock_time, day_weekday
from app.web.languages import html_lang, language
from app.web.policy import allow

blueprint = Blueprint("signin_sheet", __name__, url_prefix="/activities/<int:activity_id>")


@blueprint.get("/sign-in-sheet")
@allow("check_in.run")
def paper(activity_id: int) -> str:
    """Show the sheet as it is printed: the names there are, and lines for whoever else comes."""
    run = run_activity(current_actor(), activity_id)
    people, is_whole_team = _people(run)
    return render_template(
        "imports/signin_sheet.html",
        head=top_lines(_head(run), language()),
        on=day_weekday(run.activity.service_on, with_year=True),
        begins=clock_time(run.activity.starts_minute),
        ends=clock_time(run.activity.starts_minute + run.activity.minutes),
        activity=run.activity,
        team=run.team,
        people=people,
        empty_rows=EMPTY_ROWS,
        ways=_ways(activity_id, is_whole_team),
        sheet_url=url_for(".sheet", activity_id=activity_id, who=request.args.get("who")),
        html_lang=html_lang(),
        back_url=url_for("attending.people", activity_id=activity_id),
        back_label=run.activity.title,
    )


@blueprint.get("/sign-in-sheet.xlsx")
@allow("check_in.run")
def sheet(activity_id: int) -> Response:
    """Return the sheet as a workbook, which the import reads back once times stand in it."""
    run = run_activity(current_actor(), activity_id)
    people, _is_whole = _people(run)
    answer = Response(workbook(_head(run), people, language()), mimetype=XLSX)
    name = f"sign-in-{run.team.code}-{run.activity.service_on}.xlsx"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _people(run: Run) -> tuple[list[Listed], bool]:
    """Return who stands on the sheet: those with a place; where nobody signed up, the team."""
    session, activity = db.session(), run.activity
    signed_up = sorted(
        (one for one in people_of(session, activity.id) if one.state == "placed"),
        key=lambda one: one.name_keys,
    )
    listed = [Listed(one.number or "", one.name) for one in signed_up]
    is_whole = request.args.get("who") == "team" or not listed
    if is_whole:
        there = {one.number for one in listed}
        members = members_on(session, run.team.id, activity.service_on)
        others = (one for one in members if one.number and one.number not in there)
        listed += [Listed(one.number or "", one.name) for one in others]
    return listed, is_whole


def _head(run: Run) -> Head:
    session, activity, team = db.session(), run.activity, run.team
    alike = session.scalar(select(func.count()).where(Team.name == team.name))
    leaders = [one.name for one in members_on(session, team.id, activity.service_on)
               if one.role == "leader"]  # fmt: skip
    return Head(
        activity.title,
        activity.service_on,
        activity.place,
        team.name if alike == 1 else team.code,
        "、".join(leaders),
    )


def _ways(activity_id: int, is_whole_team: bool) -> list[dict[str, object]]:
    return [
        {
            "url": url_for(".paper", activity_id=activity_id, who=who),
            "label": label,
            "current": is_whole_team == (who == "team"),
        }
        for who, label in ((None, _("Who signed up")), ("team", _("The whole team")))
    ]
