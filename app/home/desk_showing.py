"""The dashboard in words: tiles, charts with their tables and sentences, teams; and as sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.home import desk_drawing as drawing
from app.home.desk_figures import Figures
from app.home.desk_queries import DeskColour, TeamYear, Tiles
from app.home.desk_rules import (
    MONTHS,
    by_day,
    by_month,
    calendar_months,
    service_dates,
    share_percent,
    steps_of,
    tenths_more,
)
from app.home.queries import Colour
from app.organisations.rules import Settings
from app.sheets.cells import Cell
from app.sheets.writing import Sheet
from app.web.filters import hours, month, number, points

# A county has a thousand teams; the sheet has them all.
MOST_TEAMS = 12
_HOUR = 60
# Beyond 1000 % a multiple is read sooner.
MOST_TENTHS = 10_000


class MonthRow(NamedTuple):
    """A line of a chart's table."""

    name: str
    figures: list[str]


class MonthsChart(NamedTuple):
    """Hours by month, stacked by colour: two drawings, a sentence, a table."""

    wide: drawing.Stacked
    narrow: drawing.Stacked
    label: str
    colours: Sequence[DeskColour]
    rows: list[MonthRow]
    total: MonthRow


class CalendarChart(NamedTuple):
    """Hours by date: two drawings, a sentence, what is framed, a table."""

    wide: drawing.Cells
    narrow: drawing.Cells
    label: str
    service_day: str
    sentences: list[str]
    rows: list[MonthRow]


class TeamBar(NamedTuple):
    """A team with the length of its bar and how it compares."""

    code: str
    name: str
    colour: Colour
    minutes: int
    text: str
    change: str


def tiles(figures: Figures, *, with_points: bool) -> list[dict[str, str]]:
    """Return the tiles on top, each with one comparison."""
    found = figures.tiles
    shown = [
        {
            "label": _("Service hours"),
            "value": hours(found.minutes),
            "unit": _("hours"),
            "note": _compared(figures),
        },
        {"label": _("Times served"), "value": number(found.records), "note": _mean(found)},
        {
            "label": _("People who served"),
            "value": number(found.people),
            "note": _(
                "of %(count)s volunteers, %(percent)s%%",
                count=number(found.volunteers),
                percent=share_percent(found.people, found.volunteers),
            ),
        },
    ]
    if with_points:
        redeemed = points(found.redeemed_hundredths)
        note = _("redeemed in %(year)s: %(points)s", year=figures.year, points=redeemed)
        held = points(found.points_hundredths)
        shown.append({"label": _("Points not redeemed"), "value": held, "note": note})
    return shown


