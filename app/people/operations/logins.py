"""Logins, their passwords and the roles granted to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.organisations.queries import ancestors_of, get_organisation
from app.people.models import Login, Role, Volunteer
from app.people.operations.openings import widen_account
from app.people.operations.secrets import keep_secret
from app.people.operations.sessions import end_all, locked_login
from app.people.queries import get_volunteer, is_any_admin, login_of
from app.people.rules.names import normal_login_name
from app.people.rules.roles import LastAdmin, LastOrganiser, RoleDatesUnfit, may_grant
from app.people.rules.sign_in import SignInWrong
from app.trail.operations import note

LANGUAGES = ("zh_Hans", "zh_Hant", "en")


class LoginNameTaken(RuleBroken):
    code = "login_taken"
    message = N_("The login name %(name)s is taken.")


class AlreadyAdministered(RuleBroken):
    code = "already_administered"
    message = N_("There is an administrator already; only they grant roles.")


class RoleHeld(RuleBroken):
    code = "role_held"
    message = N_("This role is held already.")


def create_login(
    session: Session,
    *,
    display_name: str,
    name: str | None = None,
    volunteer_id: int | None = None,
    password_hash: str | None = None,
    actor_id: int | None,
    now: datetime,
) -> Login:
    """Make a login, with a name of its own or for a volunteer (who needs none)."""
    kept = normal_login_name(name) if name else None
    _refuse_taken(session, kept)
    login = Login(
        name=kept,
        display_name=display_name,
        volunteer_id=volunteer_id,
        password_hash=password_hash,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(login)
    except IntegrityError:
        # Somebody took the name since it was checked.
        _refuse_taken(session, kept)
        raise
    after = {"name": kept, "volunteer_id": volunteer_id}
    _note(session, "create_login", login.id, actor_id, now, after=after)
    return login


def _refuse_taken(session: Session, name: str | None) -> None:
    if name and session.scalar(select(Login.id).where(Login.name == name)) is not None:
        raise LoginNameTaken(name=name)


def login_for(session: Session, volunteer_id: int, *, actor_id: int | None, now: datetime) -> Login:
    """Return a volunteer's login, made when missing."""
    volunteer = get_volunteer(session, volunteer_id)
    # Held, so that two who press at once do not make two.
    session.refresh(volunteer, with_for_update={"key_share": True})
    found = login_of(session, volunteer_id)
    return found or create_login(
        session,
        display_name=volunteer.name,
        volunteer_id=volunteer_id,
        actor_id=actor_id,
        now=now,
    )


def set_password(
    session: Session, login_id: int, *, password_hash: str, actor_id: int | None, now: datetime
) -> None:
    """Give a login a password (checked and hashed before); all its sessions end."""
    login = locked_login(session, login_id)
    login.password_hash, login.pin_set_at = password_hash, None
    session.flush()
    ended = end_all(session, login_id, now=now)
    after = {"sessions_ended": ended}
    _note(session, "set_password", login_id, actor_id, now, after=after)


def change_password(
    session: Session,
    login_id: int,
    *,
    verified_hash: str,
    password_hash: str,
    session_id: int,
    now: datetime,
    today: date,
    is_pin: bool = False,
) -> None:
    """Change one's own password or PIN; the old one fitted `verified_hash`. Other sessions end."""
    login = locked_login(session, login_id)
    if login.password_hash != verified_hash:
        raise SignInWrong
    keep_secret(session, login, password_hash, is_pin=is_pin, now=now, today=today)
    ended = end_all(session, login_id, now=now, except_session_id=session_id)
    after = {"sessions_ended": ended, "kind": "pin" if is_pin else "password"}
    _note(session, "change_password", login_id, login_id, now, after=after)


def choose_language(session: Session, login_id: int, language: str, *, now: datetime) -> None:
    """Keep the language a person reads."""
    if language not in LANGUAGES:
        raise NotFound
    login = locked_login(session, login_id)
    before = {"language": login.language}
    login.language = language
    session.flush()
    after = {"language": language}
    _note(session, "choose_language", login_id, login_id, now, before=before, after=after)


def suspend_login(
    session: Session, login_id: int, *, actor_id: int, now: datetime, reason: str
) -> None:
    """Shut a login out at once."""
    login = locked_login(session, login_id)
    login.is_suspended = True
    session.flush()
    end_all(session, login_id, now=now)
    _note(session, "suspend_login", login_id, actor_id, now, reason=reason)


def restore_login(
    session: Session, login_id: int, *, actor_id: int, now: datetime, reason: str
) -> None:
    """Let a suspended login in again."""
    login = locked_login(session, login_id)
    login.is_suspended = False
    session.flush()
    _note(session, "restore_login", login_id, actor_id, now, reason=reason)


# ── roles ─────────────────────────────────────────────────────────────────────────────────


