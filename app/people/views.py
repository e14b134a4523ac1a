"""Sign in and out, activate an account, keep one's own password and devices."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.clock import now, today_in
from app.db import db, transaction
from app.errors import NotFound, RuleBroken
from app.people import operations, queries
from app.people.access import (
    account_key,
    address,
    begin_cookie,
    current_sign_in,
    device,
    end_cookie,
    hash_cost,
    login_manager,
)
from app.people.forms import ActivateForm, PasswordForm, SignInForm
from app.people.queries import Candidate, SignedIn
from app.people.rules import passwords
from app.people.rules.names import masked_name, number_tail, typed_account
from app.people.rules.sign_in import SignInWrong, TooManyTries, refuse_while_waiting
from app.web.addresses import safe_path, way_back
from app.web.filters import instant
from app.web.languages import chosen_zone
from app.web.policy import allow, not_found

blueprint = Blueprint("people", __name__)

PENDING = "which_one"
PENDING_LIFETIME = timedelta(minutes=5)


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    login_manager.init_app(state.app)


# ── sign in ───────────────────────────────────────────────────────────────────────────────


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow("sign_in.use")
def sign_in() -> ResponseReturnValue:
    """One field for number, phone or login name, and the password."""
    if request.method == "GET" and current_sign_in():
        return redirect(way_back(), 303)
    form = SignInForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            password = form.password.data or ""
            return _enter(_fitting(form.account.data or "", password), password)
        except TooManyTries as refusal:
            status = 429
            form.refuse(refusal)
        except RuleBroken as refusal:
            form.refuse(refusal)
    return render_template("people/sign_in.html", form=form, next=_next()), status


def _fitting(typed: str, password: str) -> list[Candidate]:
    """Return the logins whose password it is; count the try when it is nobody's."""
    account = account_key("sign-in", typed_account(typed))
    candidates = queries.sign_in_candidates(db.session(), typed)
    _wait_for_turn(account, [each.login_id for each in candidates])
    cost = hash_cost()
    # An unknown account takes as long as a known one.
    hashes = [each.password_hash for each in candidates] or [None]
    fits = [passwords.password_fits(each, password, cost) for each in hashes]
    fitting = [each for each, is_fit in zip(candidates, fits, strict=False) if is_fit]
    if not fitting:
        _count_failure(account)
        raise SignInWrong
    return fitting


def _wait_for_turn(account: str, login_ids: list[int]) -> None:
    wait = queries.sign_in_wait(
        db.session(), account=account, login_ids=login_ids, address=address(), now=now()
    )
    # Hashing takes its time: no transaction stays open meanwhile.
    db.session.rollback()
    refuse_while_waiting(wait)


def _count_failure(account: str) -> None:
    with transaction() as db_session:
        operations.record_failure(db_session, account=account, address=address(), now=now())


def _enter(fitting: list[Candidate], password: str | None = None) -> Response:
    if len(fitting) > 1:
        _remember_pending(fitting)
        return redirect(url_for(".which_one", next=_next()), 303)
    (one,) = fitting
    at, cost = now(), hash_cost()
    known = one.password_hash or ""
    is_outdated = password is not None and passwords.hash_is_outdated(known, cost)
    new_hash = passwords.hash_password(password or "", cost) if is_outdated else None
    with transaction() as db_session:
        begun = operations.sign_in(
            db_session,
            one.login_id,
            verified_hash=one.password_hash,
            new_hash=new_hash,
            address=address(),
            device=device(),
            now=at,
            today=today_in(chosen_zone(), at),
        )
        _end_former(db_session)
    begin_cookie(begun)
    _tell(begun.notice)
    return redirect(way_back(), 303)


# ── two people on one phone ───────────────────────────────────────────────────────────────


@blueprint.route("/sign-in/which", methods=["GET", "POST"])
@allow("sign_in.use")
def which_one() -> ResponseReturnValue:
    """Ask which of the people whose password it was is signing in."""
    candidates = _pending()
    if not candidates:
        return redirect(url_for(".sign_in", next=_next()), 303)
    if request.method == "POST":
        chosen = [one for one in candidates if str(one.login_id) == request.form.get("who")]
        if chosen:
            return _enter(chosen)
    people = [
        {
            "value": one.login_id,
            "label": masked_name(one.display_name),
            "hint": _("number ends in %(tail)s", tail=number_tail(one.number)),
        }
        for one in candidates
    ]
    status = 422 if request.method == "POST" else 200
    page = render_template("people/which_one.html", people=people, next=_next(), status=status)
    return page, status


def _remember_pending(candidates: list[Candidate]) -> None:
    """Keep, signed and for minutes only, whose password it was; a new password voids it."""
    session[PENDING] = {
        "until": (now() + PENDING_LIFETIME).isoformat(),
        "logins": {str(one.login_id): _fingerprint(one) for one in candidates},
    }


def _pending() -> list[Candidate]:
    kept: dict[str, Any] = session.get(PENDING) or {}
    if not kept or datetime.fromisoformat(kept["until"]) < now():
        return []
    ids = [int(login_id) for login_id in kept["logins"]]
    found = queries.candidates_by_id(db.session(), ids)
    return [one for one in found if kept["logins"][str(one.login_id)] == _fingerprint(one)]


