"""What keeps a command from its work, said in one sentence instead of a traceback."""

from __future__ import annotations

import sqlite3
from functools import wraps
from typing import Any, NoReturn

import click
import psycopg
from flask import Flask
from flask.cli import ScriptInfo
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError

from app.audit.reading import CannotRead
from app.db import MovedAway, NoFile
from app.schema.migrating import LeftForGood
from app.web.saying import say

COULD_NOT = 2
_PLAIN = "says_plainly"


def say_plainly(command: click.Command) -> None:
    """Let a command, or each of a group, end with a sentence and 2 where its ground gives way."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            say_plainly(each)
    work = command.callback
    if work is None or hasattr(work, _PLAIN):
        return

    @wraps(work)
    def plain(*given: Any, **more: Any) -> Any:
        try:
            return work(*given, **more)
        except BrokenPipeError:
            # Whoever read on has read enough; click ends quietly.
            raise
        except (
            *(CannotRead, MovedAway, DBAPIError, sqlite3.Error, psycopg.Error),
            *(OSError, UnicodeEncodeError),
        ) as error:
            _end(error)

    setattr(plain, _PLAIN, True)
    command.callback = plain


def _end(error: Exception) -> NoReturn:
    app: Flask = click.get_current_context().ensure_object(ScriptInfo).load_app()
    with app.app_context():
        app.logger.debug("A command could not go on.", exc_info=error)
        click.echo(_sentence(error), err=True)
    raise SystemExit(COULD_NOT) from error


def _sentence(error: Exception) -> str:
    if isinstance(error, MovedAway):
        return say(LeftForGood())
    if isinstance(error, OSError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return _unwritten(error)
    said = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(said, NoFile):
        return str(_("There is no database yet: %(error)s. ./run makes one.", error=str(said)))
    return str(_("Could not read the database: %(error)s", error=str(said).strip()))


def _unwritten(error: UnicodeEncodeError) -> str:
    if error.encoding.lower().replace("-", "") == "utf8":
        return str(_("What was given is not written in UTF-8."))
    return str(
        _(
            "The terminal cannot show all letters (%(encoding)s). Set PYTHONIOENCODING=utf-8.",
            encoding=error.encoding,
        )
    )
