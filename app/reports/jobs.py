"""The job that writes a report of very many lines as a sheet."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import force_locale

from app.bulk import allow_long_reading
from app.clock import now
from app.db import snapshot
from app.errors import N_
from app.jobs.handling import Handle, Run
from app.jobs.operations import keep_file
from app.jobs.rules import NoLongerAllowed
from app.reports.asking import ground_of
from app.reports.build_views import SHEET_JOB, file_name
from app.reports.built import sheet_body
from app.reports.questions import checked, from_kept
from app.rewards.keeping_access import keeping_by_id
from app.rewards.keeping_views import SHEETS
from app.web.policy import allow

WRITING = N_("Writing the sheet")


@allow("report.read")
def write_sheet(run: Run) -> None:
    """Write a report with all its lines, and keep the file."""
    organisation_id, kind = run.job.subject_id, str(run.job.payload["sheet"])
    if organisation_id not in run.actor.organises | run.actor.audits:
        raise NoLongerAllowed
    run.at(WRITING)
    with force_locale(str(run.job.payload["language"])), snapshot() as session:
        allow_long_reading(session)
        ground = ground_of(session, keeping_by_id(session, run.actor, organisation_id))
        question = checked(from_kept(str(run.job.payload["question"])))
        scope = ground.scope(question)
        body = sheet_body(session, kind, question, ground, scope, run.actor)
        name = file_name(ground, question, kind)
    run.end(
        lambda session: keep_file(
            session,
            job_id=run.job.id,
            owner_login_id=run.actor.login_id,
            organisation_id=organisation_id,
            name=name,
            kind=SHEETS[kind],
            body=body,
            now=now(),
        ),
        lambda file_id: {"file": file_id},
    )


HANDLERS: Mapping[str, Handle] = {SHEET_JOB: write_sheet}
TITLES: Mapping[str, str] = {SHEET_JOB: N_("A report with all its lines")}
