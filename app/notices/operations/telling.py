"""Tell people: in the caller's transaction, with two statements for however many."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from app.bulk import Statement, driver_instant, many
from app.notices.kinds import get_kind
from app.notices.rules import Figures, Told, check_path

_ROW = "kind, figures, path, subject_kind, subject_id, once, told_at"
_CASTS = ("bigint", "text", "text", "text", "text", "bigint", "text", "timestamptz")


def _telling(reader: str) -> Statement:
    target = f"INSERT INTO notices ({reader}, {_ROW})"
    return Statement(
        f"{target} VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        f"{target} SELECT * FROM {{rows}} ON CONFLICT DO NOTHING",
        _CASTS,
    )


_TELL = {"volunteer_id": _telling("volunteer_id"), "login_id": _telling("login_id")}
# Where an address is known and the group was not switched off. One told before has its message.
_QUEUE = """
INSERT INTO notice_messages (notice_id, channel, state, tries, next_try_at)
SELECT n.id, a.channel, 'waiting', 0, n.told_at FROM {rows} JOIN notices n
    ON n.kind = r.a AND n.subject_kind = r.c AND n.told_at = r.d
  {owner} JOIN notice_addresses a ON a.reader_id = o.id
WHERE NOT EXISTS (SELECT 1 FROM notice_choices c WHERE c.reader_id = o.id
  AND c.channel = a.channel AND c.kind_group = r.b AND NOT c.is_on)
ON CONFLICT DO NOTHING
"""
_OWNERS = {
    "volunteer_id": "JOIN notice_readers o ON o.volunteer_id = n.volunteer_id",
    "login_id": (
        "JOIN logins l ON l.id = n.login_id "
        "JOIN notice_readers o ON o.login_id = l.id OR o.volunteer_id = l.volunteer_id"
    ),
}


def _queueing(reader: str) -> Statement:
    query = _QUEUE.replace("{owner}", _OWNERS[reader])
    one_row = "(SELECT ? AS a, ? AS b, ? AS c, ? AS d) r"
    casts = ("text", "text", "text", "timestamptz")
    return Statement(query.replace("{rows}", one_row), query, casts)


_SEND = {"volunteer_id": _queueing("volunteer_id"), "login_id": _queueing("login_id")}
Reader = Literal["volunteer_id", "login_id"]


def tell(
    session: Session,
    kind: str,
    volunteer_ids: Iterable[int],
    *,
    figures: Figures,
    path: str,
    at: datetime,
    subject_kind: str,
    subject_id: int,
    once: str = "",
) -> None:
    """Tell volunteers one thing; the same (volunteer, kind, subject, once) is told once."""
    told = [Told(one, figures, path, subject_id) for one in sorted(set(volunteer_ids))]
    tell_each(session, kind, told, at=at, subject_kind=subject_kind, once=once)


def tell_logins(
    session: Session,
    kind: str,
    login_ids: Iterable[int],
    *,
    figures: Figures,
    path: str,
    at: datetime,
    subject_kind: str,
    subject_id: int,
    once: str = "",
) -> None:
    """Tell logins one thing in their office, such as organisers who may be no volunteers."""
    told = [Told(one, figures, path, subject_id) for one in sorted(set(login_ids))]
    _tell(session, "login_id", kind, told, at, subject_kind, once)


def tell_each(
    session: Session,
    kind: str,
    told: Sequence[Told],
    *,
    at: datetime,
    subject_kind: str,
    once: str = "",
) -> None:
    """Tell each volunteer something of their own, still with two statements for all of them."""
    _tell(session, "volunteer_id", kind, told, at, subject_kind, once)


def _tell(
    session: Session,
    reader: Reader,
    kind: str,
    told: Sequence[Told],
    at: datetime,
    subject_kind: str,
    once: str,
) -> None:
    group = get_kind(kind).group
    told_at = driver_instant(session, at)
    rows: list[tuple[Any, ...]] = []
    for one in told:
        check_path(one.path)
        about = (subject_kind, one.subject_id, once, told_at)
        rows.append((one.to_id, kind, figures_text(one.figures), one.path, *about))
    if rows:
        many(session, _TELL[reader], rows)
        many(session, _SEND[reader], [(kind, group, subject_kind, told_at)])


def figures_text(figures: Figures) -> str:
    """Return figures as they are kept: JSON, dates and instants marked as such."""
    return json.dumps(
        {name: _kept(value) for name, value in figures.items()}, ensure_ascii=False, sort_keys=True
    )


def _kept(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone.")
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"A figure is a text, a whole number, a date or an instant: {value!r}")
    return value
