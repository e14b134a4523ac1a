"""The pages of certificates, asked the six questions."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.certificates.rules.numbers import shown_verify_code
from app.certificates.rules.refusals import MOST_MISSES
from app.db import db, transaction
from app.service.operations import reverse_record
from tests.certificates.issuing import issued, row
from tests.service.community import NOW
from tests.service.conftest import Town, key_in, statements

NEW = "/me/certificates/new"


@pytest.fixture
def served(town: Town) -> Town:
    """The town, where the fourth person served."""
    town.community.log(town.community.line(3, 120))
    return town


def visitor(town: Town) -> FlaskClient:
    """Return the browser of somebody who reads English and is not signed in."""
    client = town.browser("visitor")
    client.set_cookie("qicai_language", "en")
    return client


def test_a_volunteer_looks_first_and_then_issues(served: Town) -> None:
    client = served.browser("volunteer")
    page = client.get(f"{NEW}?span=2026").text
    assert "TX00004" in page
    assert served.one("SELECT count(*) FROM certificates") == 0
    form = {"span": "2026", "key": key_in(page)}
    answers = [client.post(NEW, data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert served.one("SELECT count(*) FROM certificates") == 1
    assert "TX-2026-0001" in client.get(answers[0].location).text


@pytest.mark.parametrize(
    "query",
    ["span=2025", "span=range&from_on=2026-02-01&until_on=2026-01-01", "span=x", "span=range"],
)
def test_a_time_that_cannot_be_certified_is_refused(served: Town, query: str) -> None:
    client = served.browser("volunteer")
    page = client.get(f"{NEW}?{query}")
    assert page.status_code == 200
    assert "Issue it" not in page.text
    form = dict(pair.split("=") for pair in query.split("&"))
    assert client.post(NEW, data=form).status_code == 422


def test_a_range_of_days_is_certified(served: Town) -> None:
    query = "span=range&from_on=2026-01-27&until_on=2026-01-28"
    page = served.browser("volunteer").get(f"{NEW}?{query}").text
    assert "Issue it" in page


def test_others_and_missing_ones_are_not_found(served: Town) -> None:
    made = issued(served.community)
    for who in ("leader", "co_leader", "organiser"):
        assert served.browser(who).get(f"/me/certificates/{made.id}").status_code == 404
    assert served.browser("volunteer").get("/me/certificates/999").status_code == 404
    assert served.browser("volunteer").get(f"/certificates/{made.id}").status_code == 404
    assert visitor(served).get(f"/me/certificates/{made.id}").status_code == 303
    assert served.browser("volunteer").post(f"/me/certificates/{made.id}").status_code == 405


def test_its_pages_ask_little(served: Town) -> None:
    made = issued(served.community)
    client = served.browser("volunteer")
    for path in ("/me/certificates", f"/me/certificates/{made.id}", f"{NEW}?span=lifetime"):
        client.get(path)
        with statements() as sent:
            assert client.get(path).status_code == 200
        assert len(sent) <= 18, path


def test_the_file_is_the_one_that_is_checked(served: Town) -> None:
    made = issued(served.community)
    answer = served.browser("volunteer").get(f"/me/certificates/{made.id}/file.json")
    assert json.loads(answer.data)["certificate"]["number"] == made.number
    assert answer.headers["Content-Disposition"].startswith("attachment")
    keys = visitor(served).get("/.well-known/qicai-certificates.json").get_json()
    assert [key["id"] for key in keys["keys"]] == [made.key_id]


def test_anybody_verifies_and_sees_no_full_name(served: Town) -> None:
    made = issued(served.community)
    answer = visitor(served).get(f"/verify/{shown_verify_code(made.verify_code).lower()}")
    assert answer.status_code == 200
    assert "Genuine" in answer.text
    assert made.number in answer.text
    assert "春*" in answer.text
    assert "春分" not in answer.text
    assert "TX00004" not in answer.text
    assert answer.headers["X-Robots-Tag"].startswith("noindex")


def test_a_typed_code_leads_there(served: Town) -> None:
    made = issued(served.community)
    client = visitor(served)
    answer = client.post("/verify", data={"code": shown_verify_code(made.verify_code)})
    assert answer.location == f"/verify/{made.verify_code}"
    assert client.post("/verify", data={"code": "abc"}).status_code == 422


def test_guessing_is_told_to_wait_and_until_when(served: Town) -> None:
    made = issued(served.community)
    client = visitor(served)
    unknown = [client.get(f"/verify/{'0' * 28}").status_code for _ in range(MOST_MISSES)]
    assert unknown == [404] * MOST_MISSES
    answer = client.get(f"/verify/{made.verify_code}")
    assert answer.status_code == 429
    assert "17:10" in answer.text
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get(f"/verify/{made.verify_code}", environ_base=far).status_code == 200


def test_a_correction_after_the_issue_is_told(served: Town) -> None:
    made = issued(served.community)
    record_id = served.one("SELECT min(id) FROM service_records")
    with transaction() as session:
        reverse_record(
            session,
            record_id,
            actor=served.community.actor("organiser"),
            now=NOW,
            reason="记错了",
            key="undo",
        )
    page = visitor(served).get(f"/verify/{made.verify_code}").text
    assert "corrected after issue" in page
    assert "2 hours" in page


def test_an_organiser_issues_for_somebody_without_a_sign_in(served: Town) -> None:
    served.community.log(served.community.line(5, 60))
    client = served.browser("organiser")
    page = client.get("/certificates/for/TX00006?span=lifetime").text
    answer = client.post(
        "/certificates/for/TX00006", data={"span": "lifetime", "key": key_in(page)}
    )
    assert answer.status_code == 303
    assert "谷雨" in client.get(answer.location).text
    told = served.one("SELECT count(*) FROM notices WHERE kind = 'certificate.issued'")
    assert told == 1
    assert served.browser("organiser_below").get("/certificates/for/TX00006").status_code == 404


def test_revoking_needs_a_reason_and_shows_at_once(served: Town) -> None:
    made = issued(served.community)
    client, path = served.browser("organiser"), f"/certificates/{made.id}/revoke"
    assert client.post(path, data={"category": "mistake"}).status_code == 422
    assert client.post(path, data={"reason": "x", "category": "replaced"}).status_code == 422
    done = client.post(path, data={"category": "mistake", "reason": "姓名写错"})
    assert done.status_code == 303
    page = visitor(served).get(f"/verify/{made.verify_code}").text
    assert "Revoked" in page
    assert "It contains a mistake" in page
    assert "姓名写错" not in page
    again = client.post(path, data={"category": "mistake", "reason": "again"})
    assert again.status_code == 422


def test_a_replacement_names_the_old_one(served: Town) -> None:
    made = issued(served.community)
    client = served.browser("organiser")
    done = client.post(f"/certificates/{made.id}/replace", data={"reason": "纸坏了"})
    new = row(int(done.location.rsplit("/", 1)[1]))
    assert (new.number, new.says.replaces) == ("TX-2026-0002", made.number)
    assert row(made.id).state == "replaced"
    page = visitor(served).get(f"/verify/{made.verify_code}").text
    assert "TX-2026-0002" in page
    assert client.post(f"/certificates/{made.id}/replace", data={"reason": "x"}).status_code == 422


def test_the_list_is_searched_and_narrowed(served: Town) -> None:
    made = issued(served.community)
    client = served.browser("organiser")
    for query in ("", "?find=春分", "?find=tx-2026", "?kind=service&year=2026&state=valid"):
        assert made.number in client.get(f"/certificates{query}").text
    for query in ("?find=%25", "?kind=award", "?year=2025", "?state=revoked"):
        assert made.number not in client.get(f"/certificates{query}").text
    below = served.browser("organiser_below").get("/certificates").text
    assert made.number not in below


def test_every_operation_leaves_its_trail(served: Town) -> None:
    made = issued(served.community)
    client = served.browser("organiser")
    client.post(f"/certificates/{made.id}/replace", data={"reason": "纸坏了"})
    rows = db.session.execute(
        text(
            "SELECT operation FROM trail WHERE subject_kind IN ('certificate', 'signing_key') "
            "ORDER BY id"
        )
    )
    assert [each[0] for each in rows] == [
        "signing_key.make",
        "certificate.issue",
        "certificate.revoke",
        "certificate.issue",
    ]
