"""Who somebody is, and which of them a text means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, false, literal, or_, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.people.models import Helper, Volunteer
from app.people.queries.merged import standing_for
from app.people.queries.spans import lasts
from app.people.rules.names import phone_tail, typed_key, typed_number, typed_phone

# Drivers bound how many values one statement may carry.
CHUNK = 500
SHORTEST_TAIL = 3

Value = TypeVar("Value")


class Namesake(NamedTuple):
    """Enough of a person to tell people of one name apart; the phone never leaves the core."""

    id: int
    number: str | None
    name: str
    phone: str | None
    state: str
    organisation_id: int


def find_volunteer(session: Session, volunteer_id: int) -> Volunteer | None:
    """Return a volunteer by id, or None."""
    return session.get(Volunteer, volunteer_id)


def get_volunteer(session: Session, volunteer_id: int) -> Volunteer:
    """Return a volunteer by id, or raise NotFound."""
    found = find_volunteer(session, volunteer_id)
    if found is None:
        raise NotFound
    return found


def volunteers_by_ids(session: Session, volunteer_ids: Iterable[int]) -> list[Namesake]:
    """Return people by pinyin."""
    return _namesakes(session, Volunteer.id.in_(sorted(volunteer_ids)))


def volunteer_by_number(session: Session, number: str) -> Volunteer | None:
    """Return the volunteer who bears a number, as typed, or bore it before it was joined."""
    found = session.scalar(select(Volunteer).where(Volunteer.number == typed_number(number)))
    if found is None or found.matched_to_id is None:
        return found
    return session.get(Volunteer, standing_for(session, found.id))


def volunteers_by_numbers(session: Session, numbers: Iterable[str]) -> dict[str, Namesake]:
    """Return the bearers of many numbers by their number as kept."""
    wanted = sorted({typed_number(number) for number in numbers})
    return {
        person.number: person
        for chunk in chunks(wanted)
        for person in _namesakes(session, Volunteer.number.in_(chunk))
        if person.number is not None
    }


def duplicates_of(
    session: Session,
    organisation_ids: Collection[int],
    *,
    name: str,
    phone: str | None,
    except_id: int | None = None,
) -> list[Namesake]:
    """Return people who share a name or a phone, for a hint: they may be the same person."""
    same = or_(Volunteer.name == name, Volunteer.phone == phone if phone else false())
    here = and_(
        Volunteer.organisation_id.in_(organisation_ids),
        Volunteer.id != (except_id or 0),
        Volunteer.state != "matched",
    )
    return _namesakes(session, and_(same, here))[:5]


def search_volunteers(
    session: Session, organisation_ids: Collection[int], text: str, *, limit: int = 20
) -> list[Namesake]:
    """Return people by name, pinyin (full or first letters), number or the end of the phone."""
    here = and_(Volunteer.organisation_id.in_(organisation_ids), Volunteer.state != "matched")
    return _namesakes(session, and_(here, matches(text)), limit)


def ids_meant(session: Session, organisation_ids: Collection[int], text: str) -> set[int]:
    """Return who of some organisations is meant by what was typed into a search."""
    here = Volunteer.organisation_id.in_(organisation_ids)
    return set(session.scalars(select(Volunteer.id).where(here, matches(text))))


def matches(text: str) -> ColumnElement[bool]:
    """Return the condition that a volunteer is meant by what was typed into a search."""
    typed = text.strip()
    if not typed:
        return Volunteer.id > 0
    ways = [Volunteer.name.contains(typed, autoescape=True)]
    if key := typed_key(typed):
        padded = literal(" ") + Volunteer.name_keys
        ways.append(padded.contains(f" {key}", autoescape=True))
    if number := typed_number(typed):
        ways.append(Volunteer.number.contains(number, autoescape=True))
    if typed.isascii() and typed.isdigit() and len(typed) >= SHORTEST_TAIL:
        ways.append(Volunteer.phone.endswith(typed[-11:], autoescape=True))
    return or_(*ways)


def without_full_phone(text: str) -> str:
    """Return a search text fit for an address: a phone typed in full keeps its last digits."""
    phone = typed_phone(text)
    return phone_tail(phone) if phone else text.strip()


def _namesakes(
    session: Session, condition: ColumnElement[bool], limit: int | None = None
) -> list[Namesake]:
    rows = session.execute(
        select(
            Volunteer.id,
            Volunteer.number,
            Volunteer.name,
            Volunteer.phone,
            Volunteer.state,
            Volunteer.organisation_id,
        )
        .where(condition)
        .order_by(Volunteer.name_keys, Volunteer.id)
        .limit(limit)
    )
    return [Namesake(*row) for row in rows]


def acts_for(session: Session, helper_id: int, on: date) -> list[int]:
    """Return the volunteers for whom somebody acts on a date."""
    return list(
        session.scalars(
            select(Helper.volunteer_id).where(lasts(Helper, on), Helper.helper_id == helper_id)
        )
    )


def chunks(values: Sequence[Value]) -> Iterable[Sequence[Value]]:
    """Return values in runs of at most CHUNK."""
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))
