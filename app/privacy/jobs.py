"""The job that puts all that is kept about one person into one ZIP: JSON, photos and a paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.archive.answers import paper_content
from app.archive.rules.entries import WITH_ARCHIVE
from app.clock import now, today_in
from app.db import snapshot
from app.errors import N_
from app.jobs.handling import Handle, Run
from app.jobs.operations import keep_file
from app.organisations.queries import settings_of
from app.papers.making import joined_pdf
from app.papers.rendering import paper_html
from app.people.queries import get_volunteer
from app.privacy.operations.taking_along import EXPORT, check_taking
from app.privacy.paper import summary_of_data
from app.privacy.queries.access import looks_at
from app.privacy.queries.own_data import own_passbook, own_pictures, own_tables
from app.privacy.rules.exporting import (
    COLUMNS_LEFT_OUT,
    FORMAT,
    TABLES_LEFT_OUT,
    document,
    plain,
)
from app.web.policy import allow

GATHERING = N_("Gathering the data")
PRINTING = N_("Setting the summary")
ZIP_TYPE = "application/zip"
# The same data give the same file, whenever it is packed.
_AT = (1980, 1, 1, 0, 0, 0)


@allow("profile.read")
def export_own_data(run: Run) -> None:
    """Pack what is kept about a person, for them or their guardian, and keep the file."""
    volunteer_id = run.job.subject_id
    with force_locale(str(run.job.payload["language"])):
        name, files = _files(run, volunteer_id)
        body = _packed(files)
    run.end(
        lambda session: keep_file(
            session,
            job_id=run.job.id,
            owner_login_id=run.actor.login_id,
            name=name,
            kind=ZIP_TYPE,
            body=body,
            now=now(),
        ),
        lambda file_id: {"file": file_id},
    )


def own_data(session: Session, volunteer_id: int) -> dict[str, Any]:
    """Return the content of data.json: docs/privacy.md says what stands where."""
    return {
        "format": FORMAT,
        "passbook": own_passbook(session, volunteer_id, now()),
        "access": [
            {name: plain(name, value) for name, value in look._asdict().items()}
            for look in looks_at(session, volunteer_id)
        ],
        "tables": own_tables(session, volunteer_id),
        "left_out": {name: _(why) for name, why in {**TABLES_LEFT_OUT, **COLUMNS_LEFT_OUT}.items()},
    }


def _files(run: Run, volunteer_id: int) -> tuple[str, list[tuple[str, bytes]]]:
    run.at(GATHERING, 0, 3)
    with snapshot() as session:
        person = get_volunteer(session, volunteer_id)
        on = today_in(settings_of(session, person.organisation_id).time_zone, now())
        # Whoever was the guardian when it was asked may be so no longer.
        check_taking(session, run.actor, volunteer_id, on)
        name = f"my-data-{person.number or volunteer_id}-{on:%Y-%m-%d}.zip"
        has_archive = person.state in WITH_ARCHIVE
        content = own_data(session, volunteer_id)
        pictures = own_pictures(session, volunteer_id)
        said = summary_of_data(session, person, content)
    run.at(PRINTING, 2, 3)
    language = str(run.job.payload["language"])
    papers = [paper_html("privacy/own_paper.html", language, **said)]
    if has_archive:
        papers.append(paper_html("archive/paper.html", language, **paper_content(volunteer_id)))
    return name, [
        ("data.json", document(content)),
        *((f"photos/{picture_id}.webp", body) for picture_id, body in pictures),
        ("summary.pdf", joined_pdf(papers)),
    ]


def _packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name, body in files:
            entry = ZipInfo(name, _AT)
            entry.compress_type = ZIP_DEFLATED
            packed.writestr(entry, body)
    return out.getvalue()


HANDLERS: Mapping[str, Handle] = {EXPORT: export_own_data}
TITLES: Mapping[str, str] = {EXPORT: N_("All data kept about one person")}
