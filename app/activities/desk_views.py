"""The leader's list at the door: who has a place, who came, several ticked in or out at once."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from app.activities.access import Run, run_activity
from app.activities.check_forms import TickForm
from app.activities.check_showing import clock, desk_line
from app.activities.desk_page import instant_in, named_here, page_of, settings_here
from app.activities.operations.checking_in import Wants
from app.activities.operations.desk import tick
from app.activities.queries.checking import admits, people_here, presence
from app.clock import now
from app.db import db, transaction
from app.errors import N_, RuleBroken
from app.people.queries import volunteer_by_number
from app.teams.queries import members_on
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("check_desk", __name__)


class NumberUnknown(RuleBroken):
    code = "unknown_volunteer"
    message = N_("There is nobody here with the number %(number)s.")


@blueprint.route("/activities/<int:activity_id>/check-in", methods=["GET", "POST"])
@allow("check_in.run")
def desk(activity_id: int) -> ResponseReturnValue:
    """Show who has a place and who came; tick several in or out at once."""
    actor = current_actor()
    run, form = run_activity(actor, activity_id), TickForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return _ticked(form, run, actor)
        except RuleBroken as refusal:
            form.refuse(_unnamed(refusal, form, run, actor), _field_of(refusal))
    return _desk_page(form, run), status


def _ticked(form: TickForm, run: Run, actor: Actor) -> ResponseReturnValue:
    at = instant_in(run, form.at.data) if form.at.data is not None else None
    ticked = form.present.data
    if len(named_here(run, actor, ticked)) < len(ticked):
        not_found()
    chosen = [*ticked, *_by_number(form.number.data, run)]
    wants = cast(Wants, form.wants.data)
    with transaction() as session:
        count = tick(
            session,
            run.activity.id,
            chosen,
            wants,
            actor=actor,
            now=now(),
            at=at,
            key=form.sent_key,
        )
    if wants == "in":
        said = ngettext("%(num)s person checked in", "%(num)s people checked in", count)
    else:
        said = ngettext("%(num)s person checked out", "%(num)s people checked out", count)
    flash(said, "toast")
    return redirect(url_for(".desk", activity_id=run.activity.id), 303)


def _field_of(refusal: RuleBroken) -> str | None:
    fields = {"bad_time": "at", "unknown_volunteer": "number"}
    return fields.get(refusal.code)


def _by_number(number: str | None, run: Run) -> list[int]:
    """Return the person of the team's tree who bears a number; anybody else is nobody."""
    if not number:
        return []
    person = volunteer_by_number(db.session(), number)
    home = run.team.organisation_id
    if person is None or not people_here(db.session(), run.activity, home, [person.id]):
        raise NumberUnknown(number=number)
    return [person.id]


def _unnamed(refusal: RuleBroken, form: TickForm, run: Run, actor: Actor) -> RuleBroken:
    """Return a refusal that tells no name to whoever only tried a number."""
    number = form.number.data
    person = volunteer_by_number(db.session(), number) if number else None
    figures = refusal.figures
    if person is None or figures.get("name") != person.name:
        return refusal
    is_named = bool(named_here(run, actor, [person.id]))
    return refusal if is_named else type(refusal)(**{**figures, "name": person.number})


def _desk_page(form: TickForm, run: Run) -> str:
    session, activity = db.session(), run.activity
    people = presence(session, activity.id, now=now())
    listed = {one.volunteer_id for one in people}
    members = [
        member
        for member in members_on(session, run.team.id, activity.service_on)
        if member.volunteer_id not in listed and member.state == "active"
    ]
    window = admits(activity, settings_here(run))
    return render_template(
        "activities/check_desk.html",
        form=form,
        lines=[desk_line(one) for one in people],
        members=members,
        came=sum(one.stay is not None for one in people),
        gone=sum(one.stay is not None and one.stay.out_at is not None for one in people),
        opens=clock(window.opens_at),
        closes=clock(window.closes_at),
        chosen=set(form.present.data or ()),
        **page_of(run),
    )
