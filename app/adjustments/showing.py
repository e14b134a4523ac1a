"""Adjustments as the pages show them: every figure made text here."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _

from app.adjustments.queries import AdjustmentRow, Shortfall
from app.web.filters import day, hours, instant, points

Tag = tuple[str, str, str]


class ShownAdjustment(NamedTuple):
    """One adjustment, in a list or on its own page."""

    id: int
    who: str
    what: str
    tag: Tag
    is_alone: bool
    reason: str
    asked_by: str
    answered_by: str
    answer: str


class ShownShortfall(NamedTuple):
    """One covered shortfall."""

    who: str
    amount: str
    on: str
    reason: str
    people: str
    is_alone: bool
    adjustment_id: int


def shown_adjustment(row: AdjustmentRow) -> ShownAdjustment:
    """Return an adjustment as it is shown."""
    asked_at = instant(row.asked_at)
    return ShownAdjustment(
        row.id,
        who_of(row),
        what_of(row),
        _tag(row),
        row.is_alone,
        row.reason,
        str(_("%(name)s, %(at)s", name=row.asker_name, at=asked_at)),
        _answered_by(row),
        row.answer,
    )


def who_of(row: AdjustmentRow) -> str:
    """Return whose accounts it is about."""
    if row.volunteer_name is None:
        return str(_("A whole entry"))
    return " ".join(filter(None, (row.volunteer_name, row.volunteer_number)))


def what_of(row: AdjustmentRow) -> str:
    """Return what was asked for, in one line."""
    if row.kind == "amount":
        return amount_text(row.minutes, row.points_hundredths)
    about = " · ".join(filter(None, (row.source, day(row.service_on) if row.service_on else "")))
    said = {
        "record": _("Take back with the missing part covered: %(about)s", about=about),
        "batch": _("Take back as a whole with the missing part covered: %(about)s", about=about),
        "correction": _("Correct with the missing part covered: %(about)s", about=about),
    }
    return str(said[row.kind])


def amount_text(minutes: int, hundredths: int) -> str:
    """Return points and hours with their signs."""
    parts = []
    if hundredths:
        parts.append(_("%(points)s points", points=points(hundredths, signed=True)))
    if minutes:
        sign = "+" if minutes > 0 else ""
        parts.append(_("%(hours)s hours of the time account", hours=f"{sign}{hours(minutes)}"))
    return str(_(", ").join(parts))


def shown_shortfall(shortfall: Shortfall) -> ShownShortfall:
    """Return a covered shortfall as it is shown."""
    covered, row = shortfall.covered, shortfall.row
    is_points = covered.unit == "points"
    return ShownShortfall(
        " ".join(filter(None, (shortfall.name, shortfall.number))),
        str(
            _("%(points)s points", points=points(covered.amount))
            if is_points
            else _("%(hours)s hours", hours=hours(covered.amount))
        ),
        instant(covered.recorded_at),
        row.reason,
        people_of(row),
        row.is_alone,
        row.id,
    )


def people_of(row: AdjustmentRow) -> str:
    """Return both people, or the one who did it alone."""
    if row.second_name is None:
        return row.asker_name
    return str(_("%(asker)s and %(second)s", asker=row.asker_name, second=row.second_name))


def _answered_by(row: AdjustmentRow) -> str:
    if row.answered_at is None:
        return ""
    name = row.second_name or row.asker_name
    return str(_("%(name)s, %(at)s", name=name, at=instant(row.answered_at)))


def _tag(row: AdjustmentRow) -> Tag:
    tags: dict[str, Tag] = {
        "asked": (str(_("Waits for a second person")), "warn", "clock"),
        "posted": (str(_("Posted")), "ok", "check"),
        "refused": (str(_("Not confirmed")), "error", "cross"),
        "withdrawn": (str(_("Withdrawn")), "", "undo"),
    }
    return tags[row.state]
