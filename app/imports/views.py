"""Bring sheets in by the browser: hand a file over, follow what becomes of it, look back."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.clock import now
from app.db import db, transaction
from app.errors import NotFound, RuleBroken
from app.imports import lists
from app.imports.access import place_for, reached_batch, reached_upload
from app.imports.forms import KIND_HINTS, KIND_LABELS, UploadForm
from app.imports.operations.undoing import undo_import
from app.imports.operations.uploads import see_upload, take_upload
from app.imports.rules.columns import Kind
from app.imports.sheet_templates import template
from app.jobs.queries import worker_is_there
from app.ledger.rules import WouldGoBelowZero
from app.organisations.queries import get_organisation
from app.people.step_up import asks_again_if
from app.service.forms import ReasonForm
from app.service.lacking import lacks_of_batch
from app.service.queries import BatchRow
from app.sheets.limits import Limits
from app.sheets.refusals import FileEmpty, FileTooLarge
from app.sheets.writing import XLSX
from app.teams.queries import teams_in
from app.web.actor import current_actor
from app.web.languages import language
from app.web.pagination import Page, page_of
from app.web.policy import allow, not_found

blueprint = Blueprint("imports", __name__, url_prefix="/import")
BATCHES_A_PAGE = 20


@blueprint.route("", methods=["GET", "POST"])
@allow("import.preview")
def home() -> ResponseReturnValue:
    """Choose a file; below it what is under way and what was imported."""
    actor = current_actor()
    place = place_for(db.session(), actor)
    form = UploadForm()
    form.offer(place.kinds)
    if request.method == "GET":
        form.kind.data = _likely_kind(place.kinds)
    if not form.validate_on_submit():
        return _home(form, 422 if form.is_submitted() else 200)
    try:
        content = _content(form.file.data)
    except RuleBroken as refusal:
        form.refuse(refusal, "file")
        return _home(form, 422)
    with transaction() as session:
        upload_id = take_upload(
            session,
            kind=form.kind.data,
            content=content,
            file_name=form.file.data.filename or "",
            organisation_id=place.organisation_id,
            team_id=place.team.id if place.team else None,
            unit=None,
            language=language(),
            actor_id=actor.login_id,
            now=now(),
            key=form.sent_key,
        )
    return redirect(url_for("uploads.upload", upload_id=upload_id), 303)


@blueprint.get("/template-<any(roster, service, signin, opening):kind>.<any(xlsx, csv):ending>")
@allow("import.preview")
def sheet_template(kind: Kind, ending: str) -> ResponseReturnValue:
    """A sheet to fill in, with examples that an import passes over."""
    session, actor = db.session(), current_actor()
    place = place_for(session, actor)
    teams = [place.team] if place.team else teams_in(session, actor.organises)
    body = template(
        kind,
        language(),
        team=next((team.name for team in teams if team), ""),
        organisation=get_organisation(session, place.organisation_id).name,
        as_csv=ending == "csv",
    )
    return _download(body, f"{kind}-template.{ending}")


@blueprint.post("/<int:upload_id>/seen")
@allow("import.preview")
def seen(upload_id: int) -> ResponseReturnValue:
    """Put the news of a finished import aside."""
    actor = current_actor()
    if reached_upload(db.session(), actor, upload_id).actor_id != actor.login_id:
        not_found()
    with transaction() as session:
        see_upload(session, upload_id, now=now())
    return redirect(url_for(".home"), 303)


@blueprint.get("/batches/<int:batch_id>")
@allow("import.preview")
def batch(batch_id: int) -> ResponseReturnValue:
    """What an import did, who did it and when; the way to take it back."""
    session, actor = db.session(), current_actor()
    found = reached_batch(session, actor, batch_id)
    file = lists.upload_of_batch(session, batch_id)
    return render_template(
        "imports/batch.html",
        batch=found,
        kinds=KIND_LABELS,
        upload=file if file and file.has_mend else None,
        sums=lists.sums_of_batch(session, found),
        may_undo=found.undone_at is None,
    )


def _may_give_rights_back() -> bool:
    """Tell whether it was a roster: whom it took a team from leads it again."""
    batch_id = (request.view_args or {})["batch_id"]
    return reached_batch(db.session(), current_actor(), batch_id).kind == "roster"


@blueprint.route("/batches/<int:batch_id>/undo", methods=["GET", "POST"])
@allow("import.commit")
@asks_again_if(_may_give_rights_back)
def undo(batch_id: int) -> ResponseReturnValue:
    """Ask once, with a reason, then take a whole import back."""
    actor = current_actor()
    found = reached_batch(db.session(), actor, batch_id)
    form = ReasonForm()
    if not form.validate_on_submit():
        return _ask_to_undo(found, form)
    try:
        with transaction() as session:
            undo_import(
                session,
                batch_id,
                actor=actor,
                now=now(),
                reason=form.reason.data or None,
                key=form.sent_key,
            )
    except NotFound:
        raise
    except WouldGoBelowZero as refusal:
        form.renew_key()
        names = lists.names_of(db.session(), refusal.holders)
        said = _(
            "Nothing was taken back: these people have spent some of it already: %(names)s.",
            names=_(", ").join(names),
        )
        form.form_errors.append(said)
        return _ask_to_undo(found, form)
    except RuleBroken as refusal:
        form.refuse(refusal)
        return _ask_to_undo(found, form)
    flash(_("The import was taken back as a whole."), "success")
    return redirect(url_for(".batch", batch_id=batch_id), 303)


def _likely_kind(kinds: tuple[str, ...]) -> str:
    """Return the kind asked for; the people come first where nothing was imported yet."""
    asked = request.args.get("kind", "")
    if asked in kinds:
        return asked
    is_first = "roster" in kinds and not lists.count_batches(db.session(), current_actor())
    return "roster" if is_first else kinds[0]


def _ask_to_undo(found: BatchRow, form: ReasonForm) -> tuple[str, int]:
    shown = render_template(
        "imports/undo.html",
        batch=found,
        form=form,
        sums=lists.sums_of_batch(db.session(), found),
        lacks=lacks_of_batch(db.session(), found.id),
        cover_url=_cover_url(found),
    )
    return shown, 422 if form.is_submitted() else 200


def _cover_url(found: BatchRow) -> str:
    """Return the way to a second person, for an organiser above the batch."""
    organises = found.organisation_id in current_actor().organises
    return url_for("adjustments.cover_batch", batch_id=found.id) if organises else ""


def _home(form: UploadForm, status: int) -> tuple[str, int]:
    session, actor = db.session(), current_actor()
    page: Page = page_of(lists.count_batches(session, actor), size=BATCHES_A_PAGE)
    shown = render_template(
        "imports/home.html",
        form=form,
        choices=[
            {"value": kind, "label": KIND_LABELS[kind], "hint": KIND_HINTS[kind]}
            for kind in form.kinds
        ],
        kinds=KIND_LABELS,
        under_way=lists.open_uploads(session, actor),
        finished=lists.unseen_uploads(session, actor),
        batches=lists.imported_batches(session, actor, offset=page.offset, limit=page.size),
        page=page,
        is_worked=worker_is_there(session, now()),
    )
    return shown, status


def _content(file: FileStorage) -> bytes:
    """Return the bytes of what was sent; refuse what no sheet can be before it is kept."""
    most = Limits().file_bytes
    name = (file.filename or "?")[-60:]
    content = file.stream.read(most + 1)
    if len(content) > most:
        raise FileTooLarge(file=name, limit_mb=most // 1_000_000)
    if not content:
        raise FileEmpty(file=name)
    return content


def _download(body: bytes, name: str) -> ResponseReturnValue:
    answer = make_response(body)
    is_csv = name.endswith(".csv")
    answer.headers["Content-Type"] = "text/csv; charset=utf-8" if is_csv else XLSX
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
