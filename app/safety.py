"""What no instance may be started with: settings that would lose data or leak secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

SHORTEST_SECRET = 32
# A key like "changeme-changeme-…" is long, and known to everybody.
LEAST_DIFFERENT_LETTERS = 10
SHORTEST_TOKEN = 16
ROLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
LOG_FORMATS = ("auto", "json", "text")
LOG_LEVELS = ("debug", "info", "warning", "error")
# Locks do not hold on these, so SQLite would lose commits.
NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "beegfs"),
        *("gpfs", "ncpfs", "davfs", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs"),
        *("fuse.rclone", "fuse.davfs2", "fuse.smbnetfs", "fuse.juicefs"),
    }
)
MOUNTS = Path("/proc/self/mountinfo")


class UnsafeConfiguration(RuntimeError):
    """The settings would lose data or leak secrets; the app refuses to start."""


def refuse_unsafe(config: Mapping[str, Any]) -> None:
    """Raise UnsafeConfiguration, saying why, where a setting would lose or leak something."""
    _refuse_secret(str(config["SECRET_KEY"]), is_testing=config["TESTING"])
    _refuse_database(config)
    if config["DATABASE_ROLE"] and not ROLE_NAME.fullmatch(config["DATABASE_ROLE"]):
        raise UnsafeConfiguration("DATABASE_ROLE has letters, digits and _ only.")
    if config["MAIL_SERVER"] and config["MAIL_DEFAULT_SENDER"].endswith("@localhost"):
        raise UnsafeConfiguration("MAIL_SENDER says whom mail comes from; set it with MAIL_SERVER.")
    if config["DEBUG"] and not config["TESTING"]:
        raise UnsafeConfiguration("Debug mode shows secrets on error pages; unset FLASK_DEBUG.")
    if 0 < len(config["METRICS_TOKEN"]) < SHORTEST_TOKEN:
        raise UnsafeConfiguration(
            f"QICAI_METRICS_TOKEN is shorter than {SHORTEST_TOKEN} characters."
        )
    if not config["TESTING"]:
        _refuse_open_doors(config)


def _refuse_secret(secret: str, *, is_testing: bool) -> None:
    if len(secret) < SHORTEST_SECRET:
        raise UnsafeConfiguration(f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters.")
    if len(set(secret)) < LEAST_DIFFERENT_LETTERS and not is_testing:
        raise UnsafeConfiguration(
            "SECRET_KEY is easily guessed. Make one: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )


def _refuse_database(config: Mapping[str, Any]) -> None:
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL"):
        _refuse_address(name, str(config[name]))
    url = str(config["DATABASE_URL"])
    if not url.startswith(("sqlite", "postgresql")):
        raise UnsafeConfiguration("DATABASE_URL begins with sqlite:/// or postgresql://.")
    if not url.startswith("sqlite"):
        return
    if config["WEB_HOSTS"] > 1:
        raise UnsafeConfiguration("SQLite serves one web host only; use PostgreSQL for more.")
    kind = file_system_of(Path(url.partition(":///")[2].partition("?")[0] or "."))
    if kind in NETWORK_FILE_SYSTEMS:
        raise UnsafeConfiguration(
            f"The SQLite file lies on a network file system ({kind}), which loses commits. "
            "Put it on a disk of this machine, or use PostgreSQL."
        )


def _refuse_address(name: str, url: str) -> None:
    try:
        if url:
            make_url(url)
    except (ArgumentError, ValueError) as error:
        # What it is stays unsaid: a password may stand in it.
        raise UnsafeConfiguration(f"{name} cannot be read as the address of a database.") from error


def _refuse_open_doors(config: Mapping[str, Any]) -> None:
    """What is asked of a machine that others reach."""
    if config["SESSION_COOKIE_SECURE"] and not config["PROXY_COUNT"]:
        raise UnsafeConfiguration(
            "HTTPS=1 says that a proxy in front speaks HTTPS; PROXY_COUNT says how many there "
            "are. Without it everybody seems to come from the same address."
        )
    if config["SESSION_COOKIE_SECURE"] and not config["TRUSTED_HOSTS"]:
        raise UnsafeConfiguration(
            "TRUSTED_HOSTS names the hosts the site answers to; with HTTPS=1 it has to be set."
        )


def refuse_secrets_apart(given: Mapping[str, Any], web_hosts: int) -> None:
    """Refuse several hosts of which each would make a secret of its own."""
    if web_hosts > 1 and not given.get("SECRET_KEY"):
        raise UnsafeConfiguration(
            "Several web hosts need the same SECRET_KEY; set it on each of them."
        )


def whole(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """Return a setting that is a whole number within its bounds, or refuse it by a sentence."""
    said = str(given.get(name) or "").strip()
    if not said:
        return default
    number = int(said) if re.fullmatch(r"-?[0-9]{1,18}", said) else None
    if number is None or not least <= number <= most:
        raise UnsafeConfiguration(f"{name} is a whole number from {least} to {most}, not {said!r}.")
    return number


def one_of(given: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str) -> str:
    """Return a setting that is one of some words, or refuse it by a sentence."""
    said = str(given.get(name) or default).strip().lower()
    if said not in choices:
        raise UnsafeConfiguration(f"{name} is one of {', '.join(choices)}.")
    return said


def file_system_of(path: Path, mounts: Path | None = None) -> str:
    """Return the kind of file system a path lies on, "" where the machine does not tell."""
    try:
        lines = (mounts or MOUNTS).read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    place, depth, kind = path.resolve(), 0, ""
    for line in lines:
        # 36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw
        before, _, after = line.partition(" - ")
        point = Path(before.split(" ")[4].replace(r"\040", " "))
        # Of several at the same place the last one lies on top.
        if (place == point or point in place.parents) and len(point.parts) >= depth:
            depth, kind = len(point.parts), after.split(" ")[0]
    return kind
