"""The numbers of volunteers: given ones kept, missing ones the next of their organisation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.errors import N_, RuleBroken
from app.organisations.queries import get_organisation
from app.people.models import Volunteer
from app.people.operations.persons import Person
from app.people.queries import volunteers_by_numbers
from app.people.rules import names

_lock_numbers = text("SELECT pg_advisory_xact_lock(7105)")


class NumberTaken(RuleBroken):
    code = "number_taken"
    message = N_("The number %(number)s belongs to %(name)s already.")


class NumbersUsedUp(RuleBroken):
    code = "numbers_used_up"
    message = N_("All numbers from %(code)s00001 to %(code)s99999 are given; give one by hand.")


def hold_numbers(session: Session) -> None:
    """Let nobody else give numbers until the commit."""
    # Two organisers may add people at once: whoever comes second numbers on from the first.
    # On SQLite the writer's lock does the same.
    if is_postgresql(session):
        session.execute(_lock_numbers)


def numbers_for(session: Session, people: Sequence[Person]) -> list[str | None]:
    """Return each person's number: the given one, else the next of their organisation."""
    given = [person.number for person in people if person.number]
    _refuse_taken(session, people, given)
    following: dict[int, _Numbers] = {}
    numbers: list[str | None] = []
    for person in people:
        if person.number or person.state == "proposed":
            numbers.append(person.number)
            continue
        if person.organisation_id not in following:
            following[person.organisation_id] = _Numbers(session, person.organisation_id, given)
        numbers.append(following[person.organisation_id].next())
    return numbers


def _refuse_taken(session: Session, people: Sequence[Person], given: Sequence[str]) -> None:
    for number, holder in volunteers_by_numbers(session, given).items():
        raise NumberTaken(number=number, name=holder.name)
    seen: dict[str, str] = {}
    for person in people:
        if person.number in seen:
            raise NumberTaken(number=person.number, name=seen[person.number])
        if person.number:
            seen[person.number] = person.name


class _Numbers:
    """The free numbers of one organisation, in order."""

    def __init__(self, session: Session, organisation_id: int, given: Sequence[str]) -> None:
        self.code = names.typed_number(get_organisation(session, organisation_id).code)
        size = len(self.code) + names.NUMBER_DIGITS
        # Of one length and digits only, the greatest text is the greatest number anywhere.
        last = session.scalar(
            select(func.max(Volunteer.number)).where(
                Volunteer.number.startswith(self.code, autoescape=True),
                func.length(Volunteer.number) == size,
                func.ltrim(func.substr(Volunteer.number, len(self.code) + 1), "0123456789") == "",
            )
        )
        in_file = [n for n in given if n.startswith(self.code) and len(n) == size]
        ends = [n[len(self.code) :] for n in [*in_file, last or ""]]
        self.last = max((int(end) for end in ends if end.isdecimal()), default=0)

    def next(self) -> str:
        self.last += 1
        if self.last >= 10**names.NUMBER_DIGITS:
            raise NumbersUsedUp(code=self.code)
        return f"{self.code}{self.last:0{names.NUMBER_DIGITS}}"
