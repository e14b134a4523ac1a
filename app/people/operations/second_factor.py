"""A second factor: set up, given at sign-in and again later, its recovery codes, its end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.notices.operations import tell_logins
from app.people.models import Login, RecoveryCode, SecondFactor, SignInSession, Volunteer
from app.people.notices import FACTOR_GONE, FACTOR_SET_UP, RECOVERY_CODE_USED
from app.people.operations.activation import told
from app.people.operations.sessions import end_all, locked_login
from app.people.operations.turns import give_back, know_device
from app.people.queries import standing_of
from app.people.rules import second_factor as rules
from app.people.rules.sealing import SealKey, seal, unseal
from app.people.rules.sign_in import SignInWrong, lifetime
from app.trail.operations import note

FACTOR_PAGE = "/me/second-factor"


class Keys(NamedTuple):
    """What opens the secrets of second factors, and what recovery codes are kept under."""

    seal: SealKey
    pepper: str


class Proven(NamedTuple):
    """A proof that was right: what its owner must be told now, and whether by a recovery code."""

    notice: str | None
    by: str


def set_up_factor(
    session: Session,
    login_id: int,
    *,
    secret: str,
    typed: str,
    recovery: Collection[str],
    session_id: int,
    keys: Keys,
    now: datetime,
) -> None:
    """Take an app whose code was typed; every other device is signed out."""
    locked_login(session, login_id)
    if _factor(session, login_id) is not None:
        raise rules.FactorHeld
    step = rules.step_of_code(secret, rules.typed_digits(typed) or "", now)
    if step is None:
        raise rules.FactorWrong
    factor = SecondFactor(
        login_id=login_id,
        sealed_secret=seal(secret, bound_to=_place(login_id), key=keys.seal),
        confirmed_at=now,
        last_step=step,
    )
    session.add(factor)
    session.flush()
    _keep_codes(session, login_id, recovery, keys, now)
    _mark_proven(session, session_id, login_id, now, by_factor=True)
    ended = end_all(session, login_id, now=now, except_session_id=session_id)
    _note(session, "set_up_factor", login_id, login_id, now, after={"sessions_ended": ended})
    _tell(session, FACTOR_SET_UP, login_id, now)


def renew_recovery_codes(
    session: Session, login_id: int, *, recovery: Collection[str], keys: Keys, now: datetime
) -> None:
    """Make the recovery codes anew; the ones before work no more."""
    locked_login(session, login_id)
    if _factor(session, login_id) is None:
        raise rules.FactorGone
    _keep_codes(session, login_id, recovery, keys, now)
    _note(session, "renew_recovery_codes", login_id, login_id, now, after={"count": len(recovery)})


def remove_factor(session: Session, login_id: int, *, now: datetime) -> None:
    """Give a second factor up; roles that need one sleep from now on."""
    locked_login(session, login_id)
    _drop(session, login_id)
    mine = SignInSession.login_id == login_id
    session.execute(update(SignInSession).where(mine).values(factor_at=None))
    _note(session, "remove_factor", login_id, login_id, now)
    _tell(session, FACTOR_GONE, login_id, now)


def reset_factor(
    session: Session, login_id: int, *, actor_id: int | None, reason: str, now: datetime
) -> None:
    """Take away the factor of somebody who lost phone and codes; all their sessions end.

    Whether the actor may is judged above, where teams are known; nobody at the machine's shell.
    """
    login = locked_login(session, login_id)
    _drop(session, login_id)
    ended = end_all(session, login_id, now=now)
    login.notice = told("factor_reset", session, actor_id, now)
    session.flush()
    after = {"sessions_ended": ended}
    _note(session, "reset_factor", login_id, actor_id, now, after=after, reason=reason)
    _tell(session, FACTOR_GONE, login_id, now)


def prove_with_factor(
    session: Session,
    *,
    session_id: int,
    login_id: int,
    typed: str,
    keys: Keys,
    now: datetime,
    today: date,
    turn_id: int | None = None,
    browser: str | None = None,
) -> Proven:
    """Take a code of the app, or a recovery code, for a session: each is taken once.

    A session that waited for it begins in earnest: `browser` is known from now on.
    """
    login = locked_login(session, login_id)
    by = _spend(session, login_id, typed, keys, now)
    notice = _begin(session, login, session_id, browser, now, today)
    _mark_proven(session, session_id, login_id, now, by_factor=True)
    if turn_id is not None:
        give_back(session, turn_id)
    _note(session, "prove_oneself", login_id, login_id, now, after={"by": by})
    if by == "recovery":
        _tell(session, RECOVERY_CODE_USED, login_id, now)
    return Proven(notice, by)


def prove_with_password(
    session: Session, *, session_id: int, login_id: int, verified_hash: str, now: datetime
) -> None:
    """Take a password that fitted the hash given, from somebody without a second factor."""
    login = locked_login(session, login_id)
    if login.password_hash != verified_hash or _factor(session, login_id) is not None:
        raise SignInWrong
    _mark_proven(session, session_id, login_id, now, by_factor=False)
    _note(session, "prove_oneself", login_id, login_id, now, after={"by": "password"})


# ── codes, each taken once ────────────────────────────────────────────────────────────────


def _spend(session: Session, login_id: int, typed: str, keys: Keys, now: datetime) -> str:
    factor = _factor(session, login_id)
    if factor is None:
        raise rules.FactorGone
    if (digits := rules.typed_digits(typed)) is not None:
        _spend_step(session, factor, digits, keys, now)
        return "app"
    _spend_recovery(session, login_id, rules.typed_recovery(typed) or "", keys, now)
    return "recovery"


def _spend_step(
    session: Session, factor: SecondFactor, digits: str, keys: Keys, now: datetime
) -> None:
    bound = _place(factor.login_id)
    secret = unseal(factor.sealed_secret, bound_to=bound, key=keys.seal)
    step = rules.step_of_code(secret, digits, now, after=factor.last_step) if secret else None
    if step is None:
        raise rules.FactorWrong
    # Of two who type the same code at one instant one finds the step taken.
    taken = update(SecondFactor).where(
        SecondFactor.login_id == factor.login_id, SecondFactor.last_step < step
    )
    moved = taken.values(last_step=step).returning(SecondFactor.login_id)
    if session.scalar(moved) is None:
        raise rules.FactorWrong


def _spend_recovery(session: Session, login_id: int, code: str, keys: Keys, now: datetime) -> None:
    used = (
        update(RecoveryCode)
        .where(
            RecoveryCode.login_id == login_id,
            RecoveryCode.code_digest == rules.recovery_digest(login_id, code, keys.pepper),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    if session.scalar(used) is None:
        raise rules.FactorWrong


def _keep_codes(
    session: Session, login_id: int, codes: Collection[str], keys: Keys, now: datetime
) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.login_id == login_id))
    digests = [rules.recovery_digest(login_id, code, keys.pepper) for code in codes]
    rows = [{"login_id": login_id, "code_digest": each, "made_at": now} for each in digests]
    session.execute(insert(RecoveryCode), rows)


# ── what a session has proven ─────────────────────────────────────────────────────────────


def _begin(
    session: Session,
    login: Login,
    session_id: int,
    browser: str | None,
    now: datetime,
    today: date,
) -> str | None:
    """Let a session that waited for the code begin; return what its owner must be told."""
    device = session.get(SignInSession, session_id, populate_existing=True)
    if device is None or device.login_id != login.id or device.revoked_at is not None:
        raise NotFound
    if device.proven_at is not None:
        return None
    is_leader, roles = standing_of(session, login.id, today)
    device.expires_at = device.created_at + lifetime(
        is_leader=is_leader, roles=roles, is_shared=device.is_shared
    )
    if browser and not device.is_shared:
        know_device(session, login.id, browser, now)
    notice, login.notice = login.notice, None
    session.flush()
    return notice


def _mark_proven(
    session: Session, session_id: int, login_id: int, now: datetime, *, by_factor: bool
) -> None:
    values: dict[str, Any] = {"proven_at": now} | ({"factor_at": now} if by_factor else {})
    marked = (
        update(SignInSession)
        .where(
            SignInSession.id == session_id,
            SignInSession.login_id == login_id,
            SignInSession.revoked_at.is_(None),
        )
        .values(values)
        .returning(SignInSession.id)
    )
    if session.scalar(marked) is None:
        raise NotFound


def _factor(session: Session, login_id: int) -> SecondFactor | None:
    query = select(SecondFactor).where(SecondFactor.login_id == login_id)
    return session.scalar(query.execution_options(populate_existing=True))


def _drop(session: Session, login_id: int) -> None:
    gone = delete(SecondFactor).where(SecondFactor.login_id == login_id)
    if session.scalar(gone.returning(SecondFactor.login_id)) is None:
        raise rules.FactorGone
    session.execute(delete(RecoveryCode).where(RecoveryCode.login_id == login_id))


def _place(login_id: int) -> str:
    return f"login {login_id}"


# ── what is written down and told ─────────────────────────────────────────────────────────


def _tell(session: Session, kind: str, login_id: int, now: datetime) -> None:
    tell_logins(
        session,
        kind,
        [login_id],
        figures={},
        path=FACTOR_PAGE,
        at=now,
        subject_kind="login",
        subject_id=login_id,
        once=now.isoformat(),
    )


def _note(
    session: Session,
    operation: str,
    login_id: int,
    actor_id: int | None,
    now: datetime,
    *,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    home = select(Volunteer.organisation_id).join(Login, Login.volunteer_id == Volunteer.id)
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="login",
        subject_id=login_id,
        organisation_id=session.scalar(home.where(Login.id == login_id)),
        after=after,
        reason=reason,
    )
