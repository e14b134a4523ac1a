"""Rest for a while, and say that one is back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db, transaction
from app.people.queries import get_volunteer
from app.people.queries.pauses import pauses_of
from app.people.rules.pausing import is_over
from app.roster.forms import OwnPauseForm
from app.roster.operations import Rest, come_back, rest
from app.roster.pause_views import FIELDS
from app.roster.showing import pause_lines
from app.teams.access import own_volunteer_id, today
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("own_pause", __name__, url_prefix="/me/pause")


@blueprint.get("")
@allow("profile.read")
def pause() -> ResponseReturnValue:
    """Show since when one rests, and the form to rest for a while."""
    form = OwnPauseForm(formdata=None, data={"from_on": today()})
    return _page(own_volunteer_id(current_actor()), form)


@blueprint.post("")
@allow("profile.change")
def begin() -> ResponseReturnValue:
    """Rest from a day on; places at activities meanwhile are given back."""
    actor, form = current_actor(), OwnPauseForm()
    volunteer_id = own_volunteer_id(actor)
    if form.validate_on_submit() and carried_out(
        form, lambda session: _rested(session, form, volunteer_id, actor), FIELDS
    ):
        flash(_("Saved. You are on no list of a service day meanwhile."), "success")
        return redirect(url_for(".pause"), 303)
    return _page(volunteer_id, form), 422


@blueprint.post("/end")
@allow("profile.change")
def end() -> ResponseReturnValue:
    """Be back from today on."""
    actor = current_actor()
    volunteer_id = own_volunteer_id(actor)
    with transaction() as session:
        come_back(session, volunteer_id, actor=actor, now=now(), today=today())
    flash(_("You are on the lists again."), "success")
    return redirect(url_for(".pause"), 303)


def _rested(session: Session, form: OwnPauseForm, volunteer_id: int, actor: Actor) -> bool:
    asked = Rest(form.from_on.data or today(), form.until_on.data, form.reason.data or "")
    rest(session, [volunteer_id], asked, actor=actor, now=now(), today=today())
    return True


def _page(volunteer_id: int, form: OwnPauseForm) -> str:
    session = db.session()
    pauses = pauses_of(session, volunteer_id)
    return render_template(
        "roster/own_pause.html",
        person=get_volunteer(session, volunteer_id),
        form=form,
        open=[one for one in pauses if not is_over(one.until_on, today())],
        lines=pause_lines(pauses),
    )
