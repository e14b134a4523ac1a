"""Who stands behind the cookie: a random token, whose row says who, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from flask import current_app, g, has_request_context, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.clock import now
from app.db import db, transaction
from app.errors import NotFound
from app.people import operations
from app.people.operations import Begun, Keys, choose_language
from app.people.queries import (
    Candidate,
    SignedIn,
    asking_signed_in,
    signed_in,
    signed_in_told,
)
from app.people.rules.passwords import HashCost, digest, keyed_digest, new_token
from app.people.rules.pins import typed_pin
from app.people.rules.sealing import key_for
from app.people.rules.second_factor import FACTOR_LIMIT
from app.people.rules.sign_in import (
    ACCOUNT_LIMIT,
    KNOWN_DEVICE_LIFETIME,
    PIN_LIMIT,
    Limit,
    device_of,
    shared_address,
)
from app.web.actor import forget_actor

login_manager = LoginManager()
# The row is what counts; a phone that moves between networks stays signed in.
login_manager.session_protection = None


class Guest(UserMixin):  # type: ignore[misc]
    """What Flask-Login carries about: the token, and the row it stands for.

    `awaited`: whose password it was, while the second factor is waited for; nobody yet.
    """

    def __init__(
        self, token: str, signed: SignedIn | None, awaited: SignedIn | None = None
    ) -> None:
        self.id = token
        self.signed = signed
        self.awaited = awaited


def asking_sign_in() -> list[tuple[Any, ...]]:
    """Return the query for who stands behind the cookie of this request, if it has one."""
    token = session.get("_user_id") if has_request_context() else None
    return [asking_signed_in(digest(token), now())] if isinstance(token, str) else []


def keep_sign_in(rows: Sequence[Any]) -> None:
    """Keep the answer to `asking_sign_in` until it is wanted, which is once and soon."""
    g.sign_in_kept = session["_user_id"], rows


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> Guest | None:
    kept_token, rows = g.pop("sign_in_kept", (None, ()))
    if kept_token == token:
        found = signed_in_told(rows)
    else:
        found = signed_in(db.session(), digest(token), now())
    if found is None:
        return None
    return Guest(token, found) if found.proven_at else Guest(token, None, found)


def current_sign_in() -> SignedIn | None:
    """Return who is signed in on this device, read once per request from the database."""
    return getattr(current_user, "signed", None) if has_request_context() else None


def awaited_sign_in() -> SignedIn | None:
    """Return who gave the password here and has still to give the second factor."""
    return getattr(current_user, "awaited", None) if has_request_context() else None


def read_again() -> None:
    """Read sign-in and rights anew, after what the session has proven changed."""
    g.pop("_login_user", None)
    forget_actor()


def begin_cookie(begun: Begun, *, is_shared: bool = False) -> None:
    """Put a new session's token into the cookie; nothing of an earlier one survives.

    On a shared device the browser forgets it when it is closed.
    """
    session.clear()
    session.permanent = not is_shared
    login_user(Guest(begun.token, None))
    _forget()


def end_cookie() -> None:
    """Empty the cookie."""
    logout_user()
    session.clear()
    _forget()


def _forget() -> None:
    g.pop("_login_user", None)
    # A page answered at once, without a redirect, needs the token of the new session.
    g.pop("csrf_token", None)
    forget_actor()


def remembered_language(login_id: int) -> str | None:
    """Return the language a signed-in person chose."""
    signed = current_sign_in()
    return signed.language if signed and signed.login_id == login_id else None


def remember_language(login_id: int, language: str) -> None:
    """Keep the language a signed-in person chose."""
    with transaction() as db_session:
        choose_language(db_session, login_id, language, now=now())


def end_former(db_session: Session) -> None:
    """End the session the browser came with, so that no row outlives its cookie."""
    signed = current_sign_in() or awaited_sign_in()
    if signed is None:
        return
    with suppress(NotFound):  # a second tap: it has ended already
        operations.sign_out(
            db_session, session_id=signed.session_id, login_id=signed.login_id, now=now()
        )


def take_secret_turn(purpose: str, typed: str, secret: str, candidates: Sequence[Candidate]) -> int:
    """Count a try at a password, or at a PIN by the PIN's stricter limit.

    Whatever looks like a PIN is counted as one, so nobody learns whose it would be; and under
    one name whichever way it is tried: by card, number, phone or on the account page.
    """
    login_ids = [each.login_id for each in candidates]
    if not typed_pin(secret):
        return take_turn(purpose, typed, login_ids)
    phones = sorted(each.phone for each in candidates if each.phone)
    known_as = [*phones, *(f"login {each}" for each in login_ids), typed]
    return take_turn("pin", known_as[0], login_ids, PIN_LIMIT)


def take_factor_turn(login_id: int) -> int:
    """Count a try at a second factor by the limit of six digits, or refuse it for now."""
    return take_turn("factor", str(login_id), [login_id], FACTOR_LIMIT)


def factor_keys() -> Keys:
    """Return what opens the secrets of second factors here."""
    secret = str(current_app.config["SECRET_KEY"])
    return Keys(key_for("qicai second factor 1", secret), secret)


def take_turn(purpose: str, typed: str, login_ids: list[int], limit: Limit = ACCOUNT_LIMIT) -> int:
    """Count a try at one of these logins before it is judged, or refuse it for now."""
    with transaction() as db_session:
        return operations.take_turn(
            db_session,
            account=account_key(purpose, typed),
            login_ids=login_ids,
            address=address(),
            device=browser_digest(),
            now=now(),
            limit=limit,
        )


def give_turn_back(turn_id: int) -> None:
    """Take a try that was right out of the count."""
    with transaction() as db_session:
        operations.give_back(db_session, turn_id)


def hash_cost() -> HashCost:
    """Return what a password hash may take here."""
    config = current_app.config
    return HashCost(config["ARGON2_MEMORY_KIB"], config["ARGON2_TIME_COST"])


def account_key(purpose: str, typed: str) -> str:
    """Return under which name failed tries are counted; it cannot be read back."""
    return keyed_digest(f"{purpose}:{typed}", str(current_app.config["SECRET_KEY"]))


def browser_token() -> str:
    """Return the token by which this browser is known, a fresh one when it has none."""
    token = request.cookies.get(_browser_cookie(), "")
    return token if len(token) == len(new_token()) and token.isascii() else new_token()


def browser_digest() -> str | None:
    """Return under what the browser's token is kept; None when it came with none."""
    token = request.cookies.get(_browser_cookie(), "")
    return digest(token) if token else None


def keep_browser_token(response: Response, token: str) -> None:
    """Give the browser its token: random, and nothing about anybody."""
    config = current_app.config
    response.set_cookie(
        _browser_cookie(),
        token,
        max_age=KNOWN_DEVICE_LIFETIME,
        path=config["SESSION_COOKIE_PATH"],
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _browser_cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}_browser"


def address() -> str:
    """Return where the request comes from, as it is counted."""
    return shared_address(request.remote_addr or "")


def device() -> str:
    """Return what the request comes from, for its owner to recognise."""
    return device_of(request.user_agent.string)
