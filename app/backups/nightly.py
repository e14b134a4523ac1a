"""The worker's nightly duty: one backup, made by a process of its own."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select

from app.backups.making import made_in
from app.backups.rules import is_due
from app.clock import is_within
from app.db import db
from app.jobs.beside import Beside, Start, begin_flask
from app.organisations.models import Organisation
from app.organisations.queries import roots_with_zones
from app.organisations.rules import Settings

LOOK_EVERY = timedelta(minutes=1)
TRY_AGAIN_AFTER = timedelta(hours=1)
COMMAND = ("backup", "--nightly")


def start_backup() -> subprocess.Popen[bytes]:
    """Begin tonight's backup beside us."""
    return begin_flask(*COMMAND)


class Site(NamedTuple):
    """Whose backups are made, and by which clock."""

    code: str
    zone: tzinfo


class Nightly:
    """Looks each minute whether tonight's backup is due, and begins it; tries again hourly."""

    def __init__(self, start: Start = start_backup) -> None:
        self._beside = Beside(start)
        self._looked: datetime | None = None
        self._tried: datetime | None = None

    def turn(self, app: Flask, now: datetime) -> bool:
        """Begin a backup if one is due; tell whether one was begun. Never of the demo."""
        if app.config["IS_DEMO"] or not app.config["BACKUP_DIR"] or self._is_running(app):
            return False
        if is_within(self._looked, now, LOOK_EVERY) or is_within(self._tried, now, TRY_AGAIN_AFTER):
            return False
        self._looked = now
        if not _is_wanted(app, now):
            return False
        self._tried = now
        self._beside.begin()
        return True

    def stop(self) -> None:
        """End a backup under way: what is half made is removed, and made anew at the next start."""
        self._beside.stop()

    def _is_running(self, app: Flask) -> bool:
        if code := self._beside.take_end():
            app.logger.error("The nightly backup ended with %s; it is tried again.", code)
        return self._beside.is_running


def _is_wanted(app: Flask, now: datetime) -> bool:
    try:
        return is_one_due(Path(app.config["BACKUP_DIR"]), now)
    except OSError as error:
        app.logger.error("The folder of the backups cannot be read: %s", error)
        return False


def is_one_due(folder: Path, now: datetime) -> bool:
    """Tell whether tonight's backup of this community is still to be made in a folder.

    An instance without a community has nothing to lose.
    """
    site = find_site()
    if site is None:
        return False
    made = made_in(folder)
    ours = [one for one in made if one.facts.community == site.code and not one.violated]
    return is_due([one.made_at for one in ours], now, site.zone)


def find_site() -> Site | None:
    """Return the oldest community here, None before it is founded."""
    session = db.session()
    found = roots_with_zones(session)
    code = (
        session.scalar(select(Organisation.code).where(Organisation.id == found[0][0]))
        if found
        else None
    )
    session.rollback()
    return None if code is None else Site(code, ZoneInfo(found[0][1]))


def site_zone() -> tzinfo:
    """Return the time zone by which days are told."""
    site = find_site()
    return site.zone if site else ZoneInfo(Settings().time_zone)
