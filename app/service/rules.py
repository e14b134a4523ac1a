"""When a service record counts, who has to approve it, and until when it may be undone.

Minutes of the day run from 0 (00:00) to 1440 (24:00).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from app.errors import N_, RuleBroken
from app.service.calendar import WorkingCalendar

State = Literal["draft", "submitted", "approved", "rejected", "reversed"]

LEAST_MINUTES = 1
MOST_MINUTES = 1440
DAY_MINUTES = 1440
DAILY_LIMIT_MINUTES = 480
HARD_LIMIT_MINUTES = 720
TIMELY_WORKING_DAYS = 10
UNDO_WORKING_DAYS = 10
SERVICE_DAY = 28
SERVICE_MONTH = 3
STAR_THRESHOLDS_HOURS = (100, 300, 600, 1000, 1500)

# Minutes in these states fill the day and may not overlap.
COUNTED_STATES = frozenset({"submitted", "approved"})
# Claims in these states wait for somebody; an entitled person's entry settles them.
PENDING_STATES = frozenset({"draft", "submitted"})


class Candidate(NamedTuple):
    """A service record about to be made, lying within one civil date."""

    volunteer_id: int
    team_id: int
    service_on: date
    minutes: int
    starts_minute: int | None
    content: str
    external_id: str | None
    is_claim: bool = False


class Existing(NamedTuple):
    """A draft, submitted or approved record the candidate is held against."""

    record_id: int
    volunteer_id: int
    team_id: int
    service_on: date
    minutes: int
    starts_minute: int | None
    content: str
    external_id: str | None
    state: str
    is_claim: bool = False


class Judgement(NamedTuple):
    """What becomes of a candidate that is not refused.

    `record_id` is the record repeated, or (over_limit) the last one of that day.
    """

    outcome: Literal["accept", "over_limit", "repeat"]
    record_id: int | None = None
    held_minutes: int = 0
    total_minutes: int = 0


class Part(NamedTuple):
    """The share of an interval that lies on one civil date."""

    service_on: date
    starts_minute: int | None
    minutes: int


class BadDuration(RuleBroken):
    """The minutes lie outside 1 to 1440."""

    code = "bad_duration"
    message = N_("A service record has %(least)s to %(most)s minutes; this one has %(minutes)s.")


class BadStart(RuleBroken):
    """The start lies outside the day."""

    code = "bad_time"
    message = N_("A service starts between 00:00 and 23:59.")


class FutureDate(RuleBroken):
    """The service date has not come yet."""

    code = "future_date"
    message = N_("Service on %(service_on)s lies in the future; today is %(today)s.")


class Conflict(RuleBroken):
    """The external id already names a record with other content."""

    code = "conflict"
    message = N_(
        "External id %(external_id)s belongs to record %(record)s"
        " (%(held_on)s, %(held)s minutes), whose content differs from this one."
    )


class Overlap(RuleBroken):
    """The interval overlaps one that counts already."""

    code = "overlap"
    message = N_(
        "Record %(record)s runs from %(held_from)s to %(held_until)s;"
        " this one, from %(starts)s to %(ends)s, overlaps it."
    )


class DailyLimit(RuleBroken):
    """The day would hold more minutes than it may, together with other records."""

    code = "daily_limit"
    message = N_(
        "This day holds %(held)s of %(limit)s minutes;"
        " record %(record)s and this one make %(total)s."
    )


class DailyLimitAlone(DailyLimit):
    """The record alone is longer than a day may be."""

    message = N_("A day holds at most %(limit)s minutes; this record alone has %(total)s.")


class WrongMove(RuleBroken):
    """A record cannot go from its state to the one asked for."""

    code = "wrong_state"
    message = N_("A record that is %(state)s cannot become %(target)s.")


def split_at_midnight(
    service_on: date, starts_minute: int | None, minutes: int
) -> tuple[Part, ...]:
    """Return the one or two parts of an interval, one per civil date."""
    check_range(starts_minute, minutes)
    if starts_minute is None or starts_minute + minutes <= DAY_MINUTES:
        return (Part(service_on, starts_minute, minutes),)
    before_midnight = DAY_MINUTES - starts_minute
    return (
        Part(service_on, starts_minute, before_midnight),
        Part(service_on + timedelta(days=1), 0, minutes - before_midnight),
    )


def check_range(starts_minute: int | None, minutes: int) -> None:
    """Refuse minutes outside 1 to 1440 and a start outside the day."""
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise BadDuration(least=LEAST_MINUTES, most=MOST_MINUTES, minutes=minutes)
    if starts_minute is not None and not 0 <= starts_minute < DAY_MINUTES:
        raise BadStart(starts_minute=starts_minute)


def judge(
    candidate: Candidate,
    same_day: Sequence[Existing],
    *,
    today: date,
    daily_limit: int = DAILY_LIMIT_MINUTES,
    hard_limit: int = HARD_LIMIT_MINUTES,
    held_external: Existing | None = None,
    keep_both: bool = False,
) -> Judgement:
    """Judge one candidate against the volunteer's records of that date, or refuse it.

    `same_day` holds draft, submitted and approved records of that volunteer and date;
    others are passed over. `held_external` is the one with the candidate's external id,
    of whatever volunteer and date; of a record in two parts, the part of the same number.
    The first broken rule is the one reported.
    """
    check_range(candidate.starts_minute, candidate.minutes)
    if (candidate.starts_minute or 0) + candidate.minutes > DAY_MINUTES:
        raise ValueError("split the interval at midnight before judging it")
    if candidate.service_on > today:
        raise FutureDate(service_on=candidate.service_on, today=today)
    of_that_day = [record for record in same_day if _bears_on(candidate, record)]
    repeated = _repeated(candidate, of_that_day, held_external, keep_both)
    if repeated is not None:
        return Judgement("repeat", repeated.record_id)
    counted = [record for record in of_that_day if record.state in COUNTED_STATES]
    _check_overlap(candidate, counted)
    return _judge_limit(candidate, counted, daily_limit, hard_limit)


def limit_refusal(candidate: Candidate, judgement: Judgement, limit: int) -> DailyLimit:
    """Return the refusal of a candidate judged over the limit, where nobody can accept it."""
    figures = {
        "held": judgement.held_minutes,
        "limit": limit,
        "record": judgement.record_id,
        "total": judgement.total_minutes,
        "minutes": candidate.minutes,
    }
    return DailyLimit(**figures) if judgement.held_minutes else DailyLimitAlone(**figures)


def claims_settled_by(entry: Candidate, same_day: Iterable[Existing]) -> tuple[int, ...]:
    """Return the pending claims of that person, team and date, which an entry settles."""
    return tuple(
        record.record_id
        for record in same_day
        if record.is_claim
        and record.state in PENDING_STATES
        and record.team_id == entry.team_id
        and _is_same_day(entry, record)
    )


def _is_same_day(candidate: Candidate, record: Existing) -> bool:
    return (
        record.volunteer_id == candidate.volunteer_id and record.service_on == candidate.service_on
    )


def _bears_on(candidate: Candidate, record: Existing) -> bool:
    """A pending claim never blocks an entitled person's entry."""
    if record.is_claim and not candidate.is_claim and record.state in PENDING_STATES:
        return False
    return _is_same_day(candidate, record)


