"""Ask for an adjustment of somebody's balance, or for an undo with the missing part covered."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.adjustments import operations, queries
from app.adjustments.access import adjustable_person, undoable_batch, undoable_record
from app.adjustments.forms import AskForm, ReasonForm
from app.adjustments.views import blueprint
from app.clock import now
from app.db import db
from app.ledger.queries import balances_of
from app.people.step_up import asks_again
from app.service.lacking import lack_texts
from app.service.showing import what_and_when
from app.web.actor import current_actor
from app.web.filters import day
from app.web.policy import allow
from app.web.submitting import carried_out

_FIELDS = {"reason_missing": "reason", "nothing_adjusted": "points", "too_little_left": "points"}


@blueprint.route("/person/<int:volunteer_id>", methods=["GET", "POST"])
@allow("adjustment.make")
@asks_again
def ask(volunteer_id: int) -> ResponseReturnValue:
    """Ask a second person to adjust somebody's points or time."""
    session, actor = db.session(), current_actor()
    person, form = adjustable_person(session, actor, volunteer_id), AskForm()

    def asking(held: Session) -> int:
        return operations.ask_adjustment(
            held,
            volunteer_id,
            form.amounts,
            actor=actor,
            now=now(),
            reason=form.reason.data or "",
            key=form.sent_key,
        )

    if form.validate_on_submit() and (made := carried_out(form, asking, _FIELDS)):
        return _asked(made)
    page = render_template(
        "adjustments/ask.html",
        person=person,
        held=balances_of(db.session(), volunteer_id),
        form=form,
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/record/<int:record_id>", methods=["GET", "POST"])
@allow("adjustment.make")
@asks_again
def cover_record(record_id: int) -> ResponseReturnValue:
    """Ask for a record to be taken back, or a correction made, with the missing part covered."""
    record = undoable_record(db.session(), current_actor(), record_id)
    kind = "record" if record.state == "approved" else "correction"
    about = f"{record.volunteer_name}: {what_and_when(record)}"
    return _cover(kind, record_id, about, url_for("service.record", record_id=record_id))


@blueprint.route("/batch/<int:batch_id>", methods=["GET", "POST"])
@allow("adjustment.make")
@asks_again
def cover_batch(batch_id: int) -> ResponseReturnValue:
    """Ask for a whole entry or import to be taken back with the missing part covered."""
    batch, matter = undoable_batch(db.session(), current_actor(), batch_id)
    named = batch.file_name or batch.team_name or ""
    when = day(batch.service_on or batch.made_at.date(), with_year=True)
    about = _(
        "%(what)s, %(when)s: %(count)s people",
        what=named,
        when=when,
        count=len(matter.volunteer_ids),
    )
    page = "log.result" if batch.kind == "day" else "imports.batch"
    return _cover("batch", batch_id, about, url_for(page, batch_id=batch_id))


def _cover(kind: str, subject_id: int, about: str, back_url: str) -> ResponseReturnValue:
    form = ReasonForm()

    def asking(session: Session) -> int:
        return operations.ask_cover(
            session,
            kind,
            subject_id,
            actor=current_actor(),
            now=now(),
            reason=form.reason.data or "",
            key=form.sent_key,
        )

    if form.validate_on_submit() and (made := carried_out(form, asking)):
        return _asked(made)
    session = db.session()
    page = render_template(
        "adjustments/cover.html",
        kind=kind,
        about=about,
        back_url=back_url,
        lacks=lack_texts(session, queries.lacks_of(session, kind, subject_id)),
        form=form,
    )
    return page, 422 if form.is_submitted() else 200


def _asked(adjustment_id: int) -> ResponseReturnValue:
    flash(_("Asked. It is posted once a second person confirms it."), "success")
    return redirect(url_for(".one", adjustment_id=adjustment_id), 303)
