"""Rosters on a real database: who a row is, what it changes, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.teams.rules import Opening
from tests.imports.sheets import bring, check_sum, codes, csv
from tests.service.community import make_community
from tests.settings.trees import homes, make_node, send, settle_in

HEADER = "编号,姓名,性别,出生日期,手机,类别,组织,队伍,职务,加入日期"


def roster(*rows, header=HEADER):
    return csv(header, *rows)


def query(sql, **values):
    rows = [tuple(row) for row in db.session.execute(text(sql), values)]
    db.session.rollback()
    return rows


def person(name):
    """Return number, sex, phone and kind of the only bearer of a name."""
    ((number, sex, phone, kind),) = query(
        "SELECT number, sex, phone, kind FROM volunteers WHERE name = :name", name=name
    )
    return number, sex, phone, kind


def teams_of(name):
    """Return (team, role, from, until) of somebody's memberships, oldest first."""
    return [
        (team, role, str(from_on), None if until_on is None else str(until_on))
        for team, role, from_on, until_on in query(
            "SELECT t.code, m.role, m.from_on, m.until_on FROM memberships m "
            "JOIN teams t ON t.id = m.team_id JOIN volunteers v ON v.id = m.volunteer_id "
            "WHERE v.name = :name ORDER BY m.from_on, t.code",
            name=name,
        )
    ]


NEW = ",白露,女,1990-01-02,13800001234,党员,涂新社区,TX-red、TX-green,队长,2024-05-06"


def test_a_new_person_comes_with_number_accounts_and_teams(community):
    report = bring(community, "roster", roster(NEW))
    assert (report.created, report.batch_id) == (1, 1)
    assert person("白露") == ("TX00009", "female", "13800001234", "party")
    assert teams_of("白露") == [
        ("TX-green", "member", "2024-05-06", None),
        ("TX-red", "leader", "2024-05-06", None),
    ]
    assert query("SELECT count(*) FROM accounts WHERE holder_id = 9") == [(2,)]
    assert query("SELECT count(*) FROM trail WHERE batch_id = 1") == [(1,)]


def test_the_same_roster_again_is_all_duplicates(community):
    bring(community, "roster", roster(NEW, ",寒露,,,,,,,,"))
    again = bring(community, "roster", roster(NEW, ",寒露,,,,,,,,"))
    assert (again.created, again.updated, again.duplicates, again.batch_id) == (0, 0, 2, None)
    assert query("SELECT count(*) FROM volunteers") == [(10,)]


def test_numbers_given_in_the_file_are_kept_and_never_met_by_those_made(community):
    bring(community, "roster", roster(",白露,,,,,,,,", "tx00020,寒露,,,,,,,,", ",霜降,,,,,,,,"))
    assert [person(name)[0] for name in ("白露", "寒露", "霜降")] == [
        "TX00021",
        "TX00020",
        "TX00022",
    ]


def test_changed_fields_are_told_and_blanks_never_erase(community):
    bring(community, "roster", roster(NEW))
    rows = "TX00009,白露,,,13900001234,居民,,,,"
    dry = bring(community, "roster", roster(rows), dry=True)
    report = bring(community, "roster", roster(rows))
    assert dry.changes == report.changes == {2: ("phone", "kind")}
    assert (report.created, report.updated, report.duplicates) == (0, 1, 0)
    assert person("白露") == ("TX00009", "female", "13900001234", "resident")
    assert len(teams_of("白露")) == 2


def test_absent_people_stay(community):
    bring(community, "roster", roster(NEW))
    assert query("SELECT count(*) FROM memberships WHERE until_on IS NOT NULL") == [(0,)]
    assert query("SELECT count(*) FROM volunteers") == [(9,)]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("TX00001,,,,,,,,,", "missing", "姓名"),
        ("TX00001,寒露,,,,,,,,", "name_mismatch", "姓名"),
        (",白露,中,,,,,,,", "missing", "性别"),
        (",白露,,,,群众,,,,", "missing", "类别"),
        (",白露,,,123,,,,,", "missing", "手机"),
        (",白露,,1990-13-01,,,,,,", "bad_date", "出生日期"),
        (",白露,,2090-01-01,,,,,,", "bad_date", "出生日期"),
        (",白露,,,,,白色社区,,,", "unknown_org", "组织"),
        (",白露,,,,,,白色队,,", "unknown_team", "队伍"),
        (",白露,,,,,,TX-red,组长,", "missing", "职务"),
        (",白露,,,,,,,队长,", "missing", "职务"),
        (",白露,,,,,,TX-red,,2026-02-30", "bad_date", "加入日期"),
        (",白露,,,,,,TX-red,,2026-03-01", "future_date", "加入日期"),
    ],
)
def test_rows_refused(community, row, code, column):
    report = bring(community, "roster", roster(NEW, row))
    assert [(each.row, each.code, each.column) for each in report.refused] == [(3, code, column)]
    assert (report.created, query("SELECT count(*) FROM volunteers")) == (0, [(8,)])
    check_sum(report)


# ── identity ──────────────────────────────────────────────────────────────────────────────


