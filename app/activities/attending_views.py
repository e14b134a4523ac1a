"""The people of an activity as its leader sees them: who has a place, who waits, who is added."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.activities import operations
from app.activities.access import Run, fits, run_activity
from app.activities.announcement import group_texts
from app.activities.forms import PersonForm, WhyForm, id_of
from app.activities.lead_showing import (
    addable_found,
    addable_members,
    clash_text,
    facts,
    left_text,
    on_list,
)
from app.activities.planning import Found, search
from app.activities.public_showing import state_marks
from app.activities.queries.leading import Person, people_of, time_left_of
from app.activities.rules import OPEN, STATE_NAMES, ends_at
from app.clock import now, today_in
from app.db import db, transaction
from app.errors import NotFound, RuleBroken
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import Inherited, inherited_by
from app.people.queries import find_volunteer
from app.teams.queries import members_on
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.saying import say

blueprint = Blueprint("attending", __name__)


@blueprint.get("/activities/<int:activity_id>/people")
@allow("activity.change")
def people(activity_id: int) -> str:
    """Show an activity to whoever runs it: what is next, and who comes."""
    run = run_activity(current_actor(), activity_id)
    return _page(run, PersonForm(formdata=None), Found([], ""))


@blueprint.post("/activities/<int:activity_id>/people/add")
@allow("activity.change")
def add(activity_id: int) -> ResponseReturnValue:
    """Put somebody on the list, or look for somebody to put there."""
    run, form = run_activity(current_actor(), activity_id), PersonForm()
    if not form.validate():
        return _page(run, form, Found([], "")), 422
    if form.do.data == "find":
        return _page(
            run, form, search(db.session(), run.team, form.find.data or "", current_actor())
        )
    volunteer_id = id_of(form.volunteer.data)
    if not volunteer_id:
        form.form_errors.append(_("Choose somebody to add."))
        return _page(run, form, Found([], "")), 422
    try:
        with transaction() as session:
            made = operations.sign_up(
                session, activity_id, volunteer_id, actor=current_actor(), now=now()
            )
    except NotFound:
        raise
    except operations.SignedUpAlready as refusal:
        flash(say(refusal), "info")
        return _back(activity_id)
    except RuleBroken as refusal:
        form.refuse(refusal)
        return _page(run_activity(current_actor(), activity_id), form, Found([], "")), 422
    _tell(volunteer_id, made)
    return _back(activity_id)


def _tell(volunteer_id: int, made: operations.SignedUp) -> None:
    """Say what came of it, and what else the person is signed up for at that time."""
    person = find_volunteer(db.session(), volunteer_id)
    name = person.name if person else ""
    has_place = made.state == "placed"
    said = _("%(name)s has a place.") if has_place else _("%(name)s waits for a place.")
    flash(said % {"name": name}, "success")
    if made.clashes:
        others = _(", ").join(
            clash_text(each.title, each.service_on, each.starts_minute, each.minutes)
            for each in made.clashes
        )
        clash = _("%(name)s is signed up for something else at that time: %(others)s.")
        flash(clash % {"name": name, "others": others}, "warning")


@blueprint.route(
    "/activities/<int:activity_id>/people/<int:volunteer_id>/remove", methods=["GET", "POST"]
)
@allow("activity.change")
def remove(activity_id: int, volunteer_id: int) -> ResponseReturnValue:
    """Ask for a word, then take somebody off the list."""
    run, form = run_activity(current_actor(), activity_id), WhyForm()
    person = _listed(activity_id, volunteer_id)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                moved = operations.remove(
                    session,
                    activity_id,
                    volunteer_id,
                    actor=current_actor(),
                    now=now(),
                    reason=form.reason.data or "",
                )
        except RuleBroken as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s is off the list and is told.", name=person.name), "success")
            if moved:
                flash(_("The place went to whoever had waited longest."), "info")
            return _back(activity_id)
    page = render_template("activities/leader_remove.html", run=run, person=person, form=form)
    return page, 422 if form.is_submitted() else 200


def _listed(activity_id: int, volunteer_id: int) -> Person:
    if not fits(volunteer_id):
        not_found()
    listed = people_of(db.session(), activity_id)
    return next((one for one in listed if one.volunteer_id == volunteer_id), None) or not_found()


def _back(activity_id: int) -> ResponseReturnValue:
    return redirect(url_for(".people", activity_id=activity_id), 303)


def _page(run: Run, form: PersonForm, found: Found) -> str:
    session, at = db.session(), now()
    activity, team = run
    inherited = inherited_by(session, team.organisation_id)
    today = today_in(inherited.settings.time_zone, at)
    listed = people_of(session, activity.id)
    there = [one.volunteer_id for one in listed]
    in_charge = find_volunteer(session, activity.in_charge_id) if activity.in_charge_id else None
    is_open = activity.state in OPEN
    belonging = members_on(session, team.id, activity.service_on) if is_open else []
    members = [member for member in belonging if not member.is_dormant]
    return render_template(
        "activities/leader_people.html",
        activity=activity,
        team=team,
        form=form,
        is_open=is_open,
        state=STATE_NAMES[activity.state],
        marks=state_marks(activity.state),
        facts=facts(activity, team, in_charge.name if in_charge else "", today),
        placed=on_list(one for one in listed if one.state == "placed"),
        waiting=on_list(one for one in listed if one.state == "waiting"),
        members=addable_members(members, there),
        found=addable_found(found, there),
        search_note=found.note,
        texts=group_texts(activity, team.name, inherited.settings.time_zone, at, is_run=True),
        **_closing(run, inherited, today),
    )


def _closing(run: Run, inherited: Inherited, today: date) -> dict[str, Any]:
    """Return whether it has ended, and how long it may still be closed in time."""
    activity = run.activity
    zone = inherited.settings.time_zone
    ends = ends_at(activity.service_on, activity.starts_minute, activity.minutes, zone)
    is_late = activity.state in OPEN and ends <= now()
    if not is_late:
        return {"is_late": False, "left": "", "today": today}
    calendar = WorkingCalendar(inherited.calendar)
    left = time_left_of(activity.service_on, inherited, calendar, now())
    return {"is_late": True, "left": left_text(left), "today": today}
