"""The head of the chain for publication outside, and an earlier one held to today's chain."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.audit.chain_checks import head_is_there
from app.audit.reading import CannotRead, open_reading
from app.db import snapshot
from app.ledger.chain_rules import (
    Head,
    head_line,
    head_object,
    instant_text,
    published_heads,
    unread_heads,
)
from app.ledger.queries import head
from app.web.policy import allow

IS_MISSING = 1
CANNOT = 2
NOTHING_YET: dict[str, Any] = {"links": 0, "entry": 0, "sha256": None, "at": None}


def register(app: Flask) -> None:
    """Add the command to `flask`."""
    app.cli.add_command(head_command)


@click.command("head")
@click.option("--check", "published", metavar="TEXT|FILE|-", help="a head published before")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_appcontext
@allow("audit.read")
def head_command(published: str | None, as_json: bool) -> None:
    """The head of the chain over all entries, to be published outside this database.

    With --check: whether every head in the text, file or standard input (-) is in today's chain;
    0 yes, 1 no, 2 when there is none in it or the database cannot be read.
    """
    if published is not None:
        _check(published, as_json)
        return
    try:
        with snapshot() as session:
            found = head(session)
    except (OperationalError, ProgrammingError) as error:
        _cannot(_("Could not read the database: %(error)s", error=error.orig))
    if as_json:
        click.echo(json.dumps(head_object(found) if found else NOTHING_YET))
    else:
        _tell(found)


def _tell(found: Head | None) -> None:
    if found is None:
        click.echo(_("Nothing is sealed yet."))
        return
    click.echo(head_line(found))
    click.echo(
        _(
            "Every entry up to %(entry)s is sealed: seal %(links)s, of %(at)s (UTC).",
            links=found.links,
            entry=found.entry_id,
            at=f"{found.sealed_at:%Y-%m-%d %H:%M}",
        )
    )


def _check(published: str, as_json: bool) -> None:
    text = _text_of(published)
    heads = published_heads(text)
    if not heads and not unread_heads(text):
        _cannot(
            _(
                "There is no head in it, nor a file of that name that can be read. A head is one"
                " line that begins with qicai-head/1."
            )
        )
    if unread := unread_heads(text):
        _cannot(
            _(
                "Heads in it that cannot be read (cut off, broken up or altered): %(count)s. Give"
                " each as the one line it was.",
                count=unread,
            )
        )
    config = current_app.config
    try:
        with open_reading(config["DATABASE_URL"], config["DATABASE_ROLE"]) as reading:
            found = [
                head_is_there(
                    reading, each.links, each.entry_id, each.sha256, instant_text(each.sealed_at)
                )
                for each in heads
            ]
    except CannotRead as error:
        _cannot(_("Could not read the database: %(error)s", error=error))
    if as_json:
        checked = [
            {**head_object(each), "is_there": is_there}
            for each, is_there in zip(heads, found, strict=True)
        ]
        click.echo(json.dumps({"is_there": all(found), "heads": checked}))
    else:
        for each, is_there in zip(heads, found, strict=True):
            _tell_checked(each, is_there)
    if not all(found):
        raise SystemExit(IS_MISSING)


def _tell_checked(checked: Head, is_there: bool) -> None:
    given = {"entry": checked.entry_id, "at": f"{checked.sealed_at:%Y-%m-%d %H:%M}"}
    if is_there:
        click.echo(
            "✓ "
            + _(
                "The head of %(at)s (UTC), entry %(entry)s, is in today's chain. Whether the"
                " entries are as they were sealed says flask audit, check I-06.",
                **given,
            )
        )
    else:
        click.echo(
            "✗ "
            + _(
                "The head of %(at)s (UTC), entry %(entry)s, is not in today's chain: entries or"
                " seals were rewritten since, or an older state was restored.",
                **given,
            )
        )


def _text_of(published: str) -> str:
    if published == "-":
        return sys.stdin.read()
    try:
        file = Path(published)
        if file.is_file():
            return file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        # A text may be longer than any name of a file; then it is no file.
        if isinstance(error, UnicodeDecodeError):
            _cannot(str(error))
    return published


def _cannot(reason: str) -> NoReturn:
    click.echo(reason, err=True)
    raise SystemExit(CANNOT)
