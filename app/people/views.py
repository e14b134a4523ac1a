"""Sign in and out, activate an account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.clock import now, today_in
from app.db import db, transaction
from app.errors import RuleBroken
from app.people import operations, queries
from app.people.access import (
    account_key,
    address,
    awaited_sign_in,
    browser_token,
    current_sign_in,
    device,
    end_cookie,
    end_former,
    give_turn_back,
    login_manager,
    take_secret_turn,
    take_turn,
)
from app.people.entering import enter, entered, fitting, hash_of_new
from app.people.forms import PIN, ActivateForm, SignInForm
from app.people.in_hand import in_hand
from app.people.queries import Candidate
from app.people.rules import passwords
from app.people.rules.names import number_tail, typed_account, typed_phone
from app.people.rules.naming import masked_name
from app.people.rules.sign_in import PHONE_SHARERS, SignInWrong, TooManyTries
from app.web.addresses import safe_path, way_back
from app.web.languages import chosen_zone
from app.web.policy import allow
from app.web.resending import held_form

blueprint = Blueprint("people", __name__)

PENDING = "which_one"
PENDING_LIFETIME = timedelta(minutes=5)


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    # No template asks who is signed in this way, least of all the pages of a lost database.
    login_manager.init_app(state.app, add_context_processor=False)


# ── sign in ───────────────────────────────────────────────────────────────────────────────


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow("sign_in.use")
def sign_in() -> ResponseReturnValue:
    """One field for number, phone or login name, and the password or PIN."""
    if request.method == "GET" and current_sign_in():
        return redirect(way_back(), 303)
    held = held_form()
    if held and "account" not in request.form:
        return _sign_in_page(SignInForm(formdata=None), held), 200
    form = SignInForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return _entered(form)
        except TooManyTries as refusal:
            status = 429
            form.refuse(refusal)
        except RuleBroken as refusal:
            form.refuse(refusal)
    return _sign_in_page(form, held), status


def _sign_in_page(form: SignInForm, held: str | None) -> str:
    return render_template("people/sign_in.html", form=form, next=_next(), held=held)


def _entered(form: SignInForm) -> Response:
    """Sign in whose secret it was; the try stays counted when it is nobody's."""
    typed, secret = form.account.data or "", form.password.data or ""
    candidates = queries.sign_in_candidates(db.session(), typed)
    turn_id = take_secret_turn("sign-in", typed_account(typed), secret, candidates)
    # An unknown account takes as long as a known one, a lonely phone as long as a shared.
    found = fitting(candidates, secret, checks=PHONE_SHARERS if typed_phone(typed) else 1)
    if not found:
        raise SignInWrong
    if len(found) > 1:
        give_turn_back(turn_id)
        _remember_pending(found, is_shared=form.is_shared.data)
        if held := held_form():
            return make_response(_which_one_page(found, held))
        return redirect(url_for(".which_one", next=_next()), 303)
    return enter(found[0], secret, turn_id, is_shared=form.is_shared.data)


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
            return enter(chosen[0], is_shared=session[PENDING]["is_shared"])
    status = 422 if request.method == "POST" else 200
    return _which_one_page(candidates, held_form(), status), status


def _which_one_page(candidates: list[Candidate], held: str | None, status: int = 200) -> str:
    people = [
        {
            "value": one.login_id,
            "label": masked_name(one.display_name),
            "hint": _("number ends in %(tail)s", tail=number_tail(one.number)),
        }
        for one in candidates
    ]
    return render_template(
        "people/which_one.html", people=people, next=_next(), held=held, status=status
    )


def _remember_pending(candidates: list[Candidate], *, is_shared: bool) -> None:
    """Keep, signed and for minutes only, whose secret it was; a new one voids it."""
    session[PENDING] = {
        "is_shared": is_shared,
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
    if current_sign_in() or awaited_sign_in():
        with transaction() as db_session:
            end_former(db_session)
    end_cookie()
    flash(_("You are signed out."), "toast")
    return redirect(url_for(".sign_in"), 303)


@blueprint.route("/activate", methods=["GET", "POST"])
@allow("sign_in.use")
def activate() -> ResponseReturnValue:
    """Set a PIN or password with the code from the slip of paper, and be signed in."""
    card = in_hand()
    # With the card in hand it is known who one is, and a PIN is what goes with a card.
    form = ActivateForm(data={"account": card.number, "kind": PIN} if card else None)
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
            form.refuse(refusal, form.chosen_field)
    return render_template("people/activate.html", form=form, has_card=card is not None), status


def _activated(form: ActivateForm) -> Response:
    typed, code = form.account.data or "", form.code.data or ""
    owner = _owner_of_code(typed, code)
    if current_app.config["IS_DEMO"] and owner.password_hash:
        raise passwords.DemoPasswordKept
    secret_hash = hash_of_new(form, owner, typed)
    at, token, is_shared = now(), browser_token(), form.is_shared.data
    with transaction() as db_session:
        begun = operations.activate(
            db_session,
            login_id=owner.login_id,
            code=passwords.typed_code(code),
            password_hash=secret_hash,
            is_pin=form.is_pin,
            address=address(),
            device=device(),
            browser=None if is_shared else passwords.digest(token),
            now=at,
            today=today_in(chosen_zone(), at),
            is_shared=is_shared,
        )
        end_former(db_session)
    answer = entered(begun, None if is_shared else token, is_shared=is_shared)
    if begun.awaits_code:
        flash(_("Your password is set. Now give the code from your phone."), "success")
        return answer
    said = _("Your PIN is set and you are signed in.")
    flash(said if form.is_pin else _("Your password is set and you are signed in."), "success")
    return answer


def _owner_of_code(typed: str, code: str) -> Candidate:
    """Return whose code it is; the try stays counted when it is not that person's."""
    candidates = {one.login_id: one for one in queries.sign_in_candidates(db.session(), typed)}
    turn_id = take_turn("activate", typed_account(typed), list(candidates))
    found = queries.open_code(db.session(), passwords.digest(passwords.typed_code(code)), now())
    if found is None or found.login_id not in candidates:
        raise passwords.CodeWrong
    # Hashing takes its time: no transaction stays open after this one.
    give_turn_back(turn_id)
    return candidates[found.login_id]


def _next() -> str | None:
    """Return the path of ours that the sign-in page was asked to lead back to."""
    return safe_path(request.values.get("next"))
