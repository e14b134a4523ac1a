"""The settings an organisation may change, their meanings and bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.errors import N_, RuleBroken

SettingValue = int | str | bool | tuple[int, ...]

LONGEST_TEXT = 200
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
# As Chinese keyboards make them, too.
_COMMA = re.compile("[,，、]")


@dataclass(frozen=True)
class Settings:
    """Every setting of one organisation, inherited ones included; the defaults are SPEC's."""

    daily_limit_minutes: int = 480
    hard_limit_minutes: int = 720
    timely_working_days: int = 10
    undo_working_days: int = 10
    two_people: bool = False
    only_signed_in_earns: bool = False
    service_day: int = 28
    service_month: int = 3
    service_day_hours: str = "8:30—11:30"
    service_day_place: str = ""
    time_zone: str = "Asia/Shanghai"
    star_hours: tuple[int, ...] = (100, 300, 600, 1000, 1500)
    # Months since joining, one for each level; empty asks for none.
    star_tenure_months: tuple[int, ...] = ()
    points_expire_after_years: int = 0
    exchange_on: bool = False
    ranking_least_people: int = 5
    ranking_minimum_hours: int = 20
    notice_working_days: int = 5
    notice_extension_working_days: int = 3
    import_kept_days: int = 30
    erasure_proposed_years: int = 5
    dispute_working_days: int = 10
    quiet_from_minute: int = 1290
    quiet_until_minute: int = 480
    check_in_before_minutes: int = 60
    check_in_after_minutes: int = 60
    credit_over_plan_minutes: int = 30
    dormant_after_months: int = 12
    integrity_entries_a_week: int = 10
    integrity_same_minutes_people: int = 10
    integrity_night_from: int = 23
    integrity_night_until: int = 5
    pick_up_days: int = 14
    pick_up_place: str = ""
    pick_up_hours: str = ""
    redemption_least_minutes: int = 0
    redemption_cap_points: int = 0
    certificate_contact_person: str = ""
    certificate_contact: str = ""
    reported_nationally: bool = False
    monthly_report: bool = True
    second_factor: bool = False


class Bounds(NamedTuple):
    """The least and the most a whole number may be."""

    least: int
    most: int