def _repeated(
    candidate: Candidate,
    of_that_day: Iterable[Existing],
    held_external: Existing | None,
    keep_both: bool,
) -> Existing | None:
    """Return the record the candidate repeats; an external id decides alone."""
    if candidate.external_id is not None:
        if held_external is not None and not _is_same_content(candidate, held_external):
            raise _conflict(candidate.external_id, held_external)
        return held_external
    if keep_both and candidate.starts_minute is None:
        return None
    return next((held for held in of_that_day if _is_same_content(candidate, held)), None)


def _is_same_content(candidate: Candidate, held: Existing) -> bool:
    """The first six fields of both say what was done: volunteer, team, date, time, content."""
    return candidate[:6] == held[1:7]


def _conflict(external_id: str, held: Existing) -> Conflict:
    return Conflict(
        external_id=external_id, record=held.record_id, held_on=held.service_on, held=held.minutes
    )


def _check_overlap(candidate: Candidate, counted: Iterable[Existing]) -> None:
    """Touching is no overlap; without a start time there is no interval."""
    starts = candidate.starts_minute
    if starts is None:
        return
    ends = starts + candidate.minutes
    for held in counted:
        held_from = held.starts_minute
        if held_from is None:
            continue
        held_until = held_from + held.minutes
        if starts < held_until and held_from < ends:
            raise Overlap(
                record=held.record_id,
                held_from=format_time(held_from),
                held_until=format_time(held_until),
                starts=format_time(starts),
                ends=format_time(ends),
            )


def _judge_limit(
    candidate: Candidate, counted: Sequence[Existing], daily_limit: int, hard_limit: int
) -> Judgement:
    held = sum(record.minutes for record in counted)
    total = held + candidate.minutes
    if total <= daily_limit:
        return Judgement("accept", None, held, total)
    last = max((record.record_id for record in counted), default=None)
    judgement = Judgement("over_limit", last, held, total)
    # An organisation may set its daily limit above the hard one.
    most = max(daily_limit, hard_limit)
    if total > most:
        raise limit_refusal(candidate, judgement, most)
    return judgement


