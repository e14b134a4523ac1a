"""People who may be one and the same: suggestions only, nobody is ever merged by them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select, union
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
    here = and_(Volunteer.organisation_id.in_(organisation_ids), Volunteer.state.in_(_STATES))
    people = [Side(*row) for row in session.execute(_held_twice(session, here))]
    apart = _told_apart(session, here)
    found: dict[tuple[int, int], Pair] = {}
    # Who shares a phone stands first; either list is cut before they are put together.
    for ways in ((_by_phone,), (_by_birth, _by_tail)):
        pairs = (pair for pair in _pairs(people, ways) if (pair.one.id, pair.other.id) not in apart)
        for pair in islice(pairs, limit):
            found.setdefault((pair.one.id, pair.other.id), pair)
    return list(found.values())[:limit]


def _held_twice(session: Session, here: ColumnElement[bool]) -> Select[Any]:
    """Return those who share with somebody what makes a pair: few, even of a whole county."""
    tail = _tail(session, Volunteer.phone)
    # Of all phones their index knows; whoever is not here is left out below.
    phones = _twice([Volunteer.phone], func.length(Volunteer.phone) >= SHORTEST_PHONE)
    # The name last: SQLite would else read by its index and fetch 100,000 rows one by one.
    births = _twice([Volunteer.born_on, Volunteer.name], Volunteer.born_on.is_not(None), here)
    tails = _twice([tail.label("tail"), Volunteer.name], tail.is_not(None), here)
    held = union(
        select(Volunteer.id).join(phones, phones.c.phone == Volunteer.phone),
        select(Volunteer.id).join(
            births, and_(births.c.name == Volunteer.name, births.c.born_on == Volunteer.born_on)
        ),
        select(Volunteer.id).join(
            tails, and_(tails.c.name == Volunteer.name, tails.c.tail == tail)
        ),
    ).subquery()
    return (
        select(*_side(Volunteer))
        .where(Volunteer.id.in_(select(held.c.id)), here)
        .order_by(Volunteer.name_keys, Volunteer.id)
    )


def _twice(keys: Sequence[Any], *conditions: ColumnElement[bool]) -> Subquery:
    """Return what more than one person bears."""
    return select(*keys).where(*conditions).group_by(*keys).having(func.count() > 1).subquery()


def _told_apart(session: Session, here: ColumnElement[bool]) -> set[tuple[int, int]]:
    is_here = exists().where(Volunteer.id == Distinction.one_id, here)
    rows = session.execute(select(Distinction.one_id, Distinction.other_id).where(is_here))
    return {(row[0], row[1]) for row in rows}


def _pairs(people: Sequence[Side], ways: Sequence[Callable[[Side], Hashable]]) -> Iterator[Pair]:
    """Yield who is alike in any of some ways, in the order of the first one of a pair.

    Never all with all: hundreds may share the phone of an office, and a page shows a few pairs.
    """
    bearers: dict[Hashable, list[Side]] = {}
    for one in people:
        for way in ways:
            if key := way(one):
                bearers.setdefault(key, []).append(one)
    for one in people:
        others = {o.id: o for way in ways for o in bearers.get(way(one), ()) if o.id > one.id}
        for other_id in sorted(others):
            yield Pair(one, others[other_id])


def _by_phone(one: Side) -> Hashable:
    return one.phone if one.phone and len(one.phone) >= SHORTEST_PHONE else None


def _by_birth(one: Side) -> Hashable:
    return (one.name, one.born_on) if one.born_on else None


def _by_tail(one: Side) -> Hashable:
    return (one.name, one.phone[-TAIL_DIGITS:]) if one.phone is not None else None


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
