"""At the organiser's desk: on paper a person agreed to be named, or said no longer."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.clock import now
from app.db import db, transaction
from app.people import operations as people
from app.people.operations import NamingWord
from app.people.queries import helpers_of
from app.teams.access import own_person, today
from app.teams.family_views import acting_page, naming_form
from app.teams.join_forms import ANOTHER_GUARDIAN, THE_PERSON, ActingForm
from app.web.actor import current_actor
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("naming", __name__, url_prefix="/admin/people/<int:volunteer_id>/named")


@blueprint.post("")
@allow("volunteer.change")
def agreed(volunteer_id: int) -> ResponseReturnValue:
    """Keep that on paper somebody agreed to be named, and who signed it."""
    actor = current_actor()
    own_person(actor, volunteer_id)
    on = today()
    helpers = helpers_of(db.session(), volunteer_id, on)
    form = naming_form(helpers, on, request.form, "boards")

    def operate(session: Session) -> bool:
        return people.decide_naming(
            session,
            volunteer_id,
            _on_paper(str(form.signed.data)),
            actor_id=actor.login_id,
            now=now(),
            today=on,
        )

    if form.validate() and carried_out(form, operate, {"guardian_needed": "signed"}):
        return _saved(volunteer_id)
    return acting_page(
        own_person(actor, volunteer_id), ActingForm(formdata=None), {"boards": form}
    ), 422


@blueprint.post("/end")
@allow("volunteer.change")
def end(volunteer_id: int) -> ResponseReturnValue:
    """Take a person's full name off public pages, on their word."""
    actor = current_actor()
    own_person(actor, volunteer_id)
    with transaction() as session:
        people.decide_naming(
            session,
            volunteer_id,
            NamingWord(is_named=False, given_by="self"),
            actor_id=actor.login_id,
            now=now(),
            today=today(),
        )
    return _saved(volunteer_id)


def _on_paper(signed: str) -> NamingWord:
    if signed == THE_PERSON:
        return NamingWord(is_named=True, given_by="paper")
    guardian_id = None if signed == ANOTHER_GUARDIAN else int(signed)
    return NamingWord(True, "paper", "guardian", guardian_id)


def _saved(volunteer_id: int) -> Response:
    flash(_("Saved."), "toast")
    return redirect(url_for("family.acting", volunteer_id=volunteer_id), 303)
