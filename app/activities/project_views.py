"""Recurring services of a team: the list, a new one, a change from a date on, the end."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.activities.access import RunProject, run_project, run_team
from app.activities.forms import EndForm, SeriesForm
from app.activities.models import Project
from app.activities.operations.projects import (
    change_project,
    create_project,
    end_project,
    series_of,
)
from app.activities.planning import offer_in_charge, plan_like_last
from app.activities.public_showing import times
from app.activities.queries.projects import AheadRow, ProjectRow, ahead_of, projects_of
from app.activities.rules.series import WEEKDAYS
from app.clock import now, today_in
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import settings_of
from app.teams.queries import TeamRow
from app.web.actor import current_actor
from app.web.filters import day, day_weekday
from app.web.policy import allow

blueprint = Blueprint("projects", __name__)

FIELDS = {
    "bad_date": "service_on",
    "bad_time": "ends",
    "too_few_places": "places",
    "unknown_volunteer": "in_charge",
    "people_signed_up": "what_of_others",
    "reason_missing": "reason",
}


@blueprint.get("/teams/<code>/projects")
@allow("activity.change")
def of_team(code: str) -> str:
    """Show what comes back week by week, and what did."""
    team = run_team(current_actor(), code)
    rows = projects_of(db.session(), team.id, _today(team))
    shown = [(row, _row(row)) for row in rows]
    return render_template(
        "activities/project_list.html",
        team=team,
        running=[each for row, each in shown if row.project.ended_at is None],
        ended=[each for row, each in shown if row.project.ended_at is not None],
    )


def _row(row: ProjectRow) -> dict[str, Any]:
    project = row.project
    ahead = ngettext("%(num)s announced ahead", "%(num)s announced ahead", row.ahead)
    until = _("until %(day)s", day=day(project.until_on, with_year=True))
    return {
        "id": project.id,
        "title": project.title,
        "sub": "·".join(filter(None, (rhythm(project), project.place))),
        "note": "·".join([ahead] if project.until_on is None else [ahead, until]),
        "next": day_weekday(row.next_on) if row.next_on else "",
    }


def rhythm(project: Project) -> str:
    """Say on which day and at what time a project comes back."""
    named = {
        "weekday": _(WEEKDAYS[project.weekday]),
        "times": times(project.starts_minute, project.minutes),
    }
    if project.every_weeks == 1:
        return str(_("Every %(weekday)s %(times)s", **named))
    return str(
        _("%(weekday)s every %(weeks)s weeks, %(times)s", weeks=project.every_weeks, **named)
    )


@blueprint.route("/teams/<code>/projects/new", methods=["GET", "POST"])
@allow("activity.change")
def new(code: str) -> ResponseReturnValue:
    """Begin a recurring service; its activities are announced eight weeks ahead."""
    team, form = run_team(current_actor(), code), SeriesForm()
    if not form.is_submitted():
        form.show(plan_like_last(db.session(), team, now()))
        form.title.data, form.every_weeks.data = "", 1
        return _form_page(team, form)
    if form.do.data == "find" or not form.validate():
        return _form_page(team, form)
    try:
        with transaction() as session:
            create_project(
                session,
                team.id,
                form.series(),
                actor=current_actor(),
                now=now(),
                key=form.sent_key,
            )
    except RuleBroken as refusal:
        form.refuse(refusal, FIELDS.get(refusal.code))
        return _form_page(team, form)
    flash(_("Saved. Its activities of the next eight weeks are announced."), "success")
    return redirect(url_for(".of_team", code=code), 303)


@blueprint.route("/projects/<int:project_id>/change", methods=["GET", "POST"])
@allow("activity.change")
def change(project_id: int) -> ResponseReturnValue:
    """Let it be another from a date on."""
    run, form = run_project(current_actor(), project_id), SeriesForm()
    if not form.is_submitted():
        form.show_series(series_of(run.project))
        form.service_on.data = max(_today(run.team), run.project.from_on)
        return _form_page(run.team, form, run=run)
    if form.do.data == "find" or not form.validate():
        return _form_page(run.team, form, run=run)
    try:
        with transaction() as session:
            change_project(
                session,
                project_id,
                form.series(),
                cancels=form.cancels,
                reason=form.reason.data or "",
                actor=current_actor(),
                now=now(),
            )
    except RuleBroken as refusal:
        form.refuse(refusal, FIELDS.get(refusal.code))
        return _form_page(run.team, form, run=run)
    flash(_("Saved. Whoever signed up is told what has changed."), "success")
    return redirect(url_for(".of_team", code=run.team.code), 303)


@blueprint.route("/projects/<int:project_id>/end", methods=["GET", "POST"])
@allow("activity.change")
def end(project_id: int) -> ResponseReturnValue:
    """End it with a last day, saying what becomes of activities people count on."""
    run, form = run_project(current_actor(), project_id), EndForm()
    today = _today(run.team)
    if not form.is_submitted():
        form.last_on.data = today
    elif form.validate():
        try:
            with transaction() as session:
                end_project(
                    session,
                    project_id,
                    form.last_on.data or today,
                    cancels=form.cancels,
                    reason=form.reason.data or "",
                    actor=current_actor(),
                    now=now(),
                )
        except RuleBroken as refusal:
            field = {**FIELDS, "bad_date": "last_on"}.get(refusal.code)
            form.refuse(refusal, field)
        else:
            flash(_("Ended."), "success")
            return redirect(url_for(".of_team", code=run.team.code), 303)
    page = render_template(
        "activities/project_end.html",
        run=run,
        project=run.project,
        rhythm=rhythm(run.project),
        form=form,
        ahead=_ahead(run.project.id, today),
    )
    return page, 422 if form.is_submitted() else 200


def _form_page(
    team: TeamRow, form: SeriesForm, *, run: RunProject | None = None
) -> tuple[str, int]:
    today = _today(team)
    found = offer_in_charge(db.session(), form, team, today, current_actor())
    page = render_template(
        "activities/project_form.html",
        team=team,
        form=form,
        run=run,
        ahead=_ahead(run.project.id, today) if run else [],
        search_note=found.note,
    )
    is_refused = form.is_submitted() and form.do.data != "find"
    return page, 422 if is_refused else 200


def _ahead(project_id: int, from_on: date) -> list[tuple[AheadRow, str]]:
    """Return what was announced ahead and people count on, each with its date."""
    rows = ahead_of(db.session(), project_id, from_on)
    return [(row, day_weekday(row.service_on)) for row in rows if row.people]


def _today(team: TeamRow) -> date:
    return today_in(settings_of(db.session(), team.organisation_id).time_zone, now())
