"""Take out of each table what its classification says: rows, values, words."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date

from sqlalchemy import Table, bindparam, delete, func, or_, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.types import Date

from app.db import db
from app.imports.models import Upload
from app.imports.operations.uploads import forget_cells
from app.imports.rules.uploads import OPEN_STATES
from app.jobs.models import MadeFile
from app.notices.models import Notice
from app.people.models import Login, Volunteer
from app.people.rules.names import ERASED_NAME
from app.privacy.columns import BY_NAME
from app.privacy.rules.classes import Erasure, TableRule

_BECOMES: dict[Erasure, str] = {
    "clear": "NULL",
    "empty": "''",
    "name": f"'{ERASED_NAME}'",
    "on": "true",
}
_PICTURES = BY_NAME["pictures"]
_DROP_PICTURES = """
DELETE FROM pictures WHERE id = :picture
  AND NOT EXISTS (SELECT 1 FROM item_versions v WHERE v.picture_id = pictures.id)
  AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.picture_id = pictures.id)
"""
_END_HELPING = """
UPDATE helpers SET until_on = CASE WHEN from_on > :today THEN from_on ELSE :today END
WHERE (volunteer_id = :person OR helper_id = :person)
  AND (until_on IS NULL OR until_on > :today)
"""


def clear_person(session: Session, volunteer_id: int) -> None:
    """Do in every table what its rule says with the rows of one person, children first."""
    person = {"person": volunteer_id}
    pictures = session.scalars(text(f"SELECT id FROM pictures WHERE {_PICTURES.whose}"), person)
    picture_ids = list(pictures)
    for table in reversed(db.metadata.sorted_tables):
        if statement := _statement(table):
            session.execute(text(statement), person)
    for picture_id in picture_ids:
        session.execute(text(_DROP_PICTURES), {"picture": picture_id})


def _statement(table: Table) -> str | None:
    rule = BY_NAME.get(table.name)
    if rule is None or rule is _PICTURES or not rule.whose:
        return None
    if rule.rows == "delete":
        return f"DELETE FROM {rule.name} WHERE {rule.whose}"
    if not rule.erased:
        return None
    values = ", ".join(_value(table, column.name, column.erasure) for column in rule.erased)
    return f"UPDATE {rule.name} SET {values} WHERE ({rule.whose}) AND ({_differs(table, rule)})"


def _value(table: Table, column: str, erasure: Erasure) -> str:
    new = _becomes(table, column, erasure)
    # What was never said is not said to be gone.
    if table.columns[column].nullable and erasure in {"name", "empty"}:
        new = f"CASE WHEN {column} IS NULL THEN NULL ELSE {new} END"
    return f"{column} = {new}"


def _becomes(table: Table, column: str, erasure: Erasure) -> str:
    if erasure == "on" and db.engine.dialect.name == "sqlite":
        return "1"
    return _BECOMES[erasure]


def _differs(table: Table, rule: TableRule) -> str:
    """Return the condition that a row still says something: done again, nothing is touched."""
    return " OR ".join(
        f"{column.name} IS NOT NULL"
        if column.erasure == "clear"
        else f"{column.name} <> {_becomes(table, column.name, column.erasure)}"
        for column in rule.erased
    )


def end_helping(session: Session, volunteer_id: int, today: date) -> None:
    """End who acts for somebody and for whom they act."""
    dated = text(_END_HELPING).bindparams(bindparam("today", type_=Date()))
    session.execute(dated, {"person": volunteer_id, "today": today})


def clear_notices(session: Session, volunteer_id: int, name: str) -> None:
    """Mask a name in what others were told, unless somebody else bears it as well."""
    if len(name) < 2 or name == ERASED_NAME or _has_namesake(session, volunteer_id, name):
        return
    # A figure as a whole: other words that hold the same characters are not the name.
    said, gone = (json.dumps(each, ensure_ascii=False) for each in (name, ERASED_NAME))
    for old in {said, json.dumps(name)}:
        session.execute(
            update(Notice)
            .where(func.replace(Notice.figures, old, "") != Notice.figures)
            .values(figures=func.replace(Notice.figures, old, gone))
            .execution_options(synchronize_session=False)
        )


def _has_namesake(session: Session, volunteer_id: int, name: str) -> bool:
    others = select(Volunteer.id).where(Volunteer.name == name, Volunteer.id != volunteer_id)
    logins = select(Login.id).where(
        Login.display_name == name,
        or_(Login.volunteer_id.is_(None), Login.volunteer_id != volunteer_id),
    )
    return any(session.scalar(query.limit(1)) is not None for query in (others, logins))


def clear_files(
    session: Session, organisation_ids: Collection[int], name: str, number: str | None
) -> None:
    """Drop sheets that wait with somebody in them, and what jobs made of those organisations.

    A made file lives a week and can be made again; nobody can look into its bytes for a name.
    """
    made = delete(MadeFile).where(MadeFile.organisation_id.in_(organisation_ids))
    session.execute(made.execution_options(synchronize_session=False))
    words = [word for word in (name, number) if word and word != ERASED_NAME]
    if not words:
        return
    held = select(Upload).where(
        Upload.organisation_id.in_(organisation_ids),
        or_(*(Upload.preview.contains(word, autoescape=True) for word in words)),
    )
    for upload in session.scalars(held):
        forget_cells(upload)
        upload.mend = None
        if upload.state in OPEN_STATES:
            upload.state = "dropped"
    session.flush()
