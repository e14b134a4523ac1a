"""Files that jobs make: how far the work is, what was made, and the download."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, current_app, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.jobs.access import own_files, own_files_of_job, reached_file, reached_job
from app.jobs.calling_off import call_off
from app.jobs.handling import handling_of
from app.jobs.queries import body_of, jobs_of
from app.jobs.rules import FILE_KEPT_FOR
from app.jobs.showing import progress_of
from app.web.actor import current_actor
from app.web.addresses import way_back
from app.web.policy import allow
from app.web.saying import say_message

blueprint = Blueprint("files", __name__, url_prefix="/files")

JOBS_SHOWN = 50


@blueprint.get("")
@allow("profile.read")
def home() -> str:
    """What was made for somebody, and what is being made."""
    session, actor, at = db.session(), current_actor(), now()
    titles = handling_of(current_app).titles
    jobs = jobs_of(session, actor.login_id, titles, JOBS_SHOWN)
    return render_template(
        "jobs/files.html",
        files=own_files(session, actor, at),
        jobs=[(job, _(titles[job.kind])) for job in jobs if job.state != "done"],
        titles={kind: _(title) for kind, title in titles.items()},
        kept_days=FILE_KEPT_FOR.days,
    )


@blueprint.get("/jobs/<int:job_id>")
@allow("profile.read")
def job(job_id: int) -> str:
    """How far a job is; once it is over what it made, or why it made nothing."""
    session, actor, at = db.session(), current_actor(), now()
    found = reached_job(session, actor, job_id)
    is_over = found.is_over
    return render_template(
        "jobs/job.html",
        job=found,
        title=_(handling_of(current_app).titles[found.kind]),
        progress=None if is_over else progress_of(session, found, at),
        files=own_files_of_job(session, actor, job_id, at) if is_over else [],
        failure=say_message(found.error_message, found.error_figures)
        if found.error_message
        else None,
        kept_days=FILE_KEPT_FOR.days,
        back_url=way_back("/files"),
        home_url=url_for(".home"),
    )


@blueprint.post("/jobs/<int:job_id>/cancel")
@allow("profile.change")
def cancel(job_id: int) -> ResponseReturnValue:
    """Call off what is being made; what had ended before stays as it ended."""
    actor = current_actor()
    found = reached_job(db.session(), actor, job_id)
    call_off(found, actor.login_id)
    return redirect(url_for(".job", job_id=job_id), 303)


@blueprint.get("/<int:file_id>")
@allow("profile.read")
def download(file_id: int) -> ResponseReturnValue:
    """The file itself, for whom it was made."""
    session = db.session()
    found = reached_file(session, current_actor(), file_id, now())
    return send_file(
        BytesIO(body_of(session, found.id)),
        mimetype=found.mime,
        as_attachment=True,
        download_name=found.name,
        conditional=False,
        etag=False,
    )
