"""Certificates from the shell: check a file, with or without a database; make a new key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError

from app.certificates.operations import make_key
from app.certificates.queries.certificates import CertificateRow, find_by_code
from app.certificates.queries.keys import public_keys
from app.certificates.rules.files import MOST_BYTES, Altered, NotReadable, Signed, read_file
from app.certificates.rules.published import KeyFileBroken, keys_from
from app.certificates.showing import category_name
from app.clock import now
from app.commands.arguments import A_PATH
from app.db import db, transaction
from app.web.filters import hours, instant
from app.web.policy import allow

FALSE = 1
CANNOT = 2


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(verify_command)
    app.cli.add_command(key_command)


@click.command("verify")
@click.argument("file", type=A_PATH)
@click.option("--key", "key_file", type=A_PATH, help="the published keys; no database is needed")
@with_appcontext
@allow("certificate.verify")
def verify_command(file: Path, key_file: Path | None) -> None:
    """Check a certificate's file: 0 genuine, 1 not (or revoked), 2 could not be read."""
    content = _content(file)
    keys = _keys_of(key_file) if key_file else _known_keys()
    try:
        signed = read_file(content)
    except NotReadable:
        _end(_("%(file)s is no file of a certificate.", file=file.name), CANNOT)
    except Altered:
        _end(_("Not genuine: the file is not as it was issued."), FALSE)
    if signed.key_id not in keys:
        _end(_("Not genuine: none of the known keys signed it."), FALSE)
    if not signed.is_authentic(keys):
        _end(_("Not genuine: the file is not as it was issued."), FALSE)
    click.echo(
        _("Genuine: signed with the key %(key)s, not a byte was changed.", key=signed.key_id)
    )
    _tell(signed)
    if key_file is None:
        _tell_state(signed)
    else:
        click.echo(_("Whether it was revoked later, only its public page tells."))


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            _end(_("%(file)s is too large.", file=file.name), CANNOT)
        return file.read_bytes()
    except OSError as error:
        _end(str(error), CANNOT)


def _keys_of(file: Path) -> Mapping[str, str]:
    try:
        return keys_from(file.read_text("utf-8"))
    except (UnicodeDecodeError, KeyFileBroken):
        _end(_("%(file)s holds no public key.", file=file.name), CANNOT)


def _known_keys() -> Mapping[str, str]:
    try:
        return {key.key_id: key.public_key for key in public_keys(db.session())}
    except DBAPIError:
        _end(_("There is no database here; name the published keys with --key."), CANNOT)


def _tell(signed: Signed) -> None:
    says = signed.payload
    if says is None:
        return
    click.echo(f"{says.number}  {says.title}")
    click.echo(f"{says.issuer_name}  {says.name}  {says.issued_on}")
    click.echo(_("%(hours)s hours on %(dates)s days", hours=hours(says.minutes), dates=says.dates))


def _tell_state(signed: Signed) -> None:
    if signed.verify_code is None:
        click.echo(_("It holds several certificates; verify each by its code."))
        return
    row = find_by_code(db.session(), signed.verify_code)
    if row is None:
        _end(_("Its certificate is not in this database."), FALSE)
    if row.state != "valid":
        _end(_revoked(row), FALSE)
    click.echo(_("It holds: it was not revoked."))


def _revoked(row: CertificateRow) -> str:
    at, why = instant(row.revoked_at), category_name(row.category)
    return str(_("It holds no longer: revoked %(at)s. %(why)s", at=at, why=why))


@click.command("certificate-key")
@click.option("--new", "is_new", is_flag=True, help="make a key that signs from now on")
@with_appcontext
@allow("instance.keep")
def key_command(is_new: bool) -> None:
    """Show the keys that sign certificates, or make a new one; the old still verify."""
    if is_new:
        with transaction() as session:
            make_key(session, str(current_app.config["SECRET_KEY"]), actor_id=None, now=now())
    for key in public_keys(db.session()):
        word = _("signs now") if key.is_current else _("verifies only")
        click.echo(f"{key.key_id}  {key.made_at:%Y-%m-%d}  {word}  {key.public_key}")


def _end(message: str, status: int) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(status)
