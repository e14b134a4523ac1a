"""How one is told: the address is confirmed by a code, masked for others, and one's own choice."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.clock import now
from app.db import db, transaction
from app.notices.models import AddressCode, NoticeAddress, NoticeChoice
from app.notices.working import send_due
from app.people.models import Helper, Login, SignInSession
from app.trail.models import TrailRow
from tests.notices.conftest import messages, told, volunteer_id
from tests.web.cast import Cast, sign_in_as

PAGE = "/me/notices/settings"
ADDRESS = "lichun@example.com"


@pytest.fixture
def volunteer(app: Flask, cast: Cast) -> FlaskClient:
    client = sign_in_as(app, cast, "volunteer")
    client.set_cookie("qicai_language", "en")
    return client


def outbox(app: Flask) -> list[Any]:
    return list(getattr(app.extensions["mailman"], "outbox", []))


def ask(client: FlaskClient, address: str = ADDRESS, key: str = "") -> int:
    form = {"address": address, "key": key}
    return client.post(f"{PAGE}/email/address", data=form).status_code


def code_sent(app: Flask) -> str:
    send_due(app, worker="one")
    found = re.search(r"\b[0-9]{6}\b", outbox(app)[-1].body)
    assert found
    return found[0]


def confirm(client: FlaskClient, code: str) -> Any:
    return client.post(f"{PAGE}/email/confirm", data={"code": code})


def test_an_address_counts_once_its_code_came_back(
    app: Flask, volunteer: FlaskClient, cast: Cast
) -> None:
    assert ask(volunteer) == 303
    assert db.session.scalars(select(NoticeAddress)).all() == []
    assert "l***@example.com" in volunteer.get(PAGE).text
    assert confirm(volunteer, code_sent(app)).status_code == 303
    page = volunteer.get(PAGE).text
    assert ADDRESS in page
    assert "Confirmed" in page
    told(volunteer_id(cast), at=now())
    assert [message.state for message in messages()] == ["sent", "waiting"]


def test_a_code_is_not_kept_anywhere(app: Flask, volunteer: FlaskClient) -> None:
    ask(volunteer)
    code = code_sent(app)
    for table in ("address_codes", "notice_messages", "trail"):
        rows = db.session.execute(db.text(f"SELECT * FROM {table}")).all()
        assert not any(code in str(value) for row in rows for value in row if value)
    db.session.rollback()


def test_the_trail_masks_the_address(app: Flask, volunteer: FlaskClient) -> None:
    ask(volunteer)
    confirm(volunteer, code_sent(app))
    volunteer.post(f"{PAGE}/email/remove")
    rows = db.session.scalars(
        select(TrailRow).where(TrailRow.operation.like("%address%")).order_by(TrailRow.id)
    ).all()
    operations = [row.operation for row in rows]
    assert operations == ["ask_address_code", "confirm_address", "remove_address"]
    assert all("l***@example.com" in (row.after or "") for row in rows)
    db.session.rollback()


def test_a_wrong_code_says_how_often_it_may_be_tried(app: Flask, volunteer: FlaskClient) -> None:
    ask(volunteer)
    right = code_sent(app)
    wrong = "000000" if right != "000000" else "000001"
    answers = [confirm(volunteer, wrong) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {422}
    assert "4 tries are left" in answers[0].text
    assert "<title>Error" in answers[0].text
    assert "no longer counts" in confirm(volunteer, right).text


def test_a_code_ends_after_half_an_hour(app: Flask, volunteer: FlaskClient) -> None:
    ask(volunteer)
    code = code_sent(app)
    with transaction() as session:
        session.execute(update(AddressCode).values(expires_at=now() - timedelta(seconds=1)))
    assert "no longer counts" in confirm(volunteer, code).text


def test_a_new_code_ends_the_one_before(app: Flask, volunteer: FlaskClient) -> None:
    ask(volunteer)
    first = code_sent(app)
    ask(volunteer, "other@example.com")
    assert confirm(volunteer, first).status_code == 422
    assert confirm(volunteer, code_sent(app)).status_code == 303
    assert db.session.scalars(select(NoticeAddress.address)).one() == "other@example.com"
    db.session.rollback()


def test_codes_are_sent_five_times_a_day(volunteer: FlaskClient) -> None:
    answers = [ask(volunteer, f"lichun{number}@example.com") for number in range(6)]
    assert answers == [303] * 5 + [422]


def test_nobody_is_mailed_codes_by_many(app: Flask, cast: Cast, volunteer: FlaskClient) -> None:
    leader = sign_in_as(app, cast, "leader")
    assert [ask(volunteer) for _ in range(3)] == [303] * 3
    assert [ask(leader) for _ in range(3)] == [303, 303, 422]


def test_a_double_tap_sends_one_code(volunteer: FlaskClient) -> None:
    key = re.search(r'name="key"[^>]*value="([^"]+)"', volunteer.get(PAGE).text)
    assert key
    assert [ask(volunteer, key=key[1]) for _ in range(2)] == [303, 303]
    assert len(messages()) == 1


@pytest.mark.parametrize("typed", ["", "lichun", "a@b.cn\r\nBcc: c@d.cn", "a@b"])
def test_a_bad_address_is_refused_and_kept(volunteer: FlaskClient, typed: str) -> None:
    answer = volunteer.post(f"{PAGE}/email/address", data={"address": typed})
    assert answer.status_code == 422
    assert "<title>Error" in answer.text
    assert messages() == []


def test_an_unknown_channel_is_not_found(volunteer: FlaskClient) -> None:
    for verb in ("", "/address", "/confirm", "/remove"):
        assert volunteer.post(f"{PAGE}/pigeon{verb}").status_code == 404


def test_a_wrong_method_is_named(volunteer: FlaskClient) -> None:
    assert volunteer.get(f"{PAGE}/email/remove").status_code == 405


def test_groups_are_chosen(app: Flask, volunteer: FlaskClient) -> None:
    ask(volunteer)
    confirm(volunteer, code_sent(app))
    form = {"group": ["record", "account"]}
    assert volunteer.post(f"{PAGE}/email", data=form).status_code == 303
    off = set(db.session.scalars(select(NoticeChoice.kind_group)))
    db.session.rollback()
    assert off == {"sign_up", "activity", "dispute"}
    assert volunteer.get(PAGE).text.count(" checked") == 2


def act_for(cast: Cast, ward_id: int) -> None:
    helper = volunteer_id(cast)
    with transaction() as session:
        session.add(
            Helper(volunteer_id=ward_id, helper_id=helper, kind="helper", from_on=date(2020, 1, 1))
        )
        session.execute(update(SignInSession).values(acting_for_id=ward_id))


def test_a_ward_with_an_account_settles_it_there(volunteer: FlaskClient, cast: Cast) -> None:
    ward = volunteer_id(cast, "leader")
    with transaction() as session:
        session.query(Login).filter_by(volunteer_id=ward).one().password_hash = "x"
    act_for(cast, ward)
    assert "has an account and settles this there" in volunteer.get(PAGE).text
    assert ask(volunteer) == 422
    assert messages() == []


def test_for_a_ward_without_one_the_helper_does_and_it_is_marked(
    app: Flask, volunteer: FlaskClient, cast: Cast
) -> None:
    ward = volunteer_id(cast, "leader")
    act_for(cast, ward)
    ask(volunteer)
    confirm(volunteer, code_sent(app))
    row = db.session.scalars(select(TrailRow).where(TrailRow.operation == "confirm_address")).one()
    assert (row.on_behalf_of_id, row.subject_id) == (ward, ward)
    db.session.rollback()
    # What somebody else typed is nobody's to read off here.
    assert ADDRESS not in volunteer.get(PAGE).text
