"""The job that writes an organisation's archives into one workbook, a sheet for each group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask import current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.archive.operations.exporting import EXPORT, span_of
from app.archive.queries.groups import how_many, people_by_number
from app.archive.rules.sealing import seal_key
from app.archive.tables import Asked, Cells, Table, sheets_of, tables_of
from app.bulk import allow_long_statements
from app.clock import now, today_in
from app.db import is_postgresql, snapshot
from app.errors import N_
from app.jobs.handling import Handle, Run
from app.jobs.operations import keep_file
from app.jobs.rules import NoLongerAllowed
from app.organisations.queries import get_organisation, settings_of, subtree_ids
from app.sheets.writing import XLSX, write_sheets
from app.web.policy import allow

WRITING = N_("Writing the sheets")
ROWS_A_STEP = 500


@allow("archive.export")
def export_archives(run: Run) -> None:
    """Write the six groups of everybody in an organisation and below it, and keep the file."""
    organisation_id = run.job.subject_id
    if organisation_id not in run.actor.organises:
        raise NoLongerAllowed
    with force_locale(str(run.job.payload["language"])), snapshot() as session:
        allow_long_statements(session)
        _allow_long_pauses(session)
        name = _name(session, organisation_id, int(run.job.payload["year"]))
        body = _workbook(session, run, organisation_id)
    run.end(
        lambda session: keep_file(
            session,
            job_id=run.job.id,
            owner_login_id=run.actor.login_id,
            organisation_id=organisation_id,
            name=name,
            kind=XLSX,
            body=body,
            now=now(),
        ),
        lambda file_id: {"file": file_id},
    )


def _workbook(session: Session, run: Run, organisation_id: int) -> bytes:
    ids = subtree_ids(session, organisation_id)
    span = span_of(int(run.job.payload["year"]))
    people, records = how_many(session, ids, span)
    key = seal_key(str(current_app.config["SECRET_KEY"]))
    asked = Asked(people_by_number(session, ids), span, bool(run.job.payload["is_full"]), key)
    progress = _Progress(run, people + records)
    return write_sheets(sheets_of(progress.through(tables_of(session, asked))))


def _allow_long_pauses(session: Session) -> None:
    """Let the transaction lie idle while a workbook of many rows is packed."""
    if is_postgresql(session):
        session.connection().exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


class _Progress:
    """How many of the rows are written; people and their records are nearly all of them."""

    def __init__(self, run: Run, total: int) -> None:
        self.run, self.total, self.done = run, total, 0
        run.at(WRITING, 0, total)

    def through(self, tables: list[Table]) -> list[Table]:
        """Return the same tables, counted as they are written."""
        return [table._replace(rows=self._counted(table)) for table in tables]

    def _counted(self, table: Table) -> Iterator[Cells]:
        for row in table.rows:
            yield row
            self.done += 1
            if self.done % ROWS_A_STEP == 0:
                self.run.at(WRITING, min(self.done, self.total), self.total)


def _name(session: Session, organisation_id: int, year: int) -> str:
    code = get_organisation(session, organisation_id).code
    on = today_in(settings_of(session, organisation_id).time_zone, now())
    return f"archives-{code}-{year or 'all'}-{on:%Y-%m-%d}.xlsx"


HANDLERS: Mapping[str, Handle] = {EXPORT: export_archives}
TITLES: Mapping[str, str] = {EXPORT: N_("Export of the volunteers' archives")}