DEFAULTS: Mapping[str, SettingValue] = asdict(Settings())
KEYS = tuple(field.name for field in fields(Settings))
MEANINGS: Mapping[str, str] = {
    "daily_limit_minutes": N_(
        "Minutes a person may serve on one date without an organiser's reason"
    ),
    "hard_limit_minutes": N_("Minutes a person may never exceed on one date"),
    "timely_working_days": N_(
        "Working days after the service within which a leader's entry counts at once"
    ),
    "undo_working_days": N_("Working days within which a leader may undo an entry of their own"),
    "two_people": N_("Every entry needs a second person"),
    "only_signed_in_earns": N_("Only signed-in service earns points"),
    "service_day": N_("Service day: the day of each month"),
    "service_month": N_("Service month: the month of the year"),
    "service_day_hours": N_("Usual hours of the service day"),
    "service_day_place": N_("Usual meeting place of the service day"),
    "time_zone": N_("Time zone that decides the civil date of service"),
    "star_hours": N_("Lifetime served hours of the star levels"),
    "star_tenure_months": N_("Months since joining that the star levels take besides"),
    "points_expire_after_years": N_(
        "Years after the one they were earned in at whose end points expire; 0: never"
    ),
    "exchange_on": N_("Volunteers may exchange and give time"),
    "ranking_least_people": N_("Active people a team needs to be placed in the ranking"),
    "ranking_minimum_hours": N_("Hours a year needed to be placed by the award scheme"),
    "notice_working_days": N_("Working days a ranking is under public notice"),
    "notice_extension_working_days": N_(
        "Working days by which a notice is extended when a title changes hands"
    ),
    "import_kept_days": N_("Days after which an uploaded file is deleted"),
    "erasure_proposed_years": N_("Years after which an erasure of whoever has left is proposed"),
    "dispute_working_days": N_("Working days within which a dispute is answered"),
    "quiet_from_minute": N_("From when in the evening no messages are sent"),
    "quiet_until_minute": N_("Until when in the morning no messages are sent"),
    "check_in_before_minutes": N_("Minutes before its planned start that an activity admits"),
    "check_in_after_minutes": N_("Minutes after its planned end that people may check out"),
    "credit_over_plan_minutes": N_("Minutes beyond the plan that a check-in may earn"),
    "dormant_after_months": N_("Months without service after which a rest is proposed"),
    "integrity_entries_a_week": N_("Entries of one person in a week from which it is told"),
    "integrity_same_minutes_people": N_(
        "People on one list with the same minutes from which it is told"
    ),
    "integrity_night_from": N_("Hour of the clock from which an entry is told as made at night"),
    "integrity_night_until": N_("Hour of the clock at which the night of entries ends"),
    "pick_up_days": N_("Days within which what was redeemed is collected"),
    "pick_up_place": N_("Where what was redeemed is collected"),
    "pick_up_hours": N_("When what was redeemed is collected"),
    "redemption_least_minutes": N_("Served minutes before the first redemption"),
    "redemption_cap_points": N_("Most points a person may redeem a year; 0: no limit"),
    "certificate_contact_person": N_("Person in charge, as certificates name them"),
    "certificate_contact": N_("Where questions about a certificate are answered"),
    "reported_nationally": N_("Service records are also reported to the national system"),
    "monthly_report": N_("Organisers are told each month what the last one brought"),
    "second_factor": N_("Organisers and auditors need a second factor"),
}
# Those that must agree with each other.
AGREEING_KEYS = (
    "daily_limit_minutes",
    "hard_limit_minutes",
    "star_hours",
    "star_tenure_months",
)
# Lists that may be empty, and in which neighbours may be equal.
FREE_LISTS = frozenset({"star_tenure_months"})
BOUNDS: Mapping[str, Bounds] = {
    "daily_limit_minutes": Bounds(1, 1440),
    "hard_limit_minutes": Bounds(1, 1440),
    "timely_working_days": Bounds(0, 250),
    "undo_working_days": Bounds(0, 250),
    # 29 to 31 are missing in some months.
    "service_day": Bounds(1, 28),
    "service_month": Bounds(1, 12),
    "points_expire_after_years": Bounds(0, 20),
    "star_hours": Bounds(1, 100_000),
    "star_tenure_months": Bounds(0, 600),
    "ranking_least_people": Bounds(1, 1000),
    "ranking_minimum_hours": Bounds(0, 8784),
    "notice_working_days": Bounds(1, 250),
    "notice_extension_working_days": Bounds(0, 250),
    "import_kept_days": Bounds(1, 365),
    "erasure_proposed_years": Bounds(1, 50),
    "dispute_working_days": Bounds(1, 250),
    "quiet_from_minute": Bounds(0, 1439),
    "quiet_until_minute": Bounds(0, 1439),
    "check_in_before_minutes": Bounds(0, 720),
    "check_in_after_minutes": Bounds(0, 720),
    "credit_over_plan_minutes": Bounds(0, 720),
    "dormant_after_months": Bounds(1, 120),
    "integrity_entries_a_week": Bounds(1, 1000),
    "integrity_same_minutes_people": Bounds(2, 1000),
    "integrity_night_from": Bounds(0, 23),
    "integrity_night_until": Bounds(0, 23),
    "pick_up_days": Bounds(1, 365),
    "redemption_least_minutes": Bounds(0, 600_000),
    "redemption_cap_points": Bounds(0, 1_000_000),
}


class UnknownSetting(RuleBroken):
    """No setting has this key."""

    code = "unknown_setting"
    message = N_("There is no setting %(key)s.")


class BadSetting(RuleBroken):
    """The value of a setting is not of its kind."""

    code = "bad_setting"
    message = N_("“%(given)s” is no value for the setting %(key)s.")


class SettingOutOfBounds(BadSetting):
    """The number lies outside what the setting allows."""

    message = N_("The setting %(key)s takes %(least)s to %(most)s; %(given)s lies outside.")