def grant_first_roles(
    session: Session, login_id: int, *, organisation_id: int, now: datetime, today: date
) -> None:
    """Make the first login administrator and organiser; only while there is no administrator."""
    if is_any_admin(session):
        raise AlreadyAdministered
    for role, scope in (("admin", None), ("organiser", organisation_id)):
        _grant(session, login_id, role, scope, today)
    after = {"roles": ["admin", "organiser"], "organisation_id": organisation_id}
    _note(session, "grant_role", login_id, None, now, after=after, scope=organisation_id)


def grant_role(
    session: Session,
    login_id: int,
    *,
    role: str,
    organisation_id: int | None,
    granter_id: int,
    granter_is_admin: bool,
    now: datetime,
    today: date,
    until_on: date | None = None,
) -> Role:
    """Grant organiser, auditor or admin, for good or until a day; running sessions end."""
    may_grant(role=role, granter_is_admin=granter_is_admin, is_own_login=login_id == granter_id)
    if until_on is not None and until_on < today:
        raise RoleDatesUnfit
    locked_login(session, login_id)
    if _held(session, login_id, role, organisation_id, today):
        raise RoleHeld
    granted = _grant(session, login_id, role, organisation_id, today, until_on)
    widen_account(session, login_id, now=now, from_on=today)
    after: dict[str, Any] = {"role": role, "organisation_id": organisation_id}
    if until_on is not None:
        after |= {"until_on": until_on}
    _note(session, "grant_role", login_id, granter_id, now, after=after, scope=organisation_id)
    return granted


def end_role(
    session: Session,
    role_id: int,
    *,
    granter_id: int,
    granter_is_admin: bool,
    now: datetime,
    today: date,
) -> None:
    """End a role at once; the last administrator stays, and the last organiser of a place."""
    role = session.get(Role, role_id)
    if role is None or (role.until_on is not None and role.until_on < today):
        raise NotFound
    may_grant(
        role=role.role, granter_is_admin=granter_is_admin, is_own_login=role.login_id == granter_id
    )
    if role.role == "admin" and not _stays(session, role, [None]):
        raise LastAdmin
    if role.role == "organiser":
        _refuse_last_organiser(session, role)
    scope = role.organisation_id
    before = {"role": role.role, "organisation_id": scope}
    yesterday = today - timedelta(days=1)
    if role.from_on > yesterday:
        session.delete(role)
    else:
        role.until_on = yesterday
    session.flush()
    _note(session, "end_role", role.login_id, granter_id, now, before=before, scope=scope)


def _grant(
    session: Session,
    login_id: int,
    role: str,
    organisation_id: int | None,
    today: date,
    until_on: date | None = None,
) -> Role:
    granted = Role(
        login_id=login_id,
        role=role,
        organisation_id=organisation_id,
        from_on=today,
        until_on=until_on,
    )
    session.add(granted)
    session.flush()
    return granted


def _held(
    session: Session, login_id: int, role: str, organisation_id: int | None, today: date
) -> bool:
    scope: ColumnElement[bool] = Role.organisation_id.is_(None)
    if organisation_id is not None:
        scope = Role.organisation_id == organisation_id
    held = select(Role.id).where(Role.login_id == login_id, Role.role == role, scope, _open(today))
    return session.scalar(held.limit(1)) is not None


def _refuse_last_organiser(session: Session, role: Role) -> None:
    """Refuse to leave an organisation without an organiser, its own or one above it."""
    if role.organisation_id is None:
        return
    if not _stays(session, role, ancestors_of(session, role.organisation_id)):
        place = get_organisation(session, role.organisation_id)
        raise LastOrganiser(organisation=place.name)


def _stays(session: Session, role: Role, places: Sequence[int | None]) -> bool:
    """Tell whether somebody else who can sign in holds the role there for good."""
    # Locked, so that two who hold it do not end each other's at once.
    rows = (
        select(Role.id, Role.organisation_id)
        .join(Login, Login.id == Role.login_id)
        .where(Role.role == role.role, Role.until_on.is_(None), Login.is_suspended.is_(False))
        .order_by(Role.id)
        .with_for_update(of=Role)
    )
    return any(held != role.id and place in places for held, place in session.execute(rows))


def _open(today: date) -> Any:
    return Role.until_on.is_(None) | (Role.until_on >= today)


def _note(
    session: Session,
    operation: str,
    login_id: int,
    actor_id: int | None,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    scope: int | None = None,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="login",
        subject_id=login_id,
        organisation_id=scope if scope is not None else _home(session, login_id),
        before=before,
        after=after,
        reason=reason,
    )


def _home(session: Session, login_id: int) -> int | None:
    """Return the organisation of the volunteer behind a login, whose organisers see the row."""
    home = select(Volunteer.organisation_id).join(Login, Login.volunteer_id == Volunteer.id)
    return session.scalar(home.where(Login.id == login_id))
