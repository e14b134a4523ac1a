"""What stands in the books about the people and dates concerned, read once in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.service.operations.grounds import Ground
from app.service.operations.lines import DayCount, DayKey
from app.service.operations.records import (
    _ONE_DAY,
    _RECORD,
    Kept,
    existing,
    kept_of,
    records_standing,
)
from app.service.rules import (
    Existing,
    counts_as_service_day,
)

_BY_EXTERNAL_ID = _RECORD + (
    "WHERE root_id IN ?ids AND external_id IN ?words "
    "AND state IN ('draft', 'submitted', 'approved')"
)
_SERVICE_DAYS = """
SELECT volunteer_id, service_on, id FROM service_records
WHERE volunteer_id IN ?ids AND service_on BETWEEN ? AND ? AND state = 'approved' AND is_service_day
"""


# A record that crossed midnight is two.
PARTS = (1, 2)


@dataclass
class Standing:
    """The records judged against, which grow as lines are accepted."""

    days: dict[tuple[int, date], list[Existing]] = field(default_factory=dict)
    # Approved dates that count as service day, by person and month: each with its records.
    service_days: dict[tuple[int, int, int], dict[date, set[int]]] = field(default_factory=dict)
    # By root and part, then by external id: an import may bring 100,000.
    externals: dict[tuple[int, int], dict[str, Existing]] = field(default_factory=dict)
    counts: dict[DayKey, DayCount] = field(default_factory=dict)

    def external(self, key: tuple[int, str]) -> dict[int, Existing]:
        """Return the records that bear an external id, by their part."""
        root_id, external_id = key
        found = ((part, self.externals.get((root_id, part), {}).get(external_id)) for part in PARTS)
        return {part: record for part, record in found if record is not None}

    def add_external(self, key: tuple[int, str], part: int, record: Existing) -> None:
        """Let a record bear an external id."""
        root_id, external_id = key
        self.externals.setdefault((root_id, part), {})[external_id] = record

    def add(self, record: Existing) -> None:
        """Let a record fill its day from here on."""
        self.days.setdefault((record.volunteer_id, record.service_on), []).append(record)

    def add_service_day(self, volunteer_id: int, on: date, record_id: int) -> None:
        """Remember which date stands as the person's service day of that month."""
        month = self.service_days.setdefault((volunteer_id, on.year, on.month), {})
        month.setdefault(on, set()).add(record_id)

    def counts_as_service_day(
        self, volunteer_id: int, ground: Ground, without: frozenset[int] = frozenset()
    ) -> bool:
        """Say whether this date counts: at most one does per person and month."""
        if not ground.may_be_service_day:
            return False
        on = ground.service_on
        month = self.service_days.get((volunteer_id, on.year, on.month), {})
        taken = [day for day, record_ids in month.items() if record_ids - without]
        return counts_as_service_day(on, taken, ground.substitutes, ground.settings.service_day)


def standing_of(
    session: Session,
    volunteer_ids: list[int],
    dates: Iterable[date],
    *,
    service_days: bool,
    records: Sequence[Kept] | None = None,
) -> Standing:
    """Return what stands about these people on these dates.

    `service_days`: one of the dates may count as service day, so its month is looked at too.
    `records`: those standing on these dates, where they have been read under the same locks.
    """
    standing = Standing()
    wanted = set(dates)
    if not wanted or not volunteer_ids:
        return standing
    first_on, last_on = min(wanted), max(wanted)
    if records is None:
        records = records_standing(session, volunteer_ids, first_on, last_on)
    for kept in records:
        _take_in(standing, kept)
    if service_days:
        first, last = first_on.replace(day=1), _month_end(last_on)
        for volunteer_id, on, record_id in fetch(
            session, _SERVICE_DAYS, volunteer_ids, first, last
        ):
            standing.add_service_day(volunteer_id, day_of(on), record_id)
    return standing


def _take_in(standing: Standing, kept: Kept) -> None:
    # A proposed correction takes no room: the record it corrects still fills the day.
    if not (kept.corrects_id is not None and kept.state == "submitted"):
        standing.add(existing(kept))
    if kept.state == "approved":
        before = standing.counts.get(kept.day_key, DayCount())
        standing.counts[kept.day_key] = DayCount(
            before.records + 1, before.service_days + bool(kept.is_service_day)
        )


def _month_end(on: date) -> date:
    if (on.year, on.month) == (date.max.year, 12):
        return date.max
    return (on.replace(day=28) + timedelta(days=4)).replace(day=1) - _ONE_DAY


def read_externals(
    session: Session, standing: Standing, root_ids: list[int], external_ids: list[str]
) -> None:
    """Add the records that bear one of these external ids, by their part."""
    if not external_ids:
        return
    for row in fetch(session, _BY_EXTERNAL_ID, root_ids, external_ids):
        kept = kept_of(row)
        standing.add_external((kept.root_id, str(kept.external_id)), kept.part, existing(kept))
