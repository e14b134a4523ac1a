"""The certificates of a year's awards in one go: as one PDF, or a ZIP of signed ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

from flask_babel import force_locale

from app.certificates.papers import AWARD_FORM, paper_of, signer
from app.certificates.queries.certificates import CertificateRow, certificates_of_awards
from app.certificates.rules.files import signed_pdf
from app.certificates.rules.refusals import NothingIssued
from app.clock import now
from app.db import snapshot
from app.errors import N_
from app.jobs.handling import Handle, Run
from app.jobs.operations import keep_file
from app.jobs.rules import NoLongerAllowed
from app.papers.making import joined_pdf, pdf_of
from app.papers.rules import MEDIA_TYPE
from app.ranking.queries.awards import final_awards
from app.web.policy import allow

ONE_PDF, MANY_PDFS = "certificates.pdf", "certificates.zip"
PRINTING = N_("Setting the certificates")
ZIP_TYPE = "application/zip"


@allow("certificate.award")
def print_together(run: Run) -> None:
    """Make one PDF of a year's award certificates that hold."""
    language = str(run.job.payload["language"])
    with force_locale(language):
        rows = _rows(run)
        run.at(PRINTING, 0, len(rows))
        papers = (_paper(row, run) for row in rows)
        body = joined_pdf(papers, lambda done: run.at(PRINTING, done, len(rows)))
        _keep(run, signed_pdf(body, signer(), None), MEDIA_TYPE, "pdf")


@allow("certificate.award")
def print_singly(run: Run) -> None:
    """Make a ZIP of a year's award certificates that hold, each signed for itself."""
    with force_locale(str(run.job.payload["language"])):
        rows = _rows(run)
        _keep(run, _zipped(_pdfs(run, rows)), ZIP_TYPE, "zip")


def _pdfs(run: Run, rows: Sequence[CertificateRow]) -> Iterator[tuple[str, bytes]]:
    key = signer()
    for done, row in enumerate(rows):
        run.at(PRINTING, done, len(rows))
        body = pdf_of(_paper(row, run))
        yield f"{row.number}.pdf", signed_pdf(body, key, row.verify_code)


def _zipped(files: Iterator[tuple[str, bytes]]) -> bytes:
    out = BytesIO()
    # A PDF is packed already.
    with ZipFile(out, "w", ZIP_STORED) as packed:
        for name, body in files:
            packed.writestr(name, body)
    return out.getvalue()


def _paper(row: CertificateRow, run: Run) -> str:
    language, site = str(run.job.payload["language"]), str(run.job.payload["site"])
    return paper_of(row.says, AWARD_FORM, language, site)


def _rows(run: Run) -> list[CertificateRow]:
    organisation_id, year = run.job.subject_id, int(run.job.payload["year"])
    if organisation_id not in run.actor.organises:
        raise NoLongerAllowed
    with snapshot() as session:
        awards = [row.award_id for row in final_awards(session, organisation_id, year)]
        rows = certificates_of_awards(session, awards)
    holding = [row for row in rows if row.state == "valid"]
    if not holding:
        raise NothingIssued
    return holding


def _keep(run: Run, body: bytes, media_type: str, ending: str) -> None:
    name = f"certificates-{run.job.payload['year']}.{ending}"
    run.end(
        lambda session: keep_file(
            session,
            job_id=run.job.id,
            owner_login_id=run.actor.login_id,
            organisation_id=run.job.subject_id,
            name=name,
            kind=media_type,
            body=body,
            now=now(),
        ),
        lambda file_id: {"file": file_id},
    )


HANDLERS: Mapping[str, Handle] = {ONE_PDF: print_together, MANY_PDFS: print_singly}
TITLES: Mapping[str, str] = {
    ONE_PDF: N_("Award certificates as one PDF"),
    MANY_PDFS: N_("Award certificates as single PDFs"),
}
