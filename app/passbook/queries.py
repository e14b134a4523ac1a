"""One person's figures and lines. Every page and command takes served minutes from here.

Rows stay tuples all the way to the page; a page costs the same number of statements however
long the history is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.ledger.queries import AccountLine, account_lines, account_lines_among, balances_of
from app.organisations.queries import settings_of
from app.organisations.rules import Settings
from app.passbook.rules import PAGE_RECORDS, Credit, month_end, months_from
from app.points.queries import versions_by_id
from app.points.rules import RuleVersion
from app.service.rules import Stars, star_level

_RECORD_SUBJECT = "service_record"
# Enough for a page that has to be filled up to a whole month, in all but rare histories.
_TIMES_READ = 3
_MOST_WAITING = 50
_ALL = -1


class Colour(NamedTuple):
    """A colour as its glyph is drawn."""

    key: str
    glyph: str


class Owner(NamedTuple):
    """Whose passbook it is."""

    id: int
    number: str
    name: str
    organisation_id: int
    organisation_name: str
    # Whether any line was ever taken back.
    has_corrections: bool


class Share(NamedTuple):
    """What was served with one team in one colour, all years together."""

    team_id: int
    team_name: str
    colour: Colour
    minutes: int


class Summary(NamedTuple):
    """The figures at the head of a passbook."""

    served_minutes: int
    points_hundredths: int
    time_minutes: int
    stars: Stars
    shares: tuple[Share, ...]
    years: tuple[int, ...]


class Line(NamedTuple):
    """One line: an entry of the ledger and, where it is about one, the service record."""

    entry_id: int
    kind: str
    recorded_at: datetime
    # The civil date it belongs to: of the service, else of the entry.
    on: date
    minutes: int
    points_hundredths: int
    minutes_after: int
    points_after_hundredths: int
    actor: str | None
    reason: str | None
    reverses_id: int | None
    record: Record | None
    version: RuleVersion | None


class Record(NamedTuple):
    """A service record with the names a reader needs."""

    id: int
    service_on: date
    minutes: int
    points_hundredths: int
    starts_minute: int | None
    content: str
    place: str | None
    note: str | None
    evidence: str
    state: str
    waits_reason: str | None
    is_guest: bool
    credit: Credit
    team_name: str
    colour: Colour
    recorder: str
    recorded_at: datetime
    approver: str | None
    decided_at: datetime | None
    reason: str | None
    award_entry_id: int | None
    reversal_entry_id: int | None
    # The award this record's award replaces, and the one that replaces this record's.
    corrects_entry_id: int | None
    corrected_by_entry_id: int | None


class Month(NamedTuple):
    """A whole month of lines, newest first, with their true sums."""

    first_on: date
    minutes: int
    points_hundredths: int
    lines: list[Line]


class Statement(NamedTuple):
    """One page of the ledger: whole months only. `older` begins the next page's months."""

    months: list[Month]
    older: date | None


# ── figures ───────────────────────────────────────────────────────────────────────────────

_OWNER = """
SELECT v.id, v.number, v.name, v.organisation_id, o.name,
  EXISTS (SELECT 1 FROM service_records r WHERE r.volunteer_id = v.id AND r.state = 'reversed')
FROM volunteers v JOIN organisations o ON o.id = v.organisation_id
"""
_TOTALS = """
SELECT s.year, s.team_id, t.name, c.key, c.glyph, s.minutes
FROM service_totals s JOIN teams t ON t.id = s.team_id JOIN colours c ON c.id = s.colour_id
WHERE s.volunteer_id = ? AND s.records > 0 ORDER BY s.year DESC
"""


def find_owner(session: Session, number: str) -> Owner | None:
    """Return the volunteer who bears a number, or None."""
    rows = fetch(session, _OWNER + "WHERE v.number = ?", number)
    return _owner(rows[0]) if rows else None


def find_owner_by_id(session: Session, volunteer_id: int) -> Owner | None:
    """Return a volunteer by id, or None; a new friend without a number has an empty one."""
    rows = fetch(session, _OWNER + "WHERE v.id = ?", volunteer_id)
    return _owner(rows[0]) if rows else None


def _owner(row: Any) -> Owner:
    return Owner(row[0], row[1] or "", row[2], row[3], row[4], bool(row[5]))


def summary_of(session: Session, volunteer_id: int, settings: Settings) -> Summary:
    """Return served minutes (from the kept totals), both balances, stars and shares by team."""
    rows = fetch(session, _TOTALS, volunteer_id)
    served = sum(row[5] for row in rows)
    balances = balances_of(session, volunteer_id)
    return Summary(
        served,
        balances.points_hundredths,
        balances.minutes,
        star_level(served, settings.star_hours),
        _shares(rows),
        tuple(dict.fromkeys(row[0] for row in rows)),
    )


