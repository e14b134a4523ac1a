"""What a sign-in needs to know: whom a text means, how long to wait, whose token it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, select, union_all
from sqlalchemy.orm import Session

from app.bulk import fetch, instant_of
from app.clock import CLOCKS_DIFFER
from app.people.models import (
    ActivationCode,
    KnownDevice,
    Login,
    SignInFailure,
    SignInSession,
    Volunteer,
)
from app.people.rules.names import typed_number, typed_phone
from app.people.rules.sign_in import (
    ACCOUNT_LIMIT,
    ADDRESS_LIMIT,
    KNOWN_ADDRESS_LIFETIME,
    KNOWN_DEVICE_LIFETIME,
    PHONE_SHARERS,
    Limit,
    address_part,
    wait_after,
)


class Candidate(NamedTuple):
    """A login that what was typed at sign-in may mean."""

    login_id: int
    display_name: str
    number: str | None
    phone: str | None
    password_hash: str | None
    is_suspended: bool
    born_on: date | None = None
    # The hash is a six-digit PIN's.
    has_pin: bool = False


class SignedIn(NamedTuple):
    """Who stands behind a session's token."""

    login_id: int
    session_id: int
    volunteer_id: int | None
    display_name: str
    language: str | None
    # For whom this device acts (亲情代办), as it chose; whether it may is judged anew each time.
    acting_for_id: int | None = None
    acting_for_name: str | None = None
    # When they last proved who they are here; missing while the second factor is waited for.
    proven_at: datetime | None = None
    # When a second factor was last proven here.
    factor_at: datetime | None = None


class OpenSession(NamedTuple):
    """One device that is signed in."""

    id: int
    created_at: datetime
    expires_at: datetime
    address: str
    device: str
    is_shared: bool
    # Somebody gave the password here, but no code yet.
    awaits_code: bool = False

    @property
    def place(self) -> str:
        """So much of the address as its owner needs to recognise it."""
        return address_part(self.address)


class OpenCode(NamedTuple):
    """An activation code that still opens."""

    id: int
    login_id: int
    issued_by_id: int | None
    issued_at: datetime
    expires_at: datetime


def sign_in_candidates(session: Session, typed: str) -> list[Candidate]:
    """Return the logins that a number, a phone or a login name may mean, at most PHONE_SHARERS."""
    of_volunteer = select(Login.id).join(Volunteer, Volunteer.id == Login.volunteer_id)
    ways = [
        select(Login.id).where(Login.name == typed.strip().lower()),
        of_volunteer.where(Volunteer.number == typed_number(typed)),
    ]
    if phone := typed_phone(typed):
        ways.append(of_volunteer.where(Volunteer.phone == phone))
    # Each way by an index of its own: joined with OR they would look through everybody.
    meant = Login.id.in_(union_all(*ways))
    # By number or name one is meant; only of those who share a phone the first few.
    in_order = case((Volunteer.phone == phone, 1), else_=0) if phone else Login.id
    query = _candidates.where(meant).order_by(in_order, Login.id).limit(PHONE_SHARERS)
    rows = session.execute(query)
    return [Candidate(*row) for row in rows]


def candidates_by_id(session: Session, login_ids: Collection[int]) -> list[Candidate]:
    """Return logins as sign-in candidates, for somebody who was asked which one they are."""
    rows = session.execute(_candidates.where(Login.id.in_(login_ids)).order_by(Login.id))
    return [Candidate(*row) for row in rows]


def candidate_of(session: Session, volunteer_id: int) -> Candidate | None:
    """Return a volunteer's login as a sign-in candidate, or None."""
    row = session.execute(_candidates.where(Login.volunteer_id == volunteer_id)).first()
    return Candidate(*row) if row else None


_candidates = select(
    Login.id,
    Login.display_name,
    Volunteer.number,
    Volunteer.phone,
    Login.password_hash,
    Login.is_suspended,
    Volunteer.born_on,
    Login.pin_set_at.is_not(None),
).outerjoin(Volunteer, Volunteer.id == Login.volunteer_id)


def sign_in_wait(
    session: Session,
    *,
    account: str,
    login_ids: Collection[int],
    address: str,
    device: str | None = None,
    limit: Limit = ACCOUNT_LIMIT,
    now: datetime,
) -> timedelta:
    """Return how long this account, from this address, has to wait before the next try.

    Where somebody signed in before, only wrong tries from there count against the account:
    a stranger's guessing elsewhere must not lock the owner out at home. From a known device
    (`device`) nothing counts but the wrong tries made on it.
    """
    if device:
        own = and_(SignInFailure.account == account, SignInFailure.device == device)
        return wait_after(_failures(session, own, limit, now), limit, now)
    here = SignInFailure.address == address
    mine = SignInFailure.account == account
    if _is_known_address(session, login_ids, address, now):
        mine = and_(mine, here)
    by_account = _failures(session, mine, limit, now)
    by_address = _failures(session, here, ADDRESS_LIMIT, now)
    return max(wait_after(by_account, limit, now), wait_after(by_address, ADDRESS_LIMIT, now))


