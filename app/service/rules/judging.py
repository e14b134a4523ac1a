"""When a service record counts: repeats, conflicts, overlaps and the daily limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from app.errors import N_, RuleBroken
from app.service.rules.moves import COUNTED_STATES, PENDING_STATES
from app.service.rules.parts import DAY_MINUTES, check_range, format_time

DAILY_LIMIT_MINUTES = 480
HARD_LIMIT_MINUTES = 720


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
