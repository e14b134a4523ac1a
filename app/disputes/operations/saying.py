"""Ask back, and reply: lines of the thread that move nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.disputes.operations.answering import check_may_answer
from app.disputes.operations.holding import (
    check_is_open,
    hold,
    note_dispute,
    on_behalf,
    record_of,
    write_line,
)
from app.disputes.operations.telling import tell_volunteer, tell_who_asked
from app.disputes.queries import lines_of
from app.disputes.rules import check_words
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


def say(
    session: Session, dispute_id: int, words: str, *, actor: Actor, now: datetime, key: str
) -> None:
    """Add words to an open dispute: the volunteer's, or a question of who answers."""
    content = {"operation": "dispute.say", "dispute_id": dispute_id, "words": words}
    dispute = hold(session, dispute_id)
    if remembered(session, actor.login_id, key, content) is not None:
        return
    is_own = actor.benefits(dispute.volunteer_id)
    if not is_own:
        check_may_answer(session, dispute, actor)
    check_is_open(session, dispute)
    kind = "replied" if is_own else "asked"
    check_words(words, kind, [line.kind for line in lines_of(session, [dispute_id])[dispute_id]])
    behalf = on_behalf(actor, dispute.volunteer_id) if is_own else None
    line_id = write_line(
        session, dispute, kind, actor=actor, now=now, words=words, on_behalf_of_id=behalf
    )
    note_dispute(
        session,
        "reply" if is_own else "ask",
        dispute,
        record_of(session, dispute)[0],
        actor=actor,
        now=now,
        on_behalf_of_id=behalf,
        reason=words,
    )
    if is_own:
        tell_who_asked(session, dispute_id, line_id, now)
    else:
        tell_volunteer(session, "dispute.asked", dispute_id, line_id, now)
    remember(session, actor.login_id, key, content, {}, now)
