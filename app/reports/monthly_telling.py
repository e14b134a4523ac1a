"""Tell the organisers of an organisation once what its last month brought."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.bulk import allow_long_reading, fetch
from app.clock import today_in
from app.db import db, snapshot, transaction
from app.notices.operations import tell_logins
from app.organisations.queries import settings_of_many, subtree_ids
from app.reports.monthly_queries import month_report
from app.reports.rules import month_of, months_on

KIND, SUBJECT = "report.monthly", "organisation"
# A worker that rested on the first makes up for it; whoever becomes an organiser later is not told.
LAST_DAY = 7
# An organiser's own organisation alone: of those below it speaks in one report.
_UNTOLD = """
SELECT r.organisation_id, o.code, o.name, r.login_id
FROM roles r JOIN logins l ON l.id = r.login_id JOIN organisations o ON o.id = r.organisation_id
WHERE r.role = 'organiser' AND r.organisation_id IN ?ids AND NOT l.is_suspended
  AND r.from_on <= ? AND (r.until_on IS NULL OR r.until_on >= ?) AND o.retired_on IS NULL
  AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.login_id = r.login_id AND n.kind = ?
    AND n.subject_kind = ? AND n.subject_id = r.organisation_id AND n.once = ?)
ORDER BY r.organisation_id, r.login_id
"""


def tell_months(
    root_id: int, _last_at: datetime | None, now: datetime, goes_on: Callable[[], bool]
) -> bool:
    """Tell of the last month wherever that was not done, one commit an organisation.

    Killed midway, the next round finds the rest; what was told is never told again.
    """
    session = db.session()
    ids = subtree_ids(session, root_id)
    settings = settings_of_many(session, ids)
    session.rollback()
    today = today_in(settings[root_id].time_zone, now)
    if today.day > LAST_DAY:
        return True
    first_on = months_on(month_of(today), -1)
    wanted = [each for each in ids if settings[each].monthly_report]
    for (organisation_id, code, name), logins in _untold(wanted, today, first_on).items():
        if not goes_on():
            return False
        _tell(organisation_id, code, name, logins, first_on, now)
    return True


def _untold(ids: list[int], today: date, first_on: date) -> dict[tuple[int, str, str], list[int]]:
    session = db.session()
    rows = fetch(session, _UNTOLD, ids, today, today, KIND, SUBJECT, _once(first_on))
    session.rollback()
    found: dict[tuple[int, str, str], list[int]] = {}
    for organisation_id, code, name, login_id in rows:
        found.setdefault((organisation_id, code, name), []).append(login_id)
    return found


def _tell(
    organisation_id: int, code: str, name: str, logins: list[int], first_on: date, now: datetime
) -> None:
    with snapshot() as session:
        allow_long_reading(session)
        month = month_report(
            session, organisation_id, subtree_ids(session, organisation_id), first_on
        )
    if month.is_empty:
        return
    with transaction() as session:
        tell_logins(
            session,
            KIND,
            logins,
            figures={
                "name": name,
                "month": f"{first_on:%Y-%m}",
                "served_minutes": month.figures["minutes"],
                "people": month.figures["people"],
                "firsts": month.figures["firsts"],
                "waiting": month.waiting,
            },
            path=f"/reports/monthly/{code}/{first_on:%Y-%m}",
            at=now,
            subject_kind=SUBJECT,
            subject_id=organisation_id,
            once=_once(first_on),
        )


def nothing_more(_session: Session, _root_id: int, _today: date, _now: datetime) -> None:
    """Leave it at that: each organisation was told in a commit of its own."""


def _once(first_on: date) -> str:
    return f"{first_on:%Y-%m}"
