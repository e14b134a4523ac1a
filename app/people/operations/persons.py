"""A person's fields as they are kept, before anything is written."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from app.errors import N_, RuleBroken
from app.people.rules import names

KINDS = ("party", "social", "resident")
SEXES = ("female", "male")
STATES = ("proposed", "active", "left")


class ChoiceUnknown(RuleBroken):
    code = "bad_choice"
    message = N_("“%(given)s” is none of the choices.")


class Person(NamedTuple):
    """A person as they will be kept; made by `person_of`, before a transaction begins."""

    organisation_id: int
    name: str
    name_keys: str
    number: str | None
    phone: str | None
    kind: str
    sex: str | None
    born_on: date | None
    state: str


def person_of(
    *,
    organisation_id: int,
    name: str,
    number: str | None = None,
    phone: str | None = None,
    kind: str = "resident",
    sex: str | None = None,
    born_on: date | None = None,
    state: str = "active",
) -> Person:
    """Return a person's fields as they are kept, or refuse them. Reads no database."""
    kept = names.normal_name(name)
    check_choices(kind=kind, sex=sex, state=state)
    return Person(
        organisation_id=organisation_id,
        name=kept,
        name_keys=names.name_keys(kept),
        number=names.normal_number(number) if number and number.strip() else None,
        phone=names.normal_phone(phone or ""),
        kind=kind,
        sex=sex or None,
        born_on=born_on,
        state=state,
    )


def check_choices(*, kind: str, sex: str | None, state: str) -> None:
    """Refuse a word that is none of the choices."""
    for given, choices in ((kind, KINDS), (sex or "female", SEXES), (state, STATES)):
        if given not in choices:
            raise ChoiceUnknown(given=given)
