"""Found the community of an empty instance, as one operation, once."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.founding.rules import AlreadyFounded
from app.organisations.operations import create_organisation
from app.organisations.queries import find_site
from app.people.operations import create_login, grant_first_roles, issue_activation_code
from app.points.operations import create_first_rule_version
from app.teams.operations import create_default_teams

_lock_founding = text("SELECT pg_advisory_xact_lock(7104, 8)")


class Founded(NamedTuple):
    """What founding made; the code opens the first sign-in when no password was given."""

    organisation_id: int
    login_id: int
    activation_code: str | None


def found_community(
    session: Session,
    *,
    name: str,
    code: str,
    login_name: str,
    password_hash: str | None,
    now: datetime,
    today: date,
    display_name: str | None = None,
) -> Founded:
    """Make the organisation, its seven teams, the first points rule and the first sign-in.

    Raises AlreadyFounded unless the instance is empty; of two who try at once one founds.
    """
    if is_postgresql(session):
        session.execute(_lock_founding)
    site = find_site(session)
    if site is not None:
        raise AlreadyFounded(name=site[1])
    login = create_login(
        session,
        display_name=display_name or login_name,
        name=login_name,
        password_hash=password_hash,
        actor_id=None,
        now=now,
    )
    organisation = create_organisation(session, code=code, name=name, actor_id=login.id, now=now)
    create_default_teams(session, organisation.id, actor_id=login.id, now=now)
    create_first_rule_version(session, organisation.id, login.id, now)
    grant_first_roles(session, login.id, organisation_id=organisation.id, now=now, today=today)
    issued = None
    if password_hash is None:
        issued = issue_activation_code(session, login.id, issuer_id=None, now=now)
    return Founded(organisation.id, login.id, issued)
