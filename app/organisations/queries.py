"""The tree read down and up, and what an organisation inherits from those above it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, bindparam, literal, select
from sqlalchemy.orm import Session, aliased

from app.bulk import day_of, fetch, fetch_together
from app.organisations.models import Organisation, Setting
from app.organisations.rules import OrganisationUnknown, Settings, SettingValue, settings_from


class Node(NamedTuple):
    """One organisation and how deep it lies below the one asked for."""

    id: int
    parent_id: int | None
    code: str
    name: str
    depth: int


class Held(NamedTuple):
    """A value as it is stored, and the organisation that decided it."""

    organisation_id: int
    organisation_name: str
    value: str


class Correction(NamedTuple):
    """A date of the working calendar as an organisation corrected it."""

    organisation_id: int
    organisation_name: str
    day_on: date
    is_working: bool
    name: str


class SubstituteRow(NamedTuple):
    """A substitute service day and the organisation that named it."""

    organisation_id: int
    organisation_name: str
    year: int
    month: int
    substitute_on: date
    reason: str


class Inherited(NamedTuple):
    """What an organisation decides, itself or by those above it."""

    settings: Settings
    calendar: dict[date, bool]
    substitutes: dict[tuple[int, int], date]


def _upwards() -> CTE:
    """The organisation itself at height 0, its parent at 1, … the root last."""
    base = (
        select(Organisation.id, Organisation.parent_id, literal(0).label("height"))
        .where(Organisation.id == bindparam("organisation_id"))
        .cte("upwards", recursive=True)
    )
    parent = aliased(Organisation)
    return base.union_all(
        select(parent.id, parent.parent_id, base.c.height + 1).join(
            base, parent.id == base.c.parent_id
        )
    )


def _downwards(top: ColumnElement[bool]) -> CTE:
    """The organisation itself at depth 0 and all below it."""
    base = (
        select(Organisation.id, literal(0).label("depth"))
        .where(top)
        .cte("downwards", recursive=True)
    )
    child = aliased(Organisation)
    return base.union_all(
        select(child.id, base.c.depth + 1).join(base, child.parent_id == base.c.id)
    )


_up = _upwards()
_down = _downwards(Organisation.id == bindparam("organisation_id"))
_ancestors = select(_up.c.id).order_by(_up.c.height)


def _nodes(down: CTE) -> Select[int, int | None, str, str, int]:
    return (
        select(
            Organisation.id,
            Organisation.parent_id,
            Organisation.code,
            Organisation.name,
            down.c.depth,
        )
        .join(down, Organisation.id == down.c.id)
        .order_by(down.c.depth, Organisation.code)
    )


_subtree = _nodes(_down)
_subtree_of_code = _nodes(_downwards(Organisation.code == bindparam("code")))
_subtree_ids = select(_down.c.id).order_by(_down.c.depth, _down.c.id)
_site = (
    select(Organisation.id, Organisation.name, Setting.value)
    .outerjoin(Setting, (Setting.organisation_id == Organisation.id) & (Setting.key == "time_zone"))
    .where(Organisation.parent_id.is_(None))
    .order_by(Organisation.id)
    .limit(1)
)
# The farthest first, so that a dict built from the rows keeps the nearest.
ABOVE = """
WITH RECURSIVE above (id, parent_id, height) AS (
  SELECT id, parent_id, 0 FROM organisations WHERE id = ?
  UNION ALL
  SELECT o.id, o.parent_id, a.height + 1 FROM organisations o JOIN above a ON o.id = a.parent_id
)
"""
_LINES_ABOVE = """
WITH RECURSIVE above (leaf_id, id) AS (
  SELECT id, id FROM organisations WHERE id IN ?ids
  UNION ALL
  SELECT a.leaf_id, o.parent_id FROM above a JOIN organisations o ON o.id = a.id
  WHERE o.parent_id IS NOT NULL
)
SELECT leaf_id, id FROM above
"""
# The same for several organisations: each row begins with the one that inherits it.
LINES = """
WITH RECURSIVE above (leaf_id, id, height) AS (
  SELECT id, id, 0 FROM organisations WHERE id IN ?ids
  UNION ALL
  SELECT a.leaf_id, o.parent_id, a.height + 1 FROM above a JOIN organisations o ON o.id = a.id
  WHERE o.parent_id IS NOT NULL
)
"""
_HELD_BY_LINES = (
    "SELECT a.leaf_id, s.key, s.value FROM settings s JOIN above a ON a.id = s.organisation_id "
    "ORDER BY a.height DESC",
    "SELECT a.leaf_id, h.day_on, h.is_working FROM holidays h "
    "JOIN above a ON a.id = h.organisation_id ORDER BY a.height DESC",
    "SELECT a.leaf_id, d.year, d.month, d.substitute_on FROM substitute_service_days d "
    "JOIN above a ON a.id = d.organisation_id ORDER BY a.height DESC",
)
_SETTINGS = f"""{ABOVE}
SELECT s.key, s.value FROM settings s JOIN above a ON a.id = s.organisation_id
ORDER BY a.height DESC
"""
_HOLIDAYS = f"""{ABOVE}
SELECT h.day_on, h.is_working FROM holidays h JOIN above a ON a.id = h.organisation_id
ORDER BY a.height DESC
"""
_SUBSTITUTES = f"""{ABOVE}
SELECT d.year, d.month, d.substitute_on FROM substitute_service_days d
JOIN above a ON a.id = d.organisation_id ORDER BY a.height DESC
"""

# Both at once, for a page that needs both: a setting has a key, a substitute day its month.
_SETTINGS_AND_SUBSTITUTES = f"""{ABOVE}
SELECT a.height, s.key, s.value, 0, 0 FROM settings s JOIN above a ON a.id = s.organisation_id
UNION ALL
SELECT a.height, '', CAST(d.substitute_on AS text), d.year, d.month
FROM substitute_service_days d JOIN above a ON a.id = d.organisation_id
ORDER BY 1 DESC
"""

_HELD = f"""{ABOVE}
SELECT s.key, o.id, o.name, s.value FROM settings s JOIN above a ON a.id = s.organisation_id
JOIN organisations o ON o.id = a.id ORDER BY a.height DESC
"""
_CORRECTIONS = f"""{ABOVE}
SELECT o.id, o.name, h.day_on, h.is_working, h.name FROM holidays h
JOIN above a ON a.id = h.organisation_id JOIN organisations o ON o.id = a.id
ORDER BY a.height DESC
"""
_NAMED = f"""{ABOVE}
SELECT o.id, o.name, d.year, d.month, d.substitute_on, d.reason FROM substitute_service_days d
JOIN above a ON a.id = d.organisation_id JOIN organisations o ON o.id = a.id
ORDER BY a.height DESC
"""


def get_organisation(session: Session, organisation_id: int) -> Organisation:
    """Return an organisation by id, or raise."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise OrganisationUnknown(organisation=organisation_id)
    return found


