"""Each pattern's list: its columns, its rows, and for each row the records behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.integrity import queries
from app.integrity.queries import ClaimRow, CorrectionRow, PairRow, Scope, SittingRow
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
from app.organisations.queries import Inherited
from app.organisations.rules import Settings
from app.service.calendar import WorkingCalendar
from app.service.rules.flags import is_night, working_days_late
from app.teams.queries import TeamRow
from app.web.kept import kept_if_dear

EVIDENCE = ("signed_in", "entered", "claimed", "imported")
# How a column's figures are shown: minutes as hours, shares in percent.
Kind = str
Cell = str | int | date | None


class Column(NamedTuple):
    """The heading of a column and how its cells are shown."""

    title: str
    kind: Kind


class Row(NamedTuple):
    """Whom or what a row is about, its figures, and how the records behind it are found."""

    name: str
    about: str
    team: TeamRow | None
    cells: tuple[Cell, ...]
    behind: Mapping[str, Any]


class Listed(NamedTuple):
    """A pattern's list."""

    columns: tuple[Column, ...]
    rows: list[Row]


@dataclass(frozen=True)
class Ground:
    """What the lists are made from: the scope, the teams in it, what the organisation decides."""

    session: Session
    scope: Scope
    teams: Mapping[int, TeamRow]
    house: Inherited
    # What was read already for this page.
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return self.house.settings


def listed(ground: Ground, key: str) -> Listed:
    """Return a pattern's list."""
    return _LISTS[key](ground)


def counted(ground: Ground, key: str) -> int | None:
    """Return how many stand out by a pattern; None for those that only put in order."""
    find = _FINDERS.get(key)
    return None if find is None else len(find(ground))


def _kept(ground: Ground, what: str, make: Callable[[Session, Scope], Any]) -> Any:
    """Passing over very many records is dear: then the same serves for a minute."""
    if what not in ground.read:
        key = ("integrity", what, ground.scope)
        ground.read[what] = kept_if_dear(key, lambda: make(ground.session, ground.scope))
    return ground.read[what]


# ── by team ───────────────────────────────────────────────────────────────────────────────


class TeamShares(NamedTuple):
    """How a team's service was recorded: records by evidence."""

    team: TeamRow
    records: int
    minutes: int
    by_evidence: Mapping[str, int]

    def percent(self, evidence: str) -> int:
        """Return the share of one evidence in whole percent of the records."""
        return percent(self.by_evidence.get(evidence, 0), self.records)


def team_shares(ground: Ground) -> list[TeamShares]:
    """Return how each team's service was recorded, the least signed in first."""
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for row in _kept(ground, "teams", queries.shares_by_team):
        found.setdefault(row.team_id, {})[row.evidence] = (row.records, row.minutes)
    shares = [
        TeamShares(
            ground.teams[team_id],
            sum(records for records, _minutes in by.values()),
            sum(minutes for _records, minutes in by.values()),
            {evidence: records for evidence, (records, _minutes) in by.items()},
        )
        for team_id, by in found.items()
    ]
    return sorted(shares, key=lambda one: (one.percent("signed_in"), -one.minutes))


def _teams(ground: Ground) -> Listed:
    columns = (
        Column(_("Records"), "count"),
        Column(_("Hours"), "minutes"),
        Column(_("Signed in"), "percent"),
        Column(_("Entered"), "percent"),
        Column(_("Claimed"), "percent"),
        Column(_("Imported"), "percent"),
    )
    rows = [
        Row(
            share.team.name,
            share.team.code,
            share.team,
            (share.records, share.minutes, *(share.percent(each) for each in EVIDENCE)),
            {"team": share.team.code},
        )
        for share in team_shares(ground)
    ]
    return Listed(columns, rows)


# ── by leader ─────────────────────────────────────────────────────────────────────────────


