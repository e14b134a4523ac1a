"""What the desk says beside each thing that waits; informs whoever reviews and never blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.service.operations.grounds import Grounds, grounds_asked
from app.service.queries import WaitingRow
from app.service.queries.second_look import DayLine, Entry, entries_made, lines_on
from app.service.rules.flags import Facts, Flag, flags_of, week_of, working_days_late

# A week and the farthest that two places' Mondays lie apart.
_AROUND = timedelta(days=8)


def flags_for(session: Session, rows: Sequence[WaitingRow], now: datetime) -> dict[int, list[Flag]]:
    """Return the flags of a page of things that wait, by the id of their first record."""
    if not rows:
        return {}
    looking = _SecondLook(session, rows, now)
    return {row.record.id: looking.flags(row) for row in rows}


class _SecondLook:
    def __init__(self, session: Session, rows: Sequence[WaitingRow], now: datetime) -> None:
        teams = {row.record.team_id for row in rows}
        (revision, *_nobody) = grounds_asked((), ())
        read = [fetch(session, *revision), (), ()]
        self.grounds = Grounds(session, teams, now, read=read)
        records = [record for row in rows for record in row.records]
        self.lines: dict[tuple[int, date], list[DayLine]] = {}
        people = {record.volunteer_id for record in records}
        for line in lines_on(session, people, {record.service_on for record in records}):
            self.lines.setdefault((line.volunteer_id, line.service_on), []).append(line)
        made = self._made(session, rows)
        self.alike = {entry.batch_id: entry.alike for entry in made}
        self.entries = Counter((entry.login_id, self._week(rows, entry)) for entry in made)

    def flags(self, row: WaitingRow) -> list[Flag]:
        settings = self.grounds.settings_of(row.record.organisation_id)
        return flags_of(self._facts(row), settings)

    def _facts(self, row: WaitingRow) -> Facts:
        record = row.record
        settings = self.grounds.settings_of(record.organisation_id)
        calendar = self.grounds.calendar_of(record.organisation_id)
        recorded_at = self._local(record.organisation_id, record.recorded_at)
        week = (record.recorder_id, week_of(recorded_at.date()))
        return Facts(
            waits_reason=record.waits_reason,
            evidence=record.evidence,
            service_on=record.service_on,
            minutes=row.minutes,
            is_guest=record.is_guest,
            recorded_at=recorded_at,
            working_days_late=working_days_late(
                record.service_on, recorded_at.date(), calendar, settings.timely_working_days
            ),
            day_minutes=self._longest_day(row),
            daily_limit_minutes=record.daily_limit_minutes,
            entries_that_week=0 if record.evidence == "claimed" else self.entries[week],
            same_minutes_people=self.alike.get(record.batch_id or 0, 0),
            other_teams=self._other_teams(row),
            planned_minutes=self._planned(row),
        )

    def _longest_day(self, row: WaitingRow) -> int:
        """Return the fuller of the dates it lies on; what it corrects no longer counts."""
        days = {record.service_on for record in row.records}
        return max(sum(line.minutes for line in self._beside(row, on)) for on in days)

    def _other_teams(self, row: WaitingRow) -> tuple[str, ...]:
        days = {record.service_on for record in row.records}
        found = {line.team_id: line.team_name for on in days for line in self._beside(row, on)}
        found.pop(row.record.team_id, None)
        return tuple(found.values())

    def _planned(self, row: WaitingRow) -> int | None:
        """Return how long its activity was planned for, where it belongs to one."""
        lines = self.lines.get((row.record.volunteer_id, row.record.service_on), [])
        return next((line.planned_minutes for line in lines if line.id == row.record.id), None)

    def _beside(self, row: WaitingRow, on: date) -> list[DayLine]:
        lines = self.lines.get((row.record.volunteer_id, on), [])
        if row.corrects is None:
            return lines
        gone = row.corrects.first_part_id or row.corrects.id
        return [line for line in lines if (line.first_part_id or line.id) != gone]

    def _local(self, organisation_id: int, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.grounds.settings_of(organisation_id).time_zone))

    def _made(self, session: Session, rows: Sequence[WaitingRow]) -> list[Entry]:
        """Return the entries of whoever recorded these, in the weeks around."""
        records = [row.record for row in rows]
        instants = [record.recorded_at for record in records]
        return entries_made(
            session,
            {record.recorder_id for record in records},
            {record.batch_id for record in records if record.batch_id is not None},
            min(instants) - _AROUND,
            max(instants) + _AROUND,
        )

    def _week(self, rows: Sequence[WaitingRow], entry: Entry) -> date:
        """Return the Monday of the week an entry was made in, all by one clock."""
        return week_of(self._local(rows[0].record.organisation_id, entry.made_at).date())
