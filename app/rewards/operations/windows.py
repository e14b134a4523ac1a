"""Name the days on which an organisation redeems, and end them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.rewards.models import RedemptionWindow
from app.rewards.operations.keeping import check_own, hold_own_open_shelf, note_kept
from app.rewards.rules.items import LONGEST_NAME, TextTooLong
from app.rewards.rules.windows import Window, check_window
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


class WindowThere(RuleBroken):
    code = "window_there"
    message = N_("These days are named already.")


class WindowOver(RuleBroken):
    code = "window_over"
    message = N_("These dates are over already.")


def add_window(
    session: Session,
    organisation_id: int,
    window: Window,
    title: str,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    key: str,
) -> int:
    """Name days on which an organisation redeems, and return the rule's id."""
    hold_own_open_shelf(session, organisation_id, actor)
    content = {"operation": "window.add", "of": organisation_id, "title": title}
    content |= window._asdict()
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["window_id"])
    _check(session, organisation_id, window, title, today)
    row = RedemptionWindow(
        organisation_id=organisation_id,
        title=title,
        made_by_id=actor.login_id,
        made_at=now,
        **window._asdict(),
    )
    session.add(row)
    session.flush()
    note_kept(
        session, "window.add", row, actor=actor, now=now, after={**window._asdict(), "title": title}
    )
    remember(session, actor.login_id, key, content, {"window_id": row.id}, now)
    return row.id


def end_window(session: Session, window_id: int, *, actor: Actor, now: datetime) -> bool:
    """Let these days be no redemption days from now on. False: they had ended."""
    query = select(RedemptionWindow).where(RedemptionWindow.id == window_id).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound
    check_own(row.organisation_id, actor)
    if row.ended_at is not None:
        return False
    row.ended_at = now
    session.flush()
    note_kept(session, "window.end", row, actor=actor, now=now, before=_said(row))
    return True


def _check(session: Session, organisation_id: int, window: Window, title: str, today: date) -> None:
    check_window(window)
    if len(title) > LONGEST_NAME or not title.isprintable():
        raise TextTooLong(most=LONGEST_NAME)
    if window.until_on is not None and window.until_on < today:
        raise WindowOver
    standing = select(RedemptionWindow).where(
        RedemptionWindow.organisation_id == organisation_id, RedemptionWindow.ended_at.is_(None)
    )
    if any(_said(row) == window._asdict() for row in session.scalars(standing)):
        raise WindowThere


def _said(row: RedemptionWindow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Window._fields}