def _sittings(ground: Ground) -> list[Sitting]:
    """Return what leaders entered, judged by the clock and calendar of the organisation."""
    zone = ZoneInfo(ground.settings.time_zone)
    calendar = WorkingCalendar(ground.house.calendar)
    return [
        _sitting(row, zone, calendar, ground.settings)
        for row in _kept(ground, "sittings", queries.sittings)
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


def _leaders(ground: Ground) -> Listed:
    sums = leaders_of(_sittings(ground), ground.settings.integrity_same_minutes_people)
    names = _logins(ground, (one.recorder_id for one in sums))
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


def _crowded(ground: Ground) -> Listed:
    found = _beyond(ground)
    names = _logins(ground, (crowd.recorder_id for crowd, _members in found))
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


def _beyond(ground: Ground) -> list[tuple[Crowd, int]]:
    """Return the days that do go beyond the members of their date, the most guests first."""
    # Those of large teams fall out again, so more are looked at than are shown.
    crowds = crowds_of(_sittings(ground))
    fullest = sorted(crowds, key=lambda one: (-one.guests, one.service_on))[: 10 * MOST_ROWS]
    spans = queries.member_spans(ground.session, ground.scope, (one.team_id for one in fullest))
    counted = [(one, members_on(spans.get(one.team_id, ()), one.service_on)) for one in fullest]
    return [(one, count) for one, count in counted if is_crowded(one.people, count)][:MOST_ROWS]


def _late(ground: Ground) -> Listed:
    found = _latest(ground)
    names = _logins(ground, (one.recorder_id for one in found))
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


def _corrections(ground: Ground) -> Listed:
    found = _found_corrections(ground)
    names = _logins(ground, (row.recorder_id for row in found))
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


# ── by person ─────────────────────────────────────────────────────────────────────────────


def _unsigned(ground: Ground) -> Listed:
    found = _kept(ground, "unsigned", queries.unsigned)
    names = _people(ground, (row.volunteer_id for row in found))
    columns = (
        Column(_("Hours"), "minutes"),
        Column(_("Records"), "count"),
        Column(_("Entered by so many"), "count"),
        Column(_("Teams"), "count"),
    )
    rows = [
        Row(
            *names[row.volunteer_id],
            None,
            (row.minutes, row.records, row.recorders, row.teams),
            {"person": row.volunteer_id, "evidence": "entered"},
        )
        for row in found
    ]
    return Listed(columns, rows)


def _pairs(ground: Ground) -> Listed:
    found = _found_pairs(ground)
    people = _people(ground, (row.volunteer_id for row in found))
    names = _logins(ground, (row.recorder_id for row in found))
    columns = (
        Column(_("Entered by"), "text"),
        Column(_("Hours"), "minutes"),
        Column(_("Records"), "count"),
        Column(_("On average for one person"), "minutes"),
        Column(_("Share of what the leader entered"), "percent"),
    )
    rows = [
        Row(
            *people[row.volunteer_id],
            None,
            (
                names[row.recorder_id],
                row.minutes,
                row.records,
                row.leader_minutes // row.people,
                percent(row.minutes, row.leader_minutes),
            ),
            {"person": row.volunteer_id, "by": row.recorder_id, "evidence": "entered"},
        )
        for row in found
    ]
    return Listed(columns, rows)


def _claims(ground: Ground) -> Listed:
    found = _found_claims(ground)
    people = _people(ground, (row.volunteer_id for row in found))
    names = _logins(ground, (row.approver_id for row in found))
    columns = (
        Column(_("Team"), "text"),
        Column(_("Approved by"), "text"),
        Column(_("Claims"), "count"),
        Column(_("Of all claims"), "count"),
        Column(_("Hours"), "minutes"),
    )
    rows = [
        Row(
            *people[row.volunteer_id],
            ground.teams[row.team_id],
            (
                ground.teams[row.team_id].name,
                names[row.approver_id],
                row.claims,
                row.of_claims,
                row.minutes,
            ),
            {
                "person": row.volunteer_id,
                "approver": row.approver_id,
                "team": ground.teams[row.team_id].code,
                "evidence": "claimed",
            },
        )
        for row in found
    ]
    return Listed(columns, rows)


def _latest(ground: Ground) -> list[Sitting]:
    return latest_of(_sittings(ground))


def _found_corrections(ground: Ground) -> list[CorrectionRow]:
    return list(_kept(ground, "corrections", queries.corrections))


def _found_pairs(ground: Ground) -> list[PairRow]:
    return list(_kept(ground, "pairs", queries.pairs))


def _found_claims(ground: Ground) -> list[ClaimRow]:
    return list(_kept(ground, "claims", queries.claims))


def _logins(ground: Ground, login_ids: Iterable[int]) -> dict[int, str]:
    return queries.login_names(ground.session, login_ids)


def _people(ground: Ground, volunteer_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    found = queries.volunteer_names(ground.session, volunteer_ids)
    return {each: (name, number or "") for each, (name, number) in found.items()}


_LISTS: Mapping[str, Callable[[Ground], Listed]] = {
    "teams": _teams,
    "leaders": _leaders,
    "unsigned": _unsigned,
    "crowded": _crowded,
    "late": _late,
    "corrections": _corrections,
    "pairs": _pairs,
    "claims": _claims,
}
_FINDERS: Mapping[str, Callable[[Ground], Sequence[object]]] = {
    "crowded": _beyond,
    "late": _latest,
    "corrections": _found_corrections,
    "pairs": _found_pairs,
    "claims": _found_claims,
}