def knows_device(session: Session, login_ids: Collection[int], device: str, now: datetime) -> bool:
    """Tell whether one of these logins signed in on a device before."""
    known = select(KnownDevice.id).where(
        KnownDevice.login_id.in_(login_ids),
        KnownDevice.token_sha256 == device,
        KnownDevice.seen_at > now - KNOWN_DEVICE_LIFETIME,
    )
    return bool(login_ids) and session.scalar(known.limit(1)) is not None


def _is_known_address(
    session: Session, login_ids: Collection[int], address: str, now: datetime
) -> bool:
    known = select(SignInSession.id).where(
        SignInSession.login_id.in_(login_ids),
        SignInSession.address == address,
        # A password alone, without the second factor, makes no address its owner's.
        SignInSession.proven_at.is_not(None),
        SignInSession.created_at > now - KNOWN_ADDRESS_LIFETIME,
    )
    return bool(login_ids) and session.scalar(known.limit(1)) is not None


def _failures(
    session: Session, condition: ColumnElement[bool], limit: Limit, now: datetime
) -> Sequence[datetime]:
    # Tries counted ahead of a clock that was set back make nobody wait until it has caught up.
    lately = SignInFailure.at.between(now - limit.window, now + CLOCKS_DIFFER)
    recent = select(SignInFailure.at).where(condition, lately)
    return session.scalars(recent.order_by(SignInFailure.at.desc()).limit(200)).all()


def signed_in(session: Session, token_sha256: str, now: datetime) -> SignedIn | None:
    """Return who stands behind a token: not revoked, not expired, not suspended.

    A session begun ahead of a clock that was set back since would last too long: it has ended.
    """
    session.flush()
    return signed_in_told(fetch(session, *asking_signed_in(token_sha256, now)))


def asking_signed_in(token_sha256: str, now: datetime) -> tuple[Any, ...]:
    """Return the query of `signed_in`, for a caller who has more to ask in the same trip."""
    return _SIGNED_IN, token_sha256, now, now + CLOCKS_DIFFER


def signed_in_told(rows: Sequence[Any]) -> SignedIn | None:
    """Return who is signed in from the answer to `asking_signed_in`."""
    for *row, proven_at, factor_at in rows:
        return SignedIn._make((*row, _instant(proven_at), _instant(factor_at)))
    return None


# Each request of everybody begins with it: in the driver's own words it takes half as long.
_SIGNED_IN = """
SELECT l.id, s.id, l.volunteer_id, l.display_name, l.language, v.id, v.name,
  s.proven_at, s.factor_at
FROM sessions s JOIN logins l ON l.id = s.login_id LEFT JOIN volunteers v ON v.id = s.acting_for_id
WHERE s.token_sha256 = ? AND s.revoked_at IS NULL AND s.expires_at > ? AND s.created_at <= ?
  AND NOT l.is_suspended
"""


def _instant(value: datetime | str | None) -> datetime | None:
    return None if value is None else instant_of(value)


def open_sessions(session: Session, login_id: int, now: datetime) -> list[OpenSession]:
    """Return the devices where a login is signed in, the latest first."""
    rows = session.execute(
        select(
            SignInSession.id,
            SignInSession.created_at,
            SignInSession.expires_at,
            SignInSession.address,
            SignInSession.device,
            SignInSession.is_shared,
            SignInSession.proven_at.is_(None),
        )
        .where(
            SignInSession.login_id == login_id,
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
            SignInSession.created_at <= now + CLOCKS_DIFFER,
        )
        .order_by(SignInSession.created_at.desc(), SignInSession.id.desc())
    )
    return [OpenSession(*row) for row in rows]


def open_code(session: Session, code_sha256: str, now: datetime) -> OpenCode | None:
    """Return an activation code that is neither used, withdrawn nor expired."""
    return next(iter(open_codes(session, [code_sha256], now).values()), None)


def open_codes(
    session: Session, code_sha256s: Collection[str], now: datetime
) -> dict[str, OpenCode]:
    """Return, of many codes, those that are neither used, withdrawn nor expired."""
    wanted = ActivationCode.code_sha256.in_(code_sha256s)
    rows = session.execute(_codes.add_columns(ActivationCode.code_sha256).where(wanted, _open(now)))
    return {row[-1]: OpenCode(*row[:-1]) for row in rows}


def open_code_of(session: Session, volunteer_id: int, now: datetime) -> OpenCode | None:
    """Return the activation code that opens a volunteer's account today, or None."""
    own = Login.volunteer_id == volunteer_id
    query = _codes.join(Login, Login.id == ActivationCode.login_id).where(own, _open(now))
    row = session.execute(query).first()
    return OpenCode(*row) if row else None


_codes = select(
    ActivationCode.id,
    ActivationCode.login_id,
    ActivationCode.issued_by_id,
    ActivationCode.issued_at,
    ActivationCode.expires_at,
)


def _open(now: datetime) -> ColumnElement[bool]:
    return and_(
        ActivationCode.used_at.is_(None),
        ActivationCode.withdrawn_at.is_(None),
        ActivationCode.expires_at > now,
    )
