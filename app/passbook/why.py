"""The explanation behind a line: its sentence, its sum, who recorded and approved it."""

from __future__ import annotations

from typing import NamedTuple

from app.adjustments.queries import Decision
from app.passbook.explanation import receipt_of, sentence_of
from app.passbook.queries import Line, Record
from app.passbook.wording import EVIDENCE, instant_text
from app.passbook.wording import translated as _
from app.points.rules import Explanation, duration_text
from app.rewards.queries.own import Taken
from app.web.filters import clock_time, points


class Why(NamedTuple):
    """The explanation behind a line, as the `why` macro takes it."""

    title: str
    sentence: str
    terms: list[tuple[str, str]]
    total: str | None
    about: list[tuple[str, str]]
    # Other entries of this page, as (text, entry id).
    links: list[tuple[str, int]]


def why_of(line: Line) -> Why:
    """Return the explanation of a line."""
    receipt = receipt_of(line)
    # A single product needs no till receipt: the sentence is the sum.
    adds_up = receipt is not None and bool(receipt.bonuses or receipt.is_rounded)
    return Why(
        title=_heading(line),
        sentence=sentence_of(line, _),
        terms=_terms(receipt) if receipt and adds_up else [],
        total=_("%(points)s points", points=receipt.points) if receipt and adds_up else None,
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
        found.append((_("Recorded by"), _by(line.actor, instant_text(line.recorded_at))))
    if line.decision is not None:
        found.append(_second(line.decision))
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


def _second(decision: Decision) -> tuple[str, str]:
    """Return who agreed, or that nobody did."""
    if decision.is_alone:
        return _("Confirmed by"), _("none: done by one person")
    return _("Confirmed by"), decision.second_name or ""


def _about_record(record: Record) -> list[tuple[str, str]]:
    found = [(_("Recorded by"), _by(record.recorder, instant_text(record.recorded_at)))]
    if record.approver:
        found.append((_("Approved by"), _by(record.approver, instant_text(record.decided_at))))
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
    if line.taken is not None:
        found += _links_of(line.kind, line.taken)
    if record is None or line.kind != "service":
        return found
    # What was taken back under another number stands in no line here.
    if record.corrects_entry_id and not record.joined_from:
        entry = record.corrects_entry_id
        found.append((_("Corrects entry %(entry)s", entry=entry), entry))
    if record.reversal_entry_id:
        entry = record.reversal_entry_id
        found.append((_("Taken back by entry %(entry)s", entry=entry), entry))
    if record.corrected_by_entry_id:
        entry = record.corrected_by_entry_id
        found.append((_("Corrected by entry %(entry)s", entry=entry), entry))
    return found


def _links_of(kind: str, taken: Taken) -> list[tuple[str, int]]:
    """Return the entry that took the points, or the one that gave them back."""
    if kind == "refund":
        return [(_("Gives back entry %(entry)s", entry=taken.entry_id), taken.entry_id)]
    if taken.refund_entry_id is None:
        return []
    entry = taken.refund_entry_id
    return [(_("Given back by entry %(entry)s", entry=entry), entry)]
