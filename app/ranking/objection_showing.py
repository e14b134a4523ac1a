"""Objections as text: to organisers with names, to whoever raised one without another's."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _

from app.ranking.queries.objections import ObjectionRow
from app.web.filters import hours, instant, number


class ShownObjection(NamedTuple):
    """One line of a list of objections."""

    id: int
    title: str
    about: str
    state: str
    words: str
    answer: str
    is_open: bool


def shown_objection(row: ObjectionRow) -> ShownObjection:
    """Return an objection as lists show it: no name."""
    title = _("%(name)s, %(year)s", name=row.organisation, year=row.year)
    about = _("%(about)s · %(at)s", about=about_text(row), at=instant(row.raised_at))
    return ShownObjection(
        row.id, str(title), str(about), state_text(row.state), row.words, row.answer, row.is_open
    )


def about_text(row: ObjectionRow) -> str:
    """Return what an objection is about."""
    if row.about_id is None:
        return str(_("About the list"))
    if row.is_about_self:
        return str(_("About the own place, No. %(rank)s", rank=number(row.rank)))
    return str(_("About place %(rank)s", rank=number(row.rank)))


def state_text(state: str) -> str:
    """Return what became of an objection."""
    names = {
        "open": _("Waits for an answer"),
        "upheld": _("Upheld"),
        "refused": _("Not upheld"),
        "withdrawn": _("Withdrawn"),
    }
    return str(names[state])


def facts_of(row: ObjectionRow, *, is_above: bool) -> list[tuple[str, str]]:
    """Return what is known of an objection; who is who only to those above."""
    facts = [(_("What it is about"), about_text(row)), (_("Raised"), instant(row.raised_at))]
    if is_above:
        facts.append((_("Raised by"), _person(row.volunteer, row.volunteer_no)))
        if row.is_raised_by_another:
            facts.append((_("Signed in for them"), row.raised_by))
        if row.about is not None and not row.is_about_self:
            facts.append((_("Whose place"), _person(row.about, row.about_no)))
    if row.minutes is not None and (is_above or row.is_about_self):
        facts.append((_("Stands there with"), _("%(hours)s hours", hours=hours(row.minutes))))
    if row.list_number > 1:
        facts.append((_("Against list"), number(row.list_number)))
    if row.ended_at is not None and row.state != "withdrawn":
        shown = _("on the board, without names") if row.is_public else _("to whoever objected")
        facts.append((_("Answered"), instant(row.ended_at)))
        facts.append((_("Shown"), shown))
        if is_above and row.answered_by:
            facts.append((_("Answered by"), row.answered_by))
    return [(str(label), str(value)) for label, value in facts]


def _person(name: str, number_: str | None) -> str:
    return f"{name} {number_ or ''}".strip()
