"""Pages and places along the index are what the pure rules say, ties across borders included."""

from __future__ import annotations

import random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import transaction
from app.organisations.operations import create_organisation
from app.people.models import Volunteer
from app.ranking.queries import (
    Scope,
    find_places,
    own_places,
    page_of_places,
    preview,
    recounted,
    scope_of,
    size_of,
)
from app.ranking.rules import Placed, Row, ranked
from app.service.models import EVERY_COLOUR, Standing
from tests.passbook.reader import assemble, browser_of, serve, statements, take_back
from tests.service.community import NOW, ORDINARY_DAY, SERVICE_DAY, Community

# Six of the same letters in other cases and scripts: a collation would order them otherwise.
NUMBERS = ("a1", "A10", "A2", "志1", "Ä1", "A1", "B", "b", "z", "Z", "é", "e")


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    return assemble(db_session)


def scope(session: Session, **more: Any) -> Scope:
    session.rollback()
    return scope_of(session, 2026, "TX", **more)


def stand(root_id: int, figures: list[tuple[int, int, int]]) -> list[Row]:
    """Let people with odd numbers stand at these figures."""
    rows = []
    with transaction() as session:
        for i, (minutes, dates, service_days) in enumerate(figures):
            number = NUMBERS[i % len(NUMBERS)] * (1 + i // len(NUMBERS))
            person = Volunteer(
                organisation_id=root_id, number=number, name="谷雨", name_keys="guyu gy",
                kind="resident", state="active", is_named=False, created_at=NOW,
            )  # fmt: skip
            session.add(person)
            session.flush()
            session.add(
                Standing(
                    volunteer_id=person.id,
                    year=2026,
                    organisation_id=root_id,
                    colour_id=EVERY_COLOUR,
                    number=number,
                    records=1,
                    minutes=minutes,
                    dates=dates,
                    service_days=service_days,
                    points_hundredths=minutes,
                    order_key=-(minutes * 262144 + dates * 512 + service_days),
                )
            )
            rows.append(Row(number, "谷雨", minutes, dates, service_days, minutes))
    return rows


def expected(rows: list[Row]) -> list[Placed]:
    places = ranked(rows)
    ranks = [rank for rank, _row in places]
    return [Placed(rank, row, ranks.count(rank) > 1) for rank, row in places]


@pytest.mark.parametrize("seed", range(4))
def test_any_page_is_that_part_of_the_whole(
    db_session: Session, community: Community, seed: int
) -> None:
    chance = random.Random(seed)
    few = [
        (chance.choice((60, 90)), chance.choice((1, 2)), chance.choice((0, 1))) for _ in range(30)
    ]
    whole, places = scope(db_session), expected(stand(community.root_id, few))
    assert preview(db_session, whole) == [(place.rank, place.row) for place in places]
    for size in (1, 3, 7, 100):
        for offset in range(32):
            page = page_of_places(db_session, whole, offset=offset, size=size)
            assert page == places[offset : offset + size], (offset, size)
    assert size_of(db_session, whole) == (30, sum(row[0] for row in few))


def test_everyone_tied_is_first_on_every_page(db_session: Session, community: Community) -> None:
    places = expected(stand(community.root_id, [(60, 1, 0)] * 25))
    for offset in (0, 9, 10, 24):
        page = page_of_places(db_session, scope(db_session), offset=offset, size=10)
        assert page == places[offset : offset + 10]
        assert {(place.rank, place.is_tied) for place in page} == {(1, True)}


def test_one_more_date_outweighs_no_minute(db_session: Session, community: Community) -> None:
    """The key that orders holds three figures: none may run over into the next."""
    rows = stand(community.root_id, [(61, 1, 0), (60, 366, 366), (60, 366, 0), (60, 365, 365)])
    assert page_of_places(db_session, scope(db_session), offset=0, size=9) == expected(rows)


def test_a_place_of_ones_own_counts_those_before_and_beside(
    db_session: Session, community: Community
) -> None:
    for person, minutes in ((3, 90), (4, 90), (5, 120)):
        serve(community, [ORDINARY_DAY], person, minutes)
    db_session.rollback()
    (place,) = own_places(db_session, community.volunteers[3], 2026, [community.root_id])
    assert (place.rank, place.tied_with, place.row.minutes) == (2, 1, 90)
    assert own_places(db_session, community.volunteers[6], 2026, [community.root_id]) == []


def test_standings_are_what_the_records_say(db_session: Session, community: Community) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY], 3)
    green = {"team_id": community.green_id, "service_on": SERVICE_DAY}
    record_ids = community.logged(community.line(3, 60, **green), by="organiser").record_ids
    community.logged(community.line(4, 60, **green), by="organiser")
    for narrowed in ({}, {"colour_key": "green"}, {"colour_key": "red"}, {"team_code": "TX-red"}):
        asked = scope(db_session, **narrowed)
        assert preview(db_session, asked) == recounted(db_session, asked) != []
    take_back(community, record_ids[0])
    ((_, both), (_, one)) = preview(db_session, scope(db_session))
    # The date stays, as the red team's record of it does.
    assert (both.minutes, both.dates, both.service_days) == (180, 2, 1)
    assert one.volunteer_no == "TX00005"


