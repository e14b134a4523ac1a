"""By whose code an account was opened: for a while it may not approve what is theirs (I-12)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.people.models import AccountOpening
from app.people.operations.sessions import end_all
from app.people.rules.sign_in import OPENING_COUNTS
from app.trail.queries import after_last_act


def keep_opening(
    session: Session,
    login_id: int,
    *,
    issuer_id: int | None,
    issued_at: datetime,
    now: datetime,
    today: date,
) -> None:
    """Keep who may sit behind an account just opened with a code: its issuer.

    And whoever had opened the issuer's own account, for a chain of codes leads to its first.
    """
    if issuer_id is None:
        return
    behind = select(AccountOpening.issued_by_id).where(
        AccountOpening.login_id == issuer_id,
        AccountOpening.until_on >= issued_at.date() - timedelta(days=1),
    )
    issuers = {issuer_id, *session.scalars(behind)} - {login_id}
    from_at = _next_from(session, login_id, now)
    _keep(session, login_id, issuers, opened_on=today, from_at=from_at, last_on=today)


def widen_account(
    session: Session, login_id: int, *, now: datetime, from_on: date | None = None
) -> None:
    """End the sessions of an account that may do more, from now or from a later day on.

    Whoever opened a member's account may sit behind it still when the member leads: the days
    in which it approves nothing of theirs begin anew.
    """
    end_all(session, login_id, now=now)
    last = select(func.max(AccountOpening.from_at)).where(AccountOpening.login_id == login_id)
    rows = session.execute(
        select(AccountOpening.issued_by_id, AccountOpening.opened_on).where(
            AccountOpening.login_id == login_id, AccountOpening.from_at == last.scalar_subquery()
        )
    ).all()
    last_on = max(now.date(), from_on or date.min)
    from_at = _next_from(session, login_id, now)
    for issuer_id, opened_on in rows:
        _keep(session, login_id, {issuer_id}, opened_on=opened_on, from_at=from_at, last_on=last_on)


def _next_from(session: Session, login_id: int, now: datetime) -> datetime:
    """Return from when an opening counts: now, or after the account's last act and last opening
    if the clock was set back since.

    What it did before is not done through the code, and by the last opening the one is told whose
    days begin anew when the account may do more.
    """
    at = after_last_act(session, login_id, now)
    last = session.scalar(
        select(func.max(AccountOpening.from_at)).where(
            AccountOpening.login_id == login_id, AccountOpening.from_at >= at
        )
    )
    return at if last is None else last + timedelta(microseconds=1)


def _keep(
    session: Session,
    login_id: int,
    issuers: Iterable[int],
    *,
    opened_on: date,
    from_at: datetime,
    last_on: date,
) -> None:
    rows = [
        {
            "login_id": login_id,
            "issued_by_id": issuer_id,
            "opened_on": opened_on,
            "from_at": from_at,
            "until_on": last_on + OPENING_COUNTS,
        }
        for issuer_id in sorted(issuers)
    ]
    if rows:
        session.execute(insert(AccountOpening), rows)
