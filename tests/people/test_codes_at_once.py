"""Two devices give one code at the same instant: one of them is let in."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.people import operations
from app.people.access import factor_keys
from app.people.models import Login, SignInSession
from app.people.operations import second_factor as operation
from app.people.rules import second_factor as rules
from app.people.rules.second_factor import FactorWrong, new_secret
from tests.people.conftest import NOW, TODAY
from tests.service.test_side_by_side import VAIN_SECONDS, at_once

LATER = NOW + timedelta(seconds=60)
RECOVERY = ("ACDEFGHJKM", "BCDEFGHJKM")


@pytest.fixture
def devices(app: Flask, place: Any) -> tuple[str, list[int]]:
    """Return the secret of somebody with a second factor, and their two open sessions."""
    secret = new_secret()
    with transaction() as session:
        rows = [
            SignInSession(
                token_sha256=f"{number:064}", login_id=place.organiser_id, created_at=NOW,
                expires_at=NOW + timedelta(days=1), proven_at=NOW, address="", device="",
            )
            for number in range(2)
        ]  # fmt: skip
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    with app.test_request_context(), transaction() as session:
        operations.set_up_factor(
            session, place.organiser_id, secret=secret, recovery=RECOVERY, session_id=ids[0],
            typed=rules.code_at(secret, rules.step_at(NOW)), keys=factor_keys(), now=NOW,
        )  # fmt: skip
    with transaction() as session:
        for row in session.scalars(select(SignInSession).where(SignInSession.id.in_(ids))):
            row.revoked_at = None
    return secret, ids


@pytest.mark.parametrize("is_locked", [True, False])
@pytest.mark.parametrize("by", ["app", "recovery"])
def test_one_code_at_one_instant_lets_one_in(
    app: Flask, place: Any, devices: Any, monkeypatch: Any, by: str, is_locked: bool
) -> None:
    """Also without the login's lock: then the step or the code itself is taken once."""
    secret, ids = devices
    typed = rules.code_at(secret, rules.step_at(LATER)) if by == "app" else RECOVERY[0]
    meet(monkeypatch)
    if not is_locked:
        monkeypatch.setattr(operation, "locked_login", lambda session, id: session.get(Login, id))
    with app.test_request_context():
        keys = factor_keys()

    def give(session_id: int) -> None:
        with transaction() as session:
            operations.prove_with_factor(
                session, session_id=session_id, login_id=place.organiser_id, typed=typed,
                keys=keys, now=LATER, today=TODAY,
            )  # fmt: skip

    answers = at_once(app, lambda: give(ids[0]), lambda: give(ids[1]))
    assert [type(one) for one in answers if one is not None] == [FactorWrong]
    db.session.rollback()


def meet(monkeypatch: Any) -> None:
    """Let both read the code before either takes it, where nothing keeps them apart."""
    met = threading.Barrier(2)

    def read(session: Any, login_id: int, _factor: Any = operation._factor) -> Any:
        found = _factor(session, login_id)
        with suppress(threading.BrokenBarrierError):
            met.wait(VAIN_SECONDS)
        return found

    monkeypatch.setattr(operation, "_factor", read)
