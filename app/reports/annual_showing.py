"""The annual report in words: tiles, the ring and bars of the colours, the teams, the rest."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.passbook.star_showing import star_level_name
from app.reports.annual_queries import Annual, ColourYear
from app.service.showing import Chip
from app.web.filters import hours, number, points

# Of a bar on paper, in tenths of a millimetre.
BAR = 600


class TeamLine(NamedTuple):
    """One team as a line."""

    colour: Chip
    name: str
    hours: str
    people: str


class ColourLine(NamedTuple):
    """One colour as a line, its bar as wide as its share of the longest."""

    colour: Chip
    hex: str
    name: str
    hours: str
    people: str
    width: int


def tiles(annual: Annual) -> list[dict[str, str]]:
    """Return the four figures on top."""
    served = annual.served
    return [
        {
            "label": _("Hours served"),
            "value": hours(served.minutes),
            "note": ngettext("%(num)s record", "%(num)s records", served.records),
        },
        {
            "label": _("People who served"),
            "value": number(served.people),
            "note": _("%(people)s for the first time", people=number(served.first_timers)),
        },
        {
            "label": _("Activities held"),
            "value": number(annual.activities),
            "note": _("%(days)s team days with service", days=number(served.team_days)),
        },
        {
            "label": _("Teams"),
            "value": number(len(annual.teams)),
            "note": _("with service in the year"),
        },
    ]


def ring(annual: Annual) -> dict[str, Any]:
    """Return the colours as segments of a ring, and the sentence that says it."""
    said = [
        _("%(colour)s %(hours)s", colour=one.name, hours=hours(one.minutes))
        for one in annual.colours
    ]
    return {
        "segments": [{"colour": _chip(one), "value": one.minutes} for one in annual.colours],
        "total": annual.served.minutes,
        "label": _("Hours by colour: %(colours)s", colours=_(", ").join(said)),
        "middle": hours(annual.served.minutes),
    }


def bars(annual: Annual) -> dict[str, Any]:
    """Return the colours as bars."""
    rows = [
        {
            "colour": _chip(one),
            "name": one.name,
            "value": one.minutes,
            "text": f"{_hours(one.minutes)} · {_people(one.people)}",
        }
        for one in annual.colours
    ]
    return {"rows": rows, "most": max((one.minutes for one in annual.colours), default=0)}


def colour_lines(annual: Annual) -> list[ColourLine]:
    """Return the colours as a table on paper."""
    most = max((one.minutes for one in annual.colours), default=1)
    return [
        ColourLine(
            _chip(one),
            one.hex,
            one.name,
            hours(one.minutes),
            number(one.people),
            max(1, one.minutes * BAR // most),
        )
        for one in annual.colours
    ]


def team_lines(annual: Annual) -> list[TeamLine]:
    """Return the teams, those with most hours first."""
    return [
        TeamLine(Chip(one.key, one.glyph), one.name, hours(one.minutes), number(one.people))
        for one in annual.teams
    ]


def star_lines(annual: Annual) -> list[tuple[str, str]]:
    """Return how many reached which star, the highest first."""
    return [(star_level_name(level), _people(count)) for level, count in annual.stars.items()]


def facts(annual: Annual) -> list[tuple[str, str]]:
    """Return certificates and redemptions."""
    redeemed = annual.redeemed
    return [
        (_("Award certificates issued"), number(annual.certificates.awards)),
        (_("Service record certificates issued"), number(annual.certificates.records)),
        (
            _("Redemptions"),
            _(
                "%(times)s by %(people)s, %(points)s points",
                times=number(redeemed.times),
                people=_people(redeemed.people),
                points=points(redeemed.hundredths),
            ),
        ),
    ]


def _chip(one: ColourYear) -> Chip:
    return Chip(one.key, one.glyph)


def _hours(minutes: int) -> str:
    return str(_("%(hours)s hours", hours=hours(minutes)))


def _people(count: int) -> str:
    return str(ngettext("%(num)s person", "%(num)s people", count))
