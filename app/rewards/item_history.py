"""The history of an item: who changed what when, and what two versions say differently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _

from app.errors import N_
from app.rewards.keeping_showing import KINDS, dates_text, limit_text, stars_text
from app.rewards.queries.keeping import Turn, VersionRow
from app.web.filters import number, points

_TURNS: Mapping[str, str] = {
    "shelf.withdraw": N_("Taken off the shelf"),
    "shelf.put_back": N_("Put back on the shelf"),
}
# What a version says and how a change of it is named, in the order of the form.
_TOLD: tuple[tuple[str, str], ...] = (
    ("name", N_("Item name")),
    ("price", N_("Price in points")),
    ("measure", N_("Counted in")),
    ("category", N_("Category")),
    ("description", N_("Description")),
    ("picture_id", N_("Photo")),
    ("partner_name", N_("Offered by")),
    ("dates", N_("On the shelf")),
    ("limit", N_("For one person")),
    ("stars", N_("For volunteers from")),
    ("colours", N_("Only for the teams")),
    ("collect_at", N_("Where and when to collect it")),
)


class Event(NamedTuple):
    """One line of an item's history."""

    at: datetime
    by: str
    what: str
    changes: tuple[tuple[str, str, str], ...] = ()


def history(versions: Sequence[VersionRow], turns: Sequence[Turn]) -> list[Event]:
    """Return what happened to an item, the newest first: each change with what it changed."""
    events = [
        Event(turn.at, turn.by, _(_TURNS[turn.operation]))
        for turn in turns
        if turn.operation in _TURNS
    ]
    beside = {turn.after.get("version"): tuple(_beside(turn)) for turn in turns}
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        if before is None:
            events.append(Event(version.made_at, version.by, _("Put on the shelf")))
        else:
            told = tuple(_changes(_told(before), _told(version)))
            told += beside.get(version.number, ())
            events.append(Event(version.made_at, version.by, _("Changed"), told))
    return sorted(events, key=lambda event: event.at, reverse=True)


def differences(before: VersionRow, now: VersionRow) -> list[tuple[str, str, str]]:
    """Return what two versions of an item say differently."""
    return list(_changes(_told(before), _told(now)))


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    for name, label in _TOLD:
        if before[name] == after[name]:
            continue
        if name == "picture_id":
            yield str(_(label)), "", str(_("another one") if after[name] else _("removed"))
        else:
            yield str(_(label)), before[name] or "—", after[name] or "—"


def _beside(turn: Turn) -> Iterable[tuple[str, str, str]]:
    """Yield what changed of that which is kept beside the versions."""
    if "low_at" in turn.after and "low_at" in turn.before:
        before, after = number(turn.before["low_at"]), number(turn.after["low_at"])
        yield str(_("Running out from")), before, after
    if "kind" in turn.after and "kind" in turn.before:
        was, became = KINDS[turn.before["kind"]], KINDS[turn.after["kind"]]
        before, after = _(was), _(became)
        yield str(_("What it is")), before, after


def _told(version: VersionRow) -> dict[str, str]:
    return {
        "name": version.name,
        "price": points(version.price_hundredths),
        "measure": version.measure,
        "category": version.category,
        "description": version.description,
        "picture_id": str(version.picture_id or ""),
        "partner_name": version.partner_name or "",
        "dates": dates_text(version.from_on, version.until_on),
        "limit": limit_text(version.limit_count, version.limit_period),
        "stars": stars_text(version.least_stars),
        "colours": _(", ").join(version.colours),
        "collect_at": version.collect_at,
    }
