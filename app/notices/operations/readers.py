"""Whoever decides how to be told gets a row of their own; two taps make one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import run
from app.notices.models import NoticeReader
from app.notices.queries import find_reader_id
from app.notices.rules import Inbox


def held_reader_id(session: Session, inbox: Inbox) -> int:
    """Return somebody's row, made if it is missing, and keep others off it until the commit."""
    is_volunteer = inbox.volunteer_id is not None
    column = "volunteer_id" if is_volunteer else "login_id"
    owner = inbox.volunteer_id if is_volunteer else inbox.login_id
    run(
        session,
        f"INSERT INTO notice_readers ({column}) VALUES (?) ON CONFLICT DO NOTHING",
        owner,
    )
    found = find_reader_id(session, inbox)
    assert found is not None
    session.execute(select(NoticeReader.id).where(NoticeReader.id == found).with_for_update())
    return found


def subject_of(inbox: Inbox) -> dict[str, Any]:
    """Return how the trail names whose choice it is."""
    if inbox.volunteer_id is not None:
        return {"subject_kind": "volunteer", "subject_id": inbox.volunteer_id}
    return {"subject_kind": "login", "subject_id": inbox.login_id}
