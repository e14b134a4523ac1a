"""Say which volunteer one is, for a sign-in that acts for the office and is nobody's yet."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.people.models import Volunteer
from app.teams import operations, queries
from app.teams.access import today
from app.teams.forms import OneselfForm
from app.teams.rules import Actor
from app.web.actor import current_actor, find_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("own", __name__)


@blueprint.app_template_global()
def acts_for_nobody() -> bool:
    """Tell whether the reader approves others' hours and has not said who they are."""
    actor = find_actor()
    if actor is None or current_app.config["IS_DEMO"]:
        return False
    return actor.volunteer_id is None and bool(actor.organises)


@blueprint.route("/me/volunteer", methods=["GET", "POST"])
@allow("profile.change")
def volunteer() -> ResponseReturnValue:
    """Say who one is by number and name; asked again before it is kept, for it stays so."""
    actor = current_actor()
    if actor.volunteer_id is not None:
        not_found()
    form = OneselfForm()
    if form.validate_on_submit():
        try:
            return _linked(form, actor)
        except RuleBroken as refusal:
            form.refuse(refusal, "number")
    status = 422 if form.is_submitted() else 200
    return render_template("teams/oneself.html", form=form), status


def _linked(form: OneselfForm, actor: Actor) -> ResponseReturnValue:
    on, session = today(), db.session()
    found = operations.find_oneself(
        session, number=form.number.data or "", name=form.name.data or "", actor=actor, today=on
    )
    if "confirmed" not in request.form:
        return _asked_again(form, actor, found)
    with transaction() as writing:
        operations.link_oneself(writing, found.id, actor=actor, now=now(), today=on)
    flash(_("You are known as this volunteer now. Others approve your hours."), "success")
    return redirect(url_for("account.own"), 303)


def _asked_again(form: OneselfForm, actor: Actor, found: Volunteer) -> str:
    own = queries.approved_by(db.session(), actor.login_id, found.id)
    sent = {"number": form.number.data, "name": form.name.data, "confirmed": "yes"}
    return render_template("teams/confirm_oneself.html", person=found, own=own, sent=sent)
