"""Every award of a final list gets one certificate, however often somebody clicks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.certificates.operations import reissue, revoke
from app.certificates.operations.awarding import issue_awards
from app.certificates.queries.certificates import CertificateRow, certificates_of_awards
from app.certificates.queries.keys import public_keys
from app.certificates.rules import CertificateUnknown
from app.certificates.rules.files import read_file
from app.certificates.rules.refusals import NotFinal
from app.db import db, transaction
from app.jobs.runner import Worker
from app.ranking.queries.awards import final_awards
from app.ranking.rules.schemes import Title
from app.teams.rules import Actor
from tests.ranking.year import (
    AFTER_NOTICE,
    PLAIN,
    YEAR,
    actor_at,
    correct_list,
    give_notice,
    make_final,
    make_year,
    save,
)
from tests.service.community import Community
from tests.service.conftest import Town, statements
from tests.serving import SECRET

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def year(db_session: Session) -> Community:
    """The community whose year is final: one first, two who share the second place."""
    made = make_year(db_session)
    save(made)
    give_notice(made)
    return made


@pytest.fixture
def final(year: Community) -> Community:
    make_final(year)
    return year


def issue(
    community: Community,
    by: str = "organiser",
    key: str | None = None,
    at: datetime = AFTER_NOTICE,
) -> tuple[int, int]:
    actor = actor_at(community, by, at)
    with transaction() as session:
        return issue_awards(
            session,
            community.root_id,
            YEAR,
            titled=lambda row, _names: row.title,
            actor=actor,
            now=at,
            key=key or community.fresh_key(),
            secret=SECRET,
        )


def rows(community: Community) -> list[CertificateRow]:
    session = db.session()
    session.rollback()
    awards = [row.award_id for row in final_awards(session, community.root_id, YEAR)]
    found = certificates_of_awards(session, awards)
    session.rollback()
    return found


def organiser(community: Community) -> Actor:
    return actor_at(community, "organiser", AFTER_NOTICE)


def test_before_the_list_is_final_there_is_nothing_to_issue(year: Community) -> None:
    with pytest.raises(NotFinal):
        issue(year)


def test_one_click_issues_every_award_and_a_second_one_none(final: Community) -> None:
    awards = len(final_awards(db.session(), final.root_id, YEAR))
    assert issue(final) == (awards, 0)
    assert issue(final) == (0, awards)
    numbers = [row.number for row in rows(final)]
    assert numbers == [f"TX-{YEAR}-{place:04}" for place in range(1, awards + 1)]


def test_it_says_what_the_final_list_says(final: Community) -> None:
    issue(final)
    by_award = {row.award_id: row.says for row in rows(final)}
    for award in final_awards(db.session(), final.root_id, YEAR):
        says = by_award[award.award_id]
        assert (says.rank, says.is_tied) == (award.rank, award.is_tied)
        assert (says.minutes, says.title) == (award.minutes, award.title)
    assert any(says.is_tied for says in by_award.values())


def test_only_an_organiser_of_it_issues(final: Community) -> None:
    for name in ("leader", "volunteer", "organiser_below"):
        with pytest.raises(CertificateUnknown):
            issue(final, by=name)


def test_what_was_revoked_is_not_issued_again_by_the_click(final: Community) -> None:
    issue(final)
    first = rows(final)[0]
    with transaction() as session:
        revoke(
            session,
            first.id,
            category="mistake",
            reason="名单有误",
            actor=organiser(final),
            now=AFTER_NOTICE,
            key="revoke",
        )
    assert issue(final)[0] == 0
    assert rows(final)[0].state == "revoked"


def test_a_replacement_keeps_the_award(final: Community) -> None:
    issue(final)
    first = rows(final)[0]
    with transaction() as session:
        session.execute(
            text("UPDATE volunteers SET name = '立秋' WHERE id = :id"), {"id": first.volunteer_id}
        )
    with transaction() as session:
        made = reissue(
            session,
            first.id,
            reason="姓名写错",
            actor=organiser(final),
            now=AFTER_NOTICE,
            key="again",
            secret=SECRET,
        )
    new = next(row for row in rows(final) if row.id == made)
    assert (new.award_id, new.edition, new.name) == (first.award_id, 2, "立秋")
    assert (
        new.says._replace(
            name=first.name, number=first.number, verify_code=first.verify_code, replaces=None
        )
        == first.says
    )


def test_the_database_refuses_a_second_one_that_holds(final: Community) -> None:
    issue(final)
    twice = (
        "INSERT INTO certificates (organisation_id, year, sequence, number, kind, volunteer_id, "
        "award_id, edition, name, payload, signature, signing_key_id, verify_code, last_entry_id, "
        "issued_at, issued_by_id) SELECT organisation_id, year, 1 + (SELECT max(sequence) FROM "
        "certificates), 'TX-9', kind, volunteer_id, award_id, 2, name, payload, signature, "
        "signing_key_id, 'x' || verify_code, 0, issued_at, issued_by_id FROM certificates "
        "WHERE volunteer_id IS NOT NULL ORDER BY id LIMIT 1"
    )
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(twice))


# ── the page, and what is printed ─────────────────────────────────────────────────────────

PAGE = f"/awards/TX/{YEAR}/certificates"


@pytest.fixture
def client(app: Flask, final: Community, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setattr("tests.service.conftest.NOW", AFTER_NOTICE)
    with time_machine.travel(AFTER_NOTICE, tick=False):
        yield Town(app, final).browser("organiser")


def test_the_page_issues_and_shows_them(client: FlaskClient, final: Community) -> None:
    assert "not issued yet" in client.get(PAGE).text
    assert client.post(PAGE).status_code == 303
    with statements() as sent:
        page = client.get(PAGE)
    assert len(sent) <= 18
    assert f"TX-{YEAR}-0001" in page.text
    assert "shared place 2" in page.text
    assert "not issued yet" not in page.text
    assert client.get("/awards/NO/2025/certificates").status_code == 404


@pytest.mark.parametrize("kind", ["pdf", "zip"])
def test_all_of_them_are_printed_by_a_job(
    client: FlaskClient, app: Flask, final: Community, kind: str
) -> None:
    client.post(PAGE)
    answer = client.post(f"/awards/TX/{YEAR}/certificates.{kind}")
    assert answer.status_code == 303
    assert Worker(lambda: [app]).work_off(app) == 1
    page = client.get(answer.location).text
    file_id = page.split('href="/files/', 1)[1].split('"', 1)[0]
    body = client.get(f"/files/{file_id}").data
    keys = {key.key_id: key.public_key for key in public_keys(db.session())}
    if kind == "pdf":
        assert read_file(body).is_authentic(keys)
        return
    packed = ZipFile(BytesIO(body))
    assert packed.namelist() == [f"{row.number}.pdf" for row in rows(final)]
    for name in packed.namelist():
        assert read_file(packed.read(name)).is_authentic(keys)


def test_a_second_tap_prints_nothing_more(client: FlaskClient) -> None:
    client.post(PAGE)
    page = client.get(PAGE).text
    (key,) = re.findall(r'certificates.pdf".*?name="key"[^>]*value="([^"]+)"', page)
    taps = [client.post(f"/awards/TX/{YEAR}/certificates.pdf", data={"key": key}) for _ in range(2)]
    assert taps[0].location == taps[1].location
    assert db.session().scalar(text("SELECT count(*) FROM jobs")) == 1


def test_a_title_is_signed_in_the_language_of_the_house(
    app: Flask, year: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever clicks may read English; what hangs on the wall is Chinese."""
    save(year, PLAIN._replace(titles=(Title("kind", 1, "志愿先锋"),)))
    correct_list(year)
    later = AFTER_NOTICE + timedelta(days=7)
    make_final(year, later)
    monkeypatch.setattr("tests.service.conftest.NOW", later)
    with time_machine.travel(later, tick=False):
        Town(app, year).browser("organiser").post(PAGE)
    assert {row.says.title for row in rows(year)} == {"居民·志愿先锋"}
