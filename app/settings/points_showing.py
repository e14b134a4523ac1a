"""What the pages of the points rules say: versions, their figures, the effect of a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.points.queries import Laid
from app.points.rules import DEFAULT_RATE_HUNDREDTHS, FIRST_EFFECTIVE_FROM, RuleVersion
from app.settings.queries import Effect
from app.teams.queries import ColourRow
from app.web.filters import day, number, points


def begin_text(on: date) -> str:
    """Return from when a rule applies; the first one has no beginning."""
    return str(_("the beginning")) if on == FIRST_EFFECTIVE_FROM else day(on, with_year=True)


class VersionCard(NamedTuple):
    """One version of the points rule as its list shows it."""

    id: int
    organisation_id: int
    begins: str
    whose: str
    state: str
    tone: str
    is_used: bool
    is_first: bool
    facts: list[tuple[str, str]]
    rates: list[tuple[ColourRow, str]]


def version_card(
    laid: Laid, colours: Sequence[ColourRow], present: date | None, today: date
) -> VersionCard:
    """Return a version with its figures, and whether it applies now, later or no more."""
    version = laid.version
    if version.effective_from == present:
        state, tone = _("In force"), "ok"
    elif version.effective_from > today:
        state, tone = _("Coming"), "info"
    else:
        state, tone = _("For earlier service"), ""
    return VersionCard(
        version.id,
        laid.organisation_id,
        begin_text(version.effective_from),
        laid.organisation_name,
        state,
        tone,
        laid.is_used,
        version.effective_from == FIRST_EFFECTIVE_FROM,
        figures_of(version),
        [(each, points(version.rates.get(each.id, DEFAULT_RATE_HUNDREDTHS))) for each in colours],
    )


def figures_of(version: RuleVersion) -> list[tuple[str, str]]:
    """Return the figures of a rule as pairs of what and how much."""
    return [
        (_("Service day"), _("%(percent)s %% more", percent=version.service_day_percent)),
        (_("Service month"), _("%(percent)s %% more", percent=version.service_month_percent)),
        (_("Rounding"), _("half up, to %(step)s points", step=points(version.step_hundredths))),
    ]


def effect_rows(effect: Effect, colours: Mapping[int, ColourRow]) -> list[dict[str, Any]]:
    """Return an effect by colour, as a table shows it."""
    return [
        {
            "colour": colours.get(each.colour_id),
            "before": points(each.before_hundredths),
            "after": points(each.after_hundredths),
            "change": change_text(each.after_hundredths - each.before_hundredths),
        }
        for each in effect.colours
    ]


def change_text(hundredths: int) -> str:
    """Return a difference of points with its sign."""
    return points(hundredths, signed=True) if hundredths else "0"


def effect_text(year: int, effect: Effect) -> str:
    """Say in one sentence what a rule would have made of a year."""
    return str(
        _(
            "With this rule, %(year)s would have been %(after)s points instead of %(before)s"
            " (%(change)s): more for %(gaining)s people, less for %(losing)s, the same for"
            " %(same)s.",
            year=year,
            after=points(effect.after_hundredths),
            before=points(effect.before_hundredths),
            change=change_text(effect.after_hundredths - effect.before_hundredths),
            gaining=number(effect.gaining),
            losing=number(effect.losing),
            same=number(effect.people - effect.gaining - effect.losing),
        )
    )


def rule_text(colours: Mapping[int, ColourRow]) -> Callable[[Mapping[str, Any]], str]:
    """Return how a rule version of the trail is said, its rates with their colours."""

    def said(kept: Mapping[str, Any]) -> str:
        if not kept:
            return "—"
        rates = [
            f"{colours[int(one)].glyph} {points(each)}"
            for one, each in kept["rates"].items()
            if int(one) in colours
        ]
        return str(
            _(
                "from %(on)s: service day %(day)s %%, service month %(month)s %%,"
                " steps of %(step)s, per hour %(rates)s",
                on=begin_text(date.fromisoformat(kept["effective_from"])),
                day=kept["service_day_percent"],
                month=kept["service_month_percent"],
                step=points(kept["step_hundredths"]),
                rates=_(", ").join(rates) or "1",
            )
        )

    return said
