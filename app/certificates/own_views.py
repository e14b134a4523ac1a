"""One's own certificates: the list, a new one, each as paper and as files."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.certificates.access import own_certificate
from app.certificates.pages import certificate_download, certificate_page, issue_page
from app.certificates.queries.certificates import certificates_of
from app.certificates.showing import row_of
from app.db import db
from app.people.queries import get_volunteer
from app.teams.access import own_volunteer_id
from app.web.actor import current_actor
from app.web.policy import allow

blueprint = Blueprint("my_certificates", __name__, url_prefix="/me/certificates")


@blueprint.get("")
@allow("certificate.issue")
def mine() -> str:
    """Show what one was given, the newest first."""
    volunteer_id = own_volunteer_id(current_actor())
    rows = certificates_of(db.session(), volunteer_id)
    return render_template(
        "certificates/mine.html",
        rows=[row_of(each, url_for(".one", certificate_id=each.id)) for each in rows],
    )


@blueprint.route("/new", methods=["GET", "POST"])
@allow("certificate.issue")
def new() -> ResponseReturnValue:
    """Issue oneself, or whom one acts for, a certificate of the service."""
    actor = current_actor()
    volunteer = get_volunteer(db.session(), own_volunteer_id(actor))

    def done(certificate_id: int) -> ResponseReturnValue:
        flash(_("The certificate is issued."), "success")
        return redirect(url_for(".one", certificate_id=certificate_id), 303)

    return issue_page(actor, volunteer, ".new", done)


@blueprint.get("/<int:certificate_id>")
@allow("certificate.issue")
def one(certificate_id: int) -> str:
    """Show one certificate."""
    row = own_certificate(db.session(), current_actor(), certificate_id)
    return certificate_page(
        row,
        back_to=(url_for(".mine"), _("My certificates")),
        file_url=_file_url(certificate_id),
        may_revoke=False,
    )


def _file_url(certificate_id: int) -> dict[str, str]:
    return {
        kind: url_for(".file", certificate_id=certificate_id, kind=kind) for kind in ("pdf", "json")
    }


@blueprint.get("/<int:certificate_id>/file.<any(pdf, json):kind>")
@allow("certificate.issue")
def file(certificate_id: int, kind: str) -> ResponseReturnValue:
    """Download one certificate."""
    return certificate_download(
        own_certificate(db.session(), current_actor(), certificate_id), kind
    )
