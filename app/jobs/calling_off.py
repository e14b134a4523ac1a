"""Call work off from a page, and say what came of it."""

from __future__ import annotations

from flask import flash
from flask_babel import gettext as _

from app.clock import now
from app.db import transaction
from app.jobs import operations
from app.jobs.queries import JobRow


def call_off(job: JobRow, actor_id: int) -> None:
    """Call a job off in a commit of its own, or say that it had ended already."""
    with transaction() as session:
        is_off = operations.cancel(session, job, actor_id=actor_id, now=now())
    if is_off:
        flash(_("Called off. Nothing of it is kept."), "success")
    else:
        flash(_("It had ended before it could be called off."), "warning")
