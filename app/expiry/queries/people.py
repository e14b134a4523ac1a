"""Who is looked at in a round."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.bulk import driver_instant, fetch
from app.expiry.queries.houses import MOVED_OTHERWISE, House
from app.ledger.histories import credited_after, last_entry_before

_AMONG = "SELECT id, organisation_id FROM volunteers WHERE id IN ?ids AND organisation_id IN ?ids"
_LATE_AWARDS = """
SELECT DISTINCT volunteer_id FROM service_records
WHERE award_entry_id > ? AND service_on <= ? AND root_id = ?
"""
_MOVED = """
SELECT DISTINCT subject_id FROM trail WHERE operation = 'move_person' AND at >= ?
  AND after LIKE ? ORDER BY subject_id
"""


def among(
    session: Session, volunteer_ids: Collection[int], houses: Mapping[int, House]
) -> dict[int, House]:
    """Return those of some people whose points expire, each with the terms."""
    rows = fetch(session, _AMONG, sorted(volunteer_ids), sorted(houses))
    return {row[0]: houses[row[1]] for row in rows}


def late_since(session: Session, root_id: int, at: datetime, before_year: int) -> list[int]:
    """Return who may have got points after their time, or back, since an instant.

    Service counts as late before a year; of other credits any may be.
    """
    entry_id = last_entry_before(session, at)
    last_on = date(before_year - 1, 12, 31)
    awards = fetch(session, _LATE_AWARDS, entry_id, last_on, root_id)
    found = {row[0] for row in awards} | set(credited_after(session, root_id, entry_id))
    return sorted(found)


def moved_since(session: Session, at: datetime) -> list[int]:
    """Return who came to an organisation where points end otherwise, since an instant."""
    return [row[0] for row in fetch(session, _MOVED, driver_instant(session, at), MOVED_OTHERWISE)]
