"""The shelf as its keepers' pages show it: states in words, versions as what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import N_
from app.rewards.keeping_access import Keeping
from app.rewards.queries.keeping import SHOWN, ItemRow
from app.rewards.queries.windows import NamedWindow
from app.rewards.rules.drawings import drawing_of
from app.rewards.rules.windows import Window, coming_days
from app.sheets.cells import Cell
from app.web.filters import day, day_weekday, number, points
from app.web.pagination import url_with

KINDS: Mapping[str, str] = {"goods": N_("Goods"), "service": N_("A service")}
SHOWN_LABELS: Mapping[str, str] = {
    "shelf": N_("On the shelf now"),
    "low": N_("Running out"),
    "withdrawn": N_("Off the shelf"),
    "all": N_("All"),
}
_WEEKDAYS = (
    N_("Every Monday"),
    N_("Every Tuesday"),
    N_("Every Wednesday"),
    N_("Every Thursday"),
    N_("Every Friday"),
    N_("Every Saturday"),
    N_("Every Sunday"),
)
NEXT_DAYS = 5


class ShownItem(NamedTuple):
    """One item in the list."""

    id: int
    name: str
    about: str
    price: str
    available: str
    reserved: str
    state: str
    state_text: str
    picture_id: int | None
    drawing: str


def shown_item(item: ItemRow, today: date) -> ShownItem:
    """Return an item as a line of the list."""
    state, state_text = state_of(item, today)
    about = " · ".join(filter(None, (item.category, item.partner_name)))
    return ShownItem(
        item.id,
        item.name,
        about,
        points(item.price_hundredths),
        counted(item.available, item.measure),
        counted(item.reserved, item.measure) if item.reserved else number(0),
        state,
        state_text,
        item.picture_id,
        drawing_of(item.name, item.category, item.kind),
    )


def state_of(item: ItemRow, today: date) -> tuple[str, str]:
    """Return the tone of an item's state, and the state in words."""
    if item.withdrawn_at is not None:
        return "", _("Off the shelf")
    if item.from_on is not None and today < item.from_on:
        return "info", _("From %(day)s", day=day(item.from_on))
    if item.until_on is not None and today > item.until_on:
        return "", _("Over since %(day)s", day=day(item.until_on))
    if item.available == 0:
        return "error", _("Sold out")
    if item.is_low:
        return "warn", _("Running out")
    return "ok", _("On the shelf now")


def counted(quantity: int, measure: str) -> str:
    """Return so many pieces in the word they are counted in."""
    return str(_("%(quantity)s %(measure)s", quantity=number(quantity), measure=measure))


def dates_text(from_on: date | None, until_on: date | None) -> str:
    """Say from when and until when, as far as it is said at all."""
    if from_on and until_on:
        first, last = day(from_on, with_year=True), day(until_on, with_year=True)
        return str(_("%(first)s – %(last)s", first=first, last=last))
    if from_on:
        return str(_("From %(day)s", day=day(from_on, with_year=True)))
    if until_on:
        return str(_("Until %(day)s", day=day(until_on, with_year=True)))
    return str(_("Always"))


def limit_text(count: int | None, period: str | None) -> str:
    """Say how many one person may have within which time."""
    if count is None:
        return str(_("No limit"))
    said = {
        "month": N_("At most %(count)s a month"),
        "quarter": N_("At most %(count)s a quarter"),
        "year": N_("At most %(count)s a year"),
        "": N_("At most %(count)s"),
    }
    text = said[period or ""]
    return str(_(text, count=count))


def stars_text(least: int | None) -> str:
    """Say from how many stars on an item is for somebody."""
    return str(_("Everybody") if least is None else _("%(stars)s stars", stars=least))


