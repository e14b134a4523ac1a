"""Judge all lines of an entry in order, against records read once under the people's locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.db import is_postgresql
from app.service.operations.judging import Judging
from app.service.operations.lines import (
    EntersAs,
    Evidence,
    Line,
    Plan,
)
from app.service.operations.locking import Locked, days_in, people_in, read_for
from app.service.operations.standing import Standing, read_externals, standing_of
from app.teams.rules import Actor

_EXTERNAL_LOCK = "SELECT pg_advisory_xact_lock(7105, ?)"


def plan_lines(
    session: Session,
    lines: Sequence[Line],
    *,
    actor: Actor,
    enters_as: EntersAs | None,
    evidence: Evidence,
    now: datetime,
    over_limit_reason: str | None = None,
    own_rows: Literal["wait", "refuse"] = "wait",
    once_a_day: bool = False,
    locked: Locked | None = None,
) -> Plan:
    """Judge lines in order; inside transaction() the people are locked first.

    Outside it is a preview, which cannot be carried out. An organiser's line over the daily
    limit is refused unless `over_limit_reason` is given; a leader's waits. `own_rows`: an
    import refuses an organiser's own rows, a page lets them wait for somebody else.
    `enters_as` None: as organiser of the teams they stand above, as leader of the others.
    `locked`: what `lock_and_read` gave for these very lines, where the caller has called it.
    """
    is_locked = bool(session.info.get("in_transaction"))
    read = locked or read_for(session, lines, now, is_locked=is_locked)
    grounds = read.grounds
    standing = _read_standing(session, lines, read, is_locked=is_locked)
    judging = Judging(
        plan=Plan(
            lines=list(lines),
            held=read.held,
            days_before=dict(standing.counts),
            tree=grounds.tree,
            locked_in=session.get_transaction() if is_locked else None,
        ),
        standing=standing,
        grounds=grounds,
        people=grounds.people,
        members=grounds.members,
        actor=actor,
        enters_as=enters_as,
        evidence=evidence,
        over_limit_reason=over_limit_reason,
        own_rows=own_rows,
        once_a_day=once_a_day,
    )
    for place, line in enumerate(lines):
        judging.take(place, line)
    return judging.plan


def _read_standing(
    session: Session, lines: Sequence[Line], read: Locked, *, is_locked: bool
) -> Standing:
    """Take in the days the lines fall on, and the records that bear their external ids."""
    grounds, days = read.grounds, days_in(lines)
    near = any(grounds.may_be_service_day(team_id, on) for team_id, on in days)
    standing = standing_of(
        session,
        people_in(lines),
        {on for _team_id, on in days},
        service_days=near,
        records=read.records,
    )
    external_ids = sorted({line.external_id for line in lines if line.external_id is not None})
    if external_ids:
        roots = sorted({grounds.root_of(each) for each in grounds.team_organisations()})
        if is_locked and is_postgresql(session):
            # Two people's lines may bear one id; their own locks would not see that.
            for root_id in roots:
                fetch(session, _EXTERNAL_LOCK, root_id)
        read_externals(session, standing, roots, external_ids)
    return standing
