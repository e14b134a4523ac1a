"""Keep which groups of notices somebody wants by which channel."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.notices.models import NoticeChoice
from app.notices.operations.readers import held_reader_id, subject_of
from app.notices.queries import groups_off
from app.notices.rules import GROUPS, Inbox
from app.trail.operations import note

if TYPE_CHECKING:
    from app.teams.rules import Actor


def choose(
    session: Session,
    inbox: Inbox,
    *,
    channel: str,
    wanted: Collection[str],
    actor: Actor,
    now: datetime,
) -> None:
    """Keep which groups somebody wants by a channel; the inbox has all of them, always."""
    reader_id = held_reader_id(session, inbox)
    before = groups_off(session, inbox, channel)
    after = {group for group in GROUPS if group not in wanted}
    if before == after:
        return
    session.execute(
        delete(NoticeChoice).where(
            NoticeChoice.reader_id == reader_id, NoticeChoice.channel == channel
        )
    )
    session.add_all(
        NoticeChoice(reader_id=reader_id, channel=channel, kind_group=group, is_on=False)
        for group in sorted(after)
    )
    session.flush()
    note(
        session,
        operation="choose_notices",
        actor_id=actor.login_id,
        on_behalf_of_id=actor.on_behalf_of_id,
        at=now,
        before={"channel": channel, "off": sorted(before)},
        after={"channel": channel, "off": sorted(after)},
        **subject_of(inbox),
    )
