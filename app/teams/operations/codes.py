"""Hand out activation codes, to accounts that may do no more than the issuer's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.people.operations import issue_activation_code, login_for
from app.people.rules.passwords import code_of
from app.teams.queries import first_code_receivers, standing_of
from app.teams.rules import Actor, may_issue_code


def issue_code_to(
    session: Session,
    volunteer_id: int,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    seed: bytes | None = None,
) -> str:
    """Return a fresh activation code for a volunteer, whose login is made when missing.

    `seed`: the code is the volunteer's under this secret, so that it can be shown again.
    """
    may_issue_code(actor, standing_of(session, volunteer_id, today))
    return _issue(session, volunteer_id, actor, now, seed)


def issue_first_codes(
    session: Session,
    volunteer_ids: Collection[int],
    *,
    actor: Actor,
    now: datetime,
    today: date,
    seed: bytes,
) -> list[int]:
    """Hand a code to each who has no password yet and may get one; return to whom."""
    first = sorted(first_code_receivers(session, actor, volunteer_ids, today))
    for volunteer_id in first:
        _issue(session, volunteer_id, actor, now, seed)
    return first


def _issue(
    session: Session, volunteer_id: int, actor: Actor, now: datetime, seed: bytes | None
) -> str:
    login = login_for(session, volunteer_id, actor_id=actor.login_id, now=now)
    code = code_of(seed, volunteer_id) if seed else None
    return issue_activation_code(session, login.id, issuer_id=actor.login_id, now=now, code=code)
