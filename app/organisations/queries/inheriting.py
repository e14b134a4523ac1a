"""What organisations decide for themselves and those below: settings, holidays, substitute days."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, fetch_together
from app.organisations.models import Setting
from app.organisations.queries.tree import ABOVE, LINES, Node, roots, subtree
from app.organisations.rules import Settings, SettingValue, settings_from


class Held(NamedTuple):
    """A value as it is stored, and the organisation that decided it."""

    organisation_id: int
    organisation_name: str
    value: str


class Correction(NamedTuple):
    """A date of the working calendar as an organisation corrected it."""

    organisation_id: int
    organisation_name: str
    day_on: date
    is_working: bool
    name: str


class SubstituteRow(NamedTuple):
    """A substitute service day and the organisation that named it."""

    organisation_id: int
    organisation_name: str
    year: int
    month: int
    substitute_on: date
    reason: str


class Inherited(NamedTuple):
    """What an organisation decides, itself or by those above it."""

    settings: Settings
    calendar: dict[date, bool]
    substitutes: dict[tuple[int, int], date]


# All three kinds at once: a setting's key and value, a holiday, a month's substitute day.
_HELD_BY_LINES = f"""{LINES}
SELECT a.leaf_id, a.height, 's', s.key, s.value, 0, 0
FROM settings s JOIN above a ON a.id = s.organisation_id
UNION ALL
SELECT a.leaf_id, a.height, 'h', CAST(h.day_on AS text), '',
  CASE WHEN h.is_working THEN 1 ELSE 0 END, 0
