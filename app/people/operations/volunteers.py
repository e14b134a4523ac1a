"""Add people, give them their numbers, edit them, confirm new friends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.ledger.operations import open_accounts
from app.organisations.operations import check_in_service
from app.organisations.queries import root_id_of
from app.people.models import Volunteer
from app.people.operations.numbers import hold_numbers, numbers_for
from app.people.operations.persons import ChoiceUnknown, Person, check_choices, person_of
from app.people.queries import get_volunteer
from app.people.rules import names
from app.trail.operations import note, remember, remembered

EDITABLE = ("name", "sex", "born_on", "phone", "kind", "state")


class NotWaiting(RuleBroken):
    code = "not_waiting"
    message = N_("%(name)s is confirmed already.")


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
    for organisation_id in sorted({person.organisation_id for person in people}):
        check_in_service(session, organisation_id)
    hold_numbers(session)
    rows = [
        person._asdict() | {"number": number, "is_named": False, "created_at": now}
        for person, number in zip(people, numbers_for(session, people), strict=True)
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
    if volunteer.name == names.ERASED_NAME:
        raise NotFound
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
    hold_numbers(session)
    volunteer = get_volunteer(session, volunteer_id)
    session.refresh(volunteer, with_for_update={"key_share": True})
    if volunteer.state != "proposed":
        raise NotWaiting(name=volunteer.name)
    person = person_of(
        organisation_id=volunteer.organisation_id, name=volunteer.name, number=number
    )
    (volunteer.number,) = numbers_for(session, [person])
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


# ── fields ────────────────────────────────────────────────────────────────────────────────


def _open_accounts(session: Session, people: Sequence[Person], ids: Sequence[int]) -> None:
    by_organisation: dict[int, list[int]] = {}
    for person, volunteer_id in zip(people, ids, strict=True):
        by_organisation.setdefault(person.organisation_id, []).append(volunteer_id)
    for organisation_id, holder_ids in by_organisation.items():
        root_id = root_id_of(session, organisation_id)
        open_accounts(session, root_id=root_id, holder_ids=holder_ids)


def _kept(changes: Mapping[str, Any], volunteer: Volunteer, today: date) -> dict[str, Any]:
    """Return the changed fields as they are kept, name keys included."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"Not editable: {sorted(unknown)}")
    kept = dict(changes)
    if volunteer.state in {"proposed", "matched"}:
        # Without a number nobody is a member; only a confirmation gives one.
        kept.pop("state", None)
    merged = {key: kept.get(key, getattr(volunteer, key)) for key in ("kind", "sex", "state")}
    check_choices(**merged)
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
