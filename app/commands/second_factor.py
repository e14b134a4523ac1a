"""For an administrator who lost phone and recovery codes: whoever holds the machine helps."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.people.operations import reset_factor
from app.people.queries import login_by_name
from app.web.policy import allow
from app.web.saying import say

REFUSED = 1


def register(app: Flask) -> None:
    """Add the command to `flask`."""
    app.cli.add_command(reset_command)


@click.command("second-factor-reset")
@click.argument("login_name", metavar="LOGIN")
@with_appcontext
@allow("instance.keep")
def reset_command(login_name: str) -> None:
    """Take the second factor of LOGIN away; they are told at the next sign-in."""
    found = login_by_name(db.session(), login_name)
    if found is None:
        click.echo(_("There is no sign-in %(name)s.", name=login_name), err=True)
        raise SystemExit(REFUSED)
    login_id = found.id
    db.session.rollback()
    try:
        with transaction() as session:
            reset_factor(
                session, login_id, actor_id=None, reason=_("at the machine's shell"), now=now()
            )
    except RuleBroken as refusal:
        click.echo(say(refusal), err=True)
        raise SystemExit(REFUSED) from refusal
    click.echo(_("The second factor of %(name)s is reset.", name=login_name))
