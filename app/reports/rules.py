"""Months as the calendar of a place has them, and how a month's points add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

# Three years in one chart; more are asked for year by year.
MOST_MONTHS = 36
EARLIEST = date(2000, 1, 1)
# By kind of entry what it gave and what it took.
Kinds = dict[str, tuple[int, int]]


class Flow(NamedTuple):
    """One month's points in hundredths, each as it changed what people hold."""

    month: date
    served: int
    opening: int
    raised: int
    reversed: int
    redeemed: int
    refunded: int
    expired: int
    lowered: int
    covered: int
    transferred: int
    # What all hold at the month's end.
    outstanding: int

    @property
    def issued(self) -> int:
        """What was newly given: for service, out of paper books, by adjustments upwards."""
        return self.served + self.opening + self.raised

    @property
    def other(self) -> int:
        """What neither serving nor the shelf moved: covered shortfalls and transfers."""
        return self.covered + self.transferred

    @property
    def change(self) -> int:
        """What the month added to what people hold."""
        return sum(self[1:-1])


def month_of(on: date) -> date:
    """Return the first day of a date's month."""
    return on.replace(day=1)


def months_on(month: date, count: int) -> date:
    """Return the month so many months later (or, negative, earlier)."""
    year, place = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(year, place + 1, 1)


def months_of(first: date, last: date) -> list[date]:
    """Return the months from one to another, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [months_on(first, place) for place in range(count)]


def span_of(first: date, last: date, *, this_month: date) -> tuple[date, date]:
    """Return a span in its order, without months to come, and no longer than can be drawn."""
    first, last = sorted(max(EARLIEST, min(each, this_month)) for each in (first, last))
    return max(first, months_on(last, 1 - MOST_MONTHS)), last


def bounds_of(months: Sequence[date], zone: str) -> list[datetime]:
    """Return the instants at which the months begin in a time zone, and at which the last ends."""
    begins = [*months, months_on(months[-1], 1)]
    return [datetime.combine(each, time(), ZoneInfo(zone)).astimezone(UTC) for each in begins]


def flows_of(sums: Iterable[tuple[int, str, int, int]], months: Sequence[date]) -> list[Flow]:
    """Return each month's points from (period, kind, gained, lost), as the ledger adds them up.

    Period 0 is all that came before: what people held when the first month began.
    """
    by_period: dict[int, Kinds] = {}
    for period, kind, gained, lost in sums:
        by_period.setdefault(period, {})[kind] = gained, lost
    outstanding = sum(gained + lost for gained, lost in by_period.get(0, {}).values())
    flows: list[Flow] = []
    for place, month in enumerate(months, start=1):
        flow = _flow(month, by_period.get(place, {}))
        outstanding += flow.change
        flows.append(flow._replace(outstanding=outstanding))
    return flows


def total_of(flows: Sequence[Flow]) -> Flow:
    """Return the months together; what is outstanding is so at the end of the last."""
    columns = zip(*(flow[1:-1] for flow in flows), strict=True)
    return Flow._make([flows[0].month, *map(sum, columns), flows[-1].outstanding])


def _flow(month: date, kinds: Kinds) -> Flow:
    net = {kind: gained + lost for kind, (gained, lost) in kinds.items()}
    raised, lowered = kinds.get("adjustment", (0, 0))
    return Flow(
        month,
        served=net.get("service", 0),
        opening=net.get("opening", 0),
        raised=raised,
        reversed=net.get("reversal", 0),
        redeemed=net.get("redemption", 0),
        refunded=net.get("refund", 0),
        expired=net.get("expiry", 0),
        lowered=lowered,
        covered=net.get("shortfall", 0),
        transferred=net.get("transfer", 0),
        outstanding=0,
    )
