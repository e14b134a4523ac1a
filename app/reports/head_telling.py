"""Give the head of the chain out of the house: to the auditors of a root, on each day it moved.

Whoever rewrites the whole chain cannot rewrite what lies in their mailboxes.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.ledger.chain_rules import head_line
from app.ledger.queries import head
from app.notices.operations import tell_logins

KIND, SUBJECT, PATH = "chain.head", "organisation", "/admin/audit"
_AUDITORS = """
SELECT r.login_id FROM roles r JOIN logins l ON l.id = r.login_id
WHERE r.role = 'auditor' AND r.organisation_id = ? AND NOT l.is_suspended
  AND r.from_on <= ? AND (r.until_on IS NULL OR r.until_on >= ?)
"""


def tell_head(session: Session, root_id: int, today: date, now: datetime) -> None:
    """Tell the auditors of a root where the chain ends; the same head is told once."""
    found = head(session)
    if found is None:
        return
    tell_logins(
        session,
        KIND,
        [row[0] for row in fetch(session, _AUDITORS, root_id, today, today)],
        figures={"told_on": today, "line": head_line(found)},
        path=PATH,
        at=now,
        subject_kind=SUBJECT,
        subject_id=root_id,
        once=found.sha256,
    )
