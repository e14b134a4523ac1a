"""One's own archive, or that of whom one acts for: read, taken along, details changed."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from app.archive.access import document_key, own_archive
from app.archive.answers import paper, workbook
from app.archive.showing import archive_page
from app.archive.views import details_page
from app.db import db
from app.people.step_up import asks_again_to_read
from app.web.actor import current_actor
from app.web.policy import allow

blueprint = Blueprint("own_archive", __name__, url_prefix="/me")


@blueprint.get("/archive")
@allow("profile.read")
def archive() -> ResponseReturnValue:
    """Everything the organisation keeps of one, complaints included."""
    person = own_archive(current_actor())
    return render_template(
        "archive/archive.html",
        **archive_page(db.session(), person, document_key()),
        is_own=True,
        may_change=False,
        may_change_details=True,
    )


@blueprint.get("/archive.xlsx")
@allow("profile.read")
@asks_again_to_read
def sheet() -> ResponseReturnValue:
    """The same as a workbook, one sheet a group."""
    return workbook(own_archive(current_actor()))


@blueprint.get("/archive.pdf")
@allow("profile.read")
@asks_again_to_read
def printed() -> ResponseReturnValue:
    """The same on paper."""
    return paper(own_archive(current_actor()))


@blueprint.route("/archive/details", methods=["GET", "POST"])
@allow("profile.change")
def details() -> ResponseReturnValue:
    """Fill in where one lives, what one can do and would like to do."""
    return details_page(own_archive(current_actor()), url_for(".archive"))
