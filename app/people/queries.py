"""Who somebody is, which of them a text means, and what a sign-in needs to know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    column,
    false,
    literal,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.people.models import (
    ActivationCode,
    Helper,
    Login,
    Role,
    SignInFailure,
    SignInSession,
    Volunteer,
)
from app.people.rules.names import phone_tail, typed_key, typed_number, typed_phone
from app.people.rules.sign_in import (
    ACCOUNT_LIMIT,
    ADDRESS_LIMIT,
    KNOWN_ADDRESS_LIFETIME,
    Limit,
    wait_after,
)

# Drivers bound how many values one statement may carry.
CHUNK = 500
SHORTEST_TAIL = 3
# Leadership is kept by the teams, above; here it only shortens sessions. Named like a foreign
# key upwards, by its table, which needs no import.
_memberships = table(
    "memberships", column("volunteer_id"), column("role"), column("from_on"), column("until_on")
)


class Namesake(NamedTuple):
    """Enough of a person to tell people of one name apart; the phone never leaves the core."""

    id: int
    number: str | None
    name: str
    phone: str | None
    state: str
    organisation_id: int


class Candidate(NamedTuple):
    """A login that what was typed at sign-in may mean."""

    login_id: int
    display_name: str
    number: str | None
    phone: str | None
    password_hash: str | None
    is_suspended: bool


class SignedIn(NamedTuple):
    """Who stands behind a session's token."""

    login_id: int
    session_id: int
    volunteer_id: int | None
    display_name: str
    language: str | None


class OpenSession(NamedTuple):
    """One device that is signed in."""

    id: int
    created_at: datetime
    expires_at: datetime
    address: str
    device: str


class OpenCode(NamedTuple):
    """An activation code that still opens."""

    id: int
    login_id: int
    issued_by_id: int | None
    issued_at: datetime
    expires_at: datetime


# ── volunteers ────────────────────────────────────────────────────────────────────────────


def find_volunteer(session: Session, volunteer_id: int) -> Volunteer | None:
    """Return a volunteer by id, or None."""
    return session.get(Volunteer, volunteer_id)


def get_volunteer(session: Session, volunteer_id: int) -> Volunteer:
    """Return a volunteer by id, or raise NotFound."""
    found = find_volunteer(session, volunteer_id)
    if found is None:
        raise NotFound
    return found


def volunteer_by_number(session: Session, number: str) -> Volunteer | None:
    """Return the volunteer who bears a number, as typed, or None."""
    return session.scalar(select(Volunteer).where(Volunteer.number == typed_number(number)))


def volunteers_by_numbers(session: Session, numbers: Iterable[str]) -> dict[str, Namesake]:
    """Return the bearers of many numbers by their number as kept."""
    wanted = sorted({typed_number(number) for number in numbers})
    return {
        person.number: person
        for chunk in _chunks(wanted)
        for person in _namesakes(session, Volunteer.number.in_(chunk))
        if person.number is not None
    }


def volunteers_named(
    session: Session, organisation_ids: Collection[int], names: Iterable[str]
) -> dict[str, list[Namesake]]:
    """Return, by name, the people of some organisations who bear it, new friends included."""
    found: dict[str, list[Namesake]] = {}
    for chunk in _chunks(sorted(set(names))):
        here = Volunteer.organisation_id.in_(organisation_ids)
        for person in _namesakes(session, and_(Volunteer.name.in_(chunk), here)):
            found.setdefault(person.name, []).append(person)
    return found


def duplicates_of(
    session: Session,
    organisation_ids: Collection[int],
    *,
    name: str,
    phone: str | None,
    except_id: int | None = None,
) -> list[Namesake]:
    """Return people who share a name or a phone, for a hint: they may be the same person."""
    same = or_(Volunteer.name == name, Volunteer.phone == phone if phone else false())
    here = and_(Volunteer.organisation_id.in_(organisation_ids), Volunteer.id != (except_id or 0))
    return _namesakes(session, and_(same, here))[:5]


def search_volunteers(
    session: Session, organisation_ids: Collection[int], text: str, *, limit: int = 20
) -> list[Namesake]:
    """Return people by name, pinyin (full or first letters), number or the end of the phone."""
    here = Volunteer.organisation_id.in_(organisation_ids)
    return _namesakes(session, and_(here, matches(text)), limit)


