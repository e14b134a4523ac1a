"""Lines as the pages show them: every figure made text here, so that templates only place it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from app.passbook.explanation import sentence_of
from app.passbook.queries import Colour, Line, Record
from app.passbook.why import Why, why_of
from app.passbook.wording import JOINED, KINDS, WAITS, said_once
from app.passbook.wording import translated as _
from app.rewards.own_showing import STATE_NAMES, briefly
from app.web.filters import day, hours, points


class ShownLine(NamedTuple):
    """One line that opens."""

    entry_id: int
    colour: Colour | None
    icon: str
    title: str
    # Parts that do not break inside: team, date, …
    sub: list[str]
    big: str
    small: str
    state: str
    why: Why
    # The redemption it is about, which has a page of its own.
    redemption_id: int | None


class PaperLine(NamedTuple):
    """One line of the printed passbook."""

    number: int
    on: str
    what: str
    minutes: str
    points: str
    points_after: str
    minutes_after: str
    sentence: str


class ShownWaiting(NamedTuple):
    """A record that waits, or was sent back."""

    colour: Colour
    title: str
    sub: list[str]
    small: str
    state: str
    note: str


def shown_lines(lines: Iterable[Line]) -> list[ShownLine]:
    """Return lines with their explanations."""
    with said_once():
        return [shown_line(line) for line in lines]


def paper_lines(lines: Iterable[Line]) -> list[PaperLine]:
    """Return lines as they are printed."""
    with said_once():
        return [paper_line(line) for line in lines]


def shown_line(line: Line) -> ShownLine:
    """Return a line with its explanation."""
    record = line.record if line.kind in {"service", "reversal"} else None
    name, icon = _kind_of(line)
    return ShownLine(
        entry_id=line.entry_id,
        colour=record.colour if record and line.kind == "service" else None,
        icon=icon,
        title=_title(line, _(name)),
        sub=_sub(line),
        big=_("%(points)s points", points=points(line.points_hundredths, signed=True)),
        small=_("%(hours)s hours", hours=hours(line.minutes)) if line.minutes else "",
        state="reversed" if record and record.reversal_entry_id and line.kind == "service" else "",
        why=why_of(line),
        redemption_id=line.taken.id if line.taken else None,
    )


def _kind_of(line: Line) -> tuple[str, str]:
    """Return the words and the sign of what a line is."""
    return JOINED if line.joined is not None else KINDS[line.kind]


def paper_line(line: Line) -> PaperLine:
    """Return a line as it is printed."""
    return PaperLine(
        line.entry_id,
        f"{line.on:%Y-%m-%d}",
        _title(line, _(_kind_of(line)[0])),
        _signed_hours(line.minutes) if line.minutes else "",
        points(line.points_hundredths, signed=True) if line.points_hundredths else "",
        points(line.points_after_hundredths),
        hours(line.minutes_after),
        sentence_of(line, _),
    )


def shown_waiting(record: Record) -> ShownWaiting:
    """Return a record that is not in the books yet, with what it waits for."""
    is_back = record.state == "rejected"
    waits = WAITS.get(record.waits_reason or "")
    # Reasons of our own, such as a withdrawal's, are msgids; what a person wrote is none.
    reason = _(record.reason) if record.reason else ""
    note = reason if is_back else waits and _(waits)
    return ShownWaiting(
        record.colour,
        record.content or record.team_name,
        _sub_of(record),
        _("%(hours)s hours", hours=hours(record.minutes)),
        record.state,
        note or "",
    )


def _title(line: Line, name: str) -> str:
    record = line.record
    if line.taken is not None:
        what = briefly(line.taken.name, line.taken.quantity)
        return _("%(kind)s: %(what)s", kind=name, what=what)
    if record is None:
        return name
    what = record.content or record.team_name
    return _("Correction of %(what)s", what=what) if line.kind == "reversal" else what


def _sub(line: Line) -> list[str]:
    if line.record:
        return _sub_of(line.record)
    # What came back says so by itself; of what was taken it is asked where it is.
    state = line.taken.state if line.taken and line.kind == "redemption" else None
    return [day(line.on), _(STATE_NAMES[state])] if state else [day(line.on)]


def _sub_of(record: Record) -> list[str]:
    parts = [record.team_name] if record.content else []
    parts.append(day(record.service_on))
    if record.is_guest:
        parts.append(_("as a guest"))
    return parts


def _signed_hours(minutes: int) -> str:
    text = hours(minutes)
    return f"+{text}" if minutes > 0 else text