def _shares(rows: Iterable[Any]) -> tuple[Share, ...]:
    minutes: dict[tuple[int, str, Colour], int] = {}
    for _, team_id, name, key, glyph, served in rows:
        place = (team_id, name, Colour(key, glyph))
        minutes[place] = minutes.get(place, 0) + served
    shares = [Share(*place, served) for place, served in minutes.items()]
    return tuple(sorted(shares, key=lambda share: (-share.minutes, share.team_id)))


def settings_for(session: Session, owner: Owner) -> Settings:
    """Return the settings of the organisation a person belongs to."""
    return settings_of(session, owner.organisation_id)


# ── lines ─────────────────────────────────────────────────────────────────────────────────

_RECORDS = """
SELECT r.id, r.service_on, r.minutes, r.points_hundredths, r.starts_minute, r.content, r.place,
  r.note, r.evidence, r.state, r.waits_reason, r.is_guest, r.is_service_day, r.is_service_month,
  r.earns_points, t.name, c.id, c.key, c.glyph, by_whom.display_name, r.recorded_at,
  judge.display_name, r.decided_at, r.reason, r.award_entry_id, r.reversal_entry_id,
  corrected.award_entry_id,
  (SELECT min(n.award_entry_id) FROM service_records n
    WHERE n.corrects_id = r.id AND n.state IN ('approved', 'reversed'))
FROM service_records r
  JOIN teams t ON t.id = r.team_id
  JOIN colours c ON c.id = r.colour_id
  JOIN logins by_whom ON by_whom.id = r.recorder_id
  LEFT JOIN logins judge ON judge.id = r.approver_id
  LEFT JOIN service_records corrected ON corrected.id = r.corrects_id
WHERE r.volunteer_id = ? AND r.service_on BETWEEN ? AND ?
"""
_SHOWN = {
    "all": "AND r.state IN ('approved', 'reversed') ",
    "service": "AND r.state = 'approved' ",
    "corrections": "AND r.state IN ('approved', 'reversed') "
    "AND (r.state = 'reversed' OR r.corrects_id IS NOT NULL) ",
}
_NEWEST_FIRST = "ORDER BY r.service_on DESC, r.award_entry_id DESC LIMIT ?"
_WAITING = (
    _RECORDS + "AND r.state IN ('draft', 'submitted', 'rejected') "
    "ORDER BY r.service_on DESC, r.id DESC LIMIT ?"
)
_OF_TEAMS = (
    _RECORDS + "AND r.state = 'approved' AND r.team_id IN ?ids "
    "ORDER BY r.service_on DESC, r.id DESC LIMIT ?"
)
_NAMES = "SELECT id, display_name FROM logins WHERE id IN ?ids"
FILTERS = tuple(_SHOWN)


def statement_of(
    session: Session,
    volunteer_id: int,
    zone: str,
    *,
    until_on: date = date.max,
    from_on: date | None = None,
    show: str = "all",
    least: int = PAGE_RECORDS,
) -> Statement:
    """Return the lines of whole months up to a date, newest first.

    Without `from_on` the page ends with the month that fills it.
    """
    at_once = least * _TIMES_READ
    rows = _rows(session, volunteer_id, from_on or date.min, until_on, show, at_once)
    dates = [day_of(row[1]) for row in rows]
    begins, older = from_on or months_from(dates, least), None
    if len(rows) == at_once and (begins is None or dates[-1] >= begins):
        # The first month of the page, or the year asked for, may go on below what was read.
        begins = begins or dates[-1].replace(day=1)
        rows = _rows(session, volunteer_id, begins, until_on, show, _ALL)
        if from_on is None and _has_older(session, volunteer_id, begins, show):
            older = begins
    elif begins is not None and dates and dates[-1] < begins:
        older = begins
        rows = [row for row, on in zip(rows, dates, strict=True) if on >= begins]
    records = [_record(row) for row in rows]
    entry_ids = [entry_id for record in records for entry_id in _entries_of(record)]
    found = account_lines_among(session, volunteer_id, entry_ids, or_not_about=_RECORD_SUBJECT)
    wanted = _wanted(show, older or from_on or date.min, until_on)
    lines = [line for line in _lines(session, records, found, zone) if wanted(line)]
    return Statement(_months(lines), older)


def history_of(session: Session, volunteer_id: int, zone: str) -> list[Line]:
    """Return every line of a person in the order of the ledger, oldest first."""
    rows = _rows(session, volunteer_id, date.min, date.max, "all", _ALL)
    records = [_record(row) for row in rows]
    return _lines(session, records, account_lines(session, volunteer_id), zone)


def waiting_of(session: Session, volunteer_id: int) -> list[Record]:
    """Return what waits for somebody or was sent back, newest first."""
    rows = fetch(session, _WAITING, volunteer_id, date.min, date.max, _MOST_WAITING)
    return [_record(row) for row in rows]


def records_with_teams(
    session: Session, volunteer_id: int, team_ids: Collection[int], *, limit: int = 200
) -> list[Record]:
    """Return what somebody served with some teams, newest first."""
    every = (volunteer_id, date.min, date.max, list(team_ids), limit)
    return [_record(row) for row in fetch(session, _OF_TEAMS, *every)]


