"""What the calendar's pages say: runs of holidays, and what working days mean for entering."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import N_
from app.settings.rules import Off
from app.web.filters import day, day_weekday

HOLIDAYS: Mapping[str, str] = {
    "New Year's Day": N_("New Year's Day"),
    "Spring Festival": N_("Spring Festival"),
    "Tomb-sweeping Day": N_("Tomb-sweeping Day"),
    "Labour Day": N_("Labour Day"),
    "Dragon Boat Festival": N_("Dragon Boat Festival"),
    "National Day": N_("National Day"),
    "Mid-autumn Festival": N_("Mid-autumn Festival"),
}


def deadline_text(today: date, until: date, days: int) -> str:
    """Say in one sentence what the working days mean for the service of today."""
    said = ngettext(
        "Service of today (%(today)s) counts at once when a leader enters it by %(until)s:"
        " %(num)s working day.",
        "Service of today (%(today)s) counts at once when a leader enters it by %(until)s:"
        " %(num)s working days.",
        days,
        today=day_weekday(today),
        until=day_weekday(until),
    )
    return str(said)


def year_links(years: Iterable[int], chosen: int) -> list[dict[str, Any]]:
    """Return years as choices."""
    listed = sorted({*years, chosen})
    return [
        {"url": f"?year={year}", "label": str(year), "current": year == chosen} for year in listed
    ]


def run_texts(found: Sequence[Off]) -> list[dict[str, Any]]:
    """Return runs of holidays and make-up days as a table shows them."""
    return [
        {
            "dates": span_text(each.first_on, each.last_on),
            "is_working": each.is_working,
            "name": _(HOLIDAYS[each.name]) if each.name in HOLIDAYS else each.name,
            "days": (each.last_on - each.first_on).days + 1,
        }
        for each in found
    ]


def span_text(first_on: date, last_on: date) -> str:
    """Return the first and last date of a run, or the one there is."""
    if first_on == last_on:
        return day(first_on)
    return str(_("%(first)s – %(last)s", first=day(first_on), last=day(last_on)))
