"""At the organiser's desk: somebody rests, leaves, or is back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db, transaction
from app.people.models import Volunteer
from app.people.queries.pauses import pauses_of
from app.people.rules.pausing import is_over
from app.roster.forms import LEAVES, PauseForm
from app.roster.operations import Rest, come_back, leave, rest
from app.roster.showing import pause_lines
from app.teams.access import own_person, today
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("pause_desk", __name__, url_prefix="/admin/people/<int:volunteer_id>/pause")
FIELDS = {"bad_date": "from_on", "reason_needed": "reason"}
WITH_PAUSES = ("active", "left")


@blueprint.route("", methods=["GET", "POST"])
@allow("volunteer.change")
def pause(volunteer_id: int) -> ResponseReturnValue:
    """Show since when somebody rests or has left; write either down."""
    actor = current_actor()
    _person(actor, volunteer_id)
    form = PauseForm(data={"from_on": today()})
    if form.validate_on_submit():
        released = carried_out(
            form, lambda session: _paused(session, form, volunteer_id, actor), FIELDS
        )
        if released is not None:
            _say_released(released)
            return redirect(url_for("person_desk.person", volunteer_id=volunteer_id), 303)
    status = 422 if form.is_submitted() else 200
    return _page(_person(actor, volunteer_id), form), status


@blueprint.post("/end")
@allow("volunteer.change")
def end(volunteer_id: int) -> ResponseReturnValue:
    """Somebody is back from today on."""
    actor = current_actor()
    person = _person(actor, volunteer_id)
    name, had_left = person.name, person.state == "left"
    with transaction() as session:
        come_back(session, volunteer_id, actor=actor, now=now(), today=today())
    if had_left:
        flash(_("%(name)s is back. Teams are joined anew.", name=name), "success")
    else:
        flash(_("%(name)s is back on the lists.", name=name), "success")
    return redirect(url_for("person_desk.person", volunteer_id=volunteer_id), 303)


def _paused(session: Session, form: PauseForm, volunteer_id: int, actor: Actor) -> int:
    """Carry it out; return how many places were given back, and one."""
    from_on, reason = form.from_on.data or today(), form.reason.data or ""
    if form.kind.data == LEAVES:
        released = leave(
            session,
            volunteer_id,
            from_on=from_on,
            reason=reason,
            actor=actor,
            now=now(),
            today=today(),
        )
    else:
        asked = Rest(from_on, form.until_on.data, reason)
        released = rest(session, [volunteer_id], asked, actor=actor, now=now(), today=today())
    return 1 + len(released)


def _say_released(released: int) -> None:
    places = released - 1
    if places:
        flash(
            ngettext(
                "Saved. %(num)s place at an activity was given back.",
                "Saved. %(num)s places at activities were given back.",
                places,
            ),
            "success",
        )
    else:
        flash(_("Saved."), "toast")


def _person(actor: Actor, volunteer_id: int) -> Volunteer:
    found = own_person(actor, volunteer_id)
    return found if found.state in WITH_PAUSES else not_found()


def _page(person: Volunteer, form: PauseForm) -> str:
    pauses = pauses_of(db.session(), person.id)
    return render_template(
        "roster/pause.html",
        person=person,
        form=form,
        open=[one for one in pauses if not is_over(one.until_on, today())],
        lines=pause_lines(pauses),
    )
