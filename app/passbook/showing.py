"""Lines as the pages show them: every figure made text here, so that templates only place it."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext

from app.errors import N_
from app.passbook.explanation import receipt_of, sentence_of
from app.passbook.queries import Colour, Line, Record
from app.points.rules import Explanation, duration_text
from app.web.filters import clock_time, day, hours, instant, points

EVIDENCE = {
    "signed_in": N_("Signed in on the spot"),
    "entered": N_("Entered by the team"),
    "imported": N_("Imported from a sheet"),
    "claimed": N_("Claimed by the volunteer"),
}
KINDS = {
    "redemption": (N_("Redemption"), "gift"),
    "refund": (N_("Refund"), "undo"),
    "transfer": (N_("Time exchange"), "users"),
    "expiry": (N_("Expired"), "clock"),
    "adjustment": (N_("Adjustment"), "pencil"),
    "opening": (N_("Brought forward"), "document"),
    "shortfall": (N_("Covered shortfall"), "info"),
    "reversal": (N_("Correction"), "undo"),
    "service": (N_("Service"), "check"),
}
WAITS = {
    "own_row": N_("Another leader or an organiser has to confirm it."),
    "late": N_("It was entered late, so an organiser has to confirm it."),
    "over_limit": N_("The day is longer than usual, so an organiser has to confirm it."),
    "two_people": N_("A second person has to confirm it."),
    "new_person": N_("An organiser has to confirm the new volunteer first."),
    "claim": N_("The team has to confirm this claim."),
    "correction": N_("A correction waits for confirmation; until then nothing changes."),
}


# A page says the same few sentences, and names the same few instants, in every line: each is
# looked up once while the page is made.
_said: ContextVar[dict[object, str] | None] = ContextVar("said", default=None)


def _(message: str, **figures: object) -> str:
    """Translate as gettext does."""
    said = _said.get()
    text = said.get(message) if said is not None else None
    if text is None:
        text = str(gettext(message))
        if said is not None:
            said[message] = text
    return text % figures if figures else text


def _instant(at: datetime | None) -> str:
    said = _said.get()
    text = said.get(at) if said is not None else None
    if text is None:
        text = instant(at)
        if said is not None:
            said[at] = text
    return text


class Why(NamedTuple):
    """The explanation behind a line, as the `why` macro takes it."""

    title: str
    sentence: str
    terms: list[tuple[str, str]]
    total: str | None
    about: list[tuple[str, str]]
    # Other entries of this page, as (text, entry id).
    links: list[tuple[str, int]]


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
    token = _said.set({})
    try:
        return [shown_line(line) for line in lines]
    finally:
        _said.reset(token)


def paper_lines(lines: Iterable[Line]) -> list[PaperLine]:
    """Return lines as they are printed."""
    token = _said.set({})
    try:
        return [paper_line(line) for line in lines]
    finally:
        _said.reset(token)


def shown_line(line: Line) -> ShownLine:
    """Return a line with its explanation."""
    record = line.record if line.kind in {"service", "reversal"} else None
    name, icon = KINDS[line.kind]
    return ShownLine(
        entry_id=line.entry_id,
        colour=record.colour if record and line.kind == "service" else None,
        icon=icon,
        title=_title(line, _(name)),
        sub=_sub(line),
        big=_("%(points)s points", points=points(line.points_hundredths, signed=True)),
        small=_("%(hours)s hours", hours=hours(line.minutes)) if line.minutes else "",
        state="reversed" if record and record.reversal_entry_id and line.kind == "service" else "",
        why=_why(line),
    )


def paper_line(line: Line) -> PaperLine:
    """Return a line as it is printed."""
    return PaperLine(
        line.entry_id,
        f"{line.on:%Y-%m-%d}",
        _title(line, _(KINDS[line.kind][0])),
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
    note = record.reason if is_back else waits and _(waits)
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
    if record is None:
        return name
    what = record.content or record.team_name
    return _("Correction of %(what)s", what=what) if line.kind == "reversal" else what


def _sub(line: Line) -> list[str]:
    return _sub_of(line.record) if line.record else [day(line.on)]


def _sub_of(record: Record) -> list[str]:
    parts = [record.team_name] if record.content else []
    parts.append(day(record.service_on))
    if record.is_guest:
        parts.append(_("as a guest"))
    return parts


def _signed_hours(minutes: int) -> str:
    text = hours(minutes)
    return f"+{text}" if minutes > 0 else text


def _why(line: Line) -> Why:
    receipt = receipt_of(line)
    return Why(
        title=_heading(line),
        sentence=sentence_of(line, _),
        terms=_terms(receipt) if receipt else [],
        total=_("%(points)s points", points=receipt.points) if receipt else None,
        about=_about(line),
        links=_links(line),
    )


def _heading(line: Line) -> str:
    if line.kind == "service" and line.points_hundredths:
        earned = points(line.points_hundredths)
        return _("How these %(points)s points came about", points=earned)
    return _("What this line says")


def _terms(receipt: Explanation) -> list[tuple[str, str]]:
    """Return the rows of the till receipt."""
    if not receipt.earns_points:
        return [(_("Only signed-in service earns points"), _("%(points)s points", points=0))]
    rows = [
        (
            _(
                "%(duration)s at %(rate)s per hour",
                duration=duration_text(receipt.minutes, _),
                rate=receipt.rate,
            ),
            receipt.base,
        )
    ]
    names = {"service_day": _("Service day"), "service_month": _("Service month")}
    for bonus in receipt.bonuses:
        label = _("%(what)s adds %(percent)s %%", what=names[bonus.kind], percent=bonus.percent)
        rows.append((label, f"+{bonus.amount}"))
    if receipt.is_rounded:
        rows.append((_("Rounded to %(step)s", step=receipt.step), receipt.points))
    return rows


def _about(line: Line) -> list[tuple[str, str]]:
    record = line.record
    found: list[tuple[str, str]] = []
    if record is not None and line.kind == "service":
        found += _about_record(record)
    elif line.actor:
        found.append((_("Recorded by"), _by(line.actor, _instant(line.recorded_at))))
    before = line.points_after_hundredths - line.points_hundredths
    found.append(
        (
            _("Balance"),
            _(
                "%(before)s → %(after)s points",
                before=points(before),
                after=points(line.points_after_hundredths),
            ),
        )
    )
    found.append((_("Entry"), _("No. %(entry)s", entry=line.entry_id)))
    return found


def _about_record(record: Record) -> list[tuple[str, str]]:
    found = [(_("Recorded by"), _by(record.recorder, _instant(record.recorded_at)))]
    if record.approver:
        found.append((_("Approved by"), _by(record.approver, _instant(record.decided_at))))
    found.append((_("Evidence"), _(EVIDENCE[record.evidence])))
    if record.starts_minute is not None:
        ends = record.starts_minute + record.minutes
        found.append((_("Time"), f"{clock_time(record.starts_minute)}—{clock_time(ends)}"))
    if record.place:
        found.append((_("Place"), record.place))
    if record.note:
        found.append((_("Note"), record.note))
    if record.reason:
        found.append((_("Reason"), record.reason))
    return found


def _by(name: str, at: str) -> str:
    return _("%(name)s, %(at)s", name=name, at=at)


def _links(line: Line) -> list[tuple[str, int]]:
    """Return the other lines this one hangs together with."""
    record = line.record
    found: list[tuple[str, int]] = []
    if line.kind == "reversal" and line.reverses_id:
        found.append((_("Takes back entry %(entry)s", entry=line.reverses_id), line.reverses_id))
    if record is None or line.kind != "service":
        return found
    if record.corrects_entry_id:
        entry = record.corrects_entry_id
        found.append((_("Corrects entry %(entry)s", entry=entry), entry))
    if record.reversal_entry_id:
        entry = record.reversal_entry_id
        found.append((_("Taken back by entry %(entry)s", entry=entry), entry))
    if record.corrected_by_entry_id:
        entry = record.corrected_by_entry_id
        found.append((_("Corrected by entry %(entry)s", entry=entry), entry))
    return found
