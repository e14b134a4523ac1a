"""One's own account: password, devices, and which volunteer one is."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.people import operations, queries
from app.people.access import current_sign_in, end_cookie, give_turn_back, hash_cost, take_turn
from app.people.forms import PasswordForm
from app.people.queries import SignedIn
from app.people.rules import passwords
from app.people.rules.sign_in import SignInWrong, TooManyTries
from app.web.policy import allow, not_found

blueprint = Blueprint("account", __name__)


@blueprint.get("/me/account")
@allow("profile.read")
def own() -> ResponseReturnValue:
    """Language, password and the devices that are signed in."""
    return _account_page(_signed(), PasswordForm(formdata=None))


@blueprint.post("/me/account/password")
@allow("profile.change")
def change_password() -> ResponseReturnValue:
    """Change the password; every other device is signed out."""
    signed, form, status = _signed(), PasswordForm(), 422
    if form.validate_on_submit():
        try:
            _changed_password(signed, form)
        except TooManyTries as refusal:
            status = 429
            form.refuse(refusal)
        except SignInWrong as refusal:
            form.refuse(refusal, "present")
        except RuleBroken as refusal:
            form.refuse(refusal, "password")
        else:
            flash(_("Your password is changed; your other devices are signed out."), "success")
            return redirect(url_for(".own"), 303)
    return _account_page(signed, form), status


def _changed_password(signed: SignedIn, form: PasswordForm) -> None:
    if current_app.config["IS_DEMO"]:
        raise passwords.DemoPasswordKept
    present, chosen = form.present.data or "", form.password.data or ""
    (own,) = queries.candidates_by_id(db.session(), [signed.login_id])
    turn_id = take_turn("password", str(signed.login_id), [signed.login_id])
    if not passwords.password_fits(own.password_hash, present, hash_cost()):
        raise SignInWrong
    give_turn_back(turn_id)
    passwords.check_password(chosen, [own.number, own.phone, own.display_name])
    new_hash = passwords.hash_password(chosen, hash_cost())
    with transaction() as db_session:
        operations.change_password(
            db_session,
            signed.login_id,
            verified_hash=own.password_hash or "",
            password_hash=new_hash,
            session_id=signed.session_id,
            now=now(),
        )


@blueprint.post("/me/account/sessions/<int:session_id>/end")
@allow("profile.change")
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one of one's own devices out."""
    signed = _signed()
    with transaction() as db_session:
        operations.end_session(db_session, session_id, login_id=signed.login_id, now=now())
    if session_id == signed.session_id:
        end_cookie()
        return redirect(url_for("people.sign_in"), 303)
    flash(_("This device is signed out."), "toast")
    return redirect(url_for(".own"), 303)


@blueprint.post("/me/account/sessions/end-all")
@allow("profile.change")
def end_all_sessions() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    signed = _signed()
    with transaction() as db_session:
        operations.revoke_sessions(db_session, signed.login_id, actor_id=signed.login_id, now=now())
    end_cookie()
    flash(_("You are signed out everywhere."), "toast")
    return redirect(url_for("people.sign_in"), 303)


def _account_page(signed: SignedIn, form: PasswordForm) -> str:
    devices = queries.open_sessions(db.session(), signed.login_id, now())
    (mine,) = queries.candidates_by_id(db.session(), [signed.login_id])
    return render_template(
        "people/account.html", form=form, devices=devices, this_id=signed.session_id, own=mine
    )


def _signed() -> SignedIn:
    return current_sign_in() or not_found()
