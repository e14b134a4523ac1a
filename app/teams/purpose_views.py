"""At the organiser's desk: on paper a person agreed to a purpose, or said no longer."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.clock import now
from app.db import db, transaction
from app.people import operations as people
from app.people.operations import Deciding, PurposeWord
from app.people.queries import helpers_of
from app.people.rules.purposes import CHOSEN, PURPOSES
from app.teams.access import own_person, today
from app.teams.family_views import acting_page, naming_form
from app.teams.join_forms import ANOTHER_GUARDIAN, THE_PERSON, ActingForm
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("purposes", __name__, url_prefix="/admin/people/<int:volunteer_id>/consents")


@blueprint.post("/<purpose>")
@allow("volunteer.change")
def agreed(volunteer_id: int, purpose: str) -> ResponseReturnValue:
    """Keep that on paper somebody agreed to a purpose, and who signed it."""
    actor = current_actor()
    own_person(actor, volunteer_id)
    if purpose not in CHOSEN:
        not_found()
    deciding = Deciding(actor.login_id, now(), today())
    form = naming_form(
        helpers_of(db.session(), volunteer_id, deciding.today),
        deciding.today,
        request.form,
        purpose,
    )

    def operate(session: Session) -> bool:
        word = _on_paper(str(form.signed.data))
        return people.decide_purpose(session, volunteer_id, purpose, word, deciding)

    if form.validate() and carried_out(form, operate, {"guardian_needed": "signed"}):
        return _saved(volunteer_id)
    page = acting_page(own_person(actor, volunteer_id), ActingForm(formdata=None), {purpose: form})
    return page, 422


@blueprint.post("/<purpose>/end")
@allow("volunteer.change")
def end(volunteer_id: int, purpose: str) -> ResponseReturnValue:
    """Keep that a person no longer agrees to a purpose, on their word or a guardian's."""
    actor = current_actor()
    own_person(actor, volunteer_id)
    if purpose not in PURPOSES:
        not_found()
    word = PurposeWord(False, "paper", "guardian" if purpose == "minors" else "person")
    with transaction() as session:
        deciding = Deciding(actor.login_id, now(), today())
        people.decide_purpose(session, volunteer_id, purpose, word, deciding)
    return _saved(volunteer_id)


def _on_paper(signed: str) -> PurposeWord:
    if signed == THE_PERSON:
        return PurposeWord(is_given=True, given_by="paper")
    guardian_id = None if signed == ANOTHER_GUARDIAN else int(signed)
    return PurposeWord(True, "paper", "guardian", guardian_id)


def _saved(volunteer_id: int) -> Response:
    flash(_("Saved."), "toast")
    return redirect(url_for("family.acting", volunteer_id=volunteer_id), 303)
