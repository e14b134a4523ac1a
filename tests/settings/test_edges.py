"""Query budgets of the settings' pages, and addresses and fields that nobody sends by hand."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.db import transaction
from app.organisations.operations import create_organisation
from app.points.operations import create_first_rule_version
from tests.settings.conftest import organisation_id
from tests.teams.conftest import queries_of
from tests.web.cast import NOW

BUDGETS = {
    "/admin/settings/TX": 13,
    "/admin/settings/TX/figures/two_people": 17,
    "/admin/settings/TX/calendar": 17,
    "/admin/settings/TX/service-days": 15,
    "/admin/settings/TX/colours": 14,
    "/admin/points/TX": 16,
    "/admin/points/TX/new": 14,
    "/admin/organisations": 11,
    "/more": 8,
}
PLACES = (
    "settings/{0}", "settings/{0}/figures/two_people", "settings/TX/figures/{0}",
    "settings/{0}/calendar", "settings/{0}/colours", "settings/TX/colours/{0}",
    "points/{0}", "points/{0}/new", "points/TX/{0}/edit", "organisations/{0}",
    "organisations/{0}/move",
)  # fmt: skip
WILD = ("%00", "%F0%9F%98%80", "..%2f..", "9" * 40, "-1", "' OR 1=1", "涂新", "a" * 3000)
FORMS = (
    "settings/TX/figures/daily_limit_minutes", "settings/TX/figures/two_people",
    "settings/TX/figures/star_hours", "settings/TX/figures/time_zone", "settings/TX/calendar",
    "settings/TX/calendar/remove", "settings/TX/service-days",
    "settings/TX/service-days/withdraw", "points/TX/new", "organisations/add",
    "organisations/TX", "organisations/TX/move",
)  # fmt: skip
FIELDS = (
    "value", "day_on", "kind", "name", "substitute_on", "reason", "effective_from",
    "service_day_percent", "step_hundredths", "rate_1", "code", "parent", "do",
)  # fmt: skip


@pytest.mark.parametrize(("path", "most"), BUDGETS.items())
def test_a_page_asks_no_more_for_many_organisations(
    root_desk: FlaskClient, path: str, most: int
) -> None:
    root_desk.get(path)
    few = queries_of(lambda: root_desk.get(path))
    home = organisation_id("TX")
    with transaction() as session:
        for n in range(30):
            create_organisation(
                session, code=f"E{n}", name=f"小区{n}", parent_id=home, actor_id=None, now=NOW
            )
    many = queries_of(lambda: root_desk.get(path))
    assert many == few
    assert few <= most


@pytest.mark.parametrize("wild", WILD, ids=range(len(WILD)))
def test_no_address_ends_in_a_failure(desk: FlaskClient, wild: str) -> None:
    for place in PLACES:
        for method in ("GET", "POST"):
            answer = desk.open(f"/admin/{place.format(wild)}", method=method)
            assert answer.status_code in {303, 400, 404, 405, 422}, (place, answer.status_code)


@pytest.mark.parametrize(
    "typed", ["\x00", "\ud800", "9" * 400, "1e9", "NaN", "0001-01-01", "9999-12-31", "🙂" * 50]
)
def test_no_field_ends_in_a_failure(desk: FlaskClient, typed: str) -> None:
    root_id = organisation_id("JD")
    with transaction() as session:
        create_first_rule_version(session, root_id, None, NOW)
    data = dict.fromkeys(FIELDS, typed.encode("utf-8", "surrogatepass"))
    for form in FORMS:
        answer = desk.post(f"/admin/{form}", data=data)
        assert answer.status_code in {303, 400, 404, 422}, (form, answer.status_code)
    assert desk.get("/admin/settings/TX/calendar").status_code == 200
