"""Ask that one's own data goes; for a child the guardian does."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.people.queries import get_volunteer
from app.privacy.erasing_showing import going_lines, staying_words
from app.privacy.operations.asking import ask_erasure, withdraw_erasure
from app.privacy.operations.taking_along import check_taking
from app.privacy.queries.erasing import GOING, counts_of, holds_of, last_ask, left_behind
from app.privacy.rules.erasing import ready_at
from app.teams.access import own_volunteer_id, today
from app.web.actor import current_actor
from app.web.forms import Form
from app.web.policy import allow
from app.web.saying import say
from app.web.submitting import carried_out

blueprint = Blueprint("own_erasure", __name__, url_prefix="/me/erasure")


@blueprint.route("", methods=["GET", "POST"])
@allow("profile.change")
def ask() -> ResponseReturnValue:
    """Show what would go and what stays; ask for it."""
    actor, form = current_actor(), Form()
    volunteer_id = own_volunteer_id(actor)
    check_taking(db.session(), actor, volunteer_id, today())
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: ask_erasure(session, volunteer_id, actor=actor, now=now(), today=today()),
    ):
        flash(_("It was asked. An organiser does it after a week."), "success")
        return redirect(url_for(".ask"), 303)
    return _page(volunteer_id, form), 422 if form.errors else 200


@blueprint.post("/withdraw")
@allow("profile.change")
def withdraw() -> ResponseReturnValue:
    """Take it back: nothing goes."""
    actor = current_actor()
    with transaction() as session:
        withdraw_erasure(session, own_volunteer_id(actor), actor=actor, now=now(), today=today())
    flash(_("It was taken back. Nothing goes."), "success")
    return redirect(url_for(".ask"), 303)


def _page(volunteer_id: int, form: Form) -> str:
    session = db.session()
    found = last_ask(session, volunteer_id)
    return render_template(
        "privacy/own_erasure.html",
        form=form,
        person=get_volunteer(session, volunteer_id),
        going=going_lines(counts_of(session, volunteer_id, GOING)),
        staying=staying_words(left_behind(session, volunteer_id, today())),
        held=[say(one) for one in holds_of(session, volunteer_id, today())],
        ask=found,
        ready_at=ready_at(found.asked_at) if found else None,
    )