def test_a_page_is_read_without_totals_or_records(
    db_session: Session, community: Community
) -> None:
    serve(community, [ORDINARY_DAY])
    whole = scope(db_session)
    with statements() as sent:
        page_of_places(db_session, whole, offset=0, size=100)
        size_of(db_session, whole)
        own_places(db_session, community.volunteers[3], 2026, [community.root_id])
        find_places(db_session, whole, "TX", most=5)
    assert len([each for each in sent if "standings" in each]) == 5
    assert not [each for each in sent if "service_records" in each or "GROUP BY" in each]


# ── the pages ─────────────────────────────────────────────────────────────────────────────


def read(app: Flask, community: Community, name: str, path: str) -> str:
    answer = browser_of(app, community, name).get(path)
    assert answer.status_code == 200
    return answer.text


def test_a_volunteer_sees_the_own_place_and_nobody_else(app: Flask, community: Community) -> None:
    for person in (3, 4):
        serve(community, [ORDINARY_DAY], person)
    text = read(app, community, "volunteer", "/ranking?year=2026&language=en")
    assert "No. 1" in text
    assert "tied with 1 other" in text
    assert "清明" not in text
    assert "TX00005" not in text


def test_a_volunteer_without_a_record_is_told_so(app: Flask, community: Community) -> None:
    assert "No place yet" in read(app, community, "volunteer", "/ranking?language=en")


def test_a_leader_who_serves_sees_the_own_place_too(app: Flask, community: Community) -> None:
    community.logged(community.line(0), by="organiser")
    text = read(app, community, "leader", "/ranking?year=2026&language=en")
    assert "Your place now" in text


@pytest.mark.parametrize("name", ["organiser", "leader"])
def test_a_search_shows_the_place_of_who_is_meant(
    app: Flask, community: Community, name: str
) -> None:
    for person, minutes in ((3, 90), (4, 60), (5, 60)):
        serve(community, [ORDINARY_DAY], person, minutes)
    text = read(app, community, name, "/ranking?year=2026&q=TX00006&language=en")
    assert "谷雨" in text
    assert "春分" not in text
    assert '<span class="q-rank">2</span>' in text
    assert "Nobody by that name" in read(
        app, community, name, "/ranking?year=2026&q=nn&language=en"
    )


def test_a_phone_never_stands_in_an_address(app: Flask, community: Community) -> None:
    browser = browser_of(app, community, "organiser")
    answer = browser.post("/ranking/search", data={"q": "13800138000", "org": "TX"})
    assert answer.status_code == 303
    assert answer.location.endswith("/ranking?q=8000&org=TX")
    assert browser.get("/ranking/search").status_code == 405
    assert browser.get(answer.location).status_code == 200


def test_pages_go_on_where_the_last_one_ended(app: Flask, community: Community) -> None:
    stand(community.root_id, [(60, 1, 0)] * 12 + [(30, 1, 0)] * 100)
    first = read(app, community, "organiser", "/ranking?year=2026")
    second = read(app, community, "organiser", "/ranking?year=2026&page=2")
    assert "page=2" in first
    assert second.count('class="q-rank">13<') == 24


def test_a_county_of_many_parts_offers_those_near(app: Flask, community: Community) -> None:
    with transaction() as session:
        for number in range(14):
            create_organisation(
                session, code=f"X{number:02d}", name=f"X{number:02d}",
                parent_id=community.root_id if number < 7 else community.estate_id,
                actor_id=None, now=NOW,
            )  # fmt: skip
    widest = read(app, community, "organiser_too", "/ranking?year=2026&org=TX")
    assert "org=X06" in widest
    assert "org=X07" not in widest
    below = read(app, community, "organiser_too", "/ranking?year=2026&org=X07")
    assert "org=X13" in below
    assert "org=X06" not in below
    assert "org=TX&" in below or 'org=TX"' in below


def test_statements_do_not_grow_with_the_tree(app: Flask, community: Community) -> None:
    browser = browser_of(app, community, "organiser")
    counts = []
    for number in range(2):
        with statements() as sent:
            assert browser.get("/ranking?year=2026").status_code == 200
        counts.append(len(sent))
        with transaction() as session:
            create_organisation(
                session, code=f"X{number}", name="x", parent_id=community.root_id, actor_id=None,
                now=NOW,
            )  # fmt: skip
    assert counts[0] == counts[1]
