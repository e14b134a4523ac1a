"""Signing in, second step: after the password the code from one's phone."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.db import db
from app.errors import RuleBroken
from app.people import queries
from app.people.access import awaited_sign_in, browser_token, read_again
from app.people.entering import led_back, tell_once
from app.people.forms import ProofForm
from app.people.proving import by_code
from app.people.queries import SignedIn
from app.people.rules.passwords import digest
from app.people.rules.sign_in import TooManyTries
from app.web.addresses import safe_path
from app.web.policy import allow
from app.web.resending import held_form

blueprint = Blueprint("factor_sign_in", __name__)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@allow("sign_in.use")
def code() -> ResponseReturnValue:
    """Ask for the code of the app, or for a recovery code."""
    next_path = safe_path(request.values.get("next"))
    awaited = awaited_sign_in()
    if awaited is None:
        return redirect(url_for("people.sign_in", next=next_path), 303)
    form = ProofForm() if request.method == "POST" else ProofForm(formdata=None)
    status = 422 if request.method == "POST" else 200
    if form.validate_on_submit():
        try:
            return _entered(awaited, form.proof.data or "")
        except TooManyTries as refusal:
            status = 429
            form.refuse(refusal, "proof")
        except RuleBroken as refusal:
            form.refuse(refusal, "proof")
    form.proof.data = None
    held = held_form()
    return render_template("people/code.html", form=form, next=next_path, held=held), status


def _entered(awaited: SignedIn, typed: str) -> Response:
    token = browser_token()
    proven = by_code(awaited, typed, browser=digest(token))
    read_again()
    tell_once(proven.notice)
    if proven.by == "recovery":
        _tell_codes_left(awaited.login_id)
    return led_back(token)


def _tell_codes_left(login_id: int) -> None:
    factor = queries.factor_of(db.session(), login_id)
    left = factor.codes_left if factor else 0
    said = ngettext(
        "You used a recovery code; %(num)s is left.",
        "You used a recovery code; %(num)s are left.",
        left,
    )
    flash(said + " " + _("Make new ones under My account, Second factor."), "warning")