def matches(text: str) -> ColumnElement[bool]:
    """Return the condition that a volunteer is meant by what was typed into a search."""
    typed = text.strip()
    if not typed:
        return Volunteer.id > 0
    ways = [Volunteer.name.contains(typed, autoescape=True)]
    if key := typed_key(typed):
        padded = literal(" ") + Volunteer.name_keys
        ways.append(padded.contains(f" {key}", autoescape=True))
    if number := typed_number(typed):
        ways.append(Volunteer.number.contains(number, autoescape=True))
    if typed.isascii() and typed.isdigit() and len(typed) >= SHORTEST_TAIL:
        ways.append(Volunteer.phone.endswith(typed[-11:], autoescape=True))
    return or_(*ways)


def without_full_phone(text: str) -> str:
    """Return a search text fit for an address: a phone typed in full keeps its last digits."""
    phone = typed_phone(text)
    return phone_tail(phone) if phone else text.strip()


def _namesakes(
    session: Session, condition: ColumnElement[bool], limit: int | None = None
) -> list[Namesake]:
    rows = session.execute(
        select(
            Volunteer.id,
            Volunteer.number,
            Volunteer.name,
            Volunteer.phone,
            Volunteer.state,
            Volunteer.organisation_id,
        )
        .where(condition)
        .order_by(Volunteer.name_keys, Volunteer.id)
        .limit(limit)
    )
    return [Namesake(*row) for row in rows]


def acts_for(session: Session, helper_id: int, on: date) -> list[int]:
    """Return the volunteers for whom somebody acts on a date."""
    return list(
        session.scalars(
            select(Helper.volunteer_id).where(_lasts(Helper, on), Helper.helper_id == helper_id)
        )
    )


# ── logins and roles ──────────────────────────────────────────────────────────────────────


def get_login(session: Session, login_id: int) -> Login:
    """Return a login by id, or raise NotFound."""
    found = session.get(Login, login_id)
    if found is None:
        raise NotFound
    return found


def login_by_name(session: Session, name: str) -> Login | None:
    """Return the login of a login name or a volunteer number, as `--by LOGIN` gives it."""
    by_number = select(Volunteer.id).where(Volunteer.number == typed_number(name))
    found = session.scalars(
        select(Login).where(
            or_(Login.name == name.strip().lower(), Login.volunteer_id.in_(by_number))
        )
    ).all()
    named = [login for login in found if login.name == name.strip().lower()]
    return next(iter(named or found), None)


def login_of(session: Session, volunteer_id: int) -> Login | None:
    """Return a volunteer's login, or None."""
    return session.scalar(select(Login).where(Login.volunteer_id == volunteer_id))


def roles_of(session: Session, login_id: int, on: date) -> list[Role]:
    """Return the roles granted to a login that last on a date."""
    return list(
        session.scalars(
            select(Role).where(Role.login_id == login_id, _lasts(Role, on)).order_by(Role.id)
        )
    )


def standing_of(session: Session, login_id: int, on: date) -> tuple[bool, frozenset[str]]:
    """Return whether a login leads a team on a date, and the roles granted to it."""
    leads = (
        select(literal("leader"))
        .select_from(Login)
        .join(_memberships, _memberships.c.volunteer_id == Login.volunteer_id)
        .where(Login.id == login_id, _memberships.c.role == "leader", _lasts(_memberships.c, on))
    )
    granted = select(Role.role).where(Role.login_id == login_id, _lasts(Role, on))
    found = frozenset(session.scalars(union_all(leads, granted)))
    return "leader" in found, found - {"leader"}


def is_any_admin(session: Session) -> bool:
    """Tell whether the platform has an administrator, present or future."""
    return (
        session.scalar(
            select(Role.id).where(Role.role == "admin", Role.until_on.is_(None)).limit(1)
        )
        is not None
    )


# ── sign-in ───────────────────────────────────────────────────────────────────────────────


def sign_in_candidates(session: Session, typed: str) -> list[Candidate]:
    """Return the logins that a number, a phone or a login name may mean."""
    ways = [Login.name == typed.strip().lower(), Volunteer.number == typed_number(typed)]
    if phone := typed_phone(typed):
        ways.append(Volunteer.phone == phone)
    rows = session.execute(_candidates.where(or_(*ways)).order_by(Login.id).limit(8))
    return [Candidate(*row) for row in rows]


