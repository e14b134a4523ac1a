"""Which settings some code reads today, what each means, and how the calendar is told.

A feature that reads another setting adds its line to FIGURES; until then nobody sees a switch
that does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

from app.errors import N_
from app.organisations.rules import DEFAULTS

Group = Literal[
    "counting",
    "dates",
    "points",
    "redeeming",
    "honours",
    "certificates",
    "imports",
    "integrity",
    "check_in",
    "notices",
    "accounts",
]
Unit = Literal[
    "minutes", "days", "working_days", "yes_no", "day", "month", "hours", "people", "text",
    "times", "clock", "minute_of_day", "points", "years", "months",
    "count_of_months",
]  # fmt: skip

GROUPS: Mapping[Group, str] = {
    "counting": N_("When service counts"),
    "dates": N_("Service day and month"),
    "points": N_("Points and time"),
    "redeeming": N_("Redeeming and collecting"),
    "honours": N_("Stars and ranking"),
    "certificates": N_("Certificates"),
    "imports": N_("Imported files"),
    "integrity": N_("What is worth a second look"),
    "check_in": N_("Check-in"),
    "notices": N_("Messages"),
    "accounts": N_("Signing in"),
}


class Figure(NamedTuple):
    """One setting as its page shows it: under which heading, in which unit, what it means."""

    key: str
    group: Group
    unit: Unit
    title: str
    meaning: str


FIGURES: tuple[Figure, ...] = (
    Figure(
        "daily_limit_minutes", "counting", "minutes", N_("Daily limit"),
        N_("Up to this a person's service on one date counts without further ado; above it an"
           " organiser confirms with a reason."),
    ),
    Figure(
        "hard_limit_minutes", "counting", "minutes", N_("Most on one date"),
        N_("Nobody's service on one date may ever exceed this, not even with a reason."),
    ),
    Figure(
        "timely_working_days", "counting", "working_days", N_("Time for entering"),
        N_("What a leader enters within so many working days after the service counts at once;"
           " later entries wait for an organiser."),
    ),
    Figure(
        "undo_working_days", "counting", "working_days", N_("Time for undoing"),
        N_("A leader may take back an entry of their own for so many working days; after that an"
           " organiser does it, with a reason."),
    ),
    Figure(
        "dispute_working_days", "counting", "working_days", N_("Time for answering a dispute"),
        N_("A leader or organiser answers a dispute within so many working days; after that it is"
           " shown to the organisers as overdue."),
    ),
    Figure(
        "two_people", "counting", "yes_no", N_("Two people for every entry"),
        N_("Whoever enters hours never approves them: every entry waits for a second person."),
    ),
    Figure(
        "service_day", "dates", "day", N_("Service day"),
        N_("This day of each month is the service day, which earns a bonus."),
    ),
    Figure(
        "service_month", "dates", "month", N_("Service month"),
        N_("All service in this month of the year earns a bonus."),
    ),
    Figure(
        "service_day_hours", "dates", "text", N_("Usual hours"),
        N_("The hours shown for the next service day."),
    ),
    Figure(
        "service_day_place", "dates", "text", N_("Usual meeting place"),
        N_("The place shown for the next service day."),
    ),
    Figure(
        "time_zone", "dates", "text", N_("Time zone"),
        N_("It decides on which date a moment falls, such as whether a day is over yet."),
    ),
    Figure(
        "only_signed_in_earns", "points", "yes_no", N_("Points for signed-in service only"),
        N_("Service that is entered without a sign-in still counts as hours, but earns no points."),
    ),
    Figure(
        "points_expire_after_years", "points", "years", N_("Points expire"),
        N_("Points can be used until the end of so many years after the year of the service, the"
           " oldest first; people are told 60 and 7 days before. 0: they never expire."),
    ),
    Figure(
        "exchange_on", "points", "yes_no", N_("Time account shown"),
        N_("Volunteers see beside their points the minutes of their time account."),
    ),
    Figure(
        "pick_up_days", "redeeming", "days", N_("Time for collecting"),
        N_("What was redeemed is set aside for so many days; then points and stock go back."),
    ),
    Figure(
        "pick_up_place", "redeeming", "text", N_("Pick-up place"),
        N_("Where people collect what they redeemed, such as a desk and its floor."),
    ),
    Figure(
        "pick_up_hours", "redeeming", "text", N_("Pick-up hours"),
        N_("On which days and at which hours the desk hands over."),
    ),
    Figure(
        "redemption_least_minutes", "redeeming", "minutes", N_("Service before the first time"),
        N_("Whoever has served less in a lifetime cannot redeem yet; 0 lets everybody."),
    ),
    Figure(
        "redemption_cap_points", "redeeming", "points", N_("Most points a year"),
        N_("A person redeems at most so many points in a calendar year; 0 sets no limit."),
    ),
    Figure(
        "star_hours", "honours", "hours", N_("Star levels"),
        N_("So many hours served in a lifetime give the first star, the second, and so on."),
    ),
    Figure(
        "star_tenure_months", "honours", "months", N_("Months for the star levels"),
        N_("A star level takes besides its hours that the person joined so many whole months ago."
           " Empty asks for hours only."),
    ),
    Figure(
        "ranking_least_people", "honours", "people", N_("People a team needs for the ranking"),
        N_("Teams in which fewer people served in the year are listed, but not placed."),
    ),
    Figure(
        "ranking_minimum_hours", "honours", "hours", N_("Hours for a title"),
        N_("With so many served hours in the year a new award scheme begins."),
    ),
    Figure(
        "notice_working_days", "honours", "working_days", N_("Public notice of the ranking"),
        N_("So many working days the ranking is shown before it becomes final; objections are"
           " raised and answered in that time."),
    ),
    Figure(
        "notice_extension_working_days", "honours", "working_days",
        N_("Longer notice after a correction"),
        N_("When a correction gives a title to somebody else, the notice lasts so many working"
           " days longer."),
    ),
    Figure(
        "certificate_contact_person", "certificates", "text", N_("Person in charge"),
        N_("Whom service record certificates name as the person in charge."),
    ),
    Figure(
        "certificate_contact", "certificates", "text", N_("Contact"),
        N_("A public telephone or address at which questions about a certificate are answered."),
    ),
    Figure(
        "reported_nationally", "certificates", "yes_no", N_("Reported to the national system"),
        N_("Whether the records are also reported to the national volunteer service system. It is"
           " printed on certificates and told to whoever verifies one, so it must be true."),
    ),
    Figure(
        "import_kept_days", "imports", "days", N_("Time uploaded files are kept"),
        N_("An uploaded sheet is deleted after so many days; what was imported from it stays."),
    ),
    Figure(
        "erasure_proposed_years", "accounts", "years", N_("Years until an erasure is proposed"),
        N_("Whoever has left and has not served for so many years is listed, so that an organiser"
           " may erase their data. It never happens by itself."),
    ),
    Figure(
        "dormant_after_months", "counting", "count_of_months", N_("Months without service"),
        N_("Whoever has not served for so many months is proposed to organisers to be marked as"
           " resting. It never happens by itself."),
    ),
    Figure(
        "integrity_entries_a_week", "integrity", "times", N_("Entries of one person in a week"),
        N_("From so many on, whoever reviews is told. It never blocks an entry."),
    ),
    Figure(
        "integrity_same_minutes_people", "integrity", "people",
        N_("Same minutes for a whole list"),
        N_("When so many people or more stand on one list with the same minutes and nobody signed"
           " in, whoever reviews is told. It never blocks an entry."),
    ),
    Figure(
        "integrity_night_from", "integrity", "clock", N_("Night begins"),
        N_("From this hour on an entry is told as made at night. The same hour as the end of the"
           " night switches this off."),
    ),
    Figure(
        "integrity_night_until", "integrity", "clock", N_("Night ends"),
        N_("Until this hour an entry is told as made at night."),
    ),
    Figure(
        "check_in_before_minutes", "check_in", "minutes", N_("Check-in opens"),
        N_("So long before the planned start people may check in."),
    ),
    Figure(
        "check_in_after_minutes", "check_in", "minutes", N_("Check-in closes"),
        N_("So long after the planned end people may still check in and out."),
    ),
    Figure(
        "credit_over_plan_minutes", "check_in", "minutes", N_("Longer than planned"),
        N_("A check-in counts for at most the planned time and so much more; the leader decides"
           " when closing."),
    ),
    Figure(
        "quiet_from_minute", "notices", "minute_of_day", N_("Quiet hours from"),
        N_("From this time on no e-mail or other message is sent, except what cannot wait. The"
           " same time as the end switches this off."),
    ),
    Figure(
        "quiet_until_minute", "notices", "minute_of_day", N_("Quiet hours until"),
        N_("What waited during the quiet hours is sent from this time on."),
    ),
    Figure(
        "monthly_report", "notices", "yes_no", N_("Monthly report"),
        N_("In the first days of a month the organisers of this organisation find a report of the"
           " last month in their inbox."),
    ),
    Figure(
        "second_factor", "accounts", "yes_no", N_("Second factor"),
        N_("Organisers and auditors give a code from their phone beside the password; until they"
           " set that up, these roles rest. Administrators always need it."),
    ),
)  # fmt: skip
FIGURE_OF: Mapping[str, Figure] = {figure.key: figure for figure in FIGURES}
# Kept for what is to come; nothing reads them yet.
UNREAD = frozenset(DEFAULTS) - frozenset(FIGURE_OF)

# What changes of a kind are called in the trail.
SETTING_CHANGES = ("change_setting",)
CALENDAR_CHANGES = ("correct_calendar", "drop_correction")
SUBSTITUTE_CHANGES = ("name_substitute_day", "withdraw_substitute_day")
RULE_CHANGES = ("add_rule_version", "edit_rule_version", "withdraw_rule_version")
COLOUR_CHANGES = ("add_colour", "rename_colour", "retire_colour", "reopen_colour")
TREE_CHANGES = (
    "create_organisation",
    "rename_organisation",
    "move_organisation",
    "merge_organisations",
    "split_organisation",
    "retire_organisation",
    "reopen_organisation",
    "move_people",
)

_ONE_DAY = timedelta(days=1)


class Off(NamedTuple):
    """Dates that follow each other, all holidays or all worked, for one reason."""

    first_on: date
    last_on: date
    is_working: bool
    name: str


def runs(days: Iterable[tuple[date, bool, str]]) -> list[Off]:
    """Gather dates, each with whether it is worked and why, into runs; oldest first."""
    found: list[Off] = []
    for on, is_working, name in sorted(days):
        last = found[-1] if found else None
        if last and last[1:] == (on - _ONE_DAY, is_working, name):
            found[-1] = last._replace(last_on=on)
        else:
            found.append(Off(on, on, is_working, name))
    return found


def next_first_of_month(on: date) -> date:
    """Return the first day of the month after a date."""
    year, month = divmod(on.year * 12 + on.month, 12)
    return date(year, month + 1, 1)
