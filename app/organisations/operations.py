"""Make, rename and move organisations; change what they set; correct their calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.clock import today_in
from app.db import is_postgresql
from app.errors import NotFound
from app.organisations import rules
from app.organisations.models import Holiday, Organisation, Setting, SubstituteServiceDay
from app.organisations.queries import (
    deciders_below,
    find_organisation,
    get_organisation,
    root_id_of,
    settings_of,
    subtree_ids,
)
from app.trail.operations import note


def create_organisation(
    session: Session,
    *,
    code: str,
    name: str,
    parent_id: int | None = None,
    actor_id: int | None,
    now: datetime,
) -> Organisation:
    """Make an organisation below a parent, or a root."""
    rules.check_code(code)
    rules.check_name(name)
    taken = find_organisation(session, code)
    if taken is not None:
        raise rules.CodeTaken(given=code, name=taken.name)
    if parent_id is not None:
        get_organisation(session, parent_id)
    made = Organisation(code=code, name=name, parent_id=parent_id, created_at=now)
    session.add(made)
    session.flush()
    after = {"code": code, "name": name, "parent_id": parent_id}
    _note(session, "create_organisation", made.id, actor_id, now, after=after)
    return made


def rename_organisation(
    session: Session, organisation_id: int, *, name: str, actor_id: int | None, now: datetime
) -> None:
    """Give an organisation another name."""
    rules.check_name(name)
    organisation = get_organisation(session, organisation_id)
    before = {"name": organisation.name}
    if organisation.name == name:
        return
    organisation.name = name
    session.flush()
    _note(session, "rename_organisation", organisation_id, actor_id, now, before, {"name": name})


def move_organisation(
    session: Session, organisation_id: int, *, parent_id: int, actor_id: int | None, now: datetime
) -> None:
    """Hang an organisation, with all below it, under another one of its tree."""
    _lock_tree(session)
    organisation = get_organisation(session, organisation_id)
    get_organisation(session, parent_id)
    root = get_organisation(session, root_id_of(session, organisation_id))
    rules.check_move(
        name=organisation.name,
        root=root.name,
        below=subtree_ids(session, organisation_id),
        tree=subtree_ids(session, root.id),
        parent_id=parent_id,
    )
    before = {"parent_id": organisation.parent_id}
    if organisation.parent_id == parent_id:
        return
    organisation.parent_id = parent_id
    session.flush()
    after = {"parent_id": parent_id}
    _note(session, "move_organisation", organisation_id, actor_id, now, before, after)


def change_setting(
    session: Session,
    organisation_id: int,
    *,
    key: str,
    value: str | None,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Set one figure for an organisation and those below it; None inherits it again."""
    _lock_tree(session)
    get_organisation(session, organisation_id)
    given = None if value is None else rules.format_setting(key, rules.parse_setting(key, value))
    row = session.get(Setting, (organisation_id, key))
    before = None if row is None else row.value
    if before == given:
        return
    if given is None and row is not None:
        session.delete(row)
    elif given is not None:
        session.merge(Setting(organisation_id=organisation_id, key=key, value=given))
    session.flush()
    _check_agreement(session, organisation_id)
    _note(session, "change_setting", organisation_id, actor_id, now, {key: before}, {key: given})


def correct_calendar(
    session: Session,
    organisation_id: int,
    *,
    day_on: date,
    is_working: bool,
    name: str,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Say that a date is a holiday or a make-up working day, whatever the library thinks."""
    _lock_tree(session)
    get_organisation(session, organisation_id)
    rules.check_name(name)
    held = session.get(Holiday, (organisation_id, day_on))
    before = None if held is None else _correction(held)
    values: dict[str, Any] = {"day_on": day_on, "is_working": is_working, "name": name}
    if before == values:
        return
    session.merge(Holiday(organisation_id=organisation_id, **values))
    session.flush()
    _note(session, "correct_calendar", organisation_id, actor_id, now, before, values)


def drop_correction(
    session: Session, organisation_id: int, *, day_on: date, actor_id: int | None, now: datetime
) -> None:
    """Let a date be again what those above, or the library, say it is."""
    _lock_tree(session)
    held = session.get(Holiday, (organisation_id, day_on))
    if held is None:
        raise NotFound
    before = _correction(held)
    session.delete(held)
    session.flush()
    _note(session, "drop_correction", organisation_id, actor_id, now, before)


def name_substitute_day(
    session: Session,
    *,
    organisation_id: int,
    year: int,
    month: int,
    substitute_on: date,
    reason: str,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Name the date that may stand in for one month's service day, at the latest on the day."""
    if not reason.strip():
        raise rules.ReasonMissing
    _lock_tree(session)
    get_organisation(session, organisation_id)
    settings = settings_of(session, organisation_id)
    held = session.get(SubstituteServiceDay, (organisation_id, year, month))
    replaces_on = None if held is None else held.substitute_on
    if held is not None and (replaces_on, held.reason) == (substitute_on, reason.strip()):
        return
    rules.check_substitute(
        year=year,
        month=month,
        substitute_on=substitute_on,
        replaces_on=replaces_on,
        service_day=settings.service_day,
        today=today_in(settings.time_zone, now),
    )
    values: dict[str, Any] = {"substitute_on": substitute_on, "reason": reason.strip()}
    session.merge(
        SubstituteServiceDay(organisation_id=organisation_id, year=year, month=month, **values)
    )
    session.flush()
    before = {"substitute_on": replaces_on}
    _note(session, "name_substitute_day", organisation_id, actor_id, now, before, values)


def withdraw_substitute_day(
    session: Session,
    organisation_id: int,
    *,
    year: int,
    month: int,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Take a substitute service day back before it has come."""
    _lock_tree(session)
    held = session.get(SubstituteServiceDay, (organisation_id, year, month))
    if held is None:
        raise NotFound
    today = today_in(settings_of(session, organisation_id).time_zone, now)
    rules.check_withdrawal(substitute_on=held.substitute_on, today=today)
    before = {"substitute_on": held.substitute_on, "reason": held.reason}
    session.delete(held)
    session.flush()
    _note(session, "withdraw_substitute_day", organisation_id, actor_id, now, before)


def _check_agreement(session: Session, organisation_id: int) -> None:
    """Refuse figures that contradict each other, also where those below set one of them."""
    rules.check_settings_agree(settings_of(session, organisation_id))
    for below in deciders_below(session, organisation_id, rules.AGREEING_KEYS):
        rules.check_settings_agree(settings_of(session, below.id), below=below.name)


def _correction(held: Holiday) -> dict[str, Any]:
    return {"day_on": held.day_on, "is_working": held.is_working, "name": held.name}


def _note(
    session: Session,
    operation: str,
    organisation_id: int,
    actor_id: int | None,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="organisation",
        subject_id=organisation_id,
        organisation_id=organisation_id,
        before=before,
        after=after,
    )


def _lock_tree(session: Session) -> None:
    """Two moves at once could close a circle, two settings cross: one waits for the other."""
    if is_postgresql(session):
        session.execute(text("SELECT pg_advisory_xact_lock(7104, 3)"))
