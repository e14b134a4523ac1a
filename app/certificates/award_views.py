"""The certificates of a year's final list: issued in one click, printed in one go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.certificates.desk_views import blueprint
from app.certificates.jobs import MANY_PDFS, ONE_PDF
from app.certificates.operations.awarding import Issued, issue_awards
from app.certificates.operations.printing import Printing, ask_printing
from app.certificates.papers import secret, verify_site
from app.certificates.queries.awarded import Awarded, awarded
from app.certificates.queries.certificates import CertificateRow, certificates_of_awards
from app.certificates.showing import place_text, state_tag
from app.clock import now
from app.db import db
from app.errors import N_
from app.papers.rules import missing_glyphs
from app.ranking.award_access import Closing, closing_of
from app.ranking.queries.awards import AwardRow, final_awards
from app.web.actor import current_actor
from app.web.filters import hours
from app.web.forms import Form
from app.web.languages import language
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

KIND_NAMES = {
    "party": N_("Party members"),
    "social": N_("Social workers"),
    "resident": N_("Residents"),
}
PRINTED = {"pdf": ONE_PDF, "zip": MANY_PDFS}


class IssueAwardsForm(Form):
    """Carries nothing but its token and its key."""


class AwardShown(NamedTuple):
    """One award with the certificate that holds, if there is one."""

    name: str
    title: str
    place: str
    hours: str
    number: str
    url: str
    tag: tuple[str, str, str] | None
    unprintable: str


@blueprint.get("/awards/<code>/<int:year>/certificates")
@allow("certificate.read")
def certificates_page(code: str, year: int) -> ResponseReturnValue:
    """Show every award of the final list with its certificate."""
    return _page(_closing(code, year), IssueAwardsForm())


@blueprint.post("/awards/<code>/<int:year>/certificates")
@allow("certificate.award")
def issue_missing(code: str, year: int) -> ResponseReturnValue:
    """Issue what is missing; a second click issues nothing twice."""
    closing, form, actor = _deciding(code, year), IssueAwardsForm(), current_actor()

    def issuing(session: Session) -> Issued:
        return issue_awards(
            session,
            closing.organisation_id,
            year,
            titled=signed_title,
            actor=actor,
            now=now(),
            key=form.sent_key,
            secret=secret(),
        )

    if form.validate_on_submit() and (issued := carried_out(form, issuing)):
        flash(
            ngettext(
                "%(num)s certificate was issued.", "%(num)s certificates were issued.", issued.made
            ),
            "success",
        )
        return redirect(url_for(".certificates_page", code=code, year=year), 303)
    return _page(closing, form)


@blueprint.post("/awards/<code>/<int:year>/certificates.<kind>")
@allow("certificate.award")
def print_all(code: str, year: int, kind: str) -> ResponseReturnValue:
    """Have all of them printed beside the pages."""
    closing, form, actor = _deciding(code, year), IssueAwardsForm(), current_actor()
    wanted = PRINTED.get(kind) or not_found()

    printing = Printing(wanted, closing.organisation_id, year, language(), verify_site())

    def asking(session: Session) -> int:
        return ask_printing(session, printing, actor=actor, now=now(), key=form.sent_key)

    if form.validate_on_submit() and (job_id := carried_out(form, asking)):
        back = url_for(".certificates_page", code=code, year=year)
        return redirect(url_for("files.job", job_id=job_id, next=back), 303)
    return _page(closing, form)


def signed_title(row: AwardRow, colour_names: dict[int, str]) -> str:
    """Return a title for good: in the instance's language, whoever clicks in another one."""
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        return titled(row, colour_names)


def titled(row: AwardRow, colour_names: dict[int, str]) -> str:
    """Return a title as its certificate has it: which colour's or kind's it is, says so."""
    if row.colour_id is not None:
        group = colour_names.get(row.colour_id, "")
    else:
        group = _(KIND_NAMES[row.kind]) if row.kind else ""
    if not group or group in row.title:
        return row.title
    return str(_("%(group)s · %(title)s", group=group, title=row.title))


def _closing(code: str, year: int) -> Closing:
    return closing_of(db.session(), current_actor(), code, year)


def _deciding(code: str, year: int) -> Closing:
    closing = _closing(code, year)
    return closing if closing.may_ask else not_found()


def _page(closing: Closing, form: Form) -> ResponseReturnValue:
    session = db.session()
    rows = final_awards(session, closing.organisation_id, closing.year)
    said = awarded(session, rows)
    made = certificates_of_awards(session, [row.award_id for row in rows])
    # The latest edition last, so that it is the one that stays.
    by_award = {row.award_id: row for row in sorted(made, key=lambda each: each.edition)}
    shown = [_shown(row, said, by_award.get(row.award_id)) for row in rows]
    page = render_template(
        "certificates/awards.html",
        closing=closing,
        form=form,
        rows=shown,
        missing=sum(row.award_id not in by_award for row in rows),
        holding=sum(row.state == "valid" for row in by_award.values()),
        unprintable=_unprintable(shown),
    )
    return page, 422 if form.is_submitted() else 200


def _shown(row: AwardRow, said: Awarded, made: CertificateRow | None) -> AwardShown:
    name = row.team_name or said.people.get(row.volunteer_id or 0, ("", None))[0]
    return AwardShown(
        name=name,
        title=titled(row, said.colour_names),
        place=place_text(row.rank, row.is_tied),
        hours=hours(row.minutes),
        number=made.number if made else "",
        url=url_for(".one", certificate_id=made.id) if made else "",
        tag=state_tag(made) if made else None,
        unprintable=missing_glyphs(name),
    )


def _unprintable(shown: Sequence[AwardShown]) -> list[dict[str, Any]]:
    return [{"name": one.name, "characters": one.unprintable} for one in shown if one.unprintable]
