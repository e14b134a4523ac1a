"""What is posted while a year is frozen falls on one side of the mark, never half."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.reading import open_reading
from app.audit.report import audit
from app.bulk import next_ids
from app.db import db, is_postgresql, is_retryable, transaction
from app.errors import RuleBroken
from app.ledger import marks
from app.ranking import operations
from app.ranking.operations import answering, freezing
from app.ranking.queries.snapshots import latest_snapshot
from app.ranking.queries.verifying import verified
from app.ranking.rules.stages import TotalsDisagree
from app.teams.rules import Actor
from tests.passbook.reader import take_back
from tests.races import race
from tests.ranking.disturbing import records_of
from tests.ranking.kept import check_verified
from tests.ranking.year import (
    FIRST,
    PLAIN,
    YEAR,
    actor_at,
    ask,
    confirm,
    make_year,
    save,
    serve_on,
    standing,
)
from tests.service.community import NOW, Community, check_books
from tests.service.test_side_by_side import at_once

MEETING_SECONDS = 15.0
VAIN_SECONDS = 0.4
HELD = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND l.classid = 7104 AND d.datname = current_database()
"""


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    made = make_year(db_session)
    save(made)
    return made


def approving(community: Community, person: int, days: int) -> Callable[[], int]:
    """Approve one record a day, each in a commit of its own; return how many got through."""

    def act() -> int:
        for i in range(days):
            serve_on(community, person, [(FIRST - timedelta(days=1 + i), 60)])
        return days

    return act


def confirming(community: Community, freeze_id: int, actor: Actor, key: str) -> Callable[[], Any]:
    """Confirm as the page does: where two transactions met, once more."""

    def act() -> Any:
        for _ in range(5):
            try:
                with operations.to_carry_out("notice") as session:
                    return operations.confirm(session, freeze_id, actor=actor, now=NOW, key=key)
            except Exception as error:
                if not is_retryable(error):
                    raise
        raise AssertionError("met too often")

    return act


def test_approvals_that_arrive_meanwhile_fall_on_one_side(app: Flask, community: Community) -> None:
    freeze_id = ask(community, "notice")
    actor = actor_at(community, "organiser_too")
    freezing_it = confirming(community, freeze_id, actor, "once")
    results = at_once(app, approving(community, 6, 12), freezing_it, approving(community, 7, 12))
    assert results[::2] == [12, 12]
    assert results[1] == standing(community).id
    check_verified()
    check_books(db.session())
    assert audited(app) == {}


