"""SECRET_KEY travels with encrypted backups: without it second factors and seals are lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from app.backups.files import make_durable, removed_at_the_end, write_whole
from app.backups.making import BEGINS, PARTIAL, WORKPLACE
from app.backups.sealing import SUFFIX, seal, unseal

NAME = f"secret_key{SUFFIX}"
FILE = "secret_key"
# same: nothing to do. brought: put in place, the former kept. elsewhere: SECRET_KEY is set
# otherwise, and is not the one of these books.
Brought = Literal["same", "brought", "elsewhere"]


def seal_secret(config: Mapping[str, Any], folder: Path, recipient: str) -> None:
    """Lay the secret beside encrypted backups, for whoever holds their key."""
    partial = folder / f"{BEGINS}secret{PARTIAL}"
    with removed_at_the_end(_workplace(config) / "secret.plain") as plain:
        write_whole(plain, f"{config['SECRET_KEY']}\n")
        seal(plain, partial, recipient)
    partial.replace(folder / NAME)
    make_durable(folder)


def bring_secret(config: Mapping[str, Any], folder: Path, key: Path, now: datetime) -> Brought:
    """Put the secret that lies beside a restored backup into the instance folder."""
    with removed_at_the_end(_workplace(config) / "secret.plain") as plain:
        unseal(folder / NAME, plain, key)
        secret = plain.read_text().strip()
    if secret == config["SECRET_KEY"]:
        return "same"
    file = Path(config["INSTANCE_DIR"]) / FILE
    if not file.is_file() or file.read_text().strip() != config["SECRET_KEY"]:
        return "elsewhere"
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    write_whole(file.with_name(f"{FILE}.before-restore-{moment}"), file.read_text())
    write_whole(file, f"{secret}\n")
    return "brought"


def _workplace(config: Mapping[str, Any]) -> Path:
    folder = Path(config["INSTANCE_DIR"]) / WORKPLACE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
