"""From a right password or PIN to a signed-in browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.clock import now, today_in
from app.db import transaction
from app.people import operations
from app.people.access import (
    address,
    begin_cookie,
    browser_token,
    device,
    end_former,
    hash_cost,
    keep_browser_token,
)
from app.people.forms import ChoiceForm, ProofForm
from app.people.operations import Begun
from app.people.queries import Candidate
from app.people.rules import passwords
from app.people.rules.pins import Known, check_pin, typed_pin
from app.web.addresses import safe_path, way_back
from app.web.filters import instant
from app.web.languages import chosen_zone
from app.web.resending import held_form, send_held


def fitting(candidates: Sequence[Candidate], secret: str, *, checks: int = 1) -> list[Candidate]:
    """Return those whose password or PIN it is; takes `checks` checks, come what may."""
    pin = typed_pin(secret)
    tries = [(one.password_hash, pin if one.has_pin else secret) for one in candidates]
    fits = passwords.secrets_fit(tries, hash_cost(), checks=checks)
    return [each for each, is_fit in zip(candidates, fits, strict=True) if is_fit]


def hash_of_new(form: ChoiceForm, owner: Candidate, typed: str | None = None) -> str:
    """Return the hash of the PIN or password that was chosen, when it is fit."""
    if form.is_pin:
        chosen = check_pin(form.chosen, Known(owner.number, owner.phone, owner.born_on))
    else:
        chosen = form.chosen
        known = [typed, owner.number, owner.phone, owner.display_name]
        passwords.check_password(chosen, known)
    return passwords.hash_password(chosen, hash_cost())


def enter(
    one: Candidate,
    secret: str | None = None,
    turn_id: int | None = None,
    *,
    is_shared: bool = False,
) -> Response:
    """Sign somebody in whose secret it was, and lead them back to where they came from."""
    at, cost, token = now(), hash_cost(), browser_token()
    known = one.password_hash or ""
    is_outdated = secret is not None and passwords.hash_is_outdated(known, cost)
    typed = typed_pin(secret or "") if one.has_pin else secret or ""
    new_hash = passwords.hash_password(typed, cost) if is_outdated else None
    with transaction() as db_session:
        begun = operations.sign_in(
            db_session,
            one.login_id,
            verified_hash=one.password_hash,
            new_hash=new_hash,
            address=address(),
            device=device(),
            # A shared device is nobody's: whoever sits there next has to wait like a stranger.
            browser=None if is_shared else passwords.digest(token),
            turn_id=turn_id,
            now=at,
            today=today_in(chosen_zone(), at),
            is_shared=is_shared,
        )
        end_former(db_session)
    return entered(begun, None if is_shared else token, is_shared=is_shared)


def entered(begun: Begun, token: str | None, *, is_shared: bool) -> Response:
    """Answer with the cookies of a session that began, and say what its owner must know."""
    begin_cookie(begun, is_shared=is_shared)
    if begun.awaits_code:
        return ask_for_code()
    tell_once(begun.notice)
    return led_back(token)


def ask_for_code() -> Response:
    """Lead to the page of the second factor; a form held for its owner goes along."""
    next_path = safe_path(request.values.get("next"))
    if held := held_form():
        page = render_template("people/code.html", form=ProofForm(), next=next_path, held=held)
        return make_response(page)
    return redirect(url_for("factor_sign_in.code", next=next_path), 303)


def led_back(token: str | None) -> Response:
    """Answer somebody who is signed in now: with the form held for them, or whence they came."""
    back = send_held()
    answer = make_response(back) if back else redirect(way_back(), 303)
    if token:
        keep_browser_token(answer, token)
    return answer


def tell_once(notice: str | None) -> None:
    """Say once what happened to the account since the last sign-in."""
    if not notice:
        return
    told = json.loads(notice)
    at = instant(datetime.fromisoformat(told["at"]))
    if told["kind"] == "code_issued":
        text = _(
            "On %(at)s %(by)s handed out an activation code for your account. "
            "If you did not ask for it, change your password or PIN and tell your organiser.",
            at=at,
            by=told["by"],
        )
    elif told["kind"] == "factor_reset":
        text = _(
            "On %(at)s the second factor of your account was reset by %(by)s. "
            "If you did not ask for it, tell an administrator at once.",
            at=at,
            by=told["by"] or _("the machine's keeper"),
        )
    else:
        text = _(
            "On %(at)s your password or PIN was set with an activation code. "
            "If that was not you, tell your organiser at once.",
            at=at,
        )
    flash(text, "warning")