def _fingerprint(one: Candidate) -> str:
    return account_key("which", one.password_hash or "")[:24]


# ── sign out, activate ────────────────────────────────────────────────────────────────────


@blueprint.post("/sign-out")
@allow("sign_in.use")
def sign_out() -> ResponseReturnValue:
    """End this device's session for good."""
    if current_sign_in() is not None:
        with transaction() as db_session:
            _end_former(db_session)
    end_cookie()
    flash(_("You are signed out."), "toast")
    return redirect(url_for(".sign_in"), 303)


def _end_former(db_session: Session) -> None:
    """End the session the browser came with, so that no row outlives its cookie."""
    signed = current_sign_in()
    if signed is None:
        return
    with suppress(NotFound):  # a second tap: it has ended already
        operations.sign_out(
            db_session, session_id=signed.session_id, login_id=signed.login_id, now=now()
        )


@blueprint.route("/activate", methods=["GET", "POST"])
@allow("sign_in.use")
def activate() -> ResponseReturnValue:
    """Set a password with the code from the slip of paper, and be signed in."""
    form = ActivateForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return _activated(form)
        except TooManyTries as refusal:
            status = 429
            form.refuse(refusal)
        except passwords.CodeWrong as refusal:
            form.refuse(refusal, "code")
        except RuleBroken as refusal:
            form.refuse(refusal, "password")
    return render_template("people/activate.html", form=form), status


def _activated(form: ActivateForm) -> Response:
    typed, code = form.account.data or "", form.code.data or ""
    password = form.password.data or ""
    owner = _owner_of_code(typed, code)
    if current_app.config["IS_DEMO"] and owner.password_hash:
        raise passwords.DemoPasswordKept
    passwords.check_password(password, [typed, owner.number, owner.phone, owner.display_name])
    password_hash = passwords.hash_password(password, hash_cost())
    at = now()
    with transaction() as db_session:
        begun = operations.activate(
            db_session,
            login_id=owner.login_id,
            code=passwords.typed_code(code),
            password_hash=password_hash,
            address=address(),
            device=device(),
            now=at,
            today=today_in(chosen_zone(), at),
        )
        _end_former(db_session)
    begin_cookie(begun)
    flash(_("Your password is set and you are signed in."), "success")
    return redirect(way_back(), 303)


def _owner_of_code(typed: str, code: str) -> Candidate:
    """Return whose code it is; count the try when it is not that person's."""
    account = account_key("activate", typed_account(typed))
    candidates = {one.login_id: one for one in queries.sign_in_candidates(db.session(), typed)}
    found = queries.open_code(db.session(), passwords.digest(passwords.typed_code(code)), now())
    _wait_for_turn(account, list(candidates))
    if found is None or found.login_id not in candidates:
        _count_failure(account)
        raise passwords.CodeWrong
    return candidates[found.login_id]


# ── own account ───────────────────────────────────────────────────────────────────────────


@blueprint.get("/me/account")
@allow("profile.read")
def account() -> ResponseReturnValue:
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
            return redirect(url_for(".account"), 303)
    return _account_page(signed, form), status


def _changed_password(signed: SignedIn, form: PasswordForm) -> None:
    if current_app.config["IS_DEMO"]:
        raise passwords.DemoPasswordKept
    present, chosen = form.present.data or "", form.password.data or ""
    tried = account_key("password", str(signed.login_id))
    (own,) = queries.candidates_by_id(db.session(), [signed.login_id])
    _wait_for_turn(tried, [signed.login_id])
    if not passwords.password_fits(own.password_hash, present, hash_cost()):
        _count_failure(tried)
        raise SignInWrong
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
        return redirect(url_for(".sign_in"), 303)
    flash(_("This device is signed out."), "toast")
    return redirect(url_for(".account"), 303)


@blueprint.post("/me/account/sessions/end-all")
@allow("profile.change")
def end_all_sessions() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    signed = _signed()
    with transaction() as db_session:
        operations.revoke_sessions(db_session, signed.login_id, actor_id=signed.login_id, now=now())
    end_cookie()
    flash(_("You are signed out everywhere."), "toast")
    return redirect(url_for(".sign_in"), 303)


def _account_page(signed: SignedIn, form: PasswordForm) -> str:
    devices = queries.open_sessions(db.session(), signed.login_id, now())
    own = queries.candidates_by_id(db.session(), [signed.login_id])[0]
    return render_template(
        "people/account.html", form=form, devices=devices, this_id=signed.session_id, own=own
    )


def _signed() -> SignedIn:
    return current_sign_in() or not_found()


def _next() -> str | None:
    """Return the path of ours that the sign-in page was asked to lead back to."""
    return safe_path(request.values.get("next"))


def _tell(notice: str | None) -> None:
    """Say once what happened to the account since the last sign-in."""
    if not notice:
        return
    told = json.loads(notice)
    at = instant(datetime.fromisoformat(told["at"]))
    if told["kind"] == "code_issued":
        text = _(
            "On %(at)s %(by)s handed out an activation code for your account. "
            "If you did not ask for it, change your password and tell your organiser.",
            at=at,
            by=told["by"],
        )
    else:
        text = _(
            "On %(at)s your password was set with an activation code. "
            "If that was not you, tell your organiser at once.",
            at=at,
        )
    flash(text, "warning")
