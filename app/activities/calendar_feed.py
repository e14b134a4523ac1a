"""A calendar as other programs subscribe to it: RFC 5545, written by the library.

An event without METHOD bears as DTSTAMP when it last changed, so the same plan gives the same
bytes, and an unchanged calendar is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from flask_babel import gettext as _
from icalendar import Calendar, Event

from app.activities.queries import FeedEvent
from app.activities.rules import begins_at, ends_at

# RFC 7986 and what Outlook reads: how often to ask again.
ASK_AGAIN = timedelta(hours=1)
PRODUCT = "-//Qicai//Service days//ZH"


def calendar_text(
    name: str,
    events: Iterable[FeedEvent],
    *,
    zones: Mapping[int, str],
    changed_at: Mapping[int, datetime],
    url_of: Callable[[int], str],
) -> bytes:
    """Return a calendar of activities; `zones` by organisation, `changed_at` by activity."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", plain(name))
    calendar.add("x-wr-calname", plain(name))
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for each in events:
        changed = max(each.here_since, changed_at.get(each.id, each.made_at))
        zone = zones[each.organisation_id]
        calendar.add_component(_event(each, zone, changed, url_of(each.id)))
    return bytes(calendar.to_ical())


def _event(each: FeedEvent, zone: str, changed_at: datetime, url: str) -> Event:
    event = Event()
    event.add("uid", uid_of(each))
    event.add("dtstamp", changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("created", each.made_at.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", each.version)
    # In UTC, which every program reads alike wherever its owner travels.
    event.add("dtstart", begins_at(each.service_on, each.starts_minute, zone))
    event.add("dtend", ends_at(each.service_on, each.starts_minute, each.minutes, zone))
    event.add("summary", plain(_summary(each)))
    if each.place:
        event.add("location", plain(each.place))
    event.add("description", plain(_description(each)))
    event.add("categories", [plain(each.theme)])
    event.add("status", _status(each))
    event.add("url", url)
    return event


def uid_of(each: FeedEvent) -> str:
    """Return the name an activity bears in every calendar, whatever becomes of it."""
    return f"{uuid5(NAMESPACE_URL, f'qicai:activity:{each.id}:{each.made_at.isoformat()}')}"


def _summary(each: FeedEvent) -> str:
    if each.state == "cancelled":
        return str(_("Cancelled: %(title)s", title=each.title))
    if each.own == "waiting":
        return str(_("In the line: %(title)s", title=each.title))
    return each.title


def _description(each: FeedEvent) -> str:
    lines = [each.team_name]
    if each.state == "cancelled" and each.cancel_reason:
        lines.append(each.cancel_reason)
    lines.append(each.content)
    if each.bring:
        lines.append(str(_("Bring: %(what)s", what=each.bring)))
    return "\n".join(one for one in lines if one)


def _status(each: FeedEvent) -> str:
    if each.state == "cancelled":
        return "CANCELLED"
    return "TENTATIVE" if each.own == "waiting" else "CONFIRMED"


def plain(text: str) -> str:
    """Return a text without what a calendar may not hold: control characters, other line ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c == "\n" or (c.isprintable() or c in "\u3000\u00a0"))
