"""Redemptions in words: the line of the list, and the ticket."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _

from app.errors import N_
from app.rewards.queries.own import Redemption
from app.rewards.rules.codes import shown_code
from app.rewards.shelf_showing import drawing_of, picture_url
from app.web.filters import day, day_weekday, points

STATE_NAMES = {
    "to_collect": N_("To collect"),
    "collected": N_("Collected"),
    "cancelled": N_("Cancelled"),
    "expired": N_("Not collected in time"),
}
_TONES = {
    "to_collect": ("info", "clock"),
    "collected": ("ok", "check"),
    "cancelled": ("", "undo"),
    "expired": ("", "clock"),
}


class Mark(NamedTuple):
    """A tag: its word, tone and icon."""

    text: str
    tone: str
    icon: str


class Line(NamedTuple):
    """One redemption of the list."""

    id: int
    title: str
    sub: str
    points: str
    mark: Mark
    picture_url: str | None
    drawing: str


class Shown(NamedTuple):
    """A ticket; `code` and what belongs to it only while it is to be collected."""

    title: str
    mark: Mark
    paid: str
    code: str
    digits: str
    is_over: bool
    said: str
    picture_url: str | None
    drawing: str


def what(redemption: Redemption) -> str:
    """Return what was redeemed, and how many of it."""
    return counted(redemption.name, redemption.quantity)


def counted(name: str, quantity: int) -> str:
    """Return a name and how many of it, which stay on one line."""
    said = _("%(name)s × %(count)s", name=name, count=quantity)
    return str(said).replace(" × ", "\u00a0×\u00a0")


def briefly(name: str, quantity: int) -> str:
    """Return a name, and how many of it where there are several."""
    return counted(name, quantity) if quantity > 1 else name


def mark_of(state: str) -> Mark:
    """Return the tag of a state."""
    return Mark(_(STATE_NAMES[state]), *_TONES[state])


def line_of(redemption: Redemption, today: date) -> Line:
    """Return a redemption as a line of the list."""
    is_back = redemption.refund_entry_id is not None
    moved = 0 if is_back else -redemption.cost_hundredths
    return Line(
        redemption.id,
        what(redemption),
        _dates(redemption, today),
        _("%(points)s points", points=points(moved)) if moved else str(_("points given back")),
        mark_of(redemption.state),
        picture_url(redemption.picture_id),
        drawing_of(redemption.kind, redemption.name, redemption.category),
    )


def _dates(redemption: Redemption, today: date) -> str:
    on, settled = redemption.redeemed_on, redemption.settled_on
    begun = _day(on, today)
    if settled is None:
        last = _day(redemption.collect_by_on, today)
        return str(_("Redeemed %(day)s, to collect by %(last)s", day=begun, last=last))
    said = {
        "collected": _("Redeemed %(day)s, collected %(settled)s"),
        "cancelled": _("Redeemed %(day)s, cancelled %(settled)s"),
        "expired": _("Redeemed %(day)s, given back %(settled)s"),
    }[redemption.state]
    return str(said) % {"day": begun, "settled": _day(settled, today)}


def _day(on: date, today: date) -> str:
    return day(on, with_year=on.year != today.year)


def shown(redemption: Redemption, today: date) -> Shown:
    """Return a redemption as its ticket."""
    is_over = redemption.state == "to_collect" and today > redemption.collect_by_on
    is_open = redemption.state == "to_collect" and not is_over
    return Shown(
        what(redemption),
        _open_mark(redemption) if is_open else mark_of("expired" if is_over else redemption.state),
        _paid(redemption),
        shown_code(redemption.code) if is_open else "",
        " ".join(redemption.code) if is_open else "",
        is_over,
        _ending(redemption, is_over),
        picture_url(redemption.picture_id),
        drawing_of(redemption.kind, redemption.name, redemption.category),
    )


def _open_mark(redemption: Redemption) -> Mark:
    last = day_weekday(redemption.collect_by_on)
    return Mark(_("To collect, please come by %(day)s", day=last), "info", "clock")


def _paid(redemption: Redemption) -> str:
    figures = {"name": redemption.volunteer_name, "points": points(redemption.cost_hundredths)}
    if redemption.refund_entry_id is not None:
        return str(_("%(name)s · %(points)s points given back", **figures))
    return str(_("%(name)s · %(points)s points taken", **figures))


def _ending(redemption: Redemption, is_over: bool) -> str:
    """Say how it ended, in one sentence."""
    if is_over:
        said = _("The last day to collect this has passed; the points go back today.")
        return str(said)
    if redemption.settled_on is None:
        return ""
    on = day_weekday(redemption.settled_on, with_year=True)
    back = points(redemption.cost_hundredths)
    said = {
        "collected": _("Handed over on %(day)s."),
        "cancelled": _("Cancelled on %(day)s; %(points)s points were given back."),
        "expired": _("Nobody came for it in time; on %(day)s %(points)s points were given back."),
    }[redemption.state]
    return str(said) % {"day": on, "points": back}
