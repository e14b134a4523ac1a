"""Who acts and what an account may do, as the database says now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import CTE, and_, cast, null, select, union_all
from sqlalchemy.orm import Session, aliased

from app.bulk import day_of, fetch
from app.errors import NotFound
from app.organisations.models import Organisation, Setting
from app.organisations.rules import parse_setting
from app.people.models import Login, Role, Volunteer
from app.teams.models import Membership, Team
from app.teams.queries.spans import chunks, not_over
from app.teams.rules import SETTLED_AFTER, Actor, Opening, Standing, code_refusal

# Roles granted for an organisation and all below it.
SCOPED = ("organiser", "auditor")
_LONG_AGO = Opening("", date.min, date.min)


def actor_of(
    session: Session,
    login_id: int,
    today: date,
    *,
    is_proven: bool = True,
    admin_needs_factor: bool = True,
) -> Actor:
    """Return who acts, with rights as of now; at most two queries.

    Where no second factor `is_proven`, roles that need one sleep: admin, and organiser and
    auditor in organisations whose setting asks for it. A job, or a command of the machine's
    shell, was begun by somebody who had proven theirs.
    """
    (volunteer_id, name), rights, openings = _rights(session, login_id, today)
    scopes = _scopes(session, rights, is_proven=is_proven)
    is_admin = "admin" in rights
    admin_sleeps = is_admin and admin_needs_factor and not is_proven
    return Actor(
        login_id=login_id,
        volunteer_id=volunteer_id,
        name=name,
        acts_for=frozenset(rights.get("acts_for", ())),
        leads=frozenset(rights.get("leads", ())),
        organises=scopes("organiser"),
        audits=scopes("auditor"),
        is_admin=is_admin and not admin_sleeps,
        openings=openings,
        asleep=scopes.asleep | ({"admin"} if admin_sleeps else set()),
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
    for chunk in chunks(sorted(set(volunteer_ids))):
        roles = _roles_held(session, chunk, today)
        belongs = _teams_held(session, chunk, today)
        people = select(
            Volunteer.id, Login.id, Volunteer.organisation_id, Login.password_hash.is_not(None)
        ).outerjoin(Login, Login.volunteer_id == Volunteer.id)
        for person, login_id, home, has_password in session.execute(
            people.where(Volunteer.id.in_(chunk))
        ):
            teams = belongs.get(person, ())
            found[person] = Standing(
                login_id=login_id,
                organisation_id=home,
                member_of=frozenset(team.id for team in teams if team.from_on <= today),
                leads={team.id: team.organisation_id for team in teams if team.role == "leader"},
                roles=frozenset(roles.get(person, ())),
                has_password=login_id is not None and bool(has_password),
                settled_in=frozenset(
                    team.id for team in teams if team.from_on < today - SETTLED_AFTER
                ),
            )
    return found


def code_receivers(
    session: Session, actor: Actor, volunteer_ids: Collection[int], today: date
) -> frozenset[int]:
    """Return those to whom an actor may hand an activation code."""
    return code_receivers_and_first(session, actor, volunteer_ids, today)[0]


def first_code_receivers(
    session: Session, actor: Actor, volunteer_ids: Collection[int], today: date
) -> frozenset[int]:
    """Return those without a password to whom an actor may hand their first code."""
    return code_receivers_and_first(session, actor, volunteer_ids, today)[1]


def code_receivers_and_first(
    session: Session, actor: Actor, volunteer_ids: Collection[int], today: date
) -> tuple[frozenset[int], frozenset[int]]:
    """Return those to whom an actor may hand a code, and of them those without a password."""
    standings = standings_of(session, volunteer_ids, today)
    may = {one: held for one, held in standings.items() if code_refusal(actor, held) is None}
    return frozenset(may), frozenset(one for one, held in may.items() if not held.has_password)


def _roles_held(
    session: Session, volunteer_ids: Collection[int], today: date
) -> dict[int, list[str]]:
    query = (
        select(Login.volunteer_id, Role.role)
        .join(Role, Role.login_id == Login.id)
        .where(Login.volunteer_id.in_(volunteer_ids), not_over(Role, today))
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
        .where(Membership.volunteer_id.in_(volunteer_ids), not_over(Membership, today))
    )  # fmt: skip
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.volunteer_id, []).append(row)
    return found


# Each request of everybody asks it: in the driver's own words it takes half as long. What is
# nobody's opening has the types of one.
_LASTS = "{0}.from_on <= ? AND ({0}.until_on IS NULL OR {0}.until_on >= ?)"
_RIGHTS = f"""
WITH me AS (SELECT id, volunteer_id, display_name FROM logins WHERE id = ? AND NOT is_suspended)
SELECT 'login', volunteer_id, display_name, CAST(NULL AS date), CAST(NULL AS date) FROM me
UNION ALL
SELECT r.role, r.organisation_id, NULL, NULL, NULL FROM me, roles r
WHERE r.login_id = me.id AND {_LASTS.format("r")}
UNION ALL
SELECT 'acts_for', h.volunteer_id, NULL, NULL, NULL FROM me, helpers h
WHERE h.helper_id = me.volunteer_id AND {_LASTS.format("h")}
UNION ALL
SELECT 'leads', m.team_id, NULL, NULL, NULL FROM me, memberships m
  JOIN teams t ON t.id = m.team_id JOIN volunteers v ON v.id = m.volunteer_id
