"""Rows of a service list and of a sign-in sheet: what each says before anybody is looked up."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple, TypeVar

from app.errors import RuleBroken
from app.imports.rules.cells import Row, phone_or_none
from app.imports.rules.fixes import NONE, TOP, Fixes
from app.imports.rules.refusals import (
    BeforeMidnight,
    CellRefused,
    DurationDisagrees,
    DurationMissing,
    EndMissing,
    EndNotAfterStart,
    Refusal,
    StartMissing,
    StartNextDay,
    TooLong,
    WhoMissing,
)
from app.sheets.cells import Cell, Sheet, is_total_row, shown
from app.sheets.headers import Headers, Unit, body
from app.sheets.labels import Labelled
from app.sheets.values import (
    Clock,
    parse_clock,
    parse_code,
    parse_date,
    parse_duration,
    parse_name,
    parse_text,
)

DAY_MINUTES = 1440
T = TypeVar("T")


class Who(NamedTuple):
    """How a row names its person."""

    number: str
    name: str
    phone: str | None


class Span(NamedTuple):
    """How long, and from when if that is said."""

    minutes: int
    starts_minute: int | None


class ServiceRow(NamedTuple):
    """One row of service; `refused` is what stood in date or time, judged after who and team."""

    row: Row
    who: Who
    team: str
    service_on: date
    span: Span
    content: str
    place: str | None
    note: str | None
    external_id: str | None
    refused: CellRefused | None


class Read(NamedTuple):
    """All rows of a table: those to be judged, those refused already, and how many are blank."""

    rows: list[ServiceRow]
    refused: list[Refusal]
    blank: int


class Top(NamedTuple):
    """What the lines above a sign-in table say of all its rows."""

    team: str
    service_on: date
    content: str
    place: str | None


# The same people and the same hours come again and again: each is kept once.
_who_once = lru_cache(maxsize=16384)(Who)
_span_once = lru_cache(maxsize=4096)(Span)


@lru_cache(maxsize=16384)
def _once(value: T) -> T:
    """Return the one kept of equal values: each row's own would take 100 bytes."""
    return value


_NO_CELLS: list[Cell] = []
_NO_DATE = date.min
_NO_SPAN = Span(0, None)


def read_service_rows(
    sheet: Sheet,
    headers: Headers,
    unit: Unit | None,
    fixes: Fixes = NONE,
    *,
    keeps_cells: bool = True,
) -> Read:
    """Return what the rows of a service list say; of a long one without its cells."""
    read = Read([], [], 0)
    blank = 0
    header_unit = headers.units.get("duration")
    for number, cells in body(sheet, headers):
        row = Row(headers, number, cells, fixes)
        if row.has_nothing() or is_total_row(cells):
            blank += 1
            continue
        try:
            row.refuse_left_out(fixes)
            read.rows.append(_service_row(row, header_unit, unit))
        except CellRefused as refused:
            read.refused.append(row.refusal(refused.key, refused.broken))
        row.let_go()
        if not keeps_cells:
            row.let_go_of_cells()
            sheet.rows[number - 1] = _NO_CELLS
    return read._replace(blank=blank)


def read_signin_rows(sheet: Sheet, headers: Headers, top: Top, fixes: Fixes = NONE) -> Read:
    """Return what the rows of a sign-in table say; a name with neither time was absent."""
    read = Read([], [], 0)
    blank = 0
    for number, cells in body(sheet, headers):
        row = Row(headers, number, cells, fixes)
        is_absent = row.is_blank("start") and row.is_blank("end")
        says_nothing = is_absent and (row.has_nothing() or _names_somebody(row))
        if says_nothing or is_total_row(cells):
            blank += 1
            continue
        try:
            row.refuse_left_out(fixes)
            read.rows.append(_signin_row(row, top))
        except CellRefused as refused:
            read.refused.append(row.refusal(refused.key, refused.broken))
    return read._replace(blank=blank)


def count_blank(sheet: Sheet, headers: Headers) -> int:
    """Return how many rows of a sign-in table are blank, whatever its top lines say."""
    return read_signin_rows(sheet, headers, Top("", _NO_DATE, "", None)).blank


def read_top(labels: dict[str, Labelled], fixes: Fixes = NONE) -> Top:
    """Return what the top lines say; refuse a blank or unreadable date or team."""
    row = _top_row(labels, fixes)
    return Top(
        team=row.need("team", parse_name),
        service_on=row.need("service_on", parse_date),
        content=row.take("content", parse_text) or "",
        place=row.take("place", parse_text) or None,
    )


def top_refusal(labels: dict[str, Labelled], key: str, broken: RuleBroken) -> Refusal:
    """Return the refusal of a whole sign-in sheet for one of its top lines."""
    label = labels[key]
    return Refusal(label.row, label.title, shown(label.value), broken, key)


def _top_row(labels: dict[str, Labelled], fixes: Fixes) -> Row:
    """Read the labels as if they were one row under headers."""
    keys = list(labels)
    headers = Headers(
        row=0,
        index={key: at for at, key in enumerate(keys)},
        titles={key: labels[key].title for key in keys},
        units={},
        unknown=(),
    )
    return Row(headers, TOP, [labels[key].value for key in keys], fixes)


