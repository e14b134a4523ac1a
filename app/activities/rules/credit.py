"""How many minutes a check-in earns, as a proposal that the leader confirms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple


class Credit(NamedTuple):
    """What is proposed for one person.

    `is_forgotten`: nobody checked out, so the planned end stands for it. `is_capped`: they
    stayed longer than counts.
    """

    minutes: int
    is_forgotten: bool = False
    is_capped: bool = False


def credit_of(
    *,
    in_at: datetime,
    out_at: datetime | None,
    planned_end_at: datetime,
    planned_minutes: int,
    over_plan_minutes: int,
    now: datetime,
) -> Credit:
    """Return the checked interval, at most the plan and what is allowed over it.

    Hours never grow by themselves: without a check-out the planned end is proposed, however
    late it is; somebody who came after the planned end and never went has none.
    """
    ends_at = out_at if out_at is not None else min(planned_end_at, max(now, in_at))
    served = _whole_minutes(ends_at - in_at)
    most = planned_minutes + over_plan_minutes
    return Credit(
        minutes=max(0, min(served, most)),
        is_forgotten=out_at is None,
        is_capped=served > most,
    )


def _whole_minutes(span: timedelta) -> int:
    """Round half up to the minute; seconds at either end belong to nobody."""
    seconds = span.days * 86400 + span.seconds
    return (seconds + 30) // 60
