"""我已核对: a year is confirmed once; a later change of its records un-confirms it and says why."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import db, transaction
from app.disputes import operations, queries
from app.disputes.rules import (
    ChangedMeanwhile,
    CheckedAlready,
    NothingToCheck,
    NotYet,
    YearLine,
    digest_of,
    figures_of,
    offered_year,
)
from app.errors import NotFound
from app.service.operations import approve, propose_correction, reverse_record, undo_batch
from tests.disputes.community import LATER, WHO, served, value
from tests.service.community import NOW, Community
from tests.service.conftest import MakeTown, Town, key_in

# In the season: the community's present is February 2026.
LAST_YEAR = date(2025, 12, 30)
YEAR = 2025


def books(community: Community) -> queries.Books:
    db.session.rollback()
    return queries.books_of(db.session(), community.volunteers[WHO], YEAR)


def confirm(community: Community, by: str = "volunteer", year: int = YEAR, **more: str) -> int:
    volunteer_id = community.volunteers[WHO]
    with transaction() as session:
        found = queries.books_of(session, volunteer_id, year)
        return operations.confirm_year(
            session,
            volunteer_id,
            year,
            digest=more.get("digest") or figures_of(found.lines).digest,
            actor=community.actor(by),
            now=LATER,
            key=more.get("key") or community.fresh_key(),
        )


def holds(community: Community) -> bool:
    db.session.rollback()
    found = queries.check_of(db.session(), community.volunteers[WHO], YEAR)
    assert found
    return found.holds


def causes(community: Community) -> list[tuple[int, bool]]:
    volunteer_id = community.volunteers[WHO]
    check = queries.check_of(db.session(), volunteer_id, YEAR)
    assert check
    found = queries.causes_of(db.session(), volunteer_id, YEAR, check.entry_id)
    return [(each.record_id, each.is_reversal) for each in found]


def last_year(community: Community, day: int = 30) -> int:
    # Within the ten working days of a leader.
    return served(community, service_on=LAST_YEAR.replace(day=day))


@pytest.fixture
def community(make_town: MakeTown) -> Community:
    # A leader's late entry would wait, as the service is a month old.
    return make_town(timely_working_days="250", undo_working_days="250").community


# ── confirming ────────────────────────────────────────────────────────────────────────────


def test_it_is_confirmed_once_with_its_figures(community: Community) -> None:
    last_year(community)
    confirm(community)
    assert holds(community)
    assert value(db.session(), "SELECT minutes FROM year_checks") == 120
    with pytest.raises(CheckedAlready):
        confirm(community)


def test_a_double_tap_confirms_once(community: Community) -> None:
    last_year(community)
    assert confirm(community, key="tap") == confirm(community, key="tap")


def test_what_changed_under_the_readers_eyes_is_not_confirmed(community: Community) -> None:
    last_year(community)
    seen = figures_of(books(community).lines).digest
    last_year(community, day=29)
    with pytest.raises(ChangedMeanwhile):
        confirm(community, digest=seen)


@pytest.mark.parametrize("year", [2024, 2026, 2027])
def test_other_years_are_not_due(community: Community, year: int) -> None:
    served(community)
    with pytest.raises(NotYet):
        confirm(community, year=year)


def test_an_empty_year_has_nothing_to_confirm(community: Community) -> None:
    with pytest.raises(NothingToCheck):
        confirm(community, digest="x")


def test_nobody_confirms_for_another(community: Community) -> None:
    last_year(community)
    for other in ("leader", "organiser"):
        with pytest.raises(NotFound):
            confirm(community, by=other)


@pytest.mark.parametrize(
    ("today", "year"),
    [
        (date(2026, 11, 30), None),
        (date(2026, 12, 1), 2026),
        (date(2027, 1, 1), 2026),
        (date(2027, 4, 1), None),
    ],
)
def test_the_season_offers_it_unasked(today: date, year: int | None) -> None:
    assert offered_year(today) == year


def test_the_digest_does_not_depend_on_the_order() -> None:
    lines = [YearLine(i, LAST_YEAR, 1, 60, 100, i) for i in (1, 2)]
    assert digest_of(lines) == digest_of(lines[::-1])
    assert digest_of(lines) != digest_of(lines[:1])


# ── a later change ────────────────────────────────────────────────────────────────────────


def test_an_approval_un_confirms_it(community: Community) -> None:
    last_year(community)
    confirm(community)
    new = last_year(community, day=29)
    assert not holds(community)
    assert causes(community) == [(new, False)]
    confirm(community)
    assert holds(community)
    assert value(db.session(), "SELECT count(*) FROM year_checks") == 2


def test_a_reversal_un_confirms_it(community: Community) -> None:
    record_id = last_year(community)
    confirm(community)
    with transaction() as session:
        reverse_record(session, record_id, actor=community.actor("leader"), now=LATER)
    assert not holds(community)
    assert causes(community) == [(record_id, True)]


def test_what_comes_and_goes_un_confirms_it_too(community: Community) -> None:
    last_year(community)
    confirm(community)
    batch = community.log(community.line(WHO, service_on=LAST_YEAR.replace(day=29)))
    assert batch.batch_id
    with transaction() as session:
        undo_batch(session, batch.batch_id, actor=community.actor("leader"), now=LATER)
    # The figures are the same again, and yet something happened to the year.
    assert not holds(community)
    assert [is_reversal for _id, is_reversal in causes(community)] == [True, False]


def test_a_correction_into_another_year_un_confirms_both(community: Community) -> None:
    record_id = last_year(community)
    confirm(community)
    with transaction() as session:
        made = propose_correction(
            session,
            record_id,
            community.line(WHO, 60),
            actor=community.actor("leader"),
            now=LATER,
            reason="记错了年份",
        )
    assert holds(community)
    with transaction() as session:
        approve(session, made, actor=community.actor("leader"), now=LATER, reason="对")
    assert not holds(community)


def test_other_people_and_years_change_nothing(community: Community) -> None:
    last_year(community)
    confirm(community)
    served(community)
    served(community, 4, service_on=LAST_YEAR)
    assert holds(community)


def test_the_history_stays(community: Community) -> None:
    last_year(community)
    confirm(community)
    for statement in ("UPDATE year_checks SET minutes = 1", "DELETE FROM year_checks"):
        with pytest.raises(IntegrityError):
            db.session.execute(text(statement))
        db.session.rollback()


# ── pages ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def confirming(make_town: MakeTown) -> Town:
    return make_town(timely_working_days="250")


def test_the_ledger_leads_to_it_in_season(confirming: Town) -> None:
    last_year(confirming.community)
    volunteer = confirming.browser("volunteer")
    assert 'href="/me/checked/2025"' in volunteer.get("/me/ledger").text
    with time_machine.travel(datetime(2027, 6, 1, tzinfo=UTC), tick=False):
        late = confirming.browser("volunteer").get("/me/ledger").text
    assert "/me/checked/" not in late
    assert (
        "/me/checked/"
        not in confirming.browser("organiser").get("/volunteers/TX00004/passbook").text
    )


def test_it_is_confirmed_and_un_confirmed_in_words(confirming: Town) -> None:
    last_year(confirming.community)
    volunteer = confirming.browser("volunteer")
    page = volunteer.get("/me/checked/2025").text
    digest = figures_of(books(confirming.community).lines).digest
    sending = {"key": key_in(page), "digest": digest}
    assert volunteer.post("/me/checked/2025", data=sending).status_code == 303
    assert volunteer.post("/me/checked/2025", data=sending).status_code == 303
    assert "Confirmed by volunteer" in volunteer.get("/me/ledger?year=2025").text
    new = last_year(confirming.community, day=29)
    changed = volunteer.get("/me/ledger?year=2025").text
    assert "2025 has changed since it was checked" in changed
    assert f"Record {new}" in changed
    stale = volunteer.post("/me/checked/2025", data={"digest": digest})
    assert stale.status_code == 422
    assert "have changed since you opened this page" in stale.text
    assert volunteer.post("/me/checked/2025").status_code == 422


def test_missing_years_and_wrong_methods(confirming: Town) -> None:
    volunteer = confirming.browser("volunteer")
    for year in (0, 2025, 10_000_000):
        assert volunteer.get(f"/me/checked/{year}").status_code == 404
    last_year(confirming.community)
    assert volunteer.delete("/me/checked/2025").status_code == 405
    assert confirming.browser("organiser").get("/me/checked/2025").status_code == 404


@pytest.mark.parametrize("who", ["leader", "organiser"])
def test_how_many_is_a_figure_and_no_names(confirming: Town, who: str) -> None:
    community = confirming.community
    last_year(community)
    served(community, 4, service_on=LAST_YEAR)
    confirm(community)
    scope = {"team_ids": [community.red_id], "organisation_ids": []}
    assert queries.checked_people(db.session(), YEAR, **scope) == (2, 1)
    page = confirming.browser(who).get("/disputes/checked?year=2025").text
    assert "春分" not in page
    assert "TX-red" in page
    last_year(community, day=29)
    db.session.rollback()
    assert queries.checked_people(db.session(), YEAR, **scope) == (2, 0)
    assert NOW.year > YEAR
