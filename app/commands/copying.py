"""Move a community from its SQLite file to PostgreSQL, and say how far it is."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import NoReturn

import click
import psycopg
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from app import create_app
from app.audit.reading import CannotRead, sqlite_file
from app.copying.moving import CHECKING, COMPARING, COPYING, MAKING, OPENING, Moved, Way, move
from app.copying.moving import reopen as open_again
from app.copying.refusals import NotPostgreSQL, NotSQLite
from app.db import db
from app.errors import N_, RuleBroken
from app.hosts import with_driver
from app.web.policy import allow
from app.web.saying import say

REFUSED, COULD_NOT = 1, 2
STEPS = {
    CHECKING: N_("Looking at every row here (nobody else writes until the move is over)"),
    MAKING: N_("Making the tables there"),
    COPYING: N_("Copying"),
    COMPARING: N_("Comparing every row of every table, and auditing the copy"),
    OPENING: N_("Closing the file, opening the copy"),
}


def register(app: Flask) -> None:
    """Add the command to `flask`."""
    app.cli.add_command(copy_to_command)


@click.command("copy-to")
@click.argument("url", required=False)
@click.option("--even-violated", is_flag=True, help="move what the audit finds fault with, too")
@click.option("--reopen", is_flag=True, help="take the file into service again after a move")
@with_appcontext
@allow("instance.keep")
def copy_to_command(url: str | None, even_violated: bool, reopen: bool) -> None:
    """Move this SQLite community to the empty PostgreSQL database at URL, ids and all.

    The server may run meanwhile: pages are read, whoever writes is asked to wait. At the end the
    file takes no more, and DATABASE_URL is to name the new place. A password is better kept out
    of URL: PGPASSWORD, or ~/.pgpass. Broken off midway, give the command again.
    """
    try:
        file = _source()
        if reopen:
            open_again(file)
            click.echo(_("The file is in service again. What was copied from it must not be."))
            return
        _tell_end(move(_way(file, url or ""), even_violated=even_violated), url or "")
    except RuleBroken as refusal:
        _end(say(refusal), REFUSED)
    except (CannotRead, psycopg.Error, sqlite3.Error) as error:
        _end(_unreachable(str(error)), COULD_NOT)
    except (OperationalError, ProgrammingError) as error:
        _end(_unreachable(str(error.orig)), COULD_NOT)


def _source() -> Path:
    engine = db.engine.dialect.name
    if engine != "sqlite":
        raise NotSQLite(engine=engine)
    # What this process has read of the file lets go of it.
    db.session.remove()
    db.engine.dispose()
    return sqlite_file(current_app.config["DATABASE_URL"])


def _way(file: Path, url: str) -> Way:
    try:
        address = make_url(with_driver(url))
    except (ArgumentError, ValueError) as error:
        raise NotPostgreSQL from error
    if address.get_backend_name() != "postgresql":
        raise NotPostgreSQL
    place = address.render_as_string(hide_password=False)
    config = current_app.config
    there = {"MIGRATION_DATABASE_URL": "", "DATABASE_ROLE": "", "DATABASE_URL": place}
    kept = {key: config[key] for key in ("SECRET_KEY", "INSTANCE_DIR", "TESTING")}
    return Way(file, place, create_app(kept | there), _tell_step, _tell_rows)


def _tell_step(step: str) -> None:
    click.echo(f"── {_(STEPS[step])}")


def _tell_rows(table: str, done: int, total: int) -> None:
    """Print a line for a table that is through, and on a terminal how far it is."""
    if not total or (done < total and not sys.stdout.isatty()):
        return
    click.echo(f"\r   {table:28} {done:>12,} / {total:,}", nl=done >= total)


def _tell_end(moved: Moved, url: str) -> None:
    place = make_url(with_driver(url)).set(drivername="postgresql", password=None)
    figures = {"rows": f"{moved.rows:,}", "tables": moved.tables}
    click.echo(_("Moved: %(rows)s rows of %(tables)s tables, each compared.", **figures))
    click.echo(f"SHA-256 {moved.report.digest}")
    click.echo(
        _(
            "Now set DATABASE_URL to %(place)s (the same SECRET_KEY or instance folder), and"
            " start again: docs/operations.md, section 14. The file stays as it is and takes no"
            " more entries.",
            place=place.render_as_string(),
        )
    )


def _unreachable(error: str) -> str:
    said: str = _("The database there did not answer as it should: %(error)s", error=error.strip())
    return said


def _end(sentence: str, code: int) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(code)
