"""What stands beside a backup, as JSON: how it was made, how far it goes, how to know it again."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from app.audit.tables import TABLES
from app.backups.facts import Facts, Link
from app.backups.files import sha256_of, write_whole
from app.backups.refusals import Damaged

FORMAT = "qicai-backup 1"
SUFFIX = ".json"
# audited: brought back beside, every check passed. listed: readable, but the copy itself was not
# audited (the database it was made of was). violated: a check found something.
Proof = Literal["audited", "listed", "violated"]


class Manifest(NamedTuple):
    """One backup; `sha256` and `size` are of the file as it lies there, `digest` is the audit's."""

    file: str
    engine: str
    made_at: datetime
    size: int
    sha256: str
    encrypted_to: str | None
    proof: Proof
    violated: list[str]
    digest: str
    digest_form: str
    facts: Facts

    @property
    def is_proven(self) -> bool:
        return self.proof == "audited"


def digest_form() -> str:
    """Return what the audit's digest is made over: another program may count other columns."""
    return hashlib.sha256(repr(TABLES).encode()).hexdigest()[:16]


def beside(file: Path) -> Path:
    """Return where a backup's manifest lies."""
    return file.with_name(file.name + SUFFIX)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest beside its file, at once."""
    write_whole(beside(folder / manifest.file), json.dumps(_as_json(manifest), indent=2) + "\n")


def read_manifest(file: Path) -> Manifest | None:
    """Return the manifest beside a backup; None where there is none that can be read."""
    try:
        return _from_json(json.loads(beside(file).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Whatever else lies there: no file of somebody's may end the backups of a night.
        return None


def manifests_in(folder: Path) -> list[Manifest]:
    """Return the manifests of a folder whose file lies beside them, the oldest first."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        file = path.with_name(path.name.removesuffix(SUFFIX))
        manifest = read_manifest(file)
        if manifest is not None and manifest.file == file.name and file.is_file():
            found.append(manifest)
    return sorted(found, key=lambda one: (one.made_at, one.file))


def check_unchanged(file: Path, manifest: Manifest) -> None:
    """Refuse a file that is not the one its manifest speaks of."""
    size = file.stat().st_size
    if size != manifest.size or sha256_of(file) != manifest.sha256:
        raise Damaged(file=file, size=size, made_size=manifest.size)


def _as_json(manifest: Manifest) -> dict[str, Any]:
    facts = manifest.facts
    whole = {**manifest._asdict(), "made_at": _written(manifest.made_at)}
    whole["facts"] = {
        **facts._asdict(),
        "last_entry_at": _written(facts.last_entry_at),
        "chain": facts.chain._asdict() if facts.chain else None,
    }
    return {"format": FORMAT, **whole}


def _from_json(found: dict[str, Any]) -> Manifest | None:
    if found.pop("format") != FORMAT:
        return None
    facts = dict(found["facts"])
    last_entry_at, chain = facts.pop("last_entry_at"), facts.pop("chain")
    return Manifest(
        **{name: found[name] for name in Manifest._fields if name not in {"made_at", "facts"}},
        made_at=_read(found["made_at"]),
        facts=Facts(
            **facts,
            last_entry_at=_read(last_entry_at) if last_entry_at else None,
            chain=Link(**chain) if chain else None,
        ),
    )


def _read(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")
