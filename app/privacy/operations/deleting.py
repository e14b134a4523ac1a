"""Delete whatever's time is up, by the work of the packages it belongs to; say how much it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from app.db import Instant
from app.imports.operations.pruning import prune_uploads
from app.jobs import operations as jobs
from app.notices.operations import prune_notices
from app.privacy.keeping import RULES
from app.privacy.models import DeletionRun
from app.privacy.queries.keeping import due_counts
from app.teams.operations.joining import forget_requests

# What nothing else refers to and nobody else deletes wholly.
_PLAIN = ("verify_misses", "sign_in_failures", "sessions", "deletion_runs")


def delete_due(session: Session, *, now: datetime) -> dict[str, int]:
    """Apply every rule of keeping; return what went, by rule, and keep it for the page."""
    due = due_counts(session, now)
    prune_uploads(session, now=now)
    prune_notices(session, now=now)
    jobs.prune(session, now=now)
    forget_requests(session, now)
    for rule in RULES:
        if rule.key in _PLAIN:
            statement = text(f"DELETE FROM {rule.table} WHERE {rule.due}")
            before = bindparam("before", now - rule.kept, Instant())
            session.execute(statement.bindparams(before))
    still = due_counts(session, now)
    gone = {key: count - still[key] for key, count in due.items() if count > still[key]}
    for key, count in gone.items():
        session.add(DeletionRun(rule=key, ran_at=now, deleted=count))
    session.flush()
    return gone
