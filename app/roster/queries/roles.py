"""Who may do what, since when and by whose word: roles at the desk, and leaders of teams."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from app.people.models import Login, Role, Volunteer
from app.teams.models import Membership, Team
from app.teams.queries.spans import lasts, not_over
from app.trail.models import TrailRow


class Granted(NamedTuple):
    """Who gave a role, and when, as the trail tells it."""

    by: str
    at: datetime


class RoleRow(NamedTuple):
    """One role at the desk."""

    id: int
    role: str
    organisation_id: int | None
    login_id: int
    name: str
    volunteer_id: int | None
    home_id: int | None
    is_suspended: bool
    from_on: date
    until_on: date | None


class LeaderRow(NamedTuple):
    """Somebody who leads a team."""

    volunteer_id: int
    name: str
    home_id: int
    team_id: int
    team_code: str
    team_name: str
    from_on: date
    until_on: date | None


_roles = select(
    Role.id, Role.role, Role.organisation_id, Role.login_id, Login.display_name,
    Login.volunteer_id, Volunteer.organisation_id, Login.is_suspended, Role.from_on, Role.until_on,
).join(Login, Login.id == Role.login_id).outerjoin(
    Volunteer, Volunteer.id == Login.volunteer_id
)  # fmt: skip


def roles_where(
    session: Session,
    organisation_ids: Collection[int],
    on: date,
    *,
    with_admins: bool,
    with_past: bool = False,
) -> list[RoleRow]:
    """Return the roles at these organisations, admins first, then by the name of the login."""
    here: Any = Role.organisation_id.in_(sorted(organisation_ids))
    if with_admins:
        here = or_(here, Role.role == "admin")
    query = _roles.where(here if with_past else and_(here, not_over(Role, on)))
    return _rows(
        session, query.order_by(Role.organisation_id, Role.role, Login.display_name, Role.id)
    )


def roles_ever_of(session: Session, login_id: int) -> list[RoleRow]:
    """Return every role a login holds or held, the latest first."""
    query = _roles.where(Role.login_id == login_id)
    return _rows(session, query.order_by(Role.from_on.desc(), Role.id.desc()))


def _rows(session: Session, query: Any) -> list[RoleRow]:
    return [RoleRow(*row) for row in session.execute(query)]


def granted_by(session: Session, roles: Iterable[RoleRow]) -> Mapping[int, Granted]:
    """Return by role who granted it: the trail's last row on this login, role and place."""
    rows = list(roles)
    logins = sorted({row.login_id for row in rows})
    told = _told(session, "login", logins, ("grant_role",))
    found: dict[int, Granted] = {}
    for subject_id, granted, after in told:
        for row in rows:
            named = after.get("roles") or [after.get("role")]
            place = None if row.role == "admin" else after.get("organisation_id")
            is_it = row.login_id == subject_id and row.role in named
            if is_it and place == row.organisation_id:
                found[row.id] = granted
    return found


def leaders_in(session: Session, organisation_ids: Collection[int], on: date) -> list[LeaderRow]:
    """Return who leads the teams of these organisations on a date, by team and pinyin."""
    rows: Any = session.execute(
        select(
            Volunteer.id, Volunteer.name, Volunteer.organisation_id, Team.id, Team.code, Team.name,
            Membership.from_on, Membership.until_on,
        )
        .join(Membership, Membership.volunteer_id == Volunteer.id)
        .join(Team, Team.id == Membership.team_id)
        .where(
            Team.organisation_id.in_(sorted(organisation_ids)),
            or_(Team.retired_on.is_(None), Team.retired_on > on),
            Membership.role == "leader",
            Volunteer.state == "active",
            lasts(Membership, on),
        )
        .order_by(Team.code, Volunteer.name_keys, Volunteer.id)
    )  # fmt: skip
    return [LeaderRow(*row) for row in rows]


def named_leader_by(
    session: Session, leaders: Iterable[LeaderRow]
) -> Mapping[tuple[int, int], Granted]:
    """Return by (volunteer, team) who made somebody a leader."""
    pairs = {(row.volunteer_id, row.team_id) for row in leaders}
    if not pairs:
        return {}
    leading, any_of = aliased(Membership), aliased(Membership)
    same = and_(any_of.team_id == leading.team_id, any_of.volunteer_id == leading.volunteer_id)
    of_pairs = session.execute(
        select(any_of.id, any_of.volunteer_id, any_of.team_id)
        .distinct()
        .join(leading, same)
        .where(leading.role == "leader", any_of.team_id.in_(sorted({team for _one, team in pairs})))
    )
    pair_of = {row[0]: (row[1], row[2]) for row in of_pairs if (row[1], row[2]) in pairs}
    told = _told(session, "membership", sorted(pair_of), ("join_team", "change_role"))
    return {
        pair_of[subject_id]: granted
        for subject_id, granted, after in told
        if after.get("role") == "leader"
    }


def _told(
    session: Session, subject_kind: str, ids: Collection[int], operations: Collection[str]
) -> list[tuple[int, Granted, dict[str, Any]]]:
    if not ids:
        return []
    rows = session.execute(
        select(TrailRow.subject_id, Login.display_name, TrailRow.at, TrailRow.after)
        .outerjoin(Login, Login.id == TrailRow.actor_id)
        .where(
            TrailRow.subject_kind == subject_kind,
            TrailRow.subject_id.in_(ids),
            TrailRow.operation.in_(operations),
        )
        .order_by(TrailRow.id)
    )
    return [
        (row[0] or 0, Granted(row[1] or "", row[2]), json.loads(row[3] or "{}")) for row in rows
    ]