def test_a_corrected_name_needs_something_that_says_who_it_is(community):
    bring(community, "roster", roster(NEW))
    report = bring(community, "roster", roster("TX00009,白鹭,,,13800001234,,,,,"))
    assert report.changes == {2: ("name",)}
    assert person("白鹭")[0] == "TX00009"


def test_name_and_phone_are_one_person_and_another_phone_another(community):
    bring(community, "roster", roster(NEW))
    rows = [",白露,,,138 0000 1234,,,,,", ",白露,,,13800009999,,,,,"]
    report = bring(community, "roster", roster(*rows))
    assert (report.duplicates, report.created) == (1, 1)


def test_a_phone_is_filled_in(community):
    report = bring(community, "roster", roster(",立春,,,13800001111,,,,,"))
    assert report.changes == {2: ("phone",)}


def test_two_of_a_name_need_number_or_phone(community):
    bring(community, "roster", roster(NEW, ",白露,,,13800009999,,,,,"))
    report = bring(community, "roster", roster(",白露,男,,,,,,,"))
    assert codes(report) == {2: "ambiguous_name"}


def test_a_namesake_born_on_another_day_is_somebody_else(community):
    bring(community, "roster", roster(NEW))
    report = bring(community, "roster", roster(",白露,女,1980-01-01,,,,,,"))
    assert codes(report) == {2: "ambiguous_name"}


def test_nobody_gets_two_numbers(community):
    bring(community, "roster", roster(NEW))
    report = bring(community, "roster", roster("TX00500,白露,,,13800001234,,,,,"))
    assert codes(report) == {2: "conflict"}


def test_one_person_in_two_rows_is_one_person(community):
    rows = [",白露,,,13800001234,,,TX-red,,", ",白露,,,13800001234,,,TX-green,,", NEW, NEW]
    report = bring(community, "roster", roster(*rows))
    assert (report.created, report.updated, report.duplicates) == (1, 2, 1)
    assert [(team, role) for team, role, *_ in teams_of("白露")] == [
        ("TX-green", "member"),
        ("TX-red", "leader"),
    ]
    check_sum(report)


@pytest.mark.parametrize(
    ("first", "second", "column"),
    [
        (",白露,男,,13800001234,,,,,", ",白露,女,,13800001234,,,,,", "性别"),
        ("TX00004,春分,,,,党员,,,,", "TX00004,春分,,,,社工,,,,", "类别"),
        ("TX00004,春分,,,,,,TX-red,队长,", "TX00004,春分,,,,,,TX-red,队员,", "职务"),
        (
            "TX00004,春分,,,,,,TX-red,,2020-01-01",
            "TX00004,春分,,,,,,TX-red,,2021-01-01",
            "加入日期",
        ),
    ],
)
def test_two_rows_may_not_undo_each_other(community, first, second, column):
    (refusal,) = bring(community, "roster", roster(first, second)).refused
    assert (refusal.row, refusal.code, refusal.column) == (3, "conflict", column)
    assert refusal.broken.figures == {"row": 2}


def test_a_new_friend_on_the_roster_is_confirmed(community):
    with transaction() as session:
        session.execute(
            text(
                "UPDATE volunteers SET state = 'proposed', number = NULL, phone = '13800000008' "
                "WHERE number = 'TX00008'"
            )
        )
    report = bring(community, "roster", roster(",小满,,,13800000008,,,,,"))
    assert report.updated == 1
    assert query("SELECT number, state FROM volunteers WHERE name = '小满'") == [
        ("TX00008", "active")
    ]


# ── teams and roles ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("teams", "role", "red", "green"),
    [
        ("TX-red;TX-green", "队长", "leader", "member"),
        ("TX-red；TX-green", "TX-green:队长", "member", "leader"),
        ("TX-red，TX-green", "队员、队长", "member", "leader"),
        ("TX-red、TX-green", "", "member", "member"),
        ("TX-red", "TX-green：队长", "member", "leader"),
    ],
)
def test_what_a_role_applies_to(community, teams, role, red, green):
    bring(community, "roster", roster(f",白露,,,,,,{teams},{role},2024-01-01"))
    assert {team: role for team, role, *_ in teams_of("白露")} == {"TX-red": red, "TX-green": green}


def test_a_member_becomes_leader_from_today(community):
    report = bring(community, "roster", roster("TX00004,春分,,,,,,TX-red,队长,"))
    assert report.changes == {2: ("role",)}
    red = [row for row in teams_of("春分") if row[0] == "TX-red"]
    assert red == [
        ("TX-red", "member", "2025-01-01", "2026-02-02"),
        ("TX-red", "leader", "2026-02-03", None),
    ]
    again = bring(community, "roster", roster("TX00004,春分,,,,,,TX-red,队长,2025-01-01"))
    assert again.duplicates == 1


def test_a_leader_whose_role_is_not_said_stays_leader(community):
    report = bring(community, "roster", roster("TX00001,立春,,,,,,TX-red,,"))
    assert report.duplicates == 1


