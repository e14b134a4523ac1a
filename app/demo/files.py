"""Build the demo database in a file of its own, whole or not at all, whoever asks first."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

from flask import Flask

from app.db import db, transaction
from app.demo.closing import close_last_year
from app.demo.operations import live_demo_year
from app.demo.sign_ins import PASSWORD
from app.ledger.chain import seal
from app.people.rules.passwords import HashCost, hash_password
from app.schema.migrating import file_lock, migrate_database

FILE_NAME = "demo.sqlite3"
LOCK_SECONDS = 10
KEPT_SETTINGS = (
    "INSTANCE_DIR",
    "TESTING",
    "WTF_CSRF_ENABLED",
    "ARGON2_MEMORY_KIB",
    "ARGON2_TIME_COST",
    "MAX_CONTENT_LENGTH",
)

MakeApp = Callable[[Mapping[str, object]], Flask]


def demo_file(config: Mapping[str, Any]) -> Path:
    """Return where the demo's database lies, whether it is there or not."""
    return Path(config["INSTANCE_DIR"]) / FILE_NAME


def demo_settings(config: Mapping[str, Any], file: Path | None = None) -> dict[str, object]:
    """Return the demo app's settings: those of the instance, but for all it must not share."""
    kept = {key: config[key] for key in KEPT_SETTINGS if key in config}
    return kept | {
        "IS_DEMO": True,
        "DATABASE_URL": f"sqlite:///{file or demo_file(config)}",
        "MIGRATION_DATABASE_URL": "",
        "DATABASE_ROLE": "",
        # A token signed for the demo is worth nothing in the instance.
        "SECRET_KEY": digest(config["SECRET_KEY"].encode(), b"demo", sha256).hex(),
        # The instance stands before it: it has judged the host and the proxies.
        "PROXY_COUNT": 0,
        "WEB_HOSTS": 1,
        "TRUSTED_HOSTS": "",
        "HTTPS": "1" if config["SESSION_COOKIE_SECURE"] else "",
    }


def build_missing_demo(config: Mapping[str, Any], make_app: MakeApp, now: datetime) -> bool:
    """Build the demo unless it is there; of two who ask at once one builds."""
    with file_lock(_lock_file(config)):
        if demo_file(config).exists():
            return False
        _build(config, make_app, now)
        return True


def rebuild_demo(config: Mapping[str, Any], make_app: MakeApp, now: datetime) -> None:
    """Build the demo anew; whatever was tried out in the old one is gone."""
    with file_lock(_lock_file(config)):
        _build(config, make_app, now)


def fill_with_demo(app: Flask, now: datetime) -> None:
    """Live the demo's year in the app's own, empty database."""
    cost = HashCost(app.config["ARGON2_MEMORY_KIB"], app.config["ARGON2_TIME_COST"])
    password_hash = hash_password(PASSWORD, cost)
    with app.app_context():
        with transaction() as session:
            cast = live_demo_year(session, password_hash=password_hash, now=now)
        close_last_year(cast, now, str(app.config["SECRET_KEY"]))
        seal(lambda: now)


def _build(config: Mapping[str, Any], make_app: MakeApp, now: datetime) -> None:
    target = demo_file(config)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    _remove(partial)
    app = make_app(demo_settings(config, partial))
    try:
        migrate_database(app)
        fill_with_demo(app, now)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        _put_in_place(partial, target)
    finally:
        _remove(partial)


def _put_in_place(partial: Path, target: Path) -> None:
    """Give a new file its name at once, or fill the old one in one transaction.

    A rename over a database that servers have open would leave them the old one, and its
    journal beside the new one.
    """
    with closing(sqlite3.connect(partial)) as built:
        # One file, whatever journal it was built with.
        built.execute("PRAGMA journal_mode=DELETE")
        if not target.exists():
            built.close()
            os.replace(partial, target)
            return
        with closing(sqlite3.connect(target, timeout=LOCK_SECONDS)) as present:
            built.backup(present)


def _remove(file: Path) -> None:
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm", f"{file.name}-journal"):
        file.with_name(name).unlink(missing_ok=True)


def _lock_file(config: Mapping[str, Any]) -> Path:
    file = demo_file(config).with_suffix(".lock")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return file
