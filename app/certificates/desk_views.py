"""What an organisation issued: the list, each certificate, taking it back, replacing it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.certificates.access import (
    desk_reach,
    issuable_volunteer,
    organised_certificate,
    read_certificate,
)
from app.certificates.forms import ReplaceForm, RevokeForm
from app.certificates.operations import reissue as reissue_certificate
from app.certificates.operations import revoke as revoke_certificate
from app.certificates.pages import certificate_download, certificate_page, issue_page
from app.certificates.papers import secret
from app.certificates.queries.certificates import (
    STATES,
    Wanted,
    count_certificates,
    listed_certificates,
    years_of,
)
from app.certificates.rules import KINDS
from app.certificates.showing import STATE_NAMES, kind_name, row_of
from app.clock import now
from app.db import db
from app.web.actor import current_actor
from app.web.filters import number as shown_number
from app.web.pagination import page_of, url_with
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("certificates", __name__)


@blueprint.get("/certificates")
@allow("certificate.read")
def everything() -> str:
    """List what one's organisations issued."""
    session, actor = db.session(), current_actor()
    reach, wanted = desk_reach(actor), _wanted()
    total = count_certificates(session, reach, wanted)
    page = page_of(total)
    rows = listed_certificates(session, reach, wanted, offset=page.offset, size=page.size)
    return render_template(
        "certificates/list.html",
        rows=[row_of(each, url_for(".one", certificate_id=each.id)) for each in rows],
        page=page,
        total=shown_number(total),
        words=wanted.words,
        filters=_filters(wanted, years_of(session, reach)),
        may_issue=bool(actor.organises),
    )


def _wanted() -> Wanted:
    given = request.args
    year = given.get("year", "")
    is_year = year.isascii() and year.isdigit() and len(year) == 4
    return Wanted(
        words=given.get("find", "")[:60].replace("\x00", ""),
        kind=given.get("kind", "") if given.get("kind") in KINDS else "",
        year=int(year) if is_year else None,
        state=given.get("state", "") if given.get("state") in STATES else "",
    )


def _filters(wanted: Wanted, years: list[int]) -> list[dict[str, Any]]:
    """Return kinds, years and states to narrow the list to; tapped again, each goes."""
    found = [_filter("kind", kind, kind_name(kind), wanted.kind) for kind in KINDS]
    found += [
        _filter("year", str(year), _("%(year)s", year=year), str(wanted.year or ""))
        for year in years[:5]
    ]
    return found + [
        _filter("state", state, _(STATE_NAMES[state][0]), wanted.state) for state in STATES
    ]


def _filter(name: str, value: str, label: str, chosen: str) -> dict[str, Any]:
    is_chosen = value == chosen
    return {
        "url": url_with({name: None if is_chosen else value, "page": None}),
        "label": label,
        "current": is_chosen,
    }


@blueprint.get("/certificates/<int:certificate_id>")
@allow("certificate.read")
def one(certificate_id: int) -> str:
    """Show one certificate, and what became of it."""
    actor = current_actor()
    row = read_certificate(db.session(), actor, certificate_id)
    return certificate_page(
        row,
        back_to=(url_for(".everything"), _("Certificates")),
        file_url={
            kind: url_for(".file", certificate_id=certificate_id, kind=kind)
            for kind in ("pdf", "json")
        },
        may_revoke=row.state == "valid" and row.organisation_id in actor.organises,
    )


@blueprint.get("/certificates/<int:certificate_id>/file.<any(pdf, json):kind>")
@allow("certificate.read")
def file(certificate_id: int, kind: str) -> ResponseReturnValue:
    """Download one certificate."""
    row = read_certificate(db.session(), current_actor(), certificate_id)
    return certificate_download(row, kind)


@blueprint.route("/certificates/for/<number>", methods=["GET", "POST"])
@allow("certificate.award")
def issue(number: str) -> ResponseReturnValue:
    """Issue a certificate for somebody who does not do so themselves."""
    actor = current_actor()
    volunteer = issuable_volunteer(db.session(), actor, number)

    def done(certificate_id: int) -> ResponseReturnValue:
        flash(_("The certificate is issued."), "success")
        return redirect(url_for(".one", certificate_id=certificate_id), 303)

    return issue_page(actor, volunteer, ".issue", done, number=number)


@blueprint.route("/certificates/<int:certificate_id>/revoke", methods=["GET", "POST"])
@allow("certificate.award")
def revoke(certificate_id: int) -> ResponseReturnValue:
    """Take a certificate back."""
    actor, form = current_actor(), RevokeForm()
    row = organised_certificate(db.session(), actor, certificate_id)
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: revoke_certificate(
            session,
            certificate_id,
            category=form.category.data,
            reason=form.reason.data or "",
            actor=actor,
            now=now(),
            key=form.sent_key,
        ),
    ):
        flash(_("%(number)s is revoked.", number=row.number), "success")
        return redirect(url_for(".one", certificate_id=certificate_id), 303)
    page = render_template("certificates/revoke.html", form=form, row=row)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/certificates/<int:certificate_id>/replace", methods=["GET", "POST"])
@allow("certificate.award")
def replace(certificate_id: int) -> ResponseReturnValue:
    """Issue another one in a certificate's place."""
    actor, form = current_actor(), ReplaceForm()
    row = organised_certificate(db.session(), actor, certificate_id)
    if form.validate_on_submit() and (
        made := carried_out(
            form,
            lambda session: reissue_certificate(
                session,
                certificate_id,
                reason=form.reason.data or "",
                actor=actor,
                now=now(),
                key=form.sent_key,
                secret=secret(),
            ),
        )
    ):
        flash(_("Issued in the place of %(number)s.", number=row.number), "success")
        return redirect(url_for(".one", certificate_id=made), 303)
    page = render_template("certificates/replace.html", form=form, row=row)
    return page, 422 if form.is_submitted() else 200
