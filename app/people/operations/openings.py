"""By whose code an account was opened: for a while it may not approve what is theirs (I-12)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.people.models import AccountOpening
from app.people.operations.sessions import end_all
from app.people.rules.sign_in import OPENING_COUNTS


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
    _keep(session, login_id, issuers, opened_on=today, now=now, last_on=today)


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
    for issuer_id, opened_on in rows:
        _keep(session, login_id, {issuer_id}, opened_on=opened_on, now=now, last_on=last_on)


def _keep(
    session: Session,
    login_id: int,
    issuers: Iterable[int],
    *,
    opened_on: date,
    now: datetime,
    last_on: date,
) -> None:
    rows = [
        {
            "login_id": login_id,
            "issued_by_id": issuer_id,
            "opened_on": opened_on,
            "from_at": now,
            "until_on": last_on + OPENING_COUNTS,
        }
        for issuer_id in sorted(issuers)
    ]
    if rows:
        session.execute(insert(AccountOpening), rows)
