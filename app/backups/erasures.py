"""The list of whoever was erased, kept beside the backups: a restore does it again.

It names nobody: a number, when, and how many rows. Reasons stay in the books.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.backups.files import write_whole
from app.backups.refusals import NotAList, NotThere
from app.privacy.operations.erasing import Told

FORMAT = "qicai-erasures 1"
NAME = "erasures.json"


def write_list(file: Path, community: str, told: Iterable[Told]) -> int:
    """Write a list of erasures, with what the file told of the same community before."""
    before = read_list(file, community) if file.is_file() else []
    whole = merged(told, before)
    rows = [_as_json(one) for one in whole]
    text = json.dumps({"format": FORMAT, "community": community, "erasures": rows}, indent=1)
    write_whole(file, text + "\n")
    return len(whole)


def read_list(file: Path, community: str) -> list[Told]:
    """Return the erasures a list tells of a community; another community's are passed over."""
    if not file.is_file():
        raise NotThere(file=file)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise NotAList(file=file)
        rows = [_from_json(row) for row in found["erasures"]]
    except (ValueError, KeyError, TypeError) as error:
        raise NotAList(file=file) from error
    return rows if found["community"] == community else []


def merged(*lists: Iterable[Told]) -> list[Told]:
    """Return each person once, as the first list that names them has it."""
    found: dict[tuple[int, str | None], Told] = {}
    for one in (told for each in lists for told in each):
        found.setdefault((one.volunteer_id, one.number), one)
    return sorted(found.values(), key=lambda one: (one.erased_at, one.volunteer_id))


def _as_json(one: Told) -> dict[str, Any]:
    kept = {**one._asdict(), "erased_at": one.erased_at.astimezone(UTC).isoformat()}
    kept.pop("reason")
    return kept


def _from_json(row: dict[str, Any]) -> Told:
    return Told(
        volunteer_id=int(row["volunteer_id"]),
        number=row["number"],
        reason="",
        erased_by_id=int(row["erased_by_id"]),
        erased_at=datetime.fromisoformat(row["erased_at"]),
        figures=str(row["figures"]),
    )
