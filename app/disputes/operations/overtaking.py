"""Close the disputes of records that are reversed, in the very commit of their reversal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import fetch
from app.disputes.models import Dispute, DisputeLine
from app.disputes.operations.holding import move, note_dispute, write_line
from app.disputes.operations.telling import tell_volunteer
from app.service.operations.records import Kept
from app.teams.models import Team
from app.teams.rules import Actor, OrganiserNeeded

_OPEN = (
    "SELECT id FROM disputes WHERE record_id IN ?ids AND state IN ('open', 'passed_on') ORDER BY id"
)
_REPLACED = (
    "SELECT corrects_id, id FROM service_records "
    "WHERE corrects_id IN ?ids AND state = 'approved' AND part = 1 ORDER BY id"
)


def close_disputes(
    session: Session, reversed_records: Sequence[Kept], *, actor: Actor, now: datetime
) -> set[int]:
    """Close what is open about these records: answered by this very correction, or overtaken.

    Returns the groups of the records whose people were told of it here.
    """
    records = {record.id: record for record in reversed_records}
    # An undone import may be long: the ids are one parameter, and nearly always none is found.
    ids = [row[0] for row in fetch(session, _OPEN, sorted(records))]
    if not ids:
        return set()
    disputes = [session.get_one(Dispute, one, populate_existing=True) for one in ids]
    replaced = dict(map(tuple, fetch(session, _REPLACED, [one.record_id for one in disputes])))
    for dispute in disputes:
        _check_whose_turn(session, dispute, records[dispute.record_id], actor)
        new_id = replaced.get(dispute.record_id)
        is_answer = new_id is not None and _was_proposed(session, dispute.id, new_id)
        move(session, dispute, "corrected" if is_answer else "overtaken")
        line_id = write_line(
            session, dispute, dispute.state, actor=actor, now=now, record_id=new_id
        )
        note_dispute(
            session,
            "close",
            dispute,
            records[dispute.record_id],
            actor=actor,
            now=now,
            after={"replaced_by": new_id},
        )
        tell_volunteer(session, f"dispute.{dispute.state}", dispute.id, line_id, now)
    # One thing happened, one notice says so.
    return {records[dispute.record_id].group_id for dispute in disputes}


def _check_whose_turn(session: Session, dispute: Dispute, record: Kept, actor: Actor) -> None:
    """Let nobody but an organiser settle, by whatever detour, what was passed on to them."""
    if dispute.state != "passed_on":
        return
    if session.get_one(Team, record.team_id).organisation_id not in actor.organises:
        raise OrganiserNeeded


def _was_proposed(session: Session, dispute_id: int, record_id: int) -> bool:
    """Tell whether a record was proposed as the answer to a dispute."""
    proposed = select(DisputeLine.id).where(
        DisputeLine.dispute_id == dispute_id,
        DisputeLine.kind == "proposed",
        DisputeLine.record_id == record_id,
    )
    return session.scalar(proposed.limit(1)) is not None
