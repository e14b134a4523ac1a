"""backup, restore, backup-key, erasures: what outlives a dead disk."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
import psycopg
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError, ProgrammingError

from app import create_app
from app.audit.reading import CannotRead
from app.backups.facts import Facts, Link
from app.backups.files import alone_in, publish, removed_at_the_end
from app.backups.making import (
    WORKPLACE,
    Wish,
    back_up,
    engine_for,
    name_of,
    prune,
    sweep,
    tell_beside,
    tell_erasures,
)
from app.backups.manifests import Manifest
from app.backups.nightly import is_one_due, site_zone
from app.backups.refusals import FileExists, NoPlaceGiven, NotThere
from app.backups.restoring import Given, Restored, restore
from app.backups.sealing import make_key, unseal
from app.backups.secret import NAME as SECRET
from app.backups.secret import bring_secret, seal_secret
from app.clock import now
from app.commands.arguments import A_PATH
from app.db import db
from app.errors import RuleBroken
from app.web.policy import allow
from app.web.saying import say

REFUSED, COULD_NOT = 1, 2
STOPPED = 128 + signal.SIGTERM


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (
        backup_command,
        restore_command,
        backup_key_command,
        open_backup_command,
        erasures_command,
    ):
        app.cli.add_command(command)


@click.command("backup")
@click.argument("file", metavar="[FILE]", type=A_PATH, required=False)
@click.option("--into", "folder", metavar="DIR", type=A_PATH, help="make it here, named by date")
@click.option("--keep", is_flag=True, help="then delete all but 7 daily, 5 weekly, 12 monthly")
@click.option("--nightly", is_flag=True, help="--keep, and only if none was made since 02:00")
@click.option("--encrypt-to", "recipient", metavar="RECIPIENT", help="age1…: see backup-key")
@with_appcontext
@allow("instance.keep")
def backup_command(
    file: Path | None, folder: Path | None, keep: bool, nightly: bool, recipient: str | None
) -> None:
    """Copy the live database into a new file, bring the copy back beside and audit it."""
    signal.signal(signal.SIGTERM, _end_tidily)
    config = current_app.config
    to = config["BACKUP_RECIPIENT"] if recipient is None else recipient
    with _refusals_said():
        if file is not None:
            _tell_made(file.parent, _made(file, to))
            return
        place = folder or (Path(config["BACKUP_DIR"]) if config["BACKUP_DIR"] else None)
        if place is None:
            raise NoPlaceGiven
        with alone_in(place):
            if nightly and not is_one_due(place, now()):
                click.echo(_("Tonight's backup is there already."))
                return
            _make_in(place, to, keep or nightly)


@click.command("restore")
@click.argument("file", metavar="FILE", type=A_PATH)
@click.option("--key", metavar="KEYFILE", type=A_PATH, help="what opens an encrypted backup")
@click.option("--erasures", metavar="LIST", type=A_PATH, help="who was erased since, to be redone")
@click.option("--yes", "is_agreed", is_flag=True, help="even if the present books go further")
@with_appcontext
@allow("instance.keep")
def restore_command(file: Path, key: Path | None, erasures: Path | None, is_agreed: bool) -> None:
    """Verify FILE, keep the present database aside and put FILE in its place. Stop the server."""
    config = current_app.config
    db.session.remove()
    db.engine.dispose()
    with _refusals_said():
        given = Given(file, key, erasures, is_agreed, _workplace())
        _tell_restored(file, restore(engine_for(config), given, _open_candidate, now()))
        if key is not None and (file.parent / SECRET).is_file():
            _bring_secret(file.parent, key)


@click.command("backup-key")
@click.argument("file", metavar="FILE", type=A_PATH)
@with_appcontext
@allow("instance.keep")
def backup_key_command(file: Path) -> None:
    """Make the key that opens encrypted backups, and say what to encrypt to."""
    with _refusals_said():
        try:
            recipient = make_key(file)
        except FileExistsError as error:
            raise FileExists(file=file) from error
    click.echo(
        _("The key lies in %(file)s. Print it, keep it elsewhere, delete it here.", file=file)
    )
    click.echo(_("Without it nobody opens these backups, not even you."))
    click.echo(f"QICAI_BACKUP_RECIPIENT={recipient}")


@click.command("open-backup")
@click.argument("file", metavar="FILE", type=A_PATH)
@click.argument("target", metavar="TARGET", type=A_PATH)
@click.option("--key", metavar="KEYFILE", type=A_PATH, required=True, help="what opens it")
@with_appcontext
@allow("instance.keep")
def open_backup_command(file: Path, target: Path, key: Path) -> None:
    """Decrypt FILE, a backup or secret_key.age, into the new file TARGET."""
    with _refusals_said():
        if not file.is_file():
            raise NotThere(file=file)
        if target.exists():
            raise FileExists(file=target)
        partial = target.with_name(f"{target.name}.partial")
        with removed_at_the_end(partial):
            unseal(file, partial, key)
            publish(partial, target)
    click.echo(_("Decrypted: %(file)s", file=target))


@click.command("erasures")
@click.argument("file", metavar="FILE", type=A_PATH)
@with_appcontext
@allow("instance.keep")
def erasures_command(file: Path) -> None:
    """Write the list of whoever was erased, for flask restore --erasures; it names nobody."""
    with _refusals_said():
        count = tell_erasures(current_app.config, file)
    click.echo(_("%(count)s erasures in %(file)s", count=count, file=file))


# ── making ────────────────────────────────────────────────────────────────────────────────


def _make_in(folder: Path, recipient: str, keeps: bool) -> None:
    sweep(folder, _workplace(), now())
    engine = engine_for(current_app.config)
    manifest = _made(folder / name_of(engine, now(), recipient), recipient)
    tell_beside(current_app.config, folder)
    if recipient:
        seal_secret(current_app.config, folder, recipient)
    _tell_made(folder, manifest)
    if keeps:
        for name in prune(folder, manifest, now(), site_zone()):
            click.echo(_("Deleted, as newer ones are kept: %(name)s", name=name))


def _made(file: Path, recipient: str) -> Manifest:
    engine = engine_for(current_app.config)
    return back_up(engine, file, Wish(recipient, _workplace()), now())


def _workplace() -> Path:
    return Path(current_app.config["INSTANCE_DIR"]) / WORKPLACE


def _bring_secret(folder: Path, key: Path) -> None:
    brought = bring_secret(current_app.config, folder, key, now())
    if brought == "brought":
        click.echo(_("The secret of these books is put in place; the former is kept beside it."))
    elif brought == "elsewhere":
        click.echo(
            _(
                "SECRET_KEY is set, and is not the one of these books (secret_key.age): second"
                " factors and the key of the certificates do not open with it."
            )
        )


def _end_tidily(_number: int, _frame: object) -> NoReturn:
    """Let working files go on the way out."""
    sys.exit(STOPPED)


def _open_candidate(addresses: Mapping[str, str]) -> Flask:
    config = current_app.config
    kept = {key: config[key] for key in ("SECRET_KEY", "INSTANCE_DIR", "TESTING", "DATABASE_ROLE")}
    return create_app({**kept, **addresses})


# ── telling ───────────────────────────────────────────────────────────────────────────────


def _tell_made(folder: Path, manifest: Manifest) -> None:
    file = folder / manifest.file
    if manifest.is_proven:
        click.echo(_("Backed up and verified: %(file)s", file=file))
    else:
        click.echo(_("Backed up: %(file)s", file=file))
        click.echo(
            _(
                "Not proven: it can be read, but to bring it back and audit it the role that"
                " migrates would have to make a database (ALTER ROLE … CREATEDB)."
            )
        )
    if manifest.encrypted_to:
        click.echo(_("Encrypted to %(recipient)s", recipient=manifest.encrypted_to))
    _tell_books(manifest.facts, manifest.digest)


def _tell_restored(file: Path, restored: Restored) -> None:
    click.echo(_("Restored and verified: %(file)s", file=file))
    if not restored.has_manifest:
        click.echo(_("No manifest lay beside it: only what the file itself shows was checked."))
    if restored.has_migrated:
        click.echo(_("It was of an older version and is brought up to date."))
    click.echo(_("Erasures done again: %(count)s", count=restored.erased_again))
    if not restored.is_present_read:
        click.echo(
            _(
                "The former database could not be read: who was erased in it since the backup is"
                " known only from the lists beside the backups."
            )
        )
    if restored.kept:
        click.echo(_("The former database is kept in %(file)s", file=restored.kept))
    if restored.former:
        click.echo(_("Head of the former chain: %(head)s", head=_head(restored.former.chain)))
    _tell_books(restored.facts, restored.report.digest)


def _tell_books(facts: Facts, digest: str) -> None:
    click.echo(
        _(
            "%(entries)s entries, %(records)s records; head of the chain: %(head)s",
            entries=f"{facts.counts['entries']:,}",
            records=f"{facts.counts['records']:,}",
            head=_head(facts.chain),
        )
    )
    click.echo(f"SHA-256 {digest}")


def _head(link: Link | None) -> str:
    return f"{link.entry_id} {link.sha256}" if link else "—"


@contextmanager
def _refusals_said() -> Iterator[None]:
    """Say a refusal in one sentence on stderr instead of a traceback."""
    try:
        yield
    except CannotRead as error:
        _end(_("Could not read the database: %(error)s", error=error), COULD_NOT)
    except RuleBroken as refusal:
        _end(say(refusal), REFUSED)
    except (OperationalError, ProgrammingError) as error:
        _end(_("Could not read the database: %(error)s", error=error.orig), COULD_NOT)
    except (OSError, psycopg.Error) as error:
        _end(str(error).strip(), COULD_NOT)


def _end(sentence: str, code: int) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(code)
