"""Import a roster, a service list, a sign-in sheet or opening balances from the shell."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.bulk import uncollected
from app.clock import now, today_in
from app.commands.sealing import seal_at_end
from app.db import is_retryable, snapshot, transaction
from app.errors import N_, NotFound, RuleBroken
from app.imports.operations import (
    ReadFile,
    Report,
    commit,
    preview,
    read_file,
    sheet_to_mend,
    with_cells,
)
from app.imports.rules.columns import Kind
from app.imports.rules.refusals import Refusal
from app.organisations.queries import find_site
from app.organisations.rules import Settings
from app.people.queries import login_by_name
from app.sheets.apart import read_sheet_apart
from app.sheets.headers import Unit
from app.teams.queries import actor_of
from app.teams.rules import Actor
from app.web.policy import allow
from app.web.saying import say

REFUSED = 1
UNREADABLE = 2
TRIES = 3
SHOWN_REFUSALS = 40

Read = Callable[[], ReadFile]
Command = TypeVar("Command", bound=Callable[..., Any])

import_group = AppGroup(
    "import", help="Import a sheet: roster, service list, sign-in sheet, opening balances."
)


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(import_group)


def _asked(command: Command) -> Command:
    """Give a command the arguments all imports have."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="print one JSON object"),
        click.option(
            "--refused",
            "mend_in",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help="write the refused rows, with their reasons, into an .xlsx or .csv to mend",
        ),
        click.option(
            "--duration-unit",
            "unit",
            type=click.Choice(["hours", "minutes"]),
            help="what a bare number means where the header does not say",
        ),
        click.option("--dry-run", is_flag=True, help="only tell what would be done"),
        click.option("--skip-refused", is_flag=True, help="leave refused rows out"),
        click.option(
            "--by", "login", required=True, metavar="LOGIN", help="who imports: a login or number"
        ),
        click.argument(
            "file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
        ),
    ):
        command = option(command)
    return command


@import_group.command("roster")
@_asked
@allow("import.commit")
def roster_command(**asked: Any) -> None:
    """Add and update people and their teams."""
    _import("roster", **asked)


@import_group.command("service")
@_asked
@allow("import.commit")
def service_command(**asked: Any) -> None:
    """Post the rows of a service list."""
    _import("service", **asked)


@import_group.command("signin")
@_asked
@allow("import.commit")
def signin_command(**asked: Any) -> None:
    """Post the rows of a sign-in sheet."""
    _import("signin", **asked)


@import_group.command("opening")
@_asked
@allow("import.commit")
def opening_command(**asked: Any) -> None:
    """Take balances over from paper books."""
    _import("opening", **asked)


def _import(
    kind: Kind,
    *,
    unit: Unit | None,
    file: Path,
    login: str,
    skip_refused: bool,
    dry_run: bool,
    mend_in: Path | None,
    as_json: bool,
) -> None:
    def read(spares_room: bool = True) -> ReadFile:
        return read_file(
            kind,
            file,
            file.name,
            duration_unit=unit,
            reader=read_sheet_apart,
            spares_room=spares_room,
        )

    try:
        with uncollected():
            judge = _preview if dry_run else _commit
            report = judge(read, login, skip_refused)
            whole = read(spares_room=False) if report.refused else None
    except RuleBroken as refusal:
        _end(say(refusal))
    except OSError as error:
        _end(str(error))
    if whole is not None:
        report = with_cells(report, whole)
        if mend_in is not None:
            _write_sheet_to_mend(whole, report, mend_in)
    if as_json:
        click.echo(json.dumps(_as_json(report), ensure_ascii=False))
    else:
        _tell(report, dry_run)
    if not dry_run:
        seal_at_end()
    if report.is_refused:
        raise SystemExit(REFUSED)


def _preview(read: Read, login: str, skip_refused: bool) -> Report:
    file = read()
    with snapshot() as session:
        return _judge(preview, session, file, login, skip_refused)


def _commit(read: Read, login: str, skip_refused: bool) -> Report:
    """Commit; again, whole, when the database only says that two transactions met."""
    for tries_left in range(TRIES - 1, -1, -1):
        file = read()
        try:
            with transaction() as session:
                return _judge(commit, session, file, login, skip_refused)
        except DBAPIError as error:
            if not (tries_left and is_retryable(error)):
                raise
        time.sleep(random.uniform(0.05, 0.3))
    raise AssertionError("unreachable")


def _judge(
    judge: Callable[..., Report], session: Session, read: ReadFile, login: str, skip_refused: bool
) -> Report:
    at = now()
    site = find_site(session)
    today = today_in(site[2] if site else Settings().time_zone, at)
    actor = _actor(session, login, today)
    return judge(session, read, actor=actor, now=at, today=today, skip_refused=skip_refused)


class NoSuchLogin(NotFound):
    message = N_("There is no sign-in “%(login)s”, or it is suspended.")


def _actor(session: Session, login: str, today: date) -> Actor:
    found = login_by_name(session, login)
    try:
        return actor_of(session, found.id if found else 0, today)
    except NotFound:
        raise NoSuchLogin(login=login) from None


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "batch": report.batch_id,
        "rows": report.rows,
        "created": report.created,
        "updated": report.updated,
        "duplicates": report.duplicates,
        "blank": report.blank,
        "refused": [
            {
                "row": refusal.row,
                "column": refusal.column,
                "code": refusal.code,
                "message": say(refusal.broken),
            }
            for refusal in report.refused
        ],
    }


def _tell(report: Report, dry_run: bool) -> None:
    click.echo(
        _(
            "%(rows)s rows: %(created)s created, %(updated)s updated, %(duplicates)s recorded "
            "already, %(blank)s blank, %(refused)s refused.",
            **report.counts,
        )
    )
    if report.waiting:
        click.echo(_("%(count)s of the created wait for approval.", count=report.waiting))
    for refusal in report.refused[:SHOWN_REFUSALS]:
        _tell_refusal(refusal)
    if len(report.refused) > SHOWN_REFUSALS:
        more = len(report.refused) - SHOWN_REFUSALS
        click.echo("  " + _("and %(count)s more; --refused FILE writes them all.", count=more))
    _tell_what_came_of_it(report, dry_run)


def _tell_what_came_of_it(report: Report, dry_run: bool) -> None:
    if report.is_refused:
        came = _("Nothing was imported. Mend the refused rows, or leave them out: --skip-refused.")
    elif not report.writes:
        came = _("Nothing new: nothing was imported.")
    elif dry_run:
        came = _("A dry run: nothing was imported.")
    else:
        came = _("Imported as batch %(batch)s.", batch=report.batch_id)
    click.echo(came)


def _tell_refusal(refusal: Refusal) -> None:
    told = _(
        "Row %(row)s, %(column)s “%(cell)s”: %(reason)s",
        row=refusal.row,
        column=refusal.column,
        cell=refusal.cell,
        reason=say(refusal.broken),
    )
    click.echo(f"  {told}")


def _write_sheet_to_mend(read: ReadFile, report: Report, path: Path) -> None:
    content = sheet_to_mend(
        read,
        report.refused,
        reason_title=_("Reason"),
        reason_of=lambda refusal: say(refusal.broken),
        as_csv=path.suffix.lower() == ".csv",
    )
    path.write_bytes(content)


def _end(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(UNREADABLE)
