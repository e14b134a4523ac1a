"""The inbox: the six questions, what is unread, in whose language, and whose it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.db import db, transaction
from app.notices.models import Notice
from app.notices.operations import tell, tell_logins
from app.people.models import Login, SignInSession
from tests.web.cast import Cast, sign_in_as

AT = datetime(2026, 4, 2, 3, tzinfo=UTC)
PAGE = "/me/notices"


@pytest.fixture
def volunteer(app: Flask, cast: Cast) -> FlaskClient:
    client = sign_in_as(app, cast, "volunteer")
    client.set_cookie("qicai_language", "en")
    return client


def volunteer_id(cast: Cast, role: str = "volunteer") -> int:
    found = db.session.scalar(select(Login.volunteer_id).where(Login.id == cast.logins[role]))
    assert found is not None
    return found


def told(cast: Cast, *, times: int = 1, role: str = "volunteer", path: str = "/me") -> None:
    person = volunteer_id(cast, role)
    with transaction() as session:
        for number in range(times):
            tell(
                session,
                "test.moved",
                [person],
                figures={"day_on": date(2026, 5, 2), "place": f"Hall {number}"},
                path=path,
                at=AT + timedelta(minutes=number),
                subject_kind="activity",
                subject_id=number + 1,
            )


def unread(client: FlaskClient) -> int:
    text = client.get(PAGE).text
    return text.count("q-tag--info")


def test_a_notice_is_said_and_marked_unread_by_a_word(volunteer: FlaskClient, cast: Cast) -> None:
    told(cast)
    page = volunteer.get(PAGE).text
    assert "Moved to May 2, 2026, Hall 0." in page
    assert ">Unread<" in page


def test_it_is_said_in_the_language_of_the_reading(volunteer: FlaskClient, cast: Cast) -> None:
    told(cast)
    volunteer.set_cookie("qicai_language", "zh_Hans")
    assert "2026年5月2日" in volunteer.get(PAGE).text


def test_the_newest_stands_first(volunteer: FlaskClient, cast: Cast) -> None:
    told(cast, times=2)
    page = volunteer.get(PAGE).text
    assert page.index("Hall 1") < page.index("Hall 0")


def test_opening_marks_it_and_leads_there(volunteer: FlaskClient, cast: Cast) -> None:
    told(cast, path="/me/ledger")
    newest = db.session.scalars(select(Notice.id).order_by(Notice.id.desc())).first()
    before = unread(volunteer)
    answer = volunteer.post(f"{PAGE}/{newest}/open")
    assert (answer.status_code, answer.location) == (303, "/me/ledger")
    assert unread(volunteer) == before - 1


def test_the_bell_counts_what_is_unread(volunteer: FlaskClient, cast: Cast) -> None:
    told(cast, times=3)
    # One more stands in the cast.
    assert 'class="q-badge">4<span class="q-sr"> unread' in volunteer.get("/me").text
    volunteer.post(f"{PAGE}/read", data={"up_to": "999999"})
    assert "> unread<" not in volunteer.get("/me").text


def test_a_visitor_has_no_bell(client: FlaskClient, cast: Cast) -> None:
    assert "q-bell" not in client.get("/").text


def test_what_came_after_the_page_stays_unread(volunteer: FlaskClient, cast: Cast) -> None:
    told(cast, times=2)
    ids = sorted(db.session.scalars(select(Notice.id)))
    volunteer.post(f"{PAGE}/read", data={"up_to": str(ids[-2])})
    assert unread(volunteer) == 1


@pytest.mark.parametrize("typed", ["", "x", "-1", "１", "9" * 30])
def test_a_bad_form_marks_nothing(volunteer: FlaskClient, cast: Cast, typed: str) -> None:
    told(cast)
    before = unread(volunteer)
    assert volunteer.post(f"{PAGE}/read", data={"up_to": typed}).status_code == 303
    assert unread(volunteer) == before > 0


@pytest.mark.parametrize("number", ["999999", "9" * 30])
def test_a_missing_one_is_not_found(volunteer: FlaskClient, number: str) -> None:
    assert volunteer.post(f"{PAGE}/{number}/open").status_code == 404


def test_somebody_elses_is_not_found(app: Flask, volunteer: FlaskClient, cast: Cast) -> None:
    told(cast, role="leader")
    newest = db.session.scalars(select(Notice.id).order_by(Notice.id.desc())).first()
    assert volunteer.post(f"{PAGE}/{newest}/open").status_code == 404
    assert "Hall 0" not in volunteer.get(PAGE).text


def test_a_kind_that_has_gone_breaks_nothing(volunteer: FlaskClient) -> None:
    assert "What it said can no longer be shown." in volunteer.get(PAGE).text


def test_other_figures_than_the_kind_wants_break_nothing(
    volunteer: FlaskClient, cast: Cast
) -> None:
    told(cast)
    with transaction() as session:
        session.execute(update(Notice).values(figures="{}"))
    assert "Moved to" not in volunteer.get(PAGE).text


def test_a_long_inbox_goes_page_by_page(volunteer: FlaskClient, cast: Cast) -> None:
    told(cast, times=31)
    first = volunteer.get(PAGE).text
    assert "Hall 30" in first
    assert "Hall 0." not in first
    oldest_shown = db.session.scalars(
        select(Notice.id).order_by(Notice.id.desc()).offset(29).limit(1)
    ).one()
    assert "Hall 0." in volunteer.get(f"{PAGE}?before={oldest_shown}").text


def test_a_login_without_a_volunteer_has_an_inbox(app: Flask, cast: Cast) -> None:
    with transaction() as session:
        tell_logins(
            session,
            "test.off",
            [cast.logins["organiser"]],
            figures={},
            path="/waiting",
            at=AT,
            subject_kind="activity",
            subject_id=1,
        )
    desk = sign_in_as(app, cast, "organiser")
    desk.set_cookie("qicai_language", "en")
    assert "It is off today." in desk.get(PAGE).text


def test_while_acting_for_a_ward_the_wards_stand_there(
    app: Flask, volunteer: FlaskClient, cast: Cast
) -> None:
    told(cast)
    told(cast, role="leader", times=2)
    _act_for(cast, volunteer_id(cast, "leader"))
    page = volunteer.get(PAGE).text
    assert "Hall 1" in page


def _act_for(cast: Cast, ward_id: int) -> None:
    from app.people.models import Helper

    with transaction() as session:
        session.add(
            Helper(
                volunteer_id=ward_id,
                helper_id=volunteer_id(cast),
                kind="helper",
                from_on=date(2020, 1, 1),
            )
        )
        session.execute(update(SignInSession).values(acting_for_id=ward_id))
