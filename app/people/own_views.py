"""What one agreed to, and what was done about one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, transaction
from app.people import operations, queries
from app.people.rules.consent import PRIVACY_VERSION, GuardianNeeded, is_child
from app.people.showing import trail_sentence
from app.trail.queries import trail_about
from app.web.actor import current_actor
from app.web.languages import chosen_zone
from app.web.policy import allow, not_found

blueprint = Blueprint("own_data", __name__, url_prefix="/me")


@blueprint.get("/consent")
@allow("profile.read")
def consent() -> ResponseReturnValue:
    """Show what one agreed to, and whether one is named in public."""
    session, volunteer_id = db.session(), _own_id()
    consents = queries.consents_of(session, volunteer_id)
    return render_template(
        "people/consent.html",
        person=queries.get_volunteer(session, volunteer_id),
        consents=consents,
        version=PRIVACY_VERSION,
        has_agreed=bool(consents) and consents[0].version == PRIVACY_VERSION,
        may_agree=_may_agree(volunteer_id),
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
    """Agree to be named in full on public pages, or no longer."""
    actor, volunteer_id = current_actor(), _agreeing()
    with transaction() as session:
        operations.edit_volunteer(
            session,
            volunteer_id,
            {"is_named": request.form.get("is_named") == "y"},
            actor_id=actor.login_id,
            on_behalf_of_id=actor.on_behalf_of_id,
            now=now(),
        )
    flash(_("Saved."), "toast")
    return redirect(url_for(".consent"), 303)


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
    session, actor = db.session(), current_actor()
    on = today_in(chosen_zone(), now())
    if actor.acting_for is None:
        return not is_child(queries.get_volunteer(session, volunteer_id).born_on, on)
    guardians = queries.helpers_of(session, volunteer_id, on)
    return any(one.kind == "guardian" and one.helper_id == actor.volunteer_id for one in guardians)
