"""The page of one uploaded file: progress, preview with ways out, the one button that imports."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db, transaction
from app.errors import NotFound, RuleBroken
from app.imports import lists
from app.imports.access import reached_upload
from app.imports.forms import KIND_LABELS, CommitForm, FixForm
from app.imports.lists import UploadLine
from app.imports.operations.newcomers import add_newcomers
from app.imports.operations.uploads import (
    SUBJECT,
    add_fix,
    ask_commit,
    drop_upload,
    look_again,
    take_back_fix,
)
from app.imports.rules.mixups import LOOKS_LIKE
from app.imports.showing import (
    COLUMN_NAMES,
    STAGES,
    newcomers,
    over_limit,
    shown_causes,
    shown_notes,
    to_confirm,
    told_fix,
)
from app.jobs.calling_off import call_off
from app.jobs.queries import JobRow, last_job_about
from app.jobs.showing import progress_of
from app.people.step_up import asks_again_if, asks_again_to_read
from app.sheets.writing import XLSX
from app.web.actor import current_actor
from app.web.forms import Form
from app.web.policy import allow
from app.web.saying import say, say_message

blueprint = Blueprint("uploads", __name__, url_prefix="/import")


def _may_name_leaders() -> bool:
    """Tell whether the file is a roster, which gives rights as the pages of teams do."""
    upload_id = (request.view_args or {})["upload_id"]
    return reached_upload(db.session(), current_actor(), upload_id).kind == "roster"


@blueprint.get("/<int:upload_id>")
@allow("import.preview")
def upload(upload_id: int) -> ResponseReturnValue:
    """Whatever the file is at: waiting, unreadable, to be agreed to, or done."""
    return _show(reached_upload(db.session(), current_actor(), upload_id))


@blueprint.post("/<int:upload_id>/fix")
@allow("import.preview")
def fix(upload_id: int) -> ResponseReturnValue:
    """Mend something by one tap and look at the file again."""
    found = reached_upload(db.session(), current_actor(), upload_id)
    form = FixForm()
    if not form.validate():
        said = [message for field in form for message in field.errors]
        return _show(found, 422, said or [_("This form cannot be used. Try once more.")])
    actor = current_actor()
    return _done(
        found,
        lambda session: add_fix(session, upload_id, form.fix(), actor_id=actor.login_id, now=now()),
    )


@blueprint.post("/<int:upload_id>/fix/<int:place>/undo")
@allow("import.preview")
def undo_fix(upload_id: int, place: int) -> ResponseReturnValue:
    """Take one change back."""
    actor = current_actor()
    found = reached_upload(db.session(), actor, upload_id)
    return _done(
        found,
        lambda session: take_back_fix(
            session, upload_id, place, actor_id=actor.login_id, now=now()
        ),
    )


@blueprint.post("/<int:upload_id>/people")
@allow("volunteer.create")
def add_people(upload_id: int) -> ResponseReturnValue:
    """Put the people nobody knows on the list of volunteers, then look at the file again."""
    actor = current_actor()
    found = reached_upload(db.session(), actor, upload_id)
    preview = lists.preview_of(db.session(), upload_id)
    people = newcomers(preview) if preview else []
    return _done(
        found,
        lambda session: add_newcomers(session, upload_id, people, actor=actor, now=now()),
    )


@blueprint.post("/<int:upload_id>/again")
@allow("import.preview")
def again(upload_id: int) -> ResponseReturnValue:
    """Look at the file once more: the ground may have changed, or the work had failed."""
    actor = current_actor()
    found = reached_upload(db.session(), actor, upload_id)
    return _done(
        found,
        lambda session: look_again(session, upload_id, actor_id=actor.login_id, now=now()),
    )


@blueprint.post("/<int:upload_id>/commit")
@allow("import.commit")
@asks_again_if(_may_name_leaders)
def commit(upload_id: int) -> ResponseReturnValue:
    """Import what was shown: exactly that, once, whoever presses how often."""
    actor = current_actor()
    found = reached_upload(db.session(), actor, upload_id)
    form = CommitForm()
    digest = form.digest.data or ""
    with transaction() as session:
        is_asked = ask_commit(session, upload_id, digest=digest, actor_id=actor.login_id, now=now())
    if not is_asked:
        changed = _("Meanwhile something has changed. Look at it once more before importing.")
        return _show(reached_upload(db.session(), actor, found.id), 422, [changed])
    return redirect(url_for(".upload", upload_id=upload_id), 303)


@blueprint.post("/<int:upload_id>/cancel")
@allow("import.preview")
def cancel(upload_id: int) -> ResponseReturnValue:
    """Call off what is done with a file just now; nothing is recorded, and it stays uploaded."""
    session, actor = db.session(), current_actor()
    found = reached_upload(session, actor, upload_id)
    job = last_job_about(session, SUBJECT, found.id)
    if job is not None:
        call_off(job, actor.login_id)
    return redirect(url_for(".upload", upload_id=upload_id), 303)


@blueprint.post("/<int:upload_id>/drop")
@allow("import.preview")
def drop(upload_id: int) -> ResponseReturnValue:
    """Put a file aside; what it held is deleted."""
    actor = current_actor()
    found = reached_upload(db.session(), actor, upload_id)
    try:
        with transaction() as session:
            drop_upload(session, upload_id, actor_id=actor.login_id, now=now())
    except NotFound:
        raise
    except RuleBroken as refusal:
        return _show(found, 422, [say(refusal)])
    flash(_("The file was put aside and its content deleted. Nothing was imported."), "success")
    return redirect(url_for("imports.home"), 303)


@blueprint.get("/<int:upload_id>/refused.xlsx")
@allow("import.preview")
@asks_again_to_read
def refused(upload_id: int) -> ResponseReturnValue:
    """The refused rows with their reasons, to mend and send again."""
    reached_upload(db.session(), current_actor(), upload_id)
    body = lists.mend_of(db.session(), upload_id)
    if body is None:
        raise NotFound
    answer = make_response(body)
    answer.headers["Content-Type"] = XLSX
    answer.headers["Content-Disposition"] = f'attachment; filename="refused-{upload_id}.xlsx"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _done(found: UploadLine, work: Callable[[Session], None]) -> ResponseReturnValue:
    """Do one thing to a file and show it again."""
    # The token was checked before; this only reads the key along.
    Form()
    try:
        with transaction() as session:
            work(session)
    except NotFound:
        raise
    except RuleBroken as refusal:
        return _show(found, 422, [say(refusal)])
    return redirect(url_for(".upload", upload_id=found.id), 303)


def _show(
    found: UploadLine, status: int = 200, errors: list[str] | None = None
) -> ResponseReturnValue:
    session = db.session()
    job = last_job_about(session, SUBJECT, found.id)
    if found.state == "committed" and status == 200:
        return _committed(found)
    if job is not None and job.state == "failed" and found.state in {"waiting", "committing"}:
        failure = say_message(job.error_message or "", job.error_figures)
        return _stopped(found, failure, status, is_cancelled=job.cancelled_at is not None)
    if found.state in {"waiting", "committing"}:
        return _progress(found, job, status)
    if found.state == "unreadable":
        return _stopped(found, say(found.refusal) if found.refusal else "", status)
    return _preview(found, status, errors or [])


def _committed(found: UploadLine) -> ResponseReturnValue:
    if found.batch_id is not None:
        return redirect(url_for("imports.batch", batch_id=found.batch_id), 303)
    return render_template("imports/nothing.html", upload=found, kinds=KIND_LABELS)


def _progress(found: UploadLine, job: JobRow | None, status: int) -> ResponseReturnValue:
    shown = render_template(
        "imports/progress.html",
        upload=found,
        kinds=KIND_LABELS,
        progress=progress_of(db.session(), job, now(), STAGES),
    )
    return shown, status


def _likely_kind(found: UploadLine) -> str:
    """Return what the sheet was found to be, else what it was said to be."""
    said = found.refusal_message
    return next((kind for kind, mixed in LOOKS_LIKE.items() if mixed.message == said), found.kind)


def _stopped(
    found: UploadLine, sentence: str, status: int, *, is_cancelled: bool = False
) -> ResponseReturnValue:
    shown = render_template(
        "imports/stopped.html",
        upload=found,
        kinds=KIND_LABELS,
        sentence=sentence,
        is_cancelled=is_cancelled,
        likely_kind=_likely_kind(found),
    )
    return shown, status


def _preview(found: UploadLine, status: int, errors: list[str]) -> ResponseReturnValue:
    session, actor = db.session(), current_actor()
    preview = lists.preview_of(session, found.id)
    if preview is None:
        raise NotFound
    form = CommitForm()
    form.digest.data = found.digest
    shown = render_template(
        "imports/preview.html",
        upload=found,
        kinds=KIND_LABELS,
        preview=preview,
        counts=preview["counts"],
        causes=shown_causes(preview),
        notes=shown_notes(preview),
        confirm=to_confirm(preview),
        fixes=[
            (place, told_fix(each)) for place, each in enumerate(lists.fixes_of(session, found.id))
        ],
        may_accept=over_limit(preview) and bool(actor.organises),
        newcomers=newcomers(preview) if actor.organises else [],
        columns=COLUMN_NAMES,
        before=lists.imported_before(session, actor, found),
        errors=errors,
        form=form,
    )
    return shown, status
