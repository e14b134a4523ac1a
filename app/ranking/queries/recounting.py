"""The same ranking from the records themselves: what the kept standings must agree with."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.bulk import allow_long_statements, fetch
from app.ranking.queries.scopes import Scope, narrowed_to
from app.ranking.rules import Row, ranked

_RECOUNT = """
SELECT coalesce(v.number, ''), v.name, c.minutes, c.dates, c.service_days, c.points_hundredths
FROM (
  SELECT s.volunteer_id, CAST(sum(s.minutes) AS bigint) AS minutes,
    count(DISTINCT s.service_on) AS dates,
    count(DISTINCT CASE WHEN s.is_service_day THEN s.service_on END) AS service_days,
    CAST(sum(s.points_hundredths) AS bigint) AS points_hundredths
  FROM service_records s
  WHERE s.state = 'approved' AND s.service_on BETWEEN ? AND ?
    AND s.organisation_id IN ?ids {narrowed}
  GROUP BY s.volunteer_id
) c JOIN volunteers v ON v.id = c.volunteer_id
"""


def recounted(session: Session, scope: Scope) -> list[tuple[int, Row]]:
    """Return everyone with a record in the scope, in the default order, counted from records."""
    allow_long_statements(session)
    narrowed, values = narrowed_to(scope)
    rows = fetch(
        session,
        _RECOUNT.format(narrowed=narrowed),
        date(scope.year, 1, 1),
        date(scope.year, 12, 31),
        list(scope.organisation_ids),
        *values,
    )
    return ranked(map(Row._make, rows))
