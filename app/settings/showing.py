"""What the settings' pages say: values with their units, ranges, changes before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import N_, RuleBroken
from app.organisations.queries import Held
from app.organisations.rules import (
    BOUNDS,
    DEFAULTS,
    LONGEST_TEXT,
    BadSetting,
    LimitsCross,
    SettingValue,
    StarsDisagree,
    parse_setting,
)
from app.settings.queries import Change
from app.settings.rules import FIGURES, GROUPS, Figure
from app.web.filters import clock_time, day, hours, month, number
from app.web.saying import say

OPERATIONS: Mapping[str, str] = {
    "change_setting": N_("Setting changed"),
    "correct_calendar": N_("Calendar corrected"),
    "drop_correction": N_("Correction removed"),
    "name_substitute_day": N_("Substitute service day named"),
    "withdraw_substitute_day": N_("Substitute service day taken back"),
    "add_rule_version": N_("Points rule laid down"),
    "edit_rule_version": N_("Points rule changed before it was used"),
    "withdraw_rule_version": N_("Points rule taken back before it was used"),
    "add_colour": N_("Colour added"),
    "rename_colour": N_("Theme renamed"),
    "retire_colour": N_("Colour retired"),
    "reopen_colour": N_("Colour offered again"),
    "create_organisation": N_("Organisation made"),
    "rename_organisation": N_("Organisation renamed"),
    "move_organisation": N_("Organisation moved"),
    "merge_organisations": N_("Organisation merged into another"),
    "split_organisation": N_("Organisation split"),
    "retire_organisation": N_("Organisation retired"),
    "reopen_organisation": N_("Organisation in service again"),
    "move_people": N_("People moved to another organisation"),
}
# Units of which a value is so and so many.
COUNTED = frozenset({"working_days", "days", "people", "times", "points", "count_of_months"})


class Line(NamedTuple):
    """One setting in the list."""

    key: str
    title: str
    value: str
    origin: str
    is_own: bool
    changed: str | None


class Told(NamedTuple):
    """One change in a history."""

    when: Any
    by: str
    what: str
    where: str
    before: str
    after: str


# ── settings ──────────────────────────────────────────────────────────────────────────────


def value_text(figure: Figure, value: SettingValue) -> str:
    """Return a setting's value with its unit, as people say it."""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, tuple):
        return _listed(figure, value)
    if isinstance(value, str):
        return value or "—"
    if figure.unit == "minutes":
        figures = {"minutes": number(value), "hours": hours(value)}
        return str(_("%(minutes)s minutes (%(hours)s hours)", **figures))
    if figure.unit == "years":
        return _years(value)
    if figure.unit in COUNTED:
        return _counted(figure.unit, value)
    if figure.unit in ("clock", "minute_of_day"):
        return clock_time(60 * value if figure.unit == "clock" else value)
    if figure.unit == "month":
        return month(date(2000, value, 1))
    return str(_("day %(day)s", day=value))


def _listed(figure: Figure, values: tuple[int, ...]) -> str:
    listed = _(", ").join(number(each) for each in values)
    if figure.unit == "months":
        return str(_("%(listed)s months", listed=listed) if values else _("none"))
    return str(_("%(listed)s hours", listed=listed))


def _years(value: int) -> str:
    if not value:
        return str(_("never"))
    return str(ngettext("after %(num)s year", "after %(num)s years", value))


def _counted(unit: str, value: int) -> str:
    if unit == "working_days":
        return str(ngettext("%(num)s working day", "%(num)s working days", value))
    if unit == "days":
        return str(ngettext("%(num)s day", "%(num)s days", value))
    if unit == "count_of_months":
        return str(ngettext("%(num)s month", "%(num)s months", value))
    if unit == "people":
        return str(ngettext("%(num)s person", "%(num)s people", value))
    if unit == "points":
        return str(ngettext("%(num)s point", "%(num)s points", value))
    return str(ngettext("%(num)s time", "%(num)s times", value))


