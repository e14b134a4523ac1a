"""Entries of an archive, made in transactions of their own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from app.archive import operations
from app.archive.rules.entries import Commendation, Complaint, Training
from app.archive.rules.sealing import SealKey, seal_key
from app.db import db, transaction
from tests.adjustments.community import now_of
from tests.service.community import NOW, Community

WHO = 3
# A made-up number with the right check digit.
ID_NUMBER = "110101199003074514"
KEY: SealKey = seal_key("a secret of tests, long enough to be one")
COURSE = Training("急救入门", 180, date(2026, 1, 10), "红十字会")
HONOUR = Commendation("区级优秀志愿者", "区文明办", date(2025, 12, 5), True, "")
BLAME = Complaint(date(2026, 1, 20), "约好没有来")


def act(community: Community, what: str, *given: Any, by: str = "organiser", **more: Any) -> Any:
    """Run one operation about the volunteer."""
    actor = now_of(community, by)
    who = community.volunteers[more.pop("who", WHO)]
    more.setdefault("now", NOW)
    with transaction() as session:
        return getattr(operations, what)(session, who, *given, actor=actor, **more)


def enter(community: Community, what: str, given: Any, **more: Any) -> int:
    more.setdefault("key", community.fresh_key())
    return int(act(community, f"add_{what}", given, **more))


def withdraw(
    community: Community, group: str, entry_id: int, *, by: str = "organiser", **more: Any
) -> None:
    actor = now_of(community, by)
    given = {"reason": "录错人", "now": NOW, "key": community.fresh_key(), **more}
    who = community.volunteers[given.pop("who", WHO)]
    with transaction() as session:
        operations.withdraw_entry(session, group, who, entry_id, actor=actor, **given)


def answer(community: Community, complaint_id: int, **more: Any) -> None:
    given: dict[str, Any] = {"outcome": "已当面道歉", "answered_on": NOW.date()}
    given |= {"key": community.fresh_key(), **more}
    act(community, "answer_complaint", complaint_id, **given)


def rows(query: str, **values: Any) -> list[Any]:
    from sqlalchemy import text

    db.session.rollback()
    found = [tuple(row) for row in db.session.execute(text(query), values)]
    db.session.rollback()
    return found


def at(year: int, month: int, day: int) -> datetime:
    return NOW.replace(year=year, month=month, day=day)
