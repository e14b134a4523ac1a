"""A roster taken back: everybody as before, or nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.imports.operations.pruning import prune_uploads
from app.imports.operations.roster_undo import RosterBuiltOn, RosterForgotten
from app.imports.operations.undoing import undo_import
from app.organisations.rules import OrganisationRetired
from app.second_person.rules import OwnMatter
from app.service.operations.refusals import ReasonNeeded
from app.service.operations.undoing import UndoneAlready
from tests.imports.sheets import bring, csv
from tests.service.community import NOW, Community
from tests.settings.trees import (
    check_audit,
    homes,
    make_node,
    reopen,
    retire,
    retired_on,
    send,
    settle_in,
)

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


# ── whoever was moved, or led ─────────────────────────────────────────────────────────────


def test_nobody_goes_back_to_where_nobody_may_come(community: Community, app: Flask) -> None:
    east = make_node(community, "TX2", "东小区")
    settle_in(community, east, 3)
    report = bring(community, "roster", csv("编号,姓名,组织", "TX00004,春分,涂新社区"))
    retire(community, east)
    before = books()
    with pytest.raises(OrganisationRetired):
        undo(community, report.batch_id)
    assert books() == before
    assert retired_on(east) is not None
    check_audit(app)
    reopen(community, east)
    undo(community, report.batch_id)
    assert homes(community)[3] == east


def test_nobody_leads_again_by_taking_a_roster_back(community: Community) -> None:
    send(
        "UPDATE memberships SET role = 'leader' WHERE volunteer_id = :id",
        id=community.volunteers[4],
    )
    rows = ["TX00005,清明,TX-red,队员", "TX00004,春分,TX-red,队长"]
    report = bring(community, "roster", csv("编号,姓名,队伍,职务", *rows))
    assert report.updated == 2
    own = community.actors["organiser_too"]
    assert report.batch_id is not None
    with pytest.raises(OwnMatter), transaction() as session:
        undo_import(session, report.batch_id, actor=own, now=NOW, reason="错了")
    undo(community, report.batch_id)
