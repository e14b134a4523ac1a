"""Add people, give them their numbers, edit them, confirm new friends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.errors import N_, RuleBroken
from app.ledger.operations import open_accounts
from app.organisations.queries import get_organisation, root_id_of
from app.people.models import Volunteer
from app.people.queries import get_volunteer, volunteers_by_numbers
from app.people.rules import names
from app.trail.operations import note, remember, remembered

KINDS = ("party", "social", "resident")
SEXES = ("female", "male")
STATES = ("proposed", "active", "left")
EDITABLE = ("name", "sex", "born_on", "phone", "kind", "state", "is_named")
_lock_numbers = text("SELECT pg_advisory_xact_lock(7105)")


class NumberTaken(RuleBroken):
    code = "number_taken"
    message = N_("The number %(number)s belongs to %(name)s already.")


class NumbersUsedUp(RuleBroken):
    code = "numbers_used_up"
    message = N_("All numbers from %(code)s00001 to %(code)s99999 are given; give one by hand.")


class ChoiceUnknown(RuleBroken):
    code = "bad_choice"
    message = N_("“%(given)s” is none of the choices.")


class NotWaiting(RuleBroken):
    code = "not_waiting"
    message = N_("%(name)s is confirmed already.")


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
    _check_choices(kind=kind, sex=sex, state=state)
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


def add_volunteer(
    session: Session,
    *,
    organisation_id: int,
    name: str,
    number: str | None = None,
    phone: str | None = None,
    kind: str = "resident",
    sex: str | None = None,
    born_on: date | None = None,
    state: str = "active",
    actor_id: int | None,
    now: datetime,
    key: str | None = None,
) -> Volunteer:
    """Add a person, with a number (unless a new friend) and their accounts.

    A key seen before, with the same content, returns the person added then.
    """
    person = person_of(
        organisation_id=organisation_id,
        name=name,
        number=number,
        phone=phone,
        kind=kind,
        sex=sex,
        born_on=born_on,
        state=state,
    )
    if key and actor_id and (done := remembered(session, actor_id, key, person._asdict())):
        return get_volunteer(session, done["volunteer_id"])
    (volunteer_id,) = insert_people(session, [person], now=now)
    volunteer = get_volunteer(session, volunteer_id)
    if key and actor_id:
        result = {"volunteer_id": volunteer_id}
        remember(session, actor_id, key, person._asdict(), result, now)
    note(
        session,
        operation="add_volunteer",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=organisation_id,
        after=_shown(volunteer),
    )
    return volunteer


def add_volunteers(
    session: Session,
    people: Sequence[Person],
    *,
    actor_id: int | None,
    now: datetime,
    batch_id: int | None = None,
) -> list[int]:
    """Add many people as one operation; return their ids in order."""
    ids = insert_people(session, people, now=now)
    if ids:
        note(
            session,
            operation="add_volunteers",
            actor_id=actor_id,
            at=now,
            subject_kind="volunteer",
            batch_id=batch_id,
            organisation_id=people[0].organisation_id,
            after={"count": len(ids), "first_id": ids[0], "last_id": ids[-1]},
        )
    return ids


def insert_people(session: Session, people: Sequence[Person], *, now: datetime) -> list[int]:
    """Insert people with numbers and accounts; one statement per table, no trail row."""
    if not people:
        return []
    for person in people:
        names.checked_birth_date(person.born_on, now.date())
    _hold_numbers(session)
    rows = [
        person._asdict() | {"number": number, "is_named": False, "created_at": now}
        for person, number in zip(people, _numbers_for(session, people), strict=True)
    ]
    added = insert(Volunteer).returning(Volunteer.id, sort_by_parameter_order=True)
    ids = list(session.scalars(added, rows))
    _open_accounts(session, people, ids)
    return ids


def edit_volunteer(
    session: Session,
    volunteer_id: int,
    changes: Mapping[str, Any],
    *,
    actor_id: int,
    now: datetime,
    on_behalf_of_id: int | None = None,
) -> bool:
    """Change some of a person's fields (EDITABLE); return whether anything changed."""
    volunteer = get_volunteer(session, volunteer_id)
    kept = _kept(changes, volunteer, now.date())
    changed = {key: value for key, value in kept.items() if getattr(volunteer, key) != value}
    if not changed:
        return False
    before = _shown(volunteer, changed)
    for key, value in changed.items():
        setattr(volunteer, key, value)
    session.flush()
    note(
        session,
        operation="edit_volunteer",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=volunteer.organisation_id,
        on_behalf_of_id=on_behalf_of_id,
        before=before,
        after=_shown(volunteer, changed),
    )
    return True


