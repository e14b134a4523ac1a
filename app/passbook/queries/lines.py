"""The lines of a passbook: the entries of the ledger with the records they are about.

Rows stay tuples all the way to the page; a page costs the same number of statements however
long the history is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.adjustments.queries import Decision, decisions_on
from app.adjustments.rules import SUBJECT as ADJUSTMENT
from app.bulk import day_of, fetch
from app.expiry.queries import Expired, expired_of
from app.ledger.queries import AccountLine, account_lines, account_lines_among
from app.opening.queries import SUBJECT as OPENING
from app.opening.queries import Opening, openings_by_id
from app.passbook.queries.records import ALL, Record, asking_records, record_of, record_rows
from app.passbook.rules import PAGE_RECORDS, month_end, months_from
from app.points.queries import versions_by_id
from app.points.rules import RuleVersion
from app.rewards.queries.own import Taken, taken_by_id

_RECORD_SUBJECT = "service_record"
# What takes two people (SPEC §5).
_BY_TWO = frozenset({"adjustment", "shortfall"})
REDEEMING = frozenset({"redemption", "refund"})
# Enough for a page that has to be filled up to a whole month, in all but rare histories.
_TIMES_READ = 3
_NAMES = "SELECT id, display_name FROM logins WHERE id IN ?ids"
_MERGE = "merge"
_JOINED = """
SELECT e.id, v.number, y.year FROM entries e JOIN merges m ON m.id = e.subject_id
JOIN volunteers v ON v.id = CASE WHEN m.kept_id = ? THEN m.gone_id ELSE m.kept_id END
LEFT JOIN merged_years y ON y.entry_id = e.id WHERE e.id IN ?ids
"""


class JoinedWith(NamedTuple):
    """The number that became this one, or that this one became."""

    number: str
    year: int | None


class Line(NamedTuple):
    """One line: an entry of the ledger and, where it is about one, the service record."""

    entry_id: int
    kind: str
    recorded_at: datetime
    # The civil date it belongs to: of the service or the redemption, else of the entry.
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
    # Of a balance taken over, or taken back: what the paper book said.
    opening: Opening | None = None
    # Of what takes two people: who the second one was.
    decision: Decision | None = None
    # Of points that were redeemed, or came back: for what.
    taken: Taken | None = None
    # Of a line by which points expired: which.
    expired: Expired | None = None
    # Of what evens out two numbers that were joined: the other number, and of points the year.
    joined: JoinedWith | None = None


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
    rows = record_rows(session, volunteer_id, from_on or date.min, until_on, show, at_once)
    dates = [day_of(row[1]) for row in rows]
    begins, older = from_on or months_from(dates, least), None
    if len(rows) == at_once and (begins is None or dates[-1] >= begins):
        # The first month of the page, or the year asked for, may go on below what was read.
        begins = begins or dates[-1].replace(day=1)
        rows = record_rows(session, volunteer_id, begins, until_on, show, ALL)
        if from_on is None and _has_older(session, volunteer_id, begins, show):
            older = begins
    elif begins is not None and dates and dates[-1] < begins:
        older = begins
        rows = [row for row, on in zip(rows, dates, strict=True) if on >= begins]
    records = [record_of(row) for row in rows]
    entry_ids = [entry_id for record in records for entry_id in _entries_of(record)]
    found = account_lines_among(session, volunteer_id, entry_ids, or_not_about=_RECORD_SUBJECT)
    wanted = _wanted(show, older or from_on or date.min, until_on)
    lines = [line for line in _lines(session, volunteer_id, records, found, zone) if wanted(line)]
    return Statement(_months(lines), older)


def asking_latest(volunteer_id: int) -> tuple[Any, ...]:
    """Return the query the latest page of `statement_of` begins with, as `asked_ahead` takes it."""
    at_once = PAGE_RECORDS * _TIMES_READ
    return asking_records(volunteer_id, date.min, date.max, "all", at_once)


def history_of(session: Session, volunteer_id: int, zone: str) -> list[Line]:
    """Return every line of a person in the order of the ledger, oldest first."""
    rows = record_rows(session, volunteer_id, date.min, date.max, "all", ALL)
    records = [record_of(row) for row in rows]
    found = account_lines(session, volunteer_id)
    return _lines(session, volunteer_id, records, found, zone)


def _has_older(session: Session, volunteer_id: int, before: date, show: str) -> bool:
    last_on = date.fromordinal(before.toordinal() - 1)
    return bool(record_rows(session, volunteer_id, date.min, last_on, show, 1))


def _entries_of(record: Record) -> list[int]:
    both = (record.award_entry_id, record.reversal_entry_id)
    return [entry_id for entry_id in both if entry_id is not None]


def _lines(
    session: Session,
    volunteer_id: int,
    records: Sequence[Record],
    found: Sequence[AccountLine],
    zone: str,
) -> list[Line]:
    """Join the entries with the records they are about, in the order of the entries."""
    about = {entry_id: record for record in records for entry_id in _entries_of(record)}
    versions = _versions(session, found)
    names = _names(session, found, about)
    openings = _openings(session, found)
    decisions = _decisions(session, found)
    taken = _taken(session, found)
    expired = _expired(session, found, volunteer_id)
    joined = _joined(session, found, volunteer_id)
    local = ZoneInfo(zone)
    lines = []
    for each in found:
        record = about.get(each.entry_id)
        thing = taken.get(each.subject_id) if each.kind in REDEEMING else None
        on = _on(each, record, thing) or each.recorded_at.astimezone(local).date()
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
                openings.get(each.subject_id) if each.subject_kind == OPENING else None,
                decisions.get(each.subject_id) if each.kind in _BY_TWO else None,
                thing,
                expired.get(each.entry_id),
                joined.get(each.entry_id),
            )
        )
    return lines


def _on(entry: AccountLine, record: Record | None, thing: Taken | None) -> date | None:
    """Return the date of what an entry is about; None where it has only its own."""
    if record is not None:
        return record.service_on
    if thing is None:
        return None
    return thing.redeemed_on if entry.kind == "redemption" else thing.settled_on


def _versions(session: Session, found: Iterable[AccountLine]) -> Mapping[int, RuleVersion]:
    wanted = sorted({each.rule_version_id for each in found if each.rule_version_id is not None})
    return versions_by_id(session, wanted) if wanted else {}


def _openings(session: Session, found: Iterable[AccountLine]) -> Mapping[int, Opening]:
    """Return the openings that entries are about; nobody without one pays for the question."""
    wanted = {each.subject_id for each in found if each.subject_kind == OPENING}
    return openings_by_id(session, wanted) if wanted else {}


def _taken(session: Session, found: Iterable[AccountLine]) -> Mapping[int, Taken]:
    """Return what was redeemed; nobody who never redeemed pays for the question."""
    wanted = {each.subject_id for each in found if each.kind in REDEEMING}
    return taken_by_id(session, wanted) if wanted else {}


def _decisions(session: Session, found: Iterable[AccountLine]) -> Mapping[int, Decision]:
    """Return who decided on what takes two people; most passbooks have nothing of it."""
    wanted = {
        each.subject_id
        for each in found
        if each.kind in _BY_TWO and each.subject_kind == ADJUSTMENT
    }
    return decisions_on(session, wanted) if wanted else {}


def _expired(
    session: Session, found: Iterable[AccountLine], volunteer_id: int
) -> Mapping[int, Expired]:
    has_any = any(each.kind == "expiry" for each in found)
    return expired_of(session, volunteer_id) if has_any else {}


def _joined(
    session: Session, found: Iterable[AccountLine], volunteer_id: int
) -> Mapping[int, JoinedWith]:
    """Return what evened out two numbers; most people only ever had one."""
    wanted = sorted(each.entry_id for each in found if each.subject_kind == _MERGE)
    rows = fetch(session, _JOINED, volunteer_id, wanted) if wanted else ()
    return {row[0]: JoinedWith(row[1] or "", row[2]) for row in rows}


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
        if show == "redemptions" and line.kind not in REDEEMING:
            return False
        if show in ("service", "corrections") and line.record is None:
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
        # What a paper book held was served in no month of ours.
        sum(line.minutes for line in lines if line.opening is None),
        sum(line.points_hundredths for line in lines),
        lines,
    )


def year_span(year: int) -> tuple[date, date]:
    """Return the first and the last day of a year."""
    return date(year, 1, 1), month_end(date(year, 12, 1))
