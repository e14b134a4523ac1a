"""Service records as pages show them: states and reasons in words, figures as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.service.queries import BatchRow, RecordRow
from app.teams.papers import address_in_full
from app.web.filters import clock_time, day_weekday, hours, number, points

WAITS = {
    "own_row": _l("Own hours: a co-leader or an organiser decides"),
    "late": _l("Entered late: an organiser decides"),
    "over_limit": _l("More than a day's limit: an organiser decides and says why"),
    "two_people": _l("A second person decides"),
    "new_person": _l("New friend: an organiser confirms the person first"),
    "claim": _l("Claimed by the volunteer"),
    "correction": _l("Correction of an earlier record"),
}
EVIDENCE = {
    "signed_in": _l("Signed in on the spot"),
    "signed_in_weak": _l("Signed in by the paper code"),
    "signed_in_paper": _l("Signed in (paper)"),
    "entered": _l("Entered by the team"),
    "imported": _l("Imported from a sheet"),
    "claimed": _l("Claimed by the volunteer"),
}


class Chip(NamedTuple):
    """A colour as its glyph is drawn."""

    key: str
    glyph: str


class ShownRecord(NamedTuple):
    """One person's line of a logged day; both halves of a night are one."""

    id: int
    name: str
    sub: str
    hours: str
    points: str
    state: str
    why: str


def shown_records(records: Iterable[RecordRow]) -> list[ShownRecord]:
    """Return the lines of a result page."""
    groups: dict[int, list[RecordRow]] = {}
    for record in records:
        groups.setdefault(record.first_part_id or record.id, []).append(record)
    return [_shown_record(group) for group in groups.values()]


def _shown_record(group: Sequence[RecordRow]) -> ShownRecord:
    first = group[0]
    credited = sum(record.points_hundredths for record in group)
    is_counted = first.state == "approved"
    return ShownRecord(
        first.id,
        first.volunteer_name,
        person_sub(first),
        _("%(hours)s hours", hours=hours(sum(record.minutes for record in group))),
        _("%(points)s points", points=points(credited, signed=True)) if is_counted else "",
        first.state,
        str(_why(first)),
    )


def _why(record: RecordRow) -> str:
    if record.state == "submitted":
        return str(WAITS.get(record.waits_reason or "", ""))
    return (record.reason or "") if record.state == "rejected" else ""


def what_and_when(record: RecordRow) -> str:
    """Return team, date, time and content in one line."""
    parts = [record.team_name, day_weekday(record.service_on)]
    if record.starts_minute is not None:
        parts.append(f"{clock_time(record.starts_minute)}—{clock_time(record.ends_minute)}")
    if record.content:
        parts.append(record.content)
    return "·".join(parts)


def person_sub(record: RecordRow) -> str:
    """Return what tells a person from another of the same name."""
    parts = [record.volunteer_number or _("new friend")]
    if record.is_guest and record.volunteer_state != "proposed":
        parts.append(_("guest"))
    return "·".join(parts)


class DayFigures(NamedTuple):
    """What a logged day came to."""

    approved: int
    approved_minutes: int
    waiting: int
    back: int


def figures_of(records: Sequence[RecordRow]) -> DayFigures:
    """Count people and minutes of a batch; both halves of a night are one person."""
    first = [record for record in records if record.part == 1]
    approved = [record for record in records if record.state == "approved"]
    return DayFigures(
        sum(1 for record in first if record.state == "approved"),
        sum(record.minutes for record in approved),
        sum(1 for record in first if record.state == "submitted"),
        sum(1 for record in first if record.state in {"rejected", "reversed"}),
    )


def group_text(team: str, on: date | None, found: DayFigures) -> str:
    """Return what may be told in the team's chat group: no name, no phone."""
    said = _(
        "%(team)s, %(day)s: %(people)s people served %(hours)s hours together. Thank you all.",
        team=team,
        day=day_weekday(on),
        people=number(found.approved),
        hours=hours(found.approved_minutes),
    )
    waits = _("%(people)s more are being reviewed.", people=number(found.waiting))
    lines = [
        said,
        waits if found.waiting else "",
        _("Everybody's own hours: %(url)s", url=address_in_full("passbook.ledger")),
    ]
    return "\n".join(str(line) for line in lines if line)


def batch_title(batch: BatchRow) -> str:
    """Return the heading of a result page."""
    return str(_("%(day)s recorded", day=day_weekday(batch.service_on)))