FROM holidays h JOIN above a ON a.id = h.organisation_id
UNION ALL
SELECT a.leaf_id, a.height, 'd', CAST(d.substitute_on AS text), '', d.year, d.month
FROM substitute_service_days d JOIN above a ON a.id = d.organisation_id
ORDER BY 2 DESC
"""
_SETTINGS_BY_LINES = f"""{LINES}
SELECT a.leaf_id, s.key, s.value FROM settings s JOIN above a ON a.id = s.organisation_id
ORDER BY a.height DESC
"""
_SETTINGS = f"""{ABOVE}
SELECT s.key, s.value FROM settings s JOIN above a ON a.id = s.organisation_id
ORDER BY a.height DESC
"""
_SETTINGS_OF_PERSON, _SETTINGS_OF_ITEM = (
    _SETTINGS.replace(
        "WHERE id = ?", f"WHERE id = (SELECT organisation_id FROM {whose} WHERE id = ?)"
    )
    for whose in ("volunteers", "shelf_items")
)
_HOLIDAYS = f"""{ABOVE}
SELECT h.day_on, h.is_working FROM holidays h JOIN above a ON a.id = h.organisation_id
ORDER BY a.height DESC
"""
_SUBSTITUTES = f"""{ABOVE}
SELECT d.year, d.month, d.substitute_on FROM substitute_service_days d
JOIN above a ON a.id = d.organisation_id ORDER BY a.height DESC
"""
# Both at once, for a page that needs both: a setting has a key, a substitute day its month.
_SETTINGS_AND_SUBSTITUTES = f"""{ABOVE}
SELECT a.height, s.key, s.value, 0, 0 FROM settings s JOIN above a ON a.id = s.organisation_id
UNION ALL
SELECT a.height, '', CAST(d.substitute_on AS text), d.year, d.month
FROM substitute_service_days d JOIN above a ON a.id = d.organisation_id
ORDER BY 1 DESC
"""
_HELD = f"""{ABOVE}
SELECT s.key, o.id, o.name, s.value FROM settings s JOIN above a ON a.id = s.organisation_id
JOIN organisations o ON o.id = a.id ORDER BY a.height DESC
"""
_CORRECTIONS = f"""{ABOVE}
SELECT o.id, o.name, h.day_on, h.is_working, h.name FROM holidays h
JOIN above a ON a.id = h.organisation_id JOIN organisations o ON o.id = a.id
ORDER BY a.height DESC
"""
_NAMED = f"""{ABOVE}
SELECT o.id, o.name, d.year, d.month, d.substitute_on, d.reason FROM substitute_service_days d
JOIN above a ON a.id = d.organisation_id JOIN organisations o ON o.id = a.id
ORDER BY a.height DESC
"""


def settings_of(session: Session, organisation_id: int) -> Settings:
    """Return every setting an organisation has, its own or inherited, in one query."""
    return settings_told(fetch(session, *asking_settings(organisation_id)))


def asking_settings_of_person(volunteer_id: int) -> tuple[Any, ...]:
    """Return the query of the settings where a volunteer is at home, as `asked_ahead` takes it."""
    return _SETTINGS_OF_PERSON, volunteer_id


def asking_settings_of_item(item_id: int) -> tuple[Any, ...]:
    """Return the query of the settings where an item of a shelf is at home."""
    return _SETTINGS_OF_ITEM, item_id


def asking_settings(organisation_id: int) -> tuple[Any, ...]:
    """Return the query of `settings_of`, for a caller who has more to ask in the same trip."""
    return _SETTINGS, organisation_id


def settings_told(rows: Iterable[Any]) -> Settings:
    """Return the settings from the answer to `asking_settings`."""
    return settings_from(dict(map(tuple, rows)))


def roots_with_zones(session: Session) -> list[tuple[int, str]]:
    """Return the roots with their time zones, the oldest first."""
    return [(root.id, settings_of(session, root.id).time_zone) for root in roots(session)]


def settings_of_many(session: Session, organisation_ids: Collection[int]) -> dict[int, Settings]:
    """Return every setting each of several organisations has, in one query for them all."""
    rows = fetch(session, _SETTINGS_BY_LINES, sorted(set(organisation_ids)))
    held: dict[int, dict[str, str]] = {each: {} for each in organisation_ids}
    for organisation_id, key, value in rows:
        held[organisation_id][key] = value
    return {each: settings_from(values) for each, values in held.items()}


def setting(session: Session, organisation_id: int, key: str) -> SettingValue:
    """Return one setting an organisation has, its own or inherited."""
    value: SettingValue = getattr(settings_of(session, organisation_id), key)
    return value


def working_calendar(session: Session, organisation_id: int) -> dict[date, bool]:
    """Return the corrections of the working calendar by date (True: a working day)."""
    return _calendar(fetch(session, _HOLIDAYS, organisation_id))


def substitute_days(session: Session, organisation_id: int) -> dict[tuple[int, int], date]:
    """Return the substitute service days by year and month."""
    return _substitutes(fetch(session, _SUBSTITUTES, organisation_id))


def settings_and_substitutes(
    session: Session, organisation_id: int
) -> tuple[Settings, dict[tuple[int, int], date]]:
    """Return `settings_of` and `substitute_days`, with one statement."""
    rows = fetch(session, _SETTINGS_AND_SUBSTITUTES, organisation_id)
    settings = settings_from({key: value for _, key, value, _, _ in rows if key})
    return settings, _substitutes((row[3], row[4], row[2]) for row in rows if not row[1])


def held_settings(session: Session, organisation_id: int) -> dict[str, Held]:
    """Return by key what an organisation or those above it set; the rest has its default."""
    rows = fetch(session, _HELD, organisation_id)
    return {key: Held(holder, name, value) for key, holder, name, value in rows}


def calendar_corrections(session: Session, organisation_id: int) -> list[Correction]:
    """Return the corrections of the calendar that count here, the latest date first."""
    rows = fetch(session, _CORRECTIONS, organisation_id)
    found = {
        day_of(on): Correction(holder, home, day_of(on), bool(is_working), name)
        for holder, home, on, is_working, name in rows
    }
    return [found[on] for on in sorted(found, reverse=True)]


def named_substitutes(session: Session, organisation_id: int) -> list[SubstituteRow]:
    """Return the substitute service days that count here, the latest month first."""
    rows = fetch(session, _NAMED, organisation_id)
    found = {
        (year, month): SubstituteRow(holder, home, year, month, day_of(on), reason)
        for holder, home, year, month, on, reason in rows
    }
    return [found[month] for month in sorted(found, reverse=True)]


def deciders_below(session: Session, organisation_id: int, keys: Iterable[str]) -> list[Node]:
    """Return those below an organisation that set one of these keys themselves."""
    deciding = set(
        session.scalars(select(Setting.organisation_id).where(Setting.key.in_(list(keys))))
    )
    return [node for node in subtree(session, organisation_id)[1:] if node.id in deciding]


def inherited_by(session: Session, organisation_id: int) -> Inherited:
    """Return all that an organisation inherits, read in one trip."""
    asked = [(query, organisation_id) for query in (_SETTINGS, _HOLIDAYS, _SUBSTITUTES)]
    settings, holidays, substitutes = fetch_together(session, *asked)
    return Inherited(
        settings_from(dict(map(tuple, settings))), _calendar(holidays), _substitutes(substitutes)
    )


def inherited_by_many(session: Session, organisation_ids: Collection[int]) -> dict[int, Inherited]:
    """Return what each of several organisations inherits, with one statement for them all."""
    asked = sorted(set(organisation_ids))
    if not asked:
        return {}
    rows: dict[tuple[int, str], list[Any]] = {}
    for organisation_id, _height, kind, *given in fetch(session, _HELD_BY_LINES, asked):
        rows.setdefault((organisation_id, kind), []).append(given)
    return {
        id_: Inherited(
            settings_from({key: value for key, value, *_ in rows.get((id_, "s"), ())}),
            _calendar((on, is_working) for on, _, is_working, _ in rows.get((id_, "h"), ())),
            _substitutes((year, month, on) for on, _, year, month in rows.get((id_, "d"), ())),
        )
        for id_ in asked
    }


def _calendar(rows: Iterable[Any]) -> dict[date, bool]:
    return {day_of(on): bool(is_working) for on, is_working in rows}


def _substitutes(rows: Iterable[Any]) -> dict[tuple[int, int], date]:
    return {(year, month): day_of(on) for year, month, on in rows}