def candidates_by_id(session: Session, login_ids: Collection[int]) -> list[Candidate]:
    """Return logins as sign-in candidates, for somebody who was asked which one they are."""
    rows = session.execute(_candidates.where(Login.id.in_(login_ids)).order_by(Login.id))
    return [Candidate(*row) for row in rows]


_candidates = select(
    Login.id,
    Login.display_name,
    Volunteer.number,
    Volunteer.phone,
    Login.password_hash,
    Login.is_suspended,
).outerjoin(Volunteer, Volunteer.id == Login.volunteer_id)


def sign_in_wait(
    session: Session, *, account: str, login_ids: Collection[int], address: str, now: datetime
) -> timedelta:
    """Return how long this account, from this address, has to wait before the next try.

    Where somebody signed in before, only wrong tries from there count against the account:
    a stranger's guessing elsewhere must not lock the owner out at home.
    """
    here = SignInFailure.address == address
    mine = SignInFailure.account == account
    if _is_known_address(session, login_ids, address, now):
        mine = and_(mine, here)
    by_account = _failures(session, mine, ACCOUNT_LIMIT, now)
    by_address = _failures(session, here, ADDRESS_LIMIT, now)
    return max(
        wait_after(by_account, ACCOUNT_LIMIT, now), wait_after(by_address, ADDRESS_LIMIT, now)
    )


def _is_known_address(
    session: Session, login_ids: Collection[int], address: str, now: datetime
) -> bool:
    known = select(SignInSession.id).where(
        SignInSession.login_id.in_(login_ids),
        SignInSession.address == address,
        SignInSession.created_at > now - KNOWN_ADDRESS_LIFETIME,
    )
    return bool(login_ids) and session.scalar(known.limit(1)) is not None


def _failures(
    session: Session, condition: ColumnElement[bool], limit: Limit, now: datetime
) -> Sequence[datetime]:
    recent = select(SignInFailure.at).where(condition, SignInFailure.at > now - limit.window)
    return session.scalars(recent.order_by(SignInFailure.at.desc()).limit(200)).all()


def signed_in(session: Session, token_sha256: str, now: datetime) -> SignedIn | None:
    """Return who stands behind a token: not revoked, not expired, not suspended."""
    row = session.execute(
        select(Login.id, SignInSession.id, Login.volunteer_id, Login.display_name, Login.language)
        .join(Login, Login.id == SignInSession.login_id)
        .where(
            SignInSession.token_sha256 == token_sha256,
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
            Login.is_suspended.is_(False),
        )
    ).first()
    return SignedIn(*row) if row else None


def open_sessions(session: Session, login_id: int, now: datetime) -> list[OpenSession]:
    """Return the devices where a login is signed in, the latest first."""
    rows = session.execute(
        select(
            SignInSession.id,
            SignInSession.created_at,
            SignInSession.expires_at,
            SignInSession.address,
            SignInSession.device,
        )
        .where(
            SignInSession.login_id == login_id,
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
        )
        .order_by(SignInSession.created_at.desc(), SignInSession.id.desc())
    )
    return [OpenSession(*row) for row in rows]


def open_code(session: Session, code_sha256: str, now: datetime) -> OpenCode | None:
    """Return an activation code that is neither used, withdrawn nor expired."""
    row = session.execute(
        select(
            ActivationCode.id,
            ActivationCode.login_id,
            ActivationCode.issued_by_id,
            ActivationCode.issued_at,
            ActivationCode.expires_at,
        ).where(
            ActivationCode.code_sha256 == code_sha256,
            ActivationCode.used_at.is_(None),
            ActivationCode.withdrawn_at.is_(None),
            ActivationCode.expires_at > now,
        )
    ).first()
    return OpenCode(*row) if row else None


def _lasts(spans: Any, on: date) -> ColumnElement[bool]:
    """Return the condition that a row with from_on and until_on, both included, lasts."""
    return and_(spans.from_on <= on, or_(spans.until_on.is_(None), spans.until_on >= on))


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))
