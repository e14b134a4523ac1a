"""Disputes as pages show them: states in words, recorded and wished side by side, the thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.exceptions import HTTPException

from app.disputes.forms import WHAT_LABELS
from app.disputes.queries import DisputeRow, LineRow
from app.disputes.rules import Recorded, days_left
from app.organisations.calendar import WorkingCalendar
from app.service.showing import Chip
from app.web.filters import clock_time, day, day_weekday, hours, instant

CLAIM_PATH = "/me/claims/new"
DAY_MINUTES = 1440


class Tag(NamedTuple):
    """A state in a word, a tone and an icon; never a colour alone."""

    text: str
    tone: str
    icon: str


STATES = {
    "open": (_l("Disputed"), "warn", "clock"),
    "passed_on": (_l("With the organiser"), "warn", "clock"),
    "corrected": (_l("Put right"), "ok", "check"),
    "refused": (_l("Stays as it is"), "", "info"),
    "withdrawn": (_l("Dispute withdrawn"), "", "undo"),
    "overtaken": (_l("Changed otherwise"), "info", "info"),
}
_LINES = {
    "raised": _l("%(name)s disputed the record"),
    "asked": _l("%(name)s asked"),
    "replied": _l("%(name)s replied"),
    "proposed": _l("%(name)s proposed a correction"),
    "passed_on": _l("%(name)s passed it on to the organiser"),
    "corrected": _l("%(name)s put the record right"),
    "refused": _l("%(name)s left the record as it is"),
    "withdrawn": _l("%(name)s withdrew the dispute"),
    "overtaken": _l("%(name)s changed the record otherwise"),
}


class Compared(NamedTuple):
    """One thing a record says, beside what it should say."""

    label: str
    recorded: str
    wished: str
    differs: bool


class ShownLine(NamedTuple):
    """One line of the thread."""

    said: str
    at: str
    words: str
    record_id: int | None
    is_volunteers: bool


class ShownDispute(NamedTuple):
    """A dispute as a list, its page or the page of its record shows it."""

    id: int
    record_id: int
    name: str
    number: str
    team: str
    colour: Chip
    what: str
    # In one line: team, date, hours as recorded.
    about: str
    change: str
    tag: Tag
    is_open: bool
    deadline: str
    is_overdue: bool
    rows: list[Compared]
    lines: list[ShownLine]
    waiting_id: int | None


def shown_dispute(
    row: DisputeRow, calendar: WorkingCalendar, today: date, lines: Sequence[LineRow] = ()
) -> ShownDispute:
    """Return a dispute with its deadline counted and its thread."""
    rows = _compared(row)
    return ShownDispute(
        id=row.id,
        record_id=row.record_id,
        name=row.volunteer_name,
        number=row.volunteer_number or "",
        team=row.team_name,
        colour=Chip(row.colour_key, row.colour_glyph),
        what=str(WHAT_LABELS[row.what]),
        about=_about(row),
        change=_change(row, rows),
        tag=state_tag(row.state),
        is_open=row.is_open,
        deadline=_deadline(row, calendar, today) if row.is_open else "",
        is_overdue=row.is_open and today > row.due_on,
        rows=rows,
        lines=[_line(line) for line in lines],
        waiting_id=row.waiting_id if row.is_open else None,
    )


def state_tag(state: str) -> Tag:
    """Return a state in a word."""
    text, tone, icon = STATES[state]
    return Tag(str(text), tone, icon)


def time_text(said: Recorded) -> str:
    """Return from when to when, where the start is known; past midnight it says so."""
    if said.starts_minute is None:
        return str(_("not given"))
    ends = said.starts_minute + said.minutes
    span = f"{clock_time(said.starts_minute)}—{clock_time(ends % DAY_MINUTES or DAY_MINUTES)}"
    return str(_("%(span)s (next day)", span=span)) if ends > DAY_MINUTES else span


def claim_url() -> str | None:
    """Return where service that is missing is claimed, once there is such a page."""
    try:
        current_app.url_map.bind("localhost").match(CLAIM_PATH, method="GET")
    except HTTPException:
        return None
    return f"{request.script_root}{CLAIM_PATH}"


def _compared(row: DisputeRow) -> list[Compared]:
    old, new = row.recorded, row.wished
    said = [
        (_("Date"), day_weekday(old.service_on, with_year=True)),
        (_("How long"), _hours(old)),
        (_("Time"), time_text(old)),
        (_("Team"), row.team_name),
        (_("What was done"), old.content or _("nothing written")),
    ]
    if new is None:
        return [Compared(label, text, "", False) for label, text in said]
    wished = [
        day_weekday(new.service_on, with_year=True),
        _hours(new),
        time_text(new),
        row.wished_team_name or "",
        new.content or _("nothing written"),
    ]
    differ = [
        old.service_on != new.service_on,
        old.minutes != new.minutes,
        old.starts_minute != new.starts_minute,
        old.team_id != new.team_id,
        old.content != new.content,
    ]
    return [Compared(*pair, text, d) for pair, text, d in zip(said, wished, differ, strict=True)]


def _hours(said: Recorded) -> str:
    return str(_("%(hours)s hours", hours=hours(said.minutes)))


def _about(row: DisputeRow) -> str:
    return "·".join((row.team_name, day_weekday(row.recorded.service_on), _hours(row.recorded)))


def _change(row: DisputeRow, rows: Iterable[Compared]) -> str:
    """Return in one line what would change: recorded → wished."""
    changed = [f"{each.recorded} → {each.wished}" for each in rows if each.differs]
    return "·".join(changed) or str(WHAT_LABELS[row.what])


def _deadline(row: DisputeRow, calendar: WorkingCalendar, today: date) -> str:
    left = days_left(calendar, today, row.due_on)
    due = day(row.due_on)
    if left < 0:
        return str(
            ngettext(
                "was due on %(due)s, %(num)s working day ago",
                "was due on %(due)s, %(num)s working days ago",
                -left,
                due=due,
            )
        )
    if left == 0:
        return str(_("answer today"))
    return str(
        ngettext(
            "%(num)s working day left, until %(due)s",
            "%(num)s working days left, until %(due)s",
            left,
            due=due,
        )
    )


def _line(line: LineRow) -> ShownLine:
    said = _LINES[line.kind] % {"name": _author(line)}
    is_volunteers = line.kind in {"raised", "replied", "withdrawn", "passed_on"}
    return ShownLine(str(said), instant(line.at), line.words, line.record_id, is_volunteers)


def _author(line: LineRow) -> str:
    if line.on_behalf_of is None:
        return line.author
    return str(_("%(name)s (for %(ward)s)", name=line.author, ward=line.on_behalf_of))
