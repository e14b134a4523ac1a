"""One service record as its page tells it: the facts, the sentence, what happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.bulk import fetch
from app.ledger.queries import StatementLine, statement
from app.points.queries import versions_by_id
from app.points.rules import explain, sentence, terms_for
from app.service.access import Seen
from app.service.operations.rejecting import WITHDRAWN
from app.service.queries import RecordRow, records_by_id
from app.service.showing import EVIDENCE, WAITS, Chip
from app.web.filters import clock_time, day_weekday, hours, instant, points

_CORRECTIONS = (
    "SELECT id, state FROM service_records WHERE corrects_id = ? AND part = 1 ORDER BY id"
)
_HALVES = "SELECT id FROM service_records WHERE first_part_id = ? ORDER BY part"
_LOGIN = "SELECT display_name FROM logins WHERE id = ?"


class Link(NamedTuple):
    """Another record this one hangs together with."""

    record_id: int
    text: str


class RecordPage(NamedTuple):
    """What the page of a record shows, all figures as text."""

    record: RecordRow
    colour: Chip
    hours: str
    points: str
    sentence: str
    why: str
    facts: list[tuple[str, str]]
    history: list[tuple[str, str]]
    links: list[Link]
    may_decide: bool
    may_correct: bool
    may_reverse: bool


def record_page(session: Session, seen: Seen) -> RecordPage:
    """Return the page of a record for whoever sees it."""
    record = seen.record
    award = _entry(session, record, record.award_entry_id)
    reversal = _entry(session, record, record.reversal_entry_id)
    is_approved = record.state == "approved"
    return RecordPage(
        record,
        Chip(record.colour_key, record.colour_glyph),
        _("%(hours)s hours", hours=hours(record.minutes)),
        _("%(points)s points", points=points(record.points_hundredths)) if award else "",
        _sentence(session, record, award) if award else "",
        str(WAITS.get(record.waits_reason or "", "")) if record.state == "submitted" else "",
        _facts(record),
        _history(session, record, reversal),
        _links(session, record),
        may_decide=record.state == "submitted" and seen.may_change and not seen.is_own,
        may_correct=is_approved and seen.may_change,
        may_reverse=is_approved and seen.may_change,
    )


def whole_of(session: Session, record: RecordRow) -> list[RecordRow]:
    """Return a record, or both halves of a service across midnight, the first half first."""
    if record.first_part_id is None:
        return [record]
    ids = {row[0] for row in fetch(session, _HALVES, record.first_part_id)}
    found = records_by_id(session, {record.first_part_id, *ids})
    return sorted(found.values(), key=lambda half: half.part)


def _entry(session: Session, record: RecordRow, entry_id: int | None) -> StatementLine | None:
    if entry_id is None:
        return None
    found = statement(session, record.volunteer_id, before_id=entry_id + 1, limit=1)
    return found[0] if found and found[0].entry_id == entry_id else None


def _sentence(session: Session, record: RecordRow, award: StatementLine) -> str:
    version = versions_by_id(session, [award.rule_version_id or 0]).get(award.rule_version_id or 0)
    if version is None:
        return ""
    terms = terms_for(
        version,
        record.colour_id,
        record.is_service_day,
        record.is_service_month,
        record.earns_points,
    )
    receipt = explain(record.minutes, terms)
    if receipt.earns_points and not (receipt.bonuses or receipt.is_rounded):
        # Hours and points stand above: that they are the product needs no second sum.
        return str(_("%(rate)s per hour, no bonus that day", rate=receipt.rate))
    return sentence(record.minutes, terms, _)


def _facts(record: RecordRow) -> list[tuple[str, str]]:
    number = record.volunteer_number or _("new friend")
    found = [
        (_("Volunteer"), _("%(name)s (%(number)s)", name=record.volunteer_name, number=number)),
        (_("Team"), record.team_name),
        (_("Date"), day_weekday(record.service_on, with_year=True)),
    ]
    if record.starts_minute is not None:
        times = f"{clock_time(record.starts_minute)}—{clock_time(record.ends_minute)}"
        found.append((_("Time"), times))
    optional = (
        (_("What was done"), record.content),
        (_("Place"), record.place),
        (_("Note"), record.note),
    )
    found += [(label, text) for label, text in optional if text]
    found.append((_("Evidence"), str(EVIDENCE[record.evidence])))
    if record.is_guest:
        found.append((_("Belongs to the team"), _("no, came as a guest")))
    return found


def _history(
    session: Session, record: RecordRow, reversal: StatementLine | None
) -> list[tuple[str, str]]:
    found = [(_("Recorded by"), _by(record.recorder_name, record.recorded_at))]
    if record.approver_name:
        found.append((_decided_label(record), _by(record.approver_name, record.decided_at)))
    if record.reason:
        found.append((_("Reason"), _(record.reason)))
    if reversal is not None:
        rows = fetch(session, _LOGIN, reversal.actor_id or 0)
        name = rows[0][0] if rows else ""
        found.append((_("Reversed by"), _by(name, reversal.recorded_at)))
        if reversal.reason:
            found.append((_("Reason of the reversal"), reversal.reason))
    return found


def _decided_label(record: RecordRow) -> str:
    if record.state != "rejected":
        return str(_("Approved by"))
    # Nobody sends back their own: they withdraw it.
    return str(_("Withdrawn by") if record.reason == WITHDRAWN else _("Sent back by"))


def _by(name: str, at: datetime | None) -> str:
    return str(_("%(name)s, %(at)s", name=name, at=instant(at)))


def _links(session: Session, record: RecordRow) -> list[Link]:
    found = []
    if record.corrects_id:
        found.append(Link(record.corrects_id, _("Corrects record %(id)s", id=record.corrects_id)))
    for other_id, state in fetch(session, _CORRECTIONS, record.id):
        found.append(Link(other_id, _correction_text(other_id, state)))
    for half in whole_of(session, record):
        if half.id != record.id:
            text = _("The other half of that night: record %(id)s", id=half.id)
            found.append(Link(half.id, text))
    return found


def _correction_text(record_id: int, state: str) -> str:
    if state == "submitted":
        return str(_("A correction waits: record %(id)s", id=record_id))
    if state == "rejected":
        return str(_("A correction was sent back: record %(id)s", id=record_id))
    return str(_("Corrected by record %(id)s", id=record_id))
