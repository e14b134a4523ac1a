"""How minutes become points, and the one sentence that says so.

Points are whole hundredths of a point; every step is integer arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from app.errors import N_, RuleBroken

DEFAULT_RATE_HUNDREDTHS = 100
DEFAULT_SERVICE_DAY_PERCENT = 50
DEFAULT_SERVICE_MONTH_PERCENT = 20
DEFAULT_STEP_HUNDREDTHS = 10
FIRST_EFFECTIVE_FROM = date(1900, 1, 1)

# minutes × rate × percent, over this, gives hundredths of a point (60 minutes × 100 percent).
_PER_HUNDREDTH = 6000
_PER_POINT = _PER_HUNDREDTH * 100
# A fraction without end, such as 50 min at 1 per hour, is cut here and marked with an ellipsis.
_SHOWN_DECIMALS = 4


class NoRuleVersion(RuleBroken):
    """No rule version had come into effect on the service date."""

    code = "no_rule_version"
    message = N_("No points rule applies to service on %(service_on)s.")


class Terms(NamedTuple):
    """What a record is credited by, kept with it; a percent is 0 when its bonus does not apply."""

    rule_version_id: int
    rate_hundredths: int
    service_day_percent: int
    service_month_percent: int
    step_hundredths: int
    earns_points: bool


class RuleVersion(NamedTuple):
    """The points rule from one date on; a colour without a rate earns the default one."""

    id: int
    effective_from: date
    service_day_percent: int
    service_month_percent: int
    step_hundredths: int
    rates: Mapping[int, int]


class Bonus(NamedTuple):
    """One line of the till receipt: what a bonus adds, before rounding."""

    kind: Literal["service_day", "service_month"]
    percent: int
    amount: str


class Explanation(NamedTuple):
    """The parts of a till receipt; all but the integers are decimal text."""

    minutes: int
    hours: str | None
    """None when the minutes are no neat decimal of an hour; show the minutes instead."""
    rate: str
    base: str
    bonuses: tuple[Bonus, ...]
    bonus_percent: int
    unrounded: str
    is_rounded: bool
    step: str
    points: str
    points_hundredths: int
    earns_points: bool


def version_for(versions: Sequence[RuleVersion], service_on: date) -> RuleVersion:
    """Return the version with the latest effective_from on or before the service date."""
    in_effect = [version for version in versions if version.effective_from <= service_on]
    if not in_effect:
        raise NoRuleVersion(service_on=service_on)
    return max(in_effect, key=lambda version: (version.effective_from, version.id))


def terms_for(
    version: RuleVersion,
    colour_id: int,
    is_service_day: bool,
    is_service_month: bool,
    earns_points: bool,
) -> Terms:
    """Return the terms one record is credited by."""
    return Terms(
        rule_version_id=version.id,
        rate_hundredths=version.rates.get(colour_id, DEFAULT_RATE_HUNDREDTHS),
        service_day_percent=version.service_day_percent if is_service_day else 0,
        service_month_percent=version.service_month_percent if is_service_month else 0,
        step_hundredths=version.step_hundredths,
        earns_points=earns_points,
    )


def points_of(minutes: int, terms: Terms) -> int:
    """Return the hundredths of a point, rounded half up to the step of the terms."""
    if not terms.earns_points:
        return 0
    step = _PER_HUNDREDTH * terms.step_hundredths
    return (2 * _unrounded(minutes, terms) + step) // (2 * step) * terms.step_hundredths


@lru_cache(maxsize=2048)
def explain(minutes: int, terms: Terms) -> Explanation:
    """Return the till receipt of one record's points."""
    base = minutes * terms.rate_hundredths
    points_hundredths = points_of(minutes, terms)
    unrounded = _unrounded(minutes, terms)
    return Explanation(
        minutes=minutes,
        hours=format_hours(minutes) if is_neat(minutes) else None,
        rate=format_hundredths(terms.rate_hundredths),
        base=_decimal(base * 100, _PER_POINT),
        bonuses=_bonuses(base, terms),
        bonus_percent=terms.service_day_percent + terms.service_month_percent,
        unrounded=_decimal(unrounded, _PER_POINT),
        is_rounded=unrounded != points_hundredths * _PER_HUNDREDTH,
        step=format_hundredths(terms.step_hundredths),
        points=format_hundredths(points_hundredths),
        points_hundredths=points_hundredths,
        earns_points=terms.earns_points,
    )


_NO_POINTS = N_("%(duration)s served; only signed-in service earns points, so this earns none")

