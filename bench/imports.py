"""An XLSX of many rows against its floor: calamine reads, a loop checks, the raw driver writes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook
from sqlalchemy import update

from app.bulk import uncollected
from app.config import ROOT
from app.db import transaction
from app.imports.operations import commit, read_file
from app.people.models import Login, Role
from app.sheets.apart import read_sheet_apart
from app.sheets.writing import write_xlsx
from bench.grounds import FIRST_OF_THE_YEAR, Ground, on
from bench.measures import Round, highest_kilobytes, pair
from tests.service.community import NOW, Community

HEADER = ["编号", "日期", "队伍", "内容", "时长", "外部编号"]


def import_of(ground: Ground, community: Community, *, rows: int, rounds: int) -> list[Round]:
    """Import a workbook as the worker does: read apart, judge, post, in one commit."""
    content = workbook(community, rows)
    found = []
    for _ in range(rounds):
        posted = pair(ground, lambda: _imported(community, content))
        # The floor reads and checks too, and then writes the rows the pair has measured.
        began = time.perf_counter()
        _checked(content)
        floor = time.perf_counter() - began + posted.raw
        found.append(Round(posted.ours, floor))
    return found


def import_peak(ground: Ground, community: Community, *, rows: int, folder: Path) -> int:
    """Return the megabytes that `flask import` takes at its peak for so many rows."""
    url, sheet = ground.fresh(), folder / "peak.xlsx"
    sheet.write_bytes(workbook(community, rows))
    login_id = community.actor("organiser").login_id
    with on(url), transaction() as session:
        session.execute(update(Login).where(Login.id == login_id).values(name="bench"))
        role = {"role": "organiser", "organisation_id": community.root_id}
        session.add(Role(login_id=login_id, from_on=FIRST_OF_THE_YEAR, **role))
    command = [sys.executable, "-m", "flask", "import", "service", str(sheet), "--by", "bench"]
    own = {"FLASK_APP": "wsgi", "DATABASE_URL": url, "INSTANCE_DIR": str(folder / "instance")}
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **own}, stdout=subprocess.DEVNULL
    )
    peak = 0
    while process.poll() is None:
        # What the kernel tells of a child at its end may be its parent's, from before the exec.
        peak = max(peak, highest_kilobytes(process.pid))
        time.sleep(0.01)
    assert process.returncode == 0
    return peak // 1000


def workbook(community: Community, rows: int) -> bytes:
    """Return a service list: everybody again every third day."""
    people = community.volunteers[8:]
    numbers = [f"B{each:06d}" for each in people]
    return write_xlsx(
        HEADER,
        (
            [
                numbers[i % len(people)],
                FIRST_OF_THE_YEAR + timedelta(days=i // len(people) * 3),
                "TX-red",
                "清扫街道",
                "2小时",
                f"E{i}",
            ]
            for i in range(rows)
        ),
    )


def _imported(community: Community, content: bytes) -> None:
    given: dict[str, Any] = {"reader": read_sheet_apart, "spares_room": True}
    with uncollected():
        file = read_file("service", content, "bench.xlsx", **given)
        with transaction() as session:
            actor = community.actor("organiser")
            report = commit(session, file, actor=actor, now=NOW, today=NOW.date())
    assert report.created == report.rows


def _checked(content: bytes) -> int:
    """Read the sheet and check each row as simply as it can be done."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows: list[list[Any]] = book.get_sheet_by_index(0).to_python()
    good = 0
    for number, on_, team, _content, duration, external_id in rows[1:]:
        is_good = isinstance(on_, date) and bool(number and team and external_id)
        good += is_good and duration.endswith("小时") and int(duration[:-2]) > 0
    return good
