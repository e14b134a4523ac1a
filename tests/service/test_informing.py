"""Whoever's hours somebody else decided on is told, once, in words with their figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.notices.models import Notice
from app.notices.queries import figures_from
from app.notices.showing import words_of
from app.service.notices import KINDS
from app.service.operations import approve, propose_correction, reject, reverse_record
from tests.service.community import NOW, ORDINARY_DAY, Community, make_community

pytestmark = pytest.mark.usefixtures("app")
LATER = NOW + timedelta(days=40)


@pytest.fixture
def community(db_session: Session) -> Community:
    return make_community(db_session)


def told() -> list[tuple[str, int | None, dict[str, Any]]]:
    db.session.rollback()
    rows = db.session.scalars(select(Notice).order_by(Notice.id)).all()
    return [(row.kind, row.volunteer_id, figures_from(row.figures)) for row in rows]


def late(community: Community, *people: int) -> list[int]:
    lines = [community.line(person) for person in people]
    result = community.log(*lines, now=LATER)
    return [record for outcome in result.outcomes for record in outcome.record_ids]


def approve_by(community: Community, by: str, records: list[int], **given: Any) -> None:
    with transaction() as session:
        approve(session, records, actor=community.actor(by), now=LATER, **given)


def test_a_timely_entry_tells_nobody(community: Community) -> None:
    community.log(community.line(3), community.line(4))
    assert told() == []


def test_waiting_hours_approved_are_told(community: Community) -> None:
    approve_by(community, "organiser", late(community, 3))
    ((kind, person, figures),) = told()
    assert (kind, person) == ("record.approved", community.volunteers[3])
    assert (figures["service_on"], figures["served_minutes"]) == (ORDINARY_DAY, 120)


def test_a_repeated_key_tells_once(community: Community) -> None:
    records = late(community, 3)
    for _ in range(2):
        approve_by(community, "organiser", records, key="same")
    assert len(told()) == 1


def test_sent_back_is_told_with_the_reason_and_no_phone(community: Community) -> None:
    (record,) = late(community, 3)
    with transaction() as session:
        reject(
            session,
            record,
            actor=community.actor("organiser"),
            now=LATER,
            reason="Ask 13812345678",
        )
    ((kind, _, figures),) = told()
    assert (kind, figures["reason"]) == ("record.sent_back", "Ask 138****5678")


def test_a_correction_tells_before_and_after(community: Community) -> None:
    (record,) = community.logged(community.line(3)).record_ids
    with transaction() as session:
        proposed = propose_correction(
            session,
            record,
            community.line(3, 90),
            actor=community.actor("leader"),
            now=NOW,
            reason="left early",
        )
        assert told_in(session) == []
        approve(session, proposed, actor=community.actor("leader"), now=NOW, reason="left early")
    ((kind, _, figures),) = told()
    assert kind == "record.corrected"
    assert (figures["before_minutes"], figures["served_minutes"]) == (120, 90)


def told_in(session: Session) -> list[int]:
    return list(session.scalars(select(Notice.id)))


def test_hours_taken_back_are_told(community: Community) -> None:
    (record,) = community.logged(community.line(3)).record_ids
    with transaction() as session:
        reverse_record(session, record, actor=community.actor("organiser"), now=NOW, reason="twice")
    ((kind, person, _),) = told()
    assert (kind, person) == ("record.reversed", community.volunteers[3])


def test_nobody_is_told_of_an_own_act(community: Community) -> None:
    # The first volunteer leads the team; the own row waits for an organiser.
    (record,) = community.logged(community.line(0)).record_ids
    with transaction() as session:
        approve(session, [record], actor=community.actor("organiser"), now=NOW)
    before = told()
    assert [person for _, person, _ in before] == [community.volunteers[0]]
    with transaction() as session:
        reverse_record(session, record, actor=community.actor("leader"), now=NOW)
    assert told() == before


def test_statements_do_not_grow_with_people(community: Community) -> None:
    counts = [statements(community, late(community, *people)) for people in ((2,), (3, 4, 5))]
    assert counts[0] == counts[1]


def statements(community: Community, records: list[int]) -> int:
    asked: list[str] = []

    def keep(*arguments: Any) -> None:
        if "notice" in arguments[2]:
            asked.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", keep)
    approve_by(community, "organiser", records)
    event.remove(db.engine, "before_cursor_execute", keep)
    return len(asked)


def test_every_kind_is_said_with_its_figures(community: Community) -> None:
    figures = {
        "service_on": ORDINARY_DAY,
        "team": "TX",
        "served_minutes": 90,
        "before_minutes": 120,
        "reason": "",
    }
    said = [" ".join(words_of(kind, figures)) for kind in KINDS]
    assert all("1.5" in each for each in said)
    assert not any("no longer be shown" in each for each in said)
