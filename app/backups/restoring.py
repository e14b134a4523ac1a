"""Bring a backup back: proven, brought up to date and told what was erased since, then swapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from os.path import lexists
from pathlib import Path
from typing import Any, NamedTuple

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask

from app.audit.reading import Reading
from app.audit.report import Report, audit
from app.backups.engines import Candidate, Engine, Present, engine_of, violated_in
from app.backups.erasures import NAME as ERASURES
from app.backups.erasures import merged, read_list
from app.backups.facts import Facts, beyond, erased_in, facts_of, is_other_history
from app.backups.files import OWNER_ONLY_FOLDER, removed_at_the_end
from app.backups.manifests import Manifest, beside, check_unchanged, digest_form, read_manifest
from app.backups.refusals import (
    ChangedMeanwhile,
    KeyNeeded,
    ManifestDamaged,
    NoBackup,
    NotThere,
    OtherBooks,
    OtherEngine,
    RefusedBackup,
    SchemaNewer,
    WouldLose,
)
from app.backups.sealing import is_sealed, unseal
from app.db import db, transaction
from app.privacy.operations.erasing import Told, replay_erasures
from app.schema.migrating import MIGRATIONS, migrate_database, newest_version

OpenApp = Callable[[Mapping[str, str]], Flask]
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Given(NamedTuple):
    """What whoever restores has given."""

    source: Path
    key: Path | None
    erasures: Path | None
    is_agreed: bool
    workplace: Path


class Restored(NamedTuple):
    """What a restore did; `kept` is where the former books lie now, if there were any."""

    report: Report
    facts: Facts
    kept: str | None
    former: Facts | None
    is_present_read: bool
    has_manifest: bool
    has_migrated: bool
    erased_again: int


class _Before(NamedTuple):
    """The present books as they are put aside."""

    facts: Facts
    beyond: dict[str, int]
    is_other: bool
    erased: list[Told]


def restore(engine: Engine, given: Given, open_app: OpenApp, now: datetime) -> Restored:
    """Prove a backup, keep the present books aside and put the backup in their place at once.

    Until the last step nothing is changed; whatever does not verify is refused.
    """
    if not given.source.is_file():
        raise NotThere(file=given.source)
    manifest = _manifest_of(given.source)
    with (
        engine.held() as present,
        _opened(given) as plain,
        _brought_in(engine, plain) as candidate,
    ):
        facts = _checked(candidate, manifest)
        before = present.looked_at(lambda reading: _looked(reading, facts))
        if not given.is_agreed and before is not None:
            _refuse_loss(before)
        told = merged(before.erased if before else [], *_lists(given, facts))
        has_migrated, erased_again = _brought_up_to_date(candidate, open_app, told)
        report = _audited(candidate)
        _refuse_change(present, before)
        kept = candidate.take_place(now)
    return Restored(
        report,
        facts,
        kept,
        before.facts if before else None,
        before is not None or kept is None,
        manifest is not None,
        has_migrated,
        erased_again,
    )


def _manifest_of(file: Path) -> Manifest | None:
    """Return what the file is held to; None only where no manifest lies beside it."""
    manifest = read_manifest(file)
    if manifest is not None:
        check_unchanged(file, manifest)
    elif lexists(beside(file)):
        raise ManifestDamaged(file=file)
    return manifest


@contextmanager
def _opened(given: Given) -> Iterator[Path]:
    """Give the backup as its engine reads it, decrypted into a working file where need be."""
    if not is_sealed(given.source):
        yield given.source
        return
    if given.key is None:
        raise KeyNeeded
    given.workplace.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    with removed_at_the_end(given.workplace / f"{given.source.name}.plain") as plain:
        unseal(given.source, plain, given.key)
        yield plain


@contextmanager
def _brought_in(engine: Engine, plain: Path) -> Iterator[Candidate]:
    made_by = engine_of(plain)
    if made_by is None:
        raise NoBackup(file=plain)
    if made_by != engine.name:
        raise OtherEngine(made=NAMES[made_by], here=NAMES[engine.name])
    with engine.brought_in(plain) as candidate:
        yield candidate


def _checked(candidate: Candidate, manifest: Manifest | None) -> Facts:
    """Refuse what is broken, newer than we are, or not what its manifest says."""
    faults = candidate.faults()
    if faults:
        raise RefusedBackup(faults=", ".join(faults))
    with candidate.reading() as reading:
        facts = facts_of(reading)
        _refuse_newer(facts.schema_version)
        if facts.schema_version == newest_version():
            report = audit(reading)
            faults = violated_in(report)
            if manifest is not None and manifest.digest_form == digest_form():
                faults += ["digest"] if report.digest != manifest.digest else []
    if manifest is not None and manifest.facts != facts:
        faults.append("manifest")
    if faults:
        raise RefusedBackup(faults=", ".join(faults))
    return facts


def _refuse_newer(version: str) -> None:
    try:
        known = ScriptDirectory(MIGRATIONS).get_revision(version)
    except CommandError:
        known = None
    if known is None:
        raise SchemaNewer(version=version)


def _looked(reading: Reading, there: Facts) -> _Before:
    here = facts_of(reading)
    is_other = is_other_history(reading, here, there)
    return _Before(here, beyond(reading, there), is_other, erased_in(reading))


def _refuse_loss(before: _Before) -> None:
    if before.is_other:
        raise OtherBooks
    if any(before.beyond.values()):
        raise WouldLose(**{name: f"{count:,}" for name, count in before.beyond.items()})


def _refuse_change(present: Present, before: _Before | None) -> None:
    now = present.looked_at(facts_of)
    if now != (before.facts if before else None):
        raise ChangedMeanwhile


def _lists(given: Given, facts: Facts) -> Sequence[list[Told]]:
    """Return what is told of erasures outside the books: a list given, the one beside."""
    files = [given.erasures] if given.erasures else []
    beside = given.source.with_name(ERASURES)
    files += [beside] if beside.is_file() else []
    return [read_list(file, facts.community) for file in files]


def _brought_up_to_date(
    candidate: Candidate, open_app: OpenApp, told: list[Told]
) -> tuple[bool, int]:
    """Migrate, put guards and grants in place, erase again; tell what was done."""
    app = open_app(candidate.addresses)
    has_migrated = migrate_database(app)
    with app.app_context():
        try:
            with transaction() as session:
                done = replay_erasures(session, told) if told else 0
        finally:
            db.session.remove()
            db.engine.dispose()
    return has_migrated, done


def _audited(candidate: Candidate) -> Report:
    with candidate.reading() as reading:
        report = audit(reading)
    violated: Any = violated_in(report)
    if violated:
        raise RefusedBackup(faults=", ".join(violated))
    return report
