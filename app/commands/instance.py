"""Make an instance: migrate it, found its community, load the demo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from app.certificates.operations import signing_with
from app.clock import now, today_in
from app.config import database_url
from app.db import db, transaction
from app.demo.files import demo_file, fill_with_demo
from app.demo.serving import PREFIX, find_demo_server
from app.demo.sign_ins import SIGN_INS
from app.errors import RuleBroken
from app.founding.operations import Founded, found_community
from app.founding.rules import AlreadyFounded, founding_code
from app.organisations.queries import find_site, subtree_ids
from app.organisations.rules import Settings
from app.people.access import hash_cost
from app.people.models import Volunteer
from app.people.rules.passwords import check_password, hash_password, shown_code
from app.roster.queries.people import count_people
from app.schema.grants import RoleMissing
from app.schema.migrating import NotInService, migrate_database, the_app
from app.teams.queries import teams_in
from app.web.policy import allow
from app.web.saying import say

REFUSED = 1
COULD_NOT = 2


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (migrate_command, init_command, demo_command):
        app.cli.add_command(command)


@click.command("migrate-instance")
@with_appcontext
@allow("instance.keep")
def migrate_command() -> None:
    """Bring folder, secret and database up to date; `./run` does so at each start."""
    _migrate()
    is_empty = find_site(db.session()) is None
    if is_empty:
        click.echo(
            _(
                "Founding code, asked for when the site is opened from another machine: %(code)s",
                code=founding_code(current_app.config["SECRET_KEY"]),
            )
        )
    server = find_demo_server(current_app)
    if server is not None and (is_empty or server.is_there):
        _tell_demo(PREFIX + "/")


@click.command("init")
@click.option("--org", "name", metavar="NAME", help="the community's name")
@click.option("--code", metavar="CODE", help="its short code, with which volunteer numbers begin")
@click.option("--admin", "login_name", metavar="LOGIN", help="the first sign-in")
@click.option("--password-stdin", is_flag=True, help="read its password from standard input")
@with_appcontext
@allow("instance.keep")
def init_command(
    name: str | None, code: str | None, login_name: str | None, password_stdin: bool
) -> None:
    """Create or migrate the database; found the community of an empty one."""
    _migrate()
    session = db.session()
    if find_site(session) is not None:
        _tell_what_is_there(session)
        return
    if not (name and code and login_name):
        _end(_("The database is empty. Name its community: --org, --code and --admin."), COULD_NOT)
    try:
        password = _read_password([login_name, name, code]) if password_stdin else None
        founded = _found(name, code, login_name, password)
    except AlreadyFounded:
        _tell_what_is_there(session)
    except RuleBroken as refusal:
        _end(say(refusal), REFUSED)
    else:
        _tell_founded(name, login_name, founded)


@click.command("demo")
@with_appcontext
@allow("instance.keep")
def demo_command() -> None:
    """Load the demo community and its year: into DATABASE_URL if set, else a file of its own."""
    config = current_app.config
    if config["DATABASE_URL"] != database_url("", Path(config["INSTANCE_DIR"])):
        _migrate()
        site = find_site(db.session())
        if site is not None:
            _end(_("The demo needs an empty database; this one holds %(name)s.", name=site[1]), 1)
        # What was read lets go of the file, else SQLite would refuse the writer its commit.
        db.session.rollback()
        fill_with_demo(the_app(), now())
        _tell_demo(db.engine.url.render_as_string(hide_password=True))
        return
    server = find_demo_server(current_app)
    if server is None:
        _end(_("The demo is served by a single host only (WEB_HOSTS)."), COULD_NOT)
    server.rebuild(now())
    _tell_demo(str(demo_file(config)))


def _migrate() -> None:
    try:
        migrate_database(the_app())
    except RoleMissing as missing:
        _end(str(missing), COULD_NOT)
    except NotInService as refusal:
        _end(say(refusal), COULD_NOT)
    except (OperationalError, ProgrammingError) as error:
        # A wrong address, password or owner: whoever starts it needs the cause, not the stack.
        _end(
            _(
                "The database could not be migrated: %(error)s\n"
                "Check DATABASE_URL and who owns the database: docs/operations.md, section 6.",
                error=str(error.orig).strip(),
            ),
            COULD_NOT,
        )


def _read_password(known: list[str]) -> str:
    """Return the first line of standard input, checked and hashed."""
    password = sys.stdin.readline().rstrip("\r\n")
    check_password(password, known)
    return hash_password(password, hash_cost())


def _found(name: str, code: str, login_name: str, password_hash: str | None) -> Founded:
    at = now()
    with transaction() as session:
        founded = found_community(
            session,
            name=name,
            code=code,
            login_name=login_name,
            password_hash=password_hash,
            now=at,
            today=today_in(Settings().time_zone, at),
        )
        signing_with(session, str(current_app.config["SECRET_KEY"]), now=at)
        return founded


def _tell_founded(name: str, login_name: str, founded: Founded) -> None:
    click.echo(_("%(name)s is set up, with its seven teams and the points rule.", name=name))
    if founded.activation_code is None:
        click.echo(_("Sign in as %(login)s with the password given.", login=login_name))
        return
    click.echo(
        _(
            "Open /activate and choose a password: login name %(login)s, activation code %(code)s "
            "(good once, for 7 days).",
            login=login_name,
            code=shown_code(founded.activation_code),
        )
    )


def _tell_what_is_there(session: Session) -> None:
    """Say what the database holds; nothing is changed."""
    site = find_site(session)
    assert site is not None
    below = subtree_ids(session, site[0])
    click.echo(
        _(
            "%(name)s is there already: %(teams)s teams, %(people)s volunteers. "
            "Nothing was changed.",
            name=site[1],
            teams=len(teams_in(session, below)),
            people=count_people(session, Volunteer.organisation_id.in_(below)),
        )
    )


def _tell_demo(place: str) -> None:
    click.echo(_("Demo community: %(place)s", place=place))
    for way in SIGN_INS:
        click.echo(f"    {_(way.role)}: {way.login} / {way.password}")


def _end(sentence: str, code: int) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(code)