def find_organisation(session: Session, code: str) -> Organisation | None:
    """Return the organisation that bears a code, or None."""
    return session.scalar(select(Organisation).where(Organisation.code == code))


def find_site(session: Session) -> tuple[int, str, str] | None:
    """Return id, name and time zone of the first root, whose site this is; None when empty."""
    found = session.execute(_site).first()
    return None if found is None else (found[0], found[1], found[2] or Settings().time_zone)


def roots(session: Session) -> list[Organisation]:
    """Return the organisations without a parent, the oldest first."""
    top = select(Organisation).where(Organisation.parent_id.is_(None)).order_by(Organisation.id)
    return list(session.scalars(top))


def roots_with_zones(session: Session) -> list[tuple[int, str]]:
    """Return the roots with their time zones, the oldest first."""
    return [(root.id, settings_of(session, root.id).time_zone) for root in roots(session)]


def subtree_ids(session: Session, organisation_id: int) -> list[int]:
    """Return the organisation and all below it."""
    return list(session.scalars(_subtree_ids, {"organisation_id": organisation_id}))


def subtree(session: Session, organisation_id: int) -> list[Node]:
    """Return the organisation and all below it with their depth, parents before children."""
    rows = session.execute(_subtree, {"organisation_id": organisation_id})
    return [Node(*row) for row in rows]


def subtree_of_code(session: Session, code: str) -> list[Node]:
    """Return whoever bears a code first, then all below it; nothing where nobody does."""
    return [Node(*row) for row in session.execute(_subtree_of_code, {"code": code})]


def ancestors_of(session: Session, organisation_id: int) -> list[int]:
    """Return the organisation itself first, its parent next, … the root last."""
    return list(session.scalars(_ancestors, {"organisation_id": organisation_id}))


def asking_above(organisation_ids: Collection[int]) -> tuple[Any, ...]:
    """Return the query for the lines from some organisations up, as `fetch_together` takes it."""
    return _LINES_ABOVE, sorted(organisation_ids)


def lines_above(rows: Iterable[Any]) -> dict[int, list[int]]:
    """Return each organisation's line up to its root, itself included, from what was asked."""
    lines: dict[int, list[int]] = {}
    for organisation_id, above_id in rows:
        lines.setdefault(organisation_id, []).append(above_id)
    return lines


def root_id_of(session: Session, organisation_id: int) -> int:
    """Return the root of the tree an organisation stands in."""
    above = ancestors_of(session, organisation_id)
    if not above:
        raise OrganisationUnknown(organisation=organisation_id)
    return above[-1]


def settings_of(session: Session, organisation_id: int) -> Settings:
    """Return every setting an organisation has, its own or inherited, in one query."""
    return settings_from(dict(map(tuple, fetch(session, _SETTINGS, organisation_id))))


def settings_of_many(session: Session, organisation_ids: Collection[int]) -> dict[int, Settings]:
    """Return every setting each of several organisations has, in one query for them all."""
    rows = fetch(session, f"{LINES}{_HELD_BY_LINES[0]}", sorted(set(organisation_ids)))
    held: dict[int, dict[str, str]] = {each: {} for each in organisation_ids}
    for organisation_id, key, value in rows:
        held[organisation_id][key] = value
    return {each: settings_from(values) for each, values in held.items()}


