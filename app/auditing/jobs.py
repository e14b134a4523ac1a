"""The job of whoever wants to know now."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.auditing.running import run_audit
from app.audits.operations import keep_run
from app.audits.rules import KINDS
from app.clock import today_in
from app.errors import N_
from app.jobs.handling import Handle, Run
from app.organisations.queries import roots_with_zones
from app.web.policy import allow

JOB = "audit.run"
SUBJECT = "audit"
# There is one ledger, so there is one thing an audit is about.
THE_LEDGER = 1
CHECKING = N_("Checking")


@allow("audit.run")
def audit_now(run: Run) -> None:
    """Audit as asked, and keep what was found in the commit that ends the job."""
    kind = run.job.payload["kind"]
    assert kind in KINDS
    found = run_audit(kind, lambda done, total: run.at(CHECKING, done, total))

    def keep(session: Session) -> int:
        today = today_in(roots_with_zones(session)[0][1], found.ended_at)
        return keep_run(session, found, today=today, asked_by_id=run.actor.login_id)

    run.end(keep, lambda run_id: {"audit": run_id})


HANDLERS: Mapping[str, Handle] = {JOB: audit_now}