def test_the_date_of_joining_is_corrected(community):
    report = bring(community, "roster", roster("TX00004,春分,,,,,,TX-red,,2020-03-04"))
    assert report.changes == {2: ("joined_on",)}
    assert ("TX-red", "member", "2020-03-04", None) in teams_of("春分")
    again = bring(community, "roster", roster("TX00004,春分,,,,,,TX-red,,2020-03-04"))
    assert again.duplicates == 1


def test_whoever_left_a_team_is_not_brought_back_by_the_old_list(community):
    with transaction() as session:
        session.execute(
            text("UPDATE memberships SET until_on = :day WHERE volunteer_id = :id"),
            {"day": date(2025, 6, 1) if _is_postgresql() else "2025-06-01",
             "id": community.volunteers[3]},
        )  # fmt: skip
    old = bring(community, "roster", roster("TX00004,春分,,,,,,TX-red,,2025-01-01"))
    new = bring(community, "roster", roster("TX00004,春分,,,,,,TX-red,,2026-01-01"))
    assert (old.duplicates, new.changes) == (1, {2: ("team",)})


def _is_postgresql():
    return db.engine.dialect.name == "postgresql"


# ── who may ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("by", "row", "code"),
    [
        ("leader", ",白露,,,,,,TX-red,,", "not_allowed"),
        ("leader", "TX00004,春分,女,,,,,,,", "not_allowed"),
        ("leader", "TX00008,小满,,,,,,TX-green,,", "not_allowed"),
        ("leader", "TX00008,小满,,,,,,TX-red,队长,", "not_allowed"),
        ("leader", "TX00008,小满,,,,,,TX-red,,", None),
        ("organiser_below", ",白露,,,,,涂新社区,,,", "not_allowed"),
        ("organiser_below", "TX00004,春分,女,,,,,,,", "not_allowed"),
        ("organiser_below", ",白露,,,,,,TX-green,队长,", None),
        ("organiser_too", "TX00005,清明,,,,,,TX-red,队长,", "not_allowed"),
        ("volunteer", ",白露,,,,,,,,", "not_allowed"),
    ],
)
def test_only_what_is_ones_own(community, by, row, code):
    report = bring(community, "roster", roster(row), by=by)
    assert codes(report) == ({2: code} if code else {})


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize(
    ("row", "code"),
    [
        # Oneself, a ward, and whoever handed out the code of one's account.
        ("TX00005,清明,,,,,一小区,,,", "own_record"),
        ("TX00006,谷雨,,,,,一小区,,,", "own_record"),
        ("TX00007,立夏,,,,,一小区,,,", "own_record"),
        ("TX00006,谷雨,,,,,,TX-red,队长,", "not_allowed"),
        ("TX00004,春分,,,,,一小区,,,", None),
    ],
)
def test_nobody_moves_or_names_their_own_by_roster(community, row, code, dry):
    own = community.actors["organiser_too"]
    opening = Opening("立夏", date(2026, 1, 1), date(2026, 12, 31))
    ward, opener = community.volunteers[5], community.volunteers[6]
    community.actors["organiser_too"] = replace(
        own, acts_for=frozenset({ward}), openings={opener: opening}
    )
    report = bring(community, "roster", roster(row), by="organiser_too", dry=dry)
    assert codes(report) == ({2: code} if code else {})


def test_no_roster_takes_people_from_those_above(community):
    home = make_node(community, "TX2", "东小区", community.estate_id)
    aside = make_node(community, "TX3", "西小区")
    community.actors["organiser"] = replace(
        community.actor("organiser"), organises=frozenset({home, aside})
    )
    settle_in(community, home, 3)
    report = bring(community, "roster", roster("TX00004,春分,,,,,TX3,,,"))
    assert codes(report) == {2: "not_allowed"}
    assert homes(community)[3] == home


def test_nobody_of_another_tree_leads_by_roster(db_session, community):
    make_community(db_session, code="BY")
    db_session.rollback()
    rows = ["TX00004,春分,,,,,,,BY-red:队长,", "BY00004,春分,,,,,,TX-red,队长,"]
    assert codes(bring(community, "roster", roster(rows[0]))) == {2: "unknown_team"}
    report = bring(community, "roster", roster(rows[1]))
    assert codes(report) == {2: "not_allowed"}


def test_points_end_no_sooner_for_whom_a_roster_moves(community):
    send(
        "INSERT INTO settings (organisation_id, key, value) "
        "VALUES (:home, 'points_expire_after_years', '2')",
        home=community.estate_id,
    )
    report = bring(community, "roster", roster("TX00004,春分,,,,,一小区,,,"))
    told = "SELECT subject_id, after FROM trail WHERE operation = 'move_person'"
    ((who, after),) = query(told)
    assert (who, codes(report)) == (community.volunteers[3], {})
    assert '"points_expire_after_years":2' in after


def test_a_new_person_belongs_where_the_row_or_the_team_says(community):
    rows = [",白露,,,,,一小区,,,", ",寒露,,,,,,TX-green,,", ",霜降,,,,,,,,"]
    bring(community, "roster", roster(*rows))
    assert query("SELECT organisation_id FROM volunteers WHERE id > 8 ORDER BY id") == [
        (community.estate_id,),
        (community.estate_id,),
        (community.root_id,),
    ]
    assert person("白露")[0] == "TX100001"
