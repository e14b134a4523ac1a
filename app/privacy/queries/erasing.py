"""What is kept about somebody, what keeps them from being erased, and who asked for it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, bindparam, func, select, text
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import Date

from app.people.models import Login, Volunteer
from app.privacy.columns import TABLES
from app.privacy.models import Erasure, ErasureAsk
from app.privacy.rules import erasing
from app.privacy.rules.classes import TableRule
from app.privacy.rules.erasing import StillHeld

PAGE = 100
# What goes with them, wholly or in part; what stays under the number.
GOING = tuple(table for table in TABLES if table.whose and (table.rows == "delete" or table.erased))
STAYING = tuple(
    table for table in TABLES if table.whose and table.rows == "keep" and not table.erased
)
_HELD = """
SELECT
 (SELECT count(*) FROM roles r JOIN logins l ON l.id = r.login_id WHERE l.volunteer_id = :person
   AND r.from_on <= :today AND (r.until_on IS NULL OR r.until_on >= :today))
 + (SELECT count(*) FROM memberships m WHERE m.volunteer_id = :person AND m.role = 'leader'
   AND (m.until_on IS NULL OR m.until_on >= :today)),
 (SELECT count(*) FROM redemptions WHERE volunteer_id = :person AND state = 'to_collect'),
 (SELECT count(*) FROM disputes WHERE volunteer_id = :person AND state IN ('open', 'passed_on')),
 (SELECT count(*) FROM objections
   WHERE (volunteer_id = :person OR about_id = :person) AND state = 'open'),
 (SELECT count(*) FROM ranking_rows w JOIN ranking_snapshots s ON s.id = w.snapshot_id
   WHERE w.volunteer_id = :person AND NOT EXISTS (SELECT 1 FROM ranking_finals f
     WHERE f.organisation_id = s.organisation_id AND f.year = s.year)),
 (SELECT count(*) FROM service_records WHERE volunteer_id = :person AND state = 'submitted'),
 (SELECT count(*) FROM adjustments WHERE volunteer_id = :person AND state = 'asked')
"""
_REFUSALS: tuple[type[StillHeld], ...] = (
    erasing.InOffice,
    erasing.UncollectedRedemptions,
    erasing.OpenDisputes,
    erasing.OpenObjections,
    erasing.UnderNotice,
    erasing.WaitingRecords,
    erasing.OpenAdjustments,
)
_LEFT_BEHIND = """
SELECT
 (SELECT coalesce(sum(balance), 0) FROM accounts WHERE holder_id = :person AND unit = 'points'),
 (SELECT count(*) FROM certificates c WHERE c.volunteer_id = :person AND NOT EXISTS
   (SELECT 1 FROM certificate_revocations r WHERE r.certificate_id = c.id)),
 (SELECT count(*) FROM helpers WHERE helper_id = :person
   AND (until_on IS NULL OR until_on >= :today))
"""


class Ask(NamedTuple):
    """What somebody asked for, and what became of it."""

    id: int
    volunteer_id: int
    name: str
    number: str | None
    organisation_id: int
    asked_by: str
    asked_at: datetime
    state: str
    ended_at: datetime | None
    answer: str


class Erased(NamedTuple):
    """One erasure that was carried out: of which number, by whom, why, how many rows."""

    number: str | None
    erased_by: str
    erased_at: datetime
    reason: str
    rows: int


class LeftBehind(NamedTuple):
    """What stays that the person may want to settle first."""

    points_hundredths: int
    certificates: int
    helping: int


def counts_of(session: Session, volunteer_id: int, tables: Collection[TableRule]) -> dict[str, int]:
    """Return how many rows of each table are somebody's: one statement."""
    parts = " UNION ALL ".join(
        f"SELECT '{table.name}' AS name, count(*) AS found FROM {table.name} WHERE {table.whose}"
        for table in tables
    )
    rows = session.execute(text(parts), {"person": volunteer_id})
    return {name: found for name, found in rows if found}


def holds_of(session: Session, volunteer_id: int, today: date) -> list[StillHeld]:
    """Return what has to be settled before somebody can be erased."""
    found = session.execute(_dated(_HELD), {"person": volunteer_id, "today": today}).one()
    return [refusal(count=count) for refusal, count in zip(_REFUSALS, found, strict=True) if count]


def left_behind(session: Session, volunteer_id: int, today: date) -> LeftBehind:
    """Return what stays without an owner."""
    row = session.execute(_dated(_LEFT_BEHIND), {"person": volunteer_id, "today": today}).one()
    return LeftBehind(*map(int, row))


