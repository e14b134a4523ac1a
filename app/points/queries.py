"""The rule versions that apply in an organisation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.points.rules import RuleVersion

_COLUMNS = """
  v.id, v.effective_from, v.service_day_percent, v.service_month_percent, v.step_hundredths,
  r.colour_id, r.hundredths_per_hour
"""
_FOR = f"""
WITH RECURSIVE above (id, parent_id, height) AS (
  SELECT id, parent_id, 0 FROM organisations WHERE id = ?
  UNION ALL
  SELECT o.id, o.parent_id, a.height + 1 FROM organisations o JOIN above a ON o.id = a.parent_id
)
SELECT {_COLUMNS}, a.height FROM above a JOIN rule_versions v ON v.organisation_id = a.id
LEFT JOIN rule_rates r ON r.rule_version_id = v.id ORDER BY a.height, v.effective_from
"""
_BY_ID = f"""
SELECT {_COLUMNS} FROM rule_versions v LEFT JOIN rule_rates r ON r.rule_version_id = v.id
WHERE v.id IN ?ids
"""


def versions_for(session: Session, organisation_id: int) -> tuple[RuleVersion, ...]:
    """Return the versions of the nearest organisation, up the tree, that has any; oldest first."""
    rows = fetch(session, _FOR, organisation_id)
    nearest = [row for row in rows if row.height == rows[0].height]
    return tuple(_versions(nearest).values())


def versions_by_id(session: Session, version_ids: Iterable[int]) -> dict[int, RuleVersion]:
    """Return rule versions by id, to explain lines that were credited by them."""
    return _versions(fetch(session, _BY_ID, sorted(set(version_ids))))


def _versions(rows: Sequence[Any]) -> dict[int, RuleVersion]:
    rates: dict[int, dict[int, int]] = {}
    for row in rows:
        held = rates.setdefault(row.id, {})
        if row.colour_id is not None:
            held[row.colour_id] = row.hundredths_per_hour
    return {
        row.id: RuleVersion(
            row.id,
            day_of(row.effective_from),
            row.service_day_percent,
            row.service_month_percent,
            row.step_hundredths,
            rates[row.id],
        )
        for row in rows
    }
