"""Write the whole ledger and its subjects as CSV, with a manifest that proves the files."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from app.audit.canonical import Sealed, Sealer, digest_of, written
from app.audit.reading import Reading
from app.audit.tables import TABLES, Table
from app.errors import N_, RuleBroken

FORMAT = "qicai-dump/1"
MANIFEST = "manifest.json"


class FolderInUse(RuleBroken):
    """The folder holds something already."""

    code = "folder_in_use"
    message = N_("%(folder)s exists and is not empty; name a new folder.")


def write_dump(reading: Reading, folder: Path) -> dict[str, Any]:
    """Write the dump and return its manifest; the folder appears whole or not at all."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(folder=folder)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    # People's phones and birthdays are in it: for the owner's eyes only.
    partial.mkdir(mode=0o700, parents=True)
    try:
        manifest = _manifest([_write(reading, table, partial) for table in TABLES])
        _create(partial / MANIFEST, json.dumps(manifest, indent=2).encode() + b"\n")
        # An empty folder of that name gives way.
        partial.replace(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return manifest


def _write(reading: Reading, table: Table, folder: Path) -> Sealed:
    sealer = Sealer(table)
    with os.fdopen(_opened(folder / f"{table.name}.csv"), "wb") as file:
        for data in written(reading, table, sealer):
            file.write(data)
    return sealer.sealed()


def _manifest(sealed: list[Sealed]) -> dict[str, Any]:
    files = [
        {"file": f"{each.table}.csv", "rows": each.rows, "sha256": each.sha256} for each in sealed
    ]
    return {"format": FORMAT, "digest": digest_of(sealed), "files": files}


def _create(path: Path, data: bytes) -> None:
    with os.fdopen(_opened(path), "wb") as file:
        file.write(data)


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
