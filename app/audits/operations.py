"""Keep what an audit found, and tell it once. Runs inside transaction()."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.audits.models import AuditRun
from app.audits.queries import open_faults
from app.audits.rules import Kept, Run, new_faults, plain_sample
from app.bulk import fetch
from app.notices.operations import tell_logins

PATH = "/admin/audit"
KIND = "audit.violated"
_READERS = """
SELECT DISTINCT r.login_id FROM roles r JOIN logins l ON l.id = r.login_id
WHERE r.role IN ('organiser', 'auditor', 'admin') AND NOT l.is_suspended
  AND r.from_on <= ? AND (r.until_on IS NULL OR r.until_on >= ?)
"""


def keep_run(session: Session, run: Run, *, today: date, asked_by_id: int | None = None) -> int:
    """Add the audit's row; organisers, auditors and administrators hear of what is new in it."""
    faults = new_faults(run.violated, open_faults(session))
    row = AuditRun(
        kind=run.kind,
        started_at=run.started_at,
        ended_at=run.ended_at,
        is_clean=not run.violated,
        digest=run.digest,
        **{f"through_{name}": each for name, each in run.through._asdict().items()},
        asked_by_id=asked_by_id,
        results=json.dumps([_plain(each) for each in run.results]),
    )
    session.add(row)
    session.flush()
    if faults:
        tell_logins(
            session,
            KIND,
            [found[0] for found in fetch(session, _READERS, today, today)],
            figures={"checks": ", ".join(faults), "count": len(faults)},
            path=PATH,
            at=run.ended_at,
            subject_kind="audit",
            subject_id=row.id,
        )
    return row.id


def _plain(kept: Kept) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "id": kept.id,
        "looked_at": kept.looked_at,
        "violations": kept.violations,
    }
    if kept.samples:
        counts["samples"] = [plain_sample(sample) for sample in kept.samples]
    return counts
