"""Which teams and colours there are, and where a team stood when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.organisations.models import Organisation
from app.people.models import Volunteer
from app.teams.models import Colour, Membership, Team, TeamPlacement
from app.teams.queries.spans import lasts
from app.teams.rules import Actor, Span


class ColourRow(NamedTuple):
    """A colour as pages draw it."""

    id: int
    key: str
    name: str
    glyph: str
    hex: str


class TeamRow(NamedTuple):
    """A team with its colour, as it stands today."""

    id: int
    code: str
    name: str
    organisation_id: int
    colour: ColourRow
    retired_on: date | None


class TeamCount(NamedTuple):
    """A team in a list, with its organisation, leaders' names and how many belong to it."""

    team: TeamRow
    organisation_name: str
    leaders: tuple[str, ...]
    members: int


class Placement(NamedTuple):
    """The organisation and colour of a team on a date."""

    organisation_id: int
    colour_id: int


class Placed(NamedTuple):
    """A placement and the dates it lasts."""

    span: Span
    placement: Placement


_teams = select(
    Team.id, Team.code, Team.name, Team.organisation_id, Team.retired_on,
    Colour.id.label("colour_id"), Colour.key, Colour.name.label("theme"), Colour.glyph, Colour.hex,
).join(Colour, Colour.id == Team.colour_id)  # fmt: skip
_in_order = (Colour.position, Team.code)


def team_by_code(session: Session, code: str) -> TeamRow | None:
    """Return the team that bears a code, or None."""
    row = session.execute(_teams.where(Team.code == code)).first()
    return _team(row) if row else None


def get_team(session: Session, team_id: int) -> TeamRow:
    """Return a team by id, or raise NotFound."""
    row = session.execute(_teams.where(Team.id == team_id)).first()
    if row is None:
        raise NotFound
    return _team(row)


def teams_by_ids(session: Session, team_ids: Collection[int]) -> list[TeamRow]:
    """Return teams in the order of their colours."""
    rows = session.execute(_teams.where(Team.id.in_(team_ids)).order_by(*_in_order))
    return [_team(row) for row in rows]


def teams_led_by(session: Session, actor: Actor) -> list[TeamRow]:
    """Return the teams an actor leads today."""
    return teams_by_ids(session, actor.leads) if actor.leads else []


def teams_in(
    session: Session, organisation_ids: Collection[int], *, on: date | None = None
) -> list[TeamRow]:
    """Return the teams of some organisations; those retired by a date are left out."""
    query = _teams.where(Team.organisation_id.in_(organisation_ids)).order_by(*_in_order)
    if on is not None:
        query = query.where(or_(Team.retired_on.is_(None), Team.retired_on > on))
    return [_team(row) for row in session.execute(query)]


def team_counts(session: Session, organisation_ids: Collection[int], on: date) -> list[TeamCount]:
    """Return the teams of some organisations with leaders and members; two queries."""
    rows = session.execute(
        _teams.add_columns(Organisation.name.label("home"))
        .join(Organisation, Organisation.id == Team.organisation_id)
        .where(Team.organisation_id.in_(organisation_ids))
        .order_by(Team.retired_on.is_not(None), *_in_order)
    ).all()
    belonging: dict[int, list[tuple[str, str]]] = {}
    people = (
        select(Membership.team_id, Membership.role, Volunteer.name)
        .join(Volunteer, Volunteer.id == Membership.volunteer_id)
        .join(Team, Team.id == Membership.team_id)
        .where(Team.organisation_id.in_(organisation_ids), lasts(Membership, on))
        .where(Volunteer.state != "left")
        .order_by(Volunteer.name_keys)
    )
    for team_id, role, name in session.execute(people):
        belonging.setdefault(team_id, []).append((role, name))
    return [_counted(row, belonging.get(row.id, [])) for row in rows]


def _counted(row: Any, belonging: list[tuple[str, str]]) -> TeamCount:
    leaders = tuple(name for role, name in belonging if role == "leader")
    return TeamCount(_team(row), row.home, leaders, len(belonging))


def colours_of(session: Session, root_id: int, *, on: date | None = None) -> list[ColourRow]:
    """Return the colours of an organisation root in order; retired ones left out by a date."""
    query = select(Colour.id, Colour.key, Colour.name, Colour.glyph, Colour.hex).where(
        Colour.organisation_id == root_id
    )
    if on is not None:
        query = query.where(or_(Colour.retired_on.is_(None), Colour.retired_on > on))
    return [ColourRow(*row) for row in session.execute(query.order_by(Colour.position))]


def _team(row: Any) -> TeamRow:
    colour = ColourRow(row.colour_id, row.key, row.theme, row.glyph, row.hex)
    return TeamRow(row.id, row.code, row.name, row.organisation_id, colour, row.retired_on)


def placements_of(session: Session, team_ids: Collection[int]) -> dict[int, list[Placed]]:
    """Return every placement of teams, the oldest first, for judging many dates at once."""
    found: dict[int, list[Placed]] = {}
    rows = session.scalars(
        select(TeamPlacement)
        .where(TeamPlacement.team_id.in_(team_ids))
        .order_by(TeamPlacement.team_id, TeamPlacement.from_on)
    )
    for row in rows:
        placed = Placed(
            Span(row.from_on, row.until_on), Placement(row.organisation_id, row.colour_id)
        )
        found.setdefault(row.team_id, []).append(placed)
    return found


def placement_on(session: Session, team_ids: Collection[int], on: date) -> dict[int, Placement]:
    """Return the organisation and colour of teams on a date."""
    rows = session.execute(
        select(TeamPlacement.team_id, TeamPlacement.organisation_id, TeamPlacement.colour_id).where(
            TeamPlacement.team_id.in_(team_ids), lasts(TeamPlacement, on)
        )
    )
    return {team_id: Placement(home, colour_id) for team_id, home, colour_id in rows}
