"""A passbook as one JSON object, in the words of SPEC §9: for the shell and one's own file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from app.passbook.explanation import sentence_of
from app.passbook.queries import Line, Owner, Summary
from app.points.rules import format_hundredths


def passbook_object(owner: Owner, summary: Summary, lines: Iterable[Line]) -> dict[str, Any]:
    """Return both accounts, served minutes, stars and each line with its sentence."""
    return {
        "volunteer_no": owner.number,
        "name": owner.name,
        "served_minutes": summary.served_minutes,
        "time_minutes": summary.time_minutes,
        "points": format_hundredths(summary.points_hundredths),
        "stars": summary.stars.level,
        "lines": [_line(line) for line in lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "entry": line.entry_id,
        "kind": line.kind,
        "at": line.recorded_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "service_date": line.record.service_on.isoformat() if line.record else None,
        "minutes": line.minutes,
        "points": format_hundredths(line.points_hundredths),
        "sentence": sentence_of(line, _),
    }
