"""What a backup folder tells of its newest backup: each lies beside a manifest, FILE.json."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".json"
# What the making of a backup says of a copy in which a check found something.
VIOLATED = "violated"


class LastBackup(NamedTuple):
    """The newest backup that holds what it should."""

    file: str
    made_at: datetime
    size: int


def last_backup(folder: Path) -> LastBackup | None:
    """Return the newest backup whose file lies beside its manifest, None without any.

    Raises OSError where the folder cannot be read.
    """
    found = [_described(path) for path in folder.iterdir() if path.suffix == SUFFIX]
    there = [one for one in found if one is not None]
    return max(there, key=lambda one: one.made_at, default=None)


def _described(manifest: Path) -> LastBackup | None:
    try:
        said = json.loads(manifest.read_text("utf-8"))
        at, size = datetime.fromisoformat(said["made_at"]), int(said["size"])
        is_there = manifest.with_name(manifest.name.removesuffix(SUFFIX)).stat().st_size == size
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not is_there or said.get("proof") == VIOLATED:
        return None
    return LastBackup(manifest.stem, at.replace(tzinfo=at.tzinfo or UTC), size)