class LimitsCross(BadSetting):
    """The daily limit lies above the hard limit."""

    code = "limits_cross"
    message = N_(
        "The daily limit of %(daily)s minutes may not lie above the"
        " %(hard)s minutes never exceeded."
    )


class LimitsCrossBelow(LimitsCross):
    """An organisation below has an own limit that would cross the inherited one."""

    message = N_(
        "At %(name)s, which has a value of its own, the daily limit of %(daily)s minutes would"
        " lie above the %(hard)s minutes never exceeded."
    )


class StarsDisagree(BadSetting):
    """There are months for another number of star levels than there are hours for."""

    code = "stars_disagree"
    message = N_(
        "There are hours for %(levels)s star levels, but months for %(months)s. Give months for"
        " every level, or none."
    )


class StarsDisagreeBelow(StarsDisagree):
    """An organisation below has hours or months of its own that would no longer agree."""

    message = N_(
        "At %(name)s, which has a value of its own, there would be hours for %(levels)s star"
        " levels, but months for %(months)s."
    )


def parse_setting(key: str, given: str) -> SettingValue:
    """Return the value a text stands for; raises where it is none for this setting."""
    default = _default(key)
    text = given.strip()
    if isinstance(default, bool):
        return _parse_flag(key, text)
    if isinstance(default, int):
        return _parse_whole(key, text)
    if isinstance(default, tuple):
        return _parse_rising(key, text)
    return _parse_zone(key, text) if key == "time_zone" else _parse_text(key, text)


def format_setting(key: str, value: SettingValue) -> str:
    """Return the text that is stored for a value."""
    _default(key)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return ",".join(str(one) for one in value)
    return str(value)


def settings_from(stored: Mapping[str, str]) -> Settings:
    """Return the settings from the rows found up the tree; missing ones have their default."""
    known = {key: parse_setting(key, stored[key]) for key in KEYS if key in stored}
    return Settings(**{**DEFAULTS, **known})  # type: ignore[arg-type]


def check_settings_agree(settings: Settings, *, below: str | None = None) -> None:
    """Refuse settings that contradict each other, here or in an organisation `below`."""
    if settings.daily_limit_minutes > settings.hard_limit_minutes:
        crossing = LimitsCross if below is None else LimitsCrossBelow
        raise crossing(
            key="daily_limit_minutes",
            name=below,
            daily=settings.daily_limit_minutes,
            hard=settings.hard_limit_minutes,
        )
    levels, months = len(settings.star_hours), len(settings.star_tenure_months)
    if months not in (0, levels):
        unequal = StarsDisagree if below is None else StarsDisagreeBelow
        raise unequal(key="star_tenure_months", name=below, levels=levels, months=months)


def _default(key: str) -> SettingValue:
    if key not in DEFAULTS:
        raise UnknownSetting(key=key)
    return DEFAULTS[key]


def _parse_flag(key: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise BadSetting(key=key, given=text)
    return text == "1"


def _parse_whole(key: str, text: str) -> int:
    # A minute of the day, written as people write a time.
    if key.endswith("_minute") and (clock := _CLOCK.fullmatch(text)):
        text = str(int(clock[1]) * 60 + int(clock[2]))
    if not _WHOLE.fullmatch(text):
        raise BadSetting(key=key, given=text)
    value, bounds = int(text), BOUNDS[key]
    if not bounds.least <= value <= bounds.most:
        raise SettingOutOfBounds(key=key, given=value, least=bounds.least, most=bounds.most)
    return value


def _parse_rising(key: str, text: str) -> tuple[int, ...]:
    if not text and key in FREE_LISTS:
        return ()
    values = tuple(_parse_whole(key, part.strip()) for part in _COMMA.split(text))
    if list(values) != sorted(values if key in FREE_LISTS else set(values)):
        raise BadSetting(key=key, given=text)
    return values


def _parse_zone(key: str, text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:
        raise BadSetting(key=key, given=text) from error
    return text


def _parse_text(key: str, text: str) -> str:
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise BadSetting(key=key, given=text[:LONGEST_TEXT])
    return text