def confirm_new_friend(
    session: Session, volunteer_id: int, *, actor_id: int, now: datetime, number: str | None = None
) -> Volunteer:
    """Confirm a person proposed by a leader: from now on they bear a number."""
    _hold_numbers(session)
    volunteer = get_volunteer(session, volunteer_id)
    session.refresh(volunteer, with_for_update={"key_share": True})
    if volunteer.state != "proposed":
        raise NotWaiting(name=volunteer.name)
    person = person_of(
        organisation_id=volunteer.organisation_id, name=volunteer.name, number=number
    )
    (volunteer.number,) = _numbers_for(session, [person])
    volunteer.state = "active"
    session.flush()
    note(
        session,
        operation="confirm_new_friend",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=volunteer.organisation_id,
        before={"state": "proposed"},
        after={"state": "active", "number": volunteer.number},
    )
    return volunteer


# ── numbers ───────────────────────────────────────────────────────────────────────────────


def _hold_numbers(session: Session) -> None:
    # Two organisers may add people at once: whoever comes second numbers on from the first.
    # On SQLite the writer's lock does the same.
    if is_postgresql(session):
        session.execute(_lock_numbers)


def _numbers_for(session: Session, people: Sequence[Person]) -> list[str | None]:
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


# ── fields ────────────────────────────────────────────────────────────────────────────────


def _open_accounts(session: Session, people: Sequence[Person], ids: Sequence[int]) -> None:
    by_organisation: dict[int, list[int]] = {}
    for person, volunteer_id in zip(people, ids, strict=True):
        by_organisation.setdefault(person.organisation_id, []).append(volunteer_id)
    for organisation_id, holder_ids in by_organisation.items():
        root_id = root_id_of(session, organisation_id)
        open_accounts(session, root_id=root_id, holder_ids=holder_ids)


def _check_choices(*, kind: str, sex: str | None, state: str) -> None:
    for given, choices in ((kind, KINDS), (sex or "female", SEXES), (state, STATES)):
        if given not in choices:
            raise ChoiceUnknown(given=given)


def _kept(changes: Mapping[str, Any], volunteer: Volunteer, today: date) -> dict[str, Any]:
    """Return the changed fields as they are kept, name keys included."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"Not editable: {sorted(unknown)}")
    kept = dict(changes)
    merged = {key: kept.get(key, getattr(volunteer, key)) for key in ("kind", "sex", "state")}
    _check_choices(**merged)
    if volunteer.state != "proposed" and merged["state"] == "proposed":
        raise ChoiceUnknown(given="proposed")
    if "name" in kept:
        kept["name"] = names.normal_name(kept["name"])
        kept["name_keys"] = names.name_keys(kept["name"])
    if "phone" in kept:
        kept["phone"] = names.normal_phone(kept["phone"] or "")
    if "born_on" in kept:
        kept["born_on"] = names.checked_birth_date(kept["born_on"], today)
    if "sex" in kept:
        kept["sex"] = kept["sex"] or None
    return kept


def _shown(volunteer: Volunteer, keys: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return fields for the trail, which masks phones itself."""
    wanted = keys if keys is not None else ("number", *EDITABLE)
    return {key: getattr(volunteer, key) for key in wanted if key != "name_keys"}
