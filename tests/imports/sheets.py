"""Write small sheets and import them into the community of the service tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.db import snapshot, transaction
from app.imports.operations import Report, commit, preview, read_file
from app.imports.rules.columns import Kind
from tests.service.community import NOW, Community

TODAY = NOW.date()


def csv(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows]).encode()


def bring(
    community: Community,
    kind: Kind,
    content: bytes,
    *,
    by: str = "organiser",
    now: datetime = NOW,
    skip_refused: bool = False,
    dry: bool = False,
    **more: Any,
) -> Report:
    """Import a file as somebody of the community."""
    file = read_file(kind, content, "sheet.csv", **more)
    asked: dict[str, Any] = {
        "actor": community.actor(by),
        "now": now,
        "today": now.date(),
        "skip_refused": skip_refused,
    }
    if dry:
        with snapshot() as session:
            return preview(session, file, **asked)
    with transaction() as session:
        return commit(session, file, **asked)


def codes(report: Report) -> dict[int, str]:
    """Return the code of each row refused."""
    return {refusal.row: refusal.code for refusal in report.refused}


def check_sum(report: Report) -> None:
    """Every row is in one count; only of a file refused whole are the good ones in none."""
    counts = dict(report.counts)
    rows = counts.pop("rows")
    if report.is_refused:
        assert (report.created, report.updated, report.batch_id) == (0, 0, None)
        assert sum(counts.values()) <= rows
    else:
        assert sum(counts.values()) == rows
