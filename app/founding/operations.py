"""Found the community of an empty instance, as one operation, once."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.founding.rules import AlreadyFounded
from app.organisations.models import Organisation
from app.organisations.operations import create_organisation
from app.organisations.queries import find_site
from app.people.operations import (
    add_volunteer,
    create_login,
    grant_first_roles,
    issue_activation_code,
    link_volunteer,
)
from app.people.rules.names import NUMBER_DIGITS
from app.points.operations import create_first_rule_version
from app.teams.operations import create_default_teams

_lock_founding = text("SELECT pg_advisory_xact_lock(7104, 8)")


class Founder(NamedTuple):
    """The person who founds, as they call themselves."""

    name: str
    is_volunteer: bool = False
    # As their roster has it; else number nought, before the first that a roster gives.
    number: str | None = None


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
    founder: Founder | None = None,
) -> Founded:
    """Make the organisation, its seven teams, the first points rule and the first sign-in.

    `founder`: with the name of its person, who becomes the first volunteer if they wish.

    Raises AlreadyFounded unless the instance is empty; of two who try at once one founds.
    """
    if is_postgresql(session):
        session.execute(_lock_founding)
    site = find_site(session)
    if site is not None:
        raise AlreadyFounded(name=site[1])
    login = create_login(
        session,
        display_name=display_name or (founder and founder.name) or login_name,
        name=login_name,
        password_hash=password_hash,
        actor_id=None,
        now=now,
    )
    organisation = create_organisation(session, code=code, name=name, actor_id=login.id, now=now)
    create_default_teams(session, organisation.id, actor_id=login.id, now=now)
    create_first_rule_version(session, organisation.id, login.id, now)
    grant_first_roles(session, login.id, organisation_id=organisation.id, now=now, today=today)
    if founder is not None and founder.is_volunteer:
        _add_founder(session, founder, organisation, login.id, now)
    issued = None
    if password_hash is None:
        issued = issue_activation_code(session, login.id, issuer_id=None, now=now)
    return Founded(organisation.id, login.id, issued)


def _add_founder(
    session: Session, founder: Founder, organisation: Organisation, login_id: int, now: datetime
) -> None:
    """Make the founder a volunteer from the start, so that others approve their hours."""
    volunteer = add_volunteer(
        session,
        organisation_id=organisation.id,
        name=founder.name,
        number=founder.number or f"{organisation.code}{0:0{NUMBER_DIGITS}}",
        actor_id=login_id,
        now=now,
    )
    link_volunteer(session, login_id, volunteer.id, actor_id=login_id, now=now)
