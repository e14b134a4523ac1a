"""Look after the instance: audit, dump, doctor."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.audit.aside import NoRoom, open_aside
from app.audit.checks import Result
from app.audit.dump import write_dump
from app.audit.findings import Finding, Patient
from app.audit.health import examine
from app.audit.quick import quick_audit
from app.audit.reading import CannotRead, Reading, open_reading
from app.audit.report import Report, audit
from app.audit.scopes import Mark, last_mark
from app.clock import now
from app.commands.arguments import A_PATH
from app.config import ROOT
from app.db import db
from app.errors import RuleBroken
from app.web.policy import allow
from app.web.saying import say, say_message

VIOLATED = 1
COULD_NOT = 2
UNKNOWN: dict[str, Any] = {"clean": None, "checks": [], "digest": None}
SIGNS = {"good": "✓", "warning": "!", "bad": "✗"}


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (audit_command, dump_command, doctor_command):
        app.cli.add_command(command)


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@click.option("--quick", "is_quick", is_flag=True, help="only what is new since the last clean one")
@click.option("--live", "is_live", is_flag=True, help="without a copy, though writers may wait")
@with_appcontext
@allow("audit.read")
def audit_command(as_json: bool, is_quick: bool, is_live: bool) -> None:
    """Check every invariant; 0 clean, 1 violated, 2 could not check."""
    tell = _unheard if as_json else _tell
    try:
        with _reading_aside(is_live) as reading:
            report = _quick(reading, tell) if is_quick else audit(reading, tell)
    except CannotRead as error:
        if as_json:
            click.echo(json.dumps({**UNKNOWN, "error": str(error)}))
        if isinstance(error, NoRoom):
            click.echo(
                _("With --live it is read without a copy; writers wait that long."), err=True
            )
        _could_not_check(error)
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        _tell_end(report)
    if not report.is_clean:
        raise SystemExit(VIOLATED)


def _quick(reading: Reading, tell: Callable[[Result], None]) -> Report:
    """Check what is new; all of it where no audit was kept yet."""
    return quick_audit(reading, last_mark(reading) or Mark(), tell)


def _unheard(_result: Result) -> None:
    """Say nothing: one JSON object follows."""


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
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_appcontext
@allow("instance.keep")
def doctor_command(as_json: bool) -> None:
    """Look at engine, settings, files and machine, and say what to do; 0 sound, 1 something is bad.

    A warning is no fault: it exits 0.
    """
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head() or ""
    findings = examine(Patient(current_app.config, db.engine, head, now()))
    is_sound = not any(finding.state == "bad" for finding in findings)
    if as_json:
        told = [_finding_object(finding) for finding in findings]
        click.echo(json.dumps({"sound": is_sound, "findings": told}, ensure_ascii=False))
    else:
        for finding in findings:
            _tell_finding(finding)
    if not is_sound:
        raise SystemExit(VIOLATED)


def _finding_object(finding: Finding) -> dict[str, str]:
    advice = finding.advice if finding.state != "good" else ""
    return {
        "subject": finding.subject,
        "state": finding.state,
        "said": say_message(finding.sentence, finding.figures),
        "advice": say_message(advice, finding.figures) if advice else "",
    }


@contextmanager
def _reading() -> Iterator[Reading]:
    config = current_app.config
    with open_reading(config["DATABASE_URL"], config["DATABASE_ROLE"]) as reading:
        yield reading


@contextmanager
def _reading_aside(is_live: bool) -> Iterator[Reading]:
    config = current_app.config
    url, role = config["DATABASE_URL"], config["DATABASE_ROLE"]
    with open_aside(url, role, is_live=is_live) as reading:
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
    if report.digest:
        click.echo(f"SHA-256 {report.digest}")


def _tell_finding(finding: Finding) -> None:
    click.echo(f"{SIGNS[finding.state]} {say_message(finding.sentence, finding.figures)}")
    if finding.state != "good" and finding.advice:
        click.echo("    " + say_message(finding.advice, finding.figures))
