"""The trail's rows in words: what was done, about whom, from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _

from app.reports.trail_queries import Names
from app.reports.trail_words import FIELDS, OPERATIONS, SUBJECTS
from app.trail.queries import TrailLine
from app.web.filters import NOTHING, clock_time, day, instant, points

LONGEST_VALUE = 300


class Change(NamedTuple):
    """One field, before and after."""

    field: str
    before: str
    after: str


class Shown(NamedTuple):
    """One row of the trail as its page shows it."""

    id: int
    at: str
    what: str
    by: str
    on_behalf_of: str
    about: str
    about_url: str | None
    # Everything else about the same subject.
    same_url: str | None
    organisation: str
    changes: list[Change]
    reason: str
    request_id: str


def shown(line: TrailLine, names: Names) -> Shown:
    """Return a row in the reader's words."""
    about, url = _about(line, names)
    known = line.subject_id is not None
    return Shown(
        line.id,
        instant(line.at),
        what_of(line),
        names.actors.get(line.actor_id or 0, "") or _("the system"),
        _person(names, line.on_behalf_of_id),
        about,
        url,
        url_for("trail_desk.rows", subject=f"{line.subject_kind}:{line.subject_id}")
        if known
        else None,
        names.organisations.get(line.organisation_id or 0, ""),
        changes_of(line),
        line.reason or "",
        line.request_id,
    )


def what_of(line: TrailLine) -> str:
    """Return what an operation is called."""
    found = OPERATIONS.get(line.operation)
    return str(_(found)) if found else line.operation


def changes_of(line: TrailLine) -> list[Change]:
    """Return each field that a row names, with what it was and what it became."""
    before, after = line.before or {}, line.after or {}
    fields = [*before, *(field for field in after if field not in before)]
    return [
        Change(_(FIELDS[field]) if field in FIELDS else field,
               value_text(field, before.get(field)), value_text(field, after.get(field)))
        for field in fields
        if before.get(field) != after.get(field)
    ]  # fmt: skip


def value_text(field: str, value: Any) -> str:
    """Return a kept value as somebody reads it; long ones are cut."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        return _cut(_(", ").join(value_text("", one) for one in value))
    if isinstance(value, Mapping):
        parts = (f"{key}: {value_text(str(key), one)}" for key, one in value.items())
        return _cut(_(", ").join(parts))
    if isinstance(value, int):
        return _figure(field, value)
    return _cut(_moment(str(value)))


def _figure(field: str, value: int) -> str:
    if field.endswith("_hundredths"):
        return points(value)
    if field.endswith("_percent"):
        return f"{value} %"
    return clock_time(value) if field == "starts_minute" else str(value)


def _moment(text: str) -> str:
    """Return a date or an instant as it is spoken, anything else as it is."""
    try:
        if len(text) == len("2026-01-01"):
            return day(date.fromisoformat(text), with_year=True)
        if len(text) > len("2026-01-01T00:00") and text[10] == "T":
            at = datetime.fromisoformat(text)
            return instant(at) if at.tzinfo else text
    except ValueError:
        pass
    return text


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _about(line: TrailLine, names: Names) -> tuple[str, str | None]:
    """Return what a row is about, and the page of it where there is one."""
    kind, subject_id = line.subject_kind, line.subject_id
    word = _(SUBJECTS[kind]) if kind in SUBJECTS else kind
    if subject_id is None:
        return word, None
    if kind == "volunteer":
        return _person(names, subject_id), url_for("person_desk.person", volunteer_id=subject_id)
    if kind == "team" and subject_id in names.teams:
        code, name = names.teams[subject_id]
        return name, url_for("teams_desk.team", code=code)
    if kind == "organisation":
        return names.organisations.get(subject_id, word), None
    if kind == "activity" and subject_id in names.activities:
        url = url_for("activities.activity", activity_id=subject_id)
        return names.activities[subject_id], url
    if kind == "service_record":
        return f"{word} {subject_id}", url_for("service.record", record_id=subject_id)
    if kind == "login":
        return names.actors.get(subject_id, word), None
    return f"{word} {subject_id}", None


def _person(names: Names, volunteer_id: int | None) -> str:
    if volunteer_id is None:
        return ""
    number, name = names.volunteers.get(volunteer_id, ("", ""))
    return f"{name} {number}".strip()
