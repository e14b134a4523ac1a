"""An archive at the organiser's desk: the page, as a sheet and on paper, details and document."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.archive import operations
from app.archive.access import document_key, kept_archive, readable_archive
from app.archive.answers import paper, workbook
from app.archive.forms import DetailsForm, DocumentForm
from app.archive.queries import details_of
from app.archive.showing import archive_page, document_text
from app.clock import now
from app.db import db, transaction
from app.people.models import Volunteer
from app.people.step_up import asks_again
from app.teams.join_forms import WhyForm
from app.web.actor import current_actor
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("archive", __name__, url_prefix="/admin/people/<int:volunteer_id>")

DOCUMENT_FIELDS = {"document_unfit": "secret_number", "document_incomplete": "kind"}


@blueprint.get("/archive")
@allow("archive.read")
def archive(volunteer_id: int) -> ResponseReturnValue:
    """Everything an organisation keeps of one volunteer, group by group."""
    actor = current_actor()
    person = readable_archive(actor, volunteer_id)
    return render_template(
        "archive/archive.html",
        **archive_page(db.session(), person, document_key()),
        is_own=False,
        may_change=person.organisation_id in actor.organises and not actor.benefits(person.id),
        may_change_details=person.organisation_id in actor.organises,
    )


@blueprint.post("/archive.xlsx")
@allow("archive.read")
@asks_again
def sheet(volunteer_id: int) -> ResponseReturnValue:
    """The same as a workbook, one sheet a group; it leaves the house, hence a POST."""
    return workbook(_taken_out(volunteer_id, "xlsx"))


@blueprint.post("/archive.pdf")
@allow("archive.read")
@asks_again
def printed(volunteer_id: int) -> ResponseReturnValue:
    """The same on paper; the person reads who took it out."""
    return paper(_taken_out(volunteer_id, "pdf"))


def _taken_out(volunteer_id: int, kind: str) -> Volunteer:
    actor = current_actor()
    readable_archive(actor, volunteer_id)
    with transaction() as session:
        operations.note_download(session, volunteer_id, kind, actor_id=actor.login_id, now=now())
    return readable_archive(actor, volunteer_id)


@blueprint.route("/archive/details", methods=["GET", "POST"])
@allow("archive.change")
def details(volunteer_id: int) -> ResponseReturnValue:
    """Fill in where somebody lives, what they can do and would like to do."""
    person = kept_archive(current_actor(), volunteer_id)
    return details_page(person, url_for(".archive", volunteer_id=person.id))


def details_page(person: Volunteer, back_url: str) -> ResponseReturnValue:
    """Show the form of somebody's details, or keep what was sent."""
    kept = details_of(db.session(), person.id)
    form = DetailsForm() if request.method == "POST" else DetailsForm(data=kept._asdict())
    person_id = person.id
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: operations.change_details(
            session, person_id, form.given(), actor=current_actor(), now=now()
        ),
    ):
        flash(_("Saved."), "toast")
        return redirect(back_url, 303)
    page = render_template("archive/details.html", person=person, form=form, back_url=back_url)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/archive/document", methods=["GET", "POST"])
@allow("archive.change")
@asks_again
def document(volunteer_id: int) -> ResponseReturnValue:
    """Write down an ID document, another one, or that there is none."""
    person = kept_archive(current_actor(), volunteer_id)
    kept = details_of(db.session(), person.id)
    form = DocumentForm()
    if not form.is_submitted():
        form.kind.data = kept.id_document_kind or ""
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: operations.change_document(
            session,
            volunteer_id,
            form.kind.data or None,
            form.secret_number.data or "",
            actor=current_actor(),
            now=now(),
            key=document_key(),
        ),
        DOCUMENT_FIELDS,
    ):
        flash(_("Saved."), "toast")
        return redirect(url_for(".archive", volunteer_id=volunteer_id), 303)
    form.forget_number()
    page = render_template(
        "archive/document.html",
        person=kept_archive(current_actor(), volunteer_id),
        known=document_text(volunteer_id, kept, document_key()),
        form=form,
    )
    return _unkept(page, 422 if form.is_submitted() else 200)


@blueprint.route("/archive/document/number", methods=["GET", "POST"])
@allow("volunteer_private.read")
@asks_again
def number(volunteer_id: int) -> ResponseReturnValue:
    """Show the full ID number once, for a reason its owner can read."""
    actor, form = current_actor(), WhyForm()
    name = kept_archive(actor, volunteer_id).name
    shown, is_shown = None, False
    if form.validate_on_submit():
        with transaction() as session:
            shown = operations.show_document(
                session,
                volunteer_id,
                reason=form.reason.data or "",
                actor=actor,
                now=now(),
                key=document_key(),
            )
        is_shown = True
    page = render_template(
        "archive/number.html",
        volunteer_id=volunteer_id,
        name=name,
        number=shown,
        form=form,
        is_shown=is_shown,
    )
    return _unkept(page, 422 if request.method == "POST" and not is_shown else 200)


def _unkept(page: str, status: int) -> ResponseReturnValue:
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
