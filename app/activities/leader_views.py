"""The leader's activities: the list, the plan, announcing, beginning, cancelling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.activities import operations
from app.activities.access import Run, run_activity, run_team
from app.activities.forms import ActivityForm, WhyForm
from app.activities.lead_showing import line
from app.activities.planning import differences, offer_in_charge, plan_like_last
from app.activities.queries.leading import Listed, shelf_of, time_left_of
from app.clock import now, today_in
from app.db import db, transaction
from app.errors import NotFound, RuleBroken
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import inherited_by, settings_of
from app.teams.queries import TeamRow
from app.web.actor import current_actor
from app.web.policy import allow
from app.web.saying import say

blueprint = Blueprint("leading", __name__)


# ── the list ──────────────────────────────────────────────────────────────────────────────


@blueprint.get("/teams/<code>/activities")
@allow("activity.change")
def activities(code: str) -> str:
    """Show a team's activities, those to be closed first."""
    team, at = run_team(current_actor(), code), now()
    inherited = inherited_by(db.session(), team.organisation_id)
    zone = inherited.settings.time_zone
    today = today_in(zone, at)
    shelf = shelf_of(db.session(), team.id, zone, at)
    calendar = WorkingCalendar(inherited.calendar)

    def to_close(row: Listed) -> object:
        left = time_left_of(row.service_on, inherited, calendar, at)
        return line(row, today, left=left)

    return render_template(
        "activities/leader_list.html",
        team=team,
        to_close=[to_close(row) for row in shelf.to_close],
        parts=[
            (heading, [line(row, today) for row in rows])
            for heading, rows in (
                (_("Under way"), shelf.under_way),
                (_("Drafts"), shelf.drafts),
                (_("Announced"), shelf.announced),
                (_("Closed and cancelled"), shelf.past),
            )
            if rows
        ],
    )


# ── the plan ──────────────────────────────────────────────────────────────────────────────


@blueprint.route("/teams/<code>/activities/new", methods=["GET", "POST"])
@allow("activity.change")
def new(code: str) -> ResponseReturnValue:
    """Write an activity down, beginning with how the last one was."""
    actor = current_actor()
    team, form = run_team(actor, code), ActivityForm()
    if not form.is_submitted():
        form.show(plan_like_last(db.session(), team, now()))
        return _form_page(team, form)
    if form.do.data == "find" or not form.validate():
        return _form_page(team, form)
    try:
        with transaction() as session:
            made = operations.create_activity(
                session,
                team.id,
                form.plan(_day(form)),
                actor=actor,
                now=now(),
                key=form.sent_key,
                publish=form.do.data == "publish",
            )
    except RuleBroken as refusal:
        form.refuse(refusal, _field_of(refusal))
        return _form_page(team, form)
    said = _("Announced. People can sign up now.") if form.do.data == "publish" else _("Saved.")
    flash(said, "success")
    return redirect(url_for("attending.people", activity_id=made), 303)


@blueprint.route("/activities/<int:activity_id>/edit", methods=["GET", "POST"])
@allow("activity.change")
def edit(activity_id: int) -> ResponseReturnValue:
    """Change a plan; what somebody else changed meanwhile is told, and what was typed is kept."""
    actor = current_actor()
    run, form = run_activity(actor, activity_id), ActivityForm()
    if not form.is_submitted():
        form.show(operations.plan_of(run.activity))
        form.service_on.data = run.activity.service_on
        form.version.data = str(run.activity.version)
        return _form_page(run.team, form, run=run)
    if form.do.data == "find" or not form.validate():
        return _form_page(run.team, form, run=run)
    typed = form.plan(_day(form))
    try:
        with transaction() as session:
            operations.change_activity(
                session, activity_id, typed, version=form.shown_version, actor=actor, now=now()
            )
    except NotFound:
        raise
    except operations.ChangedMeanwhile as refusal:
        run = run_activity(actor, activity_id)
        standing = operations.plan_of(run.activity)
        # A second tap finds its own change: nothing is left to be said.
        if standing != typed:
            form.refuse(refusal)
            form.version.data = str(run.activity.version)
            changes = differences(form, standing, typed)
            return _form_page(run.team, form, run=run, changes=changes)
    except RuleBroken as refusal:
        form.refuse(refusal, _field_of(refusal))
        return _form_page(run.team, form, run=run)
    flash(_("Saved. Whoever signed up is told what has changed."), "success")
    return redirect(url_for("attending.people", activity_id=activity_id), 303)


def _form_page(
    team: TeamRow,
    form: ActivityForm,
    *,
    run: Run | None = None,
    changes: list[tuple[str, str]] | None = None,
) -> tuple[str, int]:
    today = today_in(settings_of(db.session(), team.organisation_id).time_zone, now())
    found = offer_in_charge(db.session(), form, team, today, current_actor())
    page = render_template(
        "activities/leader_form.html",
        team=team,
        form=form,
        run=run,
        changes=changes or [],
        search_note=found.note,
    )
    is_refused = form.is_submitted() and form.do.data != "find"
    return page, 422 if is_refused else 200


def _day(form: ActivityForm) -> date:
    on = form.service_on.data
    assert on is not None, "validated before"
    return on


def _field_of(refusal: RuleBroken) -> str | None:
    """Return the field a refusal is about, where it is about one."""
    known = {
        "too_few_places": "places",
        "bad_date": "service_on",
        "bad_time": "ends",
        "unknown_volunteer": "in_charge",
        "unknown_team": "service_on",
    }
    return known.get(refusal.code)


# ── its moves ─────────────────────────────────────────────────────────────────────────────


@blueprint.post("/activities/<int:activity_id>/publish")
@allow("activity.change")
def publish(activity_id: int) -> ResponseReturnValue:
    """Announce a draft."""

    def move(session: Session, at: datetime) -> None:
        operations.publish_activity(session, activity_id, actor=current_actor(), now=at)

    return _moved(activity_id, move, _("Announced. People can sign up now."))


@blueprint.post("/activities/<int:activity_id>/begin")
@allow("activity.change")
def begin(activity_id: int) -> ResponseReturnValue:
    """Begin by hand; a first check-in does the same."""

    def move(session: Session, at: datetime) -> None:
        operations.begin_activity(session, activity_id, actor=current_actor(), now=at)

    return _moved(activity_id, move, _("Under way."))


def _moved(
    activity_id: int, move: Callable[[Session, datetime], None], said: str
) -> ResponseReturnValue:
    run_activity(current_actor(), activity_id)
    try:
        with transaction() as session:
            move(session, now())
    except NotFound:
        raise
    except RuleBroken as refusal:
        # A second tap, or somebody else's: where it stands now is what the page shows.
        flash(say(refusal), "warning")
    else:
        flash(said, "success")
    return redirect(url_for("attending.people", activity_id=activity_id), 303)


@blueprint.route("/activities/<int:activity_id>/cancel", methods=["GET", "POST"])
@allow("activity.change")
def cancel(activity_id: int) -> ResponseReturnValue:
    """Ask for the reason, then cancel; everybody on the list is told."""
    run, form = run_activity(current_actor(), activity_id), WhyForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                operations.cancel_activity(
                    session,
                    activity_id,
                    reason=form.reason.data or "",
                    actor=current_actor(),
                    now=now(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, "reason" if refusal.code == "reason_missing" else None)
        else:
            flash(_("Cancelled. Everybody on the list is told."), "success")
            return redirect(url_for("attending.people", activity_id=activity_id), 303)
    page = render_template("activities/leader_cancel.html", activity=run.activity, form=form)
    return page, 422 if form.is_submitted() else 200
