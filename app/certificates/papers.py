"""Certificates as papers, inside a request and in a job: HTML for a PDF, and the key that signs."""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale

from app.certificates.operations import signing_with
from app.certificates.queries.certificates import CertificateRow
from app.certificates.queries.keys import find_current_key
from app.certificates.rules import Payload
from app.certificates.rules.files import signed_pdf
from app.certificates.rules.signing import Signer, opened
from app.certificates.showing import FORMS, sheet_of
from app.clock import now
from app.db import db, transaction
from app.papers.making import pdf_of
from app.papers.rendering import paper_html
from app.teams.papers import address_in_full

# A list of service is portrait, an award hangs on a wall.
SERVICE_FORM, AWARD_FORM = "p", "l"


def secret() -> str:
    """Return the secret under which the signing key is sealed."""
    return str(current_app.config["SECRET_KEY"])


def signer() -> Signer:
    """Return the key that signs, opened; made first where there is none."""
    current = find_current_key(db.session())
    if current is not None:
        return opened(current.pair, secret())
    with transaction() as session:
        return signing_with(session, secret(), now=now()).signer


def verify_site() -> str:
    """Return what stands before a code in the public address of a certificate."""
    return address_in_full("verify.start") + "/"


def paper_of(says: Payload, form: str, language: str, site: str) -> str:
    """Return a certificate's paper as a PDF is made of it."""
    with force_locale(language):
        sheet = sheet_of(says, site)
    return paper_html("certificates/papers.html", language, sheets=[sheet], form=form)


def certificate_pdf(row: CertificateRow, form: str, language: str) -> bytes:
    """Return a certificate as a signed PDF."""
    says = row.says
    default = SERVICE_FORM if says.kind == "service" else AWARD_FORM
    html = paper_of(says, form if form in FORMS else default, language, verify_site())
    return signed_pdf(pdf_of(html), signer(), row.verify_code)
