"""Erasure: the name is gone from every table, the books are whole, nothing goes by mistake."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audit.reading import open_reading
from app.audit.report import audit
from app.db import db, transaction
from app.errors import NotAllowed, NotFound, RuleBroken
from app.guards import Erasable
from app.people.operations.volunteers import edit_volunteer
from app.people.rules.names import ERASED_NAME
from app.people.rules.naming import masked_name
from app.privacy.columns import TABLES
from app.privacy.operations.asking import ask_erasure, refuse_erasure, withdraw_erasure
from app.privacy.operations.erasing import Told, erasures_told, replay_erasures
from app.privacy.queries.erasing import counts_of
from app.privacy.rules.erasing import AskedAlready, NothingAsked
from app.trail.queries import trail_about
from tests.adjustments.community import now_of, settle
from tests.archive.keeping import rows
from tests.privacy.erased import AREA, LATER, NAME, PHONE, WHO, erased, found_in, live
from tests.service.community import NOW, Community, check_books, make_community


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    settle(made)
    live(made)
    return made


def is_clean() -> bool:
    db.session.rollback()
    with open_reading(db.engine.url.render_as_string(hide_password=False)) as reading:
        report = audit(reading)
    return report.is_clean


def test_whose_rows_they_are_can_be_asked_of_every_table(community: Community) -> None:
    whose = [table for table in TABLES if table.whose]
    found = counts_of(db.session(), community.volunteers[WHO], whose)
    assert found["volunteers"] == found["trainings"] == found["complaints"] == 1
    assert found["service_records"] == 1


def test_nothing_says_who_it_was(community: Community) -> None:
    assert {"volunteers.name", "trail_personal.after", "notices.figures"} <= found_in(NAME)
    erased(community)
    assert found_in(NAME, PHONE, PHONE[-4:], AREA, "hanlulu", "约好没有来") == set()
    person = "SELECT name, name_keys, phone, state, number FROM volunteers WHERE id = :id"
    assert rows(person, id=community.volunteers[WHO]) == [
        (ERASED_NAME, "", None, "left", "TX00004")
    ]


def test_hours_and_points_stay_under_the_number(community: Community) -> None:
    figures = "SELECT minutes, points_hundredths, state, content FROM service_records"
    before = rows(figures), rows("SELECT unit, balance FROM accounts WHERE holder_id IS NOT NULL")
    erased(community)
    assert before == (
        rows(figures),
        rows("SELECT unit, balance FROM accounts WHERE holder_id IS NOT NULL"),
    )
    check_books(db.session())


def test_the_books_are_clean_afterwards(community: Community) -> None:
    before = rows("SELECT count(*) FROM trail")[0][0]
    erased(community)
    assert is_clean()
    assert rows("SELECT count(*) FROM trail")[0][0] > before


def test_a_login_opens_nothing_any_more(community: Community) -> None:
    erased(community)
    login = "SELECT name, display_name, password_hash, is_suspended FROM logins"
    assert rows(f"{login} WHERE volunteer_id = :id", id=community.volunteers[WHO]) == [
        (None, ERASED_NAME, None, True)
    ]
    assert rows("SELECT count(*) FROM sessions WHERE id = 901") == [(0,)]


def test_teams_and_helpers_end(community: Community) -> None:
    erased(community)
    spans = "SELECT count(*) FROM memberships WHERE volunteer_id = :id AND until_on IS NULL"
    assert rows(spans, id=community.volunteers[WHO]) == [(0,)]


def test_the_trail_keeps_its_rows_without_the_values(community: Community) -> None:
    before = rows("SELECT id, operation, before, after, reason FROM trail ORDER BY id")
    erased(community)
    after = rows("SELECT id, operation, before, after, reason FROM trail ORDER BY id")
    assert after[: len(before)] == before
    line = trail_about(db.session(), "volunteer", community.volunteers[WHO])[0]
    assert (line.operation, line.reason) == ("erase_person", None)


def test_a_namesakes_notices_keep_the_name(community: Community) -> None:
    with transaction() as session:
        session.execute(text("UPDATE volunteers SET name = :name WHERE number = 'TX00006'"),
                        {"name": NAME})  # fmt: skip
    erased(community)
    assert found_in(NAME) == {"volunteers.name", "notices.figures"}


def test_whoever_became_them_is_erased_too(community: Community) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE volunteers SET state = 'matched', matched_to_id = :kept, name = :name "
                 "WHERE number = 'TX00008'"),
            {"kept": community.volunteers[WHO], "name": f"{NAME}二"},
        )  # fmt: skip
    erased(community)
    assert rows("SELECT count(*) FROM erasures") == [(2,)]
    assert found_in(NAME) == set()


# ── not by mistake ────────────────────────────────────────────────────────────────────────


def refused(community: Community, **more: Any) -> str:
    with pytest.raises(RuleBroken) as found:
        erased(community, **more)
    assert rows("SELECT count(*) FROM erasures") == [(0,)]
    return found.value.code


def test_the_number_is_typed_again_and_a_reason_given(community: Community) -> None:
    assert refused(community, number="TX00005") == "number"
    assert refused(community, reason="  ") == "reason"


def test_twice_by_the_same_key_it_is_done_once(community: Community) -> None:
    first = erased(community, key="once")
    assert erased(community, key="once") == first
    with pytest.raises(RuleBroken, match="gone already"):
        erased(community)


@pytest.mark.parametrize("by", ["organiser_below", "leader", "auditor"])
def test_it_is_nobody_elses_business(community: Community, by: str) -> None:
    with pytest.raises(NotFound):
        erased(community, by=by)


def test_nobody_erases_themselves(community: Community) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE logins SET volunteer_id = NULL WHERE volunteer_id = :id"),
            {"id": community.volunteers[WHO]},
        )
        session.execute(
            text("UPDATE logins SET volunteer_id = :id WHERE id = :login"),
            {"id": community.volunteers[WHO], "login": community.actor("organiser").login_id},
        )
    with pytest.raises(NotAllowed):
        erased(community)


def test_a_leader_is_relieved_first(community: Community) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE memberships SET role = 'leader' WHERE volunteer_id = :id"),
            {"id": community.volunteers[WHO]},
        )
    assert refused(community) == "in_office"


def test_what_waits_is_decided_first(community: Community) -> None:
    line = community.line(WHO, service_on=date(2026, 1, 26))
    community.logged(line, by="leader", now=NOW + timedelta(days=60))
    assert refused(community) == "records"


def test_no_words_go_without_an_erasure(community: Community) -> None:
    for statement in (
        "UPDATE dispute_lines SET words = '已注销'",
        "UPDATE disputes SET wished_content = '已注销'",
        "DELETE FROM trainings",
        "DELETE FROM complaints",
        "DELETE FROM trail_personal",
        "UPDATE trail_personal SET reason = ''",
    ):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(text(statement))


def test_with_an_erasure_only_the_words_go(community: Community) -> None:
    erased(community)
    for statement in (
        "UPDATE dispute_lines SET words = '别的'",
        "UPDATE dispute_lines SET kind = 'refused'",
        "UPDATE disputes SET wished_minutes = 1",
        "DELETE FROM erasures",
        "UPDATE erasures SET reason = ''",
    ):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(text(statement))


def test_the_word_is_one_and_is_not_masked() -> None:
    assert Erasable("t", "").word == ERASED_NAME == masked_name(ERASED_NAME)


# ── asked for ─────────────────────────────────────────────────────────────────────────────


def ask(community: Community, by: str = "volunteer", now: Any = NOW) -> None:
    with transaction() as session:
        who = community.volunteers[WHO]
        ask_erasure(session, who, actor=now_of(community, by), now=now, today=now.date())


def test_the_desk_is_told_once_without_a_name(community: Community) -> None:
    ask(community)
    told = rows("SELECT figures, path FROM notices WHERE kind = 'erasure.asked'")
    assert told
    assert all("TX00004" in figures and NAME not in figures for figures, _ in told)
    desks = rows("SELECT DISTINCT login_id FROM notices WHERE kind = 'erasure.asked'")
    assert len(desks) == len(told)
    assert {path for _, path in told} == {f"/admin/people/{community.volunteers[WHO]}/erase"}


def test_what_was_asked_waits_a_week(community: Community) -> None:
    ask(community, now=LATER - timedelta(days=6))
    assert refused(community, reason="") == "too_early"
    erased(community, reason="", now=LATER + timedelta(days=2))
    assert rows("SELECT state FROM erasure_asks") == [("done",)]
    assert rows("SELECT reason FROM erasures") == [("",)]


def test_it_is_asked_once_and_taken_back(community: Community) -> None:
    ask(community)
    with pytest.raises(AskedAlready):
        ask(community)
    who, actor = community.volunteers[WHO], now_of(community, "volunteer")
    with transaction() as session:
        withdraw_erasure(session, who, actor=actor, now=NOW, today=NOW.date())
    with pytest.raises(NothingAsked), transaction() as session:
        withdraw_erasure(session, who, actor=actor, now=NOW, today=NOW.date())
    ask(community)


def test_nobody_asks_for_somebody_else(community: Community) -> None:
    with pytest.raises(NotFound):
        ask(community, by="leader")


def test_a_refusal_says_why(community: Community) -> None:
    ask(community)
    with transaction() as session:
        refuse_erasure(session, community.volunteers[WHO], reason="年度名单正在公示",
                       actor=now_of(community, "organiser"), now=LATER)  # fmt: skip
    assert rows("SELECT state, answer FROM erasure_asks") == [("refused", "年度名单正在公示")]


# ── after a restore ───────────────────────────────────────────────────────────────────────


def test_every_erasure_is_told(community: Community) -> None:
    erased(community)
    assert [one.number for one in erasures_told(db.session())] == ["TX00004"]


def test_whoever_is_erased_stays_so(community: Community) -> None:
    erased(community)
    for change in ("name = 'x'", "state = 'active'"):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(text(f"UPDATE volunteers SET {change} WHERE number = 'TX00004'"))
    with pytest.raises(NotFound), transaction() as session:
        edit_volunteer(session, community.volunteers[WHO], {"phone": PHONE}, actor_id=1, now=NOW)


def test_replaying_is_the_same_again(community: Community) -> None:
    erased(community)
    with transaction() as session:
        session.execute(
            text("UPDATE volunteers SET phone = :phone WHERE number = 'TX00004'"), {"phone": PHONE}
        )
    for _ in range(2):
        with transaction() as session:
            assert replay_erasures(session) == 1
        assert found_in(NAME, PHONE) == set()
    assert is_clean()


def test_what_another_copy_tells_is_done_here(community: Community) -> None:
    by = community.actor("organiser").login_id
    known = Told(community.volunteers[WHO], "TX00004", "", by, LATER, "{}")
    other = known._replace(volunteer_id=community.volunteers[5], number="TX99999")
    with transaction() as session:
        assert replay_erasures(session, [known, other]) == 1
    assert found_in(NAME, PHONE) == set()
    assert rows("SELECT name FROM volunteers WHERE number = 'TX00006'") == [("谷雨",)]
    assert is_clean()


def test_not_even_freed_pages_of_the_file_hold_the_name(community: Community) -> None:
    path = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or path is None:
        pytest.skip("PostgreSQL frees rows by vacuum")
    assert NAME.encode() in stored(path)
    erased(community)
    assert [word for word in (NAME, PHONE, AREA) if word.encode() in stored(path)] == []


def stored(path: str) -> bytes:
    """Return the bytes of the database file once everything written has reached it."""
    db.session.rollback()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(file.read_bytes() for file in Path(path).parent.glob(f"{Path(path).name}*"))
