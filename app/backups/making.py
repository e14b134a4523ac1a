"""Make a backup: copied, proven, sealed if wished, durable, and only then given its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.engine import make_url

from app.audit.reading import open_reading, sqlite_file
from app.backups.engines import Copied, Engine
from app.backups.erasures import NAME as ERASURES
from app.backups.erasures import write_list
from app.backups.facts import erased_in
from app.backups.files import (
    OWNER_ONLY_FOLDER,
    make_durable,
    publish,
    removed_at_the_end,
    sha256_of,
)
from app.backups.manifests import (
    Manifest,
    beside,
    digest_form,
    manifests_in,
    read_manifest,
    write_manifest,
)
from app.backups.postgres import PostgreSQLDatabase
from app.backups.refusals import FileExists, NotSound
from app.backups.rules import Kept, superfluous
from app.backups.sealing import SUFFIX as SEALED
from app.backups.sealing import check_recipient, seal
from app.backups.sqlite import SQLiteFile

BEGINS = "qicai-"
PARTIAL = ".partial"
# Below the instance folder: what is being encrypted or decrypted.
WORKPLACE = "working"


class Wish(NamedTuple):
    """How a backup is wanted: sealed to whom (nobody: plain), and where work may lie meanwhile."""

    recipient: str
    workplace: Path


def engine_for(config: Mapping[str, Any]) -> Engine:
    """Return the engine of the books that the settings name."""
    url = str(config["DATABASE_URL"])
    if make_url(url).get_backend_name() == "sqlite":
        # Behind a link the books stay on the disk where they lie.
        return SQLiteFile(sqlite_file(url).resolve())
    return PostgreSQLDatabase(url, config["MIGRATION_DATABASE_URL"], config["PG_BIN"])


def name_of(engine: Engine, now: datetime, recipient: str) -> str:
    """Return the name of a backup made at an instant."""
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    return f"{BEGINS}{moment}Z{engine.suffix}{SEALED if recipient else ''}"


def back_up(engine: Engine, target: Path, wish: Wish, now: datetime) -> Manifest:
    """Copy the live books into a new file and prove the copy; only a proven one gets the name.

    What does not verify is left as FILE.unverified, with what was found in its manifest.
    """
    for file in (target, beside(target)):
        if file.exists():
            raise FileExists(file=file)
    if wish.recipient:
        check_recipient(wish.recipient)
    partial = target.with_name(f"{target.name}{PARTIAL}")
    with removed_at_the_end(partial):
        copied = _copied(engine, partial, wish)
        if copied.violated:
            return _left_unverified(engine, partial, target, copied, wish, now)
        manifest = _described(engine, partial, target, copied, wish, now)
        publish(partial, target)
    write_manifest(target.parent, manifest)
    return manifest


def _copied(engine: Engine, partial: Path, wish: Wish) -> Copied:
    if not wish.recipient:
        return engine.copy_out(partial)
    # Where backups are kept never sees what is in them, not for a moment.
    wish.workplace.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    with removed_at_the_end(wish.workplace / f"{partial.name}.plain") as plain:
        copied = engine.copy_out(plain)
        seal(plain, partial, wish.recipient)
    return copied


def _described(
    engine: Engine, partial: Path, target: Path, copied: Copied, wish: Wish, now: datetime
) -> Manifest:
    return Manifest(
        file=target.name,
        engine=engine.name,
        made_at=now,
        size=partial.stat().st_size,
        sha256=sha256_of(partial),
        encrypted_to=wish.recipient or None,
        proof=copied.proof,
        violated=copied.violated,
        digest=copied.digest,
        digest_form=digest_form(),
        facts=copied.facts,
    )


def _left_unverified(
    engine: Engine, partial: Path, target: Path, copied: Copied, wish: Wish, now: datetime
) -> Manifest:
    left = target.with_name(f"{target.name}.unverified")
    manifest = _described(engine, partial, left, copied, wish, now)
    partial.replace(left)
    write_manifest(left.parent, manifest)
    raise NotSound(faults=", ".join(copied.violated), file=left)


# ── a folder of them ──────────────────────────────────────────────────────────────────────


def sweep(folder: Path, workplace: Path, now: datetime) -> None:
    """Remove what a crash left half made; for whoever is alone in the folder."""
    for file in folder.glob(f"{BEGINS}*{PARTIAL}*"):
        file.unlink(missing_ok=True)
    long_ago = (now - timedelta(days=1)).timestamp()
    for file in workplace.glob("*"):
        # Somebody else may be at work there right now.
        if file.stat().st_mtime < long_ago:
            file.unlink(missing_ok=True)


def tell_erasures(config: Mapping[str, Any], file: Path) -> int:
    """Write the list of whoever was erased, to be replayed by a restore; return how many."""
    with open_reading(config["DATABASE_URL"], config["DATABASE_ROLE"]) as reading:
        return write_list(file, _community(reading), erased_in(reading))


def _community(reading: Any) -> str:
    query = "SELECT code FROM organisations WHERE parent_id IS NULL ORDER BY id"
    return next((str(code) for (code,) in reading.rows(query)), "")


def tell_beside(config: Mapping[str, Any], folder: Path) -> None:
    """Bring the list that lies with the backups of a folder up to date."""
    tell_erasures(config, folder / ERASURES)


def prune(folder: Path, manifest: Manifest, now: datetime, zone: tzinfo) -> list[str]:
    """Delete the backups of this community that the rule lets go; only files with a manifest."""
    ours = [
        one
        for one in manifests_in(folder)
        if one.facts.community == manifest.facts.community and _is_as_made(folder, one)
    ]
    going = superfluous([Kept(one.file, one.made_at, one.is_proven) for one in ours], now, zone)
    names = [one.name for one in going if one.name != manifest.file]
    for name in names:
        # The file first: a manifest alone is passed over, a file alone would stay for good.
        (folder / name).unlink(missing_ok=True)
        beside(folder / name).unlink(missing_ok=True)
    _forget_lost(folder)
    if names:
        make_durable(folder)
    return names


def made_in(folder: Path) -> Sequence[Manifest]:
    """Return the backups of a folder, the oldest first."""
    return manifests_in(folder) if folder.is_dir() else []


def _is_as_made(folder: Path, manifest: Manifest) -> bool:
    return (folder / manifest.file).stat().st_size == manifest.size


def _forget_lost(folder: Path) -> None:
    """Remove manifests whose file is gone, as a crash while deleting leaves them."""
    for path in folder.glob(f"{BEGINS}*.json"):
        file = path.with_name(path.name.removesuffix(".json"))
        if not file.exists() and read_manifest(file) is not None:
            path.unlink(missing_ok=True)
