"""What the list for the ceremony says: its lines, its names on paper, what may be chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from app.passbook.star_showing import star_level_name
from app.service.queries import Honour, Span
from app.sheets.cells import Cell
from app.web.filters import day, number
from app.web.pagination import url_with

YEARS = 5
HOUR = 60


class Row(NamedTuple):
    """One person in the list."""

    name: str
    number: str
    level: int
    level_name: str
    organisation: str
    minutes: int
    reached: str


class Sheaf(NamedTuple):
    """One level on paper, with its names."""

    level: int
    name: str
    people: str
    names: Sequence[str]


def row_of(honour: Honour, names: Mapping[int, str], on: date | None) -> Row:
    """Return one person's line on the page."""
    return Row(
        honour.name,
        honour.number,
        honour.level,
        star_level_name(honour.level),
        names[honour.organisation_id],
        honour.minutes,
        day(on, with_year=True),
    )


def line_of(honour: Honour, names: Mapping[int, str], on: date | None) -> list[Cell | None]:
    """Return one person's line in a sheet."""
    hours = (Decimal(honour.minutes) / HOUR).quantize(Decimal("0.01"), ROUND_HALF_UP)
    organisation = names[honour.organisation_id]
    return [honour.level, honour.number, honour.name, organisation, hours, on]


def sheaves(honours: Sequence[Honour], names: Sequence[str]) -> list[Sheaf]:
    """Return the names of each level, the highest first."""
    found: dict[int, list[str]] = {}
    for honour, name in zip(honours, names, strict=True):
        found.setdefault(honour.level, []).append(name)
    return [
        Sheaf(level, star_level_name(level), people_text(len(listed)), listed)
        for level, listed in found.items()
    ]


def people_text(count: int) -> str:
    """Say how many people."""
    return str(ngettext("%(num)s person", "%(num)s people", count))


def span_text(span: Span) -> str:
    """Say a whole year, or from when to when."""
    if (span.first.month, span.first.day) == (1, 1) and span.last == date(span.first.year, 12, 31):
        return str(_("%(year)s", year=span.first.year))
    first, last = day(span.first, with_year=True), day(span.last, with_year=True)
    return str(_("%(first)s to %(last)s", first=first, last=last))


def year_choices(span: Span) -> list[dict[str, Any]]:
    """Return the last years as choices."""
    return [
        {
            "url": url_with({"year": year, "from": None, "until": None, "page": None}),
            "label": _("%(year)s", year=year),
            "current": (span.first, span.last) == (date(year, 1, 1), date(year, 12, 31)),
        }
        for year in range(span.today.year, span.today.year - YEARS, -1)
    ]


def level_choices(honours: Sequence[Honour]) -> list[dict[str, Any]]:
    """Return every level somebody reached, with how many did."""
    counts, chosen = Counter(each.level for each in honours), request.args.get("level", "")
    listed = [("", _("All"), len(honours))]
    listed += [(str(one), star_level_name(one), counts[one]) for one in sorted(counts)[::-1]]
    return [
        {
            "url": url_with({"level": value or None, "page": None}),
            "label": _("%(name)s: %(count)s", name=name, count=number(count)),
            "current": value == chosen,
        }
        for value, name, count in listed
    ]


def naming_choices(is_public: bool) -> list[dict[str, Any]]:
    """Return by which names people may stand on paper."""
    return [
        {
            "url": url_with({"names": None}),
            "label": _("Full names, to read out"),
            "current": not is_public,
        },
        {
            "url": url_with({"names": "public"}),
            "label": _("To hang up in public"),
            "current": is_public,
        },
    ]
