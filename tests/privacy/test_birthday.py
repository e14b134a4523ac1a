"""The fourteenth birthday, page by page: what a guardian said, and from midnight on oneself.

The minute before and the minute at midnight of the organisation's own zone, wherever that lies.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient

from app.clock import now, today_in
from app.db import db, transaction
from app.organisations.models import Organisation, Setting
from app.people.models import Helper, PurposeConsent
from app.people.rules.consent import OWN_CONSENT_AGE
from app.teams.models import HelperAsk, JoinRequest
from tests.privacy.conftest import let_act, person
from tests.web.cast import Cast

# Where a day begins last and first of all: in both UTC has another date for half of it.
ZONES = ("Pacific/Honolulu", "Pacific/Kiritimati")
CHILD, GUARDIAN = "立春", "谷雨"

Browser = Callable[[str], FlaskClient]


@pytest.fixture(params=ZONES)
def midnight(request: pytest.FixtureRequest, cast: Cast) -> datetime:
    """Make the volunteer a child with a guardian until a midnight; return it."""
    zone = request.param
    birthday = today_in(zone) + timedelta(days=2)
    with transaction() as session:
        root = session.query(Organisation).filter_by(parent_id=None).one().id
        session.add(Setting(organisation_id=root, key="time_zone", value=zone))
    let_act(CHILD, GUARDIAN, "guardian", born_on=born_of(birthday))
    return datetime.combine(birthday, time(), ZoneInfo(zone))


def born_of(birthday: date) -> date:
    try:
        return birthday.replace(year=birthday.year - OWN_CONSENT_AGE)
    except ValueError:  # 29 February
        return date(birthday.year - OWN_CONSENT_AGE, 3, 1)


def on_the_eve_and_after(
    midnight: datetime, browser: Browser, role: str, act: Callable[[FlaskClient], int]
) -> tuple[int, int]:
    """Return what an act is answered a minute before midnight, and at it."""
    answers = []
    for at in (midnight - timedelta(minutes=1), midnight):
        with time_machine.travel(at, tick=False):
            answers.append(act(browser(role)))
    return answers[0], answers[1]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/me/named", {"is_named": "y"}),
        ("/me/consent/photos", {"given": "y"}),
        ("/me/consent", {}),
    ],
    ids=["boards", "photos", "notice"],
)
def test_from_midnight_on_one_agrees_alone(
    midnight: datetime, browser: Browser, path: str, sent: dict[str, str]
) -> None:
    found = on_the_eve_and_after(
        midnight, browser, "volunteer", lambda client: client.post(path, data=sent).status_code
    )
    assert found == (422, 303)


def test_the_page_offers_what_one_may_say(midnight: datetime, browser: Browser) -> None:
    def offers(client: FlaskClient) -> int:
        return client.get("/me/consent").text.count('name="is_named" value="y"')

    assert on_the_eve_and_after(midnight, browser, "volunteer", offers) == (0, 1)


def test_the_photos_of_a_child_are_seen_from_midnight_on(
    cast: Cast, midnight: datetime, browser: Browser
) -> None:
    path = f"/pictures/{cast.own['volunteer']['picture_id']}/small"
    found = on_the_eve_and_after(
        midnight, browser, "organiser", lambda client: client.get(path).status_code
    )
    assert found == (404, 200)


@pytest.mark.parametrize("is_given", [True, False])
def test_what_the_guardian_said_of_photos_stays_until_another_word(
    cast: Cast, midnight: datetime, browser: Browser, is_given: bool
) -> None:
    with transaction() as session:
        said = PurposeConsent(
            volunteer_id=person(CHILD).id, purpose="photos", is_given=is_given, given_at=now(),
            given_by="guardian", signed_by="guardian", guardian_id=person(GUARDIAN).id,
        )  # fmt: skip
        session.add(said)
    path = f"/pictures/{cast.own['volunteer']['picture_id']}/small"
    status = 200 if is_given else 404
    found = on_the_eve_and_after(
        midnight, browser, "organiser", lambda client: client.get(path).status_code
    )
    assert found == (status, status)
    with time_machine.travel(midnight, tick=False):
        other = {"given": "n" if is_given else "y"}
        assert browser("volunteer").post("/me/consent/photos", data=other).status_code == 303
        assert browser("organiser").get(path).status_code == (404 if is_given else 200)


def test_a_helper_is_asked_for_alone(midnight: datetime, browser: Browser) -> None:
    helper = person("小满")
    sent = {"number": helper.number, "name": helper.name}
    with transaction() as session:
        session.query(HelperAsk).delete()
    found = on_the_eve_and_after(
        midnight,
        browser,
        "volunteer",
        lambda client: client.post("/me/acting/ask", data=sent).status_code,
    )
    assert found == (422, 303)


def test_a_guardian_is_let_go_by_oneself_from_midnight_on(
    midnight: datetime, browser: Browser
) -> None:
    acting_id = db.session.query(Helper.id).filter_by(volunteer_id=person(CHILD).id).scalar()
    found = on_the_eve_and_after(
        midnight,
        browser,
        "volunteer",
        lambda client: client.post(f"/me/acting/{acting_id}/end").status_code,
    )
    assert found == (403, 303)


@pytest.mark.parametrize(
    ("where", "field"), [("named", "signed"), ("consents/photos", "photos-signed")]
)
def test_on_paper_the_own_signature_counts_from_midnight_on(
    midnight: datetime, browser: Browser, where: str, field: str
) -> None:
    path = f"/admin/people/{person(CHILD).id}/{where}"
    sent = {field: "person"}
    found = on_the_eve_and_after(
        midnight, browser, "organiser", lambda client: client.post(path, data=sent).status_code
    )
    assert found == (422, 303)


def test_who_asks_to_join_on_that_day_needs_no_guardian(
    midnight: datetime, browser: Browser
) -> None:
    sent = {
        "name": "秋分", "phone": "13800000071", "age": "adult", "agrees": "y",
        "born_on": born_of(midnight.date()).isoformat(),
    }  # fmt: skip
    found = on_the_eve_and_after(
        midnight, browser, "visitor", lambda client: client.post("/join", data=sent).status_code
    )
    assert found == (422, 303)
    kept = db.session.query(JoinRequest).filter_by(name="秋分").one()
    assert (kept.consent_by, kept.guardian_name) == ("self", None)
