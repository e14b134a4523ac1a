"""Take all data along: ask for the file, which a job makes."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.people.queries import get_volunteer
from app.people.step_up import asks_again
from app.privacy.operations.taking_along import ask_own_data
from app.teams.access import own_volunteer_id, today
from app.web.actor import current_actor
from app.web.forms import Form
from app.web.languages import language
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("own_export", __name__, url_prefix="/me/data")


@blueprint.route("", methods=["GET", "POST"])
@allow("profile.read")
@asks_again
def ask() -> ResponseReturnValue:
    """Say what the file holds, and have it made."""
    actor, form = current_actor(), Form()
    volunteer_id = own_volunteer_id(actor)

    def asking(session: Session) -> int:
        return ask_own_data(
            session,
            volunteer_id,
            language=language(),
            actor=actor,
            now=now(),
            key=form.sent_key,
            today=today(),
        )

    if form.validate_on_submit() and (job_id := carried_out(form, asking)):
        return redirect(url_for("files.job", job_id=job_id, next=url_for(".ask")), 303)
    page = render_template(
        "privacy/own_data.html", form=form, person=get_volunteer(db.session(), volunteer_id)
    )
    return page, 422 if form.is_submitted() else 200
