"""The numbers of the certificates that hold, as an announcement of awards shows them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.bulk import fetch

_HOLDING = """
SELECT c.award_id, c.number FROM certificates c
WHERE c.award_id IN ?ids
  AND NOT EXISTS (SELECT 1 FROM certificate_revocations r WHERE r.certificate_id = c.id)
"""


def award_numbers(session: Session, award_ids: Collection[int]) -> dict[int, str]:
    """Return by award the number of its certificate, where one holds."""
    return {row[0]: row[1] for row in fetch(session, _HOLDING, sorted(award_ids))}
