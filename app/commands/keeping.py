"""Keep the instance: audit, dump, doctor, backup, restore."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.audit.checks import Result
from app.audit.copies import back_up, restore
from app.audit.dump import write_dump
from app.audit.findings import Finding, Patient
from app.audit.health import examine
from app.audit.reading import CannotRead, Reading, open_reading, sqlite_file
from app.audit.report import Report, audit
from app.clock import now
from app.config import ROOT
from app.db import db
from app.errors import RuleBroken
from app.web.policy import allow
from app.web.saying import say, say_message

VIOLATED = 1
COULD_NOT = 2
UNKNOWN: dict[str, Any] = {"clean": None, "checks": [], "digest": None}
SIGNS = {"good": "✓", "warning": "!", "bad": "✗"}
A_PATH = click.Path(path_type=Path)


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (audit_command, dump_command, doctor_command, backup_command, restore_command):
        app.cli.add_command(command)


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_appcontext
@allow("audit.read")
def audit_command(as_json: bool) -> None:
    """Check every invariant; 0 clean, 1 violated, 2 could not check."""
    try:
        with _reading() as reading:
            report = audit(reading) if as_json else audit(reading, _tell)
    except CannotRead as error:
        if as_json:
            click.echo(json.dumps({**UNKNOWN, "error": str(error)}))
        _could_not_check(error)
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        _tell_end(report)
    if not report.is_clean:
        raise SystemExit(VIOLATED)


@click.command("dump")
@click.argument("folder", metavar="DIR", type=A_PATH)
@with_appcontext
@allow("audit.read")
def dump_command(folder: Path) -> None:
    """Write the whole ledger and its subjects as CSV, with a manifest of SHA-256s."""
    with _refusals_said(), _reading() as reading:
        manifest = write_dump(reading, folder)
    click.echo(
        _(
            "%(rows)s rows written to %(folder)s. It holds personal data: keep it safe.",
            rows=sum(file["rows"] for file in manifest["files"]),
            folder=folder,
        )
    )
    click.echo(f"SHA-256 {manifest['digest']}")


@click.command("doctor")
@with_appcontext
@allow("instance.keep")
def doctor_command() -> None:
    """Look at the engine, the files and the machine, and say what to do."""
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head() or ""
    findings = examine(Patient(current_app.config, db.engine, head, now()))
    for finding in findings:
        _tell_finding(finding)
    if any(finding.state == "bad" for finding in findings):
        raise SystemExit(VIOLATED)


@click.command("backup")
@click.argument("file", metavar="FILE", type=A_PATH)
@with_appcontext
@allow("instance.keep")
def backup_command(file: Path) -> None:
    """Copy the live SQLite database into a new FILE and verify the copy."""
    database = _sqlite_only(
        _("PostgreSQL is backed up by its own tool: pg_dump --format=custom --file=FILE NAME")
    )
    with _refusals_said():
        report = back_up(database, file)
    click.echo(_("Backed up and verified: %(file)s", file=file))
    click.echo(f"SHA-256 {report.digest}")


@click.command("restore")
@click.argument("file", metavar="FILE", type=A_PATH)
@with_appcontext
@allow("instance.keep")
def restore_command(file: Path) -> None:
    """Verify FILE, keep the present SQLite database aside and put FILE in its place."""
    database = _sqlite_only(
        _("PostgreSQL is restored by its own tool: pg_restore --clean --dbname=NAME FILE")
    )
    db.engine.dispose()
    with _refusals_said():
        restored = restore(file, database, now())
    click.echo(_("Restored and verified: %(file)s", file=file))
    if restored.kept:
        click.echo(_("The former database is kept in %(file)s", file=restored.kept))
    click.echo(f"SHA-256 {restored.report.digest}")


@contextmanager
def _reading() -> Iterator[Reading]:
    config = current_app.config
    with open_reading(config["DATABASE_URL"], config["DATABASE_ROLE"]) as reading:
        yield reading


@contextmanager
def _refusals_said() -> Iterator[None]:
    """Say a refusal in one sentence on stderr instead of a traceback."""
    try:
        yield
    except CannotRead as error:
        _could_not_check(error)
    except RuleBroken as refusal:
        _end(say(refusal), VIOLATED)
    except OSError as error:
        _end(str(error), COULD_NOT)


def _sqlite_only(otherwise: str) -> Path:
    if db.engine.dialect.name != "sqlite":
        _end(otherwise, COULD_NOT)
    return sqlite_file(current_app.config["DATABASE_URL"])


def _could_not_check(error: CannotRead) -> NoReturn:
    _end(_("Could not read the database: %(error)s", error=error), COULD_NOT)


def _end(sentence: str, code: int) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(code)


def _tell(result: Result) -> None:
    sign = SIGNS["bad" if result.violations else "good"]
    looked_at = _("%(count)s rows looked at", count=f"{result.looked_at:,}")
    click.echo(f"{sign} {result.id}  {_(result.name)} ({looked_at})")
    if not result.violations:
        return
    click.echo("    " + _("%(count)s violations, for instance:", count=f"{result.violations:,}"))
    for sample in result.samples:
        click.echo("    " + _shown(sample))


def _shown(sample: dict[str, Any]) -> str:
    figures = ", ".join(f"{name} {value}" for name, value in sample.items() if name != "what")
    # Bytes that are no text must not break the terminal.
    return f"{sample['what']}: {figures}".encode("utf-8", "replace").decode()


def _tell_end(report: Report) -> None:
    violated = [result.id for result in report.results if result.violations]
    if violated:
        click.echo(_("Violated: %(names)s", names=", ".join(violated)))
    else:
        click.echo(_("Clean: every check passed."))
    click.echo(f"SHA-256 {report.digest}")


def _tell_finding(finding: Finding) -> None:
    click.echo(f"{SIGNS[finding.state]} {say_message(finding.sentence, finding.figures)}")
    if finding.state != "good" and finding.advice:
        click.echo("    " + say_message(finding.advice, finding.figures))
