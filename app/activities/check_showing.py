"""What the pages of check-in say of people: when they came and went, and by what it is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from flask_babel import get_timezone
from flask_babel import gettext as _

from app.activities.models import CheckIn
from app.activities.operations.checking_in import Wants
from app.activities.queries.checking import Here, Present, Stay
from app.errors import N_
from app.web.filters import clock_time, hours

BY: Mapping[str, str] = {
    "code": N_("by the code on the screen"),
    "paper_code": N_("by the paper code"),
    "card": N_("by their card"),
    "leader": N_("by the leader"),
}


class AtDoor(NamedTuple):
    """Somebody who may come or go with a scan, as a choice of the form."""

    id: int
    value: str
    label: str
    number: str | None
    hint: str
    wants: Wants | None
    has_come: bool


class Line(NamedTuple):
    """One person of the leader's desk."""

    id: int
    name: str
    number: str | None
    is_in: bool
    is_out: bool
    said: str
    marks: list[tuple[str, str]]


def clock(at: datetime) -> str:
    """Return the time of day of an instant where the activity is: 8:30."""
    local = at.astimezone(get_timezone() or UTC)
    return clock_time(local.hour * 60 + local.minute)


def at_door(one: Here, scanned_at: datetime) -> AtDoor:
    """Return what somebody may do with a scan, or why nothing more."""
    wants: Wants | None = None
    if one.in_at is None:
        wants, said = "in", _("Check in")
    elif one.out_at is not None:
        said = _("In %(in_at)s, out %(out_at)s", in_at=clock(one.in_at), out_at=clock(one.out_at))
    elif scanned_at > one.in_at:
        wants, said = "out", _("Check out (in since %(at)s)", at=clock(one.in_at))
    else:
        said = _("In since %(at)s. Scan once more when you leave.", at=clock(one.in_at))
    value = f"{wants}-{one.volunteer_id}"
    has_come = one.in_at is not None
    return AtDoor(one.volunteer_id, value, one.name, one.number, said, wants, has_come)


def desk_line(one: Present) -> Line:
    """Return how the leader's desk shows somebody."""
    stay = one.stay
    return Line(
        id=one.volunteer_id,
        name=one.name,
        number=one.number,
        is_in=stay is not None,
        is_out=stay is not None and stay.out_at is not None,
        said=stay_text(stay) if stay else _("Not here yet"),
        marks=_marks(one),
    )


def stay_text(stay: Stay | CheckIn) -> str:
    """Return when somebody came and went and how that is known, in one line."""
    came = _("In %(at)s %(by)s", at=clock(stay.in_at), by=_(BY[stay.in_by]))
    if stay.out_at is None or stay.out_by is None:
        return str(came)
    gone = _("out %(at)s %(by)s", at=clock(stay.out_at), by=_(BY[stay.out_by]))
    return str(_("%(came)s, %(gone)s", came=came, gone=gone))


def _marks(one: Present) -> list[tuple[str, str]]:
    """Return what the leader should see beside a name: a text and its tone."""
    found: list[tuple[str, str]] = []
    if one.stay is not None:
        found.append((_("Here"), "ok") if one.stay.out_at is None else (_("Left"), ""))
    if one.sign_up == "waiting":
        found.append((_("Was waiting for a place"), "info"))
    elif one.sign_up is None:
        found.append((_("Without sign-up"), "info"))
    if one.is_guest:
        found.append((_("Guest"), ""))
    if one.device_people > 1:
        shared = _("One phone for %(count)s people", count=one.device_people)
        found.append((shared, "warn"))
    if one.credit and one.credit.is_capped:
        most = hours(one.credit.minutes)
        found.append((_("Longer than planned; %(hours)s hours at most", hours=most), "info"))
    return found
