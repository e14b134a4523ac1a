"""Reset the second factor of somebody who lost phone and recovery codes; asked first."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from app.clock import now
from app.db import db
from app.people.models import Volunteer
from app.people.queries import factor_of
from app.people.step_up import asks_again
from app.teams.access import readable_person, today
from app.teams.operations.factors import (
    account_of_desk,
    reset_factor_of,
    reset_factor_of_account,
)
from app.teams.queries import standing_of
from app.teams.rules import factor_refusal
from app.web.actor import current_actor
from app.web.forms import Form, ParagraphField
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("factor_desk", __name__)


class ResetForm(Form):
    """Why a second factor is reset."""

    reason = ParagraphField(
        _l("Reason"), [DataRequired(_l("Say how you know that it is them."))], most=500
    )


@blueprint.route("/admin/people/<int:volunteer_id>/second-factor", methods=["GET", "POST"])
@allow("second_factor.reset")
@asks_again
def reset(volunteer_id: int) -> ResponseReturnValue:
    """Ask for a reason, then take the second factor away."""
    actor, form = current_actor(), ResetForm()
    person = readable_person(actor, volunteer_id)
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: reset_factor_of(
            session,
            volunteer_id,
            actor=actor,
            reason=form.reason.data or "",
            now=now(),
            today=today(),
        ),
    ):
        said = _("The second factor of %(name)s is reset; they sign in anew.", name=person.name)
        flash(said, "success")
        return redirect(url_for("person_desk.person", volunteer_id=volunteer_id), 303)
    return _page(person, form), 422 if form.is_submitted() else 200


@blueprint.route("/admin/accounts/<int:login_id>/second-factor", methods=["GET", "POST"])
@allow("second_factor.reset")
@asks_again
def reset_account(login_id: int) -> ResponseReturnValue:
    """Do the same for an account that is no volunteer's, such as an administrator's."""
    actor, form = current_actor(), ResetForm()
    name = account_of_desk(db.session(), login_id, actor=actor).display_name
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: reset_factor_of_account(
            session, login_id, actor=actor, reason=form.reason.data or "", now=now()
        ),
    ):
        flash(_("The second factor of %(name)s is reset; they sign in anew.", name=name), "success")
        return redirect(url_for("roles_desk.roles"), 303)
    page = render_template(
        "teams/reset_factor.html",
        name=name,
        back_to=(url_for("roles_desk.roles"), _("Who may do what")),
        form=form,
        factor=factor_of(db.session(), login_id),
    )
    return page, 422 if form.is_submitted() else 200


def _page(person: Volunteer, form: ResetForm) -> str:
    standing = standing_of(db.session(), person.id, today())
    if refusal := factor_refusal(current_actor(), standing):
        raise refusal
    factor = factor_of(db.session(), standing.login_id) if standing.login_id else None
    back_to = (url_for("person_desk.person", volunteer_id=person.id), person.name)
    return render_template(
        "teams/reset_factor.html", name=person.name, back_to=back_to, form=form, factor=factor
    )
