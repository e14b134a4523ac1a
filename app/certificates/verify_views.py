"""Anybody verifies a certificate: by its code or its QR, or off line with the published keys."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.certificates import showing
from app.certificates.forms import CodeForm
from app.certificates.operations import check_misses, count_miss
from app.certificates.queries.certificates import CertificateRow, find_by_code
from app.certificates.queries.keys import public_keys
from app.certificates.queries.served import were_corrected
from app.certificates.rules.files import is_payload_signed
from app.certificates.rules.numbers import typed_verify_code
from app.certificates.rules.published import published_keys
from app.certificates.rules.refusals import TooManyMisses
from app.clock import now, today_in
from app.db import db, transaction
from app.people.access import account_key, address
from app.people.rules.naming import masked_name
from app.teams.access import today
from app.web.filters import day, hours, number
from app.web.languages import chosen_zone
from app.web.policy import allow
from app.web.saying import say

blueprint = Blueprint("verify", __name__)
UNSEEN = "noindex, nofollow"


@blueprint.route("/verify", methods=["GET", "POST"])
@allow("certificate.verify")
def start() -> ResponseReturnValue:
    """Type the code of a certificate."""
    form = CodeForm()
    if form.validate_on_submit():
        code = typed_verify_code(form.code.data or "")
        if code is not None:
            return redirect(url_for(".one", code=code), 303)
        form.code.errors = [_("A code has 28 letters and digits, as printed below the QR code.")]
    page = render_template("certificates/verify.html", form=form)
    return page, 422 if form.is_submitted() else 200


@blueprint.get("/verify/<code>")
@allow("certificate.verify")
def one(code: str) -> ResponseReturnValue:
    """Say whether a certificate is genuine, and what it says; nothing besides."""
    whose = account_key(f"verify {today()}", address())
    try:
        check_misses(db.session(), whose, now=now())
    except TooManyMisses as refusal:
        return _answer(render_template("certificates/verify_wait.html", reason=say(refusal)), 429)
    typed = typed_verify_code(code)
    row = find_by_code(db.session(), typed) if typed else None
    if row is None:
        # Only what nobody knows is counted: a scanned paper costs nobody a try.
        with transaction() as session:
            count_miss(session, whose, now=now())
        page = render_template("certificates/verify_unknown.html", form=CodeForm(formdata=None))
        return _answer(page, 404)
    return _answer(_shown(row), 200)


def _answer(page: str, status: int) -> Response:
    answer = Response(page, status)
    answer.headers["X-Robots-Tag"] = UNSEEN
    return answer


def _shown(row: CertificateRow) -> str:
    says = row.says
    return render_template(
        "certificates/verified.html",
        row=row,
        says=says,
        facts=_facts(row),
        tag=showing.state_tag(row),
        revoked_on=_civil(row.revoked_at) if row.revoked_at else "",
        category=showing.category_name(row.category),
        is_signed=_is_signed(row),
        is_corrected=_is_corrected(row),
    )


def _civil(at: datetime) -> str:
    return day(today_in(chosen_zone(), at), with_year=True)


def _facts(row: CertificateRow) -> list[tuple[str, str]]:
    says = row.says
    found = [
        (_("Issued by"), says.issuer_name),
        (_("Number"), row.number),
        (_("Name"), says.name if says.is_team else masked_name(says.name)),
        (_("Kind of certificate"), showing.title_of(says)),
        (_("Time"), showing.span_text(row.from_on, row.until_on)),
        (_("Service in this time"), showing.served_text(says)),
    ]
    if says.service_days:
        found.append((_("Service days"), number(says.service_days)))
    if says.before_minutes:
        book = _("%(hours)s hours", hours=hours(says.before_minutes))
        found.append((_("From paper books before Qicai"), book))
    return [*found, (_("Issued on"), day(says.issued_on, with_year=True))]


def _is_signed(row: CertificateRow) -> bool:
    keys = {key.key_id: key.public_key for key in public_keys(db.session())}
    return is_payload_signed(row.payload, row.signature, keys.get(row.key_id, ""))


def _is_corrected(row: CertificateRow) -> bool:
    return were_corrected(
        db.session(),
        volunteer_id=row.volunteer_id,
        team_id=row.team_id,
        from_on=row.from_on,
        until_on=row.until_on,
        last_entry_id=row.last_entry_id,
    )


@blueprint.get("/.well-known/qicai-certificates.json")
@allow("certificate.verify")
def keys() -> Response:
    """Publish the public halves, so that anybody can check a file off line."""
    return jsonify(published_keys(public_keys(db.session())))
