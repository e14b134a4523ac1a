"""Say yes or no to one purpose on one's own page, with one tap."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, transaction
from app.people import operations, queries
from app.people.operations import Deciding, PurposeWord
from app.people.rules.consent import GuardianNeeded
from app.people.rules.purposes import CHOSEN, PURPOSES
from app.web.actor import current_actor
from app.web.languages import chosen_zone
from app.web.policy import allow, not_found

blueprint = Blueprint("own_purposes", __name__, url_prefix="/me/consent")


@blueprint.post("/<purpose>")
@allow("profile.change")
def decide(purpose: str) -> ResponseReturnValue:
    """Agree to a purpose, or no longer; that a helper may act is asked for, not ticked."""
    actor, is_given = current_actor(), request.form.get("given") == "y"
    volunteer_id = actor.own_id or not_found()
    if purpose not in PURPOSES or (is_given and purpose not in CHOSEN):
        not_found()
    on = today_in(chosen_zone(), now())
    deciding = Deciding(actor.login_id, now(), on, actor.on_behalf_of_id)
    word = _word(volunteer_id, purpose, is_given, deciding)
    with transaction() as session:
        operations.decide_purpose(session, volunteer_id, purpose, word, deciding)
    flash(_("Saved."), "toast")
    return redirect(url_for("own_data.consent"), 303)


def _word(volunteer_id: int, purpose: str, is_given: bool, deciding: Deciding) -> PurposeWord:
    """Return whose word it is: a helper passes on a no, which is the person's own, and no yes."""
    actor = current_actor()
    guardians = {
        one.helper_id
        for one in queries.helpers_of(db.session(), volunteer_id, deciding.today)
        if one.kind == "guardian" and one.from_on <= deciding.today
    }
    if actor.acting_for is not None and actor.volunteer_id in guardians:
        return PurposeWord(is_given, "guardian", "guardian", actor.volunteer_id)
    if purpose == "minors" or (is_given and actor.acting_for is not None):
        raise GuardianNeeded
    return PurposeWord(is_given, "self")
