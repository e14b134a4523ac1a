"""Everything kept about one person, by the classification of the columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db import db
from app.passbook.giving import passbook_object
from app.passbook.queries import find_owner, history_of, settings_for, summary_of
from app.people.queries import get_volunteer
from app.pictures.models import Picture
from app.privacy.columns import BY_NAME
from app.privacy.rules.classes import TableRule
from app.privacy.rules.exporting import exported_columns, exported_tables, plain

Row = dict[str, Any]


def own_tables(session: Session, volunteer_id: int) -> dict[str, list[Row]]:
    """Return by table the rows about somebody, each in the order of its key."""
    return {table.name: rows_of(session, table, volunteer_id) for table in exported_tables()}


def rows_of(session: Session, rule: TableRule, volunteer_id: int) -> list[Row]:
    """Return one table's rows about somebody, without what opens something."""
    table = db.metadata.tables[rule.name]
    names = [name for name in exported_columns(rule) if name in table.columns]
    query = (
        select(*(table.columns[name] for name in names))
        .where(text(f"({rule.whose})").bindparams(person=volunteer_id))
        .order_by(*table.primary_key.columns)
    )
    return [
        {name: plain(name, value) for name, value in zip(names, row, strict=True)}
        for row in session.execute(query)
    ]


def own_passbook(session: Session, volunteer_id: int, now: Any) -> Mapping[str, Any] | None:
    """Return somebody's passbook as SPEC §9 prints it; who was never numbered has none."""
    number = get_volunteer(session, volunteer_id).number
    owner = find_owner(session, number) if number else None
    if owner is None:
        return None
    settings = settings_for(session, owner)
    summary = summary_of(session, owner.id, settings, now)
    return passbook_object(owner, summary, history_of(session, owner.id, settings.time_zone)[::-1])


def own_pictures(session: Session, volunteer_id: int) -> list[tuple[int, bytes]]:
    """Return the photos somebody sent in, as they were drawn anew."""
    condition = text(f"({BY_NAME['pictures'].whose})").bindparams(person=volunteer_id)
    query = select(Picture.id, Picture.large).where(condition).order_by(Picture.id)
    return [(row[0], bytes(row[1])) for row in session.execute(query)]
