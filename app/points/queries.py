"""The rule versions that apply in an organisation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

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
_LAID = """
SELECT v.id, o.id AS organisation_id, o.name AS organisation_name,
  EXISTS (SELECT 1 FROM entries e WHERE e.rule_version_id = v.id) AS is_used
FROM rule_versions v JOIN organisations o ON o.id = v.organisation_id WHERE v.id IN ?ids
"""
# Those below an organisation that no version of their own frees from its rule on a date.
_GOVERNED = """
WITH RECURSIVE governed (id) AS (
  SELECT id FROM organisations WHERE id = ?
  UNION ALL
  SELECT o.id FROM organisations o JOIN governed g ON o.parent_id = g.id
  WHERE NOT EXISTS (
    SELECT 1 FROM rule_versions v WHERE v.organisation_id = o.id AND v.effective_from <= ?
  )
)
"""
_GOVERNED_IDS = f"{_GOVERNED} SELECT id FROM governed ORDER BY id"
_LAST_CREDITED = f"""{_GOVERNED}
SELECT max(r.service_on) AS day FROM service_records r
WHERE r.organisation_id IN (SELECT id FROM governed) AND r.state = 'approved'
"""
_BY_ID = f"""
SELECT {_COLUMNS} FROM rule_versions v LEFT JOIN rule_rates r ON r.rule_version_id = v.id
WHERE v.id IN ?ids
"""


class Laid(NamedTuple):
    """A rule version, the organisation that laid it down, and whether points came of it."""

    version: RuleVersion
    organisation_id: int
    organisation_name: str
    is_used: bool


def versions_for(session: Session, organisation_id: int) -> tuple[RuleVersion, ...]:
    """Return the versions that rule here, oldest first.

    The nearest organisation up the tree decides from its first version on; dates before that
    are ruled as by those above it.
    """
    kept: list[Any] = []
    decided_from = date.max
    for _, rows in groupby(fetch(session, _FOR, organisation_id), lambda row: row.height):
        earlier = [row for row in rows if day_of(row.effective_from) < decided_from]
        if earlier:
            decided_from = day_of(earlier[0].effective_from)
            kept = earlier + kept
    return tuple(_versions(kept).values())


def laid_down(session: Session, versions: Iterable[RuleVersion]) -> list[Laid]:
    """Return, for versions in their order, whose they are and whether points came of them."""
    wanted = list(versions)
    rows = fetch(session, _LAID, [version.id for version in wanted])
    about = {row.id: row for row in rows}
    return [
        Laid(
            version,
            about[version.id].organisation_id,
            about[version.id].organisation_name,
            bool(about[version.id].is_used),
        )
        for version in wanted
    ]


def governed_by(session: Session, organisation_id: int, on: date) -> list[int]:
    """Return the organisations whose service on a date a version laid down here would rule."""
    return [row.id for row in fetch(session, _GOVERNED_IDS, organisation_id, on)]


def last_credited_on(session: Session, organisation_id: int, on: date) -> date | None:
    """Return the latest service date credited where a version from a date on would rule."""
    found = fetch(session, _LAST_CREDITED, organisation_id, on)[0].day
    return None if found is None else day_of(found)


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
