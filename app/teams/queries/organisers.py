"""Who organises an organisation, by itself or from above."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.organisations.queries import ancestors_of

_ORGANISERS = """
SELECT DISTINCT r.login_id FROM roles r JOIN logins l ON l.id = r.login_id
WHERE r.role = 'organiser' AND r.organisation_id IN ?ids AND NOT l.is_suspended
  AND r.from_on <= ? AND (r.until_on IS NULL OR r.until_on >= ?)
"""


def organisers_above(session: Session, organisation_id: int, on: date) -> set[int]:
    """Return the logins that organise an organisation or one above it on a date."""
    above = ancestors_of(session, organisation_id)
    return {row[0] for row in fetch(session, _ORGANISERS, above, on, on)}