def _rows(
    session: Session, volunteer_id: int, from_on: date, until_on: date, show: str, limit: int
) -> Sequence[Any]:
    query = _RECORDS + _SHOWN[show] + _NEWEST_FIRST
    most = 2**31 if limit == _ALL else limit
    return fetch(session, query, volunteer_id, from_on, until_on, most)


def _has_older(session: Session, volunteer_id: int, before: date, show: str) -> bool:
    last_on = date.fromordinal(before.toordinal() - 1)
    return bool(_rows(session, volunteer_id, date.min, last_on, show, 1))


def _record(row: Any) -> Record:
    return Record(
        id=row[0],
        service_on=day_of(row[1]),
        minutes=row[2],
        points_hundredths=row[3],
        starts_minute=row[4],
        content=row[5],
        place=row[6],
        note=row[7],
        evidence=row[8],
        state=row[9],
        waits_reason=row[10],
        is_guest=bool(row[11]),
        credit=Credit(row[2], row[16], bool(row[12]), bool(row[13]), bool(row[14])),
        team_name=row[15],
        colour=Colour(row[17], row[18]),
        recorder=row[19],
        recorded_at=instant_of(row[20]),
        approver=row[21],
        decided_at=None if row[22] is None else instant_of(row[22]),
        reason=row[23],
        award_entry_id=row[24],
        reversal_entry_id=row[25],
        corrects_entry_id=row[26],
        corrected_by_entry_id=row[27],
    )


def _entries_of(record: Record) -> list[int]:
    both = (record.award_entry_id, record.reversal_entry_id)
    return [entry_id for entry_id in both if entry_id is not None]


def _lines(
    session: Session, records: Sequence[Record], found: Sequence[AccountLine], zone: str
) -> list[Line]:
    """Join the entries with the records they are about, in the order of the entries."""
    about = {entry_id: record for record in records for entry_id in _entries_of(record)}
    versions = _versions(session, found)
    names = _names(session, found, about)
    local = ZoneInfo(zone)
    lines = []
    for each in found:
        record = about.get(each.entry_id)
        on = record.service_on if record else each.recorded_at.astimezone(local).date()
        lines.append(
            Line(
                each.entry_id,
                each.kind,
                each.recorded_at,
                on,
                each.minutes,
                each.points_hundredths,
                each.minutes_after,
                each.points_after_hundredths,
                names.get(each.actor_id or 0),
                each.reason,
                each.reverses_id,
                record,
                versions.get(each.rule_version_id or 0),
            )
        )
    return lines


def _versions(session: Session, found: Iterable[AccountLine]) -> Mapping[int, RuleVersion]:
    wanted = sorted({each.rule_version_id for each in found if each.rule_version_id is not None})
    return versions_by_id(session, wanted) if wanted else {}


def _names(
    session: Session, found: Iterable[AccountLine], about: Mapping[int, Record]
) -> dict[int, str]:
    """Return who made the entries that a record does not name the maker of."""
    wanted = {
        each.actor_id
        for each in found
        if each.actor_id is not None and (each.kind != "service" or each.entry_id not in about)
    }
    return {row[0]: row[1] for row in fetch(session, _NAMES, sorted(wanted))} if wanted else {}


def _wanted(show: str, from_on: date, until_on: date) -> Callable[[Line], bool]:
    """Return whether a line belongs on the page."""

    def wanted(line: Line) -> bool:
        if show != "all" and line.record is None:
            return False
        return from_on <= line.on <= until_on

    return wanted


def _months(lines: Iterable[Line]) -> list[Month]:
    newest_first = sorted(lines, key=lambda line: (line.on, line.entry_id), reverse=True)
    return [
        _month(first_on, list(group))
        for first_on, group in groupby(newest_first, key=lambda line: line.on.replace(day=1))
    ]


def _month(first_on: date, lines: list[Line]) -> Month:
    return Month(
        first_on,
        sum(line.minutes for line in lines),
        sum(line.points_hundredths for line in lines),
        lines,
    )


# ── who may look ──────────────────────────────────────────────────────────────────────────

_LED_WITH = """
SELECT DISTINCT team_id FROM memberships WHERE volunteer_id = ? AND team_id IN ?ids
  AND from_on <= ? AND (until_on IS NULL OR until_on >= ?)
"""


def teams_shared(
    session: Session, volunteer_id: int, team_ids: Collection[int], on: date
) -> frozenset[int]:
    """Return those of the teams that a volunteer belongs to on a date."""
    if not team_ids:
        return frozenset()
    rows = fetch(session, _LED_WITH, volunteer_id, sorted(team_ids), on, on)
    return frozenset(row[0] for row in rows)


def year_span(year: int) -> tuple[date, date]:
    """Return the first and the last day of a year."""
    return date(year, 1, 1), month_end(date(year, 12, 1))
