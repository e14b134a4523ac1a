"""An audit is kept as it came, told once, and begun when it is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import DatabaseError

from app import clock
from app.audit.reading import open_reading
from app.auditing.running import run_audit
from app.audits.operations import keep_run
from app.audits.queries import last_run, last_runs, open_faults
from app.audits.rules import Kept, Run, Through, full_is_due, plain_sample, quick_is_due
from app.db import db, snapshot, transaction
from app.jobs.runner import Worker
from app.ledger.chain import seal
from app.ledger.operations import open_accounts
from app.ledger.queries import head
from app.notices.models import Notice
from tests.audit.community import fill
from tests.audit.planting import plant
from tests.ledger.test_chain import HOLDER, ROOT, give
from tests.web.cast import Cast, sign_in_as

TODAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SHANGHAI = "Asia/Shanghai"


def ran(kind: str = "full", violations: int = 0, check: str = "I-02") -> Run:
    digest = "d" * 64 if kind == "full" else ""
    samples = ({"what": "stored_balance", "account_id": 7, "name": "立春"},) if violations else ()
    return Run(kind, AT, AT, digest, Through(1, 2, 3, 4), (Kept(check, 9, violations, samples),))


def keep(run: Run) -> int:
    with transaction() as session:
        return keep_run(session, run, today=TODAY)


def notices() -> int:
    db.session.rollback()
    return db.session.query(Notice).filter_by(kind="audit.violated").count()


def test_the_night_is_due_once_after_two_in_the_morning() -> None:
    # 02:00 in Shanghai is 18:00 UTC of the day before.
    due_at = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    assert full_is_due(None, due_at - timedelta(hours=5), SHANGHAI)
    assert full_is_due(due_at - timedelta(days=1), due_at, SHANGHAI)
    assert not full_is_due(due_at - timedelta(days=1), due_at - timedelta(minutes=1), SHANGHAI)
    assert not full_is_due(due_at, due_at + timedelta(hours=20), SHANGHAI)


def test_what_is_new_is_due_each_hour() -> None:
    assert quick_is_due(AT, AT + timedelta(hours=1))
    assert not quick_is_due(AT, AT + timedelta(minutes=59))


def test_a_sample_keeps_ids_and_no_words_of_people() -> None:
    sample = {"what": "x", "volunteer_id": 7, "code": "立春", "lost": None}
    assert plain_sample(sample) == {"what": "x", "volunteer_id": 7}
    assert plain_sample({"what": "trigger_missing", "name": "trail_no_update"})["name"]


def test_an_audit_is_kept_as_it_came(app: Flask, cast: Cast) -> None:
    run = run_audit("quick")
    assert run.kind == "full"  # Nobody had looked yet.
    keep(run)
    kept = last_run(db.session(), "full")
    assert kept is not None
    assert kept.run._replace(results=()) == run._replace(results=())
    assert [each.id for each in kept.run.results] == [each.id for each in run.results]
    assert kept.run.digest


def test_what_was_kept_is_never_changed(app: Flask, cast: Cast) -> None:
    keep(ran())
    for change in ("UPDATE audit_runs SET is_clean = false", "DELETE FROM audit_runs"):
        with pytest.raises(DatabaseError, match="only added to"), db.engine.begin() as connection:
            connection.exec_driver_sql(change)


def test_a_fault_is_told_once_while_it_stands(app: Flask, cast: Cast) -> None:
    keep(ran(violations=1))
    told = notices()
    assert told > 1
    keep(ran(violations=1))
    assert notices() == told
    keep(ran("quick", violations=1, check="I-07"))
    assert notices() == 2 * told
    assert open_faults(db.session()) == {"I-02": 1, "I-07": 1}


def test_a_clean_night_ends_it_and_a_new_fault_is_told_anew(app: Flask, cast: Cast) -> None:
    keep(ran(violations=1))
    told = notices()
    keep(ran())
    assert open_faults(db.session()) == {}
    keep(ran(violations=1))
    assert notices() == 2 * told


def test_the_desk_names_what_does_not_hold(app: Flask, cast: Cast) -> None:
    client = sign_in_as(app, cast, "organiser")
    client.set_cookie("qicai_language", "en")
    keep(ran(violations=1))
    assert "The books do not agree" in client.get("/desk").text
    keep(ran())
    assert "The books do not agree" not in client.get("/desk").text


def test_the_page_says_what_was_found(app: Flask, cast: Cast) -> None:
    client = sign_in_as(app, cast, "admin")
    client.set_cookie("qicai_language", "en")
    assert "not checked yet" in client.get("/admin/audit").text
    keep(ran(violations=1))
    page = client.get("/admin/audit").text
    assert "1 check does not hold" in page
    assert "account_id 7" in page
    assert "立春" not in page


def test_the_head_is_shown_to_organisers_and_auditors_before_any_audit(
    app: Flask, cast: Cast
) -> None:
    with transaction() as session:
        open_accounts(session, root_id=ROOT, holder_ids=[HOLDER])
    entry_id = give(1)
    assert seal(clock.now).links == 1
    with snapshot() as session:
        found = head(session)
    assert found is not None
    for who in ("organiser", "auditor"):
        page = sign_in_as(app, cast, who).get("/admin/audit?language=en").text
        assert f"entry {entry_id}, link 1, sealed" in page, who
        assert found.sha256 in page, who


def test_a_tap_makes_one_job_and_the_worker_keeps_its_audit(app: Flask, cast: Cast) -> None:
    client = sign_in_as(app, cast, "auditor")
    client.set_cookie("qicai_language", "en")
    client.post("/admin/audit", data={"kind": "full"})
    client.post("/admin/audit", data={"kind": "full"})
    assert "data-under-way" in client.get("/admin/audit").text
    assert Worker(lambda: [app]).work_off(app) == 1
    with app.app_context():
        (row,) = last_runs(db.session(), 5)
        assert row.run.kind == "full"
    assert "data-under-way" not in client.get("/admin/audit").text


def test_the_hour_finds_what_was_planted_since_the_night(app: Flask) -> None:
    with db.engine.begin() as connection:
        fill(connection)
    keep(run_audit("full")._replace(through=Through(0, 0, 0, 0)))
    assert not run_audit("quick").violated
    db.session.remove()
    db.engine.dispose()
    url = app.config["DATABASE_URL"]
    with open_reading(url) as reading:
        account = reading.number("SELECT min(id) FROM accounts WHERE holder_id IS NOT NULL")
        entry = reading.number("SELECT coalesce(max(id), 0) + 1 FROM entries")
    plant(
        url,
        [
            f"INSERT INTO postings (account_id, entry_id, amount) VALUES ({account}, {entry}, 60)",
            "INSERT INTO entries (id, kind, recorded_at, subject_kind, subject_id) "
            f"VALUES ({entry}, 'transfer', '2199-01-01 00:00:00.000000', 'test', 1)",
        ],
    )
    run = run_audit("quick")
    assert run.kind == "quick"
    assert {"I-01", "I-02", "I-14"} <= set(run.violated)