def facts_of(item: ItemRow, colours: Sequence[str]) -> list[tuple[str, str]]:
    """Return what an item says beside its name, picture and price."""
    said = [
        (_("What it is"), _(KINDS[item.kind])),
        (_("Category"), item.category),
        (_("Offered by"), item.partner_name or _("The organisation itself")),
        (_("On the shelf"), dates_text(item.from_on, item.until_on)),
        (_("For one person"), limit_text(item.limit_count, item.limit_period)),
        (_("For volunteers from"), stars_text(item.least_stars)),
        (_("Only for the teams"), _(", ").join(colours) or _("All teams")),
        (_("Where and when to collect it"), item.collect_at or _("At the organisation's own desk")),
        (_("Running out from"), counted(item.low_at, item.measure)),
    ]
    return [(str(label), str(value)) for label, value in said]


def shown_filters(shown: str) -> list[dict[str, Any]]:
    """Return the ways to narrow the list by state."""
    return [
        {
            "url": url_with({"show": None if each == SHOWN[0] else each, "page": None}),
            "label": _(SHOWN_LABELS[each]),
            "current": each == shown,
        }
        for each in SHOWN
    ]


def category_filters(categories: Sequence[str], chosen: str | None) -> list[dict[str, Any]]:
    """Return the ways to narrow the list by category."""
    everything = {
        "url": url_with({"category": None, "page": None}),
        "label": _("All categories"),
        "current": chosen is None,
    }
    return [everything] + [
        {
            "url": url_with({"category": each, "page": None}),
            "label": each,
            "current": each == chosen,
        }
        for each in categories
    ]


def sheet_header() -> list[str]:
    """Return the titles of the list as a sheet."""
    titles = (
        _("Item name"), _("Category"), _("What it is"), _("Price in points"), _("In stock"),
        _("Set aside"), _("Counted in"), _("State"), _("Offered by"), _("On the shelf from"),
        _("On the shelf until"), _("For one person"),
    )  # fmt: skip
    return [str(title) for title in titles]


def sheet_row(item: ItemRow, today: date) -> list[Cell | None]:
    """Return one item as a row of the sheet."""
    whole, rest = divmod(item.price_hundredths, 100)
    return [
        item.name,
        item.category,
        str(_(KINDS[item.kind])),
        whole if not rest else points(item.price_hundredths).replace(",", ""),
        item.available,
        item.reserved,
        item.measure,
        state_of(item, today)[1],
        item.partner_name,
        item.from_on,
        item.until_on,
        limit_text(item.limit_count, item.limit_period),
    ]


def window_text(window: Window) -> str:
    """Say which days a rule names."""
    if window.kind == "weekday":
        return str(_(_WEEKDAYS[window.day or 0]))
    if window.kind == "month_day":
        return str(_("Day %(day)s of every month", day=window.day))
    return dates_text(window.from_on, window.until_on)


def shown_windows(rows: Sequence[NamedWindow], today: date) -> list[dict[str, Any]]:
    """Return the rules with the next days each of them names."""
    return [
        {
            "id": row.id,
            "text": window_text(row.window),
            "title": row.title,
            "next": days_text(coming_days([row.window], today, 3)),
        }
        for row in rows
    ]


def days_text(days: Sequence[date]) -> str:
    """Return dates in a row."""
    return str(_(", ")).join(day_weekday(on) for on in days)


def ways(keeping: Keeping, url_of: Any, current: str) -> list[dict[str, Any]]:
    """Return the pages around a shelf, as a row of links."""
    listed = (
        ("keeping.shelf", N_("Items")),
        ("stock.overview", N_("Stock")),
        ("stock.count", N_("Stocktaking")),
        ("stock.donors", N_("Donors")),
        ("partners.listing", N_("Partners")),
        ("windows.listing", N_("Redemption days")),
        ("reports.points", N_("Reports")),
    )
    return [
        {
            "url": url_of(endpoint, org=keeping.code),
            "label": _(label),
            "current": endpoint == current,
        }
        for endpoint, label in listed
        if keeping.may_change or endpoint != "stock.count"
    ]


def pieces_text(count: int) -> str:
    """Say of how many items a list is."""
    return str(ngettext("%(num)s item", "%(num)s items", count))
