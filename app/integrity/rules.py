"""Which patterns are looked for, and from when on a figure stands out.

A pattern is a reason to look at the records behind it; it never says that anything is wrong.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from app.errors import N_

MONTHS = (3, 6, 12)
MOST_ROWS = 20
# A leader's entries for one person, against the leader's average: so many times, and so long.
PAIR_TIMES = 4
PAIR_LEAST_MINUTES = 600
PAIR_LEAST_PEOPLE = 5
# Claims of one person: so many, and so large a part decided by one and the same.
CLAIMS_LEAST = 5
CLAIMS_PERCENT = 80
# A day's list beyond the team: half as many again as it has members, and so many more.
CROWD_TIMES_OF_TWO = 3
CROWD_MORE = 5


class Pattern(NamedTuple):
    """One thing to look at: its word in addresses, its title, and what it may mean."""

    key: str
    title: str
    meaning: str
    # Rows name leaders: nobody finds the own name there.
    is_about_leaders: bool = True


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "teams", N_("How service was recorded, by team"),
        N_("Signed-in service is the surest; where nearly everything is entered afterwards, a"
           " check-in on the spot would help."),
        False,
    ),
    Pattern(
        "leaders", N_("Leaders by hours entered"),
        N_("Whoever enters most carries most of the work. Look where all have the same minutes, or"
           " much is entered at night or late."),
    ),
    Pattern(
        "unsigned", N_("Most hours without ever signing in"),
        N_("People whose hours were all entered for them. Many simply have no phone; a paper card"
           " to be scanned settles it."),
        False,
    ),
    Pattern(
        "crowded", N_("Days with far more people than the team has members"),
        N_("A large event with guests looks like this, and so does a list copied from elsewhere."),
    ),
    Pattern(
        "late", N_("Entered long after the date"),
        N_("Old paper lists look like this. The later an entry, the harder it is to remember who"
           " came."),
    ),
    Pattern(
        "corrections", N_("Most taken back or corrected"),
        N_("Correcting is right and careful. Very many may show that a list is filled in before"
           " the day."),
    ),
    Pattern(
        "above_plan", N_("Longer than the activity was planned for"),
        N_("An activity may well go on. Look where it happens again and again, or to few of those"
           " who were there."),
    ),
    Pattern(
        "pairs", N_("One person with unusually many hours from one leader"),
        N_("A leader who enters far more for one person than for all others. It may be the team's"
           " most faithful member."),
    ),
    Pattern(
        "claims", N_("Claims approved nearly always by the same person"),
        N_("Shown where others approve claims of that team too."),
    ),
)  # fmt: skip
PATTERN_OF = {pattern.key: pattern for pattern in PATTERNS}


class Span(NamedTuple):
    """The dates looked at, both included."""

    from_on: date
    until_on: date


def last_months(until_on: date, months: int) -> Span:
    """Return the so many months that end with a date."""
    year, month = divmod(until_on.year * 12 + until_on.month - 1 - months, 12)
    day = min(until_on.day, monthrange(year, month + 1)[1])
    return Span(date(year, month + 1, day), until_on)


def percent(part: int, whole: int) -> int:
    """Return a share in whole percent; only none of them is 0, and only every one is 100."""
    if part in {0, whole}:
        return 100 if part else 0
    return min(99, max(1, (part * 200 + whole) // (2 * whole)))


def is_crowded(people: int, members: int) -> bool:
    """Tell whether a day's list goes far beyond the team's members."""
    return people >= members + CROWD_MORE and 2 * people >= CROWD_TIMES_OF_TWO * members


class Sitting(NamedTuple):
    """What one person entered for one team's date in one go, most often a list."""

    recorder_id: int
    team_id: int
    service_on: date
    is_list: bool
    records: int
    minutes: int
    has_same_minutes: bool
    guests: int
    is_at_night: bool
    working_days_late: int


@dataclass
class LeaderSum:
    """What one person entered, and how much of it looks alike, was made at night or came late."""

    recorder_id: int
    records: int = 0
    minutes: int = 0
    same: int = 0
    at_night: int = 0
    late: int = 0
    days: set[date] = field(default_factory=set)

    def add(self, sitting: Sitting, least_alike: int) -> None:
        """Count one sitting."""
        self.records += sitting.records
        self.minutes += sitting.minutes
        self.days.add(sitting.service_on)
        is_alike = sitting.is_list and sitting.has_same_minutes and sitting.records >= least_alike
        self.same += sitting.records if is_alike else 0
        self.at_night += sitting.records if sitting.is_at_night else 0
        self.late += sitting.records if sitting.working_days_late > 0 else 0


def leaders_of(sittings: Iterable[Sitting], least_alike: int) -> list[LeaderSum]:
    """Return who entered most, by hours."""
    sums: dict[int, LeaderSum] = {}
    for each in sittings:
        sums.setdefault(each.recorder_id, LeaderSum(each.recorder_id)).add(each, least_alike)
    return sorted(sums.values(), key=lambda one: (-one.minutes, one.recorder_id))[:MOST_ROWS]


class Crowd(NamedTuple):
    """A team's date as one person entered it."""

    recorder_id: int
    team_id: int
    service_on: date
    people: int
    guests: int


def crowds_of(sittings: Iterable[Sitting]) -> list[Crowd]:
    """Return the days that may go beyond the team: everybody who is no guest is a member."""
    days: dict[tuple[int, int, date], tuple[int, int]] = {}
    for each in sittings:
        key = (each.recorder_id, each.team_id, each.service_on)
        people, guests = days.get(key, (0, 0))
        days[key] = (people + each.records, guests + each.guests)
    return [
        Crowd(*key, people, guests)
        for key, (people, guests) in days.items()
        if is_crowded(people, people - guests)
    ]


def latest_of(sittings: Iterable[Sitting]) -> list[Sitting]:
    """Return the sittings that came latest after their date."""
    late = (each for each in sittings if each.working_days_late > 0)
    return sorted(late, key=_by_lateness)[:MOST_ROWS]


def _by_lateness(sitting: Sitting) -> tuple[int, int, date]:
    return (-sitting.working_days_late, -sitting.records, sitting.service_on)


def members_on(spans: Iterable[tuple[int, date, date | None]], on: date) -> int:
    """Return how many people belonged on a date, of spans with a person and its two ends."""
    return len(
        {
            person
            for person, from_on, until_on in spans
            if from_on <= on and (until_on is None or on <= until_on)
        }
    )