def _service_row(row: Row, header_unit: Unit | None, unit: Unit | None) -> ServiceRow:
    """What is missing is refused first, then who, which team, and only then date and time."""
    who = who_of(row)
    _refuse_missing(row)
    team = _once(row.need("team", parse_name))
    refused: CellRefused | None = None
    service_on, span = _NO_DATE, _NO_SPAN
    try:
        service_on = _once(row.need("service_on", parse_date))
        span = _span(row, header_unit, unit)
    except CellRefused as found:
        refused = found
    return ServiceRow(
        row,
        who,
        team,
        service_on,
        span,
        _once(row.take("content", parse_text) or ""),
        _once(row.take("place", parse_text) or None),
        row.take("note", parse_text) or None,
        row.take("external_id", parse_code) or None,
        refused,
    )


def _signin_row(row: Row, top: Top) -> ServiceRow:
    who = who_of(row)
    refused: CellRefused | None = None
    span = _NO_SPAN
    if row.is_blank("start"):
        raise CellRefused("start", StartMissing())
    if row.is_blank("end"):
        raise CellRefused("end", EndMissing())
    try:
        span = _between(row)
    except CellRefused as found:
        refused = found
    note = row.take("note", parse_text) or None
    return ServiceRow(
        row, who, top.team, top.service_on, span, top.content, top.place, note, None, refused
    )


def _names_somebody(row: Row) -> bool:
    return not (row.is_blank("number") and row.is_blank("name"))


def who_of(row: Row, missing: type[RuleBroken] = WhoMissing) -> Who:
    """Return how a row names its person, or refuse it as naming nobody."""
    if not _names_somebody(row):
        raise CellRefused("number" if "number" in row.headers.index else "name", missing())
    return _who_once(
        row.take("number", parse_code) or "",
        row.take("name", parse_name) or "",
        row.take("phone", phone_or_none),
    )


def _refuse_missing(row: Row) -> None:
    for key in ("team", "service_on"):
        row.refuse_blank(key)
    if not row.is_blank("duration"):
        return
    has_start, has_end = not row.is_blank("start"), not row.is_blank("end")
    if has_start and not has_end:
        raise CellRefused(_either(row, "end", "duration"), EndMissing())
    if has_end and not has_start:
        raise CellRefused(_either(row, "start", "duration"), StartMissing())
    if not has_start:
        raise CellRefused(_either(row, "duration", "start"), DurationMissing())


def _either(row: Row, wanted: str, otherwise: str) -> str:
    return wanted if wanted in row.headers.index else otherwise


def _span(row: Row, header_unit: Unit | None, unit: Unit | None) -> Span:
    """Return the minutes and the start; times are judged before the duration."""
    starts = row.take("start", parse_clock)
    ends = row.take("end", parse_clock)
    if starts is not None and starts.next_day:
        raise CellRefused("start", StartNextDay())
    between = None
    if starts is not None and ends is not None:
        between = _minutes_between(row, starts, ends)
    minutes = row.take("duration", parse_duration, header_unit, unit)
    if minutes is None:
        return _fitting(row, between or 0, starts)
    if between is not None and between != minutes:
        figures = _interval(row)
        raise CellRefused(
            "duration", DurationDisagrees(**figures, between=between, minutes=minutes)
        )
    if starts is None and ends is not None:
        return _span_once(minutes, _start_before(ends, minutes))
    return _span_once(minutes, None if starts is None else starts.minute)


def _between(row: Row) -> Span:
    starts, ends = row.need("start", parse_clock), row.need("end", parse_clock)
    if starts.next_day:
        raise CellRefused("start", StartNextDay())
    return _fitting(row, _minutes_between(row, starts, ends), starts)


def _minutes_between(row: Row, starts: Clock, ends: Clock) -> int:
    minutes = ends.minute + (DAY_MINUTES if ends.next_day else 0) - starts.minute
    if minutes <= 0:
        raise CellRefused("end", EndNotAfterStart(**_interval(row)))
    return minutes


def _fitting(row: Row, minutes: int, starts: Clock | None) -> Span:
    if minutes > DAY_MINUTES:
        raise CellRefused("end", TooLong(**_interval(row)))
    return _span_once(minutes, None if starts is None else starts.minute)


def _start_before(ends: Clock, minutes: int) -> int:
    """Return when a service began that ended at a time after so many minutes."""
    starts = ends.minute + (DAY_MINUTES if ends.next_day else 0) - minutes
    if starts < 0:
        end = f"{ends.minute // 60:02}:{ends.minute % 60:02}"
        raise CellRefused("end", BeforeMidnight(end=end, minutes=minutes))
    if starts >= DAY_MINUTES:
        raise CellRefused("end", StartNextDay())
    return starts


def _interval(row: Row) -> dict[str, str]:
    return {"start": row.shown("start"), "end": row.shown("end")}
