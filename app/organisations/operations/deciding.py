"""Change what organisations set; correct their calendar; name substitute service days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.clock import today_in
from app.errors import NotFound
from app.organisations import rules
from app.organisations.models import Holiday, Setting, SubstituteServiceDay
from app.organisations.operations.holding import lock_tree, note_organisation
from app.organisations.queries import deciders_below, get_organisation, settings_of


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
    lock_tree(session)
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
    note_organisation(
        session, "change_setting", organisation_id, actor_id, now, {key: before}, {key: given}
    )


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
    lock_tree(session)
    get_organisation(session, organisation_id)
    rules.check_name(name)
    held = session.get(Holiday, (organisation_id, day_on))
    before = None if held is None else _correction(held)
    values: dict[str, Any] = {"day_on": day_on, "is_working": is_working, "name": name}
    if before == values:
        return
    session.merge(Holiday(organisation_id=organisation_id, **values))
    session.flush()
    note_organisation(session, "correct_calendar", organisation_id, actor_id, now, before, values)


def drop_correction(
    session: Session, organisation_id: int, *, day_on: date, actor_id: int | None, now: datetime
) -> None:
    """Let a date be again what those above, or the library, say it is."""
    lock_tree(session)
    held = session.get(Holiday, (organisation_id, day_on))
    if held is None:
        raise NotFound
    before = _correction(held)
    session.delete(held)
    session.flush()
    note_organisation(session, "drop_correction", organisation_id, actor_id, now, before)


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
    lock_tree(session)
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
    note_organisation(
        session, "name_substitute_day", organisation_id, actor_id, now, before, values
    )


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
    lock_tree(session)
    held = session.get(SubstituteServiceDay, (organisation_id, year, month))
    if held is None:
        raise NotFound
    today = today_in(settings_of(session, organisation_id).time_zone, now)
    rules.check_withdrawal(substitute_on=held.substitute_on, today=today)
    before = {"substitute_on": held.substitute_on, "reason": held.reason}
    session.delete(held)
    session.flush()
    note_organisation(session, "withdraw_substitute_day", organisation_id, actor_id, now, before)


def _check_agreement(session: Session, organisation_id: int) -> None:
    """Refuse figures that contradict each other, also where those below set one of them."""
    rules.check_settings_agree(settings_of(session, organisation_id))
    for below in deciders_below(session, organisation_id, rules.AGREEING_KEYS):
        rules.check_settings_agree(settings_of(session, below.id), below=below.name)


def _correction(held: Holiday) -> dict[str, Any]:
    return {"day_on": held.day_on, "is_working": held.is_working, "name": held.name}