def _mean(found: Tiles) -> str:
    mean = (found.minutes + found.records // 2) // found.records if found.records else 0
    text = hours(mean, fixed=mean % 30 != 0)
    return str(_("%(hours)s hours each on average", hours=text))


def _compared(figures: Figures) -> str:
    before, year = sum(team.before for team in figures.teams), figures.year - 1
    tenths = tenths_more(figures.tiles.minutes, before)
    given: dict[str, Any] = {"year": year, "percent": _tenths(abs(tenths or 0))}
    if tenths is None:
        return str(_("nothing served in %(year)s", **given))
    if tenths > MOST_TENTHS:
        times = number((figures.tiles.minutes + before // 2) // before)
        if figures.is_current:
            return str(_("%(times)s times %(year)s up to this day", times=times, year=year))
        return str(_("%(times)s times %(year)s", times=times, year=year))
    if figures.is_current:
        more = _("%(percent)s%% more than %(year)s up to this day", **given)
        less = _("%(percent)s%% less than %(year)s up to this day", **given)
        same = _("as much as %(year)s up to this day", **given)
    else:
        more = _("%(percent)s%% more than %(year)s", **given)
        less = _("%(percent)s%% less than %(year)s", **given)
        same = _("as much as %(year)s", **given)
    return str(more if tenths > 0 else less if tenths < 0 else same)


def _tenths(tenths: int) -> str:
    whole, part = divmod(tenths, 10)
    return f"{number(whole)}.{part}" if part else number(whole)


def change_text(minutes: int, before: int) -> str:
    """Return how a team compares with last year in whole percent, or that it is new."""
    tenths = tenths_more(minutes, before)
    if tenths is None:
        return str(_("new")) if minutes else ""
    if tenths > MOST_TENTHS:
        return f"×{number((minutes + before // 2) // before)}"
    whole = (abs(tenths) + 5) // 10
    return f"{'+' if tenths > 0 else '−'}{number(whole)}%" if whole else "±0%"


def team_bars(teams: Sequence[TeamYear]) -> list[TeamBar]:
    """Return the first teams as bars."""
    return [
        TeamBar(
            team.code,
            team.name,
            team.colour,
            team.minutes,
            hours(team.minutes),
            change_text(team.minutes, team.before),
        )
        for team in teams[:MOST_TEAMS]
    ]


def months_chart(figures: Figures) -> MonthsChart:
    """Return the hours of each month, stacked by colour."""
    served, order = by_month(figures.days), [colour.id for colour in figures.colours]
    minutes = [[served[each].get(id_, 0) for id_ in order] for each in MONTHS]
    names = _month_names(figures.year)
    # Months to come are not there yet; they would only make a phone's page longer.
    last = figures.today.month if figures.is_current else 12
    sums = [sum(each) for each in minutes]
    highest = max(range(12), key=lambda place: sums[place])
    label = _(
        "Service hours of each month of %(year)s, stacked by colour. Most were served in "
        "%(month)s: %(hours)s. The figures stand in the table below.",
        year=figures.year,
        month=names[highest],
        hours=hours(sums[highest]),
    )
    return MonthsChart(
        drawing.stacked_wide(minutes, names),
        drawing.stacked_narrow(minutes[:last], names[:last]),
        str(label),
        figures.colours,
        [
            MonthRow(name, [*map(hours, each), hours(sum(each))])
            for name, each in zip(names, minutes, strict=True)
        ],
        MonthRow(
            str(_("Together")),
            [*(hours(sum(column)) for column in zip(*minutes, strict=True)), hours(sum(sums))],
        ),
    )


def calendar_chart(
    figures: Figures, settings: Settings, substitutes: Mapping[tuple[int, int], date]
) -> CalendarChart:
    """Return the calendar of a year, the service days framed."""
    days, year, on = by_day(figures.days), figures.year, settings.service_day
    usual, instead = service_dates(year, on, substitutes)
    names, steps = _month_names(year), steps_of(days)
    texts = drawing.Texts(names, str(_("day %(day)s", day=on)))
    label = _(
        "Calendar of %(year)s: %(days)s days with service, the service days framed. "
        "The figures stand in the table below.",
        year=year,
        days=len(steps),
    )
    rows = [
        MonthRow(
            names[each.month - 1],
            [number(each.days), hours(each.service_day_minutes), hours(each.minutes)],
        )
        for each in calendar_months(days, usual | instead)
    ]
    return CalendarChart(
        drawing.cells_wide(year, steps, on, instead, texts),
        drawing.cells_narrow(year, steps, on, instead, texts),
        str(label),
        texts.service_day,
        _calendar_sentences(figures, days, settings, usual | instead, len(instead)),
        rows,
    )


def _calendar_sentences(
    figures: Figures,
    days: Mapping[date, int],
    settings: Settings,
    service_days: set[date],
    moved: int,
) -> list[str]:
    framed = sum(minutes for on, minutes in days.items() if on in service_days)
    said = [
        _(
            "Framed are the service days, day %(day)s of each month: %(hours)s hours, "
            "%(percent)s%% of the year.",
            day=settings.service_day,
            hours=hours(framed),
            percent=share_percent(framed, sum(days.values())),
        )
    ]
    if moved:
        said.append(
            ngettext(
                "%(num)s substitute day is framed by itself.",
                "%(num)s substitute days are framed by themselves.",
                moved,
            )
        )
    special = sum(1 for on in days if on.month == settings.service_month)
    if special:
        first = date(figures.year, settings.service_month, 1)
        said.append(
            ngettext(
                "In %(month)s, the service month, there was service on %(num)s day.",
                "In %(month)s, the service month, there was service on %(num)s days.",
                special,
                month=month(first),
            )
        )
    return [str(each) for each in said]


def _month_names(year: int) -> list[str]:
    return [month(date(year, each, 1)) for each in MONTHS]


# ── as sheets ─────────────────────────────────────────────────────────────────────────────


def sheets(figures: Figures) -> list[Sheet]:
    """Return the figures shown as the sheets of a workbook: months, days, teams."""
    served, days = by_month(figures.days), by_day(figures.days)
    colours = [_("%(name)s (hours)", name=each.name) for each in figures.colours]
    months: list[list[Cell]] = []
    for each in MONTHS:
        own = [served[each].get(colour.id, 0) for colour in figures.colours]
        first = f"{figures.year}-{each:02d}"
        months.append([first, *map(_hours_cell, own), _hours_cell(sum(own))])
    records: dict[date, int] = {}
    for one in figures.days:
        records[one.on] = records.get(one.on, 0) + one.records
    return [
        Sheet(str(_("Months")), [_("Month"), *colours, _("Together (hours)")], months),
        Sheet(
            str(_("Days")),
            [_("Date"), _("Times served"), _("Hours")],
            [[on, records[on], _hours_cell(minutes)] for on, minutes in sorted(days.items())],
        ),
        Sheet(
            str(_("Teams")),
            [
                _("Team code"),
                _("Team"),
                _("Colour"),
                _("Hours"),
                _("Hours in the same part of the year before"),
            ],
            [
                [
                    team.code,
                    team.name,
                    team.theme,
                    _hours_cell(team.minutes),
                    _hours_cell(team.before),
                ]
                for team in figures.teams
            ],
        ),
    ]


def _hours_cell(minutes: int) -> Decimal:
    """Return hours as a number of the sheet, exact to the minute in four places."""
    return (Decimal(minutes) / _HOUR).quantize(Decimal("0.0001")).normalize() + Decimal(0)
