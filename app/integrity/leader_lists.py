"""The lists in which rows name leaders: by hours, crowded days, late entries, corrections."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.integrity import queries
from app.integrity.ground import Column, Ground, Listed, Row, kept, login_names
from app.integrity.queries import AbovePlanRow, CorrectionRow, SittingRow
from app.integrity.rules import (
    MOST_ROWS,
    Crowd,
    Sitting,
    crowds_of,
    is_crowded,
    latest_of,
    leaders_of,
    members_on,
    percent,
)
from app.organisations.calendar import WorkingCalendar
from app.organisations.rules import Settings
from app.service.rules.flags import is_night, working_days_late


def _sittings(ground: Ground) -> list[Sitting]:
    """Return what leaders entered, judged by the clock and calendar of the organisation."""
    zone = ZoneInfo(ground.settings.time_zone)
    calendar = WorkingCalendar(ground.house.calendar)
    return [
        _sitting(row, zone, calendar, ground.settings)
        for row in kept(ground, "sittings", queries.sittings)
    ]


def _sitting(
    row: SittingRow, zone: ZoneInfo, calendar: WorkingCalendar, settings: Settings
) -> Sitting:
    at = row.recorded_at.astimezone(zone)
    return Sitting(
        row.recorder_id,
        row.team_id,
        row.service_on,
        row.batch_id is not None,
        row.records,
        row.minutes,
        row.least_minutes == row.most_minutes,
        row.guests,
        is_night(at, settings),
        working_days_late(row.service_on, at.date(), calendar, settings.timely_working_days),
    )


def leaders(ground: Ground) -> Listed:
    sums = leaders_of(_sittings(ground), ground.settings.integrity_same_minutes_people)
    names = login_names(ground, (one.recorder_id for one in sums))
    columns = (
        Column(_("Hours"), "minutes"),
        Column(_("Records"), "count"),
        Column(_("Dates"), "count"),
        Column(_("Same minutes for a whole list"), "percent"),
        Column(_("Entered at night"), "percent"),
        Column(_("Entered late"), "percent"),
    )
    rows = [
        Row(
            names[one.recorder_id],
            "",
            None,
            (
                one.minutes,
                one.records,
                len(one.days),
                *(percent(part, one.records) for part in (one.same, one.at_night, one.late)),
            ),
            {"by": one.recorder_id, "evidence": "entered"},
        )
        for one in sums
    ]
    return Listed(columns, rows)


def crowded(ground: Ground) -> Listed:
    found = beyond(ground)
    names = login_names(ground, (crowd.recorder_id for crowd, _members in found))
    columns = (
        Column(_("Date"), "day"),
        Column(_("People"), "count"),
        Column(_("Members"), "count"),
        Column(_("Guests"), "count"),
    )
    rows = [
        Row(
            names[crowd.recorder_id],
            ground.teams[crowd.team_id].name,
            ground.teams[crowd.team_id],
            (crowd.service_on, crowd.people, members, crowd.guests),
            {
                "team": ground.teams[crowd.team_id].code,
                "by": crowd.recorder_id,
                "on": crowd.service_on.isoformat(),
                "evidence": "entered",
            },
        )
        for crowd, members in found
    ]
    return Listed(columns, rows)


def beyond(ground: Ground) -> list[tuple[Crowd, int]]:
    """Return the days that do go beyond the members of their date, the most guests first."""
    # Those of large teams fall out again, so more are looked at than are shown.
    crowds = crowds_of(_sittings(ground))
    fullest = sorted(crowds, key=lambda one: (-one.guests, one.service_on))[: 10 * MOST_ROWS]
    spans = queries.member_spans(ground.session, ground.scope, (one.team_id for one in fullest))
    counted = [(one, members_on(spans.get(one.team_id, ()), one.service_on)) for one in fullest]
    return [(one, count) for one, count in counted if is_crowded(one.people, count)][:MOST_ROWS]


def late(ground: Ground) -> Listed:
    found = latest(ground)
    names = login_names(ground, (one.recorder_id for one in found))
    columns = (
        Column(_("Date of service"), "day"),
        Column(_("Working days late"), "count"),
        Column(_("Records"), "count"),
        Column(_("Hours"), "minutes"),
    )
    rows = [
        Row(
            names[one.recorder_id],
            ground.teams[one.team_id].name,
            ground.teams[one.team_id],
            (one.service_on, one.working_days_late, one.records, one.minutes),
            {
                "team": ground.teams[one.team_id].code,
                "by": one.recorder_id,
                "on": one.service_on.isoformat(),
                "evidence": "entered",
            },
        )
        for one in found
    ]
    return Listed(columns, rows)


def corrections(ground: Ground) -> Listed:
    found = found_corrections(ground)
    names = login_names(ground, (row.recorder_id for row in found))
    columns = (
        Column(_("Taken back or corrected"), "count"),
        Column(_("Of records"), "count"),
        Column(_("Share"), "percent"),
        Column(_("Hours"), "minutes"),
    )
    rows = [
        Row(
            names[row.recorder_id],
            "",
            None,
            (row.reversed, row.records, percent(row.reversed, row.records), row.reversed_minutes),
            {"by": row.recorder_id, "state": "reversed"},
        )
        for row in found
    ]
    return Listed(columns, rows)


def latest(ground: Ground) -> list[Sitting]:
    return latest_of(_sittings(ground))


def found_corrections(ground: Ground) -> list[CorrectionRow]:
    return list(kept(ground, "corrections", queries.corrections))


def above_plan(ground: Ground) -> Listed:
    """Return the activities with most records longer than planned."""
    columns = (
        Column(_("Date"), "day"),
        Column(_("Planned hours"), "minutes"),
        Column(_("Records above it"), "count"),
        Column(_("The longest, in hours"), "minutes"),
    )
    rows = [
        Row(
            row.title,
            ground.teams[row.team_id].name,
            ground.teams[row.team_id],
            (row.service_on, row.planned_minutes, row.records, row.most_minutes),
            {"beyond": row.activity_id},
        )
        for row in found_above_plan(ground)
    ]
    return Listed(columns, rows)


def found_above_plan(ground: Ground) -> list[AbovePlanRow]:
    """Return the activities with most records longer than planned, without their names."""
    return list(kept(ground, "above_plan", queries.above_plan))
