"""Act for somebody (亲情代办): switch to their pages and back, ask for a helper, end it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.people import operations as people
from app.people import queries as people_queries
from app.people.access import current_sign_in
from app.people.queries import SignedIn
from app.people.rules.consent import is_child
from app.teams import operations, queries
from app.teams.access import own_volunteer_id, today
from app.teams.join_forms import HelperForm
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("acting", __name__, url_prefix="/me/acting")


@blueprint.get("")
@allow("profile.read")
def mine() -> ResponseReturnValue:
    """Show for whom one acts and who acts for one."""
    return _page(HelperForm(formdata=None))


@blueprint.post("/<int:volunteer_id>/begin")
@allow("profile.change")
def begin(volunteer_id: int) -> ResponseReturnValue:
    """See and do on one's own pages what is somebody else's, on this device."""
    signed = _signed()
    with transaction() as session:
        people.begin_acting(
            session,
            signed.session_id,
            volunteer_id,
            login_id=signed.login_id,
            now=now(),
            today=today(),
        )
    return redirect(url_for("home.me"), 303)


@blueprint.post("/stop")
@allow("profile.change")
def stop() -> ResponseReturnValue:
    """Be oneself again."""
    signed = _signed()
    with transaction() as session:
        people.stop_acting(session, signed.session_id, login_id=signed.login_id, now=now())
    flash(_("You act for yourself again."), "toast")
    return redirect(url_for(".mine"), 303)


@blueprint.post("/ask")
@allow("profile.change")
def ask() -> ResponseReturnValue:
    """Ask that somebody may act for oneself; a leader or organiser confirms it."""
    actor, form = current_actor(), HelperForm()
    volunteer_id = own_volunteer_id(actor)
    if actor.acting_for is not None:
        not_found()
    if form.validate():
        try:
            with transaction() as session:
                operations.ask_for_helper(
                    session,
                    volunteer_id=volunteer_id,
                    number=form.number.data or "",
                    name=form.name.data or "",
                    actor=actor,
                    now=now(),
                    today=today(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, "number")
        else:
            flash(_("Asked. Your team's leader or an organiser confirms it."), "success")
            return redirect(url_for(".mine"), 303)
    return _page(form)


@blueprint.post("/asks/<int:ask_id>/withdraw")
@allow("profile.change")
def withdraw(ask_id: int) -> ResponseReturnValue:
    """Take back what one asked."""
    actor = current_actor()
    if actor.acting_for is not None:
        not_found()
    with transaction() as session:
        operations.withdraw_helper_ask(
            session, ask_id, volunteer_id=own_volunteer_id(actor), actor=actor, now=now()
        )
    flash(_("Taken back."), "toast")
    return redirect(url_for(".mine"), 303)


@blueprint.post("/<int:acting_id>/end")
@allow("profile.change")
def end(acting_id: int) -> ResponseReturnValue:
    """End that somebody acts for one, or that one acts for somebody."""
    actor = current_actor()
    own_volunteer_id(actor)
    with transaction() as session:
        operations.end_helper(session, acting_id, actor=actor, now=now(), today=today())
    flash(_("Ended. From now on nobody acts so any more."), "toast")
    return redirect(url_for(".mine"), 303)


def _page(form: HelperForm) -> ResponseReturnValue:
    session, actor, on = db.session(), current_actor(), today()
    volunteer_id = own_volunteer_id(actor)
    person = people_queries.get_volunteer(session, volunteer_id)
    page = render_template(
        "teams/acting.html",
        person=person,
        acting_for=actor.acting_for,
        wards=[] if actor.acting_for else people_queries.wards_of(session, volunteer_id, on),
        helpers=people_queries.helpers_of(session, volunteer_id, on),
        asks=queries.helper_asks_of(session, volunteer_id),
        is_child=is_child(person.born_on, on),
        on=on,
        form=form,
    )
    return page, 422 if form.is_submitted() else 200


def _signed() -> SignedIn:
    return current_sign_in() or not_found()
