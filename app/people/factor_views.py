"""One's second factor: set it up, its recovery codes, give it up; prove oneself for a file."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.people import operations, queries
from app.people.access import current_sign_in, factor_keys, read_again, take_factor_turn
from app.people.forms import ProofForm
from app.people.papers import SHOWN_FOR, qr, seed_of, shown
from app.people.queries import SignedIn
from app.people.rules import second_factor as rules
from app.people.rules.passwords import code_of, shown_code
from app.people.rules.sealing import seal, unseal
from app.people.rules.sign_in import TooManyTries
from app.people.step_up import asks_again, is_proven_now, proof_page, tried
from app.web.actor import current_actor
from app.web.addresses import safe_path, way_back
from app.web.edge import current_site
from app.web.navigation import role_label
from app.web.policy import allow, not_found

blueprint = Blueprint("factor", __name__)

# In the signed cookie: the sealed secret of an app being set up; what recovery codes come from.
BEGUN, CODES = "factor_begun", "factor_codes"
BEGUN_LASTS = timedelta(minutes=30)


@blueprint.get("/me/second-factor")
@allow("profile.read")
def own() -> ResponseReturnValue:
    """Show the second factor there is, or the QR code that begins one."""
    return _page(ProofForm(formdata=None))


@blueprint.post("/me/second-factor")
@allow("profile.change")
@asks_again
def set_up() -> ResponseReturnValue:
    """Take the app whose code was typed, and show the recovery codes."""
    form, status = ProofForm(), 422
    if form.validate_on_submit():
        try:
            _set_up(_signed(), form.proof.data or "")
        except TooManyTries as refusal:
            status = 429
            form.refuse(refusal, "proof")
        except RuleBroken as refusal:
            form.refuse(refusal, "proof")
        else:
            flash(_("Your second factor is set up; your other devices are signed out."), "success")
            return redirect(url_for(".codes", next=_next()), 303)
    form.proof.data = None
    return _page(form, status)


@blueprint.get("/me/second-factor/codes")
@allow("profile.read")
def codes() -> ResponseReturnValue:
    """Show fresh recovery codes, for some minutes and on this device only."""
    fresh = _fresh_codes(_signed().login_id)
    if not fresh:
        return redirect(url_for(".own"), 303)
    return shown("people/recovery_codes.html", codes=fresh, next=_next())


@blueprint.post("/me/second-factor/codes")
@allow("profile.change")
@asks_again
def renew_codes() -> ResponseReturnValue:
    """Make the recovery codes anew; the old ones work no more."""
    signed, nonce = _signed(), secrets.token_hex(16)
    with transaction() as db_session:
        operations.renew_recovery_codes(
            db_session,
            signed.login_id,
            recovery=_codes_from(nonce),
            keys=factor_keys(),
            now=now(),
        )
    _remember(nonce, signed.login_id)
    return redirect(url_for(".codes"), 303)


@blueprint.post("/me/second-factor/remove")
@allow("profile.change")
@asks_again
def remove() -> ResponseReturnValue:
    """Give the second factor up."""
    with transaction() as db_session:
        operations.remove_factor(db_session, _signed().login_id, now=now())
    read_again()
    flash(_("Your second factor is removed."), "success")
    return redirect(url_for(".own"), 303)


@blueprint.route("/me/prove", methods=["GET", "POST"])
@allow("profile.read")
def prove_page() -> ResponseReturnValue:
    """Ask who is there before a file is handed out, and lead on to it."""
    if is_proven_now():
        return shown("people/proven.html", next=way_back("/me/account"))
    if request.method == "GET":
        return proof_page(ProofForm(formdata=None), next_path=_next())
    asked_again = tried(ProofForm(), next_path=_next())
    return asked_again or redirect(url_for(".prove_page", next=_next()), 303)


# ── setting up ────────────────────────────────────────────────────────────────────────────


def _page(form: ProofForm, status: int = 200) -> Response:
    signed = _signed()
    factor = queries.factor_of(db.session(), signed.login_id)
    secret = None if factor else _secret(signed.login_id)
    answer = shown(
        "people/second_factor.html",
        form=form,
        factor=factor,
        typed=rules.shown_secret(secret) if secret else None,
        symbol=qr(_in_app(secret, signed)) if secret else None,
        next=_next(),
        asleep_here=role_label(current_actor().asleep),
    )
    answer.status_code = status
    return answer


def _set_up(signed: SignedIn, typed: str) -> None:
    if current_app.config["IS_DEMO"]:
        raise rules.DemoFactorRefused
    secret = _begun(signed.login_id)
    if secret is None:
        raise rules.SetUpTooOld
    turn_id, nonce = take_factor_turn(signed.login_id), secrets.token_hex(16)
    with transaction() as db_session:
        operations.set_up_factor(
            db_session,
            signed.login_id,
            secret=secret,
            typed=typed,
            recovery=_codes_from(nonce),
            session_id=signed.session_id,
            keys=factor_keys(),
            now=now(),
        )
        operations.give_back(db_session, turn_id)
    session.pop(BEGUN, None)
    _remember(nonce, signed.login_id)
    read_again()


def _secret(login_id: int) -> str:
    """Return the secret being set up here, a fresh one where none is."""
    if found := _begun(login_id):
        return found
    secret, until = rules.new_secret(), (now() + BEGUN_LASTS).isoformat()
    sealed = seal(secret, bound_to=f"begun {login_id}", key=factor_keys().seal)
    session[BEGUN] = {"sealed": sealed, "until": until}
    return secret


def _begun(login_id: int) -> str | None:
    kept: dict[str, Any] = session.get(BEGUN) or {}
    if not kept or datetime.fromisoformat(kept["until"]) < now():
        return None
    return unseal(kept["sealed"], bound_to=f"begun {login_id}", key=factor_keys().seal)


def _in_app(secret: str, signed: SignedIn) -> str:
    site = current_site()
    issuer = _("Qicai Time Bank")
    account = f"{signed.display_name} · {site.name}" if site else signed.display_name
    return rules.app_address(secret, account=account.replace(":", " "), issuer=issuer)


# ── recovery codes, for some minutes ──────────────────────────────────────────────────────


def _codes_from(nonce: str) -> list[str]:
    seed = seed_of("recovery codes", nonce)
    return [code_of(seed, place) for place in range(1, rules.RECOVERY_CODES + 1)]


def _remember(nonce: str, login_id: int) -> None:
    until = (now() + SHOWN_FOR).isoformat()
    session[CODES] = {"nonce": nonce, "login": login_id, "until": until}


def _fresh_codes(login_id: int) -> list[str]:
    kept: dict[str, Any] = session.get(CODES) or {}
    if not kept or kept["login"] != login_id or datetime.fromisoformat(kept["until"]) < now():
        return []
    return [shown_code(code) for code in _codes_from(kept["nonce"])]


def _next() -> str | None:
    return safe_path(request.values.get("next"))


def _signed() -> SignedIn:
    return current_sign_in() or not_found()
