"""The tree: organisations by code, those above and those below."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, bindparam, literal, select
from sqlalchemy.orm import Session, aliased

from app.bulk import fetch
from app.organisations.models import Organisation
from app.organisations.rules import OrganisationUnknown, Settings


class Node(NamedTuple):
    """One organisation and how deep it lies below the one asked for."""

    id: int
    parent_id: int | None
    code: str
    name: str
    depth: int


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


_down = _downwards(Organisation.id == bindparam("organisation_id"))


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
_SITE = """
SELECT o.id, o.name, s.value FROM organisations o
LEFT JOIN settings s ON s.organisation_id = o.id AND s.key = 'time_zone'
WHERE o.parent_id IS NULL ORDER BY o.id LIMIT 1
"""
# The farthest first, so that a dict built from the rows keeps the nearest.
ABOVE = """
WITH RECURSIVE above (id, parent_id, height) AS (
  SELECT id, parent_id, 0 FROM organisations WHERE id = ?
  UNION ALL
  SELECT o.id, o.parent_id, a.height + 1 FROM organisations o JOIN above a ON o.id = a.parent_id
)
"""
_ANCESTORS = f"{ABOVE} SELECT id FROM above ORDER BY height"
_LINES_ABOVE = """
WITH RECURSIVE above (leaf_id, id) AS (
  SELECT id, id FROM organisations WHERE id IN ?ids
  UNION ALL
  SELECT a.leaf_id, o.parent_id FROM above a JOIN organisations o ON o.id = a.id
  WHERE o.parent_id IS NOT NULL
)
SELECT leaf_id, id FROM above
"""
# The line upward from where a person or an item is at home.
_ABOVE_OF = """
WITH RECURSIVE above (id, parent_id, height) AS (
  SELECT o.id, o.parent_id, 0 FROM organisations o JOIN {whose} w ON w.organisation_id = o.id
  WHERE w.id = ?
  UNION ALL
  SELECT o.id, o.parent_id, a.height + 1 FROM organisations o JOIN above a ON o.id = a.parent_id
)
"""
ABOVE_ITEM = _ABOVE_OF.format(whose="shelf_items")
ABOVE_PERSON = _ABOVE_OF.format(whose="volunteers")
# The same for several organisations: each row begins with the one that inherits it.
LINES = """
WITH RECURSIVE above (leaf_id, id, height) AS (
  SELECT id, id, 0 FROM organisations WHERE id IN ?ids
  UNION ALL
  SELECT a.leaf_id, o.parent_id, a.height + 1 FROM above a JOIN organisations o ON o.id = a.id
  WHERE o.parent_id IS NOT NULL
)
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
    session.flush()
    return site_told(fetch(session, *asking_site()))


def asking_site() -> tuple[Any, ...]:
    """Return the query of `find_site`, for a caller who has more to ask in the same trip."""
    return (_SITE,)


def site_told(rows: Sequence[Any]) -> tuple[int, str, str] | None:
    """Return whose site this is from the answer to `asking_site`."""
    for id_, name, zone in rows:
        return id_, name, zone or Settings().time_zone
    return None


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


def subtree_of_code(session: Session, code: str) -> list[Node]:
    """Return whoever bears a code first, then all below it; nothing where nobody does."""
    return [Node(*row) for row in session.execute(_subtree_of_code, {"code": code})]


def ancestors_of(session: Session, organisation_id: int) -> list[int]:
    """Return the organisation itself first, its parent next, … the root last."""
    return [row[0] for row in fetch(session, _ANCESTORS, organisation_id)]


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


def root_ids_of(session: Session, organisation_ids: Collection[int]) -> list[int]:
    """Return the roots above several organisations, in no more statements than above one."""
    above = {line[1] for line in fetch(session, *asking_above(organisation_ids))}
    return [root.id for root in roots(session) if root.id in above]


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
