"""Prove again who one is, on a device that is signed in: by code where there is a second factor."""

from __future__ import annotations

from app.clock import now, today_in
from app.db import db, transaction
from app.people import operations, queries
from app.people.access import (
    factor_keys,
    give_turn_back,
    read_again,
    take_factor_turn,
    take_secret_turn,
)
from app.people.entering import fitting
from app.people.queries import Candidate, SignedIn
from app.people.rules.sign_in import SecretWrong
from app.web.languages import chosen_zone


def prove(signed: SignedIn, typed: str) -> None:
    """Take a code, or the password where there is no second factor, or refuse it."""
    if queries.has_factor(db.session(), signed.login_id):
        by_code(signed, typed)
    else:
        own = with_secret(signed.login_id, typed)
        with transaction() as db_session:
            operations.prove_with_password(
                db_session,
                session_id=signed.session_id,
                login_id=signed.login_id,
                verified_hash=own.password_hash or "",
                now=now(),
            )
    read_again()


def by_code(signed: SignedIn, typed: str, browser: str | None = None) -> operations.Proven:
    """Take a code of the app or a recovery code; a wrong one stays counted."""
    turn_id, at = take_factor_turn(signed.login_id), now()
    with transaction() as db_session:
        return operations.prove_with_factor(
            db_session,
            session_id=signed.session_id,
            login_id=signed.login_id,
            typed=typed,
            keys=factor_keys(),
            now=at,
            today=today_in(chosen_zone(), at),
            turn_id=turn_id,
            browser=browser,
        )


def with_secret(login_id: int, typed: str) -> Candidate:
    """Return whose present password or PIN was typed; a wrong one stays counted."""
    (own,) = queries.candidates_by_id(db.session(), [login_id])
    turn_id = take_secret_turn("password", str(login_id), typed, [own])
    if not fitting([own], typed):
        raise SecretWrong
    give_turn_back(turn_id)
    return own
