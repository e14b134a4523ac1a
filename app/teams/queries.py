"""Who acts, which teams there are, where they stood and who belonged to them when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.errors import NotFound
from app.organisations.models import Organisation
from app.people.models import Helper, Login, Role, Volunteer
from app.people.queries import matches
from app.people.rules.names import masked_phone
from app.teams.models import Colour, Membership, Team, TeamPlacement
from app.teams.rules import Actor, Span, Standing, code_refusal

CHUNK = 500


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


# ── who acts ──────────────────────────────────────────────────────────────────────────────


def actor_of(session: Session, login_id: int, today: date) -> Actor:
    """Return who acts, with rights as of now; at most three queries."""
    login = session.execute(
        select(Login.id, Login.volunteer_id, Login.display_name).where(
            Login.id == login_id, Login.is_suspended.is_(False)
        )
    ).first()
    if login is None:
        raise NotFound
    rights = _rights(session, login_id, login.volunteer_id, today)
    scopes = _scopes(session, rights)
    return Actor(
        login_id=login.id,
        volunteer_id=login.volunteer_id,
        name=login.display_name,
        acts_for=frozenset(rights.get("acts_for", ())),
        leads=frozenset(rights.get("leads", ())),
        organises=scopes("organiser"),
        audits=scopes("auditor"),
        is_admin="admin" in rights,
    )


def standing_of(session: Session, volunteer_id: int, today: date) -> Standing:
    """Return what the account of a volunteer may do, whether they have signed in yet or not."""
    found = standings_of(session, [volunteer_id], today).get(volunteer_id)
    if found is None:
        raise NotFound
    return found


def standings_of(
    session: Session, volunteer_ids: Collection[int], today: date
) -> dict[int, Standing]:
    """Return what the accounts of volunteers may do, now or from a later day on."""
    found: dict[int, Standing] = {}
    for chunk in _chunks(sorted(set(volunteer_ids))):
        roles = _roles_held(session, chunk, today)
        belongs = _teams_held(session, chunk, today)
        people = select(Volunteer.id, Login.id, Volunteer.organisation_id).outerjoin(
            Login, Login.volunteer_id == Volunteer.id
        )
        for person, login_id, home in session.execute(people.where(Volunteer.id.in_(chunk))):
            teams = belongs.get(person, ())
            found[person] = Standing(
                login_id=login_id,
                organisation_id=home,
                member_of=frozenset(team.id for team in teams if team.from_on <= today),
                leads={team.id: team.organisation_id for team in teams if team.role == "leader"},
                roles=frozenset(roles.get(person, ())),
            )
    return found


def code_receivers(
    session: Session, actor: Actor, volunteer_ids: Collection[int], today: date
) -> frozenset[int]:
    """Return those to whom an actor may hand an activation code."""
    standings = standings_of(session, volunteer_ids, today)
    return frozenset(one for one, held in standings.items() if code_refusal(actor, held) is None)


def _roles_held(
    session: Session, volunteer_ids: Collection[int], today: date
) -> dict[int, list[str]]:
    query = (
        select(Login.volunteer_id, Role.role)
        .join(Role, Role.login_id == Login.id)
        .where(Login.volunteer_id.in_(volunteer_ids), _not_over(Role, today))
    )
    found: dict[int, list[str]] = {}
    for volunteer_id, role in session.execute(query):
        found.setdefault(volunteer_id or 0, []).append(role)
    return found


def _teams_held(
    session: Session, volunteer_ids: Collection[int], today: date
) -> dict[int, list[Any]]:
    query = (
        select(
            Membership.volunteer_id, Membership.role, Membership.from_on,
            Team.id, Team.organisation_id,
        )
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.volunteer_id.in_(volunteer_ids), _not_over(Membership, today))
    )  # fmt: skip
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.volunteer_id, []).append(row)
    return found


def _rights(
    session: Session, login_id: int, volunteer_id: int | None, today: date
) -> dict[str, list[int]]:
    """Return, in one query, the ids each right is about."""
    granted = select(Role.role, Role.organisation_id).where(
        Role.login_id == login_id, lasts(Role, today)
    )
    acting = select(literal("acts_for"), Helper.volunteer_id).where(
        Helper.helper_id == volunteer_id, lasts(Helper, today)
    )
    leading = (
        select(literal("leads"), Membership.team_id)
        .join(Team, Team.id == Membership.team_id)
        .join(Volunteer, Volunteer.id == Membership.volunteer_id)
        .where(
            Membership.volunteer_id == volunteer_id,
            Membership.role == "leader",
            Volunteer.state == "active",
            lasts(Membership, today),
            or_(Team.retired_on.is_(None), Team.retired_on > today),
        )
    )
    rights: dict[str, list[int]] = {}
    found: Any = session.execute(union_all(granted, acting, leading)).all()
    for right, subject in found:
        rights.setdefault(right, []).append(subject)
    return rights


class _Scopes:
    """Organisations with all below them, by the organisation a role was granted for."""

    def __init__(self, rights: Mapping[str, list[int]], below: Mapping[int, set[int]]) -> None:
        self.rights = rights
        self.below = below

    def __call__(self, role: str) -> frozenset[int]:
        tops = self.rights.get(role, ())
        return frozenset(one for top in tops for one in self.below.get(top, ()))


def _scopes(session: Session, rights: Mapping[str, list[int]]) -> _Scopes:
    tops = {*rights.get("organiser", ()), *rights.get("auditor", ())}
    below: dict[int, set[int]] = {}
    if tops:
        tree = (
            select(Organisation.id.label("top"), Organisation.id)
            .where(Organisation.id.in_(tops))
            .cte("tree", recursive=True)
        )
        child = aliased(Organisation)
        tree = tree.union_all(select(tree.c.top, child.id).join(tree, child.parent_id == tree.c.id))
        for top, organisation_id in session.execute(select(tree.c.top, tree.c.id)):
            below.setdefault(top, set()).add(organisation_id)
    return _Scopes(rights, below)


# ── teams ─────────────────────────────────────────────────────────────────────────────────

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


# ── where a team stood ────────────────────────────────────────────────────────────────────


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


_memberships = select(
    Membership.id, Team.id, Team.code, Team.name, Membership.volunteer_id,
    Membership.role, Membership.from_on, Membership.until_on,
).join(Team, Team.id == Membership.team_id)  # fmt: skip


# ── members ───────────────────────────────────────────────────────────────────────────────


def members_on(session: Session, team_id: int, on: date) -> list[Member]:
    """Return the people of a team on a date, leaders first, then by pinyin."""
    rows: Any = session.execute(
        select(
            Membership.id, Volunteer.id, Volunteer.number, Volunteer.name, Volunteer.name_keys,
            Volunteer.phone, Membership.role, Membership.from_on, Membership.until_on,
            Volunteer.state,
        )
        .join(Volunteer, Volunteer.id == Membership.volunteer_id)
        .where(Membership.team_id == team_id, lasts(Membership, on), Volunteer.state != "left")
        .order_by(Membership.role, Volunteer.name_keys, Volunteer.id)
    ).all()  # fmt: skip
    return [Member._make([*row[:5], masked_phone(row[5]), *row[6:]]) for row in rows]


class PersonRow(NamedTuple):
    """One line of the organiser's list of people."""

    id: int
    number: str | None
    name: str
    masked_phone: str
    kind: str
    sex: str | None
    born_on: date | None
    state: str
    organisation_name: str
    has_password: bool