WHERE m.volunteer_id = me.volunteer_id AND m.role = 'leader' AND v.state = 'active'
  AND {_LASTS.format("m")} AND (t.retired_on IS NULL OR t.retired_on > ?)
UNION ALL
SELECT 'opened_by', i.volunteer_id, i.display_name, a.opened_on, a.until_on
FROM me, account_openings a JOIN logins i ON i.id = a.issued_by_id
WHERE a.login_id = me.id AND a.until_on >= ? AND i.volunteer_id IS NOT NULL
UNION ALL
SELECT 'opened_by', h.volunteer_id, i.display_name, a.opened_on, a.until_on
FROM me, account_openings a JOIN logins i ON i.id = a.issued_by_id
  JOIN helpers h ON h.helper_id = i.volunteer_id
WHERE a.login_id = me.id AND a.until_on >= ? AND {_LASTS.format("h")}
"""
_TODAYS = _RIGHTS.count("?") - 1


def _rights(
    session: Session, login_id: int, today: date
) -> tuple[tuple[int | None, str], dict[str, list[int]], dict[int, Opening]]:
    """Return, in one query, whose login it is, the ids each right is about, and whose codes
    opened the account.
    """
    session.flush()
    owner: tuple[int | None, str] | None = None
    rights: dict[str, list[int]] = {}
    openings: dict[int, Opening] = {}
    rows = fetch(session, _RIGHTS, login_id, *[today] * _TODAYS)
    for right, subject, name, opened_on, until_on in rows:
        if right == "login":
            owner = (subject, name)
        elif right == "opened_by":
            opening = Opening(name, day_of(opened_on), day_of(until_on))
            openings[subject] = max(opening, openings.get(subject, _LONG_AGO), key=_end)
        else:
            rights.setdefault(right, []).append(subject)
    if owner is None:
        raise NotFound
    return owner, rights, openings


def _end(opening: Opening) -> date:
    return opening.until_on


class _Scopes:
    """Organisations with all below them, by the organisation a role was granted for.

    Those in `closed` ask for a second factor that was not proven.
    """

    def __init__(
        self,
        rights: Mapping[str, list[int]],
        below: Mapping[int, set[int]],
        closed: frozenset[int] = frozenset(),
    ) -> None:
        self.rights = rights
        self.below = below
        self.closed = closed

    def __call__(self, role: str) -> frozenset[int]:
        return self._granted(role) - self.closed

    @property
    def asleep(self) -> frozenset[str]:
        """Return the roles that would reach further with a second factor."""
        return frozenset(role for role in SCOPED if self._granted(role) & self.closed)

    def _granted(self, role: str) -> frozenset[int]:
        tops = self.rights.get(role, ())
        return frozenset(one for top in tops for one in self.below.get(top, ()))


def _scopes(session: Session, rights: Mapping[str, list[int]], *, is_proven: bool) -> _Scopes:
    tops = {one for role in SCOPED for one in rights.get(role, ())}
    below: dict[int, set[int]] = {}
    if not tops:
        return _Scopes(rights, below)
    tree = _tree(tops)
    if is_proven:
        for top, organisation_id in session.execute(select(tree.c.top, tree.c.id)):
            below.setdefault(top, set()).add(organisation_id)
        return _Scopes(rights, below)
    rows = session.execute(_with_setting(tree, tops)).all()
    for top, organisation_id, *_rest in rows:
        if top is not None:
            below.setdefault(top, set()).add(organisation_id)
    return _Scopes(rights, below, _asking(rows))


def _tree(tops: Collection[int]) -> CTE:
    tree = (
        select(Organisation.id.label("top"), Organisation.id)
        .where(Organisation.id.in_(tops))
        .cte("tree", recursive=True)
    )
    child = aliased(Organisation)
    return tree.union_all(select(tree.c.top, child.id).join(tree, child.parent_id == tree.c.id))


def _with_setting(tree: CTE, tops: Collection[int]) -> Any:
    """Return the select of the tree and of all above it, each with the setting it holds itself."""
    first = select(Organisation.id, Organisation.parent_id).where(Organisation.id.in_(tops))
    up = first.cte("up", recursive=True)
    parent = aliased(Organisation)
    up = up.union_all(select(parent.id, parent.parent_id).join(up, parent.id == up.c.parent_id))
    held = and_(Setting.organisation_id == Organisation.id, Setting.key == "second_factor")
    own = (Organisation.id, Organisation.parent_id, Setting.value)
    inside = select(tree.c.top, *own).join(Organisation, Organisation.id == tree.c.id)
    above = select(cast(null(), Organisation.id.type), *own).join(up, Organisation.id == up.c.id)
    return union_all(inside.outerjoin(Setting, held), above.outerjoin(Setting, held))


def _asking(rows: Iterable[Any]) -> frozenset[int]:
    """Return the organisations in which a second factor is asked for, their own or inherited."""
    nodes = {row[1]: (row[2], row[3]) for row in rows}

    def asks(one: int | None) -> bool:
        parent, held = nodes.get(one or 0, (None, None))
        if held is not None:
            return bool(parse_setting("second_factor", held))
        return parent is not None and asks(parent)

    return frozenset(one for one in nodes if asks(one))
