"""Let an organisation that stands elsewhere from now on decide as it did before."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.organisations.calendar import WorkingCalendar
from app.organisations.models import Holiday, Setting, SubstituteServiceDay
from app.organisations.operations import note_organisation
from app.organisations.queries import (
    Correction,
    SubstituteRow,
    calendar_corrections,
    named_substitutes,
    settings_of,
)
from app.organisations.rules import KEYS, Settings, format_setting
from app.points.operations import carry_versions
from app.points.queries import versions_for
from app.points.rules import RuleVersion


class Applied(NamedTuple):
    """All by which service of an organisation is judged and credited, inherited or its own."""

    settings: Settings
    calendar: dict[date, Correction]
    substitutes: dict[tuple[int, int], SubstituteRow]
    versions: tuple[RuleVersion, ...]


def applied_at(session: Session, organisation_id: int) -> Applied:
    """Return what applies at an organisation now."""
    corrections = calendar_corrections(session, organisation_id)
    substitutes = named_substitutes(session, organisation_id)
    return Applied(
        settings_of(session, organisation_id),
        {each.day_on: each for each in corrections},
        {(each.year, each.month): each for each in substitutes},
        versions_for(session, organisation_id),
    )


def keep_applied(
    session: Session, organisation_id: int, before: Applied, *, actor_id: int, now: datetime
) -> None:
    """Write down at an organisation whatever else would be other than it was before.

    So what is entered late for a day before is judged and credited as it would have been.
    """
    after = applied_at(session, organisation_id)
    _keep_settings(session, organisation_id, before, after, actor_id, now)
    _keep_calendar(session, organisation_id, before, after)
    _keep_substitutes(session, organisation_id, before, after)
    if [each.id for each in before.versions] != [each.id for each in after.versions]:
        carry_versions(session, organisation_id, before.versions, actor_id=actor_id, now=now)
    session.flush()


def _keep_settings(
    session: Session,
    organisation_id: int,
    before: Applied,
    after: Applied,
    actor_id: int,
    now: datetime,
) -> None:
    for key in KEYS:
        value = getattr(before.settings, key)
        if value == getattr(after.settings, key):
            continue
        kept = format_setting(key, value)
        session.merge(Setting(organisation_id=organisation_id, key=key, value=kept))
        sides = ({key: None}, {key: kept})
        note_organisation(session, "change_setting", organisation_id, actor_id, now, *sides)


def _keep_calendar(session: Session, organisation_id: int, before: Applied, after: Applied) -> None:
    library = WorkingCalendar()
    for day_on in before.calendar.keys() | after.calendar.keys():
        was, is_now = before.calendar.get(day_on), after.calendar.get(day_on)
        if was is not None and (is_now is None or is_now.is_working != was.is_working):
            kept = (was.is_working, was.name)
        elif was is None and is_now is not None:
            kept = (library.is_working_day(day_on), is_now.name)
        else:
            continue
        is_working, name = kept
        session.merge(
            Holiday(
                organisation_id=organisation_id, day_on=day_on, is_working=is_working, name=name
            )
        )


def _keep_substitutes(
    session: Session, organisation_id: int, before: Applied, after: Applied
) -> None:
    """Keep the named days; one that only the new place names stays out of reach of this."""
    for (year, month), was in before.substitutes.items():
        is_now = after.substitutes.get((year, month))
        if is_now is None or is_now.substitute_on != was.substitute_on:
            session.merge(
                SubstituteServiceDay(
                    organisation_id=organisation_id,
                    year=year,
                    month=month,
                    substitute_on=was.substitute_on,
                    reason=was.reason,
                )
            )