# By (service day, service month, rounded). Whole sentences, because languages order words
# differently.
_SENTENCES: Mapping[tuple[bool, bool, bool], str] = {
    (False, False, False): N_("%(duration)s × %(rate)s per hour = %(points)s"),
    (False, False, True): N_(
        "%(duration)s × %(rate)s per hour = %(base)s → %(points)s (rounded to %(step)s)"
    ),
    (True, False, False): N_(
        "%(duration)s × %(rate)s per hour = %(base)s, service day adds %(day_percent)s %%"
        " → %(points)s"
    ),
    (True, False, True): N_(
        "%(duration)s × %(rate)s per hour = %(base)s, service day adds %(day_percent)s %%"
        " → %(points)s (rounded to %(step)s)"
    ),
    (False, True, False): N_(
        "%(duration)s × %(rate)s per hour = %(base)s, service month adds %(month_percent)s %%"
        " → %(points)s"
    ),
    (False, True, True): N_(
        "%(duration)s × %(rate)s per hour = %(base)s, service month adds %(month_percent)s %%"
        " → %(points)s (rounded to %(step)s)"
    ),
    (True, True, False): N_(
        "%(duration)s × %(rate)s per hour = %(base)s, service day adds %(day_percent)s %% and"
        " service month %(month_percent)s %%, together %(both_percent)s %% → %(points)s"
    ),
    (True, True, True): N_(
        "%(duration)s × %(rate)s per hour = %(base)s, service day adds %(day_percent)s %% and"
        " service month %(month_percent)s %%, together %(both_percent)s %%"
        " → %(points)s (rounded to %(step)s)"
    ),
}


def sentence(minutes: int, terms: Terms, gettext: Callable[[str], str]) -> str:
    """Say in one sentence how a record's points came about.

    `gettext` gives the translation of a msgid, placeholders left in.
    """
    receipt = explain(minutes, terms)
    key = (bool(terms.service_day_percent), bool(terms.service_month_percent), receipt.is_rounded)
    template = _SENTENCES[key] if terms.earns_points else _NO_POINTS
    return gettext(template) % {
        "duration": duration_text(minutes, gettext),
        "rate": receipt.rate,
        "base": receipt.base,
        "day_percent": terms.service_day_percent,
        "month_percent": terms.service_month_percent,
        "both_percent": receipt.bonus_percent,
        "points": receipt.points,
        "step": receipt.step,
    }


def duration_text(minutes: int, gettext: Callable[[str], str]) -> str:
    """Return "2.5 h", or "51 min" where the hours would be no neat decimal."""
    if is_neat(minutes):
        return gettext(N_("%(hours)s h")) % {"hours": format_hours(minutes)}
    return gettext(N_("%(minutes)s min")) % {"minutes": minutes}


def is_neat(minutes: int) -> bool:
    """Say whether people would write these minutes as hours: tenths or quarters of one."""
    return minutes % 6 == 0 or minutes % 15 == 0


def format_hundredths(hundredths: int) -> str:
    """Return points as decimal text without useless zeros: 380 is "3.8"."""
    return _decimal(hundredths, 100)


def format_hours(minutes: int) -> str:
    """Return minutes as decimal hours: 150 is "2.5"; one without end is cut: 50 is "0.8333…"."""
    return _decimal(minutes, 60)


def _unrounded(minutes: int, terms: Terms) -> int:
    """Return minutes × rate × percents: 6000 of them are one hundredth of a point."""
    percent = 100 + terms.service_day_percent + terms.service_month_percent
    return minutes * terms.rate_hundredths * percent


def _bonuses(base: int, terms: Terms) -> tuple[Bonus, ...]:
    """Return the bonuses that apply, each with what it alone adds."""
    found: list[Bonus] = []
    if terms.service_day_percent:
        percent = terms.service_day_percent
        found.append(Bonus("service_day", percent, _decimal(base * percent, _PER_POINT)))
    if terms.service_month_percent:
        percent = terms.service_month_percent
        found.append(Bonus("service_month", percent, _decimal(base * percent, _PER_POINT)))
    return tuple(found)


def _decimal(numerator: int, denominator: int) -> str:
    """Return the exact decimal text of a fraction, or its first digits and an ellipsis."""
    sign = "-" if numerator < 0 else ""
    whole, rest = divmod(abs(numerator), denominator)
    digits, rest_after = _digits(rest, denominator)
    if rest_after:
        return f"{sign}{whole}.{digits[:_SHOWN_DECIMALS]}…"
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def _digits(rest: int, denominator: int) -> tuple[str, int]:
    """Divide by hand until nothing is left, or long enough to know that it never ends."""
    digits: list[str] = []
    # No denominator here (100, 60, 600000) has more than six factors of 2 or of 5.
    while rest and len(digits) < 6:
        digit, rest = divmod(rest * 10, denominator)
        digits.append(str(digit))
    return "".join(digits), rest
