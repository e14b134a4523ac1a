"""The database itself keeps an opening record as it was taken over."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import db
from tests.imports.sheets import bring, csv
from tests.service.community import Community, make_community

SHEET = csv("编号,积分,时长（小时）,截至日期", "TX00004,5,2,2025-12-31", "TX00005,,3,2025-12-31")

INTO = (
    "INSERT INTO opening_records (root_id, organisation_id, volunteer_id, as_of_on, minutes, "
    "points_hundredths, state, recorder_id, recorded_at, batch_id, entry_id"
)


@pytest.fixture
def taken(app: Flask, db_session: Session) -> Community:
    community = make_community(db_session)
    bring(community, "opening", SHEET)
    return community


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DELETE FROM opening_records", "only added to"),
        ("UPDATE opening_records SET minutes = 1 WHERE id = 1", "only reversed"),
        (
            "UPDATE opening_records SET state = 'reversed' WHERE id = 1",
            "ck_opening_records_reversed|reversed",
        ),
        (
            "UPDATE opening_records SET state = 'reversed', reversal_entry_id = 2, minutes = 1 "
            "WHERE id = 1",
            "not edited",
        ),
        (
            f"{INTO}) SELECT root_id, organisation_id, volunteer_id, as_of_on, 1, 0, state, "
            "recorder_id, recorded_at, batch_id, 77 FROM opening_records WHERE id = 1",
            "uq_opening_records_live|volunteer_id|never replaced",
        ),
        (
            f"{INTO}, reversal_entry_id) SELECT root_id, organisation_id, volunteer_id, as_of_on, "
            "1, 0, 'reversed', recorder_id, recorded_at, batch_id, 77, 78 FROM opening_records "
            "WHERE id = 1",
            "does not begin so",
        ),
    ],
)
def test_refused(taken: Community, statement: str, message: str) -> None:
    with pytest.raises(IntegrityError, match=message):
        db.session.execute(text(statement))
    db.session.rollback()


@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE"])
def test_a_record_is_posted_once(taken: Community, verb: str) -> None:
    if verb != "INSERT" and db.engine.dialect.name == "postgresql":
        verb = "INSERT"
    seal = (
        f"{verb} INTO entries (id, kind, recorded_at, subject_kind, subject_id) "
        "VALUES (99, 'opening', '2027-01-01 00:00:00.000000', 'opening', 1)"
    )
    session = db.session()
    session.execute(
        text("UPDATE accounts SET balance = balance + 1 WHERE holder_id = 4 AND unit = 'minutes'")
    )
    mine = "SELECT id, 99, {} FROM accounts WHERE {} AND unit = 'minutes'"
    for amount, whose in ((1, "holder_id = 4"), (-1, "purpose = 'opening'")):
        select = mine.format(amount, whose)
        session.execute(text(f"INSERT INTO postings (account_id, entry_id, amount) {select}"))
    with pytest.raises(IntegrityError, match="opening"):
        session.execute(text(seal))
    session.rollback()
