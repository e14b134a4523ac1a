"""Whether the books agree: the last audits, what they looked at, and one more at a tap."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auditing.jobs import JOB, SUBJECT, THE_LEDGER
from app.auditing.showing import (
    KIND_WORDS,
    lines_of,
    quick_ids,
    seconds_of,
    state_of,
)
from app.audits.queries import last_run, last_runs, open_faults
from app.audits.rules import KINDS
from app.clock import now
from app.db import db, transaction
from app.jobs.calling_off import call_off
from app.jobs.operations import enqueue
from app.jobs.queries import JobRow, last_job_about
from app.jobs.showing import progress_of
from app.ledger.queries import head
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("auditing", __name__, url_prefix="/admin/audit")

RUNS_SHOWN = 14


@blueprint.get("")
@allow("audit.read")
def overview() -> str:
    """How the books stand, each check with what it counted, and the audits before."""
    session, at = db.session(), now()
    full, quick = last_run(session, "full"), last_run(session, "quick")
    faults = open_faults(session) if full else {}
    job = _under_way(session)
    return render_template(
        "auditing/audit.html",
        state=state_of(full, faults, at),
        full=full,
        quick=quick,
        lines=lines_of(full, quick, faults),
        head=head(session),
        runs=last_runs(session, RUNS_SHOWN),
        job=job,
        progress=progress_of(session, job, at) if job else None,
        may_cancel=job is not None and job.actor_id == current_actor().login_id,
        seconds_of=seconds_of,
        kinds={kind: _(word) for kind, word in KIND_WORDS.items()},
        quick_ids=quick_ids(),
    )


@blueprint.post("")
@allow("audit.run")
def check_now() -> ResponseReturnValue:
    """Ask for an audit; one at a time is enough for everybody."""
    kind = request.form.get("kind", "full")
    if kind not in KINDS:
        not_found()
    with transaction() as session:
        if _under_way(session) is None:
            enqueue(
                session,
                kind=JOB,
                subject_kind=SUBJECT,
                subject_id=THE_LEDGER,
                actor_id=current_actor().login_id,
                now=now(),
                payload={"kind": kind},
            )
    return redirect(url_for(".overview"), 303)


@blueprint.post("/cancel")
@allow("audit.run")
def cancel() -> ResponseReturnValue:
    """Call off the audit one has asked for oneself."""
    actor, job = current_actor(), _under_way(db.session())
    if job is None or job.actor_id != actor.login_id:
        not_found()
    call_off(job, actor.login_id)
    return redirect(url_for(".overview"), 303)


def _under_way(session: Session) -> JobRow | None:
    job = last_job_about(session, SUBJECT, THE_LEDGER)
    return None if job is None or job.is_over else job
