"""One's own account: password, devices, and which volunteer one is."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, transaction
from app.errors import RuleBroken
from app.people import operations, queries
from app.people.access import current_sign_in, end_cookie
from app.people.entering import hash_of_new
from app.people.forms import PASSWORD, PIN, ChangeForm
from app.people.proving import with_secret
from app.people.queries import SignedIn
from app.people.rules import passwords
from app.people.rules.sign_in import SignInWrong, TooManyTries, lifetime
from app.web.languages import chosen_zone
from app.web.policy import allow, not_found

blueprint = Blueprint("account", __name__)


@blueprint.get("/me/account")
@allow("profile.read")
def own() -> ResponseReturnValue:
    """Language, password or PIN, and the devices that are signed in."""
    return _account_page(_signed())


@blueprint.post("/me/account/password")
@allow("profile.change")
def change_password() -> ResponseReturnValue:
    """Change the password or PIN, or one for the other; every other device is signed out."""
    signed, form, status = _signed(), ChangeForm(), 422
    if form.validate_on_submit():
        try:
            _changed_secret(signed, form)
        except TooManyTries as refusal:
            status = 429
            form.refuse(refusal)
        except SignInWrong as refusal:
            form.refuse(refusal, "present")
        except RuleBroken as refusal:
            form.refuse(refusal, form.chosen_field)
        else:
            said = _("Your PIN is set; your other devices are signed out.")
            other = _("Your password is changed; your other devices are signed out.")
            flash(said if form.is_pin else other, "success")
            return redirect(url_for(".own"), 303)
    return _account_page(signed, form), status


def _changed_secret(signed: SignedIn, form: ChangeForm) -> None:
    if current_app.config["IS_DEMO"]:
        raise passwords.DemoPasswordKept
    own = with_secret(signed.login_id, form.present.data or "")
    new_hash, at = hash_of_new(form, own), now()
    with transaction() as db_session:
        operations.change_password(
            db_session,
            signed.login_id,
            verified_hash=own.password_hash or "",
            password_hash=new_hash,
            is_pin=form.is_pin,
            session_id=signed.session_id,
            now=at,
            today=today_in(chosen_zone(), at),
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


@blueprint.post("/me/account/sessions/end-others")
@allow("profile.change")
def end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    signed = _signed()
    with transaction() as db_session:
        operations.revoke_sessions(
            db_session,
            signed.login_id,
            actor_id=signed.login_id,
            now=now(),
            except_session_id=signed.session_id,
        )
    flash(_("Your other devices are signed out."), "toast")
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


def _account_page(signed: SignedIn, form: ChangeForm | None = None) -> str:
    at = now()
    (mine,) = queries.candidates_by_id(db.session(), [signed.login_id])
    kind = PIN if mine.has_pin else PASSWORD
    on = today_in(chosen_zone(), at)
    is_leader, roles = queries.standing_of(db.session(), signed.login_id, on)
    return render_template(
        "people/account.html",
        form=form or ChangeForm(formdata=None, data={"kind": kind}),
        devices=queries.open_sessions(db.session(), signed.login_id, at),
        this_id=signed.session_id,
        has_factor=queries.has_factor(db.session(), signed.login_id),
        own=mine,
        life=lifetime(is_leader=is_leader, roles=roles),
        may_have_pin=not queries.needs_password(db.session(), signed.login_id, on),
    )


def _signed() -> SignedIn:
    return current_sign_in() or not_found()
