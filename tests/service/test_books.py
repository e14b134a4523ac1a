"""Whatever is done in whatever order: records, balances and totals equal a plain dict's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from app.db import db, transaction
from app.service.operations import (
    approve,
    propose_correction,
    reject,
    reverse_record,
    undo_batch,
)
from app.service.queries import served_minutes_of
from tests.rounds import rounds
from tests.service.community import NOW, Community, balances, check_books, make_community

CODES = count(1)
# An ordinary day of December, one of January, a service day, and one of the service month.
DATES = (date(2026, 1, 26), date(2026, 1, 27), date(2026, 1, 28))
MINUTES = (50, 60, 150, 300, 480, 600)
PEOPLE = (3, 5, 6)
DAILY_LIMIT, HARD_LIMIT = 480, 720


@dataclass
class Known:
    """One record as the model knows it."""

    person: int
    on: date
    minutes: int
    state: str
    batch_id: int | None
    corrects: int | None = None

    @property
    def points(self) -> int:
        percent = 150 if self.on.day == 28 else 100
        tenths, rest = divmod(self.minutes * percent, 600)
        return (tenths + (rest >= 300)) * 10


class Books(RuleBasedStateMachine):
    """Enter, approve, reject, correct, reverse and undo, beside a dict."""

    community: Community

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[int, Known] = {}
        self.contents = count(1)

    @initialize()
    def found(self) -> None:
        self.community = make_community(db.session(), code=f"H{next(CODES)}-")

    def day_of(self, person: int, on: date, without: int | None = None) -> int:
        """The minutes that fill a day; a proposed correction takes no room."""
        return sum(
            known.minutes
            for record_id, known in self.known.items()
            if (known.person, known.on) == (person, on)
            and known.state in ("submitted", "approved")
            and record_id != without
            and not (known.corrects and known.state == "submitted")
        )

    def ids(self, *states: str) -> list[int]:
        return [record_id for record_id, known in self.known.items() if known.state in states]

    def act(self, what: Any, *given: Any, **more: Any) -> Any:
        with transaction() as session:
            actor = self.community.actor("organiser")
            return what(session, *given, actor=actor, now=NOW, **more)

    @rule(
        rows=st.lists(
            st.tuples(st.sampled_from(PEOPLE), st.sampled_from(MINUTES)), min_size=1, max_size=4
        ),
        on=st.sampled_from(DATES),
    )
    def log(self, rows: list[tuple[int, int]], on: date) -> None:
        lines = [
            self.community.line(person, minutes, service_on=on, content=str(next(self.contents)))
            for person, minutes in rows
        ]
        result = self.community.log(*lines)
        for (person, minutes), outcome in zip(rows, result.outcomes, strict=True):
            total = self.day_of(person, on) + minutes
            state = "approved" if total <= DAILY_LIMIT else "waiting"
            assert outcome.status == ("refused" if total > HARD_LIMIT else state)
            for record_id in outcome.record_ids:
                state = "approved" if state == "approved" else "submitted"
                self.known[record_id] = Known(person, on, minutes, state, result.batch_id)

    @precondition(lambda self: self.ids("submitted"))
    @rule(data=st.data())
    def approve_one(self, data: st.DataObject) -> None:
        record_id = data.draw(st.sampled_from(self.ids("submitted")))
        known = self.known[record_id]
        if known.corrects is None:
            self.act(approve, [record_id], reason="雨")
        elif self.day_of(known.person, known.on, known.corrects) + known.minutes > HARD_LIMIT:
            return
        else:
            self.act(approve, [record_id], reason="雨")
            self.known[known.corrects].state = "reversed"
            self.overtake(known.corrects, but=record_id)
        known.state = "approved"

    def overtake(self, old: int, but: int | None = None) -> None:
        for record_id, known in self.known.items():
            if known.corrects == old and known.state == "submitted" and record_id != but:
                known.state = "rejected"

    @precondition(lambda self: self.ids("submitted"))
    @rule(data=st.data())
    def reject_one(self, data: st.DataObject) -> None:
        record_id = data.draw(st.sampled_from(self.ids("submitted")))
        self.act(reject, record_id, reason="不对")
        self.known[record_id].state = "rejected"

    @precondition(lambda self: self.ids("approved"))
    @rule(data=st.data(), minutes=st.sampled_from((45, 90)), on=st.sampled_from(DATES))
    def propose(self, data: st.DataObject, minutes: int, on: date) -> None:
        old = data.draw(st.sampled_from(self.ids("approved")))
        person = self.known[old].person
        if self.day_of(person, on, old) + minutes > HARD_LIMIT:
            return
        line = self.community.line(person, minutes, service_on=on, content=str(next(self.contents)))
        (made,) = self.act(propose_correction, old, line, reason="记错了")
        self.known[made] = Known(person, on, minutes, "submitted", None, old)

    @precondition(lambda self: self.ids("approved"))
    @rule(data=st.data())
    def reverse_one(self, data: st.DataObject) -> None:
        record_id = data.draw(st.sampled_from(self.ids("approved")))
        self.act(reverse_record, record_id, reason="不对")
        self.known[record_id].state = "reversed"
        self.overtake(record_id)

    @precondition(lambda self: any(known.batch_id for known in self.known.values()))
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        live = {
            known.batch_id
            for known in self.known.values()
            if known.batch_id and known.state in ("approved", "submitted")
        }
        if not live:
            return
        batch_id = data.draw(st.sampled_from(sorted(live)))
        self.act(undo_batch, batch_id, reason="不对")
        for record_id, known in self.known.items():
            if known.batch_id == batch_id and known.state in ("approved", "submitted"):
                was_approved = known.state == "approved"
                known.state = "reversed" if was_approved else "rejected"
                if was_approved:
                    self.overtake(record_id)

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "community"):
            return
        session = db.session()
        check_books(session)
        mine_only = text("SELECT id, state FROM service_records WHERE root_id = :root")
        rows = session.execute(mine_only, {"root": self.community.root_id})
        assert {row.id: row.state for row in rows} == {
            record_id: known.state for record_id, known in self.known.items()
        }
        for person in PEOPLE:
            volunteer_id = self.community.volunteers[person]
            mine = [
                known
                for known in self.known.values()
                if known.person == person and known.state == "approved"
            ]
            minutes, points = sum(k.minutes for k in mine), sum(k.points for k in mine)
            assert balances(session, volunteer_id) == (minutes, points)
            assert served_minutes_of(session, volunteer_id) == minutes
        session.rollback()


@pytest.mark.model
@pytest.mark.usefixtures("app")
def test_the_books_agree_after_every_step() -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=rounds(12),
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
