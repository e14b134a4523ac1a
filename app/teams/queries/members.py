"""Who belongs to which team, and who belonged to it when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.people.models import Volunteer
from app.people.queries.pauses import is_dormant
from app.people.rules.names import masked_phone
from app.teams.models import Membership, Team
from app.teams.queries.spans import chunks, lasts
from app.teams.rules import Span


class Member(NamedTuple):
    """One person of a team's roster on a date."""

    membership_id: int
    volunteer_id: int
    number: str | None
    name: str
    name_keys: str
    masked_phone: str
    role: str
    from_on: date
    until_on: date | None
    state: str
    # Rests on that date: belongs to the team, and stands on no list of a service day.
    is_dormant: bool = False


class MembershipRow(NamedTuple):
    """One of a person's memberships, past ones included."""

    id: int
    team_id: int
    team_code: str
    team_name: str
    volunteer_id: int
    role: str
    from_on: date
    until_on: date | None


_memberships = select(
    Membership.id, Team.id, Team.code, Team.name, Membership.volunteer_id,
    Membership.role, Membership.from_on, Membership.until_on,
).join(Team, Team.id == Membership.team_id)  # fmt: skip


def members_on(session: Session, team_id: int, on: date) -> list[Member]:
    """Return the people of a team on a date, leaders first, then by pinyin."""
    rows: Any = session.execute(
        select(
            Membership.id, Volunteer.id, Volunteer.number, Volunteer.name, Volunteer.name_keys,
            Volunteer.phone, Membership.role, Membership.from_on, Membership.until_on,
            Volunteer.state, is_dormant(Volunteer.id, on),
        )
        .join(Volunteer, Volunteer.id == Membership.volunteer_id)
        .where(Membership.team_id == team_id, lasts(Membership, on), Volunteer.state != "left")
        .order_by(Membership.role, Volunteer.name_keys, Volunteer.id)
    ).all()  # fmt: skip
    return [
        Member._make([*row[:5], masked_phone(row[5]), *row[6:10], bool(row[10])]) for row in rows
    ]


def membership(session: Session, membership_id: int) -> MembershipRow | None:
    """Return one membership with its team, or None."""
    found: Any = session.execute(_memberships.where(Membership.id == membership_id)).first()
    return MembershipRow(*found) if found else None


def memberships_of(
    session: Session, volunteer_ids: Collection[int], team_ids: Collection[int] | None = None
) -> dict[tuple[int, int], list[Span]]:
    """Return the spans of memberships by (volunteer, team), for judging many rows at once."""
    spans: dict[tuple[int, int], list[Span]] = {}
    query = select(
        Membership.volunteer_id, Membership.team_id, Membership.from_on, Membership.until_on
    )
    if team_ids is not None:
        query = query.where(Membership.team_id.in_(team_ids))
    for chunk in chunks(sorted(set(volunteer_ids))):
        for volunteer_id, team_id, from_on, until_on in session.execute(
            query.where(Membership.volunteer_id.in_(chunk))
        ):
            spans.setdefault((volunteer_id, team_id), []).append(Span(from_on, until_on))
    return spans


def membership_rows(
    session: Session, volunteer_ids: Collection[int], *, on: date | None = None
) -> list[MembershipRow]:
    """Return people's memberships with their teams, the latest first; on a date, or ever."""
    query = _memberships.where(Membership.volunteer_id.in_(volunteer_ids))
    if on is not None:
        query = query.where(lasts(Membership, on))
    rows: Any = session.execute(query.order_by(Membership.from_on.desc(), Membership.id.desc()))
    return [MembershipRow(*row) for row in rows]


def members_of_teams(team_ids: Collection[int], on: date) -> Select[int]:
    """Return the select of volunteer ids who belong to any of the teams on a date."""
    return select(Membership.volunteer_id).where(
        Membership.team_id.in_(team_ids), lasts(Membership, on)
    )
