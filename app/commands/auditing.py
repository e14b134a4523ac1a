"""audit-due: what a worker begins beside itself when an audit is due."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

import click
from flask import Flask
from flask.cli import with_appcontext

from app.auditing.keeping import try_audit
from app.demo.serving import served
from app.schema.migrating import the_app
from app.web.policy import allow

FAILED = 1
STOPPED = 128 + signal.SIGTERM


def register(app: Flask) -> None:
    """Add the command to `flask`."""
    app.cli.add_command(audit_due_command)


@click.command("audit-due", hidden=True)
@with_appcontext
@allow("instance.keep")
def audit_due_command() -> None:
    """Audit what is due, unless somebody does, and keep what was found."""
    signal.signal(signal.SIGTERM, _end_tidily)
    tried = []
    for app in served(the_app()):
        with app.app_context():
            tried.append(try_audit(app))
    if not all(tried):
        raise SystemExit(FAILED)


def _end_tidily(_number: int, _frame: object) -> NoReturn:
    """Let copies and locks go on the way out."""
    sys.exit(STOPPED)
