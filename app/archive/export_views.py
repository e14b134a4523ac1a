"""The organisation's export: the records of everybody, in the groups of the national rule."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import BooleanField, SelectField
from wtforms.validators import DataRequired

from app.archive.operations.exporting import ask_export
from app.archive.queries.groups import years_on_record
from app.archive.rules.exports import Wanted
from app.clock import now
from app.db import db
from app.organisations.queries import Node, forest
from app.people.step_up import asks_again
from app.web.actor import current_actor
from app.web.forms import Form, TextField, offered
from app.web.languages import language
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("archive_export", __name__)

INDENT = "　"
FIELDS = {
    "reason_missing": "reason",
    "year_unfit": "year",
    "too_many_records": "year",
    "too_many_in_full": "is_full",
}


class ExportForm(Form):
    """Whose records, of which year, and why."""

    organisation = SelectField(_l("Organisation, with all below it"), coerce=int)
    year = SelectField(_l("Service of"), coerce=int)
    is_full = BooleanField(_l("ID numbers and phones in full"))
    reason = TextField(
        _l("What it is for"), [DataRequired(_l("Say why in a few words."))], most=200
    )


@blueprint.route("/archives/export", methods=["GET", "POST"])
@allow("archive.export")
@asks_again
def export() -> ResponseReturnValue:
    """Ask for a workbook with a sheet for each group; a job makes it."""
    session, actor = db.session(), current_actor()
    nodes = forest(session, actor.organises) or not_found()
    form = _form(session, nodes)

    def asking(session: Session) -> int:
        return ask_export(
            session,
            Wanted(form.organisation.data, form.year.data, bool(form.is_full.data)),
            reason=form.reason.data or "",
            language=language(),
            actor=actor,
            now=now(),
            key=form.sent_key,
        )

    if form.validate_on_submit() and (job_id := carried_out(form, asking, FIELDS)):
        return redirect(url_for("files.job", job_id=job_id, next=url_for(".export")), 303)
    return render_template("archive/export.html", form=form), 422 if form.is_submitted() else 200


def _form(session: Session, nodes: list[Node]) -> ExportForm:
    form = ExportForm()
    form.organisation.choices = offered(
        (node.id, INDENT * node.depth + node.name) for node in nodes
    )
    years = years_on_record(session, [node.id for node in nodes])
    form.year.choices = offered([(0, _("All years")), *((year, str(year)) for year in years)])
    if request.method == "GET":
        form.organisation.data, form.year.data = nodes[0].id, 0
    return form
