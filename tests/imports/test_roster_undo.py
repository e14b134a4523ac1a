"""A roster taken back: everybody as before, or nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.imports.operations.pruning import prune_uploads
from app.imports.operations.roster_undo import RosterBuiltOn, RosterForgotten
from app.imports.operations.undoing import undo_import
from app.service.operations.refusals import ReasonNeeded
from app.service.operations.undoing import UndoneAlready
from tests.imports.sheets import bring, csv
from tests.service.community import NOW, Community

HEADER = "编号,姓名,性别,出生日期,手机,队伍,职务,加入日期"
ROWS = (
    ",白露,女,1990-01-02,13800001234,TX-red,,2024-05-06",
    "TX00004,春分,女,1980-03-20,13800000004,TX-red,队长,2020-01-01",
    "TX00008,小满,,,,TX-green,,",
)


def books() -> list[tuple]:
    """Return every card and membership but those of people who left."""
    people = text(
        "SELECT id, organisation_id, number, name, phone, kind, sex, born_on, state "
        "FROM volunteers WHERE state <> 'left' ORDER BY id"
    )
    memberships = text(
        "SELECT team_id, volunteer_id, role, from_on, until_on FROM memberships ORDER BY 1, 2, 4"
    )
    found = [tuple(row) for query in (people, memberships) for row in db.session.execute(query)]
    db.session.rollback()
    return found


def undo(community: Community, batch_id: int | None, reason: str | None = "错了") -> None:
    assert batch_id is not None
    with transaction() as session:
        undo_import(session, batch_id, actor=community.actor("organiser"), now=NOW, reason=reason)


def test_everybody_is_as_before(community: Community) -> None:
    before = books()
    report = bring(community, "roster", csv(HEADER, *ROWS))
    assert (report.created, report.updated) == (1, 2)
    assert books() != before
    undo(community, report.batch_id)
    assert books() == before
    again = bring(community, "roster", csv(HEADER, *ROWS))
    assert again.batch_id is not None


@pytest.mark.parametrize(
    "since",
    [
        "UPDATE volunteers SET phone = '13900000000' WHERE name = '春分'",
        "INSERT INTO logins (display_name, volunteer_id, is_suspended, created_at) "
        "SELECT '白露', id, false, '2026-02-03 00:00:00.000000' FROM volunteers "
        "WHERE name = '白露'",
        "INSERT INTO adjustments (kind, organisation_id, volunteer_id, minutes, points_hundredths, "
        "reason, asker_id, asked_at, state, answer, is_alone) "
        "SELECT 'amount', organisation_id, id, 0, 100, 'x', 1, '2026-02-03 00:00:00.000000', "
        "'asked', '', false FROM volunteers WHERE name = '白露'",
    ],
)
def test_what_was_built_on_it_stops_it_and_is_named(community: Community, since: str) -> None:
    report = bring(community, "roster", csv(HEADER, *ROWS))
    with transaction() as session:
        session.execute(text(since))
    before = books()
    with pytest.raises(RosterBuiltOn) as refused:
        undo(community, report.batch_id)
    assert len(refused.value.figures["names"]) == 1
    assert books() == before


def test_once_and_with_a_reason(community: Community) -> None:
    report = bring(community, "roster", csv(HEADER, *ROWS))
    with pytest.raises(ReasonNeeded):
        undo(community, report.batch_id, " ")
    undo(community, report.batch_id)
    with pytest.raises(UndoneAlready):
        undo(community, report.batch_id)


def test_what_it_found_is_forgotten_in_time(community: Community) -> None:
    report = bring(community, "roster", csv(HEADER, *ROWS))
    with transaction() as session:
        prune_uploads(session, now=NOW + timedelta(days=31))
    with pytest.raises(RosterForgotten):
        undo(community, report.batch_id)
