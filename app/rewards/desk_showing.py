"""Redemptions in the words of the desk: whose, what, by whom, and what to do next."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _

from app.activities.check_showing import clock
from app.errors import N_
from app.people.rules.names import number_tail
from app.people.rules.naming import masked_name
from app.rewards.own_showing import Mark, counted, mark_of
from app.rewards.queries.desk import AtDesk
from app.rewards.shelf_showing import drawing_of, picture_url
from app.web.filters import day, day_weekday, instant, points

_AGREED = {"pin": N_("By PIN at the counter"), "signature": N_("By signature at the counter")}


class Line(NamedTuple):
    """A redemption in a list of the desk."""

    id: int
    who: str
    title: str
    sub: str
    picture_url: str | None
    drawing: str
    is_over: bool


class Signing(NamedTuple):
    """A line of the sheet to sign."""

    number: str
    who: str
    title: str
    points: str
    at: str
    how: str
    by: str


class Page(NamedTuple):
    """One redemption before the desk."""

    title: str
    who: str
    mark: Mark
    picture_url: str | None
    drawing: str
    facts: list[tuple[str, str]]
    may_hand_over: bool
    may_cancel: bool
    # Why nothing is handed over, and what to do next; empty while it can be.
    ended: str
    advice: str


def who(name: str, number: str | None) -> str:
    """Return a person as the desk's screen may show them: 周*, number ends in 12."""
    tail = number_tail(number)
    if not tail:
        return masked_name(name)
    return str(_("%(name)s, number ends in %(tail)s", name=masked_name(name), tail=tail))


def what(found: AtDesk) -> str:
    """Return what was redeemed, and how many of it."""
    return counted(found.name, found.quantity)


def waiting_line(found: AtDesk, today: date) -> Line:
    """Return what waits as a line of the list."""
    is_over = found.collect_by_on < today
    last = day_weekday(found.collect_by_on)
    sub = _("Its last day was %(day)s", day=last) if is_over else _("Until %(day)s", day=last)
    return _line(found, str(sub), is_over=is_over)


def handed_line(found: AtDesk) -> Line:
    """Return what was handed over as a line of the list."""
    figures = {"at": clock_of(found), "name": found.settled_by or ""}
    return _line(found, str(_("%(at)s, handed over by %(name)s", **figures)))


def _line(found: AtDesk, sub: str, *, is_over: bool = False) -> Line:
    person = who(found.volunteer_name, found.number)
    picture = picture_url(found.picture_id)
    return Line(found.id, person, what(found), sub, picture, _drawing(found), is_over)


def _drawing(found: AtDesk) -> str:
    return drawing_of(found.kind, found.name, found.category)


def clock_of(found: AtDesk) -> str:
    """Return the clock time at which something was handed over."""
    return clock(found.settled_at) if found.settled_at else ""


def signing(found: AtDesk) -> Signing:
    """Return what was handed over as a line to sign."""
    how = _AGREED.get(found.consent or "", N_("By pick-up code"))
    return Signing(
        (found.number and f"…{number_tail(found.number)}") or "—",
        masked_name(found.volunteer_name),
        what(found),
        points(found.cost_hundredths),
        clock_of(found),
        str(_(how)),
        found.settled_by or "",
    )


# ── one redemption ────────────────────────────────────────────────────────────────────────


def shown(found: AtDesk, today: date) -> Page:
    """Return a redemption as the desk decides about it."""
    waits = found.state == "to_collect"
    is_late = waits and found.collect_by_on < today
    ended, advice = _ended(found, is_late=is_late)
    return Page(
        what(found),
        who(found.volunteer_name, found.number),
        mark_of("expired" if is_late else found.state),
        picture_url(found.picture_id),
        _drawing(found),
        _facts(found),
        waits and not is_late,
        waits,
        ended,
        advice,
    )


def _facts(found: AtDesk) -> list[tuple[str, str]]:
    pairs = [
        (_("Price"), _("%(points)s points", points=points(found.cost_hundredths))),
        (_("Redeemed"), _("%(at)s, %(who)s", at=instant(found.redeemed_at), who=_by(found))),
        (_("To collect by"), day_weekday(found.collect_by_on)),
        (_("Agreed"), _(_AGREED[found.consent]) if found.consent else ""),
        (_("Organisation"), found.organisation_name),
    ]
    return [(str(name), str(value)) for name, value in pairs if value]


def _by(found: AtDesk) -> str:
    if found.asked_by == "self":
        return str(_("by themselves"))
    if found.asked_by == "desk":
        return str(_("at the desk, by %(name)s", name=found.made_by))
    return str(_("by %(name)s, who acts for them", name=masked_name(found.made_by)))


def _ended(found: AtDesk, *, is_late: bool) -> tuple[str, str]:
    """Say how it ended, and what to do next."""
    if is_late:
        said = _("The last day to collect this was %(day)s.", day=day(found.collect_by_on))
        return str(said), str(_(_REDEEM_AGAIN_SOON))
    if found.settled_on is None:
        return "", ""
    figures = {
        "day": day(found.settled_on, with_year=True),
        "at": clock_of(found),
        "name": found.settled_by or "",
        "by": day(found.collect_by_on),
    }
    said, advice = _ENDINGS[found.state]
    return str(_(said)) % figures, str(_(advice))


_REDEEM_AGAIN_SOON = N_(
    "Hand nothing over. The points go back today; after that it can be redeemed again."
)
_ENDINGS = {
    "collected": (
        N_("This was handed over on %(day)s at %(at)s by %(name)s."),
        N_(
            "Hand nothing over a second time. If the person says they never had it, look at that"
            " day's sheet of signatures."
        ),
    ),
    "cancelled": (
        N_("This was cancelled on %(day)s; the points went back then."),
        N_("Hand nothing over. Whoever still wants it redeems it again."),
    ),
    "expired": (
        N_("This was to be collected by %(by)s; on %(day)s the points went back."),
        N_("Hand nothing over. Whoever still wants it redeems it again."),
    ),
}
