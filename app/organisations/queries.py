"""The tree read down and up, and what an organisation inherits from those above it."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import CTE, Executable, bindparam, literal, select
from sqlalchemy.orm import Session, aliased

from app.organisations.models import Holiday, Organisation, Setting, SubstituteServiceDay
from app.organisations.rules import OrganisationUnknown, Settings, SettingValue, settings_from


class Node(NamedTuple):
    """One organisation and how deep it lies below the one asked for."""

    id: int
    parent_id: int | None
    code: str
    name: str
    depth: int


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


def _downwards() -> CTE:
    """The organisation itself at depth 0 and all below it."""
    base = (
        select(Organisation.id, literal(0).label("depth"))
        .where(Organisation.id == bindparam("organisation_id"))
        .cte("downwards", recursive=True)
    )
    child = aliased(Organisation)
    return base.union_all(
        select(child.id, base.c.depth + 1).join(base, child.parent_id == base.c.id)
    )


_up = _upwards()
_down = _downwards()
_ancestors = select(_up.c.id).order_by(_up.c.height)
_subtree = (
    select(
        Organisation.id, Organisation.parent_id, Organisation.code, Organisation.name, _down.c.depth
    )
    .join(_down, Organisation.id == _down.c.id)
    .order_by(_down.c.depth, Organisation.code)
)
_subtree_ids = select(_down.c.id).order_by(_down.c.depth, _down.c.id)
_site = (
    select(Organisation.id, Organisation.name, Setting.value)
    .outerjoin(Setting, (Setting.organisation_id == Organisation.id) & (Setting.key == "time_zone"))
    .where(Organisation.parent_id.is_(None))
    .order_by(Organisation.id)
    .limit(1)
)
# The farthest first, so that a dict built from the rows keeps the nearest.
_settings = (
    select(Setting.key, Setting.value)
    .join(_up, Setting.organisation_id == _up.c.id)
    .order_by(_up.c.height.desc())
)
_holidays = (
    select(Holiday.day_on, Holiday.is_working)
    .join(_up, Holiday.organisation_id == _up.c.id)
    .order_by(_up.c.height.desc())
)
_substitutes = (
    select(
        SubstituteServiceDay.year, SubstituteServiceDay.month, SubstituteServiceDay.substitute_on
    )
    .join(_up, SubstituteServiceDay.organisation_id == _up.c.id)
    .order_by(_up.c.height.desc())
)


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


def subtree_ids(session: Session, organisation_id: int) -> list[int]:
    """Return the organisation and all below it."""
    return list(session.scalars(_subtree_ids, {"organisation_id": organisation_id}))


def subtree(session: Session, organisation_id: int) -> list[Node]:
    """Return the organisation and all below it with their depth, parents before children."""
    rows = session.execute(_subtree, {"organisation_id": organisation_id})
    return [Node(*row) for row in rows]


def ancestors_of(session: Session, organisation_id: int) -> list[int]:
    """Return the organisation itself first, its parent next, … the root last."""
    return list(session.scalars(_ancestors, {"organisation_id": organisation_id}))


def root_id_of(session: Session, organisation_id: int) -> int:
    """Return the root of the tree an organisation stands in."""
    above = ancestors_of(session, organisation_id)
    if not above:
        raise OrganisationUnknown(organisation=organisation_id)
    return above[-1]


def settings_of(session: Session, organisation_id: int) -> Settings:
    """Return every setting an organisation has, its own or inherited, in one query."""
    return settings_from(dict(_inherited(session, _settings, organisation_id)))


def setting(session: Session, organisation_id: int, key: str) -> SettingValue:
    """Return one setting an organisation has, its own or inherited."""
    value: SettingValue = getattr(settings_of(session, organisation_id), key)
    return value


def working_calendar(session: Session, organisation_id: int) -> dict[date, bool]:
    """Return the corrections of the working calendar by date (True: a working day)."""
    return dict(_inherited(session, _holidays, organisation_id))


def substitute_days(session: Session, organisation_id: int) -> dict[tuple[int, int], date]:
    """Return the substitute service days by year and month."""
    rows = _inherited(session, _substitutes, organisation_id)
    return {(year, month): on for year, month, on in rows}


def _inherited(session: Session, query: Executable, organisation_id: int) -> list[Any]:
    return [tuple(row) for row in session.execute(query, {"organisation_id": organisation_id})]
