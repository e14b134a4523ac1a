"""What pages of volunteers and of desks have in common: a certificate, its files, its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.certificates import showing
from app.certificates.operations import (
    Asked,
    issue_service_record,
    preview_service_record,
)
from app.certificates.papers import certificate_pdf, secret, verify_site
from app.certificates.queries.certificates import CertificateRow
from app.certificates.queries.served import years_served
from app.certificates.rules import BadSpan, Payload
from app.certificates.rules.files import certificate_file
from app.certificates.spans import RANGE, IssueForm, Span, span_choices, span_from
from app.clock import now
from app.db import db
from app.errors import RuleBroken
from app.papers.rules import MEDIA_TYPE, missing_glyphs
from app.people.models import Volunteer
from app.teams.access import today
from app.teams.rules import Actor
from app.web.languages import language
from app.web.saying import say
from app.web.submitting import carried_out

JSON_TYPE = "application/json"
REFUSED_AT: Mapping[str, str] = {}


# ── one certificate ───────────────────────────────────────────────────────────────────────


def certificate_page(row: CertificateRow, **given: Any) -> str:
    """Show a certificate as its paper, and its facts as text."""
    says = row.says
    return render_template(
        "certificates/certificate.html",
        row=row,
        sheet=showing.sheet_of(says, verify_site()),
        form_chosen=_form_chosen(says),
        facts=showing.facts_of(row),
        tag=showing.state_tag(row),
        category=showing.category_name(row.category),
        address=verify_site() + row.verify_code,
        unprintable=missing_glyphs(says.name),
        **given,
    )


def _form_chosen(says: Payload) -> str:
    """Return the form asked for; a list of service is portrait, an award shows what fits."""
    asked = request.args.get("form", "")
    if asked in showing.FORMS:
        return asked
    return "p" if says.kind == "service" else ""


def certificate_download(row: CertificateRow, kind: str) -> ResponseReturnValue:
    """Return a certificate as the file that can be checked, or as a signed PDF."""
    if kind == "json":
        body = certificate_file(row.payload, row.key_id, row.signature)
        return download(body, JSON_TYPE, f"{row.number}.json")
    try:
        body = certificate_pdf(row, request.args.get("form", ""), language())
    except RuleBroken as refusal:
        return render_template("certificates/unavailable.html", reason=say(refusal)), 503
    return download(body, MEDIA_TYPE, f"{row.number}.pdf")


def download(body: bytes, media_type: str, name: str) -> Response:
    """Return a file to keep."""
    answer = Response(body, mimetype=media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer


# ── issuing ───────────────────────────────────────────────────────────────────────────────


def issue_page(
    actor: Actor,
    volunteer: Volunteer,
    endpoint: str,
    done: Callable[[int], ResponseReturnValue],
    **values: Any,
) -> ResponseReturnValue:
    """Choose a span, see what the certificate will say, issue it."""
    form = IssueForm()
    given = {name: form[name].data for name in ("span", "from_on", "until_on")}
    asked, reason = _span(given if form.is_submitted() else request.args)
    if form.validate_on_submit() and asked is not None:
        made = carried_out(form, _issuing(form, volunteer, asked, actor), REFUSED_AT)
        if made:
            return done(int(made))
    says, refused = _previewed(volunteer, asked, actor)
    reason = reason or refused
    chosen = asked.name if asked else str(given.get("span") or request.args.get("span", ""))
    page = render_template(
        "certificates/issue.html",
        form=form,
        volunteer=volunteer,
        is_for_another=volunteer.id != actor.volunteer_id,
        choices=span_choices(years_served(db.session(), volunteer.id), chosen, endpoint, **values),
        is_range=chosen == RANGE,
        asked=asked,
        typed=given if form.is_submitted() else request.args,
        sheet=showing.sheet_of(says, verify_site()) if says else None,
        reason=reason,
        unprintable=missing_glyphs(volunteer.name),
    )
    return page, 422 if form.is_submitted() else 200


def _span(given: Mapping[str, Any]) -> tuple[Span | None, str]:
    try:
        return span_from(given, today()), ""
    except BadSpan as refusal:
        # The form of a span is opened by its name alone.
        is_new = given.get("span") == RANGE and not (given.get("from_on") or given.get("until_on"))
        return None, "" if is_new else say(refusal)


def _previewed(
    volunteer: Volunteer, asked: Span | None, actor: Actor
) -> tuple[Payload | None, str]:
    if asked is None:
        return None, ""
    try:
        wanted = _asked(volunteer, asked)
        return preview_service_record(db.session(), wanted, actor=actor, now=now()), ""
    except RuleBroken as refusal:
        return None, say(refusal)


def _issuing(
    form: IssueForm, volunteer: Volunteer, asked: Span, actor: Actor
) -> Callable[[Session], int]:
    return lambda session: issue_service_record(
        session,
        _asked(volunteer, asked),
        actor=actor,
        now=now(),
        key=form.sent_key,
        secret=secret(),
    )


def _asked(volunteer: Volunteer, asked: Span) -> Asked:
    return Asked(volunteer.id, asked.from_on, asked.until_on, _("Service record certificate"))
