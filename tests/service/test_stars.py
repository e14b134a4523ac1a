"""Star levels: what they take, when they were reached, and who reached which within some time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.db import transaction
from app.organisations.queries import settings_of, settings_of_many
from app.organisations.rules import Settings
from app.people.models import Volunteer
from app.service.operations import reverse_record
from app.service.queries import (
    Honour,
    Span,
    dates_of,
    honours_of,
    served_minutes_of,
    star_dates_of,
    stars_of,
)
from app.service.queries.stars import served_days
from app.service.rules import Stars, Tenure, levels_reached, months_after, star_level
from tests.imports.sheets import bring, csv
from tests.passbook.reader import assemble
from tests.service.community import NOW, Community, make_community

TODAY = date(2026, 2, 3)
YEAR_2025 = Span(date(2025, 1, 1), date(2025, 12, 31), TODAY)
THIS_YEAR = Span(date(2026, 1, 1), date(2026, 12, 31), TODAY)
HOURS = (2, 5, 9)

# ── the rule ──────────────────────────────────────────────────────────────────────────────

served_lists = st.lists(
    st.tuples(st.dates(date(2020, 1, 1), TODAY), st.integers(1, 400)), max_size=12
)
month_lists = st.lists(st.integers(0, 80), min_size=3, max_size=3).map(sorted)


@given(served_lists, st.none() | month_lists, st.dates(date(2018, 1, 1), TODAY))
def test_a_date_is_the_first_on_which_the_level_held(
    served: list[tuple[date, int]], months: list[int] | None, joined_on: date
) -> None:
    def level_on(on: date) -> int:
        tenure = Tenure(months, joined_on, on) if months else None
        return star_level(sum(each for day, each in served if day <= on), HOURS, tenure).level

    tenure = Tenure(months, joined_on, TODAY) if months else None
    for reached in levels_reached(served, HOURS, tenure):
        assert (reached.on is not None) == (level_on(TODAY) >= reached.level)
        if reached.on is not None:
            assert level_on(reached.on) >= reached.level
            assert level_on(reached.on - timedelta(days=1)) < reached.level


@pytest.mark.parametrize(
    ("on", "months", "expected"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 12, 1), 1, date(2026, 1, 1)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 5, 7), 0, date(2025, 5, 7)),
        (date(9990, 1, 1), 600, date.max),
    ],
)
def test_months_end_on_the_same_day(on: date, months: int, expected: date) -> None:
    assert months_after(on, months) == expected


def test_what_is_missing_may_be_hours_or_waiting_or_both() -> None:
    tenure = Tenure((6, 12, 24), date(2025, 10, 1), TODAY)
    assert star_level(119, HOURS, tenure) == Stars(0, 2, 1, date(2026, 4, 1))
    assert star_level(120, HOURS, tenure) == Stars(0, 2, 0, date(2026, 4, 1))
    assert star_level(120, HOURS, tenure._replace(on=date(2026, 4, 1))) == Stars(
        1, 5, 180, date(2026, 10, 1)
    )
    assert star_level(600, HOURS, tenure._replace(on=date(2027, 10, 1))) == Stars(3, None, 0)


def test_a_level_without_months_of_its_own_takes_those_of_the_last() -> None:
    tenure = Tenure((0, 12), date(2025, 10, 1), TODAY)
    assert star_level(600, HOURS, tenure).level == 1
    assert tenure.fulfilled_on(3) == tenure.fulfilled_on(2) == date(2026, 10, 1)


# ── one person ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def community(db_session: Session) -> Community:
    return assemble(db_session, star_hours="2,5,9")


def dates(session: Session, community: Community, person: int = 3) -> list[date | None]:
    session.rollback()
    settings = settings_of(session, community.root_id)
    found = star_dates_of(session, community.volunteers[person], settings, NOW)
    return [reached.on for reached in found]


def serve(community: Community, on: date, minutes: int = 120, person: int = 3) -> int:
    line = community.line(person, minutes, service_on=on)
    return community.logged(line, by="organiser").record_ids[0]


def set_figure(community: Community, key: str, value: str) -> None:
    with transaction() as session:
        session.execute(
            text("DELETE FROM settings WHERE organisation_id = :id AND key = :key"),
            {"id": community.root_id, "key": key},
        )
        session.execute(
            text("INSERT INTO settings (organisation_id, key, value) VALUES (:id, :key, :value)"),
            {"id": community.root_id, "key": key, "value": value},
        )


def test_the_date_is_that_of_the_service_not_of_its_entry(
    db_session: Session, community: Community
) -> None:
    serve(community, date(2025, 6, 1), 100)
    serve(community, date(2026, 1, 5), 200)
    serve(community, date(2025, 3, 1), 60)
    assert dates(db_session, community) == [date(2025, 6, 1), date(2026, 1, 5), None]


def test_taking_back_takes_the_star_away_or_moves_its_date(
    db_session: Session, community: Community
) -> None:
    first = serve(community, date(2025, 6, 1))
    second = serve(community, date(2026, 1, 5))
    assert dates(db_session, community)[0] == date(2025, 6, 1)
    with transaction() as session:
        organiser = community.actor("organiser")
        reverse_record(session, first, actor=organiser, now=NOW, reason="登记错了")
    assert dates(db_session, community)[0] == date(2026, 1, 5)
    with transaction() as session:
        reverse_record(session, second, actor=organiser, now=NOW, reason="登记错了")
    assert dates(db_session, community) == [None] * 3


def test_other_hours_give_other_dates(db_session: Session, community: Community) -> None:
    serve(community, date(2025, 6, 1))
    set_figure(community, "star_hours", "1,2,3")
    assert dates(db_session, community) == [date(2025, 6, 1)] * 2 + [None]


def test_a_paper_book_counts_from_its_own_date(db_session: Session, community: Community) -> None:
    serve(community, date(2025, 6, 1))
    bring(community, "opening", csv("编号,积分,时长（小时）,截至日期", "TX00004,0,4,2024-12-31"))
    assert dates(db_session, community) == [date(2024, 12, 31), date(2025, 6, 1), None]


def test_months_run_from_the_first_membership(db_session: Session, community: Community) -> None:
    serve(community, date(2025, 6, 1))
    set_figure(community, "star_tenure_months", "12,13,14")
    # The person is a member since 2025-01-01 and was entered later.
    assert dates(db_session, community)[0] == date(2026, 1, 1)
    settings = settings_of(db_session, community.root_id)
    stars = stars_of(db_session, community.volunteers[3], 300, settings, NOW)
    assert stars == Stars(2, 9, 240, date(2026, 3, 1))


def test_without_a_membership_they_run_from_the_entry(
    db_session: Session, community: Community
) -> None:
    set_figure(community, "star_tenure_months", "1,2,3")
    settings = settings_of(db_session, community.root_id)
    with transaction() as session:
        # On this instant the date is a day later in Shanghai.
        entered = datetime(2026, 1, 14, 20, tzinfo=UTC)
        session.execute(
            update(Volunteer)
            .where(Volunteer.id == community.volunteers[7])
            .values(created_at=entered)
        )
    stars = stars_of(db_session, community.volunteers[7], 120, settings, NOW)
    assert stars == Stars(0, 2, 0, date(2026, 2, 15))


# ── many people ───────────────────────────────────────────────────────────────────────────


def honours(session: Session, community: Community, span: Span) -> list[Honour]:
    session.rollback()
    places = settings_of_many(session, [community.root_id, community.estate_id])
    return honours_of(session, places, span)


def by_hand(
    session: Session, places: dict[int, Settings], span: Span
) -> list[tuple[int, int, date]]:
    """Reckon everybody's levels from their records alone: (person, level, date)."""
    found = []
    people = session.execute(
        text("SELECT id, organisation_id FROM volunteers WHERE state = 'active' ORDER BY number")
    ).all()
    for person, home in people:
        served = served_days(session, [person], date.min, date.max).get(person, [])
        tenure = None
        if any(places[home].star_tenure_months):
            tenure = Tenure(places[home].star_tenure_months, joined_on(session, person), TODAY)
        risen = [
            (reached.level, reached.on)
            for reached in levels_reached(served, places[home].star_hours, tenure)
            if reached.on and span.first <= reached.on <= span.last
        ]
        found += [(person, *max(risen))] if risen else []
    return sorted(found, key=lambda row: -row[1])


