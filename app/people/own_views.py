"""What one agreed to, and what was done about one."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, transaction
from app.people import operations, queries
from app.people.operations import NamingWord
from app.people.purpose_showing import purpose_cards
from app.people.queries.naming import nameable
from app.people.rules.consent import PRIVACY_VERSION, GuardianNeeded, is_child
from app.people.rules.naming import needs_guardian
from app.people.showing import naming_card, trail_sentence
from app.trail.queries import trail_about
from app.web.actor import current_actor
from app.web.languages import chosen_zone
from app.web.policy import allow, not_found

blueprint = Blueprint("own_data", __name__, url_prefix="/me")


@blueprint.get("/consent")
@allow("profile.read")
def consent() -> ResponseReturnValue:
    """Show what one agreed to, and by which name one stands in public."""
    session, volunteer_id = db.session(), _own_id()
    consents = queries.consents_of(session, volunteer_id)
    return render_template(
        "people/consent.html",
        person=queries.get_volunteer(session, volunteer_id),
        consents=consents,
        version=PRIVACY_VERSION,
        has_agreed=bool(consents) and consents[0].version == PRIVACY_VERSION,
        may_agree=_may_agree(volunteer_id),
        naming=naming_card(session, volunteer_id, _today()),
        may_name=_may_name(volunteer_id),
        purposes=purpose_cards(session, volunteer_id, _today()),
        is_guardian=current_actor().acting_for is not None and _is_guardian(volunteer_id),
        helpers=[
            one.name
            for one in queries.helpers_of(session, volunteer_id, _today())
            if one.kind == "helper"
        ],
    )


@blueprint.post("/consent")
@allow("profile.change")
def agree() -> ResponseReturnValue:
    """Agree to the privacy notice as it stands; for a child only the guardian may."""
    actor, volunteer_id = current_actor(), _agreeing()
    with transaction() as session:
        operations.give_consent(
            session,
            volunteer_id,
            given_by="guardian" if actor.acting_for else "self",
            guardian_id=actor.volunteer_id if actor.acting_for else None,
            actor_id=actor.login_id,
            on_behalf_of_id=actor.on_behalf_of_id,
            now=now(),
        )
    flash(_("Saved."), "toast")
    return redirect(url_for(".consent"), 303)


@blueprint.post("/named")
@allow("profile.change")
def named() -> ResponseReturnValue:
    """Agree to be named in full on public pages, or no longer: that takes one tap."""
    actor, volunteer_id = current_actor(), _own_id()
    word = _naming_word(volunteer_id)
    with transaction() as session:
        operations.decide_naming(
            session,
            volunteer_id,
            word,
            actor_id=actor.login_id,
            on_behalf_of_id=actor.on_behalf_of_id,
            now=now(),
            today=_today(),
        )
    flash(_("Saved."), "toast")
    return redirect(url_for(".consent"), 303)


def _naming_word(volunteer_id: int) -> NamingWord:
    """Return whose word it is: a helper passes on a no, which is the person's own, and no yes."""
    actor, is_named = current_actor(), request.form.get("is_named") == "y"
    if actor.acting_for is None:
        return NamingWord(is_named, "self")
    if _is_guardian(volunteer_id):
        return NamingWord(is_named, "guardian", "guardian", actor.volunteer_id)
    if is_named:
        raise GuardianNeeded
    return NamingWord(is_named=False, given_by="self")


@blueprint.get("/trail")
@allow("trail.read")
def trail() -> ResponseReturnValue:
    """Show what was done about one, by whom and why."""
    session, volunteer_id = db.session(), _own_id()
    # Some reasons are sentences of ours; what somebody typed is no msgid and stays.
    lines = [
        line._replace(reason=_(line.reason) if line.reason else None)
        for line in trail_about(session, "volunteer", volunteer_id)
    ]
    names = queries.login_names(session, {line.actor_id for line in lines if line.actor_id})
    return render_template(
        "people/trail.html",
        lines=[(line, trail_sentence(line), names.get(line.actor_id or 0)) for line in lines],
    )


def _own_id() -> int:
    return current_actor().own_id or not_found()


def _agreeing() -> int:
    volunteer_id = _own_id()
    if not _may_agree(volunteer_id):
        raise GuardianNeeded
    return volunteer_id


def _may_agree(volunteer_id: int) -> bool:
    """Tell whether whoever is signed in may agree: a child may not, only the guardian."""
    if current_actor().acting_for is None:
        return not is_child(queries.get_volunteer(db.session(), volunteer_id).born_on, _today())
    return _is_guardian(volunteer_id)


def _may_name(volunteer_id: int) -> bool:
    """Tell whether whoever is signed in may agree that the person is named."""
    if current_actor().acting_for is None:
        person = nameable(db.session(), volunteer_id, _today())
        return not needs_guardian(person.born_on, _today(), has_guardian=person.has_guardian)
    return _is_guardian(volunteer_id)


def _is_guardian(volunteer_id: int) -> bool:
    """Tell whether whoever is signed in is the person's guardian."""
    guardians = queries.helpers_of(db.session(), volunteer_id, _today())
    own_id = current_actor().volunteer_id
    return any(one.kind == "guardian" and one.helper_id == own_id for one in guardians)


def _today() -> date:
    return today_in(chosen_zone(), now())