def format_time(minute: int) -> str:
    """Return a minute of the day as 08:05; the end of the day is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


# Which state may follow which. Entering and approving in one step is still two moves.
MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"submitted"}),
    "submitted": frozenset({"approved", "rejected"}),
    "approved": frozenset({"reversed"}),
    "rejected": frozenset(),
    "reversed": frozenset(),
}

# How the refusal of a move names a state.
STATE_NAMES: Mapping[str, str] = {
    "draft": N_("draft"),
    "submitted": N_("submitted"),
    "approved": N_("approved"),
    "rejected": N_("rejected"),
    "reversed": N_("reversed"),
}


def check_move(state: str, target: str) -> None:
    """Refuse a skip, a step back and a state unknown."""
    if target not in MOVES.get(state, frozenset()):
        raise WrongMove(state=state, target=target)


Reason = Literal["own_row", "late", "over_limit", "two_people", "new_person"]


class Route(NamedTuple):
    """Whether an entry is approved in the same step, or for whom it waits and why.

    A co-leader's approval may always be given by an organiser instead.
    `needs_reason`: whoever approves says why (over the daily limit).
    """

    approved: bool
    waits_for: Literal["co_leader", "organiser"] | None = None
    reason: Reason | None = None
    needs_reason: bool = False


def route_entry(
    *,
    enters_as: Literal["leader", "organiser"],
    own_row: bool,
    timely: bool,
    over_limit: bool,
    two_people: bool,
    new_person: bool,
) -> Route:
    """Say who approves an entry. `own_row`: for themselves or for someone they act for."""
    if enters_as == "organiser":
        return _route_of_organiser(own_row, over_limit, two_people)
    return _route_of_leader(own_row, timely, over_limit, two_people, new_person)


def _route_of_leader(
    own_row: bool, timely: bool, over_limit: bool, two_people: bool, new_person: bool
) -> Route:
    """What only an organiser may settle goes first: a co-leader could not approve it."""
    if new_person:
        return Route(False, "organiser", "new_person", over_limit)
    if over_limit:
        return Route(False, "organiser", "over_limit", True)
    if not timely:
        return Route(False, "organiser", "late")
    if own_row:
        return Route(False, "co_leader", "own_row")
    if two_people:
        return Route(False, "co_leader", "two_people")
    return Route(True)


def _route_of_organiser(own_row: bool, over_limit: bool, two_people: bool) -> Route:
    """Organisers are not bound by timeliness, and over the limit they give the reason."""
    if own_row:
        return Route(False, "organiser", "own_row", over_limit)
    if two_people:
        return Route(False, "organiser" if over_limit else "co_leader", "two_people", over_limit)
    return Route(True, needs_reason=over_limit)


def working_days_after(on: date, count: int, calendar: WorkingCalendar) -> date:
    """Return the date of the count-th working day after this date."""
    return calendar.working_days_after(on, count)


def is_timely(
    service_on: date,
    entered_on: date,
    *,
    calendar: WorkingCalendar,
    working_days: int = TIMELY_WORKING_DAYS,
) -> bool:
    """Say whether an entry came within so many working days after the service."""
    return entered_on <= calendar.working_days_after(service_on, working_days)


def may_undo(
    entered_on: date,
    today: date,
    calendar: WorkingCalendar,
    working_days: int = UNDO_WORKING_DAYS,
    year_under_notice: bool = False,
) -> bool:
    """Say whether a leader may still undo their own entry."""
    if year_under_notice:
        return False
    return today <= calendar.working_days_after(entered_on, working_days)


def is_service_day(
    service_on: date,
    substitutes: Mapping[tuple[int, int], date],
    service_day: int = SERVICE_DAY,
) -> bool:
    """Say whether the date is its month's service day, or the substitute of it."""
    if service_on.day == service_day:
        return True
    return substitutes.get((service_on.year, service_on.month)) == service_on


def counts_as_service_day(
    service_on: date,
    counted_days_in_month: Collection[date],
    substitutes: Mapping[tuple[int, int], date],
    service_day: int = SERVICE_DAY,
) -> bool:
    """Say whether a service counts as on a service day: at most one per person and month.

    `counted_days_in_month`: the dates this person's service counted so already, that month.
    """
    if any(counted != service_on for counted in counted_days_in_month):
        return False
    return is_service_day(service_on, substitutes, service_day)


def is_service_month(service_on: date, month: int = SERVICE_MONTH) -> bool:
    """Say whether the date lies in the service month."""
    return service_on.month == month


class Stars(NamedTuple):
    """A star level; at the highest one nothing is missing and there is no next."""

    level: int
    next_threshold_hours: int | None
    missing_minutes: int


def star_level(minutes: int, thresholds_hours: Sequence[int] = STAR_THRESHOLDS_HOURS) -> Stars:
    """Return the star level reached by lifetime served minutes, and what the next one takes."""
    for level, hours in enumerate(thresholds_hours):
        if minutes < hours * 60:
            return Stars(level, hours, hours * 60 - minutes)
    return Stars(len(thresholds_hours), None, 0)
