"""Points rules on the desk: read, filled in, previewed, laid down, changed until used."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.db import db, transaction
from app.organisations.models import Organisation
from app.points.models import RuleVersion
from app.points.operations import create_first_rule_version
from app.points.queries import versions_for
from app.service.models import ServiceRecord
from app.service.operations import approve
from app.teams.queries import actor_of
from tests.settings.conftest import changes_of, organisation_id
from tests.web.cast import NOW, SERVED_ON, Cast

PAGE = "/admin/points/TX"


@pytest.fixture(autouse=True)
def first_rule(cast: Cast) -> int:
    root_id = organisation_id("JD")
    with transaction() as session:
        return create_first_rule_version(session, root_id, None, NOW).id


def form(**changed: str) -> dict[str, str]:
    """Return a rule as the form sends it, every rate 1."""
    colours = db.session.execute(db.text("SELECT id FROM colours")).scalars()
    rates = {f"rate_{one}": "1" for one in colours}
    db.session.rollback()
    figures = {"service_day_percent": "30", "service_month_percent": "20"}
    dates = {"effective_from": "2027-01-01", "step_hundredths": "0.1"}
    return {**rates, **figures, **dates, **changed}


def laid(code: str = "TX") -> list[Any]:
    found = versions_for(db.session(), organisation_id(code))
    db.session.rollback()
    return [(str(each.effective_from), each.service_day_percent) for each in found]


def credit() -> None:
    """Approve the volunteer's waiting record of 28 March 2026."""
    with transaction() as session:
        record = session.query(ServiceRecord).filter_by(state="submitted").first()
        assert record
        organiser = actor_of(session, record.recorder_id, NOW.date())
        approve(session, [record.id], actor=organiser, now=NOW)


def test_the_rules_are_listed_with_whose_they_are(desk: FlaskClient) -> None:
    page = desk.get(PAGE).text
    assert "From the beginning" in page
    assert "Inherited from JD社区" in page
    assert "In force" in page
    assert f"{PAGE}/new" in page


def test_a_rule_is_previewed_before_it_is_laid_down(desk: FlaskClient) -> None:
    answer = desk.post(f"{PAGE}/new", data=form(do="preview"))
    assert answer.status_code == 200
    assert "Nothing credited so far changes" in answer.text
    assert 'name="service_day_percent" value="30"' in answer.text
    assert laid() == [("1900-01-01", 50)]
    assert 'value="30"' in desk.post(f"{PAGE}/new", data=form(do="back")).text
    assert desk.post(f"{PAGE}/new", data=form(do="save")).location == PAGE
    assert laid() == [("1900-01-01", 50), ("2027-01-01", 30)]
    assert laid("BY") == [("1900-01-01", 50)]
    assert "Coming" in desk.get(PAGE).text


def test_what_the_preview_shows_is_sent_on(desk: FlaskClient) -> None:
    page = desk.post(f"{PAGE}/new", data=form(do="preview", step_hundredths="0.5")).text
    body = page.split("<main", 1)[1]
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', body))
    assert desk.post(f"{PAGE}/new", data=sent | {"do": "save"}).status_code == 303
    assert db.session.query(RuleVersion).filter_by(step_hundredths=50).count() == 1


def test_the_effect_on_what_was_credited_is_shown(cast: Cast, root_desk: FlaskClient) -> None:
    credit()
    page = root_desk.post(
        "/admin/points/JD/new", data=form(do="preview", service_month_percent="0")
    ).text
    # 90 min of the service day in March: 1.5 × 1.7 as credited, 1.5 × 1.3 with this rule.
    assert "would have been 2 points instead of 2.6 (−0.6)" in page
    assert "more for 0 people, less for 1" in page


def test_a_double_tap_lays_one_rule_down(desk: FlaskClient) -> None:
    for _ in range(2):
        assert desk.post(f"{PAGE}/new", data=form(do="save")).status_code == 303
    assert len(laid()) == 2
    assert changes_of("add_rule_version") == 2