def people_where(
    organisation_ids: Collection[int], *, text: str = "", team_id: int | None = None, on: date
) -> ColumnElement[bool]:
    """Return the condition of the organiser's list: organisations, a search, a team."""
    wanted = and_(Volunteer.organisation_id.in_(organisation_ids), matches(text))
    if team_id is not None:
        wanted = and_(wanted, Volunteer.id.in_(members_of_teams([team_id], on)))
    return wanted


def count_people(session: Session, where: ColumnElement[bool]) -> int:
    """Return how many people a condition finds."""
    return session.scalar(select(func.count()).select_from(Volunteer).where(where)) or 0


def people_page(
    session: Session, where: ColumnElement[bool], *, offset: int = 0, limit: int | None = None
) -> list[PersonRow]:
    """Return people by pinyin, those who left last."""
    rows: Any = session.execute(
        select(
            Volunteer.id, Volunteer.number, Volunteer.name, Volunteer.phone, Volunteer.kind,
            Volunteer.sex, Volunteer.born_on, Volunteer.state, Organisation.name,
            Login.password_hash.is_not(None),
        )
        .join(Organisation, Organisation.id == Volunteer.organisation_id)
        .outerjoin(Login, Login.volunteer_id == Volunteer.id)
        .where(where)
        .order_by(Volunteer.state == "left", Volunteer.name_keys, Volunteer.id)
        .offset(offset)
        .limit(limit)
    ).all()  # fmt: skip
    return [
        PersonRow._make([*row[:3], masked_phone(row[3]), *row[4:9], bool(row[9])]) for row in rows
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
    for chunk in _chunks(sorted(set(volunteer_ids))):
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


def lasts(spans: Any, on: date) -> ColumnElement[bool]:
    """Return the condition that a row with from_on and until_on, both included, lasts."""
    return and_(spans.from_on <= on, _not_over(spans, on))


def _not_over(spans: Any, on: date) -> ColumnElement[bool]:
    return or_(spans.until_on.is_(None), spans.until_on >= on)


def _chunks(values: list[int]) -> Iterable[list[int]]:
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))
