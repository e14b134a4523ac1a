"""Sessions as rows: begun by a sign-in, ended by their owner, a new password or a suspension."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.errors import N_, NotAllowed, NotFound
from app.people.models import Login, SignInSession
from app.people.operations.turns import give_back, know_device
from app.people.queries import get_login, has_factor, needs_password, standing_of
from app.people.rules import sign_in as rules
from app.people.rules.passwords import digest, new_token
from app.people.rules.pins import PinNoLongerEnough
from app.people.rules.second_factor import CODE_AWAITED
from app.trail.operations import note


class AccountSuspended(NotAllowed):
    code = "suspended"
    message = N_("This account is suspended. Please ask your organiser.")


class Begun(NamedTuple):
    """A session that began: the cookie's token, and what its owner must be told now.

    `awaits_code`: it begins in earnest, and tells, when the second factor is given.
    """

    token: str
    session_id: int
    login_id: int
    notice: str | None
    awaits_code: bool = False


def sign_in(
    session: Session,
    login_id: int,
    *,
    verified_hash: str | None,
    address: str,
    device: str,
    now: datetime,
    today: date,
    new_hash: str | None = None,
    browser: str | None = None,
    turn_id: int | None = None,
    is_shared: bool = False,
) -> Begun:
    """Begin a session for somebody whose password or PIN fitted the hash given.

    `new_hash` is the same secret at today's cost. `browser`: the digest of a browser's
    token, known from now on. `turn_id`: the try, which was right. The notice is handed over once.
    """
    login = locked_login(session, login_id)
    if login.is_suspended:
        raise AccountSuspended
    # The password may have been changed while it was being checked.
    if verified_hash is None or login.password_hash != verified_hash:
        raise rules.SignInWrong
    if login.pin_set_at and needs_password(session, login_id, today):
        raise PinNoLongerEnough
    if new_hash:
        login.password_hash = new_hash
    if turn_id is not None:
        give_back(session, turn_id)
    begun = begin_session(
        session,
        login,
        address=address,
        device=device,
        now=now,
        today=today,
        is_shared=is_shared,
    )
    _note(session, "sign_in", login_id, login_id, now, session_id=begun.session_id, device=device)
    if begun.awaits_code:
        return begun
    if browser:
        know_device(session, login_id, browser, now)
    notice, login.notice = login.notice, None
    session.flush()
    return begun._replace(notice=notice)


def begin_session(
    session: Session,
    login: Login,
    *,
    address: str,
    device: str,
    now: datetime,
    today: date,
    is_shared: bool = False,
) -> Begun:
    """Insert the session's row; its trail row is the caller's."""
    is_leader, roles = standing_of(session, login.id, today)
    lasts = rules.lifetime(is_leader=is_leader, roles=roles, is_shared=is_shared)
    awaits_code = has_factor(session, login.id)
    token = new_token()
    row = SignInSession(
        token_sha256=digest(token),
        login_id=login.id,
        created_at=now,
        expires_at=now + (CODE_AWAITED if awaits_code else lasts),
        address=address,
        device=device,
        is_shared=is_shared,
        proven_at=None if awaits_code else now,
    )
    session.add(row)
    session.flush()
    return Begun(token, row.id, login.id, None, awaits_code)


def sign_out(session: Session, *, session_id: int, login_id: int, now: datetime) -> None:
    """End the session that asks for it."""
    end_session(session, session_id, login_id=login_id, now=now, operation="sign_out")


def end_session(
    session: Session,
    session_id: int,
    *,
    login_id: int,
    now: datetime,
    operation: str = "end_session",
) -> None:
    """End one of a login's own sessions; of anybody else's nothing is known."""
    ended = session.scalar(
        update(SignInSession)
        .where(
            SignInSession.id == session_id,
            SignInSession.login_id == login_id,
            SignInSession.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(SignInSession.id)
    )
    if ended is None:
        raise NotFound
    _note(session, operation, login_id, login_id, now, session_id=session_id)


def revoke_sessions(
    session: Session,
    login_id: int,
    *,
    actor_id: int | None,
    now: datetime,
    except_session_id: int | None = None,
) -> int:
    """End all of a login's sessions, but perhaps the one that asks; return how many."""
    count = end_all(session, login_id, now=now, except_session_id=except_session_id)
    if count:
        _note(session, "revoke_sessions", login_id, actor_id, now, count=count)
    return count


def end_all(
    session: Session, login_id: int, *, now: datetime, except_session_id: int | None = None
) -> int:
    """End a login's sessions as part of another operation, which writes the trail row."""
    ended = session.scalars(
        update(SignInSession)
        .where(
            SignInSession.login_id == login_id,
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
            SignInSession.id != (except_session_id or 0),
        )
        .values(revoked_at=now)
        .returning(SignInSession.id)
    )
    return len(ended.all())


def locked_login(session: Session, login_id: int) -> Login:
    """Return a login, fresh and held until the commit."""
    login = get_login(session, login_id)
    session.refresh(login, with_for_update={"key_share": True})
    return login


def _note(
    session: Session,
    operation: str,
    login_id: int,
    actor_id: int | None,
    now: datetime,
    **after: str | int,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="login",
        subject_id=login_id,
        after=after,
    )