def _dated(query: str) -> Any:
    return text(query).bindparams(bindparam("today", type_=Date()))


def erasure_of(session: Session, volunteer_id: int) -> Erasure | None:
    """Return the erasure of somebody, or None."""
    return session.scalar(select(Erasure).where(Erasure.volunteer_id == volunteer_id))


def open_ask(session: Session, volunteer_id: int) -> ErasureAsk | None:
    """Return what somebody asked for and still waits, or None."""
    return session.scalar(
        select(ErasureAsk).where(
            ErasureAsk.volunteer_id == volunteer_id, ErasureAsk.state == "waiting"
        )
    )


def last_ask(session: Session, volunteer_id: int) -> ErasureAsk | None:
    """Return the last thing somebody asked for, or None."""
    wanted = select(ErasureAsk).where(ErasureAsk.volunteer_id == volunteer_id)
    return session.scalar(wanted.order_by(ErasureAsk.id.desc()).limit(1))


def asks_below(
    session: Session, organisation_ids: Collection[int], *, waiting: bool, offset: int = 0
) -> list[Ask]:
    """Return a page of what was asked for below these organisations, the oldest waiting first."""
    asker = aliased(Login)
    wanted = (
        select(
            ErasureAsk.id,
            ErasureAsk.volunteer_id,
            Volunteer.name,
            Volunteer.number,
            Volunteer.organisation_id,
            asker.display_name,
            ErasureAsk.asked_at,
            ErasureAsk.state,
            ErasureAsk.ended_at,
            ErasureAsk.answer,
        )
        .join(Volunteer, Volunteer.id == ErasureAsk.volunteer_id)
        .join(asker, asker.id == ErasureAsk.asked_by_id)
        .where(Volunteer.organisation_id.in_(organisation_ids))
        .offset(offset)
        .limit(PAGE)
    )
    if waiting:
        wanted = wanted.where(ErasureAsk.state == "waiting").order_by(ErasureAsk.id)
    else:
        wanted = wanted.where(ErasureAsk.state == "refused").order_by(ErasureAsk.id.desc())
    return [Ask._make(row) for row in session.execute(wanted)]


def counting_asked(
    organisation_ids: Collection[int], *, without: Collection[int] = ()
) -> ScalarSelect[int]:
    """Return the count of what waits to be answered, for a statement of others' too.

    `without`: whose asks somebody else answers.
    """
    return (
        select(func.count(ErasureAsk.id))
        .join(Volunteer, Volunteer.id == ErasureAsk.volunteer_id)
        .where(
            ErasureAsk.state == "waiting",
            Volunteer.organisation_id.in_(organisation_ids),
            ErasureAsk.volunteer_id.not_in(without),
        )
        .scalar_subquery()
    )


def ended_counts(session: Session, organisation_ids: Collection[int]) -> tuple[int, int]:
    """Return how many were erased, and how often that was refused."""
    done = (
        select(func.count(Erasure.id))
        .join(Volunteer, Volunteer.id == Erasure.volunteer_id)
        .where(Volunteer.organisation_id.in_(organisation_ids))
    )
    refused = (
        select(func.count(ErasureAsk.id))
        .join(Volunteer, Volunteer.id == ErasureAsk.volunteer_id)
        .where(ErasureAsk.state == "refused", Volunteer.organisation_id.in_(organisation_ids))
    )
    row = session.execute(select(done.scalar_subquery(), refused.scalar_subquery())).one()
    return row[0], row[1]


def erasures_below(
    session: Session, organisation_ids: Collection[int], *, offset: int = 0
) -> list[Erased]:
    """Return a page of whose data went below these organisations, the last first."""
    rows = session.execute(
        select(
            Volunteer.number,
            Login.display_name,
            Erasure.erased_at,
            Erasure.reason,
            Erasure.figures,
        )
        .join(Volunteer, Volunteer.id == Erasure.volunteer_id)
        .join(Login, Login.id == Erasure.erased_by_id)
        .where(Volunteer.organisation_id.in_(organisation_ids))
        .order_by(Erasure.id.desc())
        .offset(offset)
        .limit(PAGE)
    )
    return [Erased(*row[:4], sum(_figures(row[4]).values())) for row in rows]


def _figures(written: str) -> Mapping[str, int]:
    figures: dict[str, int] = json.loads(written)
    return figures
