"""Joining two numbers: whose the books become, what counts once, and who may not do it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.archive.queries.entries import entries_of
from app.certificates.queries.certificates import certificates_of
from app.db import db, transaction
from app.errors import NotFound, RuleBroken
from app.merging.operations import merge_people, plan_merge, seen_of
from app.merging.rules import (
    BooksMoved,
    HoldsRole,
    JoinedAlready,
    OneOfThemIsYou,
    OutOfReach,
    ReasonMissing,
    RecordedByYou,
    SpentAlready,
    StillOpen,
)
from app.passbook.explanation import sentence_of
from app.passbook.queries import find_owner, history_of
from app.people.models import Card, Helper, Login, Volunteer
from app.people.queries.merged import selves_of, standing_for, standing_for_many
from tests.imports.sheets import bring, csv
from tests.merging.histories import (
    GONE,
    KEPT,
    LATER,
    REASON,
    ZONE,
    balances,
    counted,
    join,
    one,
    rows,
    two_people,
    violations,
)
from tests.rewards.shelving import give_points, redeemed, stocked
from tests.service.community import NOW, ORDINARY_DAY, SERVICE_DAY, Community


@pytest.fixture
def community(db_session: Session) -> Community:
    return two_people(db_session)


def serve(community: Community, person: int, on: date = ORDINARY_DAY, **more: Any) -> int:
    line = community.line(person, more.pop("minutes", 120), service_on=on, **more)
    return community.logged(line, by="organiser", over_limit_reason="活动日").record_ids[0]


# ── the books ─────────────────────────────────────────────────────────────────────────────


def test_hours_and_points_come_over_and_each_line_says_from_where(
    app: Flask, community: Community
) -> None:
    serve(community, KEPT)
    serve(community, GONE, ORDINARY_DAY - timedelta(days=1), minutes=90)
    join(community)
    assert balances(community, KEPT) == (210, 350)
    assert balances(community, GONE) == (0, 0)
    lines = history_of(db.session(), community.volunteers[KEPT], ZONE)
    said = [sentence_of(line, str) for line in lines]
    assert said[-1].endswith("Joined from number TX00007")
    assert violations(app) == []


def test_what_was_spent_stays_spent(app: Flask, community: Community) -> None:
    serve(community, GONE, minutes=480)
    item = stocked(community, price_hundredths=250)
    redeemed(community, GONE, item, price=250)
    join(community)
    assert balances(community, KEPT) == (480, 550)
    assert violations(app) == []


def test_a_ticket_is_collected_with_its_old_code(community: Community) -> None:
    give_points(community, GONE, 500)
    item = stocked(community, price_hundredths=250)
    redeemed(community, GONE, item, price=250)
    code = one("SELECT code FROM redemptions")
    join(community)
    query = "SELECT volunteer_id, code FROM redemptions WHERE state = 'to_collect'"
    assert rows(query) == [(community.volunteers[KEPT], code)]
    assert one("SELECT available FROM shelf_items") == 4
    assert balances(community, KEPT).points_hundredths == 250


def test_what_was_written_twice_counts_once(app: Flask, community: Community) -> None:
    serve(community, KEPT)
    serve(community, GONE)
    join(community)
    assert balances(community, KEPT) == (120, 200)
    assert len(counted(community, KEPT)) == 1
    assert violations(app) == []


def test_a_month_has_one_service_day(app: Flask, community: Community) -> None:
    serve(community, KEPT, SERVICE_DAY)
    serve(community, GONE, SERVICE_DAY, content="巡逻")
    join(community)
    days = "SELECT count(*) FROM service_records WHERE is_service_day AND state = 'approved'"
    assert one(days) == 2
    assert violations(app) == []


def test_a_long_day_comes_over_by_the_reason(app: Flask, community: Community) -> None:
    serve(community, KEPT, minutes=400)
    serve(community, GONE, minutes=300, content="巡逻")
    join(community)
    query = "SELECT reason FROM service_records WHERE state = 'approved' ORDER BY id DESC LIMIT 1"
    assert one(query) == REASON
    assert violations(app) == []


def test_spent_on_what_counted_twice_is_for_two_people(community: Community) -> None:
    serve(community, KEPT)
    serve(community, GONE)
    item = stocked(community, price_hundredths=150)
    for person in (KEPT, GONE):
        redeemed(community, person, item, price=150)
    with pytest.raises(SpentAlready) as refused:
        join(community)
    assert refused.value.figures == {"minutes_missing": 0, "points_missing": "1"}
    assert balances(community, GONE).points_hundredths == 50


def test_an_old_sheet_is_met_as_a_repeat(app: Flask, community: Community) -> None:
    sheet = csv(
        "编号,姓名,日期,队伍,时长（小时）,内容,外部编号",
        "TX00007,立夏,2026-01-20,TX-red,2,清扫,E1",
        "TX00007,立夏,2026-01-21,TX-red,2,清扫,",
    )
    bring(community, "service", sheet)
    join(community)
    before = balances(community, KEPT)
    report = bring(community, "service", sheet)
    assert (report.created, report.duplicates, report.refused) == (0, 2, [])
    assert balances(community, KEPT) == before
    assert violations(app) == []


def test_the_paper_book_goes_along(app: Flask, community: Community) -> None:
    bring(
        community, "opening", csv("编号,积分,时长（小时）,截至日期", "TX00007,12.5,30,2024-12-31")
    )
    join(community)
    assert balances(community, KEPT) == (1800, 1250)
    assert violations(app) == []


def test_what_waits_goes_along_and_waits_on(community: Community) -> None:
    community.logged(community.line(GONE, service_on=date(2025, 6, 1)))
    join(community)
    query = "SELECT volunteer_id FROM service_records WHERE state = 'submitted'"
    assert rows(query) == [(community.volunteers[KEPT],)]


def test_what_waits_and_would_count_twice_is_sent_back(community: Community) -> None:
    late = date(2025, 6, 1)
    community.logged(community.line(KEPT, service_on=late))
    serve(community, GONE, late)
    join(community)
    assert one("SELECT count(*) FROM service_records WHERE state = 'submitted'") == 0
    assert len(counted(community, KEPT)) == 1


# ── the rest of a person ──────────────────────────────────────────────────────────────────


def test_an_old_number_leads_to_the_new_one(community: Community) -> None:
    kept, gone = community.volunteers[KEPT], community.volunteers[GONE]
    join(community)
    assert standing_for(db.session(), gone) == kept
    assert standing_for_many(db.session(), [kept, gone, 999]) == {kept: kept, gone: kept}
    assert selves_of(db.session(), kept) == [kept, gone]
    owner = find_owner(db.session(), "TX00007")
    assert owner is not None
    assert owner.number == "TX00006"


def test_joined_again_with_a_third(app: Flask, community: Community) -> None:
    serve(community, GONE)
    serve(community, KEPT, content="巡逻")
    join(community)
    join(community, kept=7, gone=KEPT)
    assert standing_for(db.session(), community.volunteers[GONE]) == community.volunteers[7]
    assert balances(community, 7) == (240, 400)
    assert violations(app) == []


def test_teams_are_united_and_never_overlap(community: Community) -> None:
    kept, gone = community.volunteers[KEPT], community.volunteers[GONE]
    add = (
        "INSERT INTO memberships (team_id, volunteer_id, role, from_on) "
        "VALUES (:t, :v, 'member', :d)"
    )
    with transaction() as session:
        given = {"t": community.red_id, "v": gone, "d": date(2024, 3, 1)}
        session.execute(text(add), given)
    join(community)
    query = (
        "SELECT from_on, until_on FROM memberships WHERE volunteer_id = :id AND team_id = :team "
        "ORDER BY from_on"
    )
    spans = [tuple(map(str, row)) for row in rows(query, id=kept, team=community.red_id)]
    assert spans == [("2024-03-01", "2024-12-31"), ("2025-01-01", "None")]
    assert one("SELECT count(*) FROM memberships WHERE volunteer_id = :id", id=gone) == 0


def test_the_only_sign_in_becomes_theirs_and_of_two_one_stays(community: Community) -> None:
    with transaction() as session:
        session.add(
            Login(display_name="x", volunteer_id=community.volunteers[GONE], created_at=NOW)
        )
    join(community)
    assert one(
        "SELECT count(*) FROM logins WHERE volunteer_id = :id", id=community.volunteers[KEPT]
    )
    join(community, kept=3, gone=KEPT)
    query = "SELECT is_suspended FROM logins WHERE volunteer_id = :id"
    assert one(query, id=community.volunteers[KEPT])
    assert not one(query, id=community.volunteers[3])


def test_helpers_go_along_and_cards_end(community: Community) -> None:
    kept, gone = community.volunteers[KEPT], community.volunteers[GONE]
    by = community.actor("organiser").login_id
    with transaction() as session:
        session.add(
            Helper(volunteer_id=gone, helper_id=community.volunteers[7], kind="helper",
                   from_on=date(2025, 1, 1))
        )  # fmt: skip
        session.add(Card(volunteer_id=gone, token_sha256="0" * 64, made_by_id=by, made_at=NOW))
    join(community)
    query = "SELECT volunteer_id FROM helpers WHERE until_on IS NULL"
    assert rows(query) == [(kept,)]
    assert one("SELECT count(*) FROM cards WHERE withdrawn_at IS NULL") == 0


def test_of_two_words_on_being_named_the_stricter_stays(community: Community) -> None:
    kept, gone = community.volunteers[KEPT], community.volunteers[GONE]
    word = (
        "INSERT INTO naming_consents (volunteer_id, is_named, given_by, signed_by, given_at) "
        "VALUES (:id, :yes, 'paper', 'person', :at)"
    )
    with transaction() as session:
        session.get_one(Volunteer, kept).is_named = True
        at = NOW.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else NOW
        for id_, yes in ((kept, True), (gone, False)):
            session.execute(text(word), {"id": id_, "yes": yes, "at": at})
    join(community)
    assert not one("SELECT is_named FROM volunteers WHERE id = :id", id=kept)


def test_what_only_one_knows_is_not_lost_and_the_organiser_chooses(community: Community) -> None:
    kept, gone = community.volunteers[KEPT], community.volunteers[GONE]
    with transaction() as session:
        session.get_one(Volunteer, gone).born_on = date(1960, 1, 2)
        session.get_one(Volunteer, gone).phone = "13812345678"
    join(community, fields_of_gone=["name"])
    found = rows("SELECT name, born_on, phone FROM volunteers WHERE id = :id", id=kept)[0]
    assert (found[0], str(found[1]), found[2]) == ("立夏", "1960-01-02", "13812345678")
    assert one("SELECT phone FROM volunteers WHERE id = :id", id=gone) is None


def test_certificates_and_what_was_entered_stand_with_whom_they_became(
    app: Flask, community: Community
) -> None:
    gone = community.volunteers[GONE]
    insert = (
        "INSERT INTO trainings (volunteer_id, organisation_id, entered_by_id, entered_at, reason, "
        "state, course, minutes, held_on, organiser) SELECT :id, :org, :by, created_at, '', "
        "'valid', '急救', 60, :on, '红会' FROM volunteers WHERE id = :id"
    )
    given = {"id": gone, "org": community.root_id, "on": ORDINARY_DAY}
    with transaction() as session:
        session.execute(text(insert), {**given, "by": community.actor("organiser").login_id})
    join(community)
    entered = entries_of(db.session(), community.volunteers[KEPT])
    assert [row.course for row in entered.trainings] == ["急救"]
    assert certificates_of(db.session(), community.volunteers[KEPT]) == []


# ── who may, and what stands against it ───────────────────────────────────────────────────


def refused(community: Community, kind: type[RuleBroken], **more: Any) -> None:
    with pytest.raises(kind):
        join(community, **more)
    assert one("SELECT count(*) FROM merges") == 0


def test_out_of_reach_nobody_is_there(community: Community) -> None:
    refused(community, NotFound, by="organiser_below")
    refused(community, NotFound, kept=KEPT, gone=KEPT)


def test_nobody_joins_themselves(community: Community) -> None:
    refused(community, OneOfThemIsYou, by="organiser_too", gone=4)
    refused(community, OneOfThemIsYou, by="organiser_too", kept=4, gone=GONE)


def test_a_helper_joins_neither(community: Community) -> None:
    helper = replace(community.actor("organiser"), acts_for=frozenset({community.volunteers[GONE]}))
    community.actors["helper"] = helper
    refused(community, OneOfThemIsYou, by="helper")


def test_teams_elsewhere_need_whoever_organises_them(community: Community) -> None:
    serve(community, GONE, team_id=community.green_id)
    near = replace(community.actor("organiser"), organises=frozenset({community.root_id}))
    community.actors["near"] = near
    refused(community, OutOfReach, by="near")


def test_with_two_people_not_who_recorded_it(db_session: Session) -> None:
    community = two_people(db_session, two_people="1")
    made = community.logged(community.line(GONE), by="organiser")
    from app.service.operations import approve

    with transaction() as session:
        actor = community.actor("organiser_too")
        approve(session, list(made.record_ids), actor=actor, now=NOW)
    refused(community, RecordedByYou)
    join(community, by="organiser_too")


def test_roles_never_move(community: Community) -> None:
    refused(community, HoldsRole, gone=2)
    join(community, kept=2, gone=GONE)


def test_an_open_adjustment_is_answered_first(community: Community) -> None:
    from app.adjustments.operations import ask_adjustment
    from app.adjustments.rules import Amounts

    with transaction() as session:
        ask_adjustment(
            session,
            community.volunteers[GONE],
            Amounts(0, 100),
            actor=community.actor("organiser"),
            now=NOW,
            reason="x",
            key="k",
        )
    refused(community, StillOpen)


def test_nobody_is_joined_twice_and_never_without_a_reason(community: Community) -> None:
    refused(community, ReasonMissing, reason=" ")
    join(community)
    with pytest.raises(JoinedAlready):
        join(community, kept=7)
    with pytest.raises(JoinedAlready):
        join(community, kept=GONE, gone=7)


def test_the_same_key_joins_once(community: Community) -> None:
    first = join(community, key="same")
    assert join(community, key="same") == first


def test_a_preview_that_is_old_does_nothing(community: Community) -> None:
    ids = (community.volunteers[KEPT], community.volunteers[GONE])
    plan = plan_merge(db.session(), *ids, actor=community.actor("organiser"), now=LATER)
    seen = seen_of(plan)
    db.session.rollback()
    serve(community, GONE)
    refused(community, BooksMoved, seen=seen)


def test_many_records_need_no_more_statements(community: Community) -> None:
    from tests.service.conftest import statements

    counts = []
    for gone, count in ((6, 3), (7, 30)):
        for place in range(count):
            serve(community, gone, ORDINARY_DAY - timedelta(days=place), content=f"{gone}")
        with statements() as sent:
            join(community, gone=gone)
        counts.append(len(sent))
    assert counts[1] <= counts[0] + 2


# ── the second height ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts SET balance = 5 WHERE holder_id = :gone",
        "UPDATE volunteers SET state = 'active', matched_to_id = NULL WHERE id = :gone",
        "UPDATE merges SET reason = 'y'",
        "DELETE FROM merges",
    ],
)
def test_the_database_keeps_who_is_gone_gone(community: Community, statement: str) -> None:
    join(community)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(statement), {"gone": community.volunteers[GONE]})


def test_no_merge_of_somebody_who_still_holds(community: Community) -> None:
    serve(community, GONE)
    insert = (
        "INSERT INTO merges (id, kept_id, gone_id, organisation_id, merged_by_id, merged_at, "
        "reason, figures) SELECT 1, :kept, :gone, :org, :by, made.created_at, 'x', '{}'"
        " FROM (SELECT created_at FROM volunteers LIMIT 1) made"
    )
    given = {"kept": community.volunteers[KEPT], "gone": community.volunteers[GONE]}
    given |= {"org": community.root_id, "by": community.actor("organiser").login_id}
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(insert), given)


def test_a_form_opened_before_is_told(community: Community) -> None:
    join(community)
    outcome = community.logged(community.line(GONE))
    assert outcome.status == "refused"
    assert outcome.refusal is not None
    assert outcome.refusal.code == "unknown_volunteer"


def test_merge_people_is_the_only_way(community: Community) -> None:
    with pytest.raises(NotFound), transaction() as session:
        merge_people(
            session, 999, 998, actor=community.actor("organiser"), now=LATER, reason="x", key="k"
        )
