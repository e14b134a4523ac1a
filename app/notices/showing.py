"""Say a notice in the reader's language, whatever became of its kind since it was told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.errors import N_
from app.notices.kinds import find_kind
from app.notices.queries import NoticeRow, UnsentRow
from app.notices.rules import GROUPS, Kind
from app.web.filters import clock_time, hours, points
from app.web.saying import say_message


class Shown(NamedTuple):
    """One notice as a page or a message shows it."""

    id: int
    title: str
    body: str
    path: str
    told_at: datetime
    is_unread: bool


def shown(row: NoticeRow) -> Shown:
    """Return a notice in words."""
    title, body = words_of(find_kind(row.kind), row.figures)
    return Shown(row.id, title, body, row.path, row.told_at, row.read_at is None)


def words_of(kind: Kind | None, figures: Mapping[str, Any]) -> tuple[str, str]:
    """Return title and body; a kind that has gone, or other figures, never break a page."""
    if kind is not None:
        spoken = {name: _spoken(name, value) for name, value in figures.items()}
        try:
            # Without a reason nothing stands where it would.
            return say_message(kind.title, spoken), say_message(kind.body, spoken).rstrip()
        except (KeyError, TypeError, ValueError):
            pass
    return str(_("Notice")), str(_("What it said can no longer be shown. It leads to its page."))


# Why a message did not go out; the words the outbox keeps.
_WHY: Mapping[str, str] = {
    "no_channel": N_("This way of telling no longer exists."),
    "too_late": N_("It waited for more than three days."),
    "bad_address": N_("Nothing can be sent to the address."),
    "recipient_refused": N_("The other side does not take mail for this address."),
    "refused": N_("The mail server refused it."),
    "sign_in_refused": N_("The mail server refuses our sign-in."),
    "unreachable": N_("The mail server could not be reached."),
    "broken_off": N_("The connection broke off while it was sent."),
    "worker_lost": N_("The worker ended while it was sent."),
}


class ShownUnsent(NamedTuple):
    """One message that did not go out, in words."""

    title: str
    who: str
    how: str
    why: str
    ended_at: datetime
    is_perhaps: bool


def shown_unsent(row: UnsentRow, channel_name: str) -> ShownUnsent:
    """Return what became of a message: its group, whose and why; never what it said or where to."""
    kind = find_kind(row.kind)
    return ShownUnsent(
        str(_(GROUPS[kind.group])) if kind else str(_("Notice")),
        row.name or "",
        channel_name,
        str(_(_WHY[row.error])) if row.error in _WHY else str(_("It was tried several times.")),
        row.ended_at,
        row.state == "perhaps",
    )


def _spoken(name: str, value: Any) -> Any:
    """Return a figure as its unit, the end of its name, is written."""
    if not isinstance(value, int):
        return value
    unit = name.rpartition("_")[2]
    if unit == "minutes":
        return hours(value)
    if unit == "hundredths":
        return points(value)
    return clock_time(value) if unit == "minute" else value