@pytest.mark.parametrize("do", ["preview", "save"])
def test_no_rule_begins_before_what_was_credited(desk: FlaskClient, do: str) -> None:
    credit()
    answer = desk.post(f"{PAGE}/new", data=form(effective_from=str(SERVED_ON), do=do))
    assert answer.status_code == 422
    assert "on Mar 29, 2026 at the earliest" in answer.text
    assert f'value="{SERVED_ON}"' in answer.text
    assert len(laid()) == 1
    later = form(effective_from="2026-03-29", do="save")
    assert desk.post(f"{PAGE}/new", data=later).status_code == 303


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("effective_from", "", "Fill in a date"),
        ("effective_from", "soon", "Fill in a date"),
        ("service_day_percent", "1001", "from 0 to 1000"),
        ("service_day_percent", "5.5", "plain digits"),
        ("service_month_percent", "", "from 0 to 1000"),
        ("step_hundredths", "0", "from 0.01 to 100"),
        ("step_hundredths", "0.005", "from 0.01 to 100"),
        ("rate_1", "-1", "from 0 to 10,000"),
        ("rate_1", "NaN", "from 0 to 10,000"),
        ("rate_1", "１", "from 0 to 10,000"),
        ("rate_1", "10000.01", "from 0 to 10,000"),
    ],
)
def test_a_bad_figure_is_kept_as_typed_with_its_range(
    desk: FlaskClient, field: str, typed: str, said: str
) -> None:
    sent = form()
    name = next(one for one in sent if one.startswith("rate_")) if field == "rate_1" else field
    answer = desk.post(f"{PAGE}/new", data=sent | {name: typed, "do": "save"})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed}"' in answer.text
    assert len(laid()) == 1


def test_what_is_wrong_is_listed_in_the_order_of_the_page(desk: FlaskClient) -> None:
    rate = next(one for one in form() if one.startswith("rate_"))
    wrong = {"service_day_percent": "x", rate: "x", "effective_from": "", "step_hundredths": "x"}
    page = desk.post(f"{PAGE}/new", data=form(**wrong)).text
    listed = re.findall(r'href="#([a-z_0-9]+)"', page.partition("q-errsum")[2])
    order = ["effective_from", rate, "service_day_percent", "step_hundredths"]
    assert list(dict.fromkeys(listed))[:4] == order


def version_id(code: str) -> int:
    home = db.session.query(Organisation.id).filter_by(code=code).scalar_subquery()
    query = db.session.query(RuleVersion.id).filter_by(organisation_id=home)
    found = int(query.order_by(RuleVersion.effective_from.desc()).limit(1).scalar() or 0)
    db.session.rollback()
    return found


def test_a_rule_is_changed_and_taken_back_until_it_is_used(desk: FlaskClient) -> None:
    desk.post(f"{PAGE}/new", data=form(do="save"))
    one = f"{PAGE}/{version_id('TX')}"
    sent = form(service_day_percent="70")
    assert 'value="30"' in desk.get(f"{one}/edit").text
    assert desk.post(f"{one}/edit", data=sent | {"do": "preview"}).status_code == 200
    assert desk.post(f"{one}/edit", data=sent | {"do": "save"}).status_code == 303
    assert laid()[-1] == ("2027-01-01", 70)
    assert desk.post(f"{one}/withdraw").status_code == 303
    assert len(laid()) == 1
    assert changes_of("withdraw_rule_version") == 1


def test_a_used_rule_is_not_changed(root_desk: FlaskClient) -> None:
    credit()
    one = f"/admin/points/JD/{version_id('JD')}"
    assert "cannot be changed" in root_desk.get("/admin/points/JD").text
    answer = root_desk.post(f"{one}/edit", data=form(do="save"))
    assert answer.status_code == 422
    assert "a change is a new rule from a later date" in answer.text
    assert laid("JD") == [("1900-01-01", 50)]


def test_the_first_rule_stays(root_desk: FlaskClient) -> None:
    answer = root_desk.post(f"/admin/points/JD/{version_id('JD')}/withdraw")
    assert answer.status_code == 422
    assert "every date needs one" in answer.text


def test_the_rule_of_those_above_is_not_the_own_to_change(desk: FlaskClient) -> None:
    one = version_id("JD")
    assert desk.get(f"{PAGE}/{one}/edit").status_code == 404
    assert desk.post(f"{PAGE}/{one}/withdraw").status_code == 404
    assert desk.get(f"{PAGE}/777/edit").status_code == 404


def test_a_new_rule_begins_next_month_with_the_latest_figures(desk: FlaskClient) -> None:
    desk.post(f"{PAGE}/new", data=form(do="save"))
    page = desk.get(f"{PAGE}/new").text
    assert 'value="30"' in page
    found = re.search(r'name="effective_from"[^>]*value="([^"]+)"', page)
    assert found
    assert date.fromisoformat(found[1]).day == 1
