"""flask head and the sealing of workers and commands: exit codes, and what is said."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.exc import OperationalError

from app import clock
from app.audit import health_chain
from app.audit.findings import Finding, Patient
from app.audit.reading import open_reading
from app.commands import sealing
from app.commands.sealing import Sealer, seal_at_end
from app.db import db, snapshot, transaction
from app.jobs.runner import Worker
from app.ledger.chain import Sealed
from app.ledger.operations import open_accounts
from app.ledger.queries import head
from tests.audit.community import AT, LINKS, fill
from tests.audit.planting import plant
from tests.conftest import MakeApp
from tests.ledger.test_chain import AT as POSTED_AT
from tests.ledger.test_chain import HOLDER, ROOT, give

SHA256 = str(LINKS[1]["sha256"])
LINE = f"qicai-head/1 links=2 entry=5 sha256={SHA256} at=2025-04-11T01:02:03.000004Z"


@pytest.fixture
def community(app: Flask) -> Flask:
    with db.engine.begin() as connection:
        fill(connection)
    db.engine.dispose()
    return app


@pytest.fixture
def books(app: Flask) -> Flask:
    with transaction() as session:
        open_accounts(session, root_id=ROOT, holder_ids=[HOLDER])
    return app


def call(app: Flask, *words: str | Path, given: str | None = None) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["head", *map(str, words)], input=given)


def links() -> int:
    with snapshot() as session:
        found = head(session)
    return found.links if found else 0


# ── the head ──────────────────────────────────────────────────────────────────────────────


def test_the_head_is_one_line_and_a_sentence(community: Flask) -> None:
    result = call(community)
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == LINE
    assert "2025-04-11 01:02" in result.output.splitlines()[1]


def test_the_head_as_json(community: Flask) -> None:
    assert json.loads(call(community, "--json").output) == {
        "format": "qicai-head/1", "links": 2, "entry": 5, "sha256": SHA256,
        "at": "2025-04-11T01:02:03.000004Z",
    }  # fmt: skip


def test_an_empty_ledger_has_no_head(app: Flask) -> None:
    assert call(app).output.count("\n") == 1
    assert json.loads(call(app, "--json").output)["links"] == 0


def test_an_earlier_head_is_found(community: Flask, tmp_path: Path) -> None:
    file = tmp_path / "board.txt"
    file.write_text(f"Notice\n{LINE}\n", encoding="utf-8")
    assert [call(community, "--check", each).exit_code for each in (LINE, file)] == [0, 0]
    assert call(community, "--check", "-", given=f"> {LINE}\n").exit_code == 0
    checked = call(community, "--check", call(community, "--json").output, "--json")
    assert json.loads(checked.output)["is_there"] is True


def test_a_head_of_another_history_is_not(community: Flask) -> None:
    other = LINE.replace(SHA256, "0" * 64)
    assert call(community, "--check", other).exit_code == 1
    both = call(community, "--check", f"{LINE}\n{other}", "--json")
    assert [each["is_there"] for each in json.loads(both.output)["heads"]] == [True, False]
    plant(community.config["DATABASE_URL"], ["DELETE FROM chain_links WHERE id = 2"])
    assert call(community, "--check", LINE).exit_code == 1


@pytest.mark.parametrize("text", ["", "nothing of the kind", "x" * 5000, "/no/such/file"])
def test_what_holds_no_head_cannot_be_checked(community: Flask, text: str) -> None:
    assert call(community, "--check", text).exit_code == 2


def test_a_file_that_is_no_text_cannot_be_checked(community: Flask, tmp_path: Path) -> None:
    file = tmp_path / "board.png"
    file.write_bytes(b"\x89PNG\xff")
    assert call(community, "--check", file).exit_code == 2


def test_a_database_without_tables_has_no_head(make_app: MakeApp, empty_database_url: str) -> None:
    app = make_app(DATABASE_URL=empty_database_url)
    assert app.test_cli_runner().invoke(args=["head"]).exit_code == 2


# ── who seals ─────────────────────────────────────────────────────────────────────────────


def test_a_worker_seals_once_a_minute(books: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)
    sealer = Sealer()
    give(1)
    assert sealer.turn(books) == 1
    give(2)
    assert sealer.turn(books) == 0
    at += timedelta(minutes=1)
    assert (sealer.turn(books), links()) == (1, 2)


def test_a_clock_set_back_does_not_make_the_seals_wait(
    books: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)
    sealer = Sealer()
    give(1)
    assert sealer.turn(books) == 1
    give(2)
    at -= timedelta(hours=1)
    assert sealer.turn(books) == 1


def test_one_head_that_cannot_be_read_is_no_yes(community: Flask) -> None:
    result = community.test_cli_runner().invoke(args=["head", "--check", f"{LINE}\n{LINE[:-1]}"])
    assert (result.exit_code, "✓" in result.output) == (2, False)


def test_a_worker_with_more_to_seal_does_not_wait(
    books: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One link, then a look at the jobs, then the next."""
    answers = [Sealed(1, False), Sealed(1, True)]
    monkeypatch.setattr(sealing, "seal", lambda *_given, **_more: answers.pop(0))
    sealer = Sealer()
    assert [sealer.turn(books) for _ in range(3)] == [1, 1, 0]


def test_a_seal_that_breaks_ends_neither_worker_nor_command(
    books: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_more: object) -> Sealed:
        raise OperationalError("", None, Exception("gone"))

    monkeypatch.setattr(sealing, "seal", broken)
    assert (Sealer().turn(books), seal_at_end()) == (0, None)


def test_a_worker_that_runs_once_seals_at_its_end(books: Flask) -> None:
    give(1)
    assert books.test_cli_runner().invoke(args=["work", "--once"]).exit_code == 0
    assert links() == 1


def test_a_worker_that_is_stopped_seals_what_its_last_job_posted(
    books: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped by a signal; the last turn of its sealer came before the last job."""

    def run(worker: Worker, _goes_on: object) -> None:
        give(1)
        worker.stop()

    monkeypatch.setattr(Worker, "run", run)
    assert books.test_cli_runner().invoke(args=["work"]).exit_code == 0
    assert links() == 1


# Posts nothing; whoever adds a command says here whether it does, and lets it seal if so.
POSTS_NOTHING = {
    *("audit", "backup", "backup-key", "certificate-key", "copy-to", "doctor", "dump", "erasures"),
    *("head", "init", "migrate-instance", "open-backup", "passbook", "rank", "restore"),
    *("audit-due", "second-factor-reset", "verify"),
    # That of the migrations.
    "db",
}
# tests/imports/test_command.py, tests/demo, and above.
SEALS_AT_ITS_END = {"demo", "import", "work"}


def test_every_command_either_posts_nothing_or_seals(app: Flask) -> None:
    assert {*app.cli.commands} == POSTS_NOTHING | SEALS_AT_ITS_END


# ── the doctor ────────────────────────────────────────────────────────────────────────────


def told(app: Flask, now: datetime) -> Finding:
    with open_reading(app.config["DATABASE_URL"]) as reading:
        return next(health_chain.chain(reading, Patient(app.config, db.engine, "", now)))


def test_a_late_tail_is_a_warning(books: Flask) -> None:
    give(1)
    posted_at = POSTED_AT + timedelta(minutes=1)
    assert told(books, posted_at + timedelta(minutes=60)).state == "good"
    late = told(books, posted_at + timedelta(minutes=61))
    assert (late.state, late.figures["count"]) == ("warning", 1)


def test_a_sealed_ledger_is_well(community: Flask) -> None:
    assert told(community, AT + timedelta(days=30)).state == "good"