def joined_on(session: Session, person: int) -> date:
    member_on = session.execute(
        text("SELECT min(from_on) FROM memberships WHERE volunteer_id = :id"), {"id": person}
    ).scalar_one()
    if member_on is None:
        return TODAY
    return date.fromisoformat(member_on) if isinstance(member_on, str) else member_on


SPANS = (
    YEAR_2025,
    THIS_YEAR,
    Span(date(2025, 3, 15), date(2025, 9, 20), TODAY),
    Span(date(2024, 11, 1), date(2026, 1, 10), TODAY),
    Span(date(2025, 12, 31), date(2025, 12, 31), TODAY),
)


@pytest.mark.parametrize("months", ["", "0,12,13"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_list_is_what_everybody_s_records_say(
    db_session: Session, seed: int, months: str
) -> None:
    chance = Random(seed)
    community = make_community(db_session, people=30, star_hours="2,5,9", star_tenure_months=months)
    book = [f"TX{at:05},0,{chance.randint(1, 6)},2025-0{chance.randint(1, 9)}-10" for at in (5, 9)]
    lines = {
        (chance.randrange(30), date(2024, 10, 1) + timedelta(days=chance.randrange(480)))
        for _ in range(90)
    }
    for person, on in sorted(lines):
        serve(community, on, chance.choice((45, 90, 180)), person)
    assemble_books(community, book)
    places = settings_of_many(db_session, [community.root_id, community.estate_id])
    for span in SPANS:
        found = honours(db_session, community, span)
        reached = dates_of(db_session, places, found, span)
        listed = [(one.volunteer_id, one.level, reached[one.volunteer_id]) for one in found]
        assert listed == by_hand(db_session, places, span)
        if span.last >= TODAY:
            assert all(
                one.minutes == served_minutes_of(db_session, one.volunteer_id) for one in found
            )
    assert any(by_hand(db_session, places, span) for span in SPANS)


def assemble_books(community: Community, rows: list[str]) -> None:
    bring(community, "opening", csv("编号,积分,时长（小时）,截至日期", *rows))


def test_each_organisation_has_its_own_hours(db_session: Session, community: Community) -> None:
    with transaction() as session:
        session.execute(
            update(Volunteer)
            .where(Volunteer.id == community.volunteers[5])
            .values(organisation_id=community.estate_id)
        )
        session.execute(
            text(
                "INSERT INTO settings (organisation_id, key, value) "
                "VALUES (:id, 'star_hours', '1,2,50')"
            ),
            {"id": community.estate_id},
        )
    for person in (3, 5):
        serve(community, date(2025, 6, 1), person=person)
    found = honours(db_session, community, YEAR_2025)
    assert [(one.number, one.level) for one in found] == [("TX00006", 2), ("TX00004", 1)]
    below = settings_of_many(db_session, [community.estate_id])
    assert [one.number for one in honours_of(db_session, below, YEAR_2025)] == ["TX00006"]


def test_who_has_left_is_not_listed(db_session: Session, community: Community) -> None:
    serve(community, date(2025, 6, 1))
    assert len(honours(db_session, community, YEAR_2025)) == 1
    assert honours(db_session, community, THIS_YEAR) == []
    with transaction() as session:
        session.execute(
            update(Volunteer).where(Volunteer.id == community.volunteers[3]).values(state="left")
        )
    assert honours(db_session, community, YEAR_2025) == []
