"""Logins and the roles granted to them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, column, literal, or_, select, table, union_all
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.people.models import Login, Role, Volunteer
from app.people.queries.spans import lasts
from app.people.rules.names import typed_number

# Leadership is kept by the teams, above; here it only shortens sessions. Named like a foreign
# key upwards, by its table, which needs no import.
_memberships = table(
    "memberships", column("volunteer_id"), column("role"), column("from_on"), column("until_on")
)


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
            select(Role).where(Role.login_id == login_id, lasts(Role, on)).order_by(Role.id)
        )
    )


def standing_of(session: Session, login_id: int, on: date) -> tuple[bool, frozenset[str]]:
    """Return whether a login leads a team on a date, and the roles granted to it."""
    leads = (
        select(literal("leader"))
        .select_from(Login)
        .join(_memberships, _memberships.c.volunteer_id == Login.volunteer_id)
        .where(Login.id == login_id, _memberships.c.role == "leader", lasts(_memberships.c, on))
    )
    granted = select(Role.role).where(Role.login_id == login_id, lasts(Role, on))
    found = frozenset(session.scalars(union_all(leads, granted)))
    return "leader" in found, found - {"leader"}


def needs_password(session: Session, login_id: int, on: date) -> bool:
    """Tell whether a login leads or holds a role, on a date or from a later one: no PIN then."""
    leads = (
        select(literal("leader"))
        .select_from(Login)
        .join(_memberships, _memberships.c.volunteer_id == Login.volunteer_id)
        .where(Login.id == login_id, _memberships.c.role == "leader", _not_over(_memberships.c, on))
    )
    granted = select(Role.role).where(Role.login_id == login_id, _not_over(Role, on))
    return session.scalar(union_all(leads, granted).limit(1)) is not None


def _not_over(spans: Any, on: date) -> ColumnElement[bool]:
    return or_(spans.until_on.is_(None), spans.until_on >= on)


def is_any_admin(session: Session) -> bool:
    """Tell whether the platform has an administrator, present or future."""
    return (
        session.scalar(
            select(Role.id).where(Role.role == "admin", Role.until_on.is_(None)).limit(1)
        )
        is not None
    )


def login_names(session: Session, login_ids: Collection[int]) -> dict[int, str]:
    """Return the display names of logins by id."""
    rows = session.execute(select(Login.id, Login.display_name).where(Login.id.in_(login_ids)))
    return dict(rows.all())
