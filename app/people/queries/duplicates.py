"""People who may be one and the same: suggestions only, nobody is ever merged by them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import CTE, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from app.people.models import Distinction, Volunteer
from app.people.queries.volunteers import Namesake
from app.people.rules.names import TAIL_DIGITS, name_keys, phone_tail

MOST_PAIRS = 50
MOST_ALIKE = 8
# New friends have only the end of a phone; that alone makes nobody the same.
SHORTEST_PHONE = 7
_STATES = ("active", "left")
_namesake = (
    Volunteer.id, Volunteer.number, Volunteer.name, Volunteer.phone, Volunteer.state,
    Volunteer.organisation_id,
)  # fmt: skip


class Side(NamedTuple):
    """One of two people who may be one."""

    id: int
    number: str | None
    name: str
    phone: str | None
    born_on: date | None
    state: str
    created_at: datetime


class Pair(NamedTuple):
    """Two people who share a phone, or a name and something more."""

    one: Side
    other: Side

    @property
    def shares_phone(self) -> bool:
        return bool(self.one.phone) and self.one.phone == self.other.phone

    @property
    def shares_name(self) -> bool:
        return self.one.name == self.other.name

    @property
    def shares_birth_date(self) -> bool:
        return self.one.born_on is not None and self.one.born_on == self.other.born_on


def duplicate_pairs(
    session: Session, organisation_ids: Collection[int], *, limit: int = MOST_PAIRS
) -> list[Pair]:
    """Return pairs nobody told apart yet: same phone; or name and birth date or phone's end."""
    held = _held_twice(session, organisation_ids)
    one_side, other_side = held.alias("one"), held.alias("other")
    one, other = one_side.c, other_side.c
    same_phone = and_(one.phone == other.phone, func.length(one.phone) >= SHORTEST_PHONE)
    same_birth = one.born_on == other.born_on
    same_tail = _tail(session, one.phone) == _tail(session, other.phone)
    told_apart = exists().where(Distinction.one_id == one.id, Distinction.other_id == other.id)
    pairs: dict[tuple[int, int], Pair] = {}
    # Two questions, each by what is equal, instead of one that compares everybody with everybody.
    for alike in (same_phone, and_(one.name == other.name, or_(same_birth, same_tail))):
        rows = session.execute(
            select(*_side(one), *_side(other))
            .join_from(one_side, other_side, and_(alike, one.id < other.id))
            .where(~told_apart)
            .order_by(one.name_keys, one.id, other.id)
            .limit(limit)
        )
        for row in rows:
            pair = Pair(Side(*row[:7]), Side(*row[7:]))
            pairs.setdefault((pair.one.id, pair.other.id), pair)
    return list(pairs.values())[:limit]


def _held_twice(session: Session, organisation_ids: Collection[int]) -> CTE:
    """Return those who share with somebody what makes a pair: few, even of a whole county."""
    here = Volunteer.organisation_id.in_(organisation_ids), Volunteer.state.in_(_STATES)
    shared = (
        (Volunteer.phone, (Volunteer.phone,)),
        (Volunteer.born_on, (Volunteer.name, Volunteer.born_on)),
        (Volunteer.phone, (Volunteer.name, _tail(session, Volunteer.phone))),
    )
    counted = [
        case((said.is_not(None), func.count().over(partition_by=keys)), else_=0)
        for said, keys in shared
    ]
    columns = [column.label(column.key) for column in Volunteer.__table__.columns]
    each = select(*columns, *(n.label(f"n{i}") for i, n in enumerate(counted))).where(*here)
    found = each.subquery("each")
    most = or_(*(found.c[f"n{i}"] > 1 for i in range(len(counted))))
    return select(*(found.c[column.key] for column in columns)).where(most).cte("held")


def _tail(session: Session, phone: Any) -> Any:
    if session.get_bind().dialect.name == "postgresql":
        return func.right(phone, TAIL_DIGITS)
    return func.substr(phone, -TAIL_DIGITS)


def _side(person: Any) -> tuple[Any, ...]:
    return (
        person.id, person.number, person.name, person.phone, person.born_on, person.state,
        person.created_at,
    )  # fmt: skip


def same_person(
    session: Session, organisation_ids: Collection[int], *, name: str, phone: str
) -> list[Namesake]:
    """Return volunteers who bear a name and a phone, both."""
    both = and_(Volunteer.name == name, Volunteer.phone == phone, Volunteer.state == "active")
    here = Volunteer.organisation_id.in_(organisation_ids)
    return [
        Namesake(*row)
        for row in session.execute(select(*_namesake).where(both, here).order_by(Volunteer.id))
    ]


def perhaps(
    session: Session,
    organisation_ids: Collection[int],
    *,
    name: str,
    phone: str | None,
    except_id: int | None = None,
) -> list[Namesake]:
    """Return volunteers of the name, one that sounds alike, or the end of the phone.

    Whoever fits by name and phone comes first.
    """
    tail = phone_tail(phone)
    # The likeliest reading comes first among the keys: 张雨 sounds like 章宇.
    sound = name_keys(name).split(" ")[0]
    sounds = Volunteer.name_keys.startswith(f"{sound} ", autoescape=True)
    ways = [Volunteer.name == name, sounds]
    if len(tail) == TAIL_DIGITS:
        ways.append(Volunteer.phone.endswith(tail, autoescape=True))
    rows = session.execute(
        select(*_namesake)
        .where(or_(*ways), Volunteer.state == "active", Volunteer.id != (except_id or 0))
        .where(Volunteer.organisation_id.in_(organisation_ids))
        .order_by(Volunteer.name_keys, Volunteer.id)
        .limit(MOST_ALIKE * 4)
    )
    found = [Namesake(*row) for row in rows]
    found.sort(key=lambda one: (one.name != name) + (phone_tail(one.phone) != tail or not tail))
    return found[:MOST_ALIKE]