def range_text(figure: Figure) -> str:
    """Return what may be filled in, in one sentence."""
    bounds = BOUNDS.get(figure.key)
    if figure.unit == "yes_no":
        return str(_("Choose yes or no."))
    if bounds is None:
        if figure.key == "time_zone":
            return str(_("The name of a time zone, such as Asia/Shanghai or Asia/Urumqi."))
        return str(_("Up to %(most)s characters; empty shows nothing.", most=LONGEST_TEXT))
    figures = {"least": number(bounds.least), "most": number(bounds.most)}
    if figure.unit == "minutes":
        return str(_("Whole minutes from %(least)s to %(most)s; 480 are 8 hours.", **figures))
    if figure.unit == "minute_of_day":
        return str(_("A time from 0:00 to 23:59, such as 21:30."))
    if figure.unit == "hours":
        return str(
            _(
                "Rising whole hours from %(least)s to %(most)s, parted by commas:"
                " 100, 300, 600, 1000, 1500.",
                **figures,
            )
        )
    if figure.unit == "months":
        return str(
            _(
                "Whole months from %(least)s to %(most)s, none less than the one before, as many"
                " as there are star levels, parted by commas: 0, 6, 12, 24, 36. Or nothing.",
                **figures,
            )
        )
    return str(_("A whole number from %(least)s to %(most)s.", **figures))


def refusal_text(figure: Figure, typed: str, refusal: RuleBroken) -> str:
    """Say why a value was refused: what was typed, and the range."""
    if isinstance(refusal, BadSetting) and not isinstance(refusal, LimitsCross | StarsDisagree):
        return str(
            _(
                "“%(typed)s” does not fit here. %(range)s",
                typed=typed[:LONGEST_TEXT],
                range=range_text(figure),
            )
        )
    return say(refusal)


def origin_text(held: Held | None, organisation_id: int) -> str:
    """Say whose value it is."""
    if held is None:
        return str(_("Usual value"))
    if held.organisation_id == organisation_id:
        return str(_("Own value"))
    return str(_("Inherited from %(name)s", name=held.organisation_name))


def inherited_text(figure: Figure, held: Held | None) -> str:
    """Say which value counts where an own one is given up."""
    if held is None:
        usual = value_text(figure, DEFAULTS[figure.key])
        return str(_("the usual value, %(value)s", value=usual))
    value = value_text(figure, parse_setting(figure.key, held.value))
    return str(_("%(value)s, from %(name)s", value=value, name=held.organisation_name))


def setting_groups(
    organisation_id: int,
    values: Any,
    held: Mapping[str, Held],
    latest: Mapping[tuple[int, str], Change],
) -> list[tuple[str, list[Line]]]:
    """Return the settings by heading, each with its value, whose it is and who changed it last."""
    found: dict[str, list[Line]] = {heading: [] for heading in GROUPS.values()}
    for figure in FIGURES:
        holder = held.get(figure.key)
        whose = holder.organisation_id if holder else organisation_id
        change = latest.get((whose, figure.key))
        found[GROUPS[figure.group]].append(
            Line(
                figure.key,
                _(figure.title),
                value_text(figure, getattr(values, figure.key)),
                origin_text(holder, organisation_id),
                holder is not None and holder.organisation_id == organisation_id,
                changed_text(change) if change else None,
            )
        )
    return [(_(heading), lines) for heading, lines in found.items()]


def changed_text(change: Change) -> str:
    """Say who changed a setting last, and when."""
    on = day(change.at.date(), with_year=True)
    if change.by is None:
        return str(_("last changed on %(on)s", on=on))
    return str(_("last changed by %(by)s on %(on)s", by=change.by, on=on))


# ── history ───────────────────────────────────────────────────────────────────────────────


def setting_history(figure: Figure, found: Sequence[Change]) -> list[Told]:
    """Return the changes of one setting with its values in words."""

    def said(kept: Mapping[str, Any]) -> str:
        text = kept.get(figure.key)
        if text is None:
            return str(_("inherited"))
        return value_text(figure, parse_setting(figure.key, text))

    return [_told(change, said(change.before), said(change.after)) for change in found]


def history(
    found: Sequence[Change], words: Callable[[Mapping[str, Any]], str] | None = None
) -> list[Told]:
    """Return changes with what they changed, each side in words (default: `terms_text`)."""
    said = words or terms_text
    return [_told(change, said(change.before), said(change.after)) for change in found]


def _told(change: Change, before: str, after: str) -> Told:
    by = change.by or _("nobody signed in")
    what = OPERATIONS.get(change.operation, change.operation)
    return Told(change.at, by, _(what), change.organisation_name, before, after)


def terms_text(kept: Mapping[str, Any]) -> str:
    """Say the values one side of a change holds."""
    return str(_(", ").join(part for part in map(_term, kept.items()) if part)) or "—"


def _term(item: tuple[str, Any]) -> str:
    key, value = item
    if value is None or key == "tone":
        return ""
    if key == "is_working":
        return str(_("Working day") if value else _("Holiday"))
    if key.endswith("_on"):
        return day(date.fromisoformat(value), with_year=True)
    return "" if key.endswith("_id") else str(value)
