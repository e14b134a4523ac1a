"""What counts once when two people turn out to be one, and what either still owes the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from app.errors import N_, NotAllowed, RuleBroken

ONE_DAY = timedelta(days=1)
# same: logged twice. overlaps: at the same time as something else. left_out: more than a day holds.
Fate = Literal["moves", "over_limit", "same", "overlaps", "left_out"]
COUNTED_ONCE: frozenset[str] = frozenset({"same", "overlaps", "left_out"})


class Service(NamedTuple):
    """A record as the two books are held against each other."""

    id: int
    # Both halves of a service across midnight share one fate.
    group_id: int
    volunteer_id: int
    team_id: int
    service_on: date
    minutes: int
    starts_minute: int | None
    content: str
    daily_limit_minutes: int
    hard_limit_minutes: int


class Verdict(NamedTuple):
    """What becomes of one record of whoever goes.

    `with_id`: the record it collides with. `day_minutes`: what the day would hold with it.
    """

    service: Service
    fate: Fate
    with_id: int | None = None
    day_minutes: int = 0


class JoinedAlready(RuleBroken):
    """One of the two was joined with somebody before, or still waits to be confirmed."""

    code = "joined_already"
    message = N_("%(name)s was joined with another person already, or waits to be confirmed.")


class ReasonMissing(RuleBroken):
    code = "reason_missing"
    message = N_("Say in a few words how you know that these are one person.")


class OneOfThemIsYou(NotAllowed):
    """The organiser is one of the two, acts for one, or was let in by one's code (I-12)."""

    code = "own_record"
    message = N_(
        "One of the two is you, somebody you act for, or whoever opened your account. Another"
        " organiser above both can join them."
    )


class OutOfReach(NotAllowed):
    """Some of the hours were served with teams the organiser is not above."""

    code = "out_of_reach"
    message = N_(
        "%(count)s records were served with teams that you do not organise (%(teams)s). An"
        " organiser above these teams can join the two."
    )


class RecordedByYou(NotAllowed):
    """Two people are needed for what the organiser recorded."""

    code = "second_person"
    message = N_(
        "You recorded %(count)s of the records, and two people are needed for them. Another"
        " organiser above these teams can join the two."
    )


class HoldsRole(RuleBroken):
    """Rights never move with a number."""

    code = "holds_role"
    message = N_(
        "%(name)s (%(number)s) leads a team or holds a role. Roles do not go along: end them"
        " first, or keep this person instead."
    )


class StillOpen(RuleBroken):
    """A promised answer belongs to the one who asked."""

    code = "still_open"
    message = N_(
        "%(name)s (%(number)s) waits for an answer: %(disputes)s disputes, %(objections)s"
        " objections and %(adjustments)s adjustments. Answer these first."
    )


class DecidedForOneself(RuleBroken):
    """By the other number somebody decided on what is theirs (I-12)."""

    code = "decided_for_oneself"
    message = N_(
        "With the sign-in of %(number)s, %(count)s decisions were taken about the other of the"
        " two: that would be one's own. Another organiser has to take them back first."
    )


class SpentAlready(RuleBroken):
    """What counted twice was spent: only two people can cover that."""

    code = "would_go_below_zero"
    message = N_(
        "What was counted twice is spent already: %(minutes_missing)s minutes and"
        " %(points_missing)s points are missing. Take the record concerned back first; two people"
        " can cover what is missing."
    )


class BooksMoved(RuleBroken):
    """Between the preview and the click something of the two changed."""

    code = "moved_meanwhile"
    message = N_(
        "Something of these two changed since you looked. Nothing was done; look at the preview"
        " again."
    )


def hold_against(standing: Iterable[Service], coming: Iterable[Service]) -> dict[int, Verdict]:
    """Return the fate of each record that would come to somebody's books, by its id.

    What comes counts for what comes after it; what two people's books say alike counts once.
    """
    days: dict[date, list[Service]] = {}
    for each in standing:
        days.setdefault(each.service_on, []).append(each)
    verdicts: dict[int, Verdict] = {}
    for group in _groups(coming):
        judged = [_judged(each, days.get(each.service_on, ())) for each in group]
        worst = next((one for one in judged if one.fate in COUNTED_ONCE), None)
        for each, one in zip(group, judged, strict=True):
            if worst is not None:
                # Of a night neither half goes over without the other.
                one = one if one.fate in COUNTED_ONCE else one._replace(fate=worst.fate)
            else:
                days.setdefault(each.service_on, []).append(each)
            verdicts[each.id] = one
    return verdicts


def _groups(coming: Iterable[Service]) -> list[list[Service]]:
    groups: dict[int, list[Service]] = {}
    for each in sorted(coming, key=lambda one: (one.service_on, one.starts_minute or 0, one.id)):
        groups.setdefault(each.group_id, []).append(each)
    return list(groups.values())


def _judged(each: Service, day: Sequence[Service]) -> Verdict:
    total = each.minutes + sum(other.minutes for other in day)
    others = [other for other in day if other.volunteer_id != each.volunteer_id]
    for other in others:
        if _says_the_same(each, other):
            return Verdict(each, "same", other.id, total)
    for other in others:
        if _overlap(each, other):
            return Verdict(each, "overlaps", other.id, total)
    if others and total > each.hard_limit_minutes:
        return Verdict(each, "left_out", others[0].id, total)
    return Verdict(each, "over_limit" if total > each.daily_limit_minutes else "moves", None, total)


def _says_the_same(one: Service, other: Service) -> bool:
    return (one.team_id, one.minutes, one.starts_minute, one.content) == (
        *(other.team_id, other.minutes, other.starts_minute, other.content),
    )


def _overlap(one: Service, other: Service) -> bool:
    if one.starts_minute is None or other.starts_minute is None:
        return False
    return (
        one.starts_minute < other.starts_minute + other.minutes
        and other.starts_minute < one.starts_minute + one.minutes
    )


# ── what either owes the other ────────────────────────────────────────────────────────────


def settled_by_year(earned: Mapping[int, int], left: Mapping[int, int]) -> dict[int, int]:
    """Return what the kept person gives the other, per year, so that both come out right.

    `earned`: the points that are about to be taken back from the other and awarded anew.
    `left`: what the other has of each year. Spent points are given, others' are received.
    """
    years = {year: earned.get(year, 0) - left.get(year, 0) for year in earned.keys() | left.keys()}
    return {year: amount for year, amount in sorted(years.items()) if amount}


# ── memberships ───────────────────────────────────────────────────────────────────────────

Span = tuple[date, date | None]


def outside(span: Span, others: Iterable[Span]) -> list[Span]:
    """Return the parts of a span of dates that lie in none of the others; ends are included."""
    parts = [span]
    for from_on, until_on in others:
        parts = [piece for part in parts for piece in _cut(part, from_on, until_on)]
    return parts


def _cut(part: Span, from_on: date, until_on: date | None) -> list[Span]:
    begins, ends = part
    if (ends is not None and ends < from_on) or (until_on is not None and until_on < begins):
        return [part]
    pieces: list[Span] = []
    if begins < from_on:
        pieces.append((begins, from_on - ONE_DAY))
    if until_on is not None and (ends is None or ends > until_on):
        pieces.append((until_on + ONE_DAY, ends))
    return pieces