def setting(session: Session, organisation_id: int, key: str) -> SettingValue:
    """Return one setting an organisation has, its own or inherited."""
    value: SettingValue = getattr(settings_of(session, organisation_id), key)
    return value


def working_calendar(session: Session, organisation_id: int) -> dict[date, bool]:
    """Return the corrections of the working calendar by date (True: a working day)."""
    return _calendar(fetch(session, _HOLIDAYS, organisation_id))


def substitute_days(session: Session, organisation_id: int) -> dict[tuple[int, int], date]:
    """Return the substitute service days by year and month."""
    return _substitutes(fetch(session, _SUBSTITUTES, organisation_id))


def settings_and_substitutes(
    session: Session, organisation_id: int
) -> tuple[Settings, dict[tuple[int, int], date]]:
    """Return `settings_of` and `substitute_days`, with one statement."""
    rows = fetch(session, _SETTINGS_AND_SUBSTITUTES, organisation_id)
    settings = settings_from({key: value for _, key, value, _, _ in rows if key})
    return settings, _substitutes((row[3], row[4], row[2]) for row in rows if not row[1])


def held_settings(session: Session, organisation_id: int) -> dict[str, Held]:
    """Return by key what an organisation or those above it set; the rest has its default."""
    rows = fetch(session, _HELD, organisation_id)
    return {key: Held(holder, name, value) for key, holder, name, value in rows}


def calendar_corrections(session: Session, organisation_id: int) -> list[Correction]:
    """Return the corrections of the calendar that count here, the latest date first."""
    rows = fetch(session, _CORRECTIONS, organisation_id)
    found = {
        day_of(on): Correction(holder, home, day_of(on), bool(is_working), name)
        for holder, home, on, is_working, name in rows
    }
    return [found[on] for on in sorted(found, reverse=True)]


def named_substitutes(session: Session, organisation_id: int) -> list[SubstituteRow]:
    """Return the substitute service days that count here, the latest month first."""
    rows = fetch(session, _NAMED, organisation_id)
    found = {
        (year, month): SubstituteRow(holder, home, year, month, day_of(on), reason)
        for holder, home, year, month, on, reason in rows
    }
    return [found[month] for month in sorted(found, reverse=True)]


def deciders_below(session: Session, organisation_id: int, keys: Iterable[str]) -> list[Node]:
    """Return those below an organisation that set one of these keys themselves."""
    deciding = set(
        session.scalars(select(Setting.organisation_id).where(Setting.key.in_(list(keys))))
    )
    return [node for node in subtree(session, organisation_id)[1:] if node.id in deciding]


def forest(session: Session, organisation_ids: Iterable[int]) -> list[Node]:
    """Return organisations as trees, each child behind its parent; a top's depth is 0."""
    ids = set(organisation_ids)
    rows = session.execute(
        select(Organisation.id, Organisation.parent_id, Organisation.code, Organisation.name)
        .where(Organisation.id.in_(ids))
        .order_by(Organisation.code)
    ).all()
    children: dict[int | None, list[Any]] = {}
    for row in rows:
        children.setdefault(row.parent_id if row.parent_id in ids else None, []).append(row)
    return _branches(children, None, 0)


def _branches(children: Mapping[int | None, list[Any]], top: int | None, depth: int) -> list[Node]:
    found: list[Node] = []
    for row in children.get(top, ()):
        found += [Node(row.id, row.parent_id, row.code, row.name, depth)]
        found += _branches(children, row.id, depth + 1)
    return found


def inherited_by(session: Session, organisation_id: int) -> Inherited:
    """Return all that an organisation inherits, read in one trip."""
    asked = [(query, organisation_id) for query in (_SETTINGS, _HOLIDAYS, _SUBSTITUTES)]
    settings, holidays, substitutes = fetch_together(session, *asked)
    return Inherited(
        settings_from(dict(map(tuple, settings))), _calendar(holidays), _substitutes(substitutes)
    )


def inherited_by_many(session: Session, organisation_ids: Collection[int]) -> dict[int, Inherited]:
    """Return what each of several organisations inherits, with three statements for them all."""
    asked = sorted(set(organisation_ids))
    if not asked:
        return {}
    rows = fetch_together(session, *((f"{LINES}{query}", asked) for query in _HELD_BY_LINES))
    found: dict[int, Inherited] = {}
    for organisation_id in asked:
        settings, holidays, substitutes = (
            [each[1:] for each in kind if each[0] == organisation_id] for kind in rows
        )
        found[organisation_id] = Inherited(
            settings_from(dict(map(tuple, settings))),
            _calendar(holidays),
            _substitutes(substitutes),
        )
    return found


def _calendar(rows: Iterable[Any]) -> dict[date, bool]:
    return {day_of(on): bool(is_working) for on, is_working in rows}


def _substitutes(rows: Iterable[Any]) -> dict[tuple[int, int], date]:
    return {(year, month): day_of(on) for year, month, on in rows}
