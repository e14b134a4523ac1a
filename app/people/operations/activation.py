"""One-time codes on paper, with which somebody sets their password."""

from __future__ import annotations

import json
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.people.models import ActivationCode, Login, Volunteer
from app.people.operations.openings import keep_opening
from app.people.operations.secrets import keep_secret
from app.people.operations.sessions import (
    AccountSuspended,
    Begun,
    begin_session,
    end_all,
    locked_login,
)
from app.people.operations.turns import forget_devices, know_device
from app.people.queries import get_login, open_code
from app.people.rules.passwords import CODE_LIFETIME, CodeWrong, digest, new_code
from app.trail.operations import note


def issue_activation_code(
    session: Session,
    login_id: int,
    *,
    issuer_id: int | None,
    now: datetime,
    code: str | None = None,
) -> str:
    """Return a fresh code. Earlier codes and all sessions end; the owner is told.

    `code`: drawn before, by whoever has to show it again. Whether the issuer may is judged
    above, where teams are known (teams.operations).
    """
    login = locked_login(session, login_id)
    _withdraw(session, login_id, now)
    code = code or new_code()
    session.add(
        ActivationCode(
            login_id=login_id,
            code_sha256=digest(code),
            issued_by_id=issuer_id,
            issued_at=now,
            expires_at=now + CODE_LIFETIME,
        )
    )
    login.notice = told("code_issued", session, issuer_id, now)
    session.flush()
    ended = end_all(session, login_id, now=now)
    _note(session, "issue_activation_code", login, issuer_id, now, ended)
    return code


def activate(
    session: Session,
    *,
    login_id: int,
    code: str,
    password_hash: str,
    address: str,
    device: str,
    now: datetime,
    today: date,
    browser: str | None = None,
    is_pin: bool = False,
    is_shared: bool = False,
) -> Begun:
    """Set the first or a new password or PIN with a code, end old sessions, begin one.

    `browser` as in `sign_in`; the devices known before are known no more.
    """
    login = locked_login(session, login_id)
    # Read again under the login's lock: a code opens once, even to two at one instant.
    found = open_code(session, digest(code), now)
    if found is None or found.login_id != login_id:
        raise CodeWrong
    if login.is_suspended:
        raise AccountSuspended
    used = update(ActivationCode).where(ActivationCode.id == found.id)
    session.execute(used.values(used_at=now))
    keep_secret(session, login, password_hash, is_pin=is_pin, now=now, today=today)
    # If it was somebody else who used the code, the owner reads of it when they come back.
    login.notice = told("password_set", session, found.issued_by_id, now)
    keep_opening(
        session,
        login_id,
        issuer_id=found.issued_by_id,
        issued_at=found.issued_at,
        now=now,
        today=today,
    )
    forget_devices(session, login_id)
    ended = end_all(session, login_id, now=now)
    begun = begin_session(
        session,
        login,
        address=address,
        device=device,
        now=now,
        today=today,
        is_shared=is_shared,
    )
    if browser and not begun.awaits_code:
        know_device(session, login_id, browser, now)
    _note(session, "activate", login, login_id, now, ended)
    return begun


def _withdraw(session: Session, login_id: int, now: datetime) -> None:
    session.execute(
        update(ActivationCode)
        .where(
            ActivationCode.login_id == login_id,
            ActivationCode.used_at.is_(None),
            ActivationCode.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )


def told(kind: str, session: Session, issuer_id: int | None, now: datetime) -> str:
    """Return the notice for the owner as data; the page says it in the reader's language."""
    issuer = get_login(session, issuer_id).display_name if issuer_id else ""
    return json.dumps({"kind": kind, "by": issuer, "at": now.isoformat()}, ensure_ascii=False)


def _note(
    session: Session, operation: str, login: Login, actor_id: int | None, now: datetime, ended: int
) -> None:
    volunteer = session.get(Volunteer, login.volunteer_id) if login.volunteer_id else None
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="login",
        subject_id=login.id,
        organisation_id=volunteer.organisation_id if volunteer else None,
        after={"sessions_ended": ended},
    )