def audited(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """Return what the audit finds."""
    db.session.remove()
    with open_reading(app.config["DATABASE_URL"]) as reading:
        return {one.id: one.samples for one in audit(reading).results if one.violations}


# ── one interleaving, on purpose ──────────────────────────────────────────────────────────


@contextmanager
def frozen_meanwhile(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch, at: str
) -> Iterator[Callable[[], Any]]:
    """Stop a freeze before its step `at`; inside, the world goes on; then it ends.

    What is yielded ends the freeze and returns its snapshot, or the refusal.
    """
    reached, go_on = threading.Event(), threading.Event()
    step = getattr(freezing, at)

    def waiting(*given: Any, **more: Any) -> Any:
        reached.set()
        go_on.wait(MEETING_SECONDS)
        return step(*given, **more)

    monkeypatch.setattr(freezing, at, waiting)
    freeze_id, actor = ask(community, "notice"), actor_at(community, "organiser_too")
    found: list[Any] = []

    def run() -> None:
        with app.app_context():
            try:
                found.append(confirming(community, freeze_id, actor, "meanwhile")())
            except Exception as error:
                found.append(error)
            finally:
                db.session.remove()

    db.session.remove()
    thread = threading.Thread(target=run)
    thread.start()
    assert reached.wait(MEETING_SECONDS)

    def end() -> Any:
        go_on.set()
        thread.join(MEETING_SECONDS)
        return found[0]

    try:
        yield end
    finally:
        go_on.set()
        thread.join(MEETING_SECONDS)


def only_on_postgresql(engine_name: str) -> bool:
    """On SQLite the freeze is the only writer: there is no meanwhile to look into."""
    return engine_name == "postgresql"


STEPS = ("publish_mark", "live_rankings", "_prove", "copy_places")


@pytest.mark.parametrize("at", STEPS)
def test_posting_goes_on_while_a_year_is_frozen(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch, engine_name: str, at: str
) -> None:
    if not only_on_postgresql(engine_name):
        return
    with frozen_meanwhile(app, community, monkeypatch, at) as end:
        serve_on(community, 7, [(FIRST - timedelta(days=1), 480)])
        take_back(community, records_of(community, 3)[0])
        snapshot_id = end()
    assert snapshot_id == standing(community).id
    check_verified()
    # What was posted meanwhile lies above the mark, all of it.
    assert standing(community).people == 4
    assert entries_above(standing(community).mark) == 2
    assert audited(app) == {}


def entries_above(mark: int) -> int:
    db.session.rollback()
    query = text("SELECT count(*) FROM entries WHERE id > :mark")
    return db.session.scalar(query, {"mark": mark}) or 0


@pytest.mark.parametrize("at", STEPS[1:])
def test_without_one_instant_it_is_half(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch, engine_name: str, at: str
) -> None:
    """The check can fail: read as it goes, a record posted meanwhile is on both sides."""
    if not only_on_postgresql(engine_name):
        return
    read_as_it_goes(monkeypatch)
    with frozen_meanwhile(app, community, monkeypatch, at) as end:
        serve_on(community, 7, [(FIRST - timedelta(days=1), 480)])
        made = end()
    if isinstance(made, TotalsDisagree):
        return
    assert isinstance(made, int), made
    found = latest_snapshot(db.session(), community.root_id, YEAR)
    assert found is not None
    assert not verified(db.session(), found).holds


def read_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the instant out: no lock is held, and each query reads what stands there by then."""

    @contextmanager
    def never_still() -> Iterator[Session]:
        with transaction() as session:
            session.info[marks._STANDS_STILL] = next_ids(session, "marks", 1)[0]
            try:
                yield session
            finally:
                session.info.pop(marks._STANDS_STILL, None)

    monkeypatch.setattr(answering, "at_one_instant", never_still)


# ── the lock ──────────────────────────────────────────────────────────────────────────────


def locks_held(session: Session) -> int:
    """Return how many hold the lock of marks; SQLite has no such lock."""
    session.rollback()
    found = session.scalar(text(HELD)) if is_postgresql(session) else 0
    session.rollback()
    return found or 0


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("where", ["asking_ids", "next_ids", "inside"])
def test_the_lock_is_free_after_every_error(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def fail(*_given: Any) -> Any:
        raise Interrupted

    if where != "inside":
        monkeypatch.setattr(marks, where, fail)
    with pytest.raises(Interrupted), marks.at_one_instant():
        raise Interrupted
    monkeypatch.undo()
    assert locks_held(db.session()) == 0
    assert not marks.is_at_one_instant(db.session())
    serve_on(community, 6, [(FIRST - timedelta(days=1), 60)])


def test_the_lock_is_free_while_the_state_is_worked_with(app: Flask, community: Community) -> None:
    with marks.at_one_instant() as session:
        held = session.scalar(text(HELD)) if is_postgresql(session) else 0
        assert held == 0
        assert marks.is_at_one_instant(session)
    assert locks_held(db.session()) == 0


def test_an_instant_is_not_fixed_inside_a_transaction(app: Flask, community: Community) -> None:
    with pytest.raises(RuntimeError), transaction(), marks.at_one_instant():
        raise AssertionError("never reached")


def test_postings_under_way_are_waited_for_and_then_refused(
    app: Flask, community: Community, engine_name: str
) -> None:
    """A posting that does not end lets the freeze give up, and leaves no lock behind."""
    if not only_on_postgresql(engine_name):
        return
    with db.engine.connect() as posting:
        posting.exec_driver_sql("SELECT pg_advisory_xact_lock_shared(7104, 1)")
        with pytest.raises(marks.BooksAreBusy), marks.at_one_instant():
            raise AssertionError("never reached")
    assert locks_held(db.session()) == 0


# ── two at once ───────────────────────────────────────────────────────────────────────────


@race(
    "rows of ranking_freezes",
    at_lock="the lock of a ranking's year",
    seen="marks are only added to, never replaced|uq_ranking_snapshots_freeze_id",
)
def test_two_who_confirm_at_once_make_one_snapshot(app: Flask, community: Community) -> None:
    freeze_id = ask(community, "notice")
    actors = [actor_at(community, name) for name in ("organiser_too", "auditor")]
    acts = [confirming(community, freeze_id, actor, actor.name) for actor in actors]
    results = at_once(app, *acts)
    assert sorted(isinstance(result, RuleBroken) for result in results) == [False, True]
    assert db.session.scalar(text("SELECT count(*) FROM ranking_snapshots")) == 1
    check_verified()
    assert audited(app) == {}


@race(
    "rows of ranking_freezes",
    at_lock="the lock of a ranking's year",
    seen="marks are only added to, never replaced|uq_ranking_snapshots_freeze_id",
)
def test_one_who_taps_twice_makes_one_snapshot(app: Flask, community: Community) -> None:
    freeze_id, actor = ask(community, "notice"), actor_at(community, "organiser_too")
    results = at_once(app, *[confirming(community, freeze_id, actor, "twice") for _ in range(2)])
    assert results == [standing(community).id] * 2


@race(
    "the lock of marks",
    seen="marks are only added to, never replaced",
    # On PostgreSQL only the numbers of the marks could cross, which has a control of its own.
    engines=("sqlite",),
)
def test_two_organisations_freeze_at_once(app: Flask, community: Community) -> None:
    """A community and the estate below it: years are put under notice for both."""
    serve_on(community, 5, [(FIRST + timedelta(days=5), 90)], team_id=community.green_id)
    below = community.estate_id
    actor, second = (actor_at(community, name) for name in ("organiser", "organiser_too"))
    given: dict[str, Any] = {"actor": actor, "now": NOW}
    with transaction() as session:
        operations.save_scheme(session, below, YEAR, PLAIN, key="below", **given)
        estate = operations.ask_notice(session, below, YEAR, key="ask-below", **given)
    whole = ask(community, "notice")
    acts = [confirming(community, each, second, f"at-once-{each}") for each in (estate, whole)]
    results = at_once(app, *acts)
    assert all(isinstance(result, int) for result in results), results
    assert db.session.scalar(text("SELECT count(*) FROM ranking_snapshots")) == 2
    check_verified()
    assert audited(app) == {}


def test_marks_rise_though_the_earlier_one_is_written_later(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch, engine_name: str
) -> None:
    """The first freeze waits before it writes its mark; another mark is published meanwhile."""
    if not only_on_postgresql(engine_name):
        return
    with frozen_meanwhile(app, community, monkeypatch, "publish_mark") as end:
        serve_on(community, 7, [(FIRST - timedelta(days=1), 480)])
        with marks.at_one_instant() as session:
            marks.publish_mark(session, "test", NOW)
        end()
    assert audited(app) == {}


def test_without_its_number_taken_under_the_lock_a_mark_falls(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch, engine_name: str
) -> None:
    """The check can fail: numbered when it is written, the earlier state is the later mark."""
    if not only_on_postgresql(engine_name):
        return

    @contextmanager
    def unnumbered(session: Session, _mark_id: int) -> Iterator[None]:
        session.info[marks._STANDS_STILL] = None
        try:
            yield
        finally:
            session.info.pop(marks._STANDS_STILL, None)

    monkeypatch.setattr(marks, "_standing_still", unnumbered)
    with frozen_meanwhile(app, community, monkeypatch, "publish_mark") as end:
        serve_on(community, 7, [(FIRST - timedelta(days=1), 480)])
        with marks.at_one_instant() as session:
            marks.publish_mark(session, "test", NOW)
        end()
    assert audited(app).keys() == {"I-05"}


def test_confirmed_alone_nothing_waits(community: Community) -> None:
    assert confirm(community, ask(community, "notice")) == standing(community).id
