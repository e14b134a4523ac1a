"""The sheet of the list comes in again as a roster, and nothing is changed by it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.clock import now, today_in
from app.db import db, snapshot, transaction
from app.imports.operations import Report, preview, read_file
from app.people.models import Volunteer
from app.teams.models import Membership, Team
from app.teams.queries import actor_of
from tests.web.cast import Cast, sign_in_as

ON = today_in("Asia/Shanghai")
PHONE = "13812340028"


@pytest.fixture
def rich(cast: Cast) -> Cast:
    """The cast with phones, dates, kinds, two teams of one, a leader, and one who has left."""
    with transaction() as session:
        people = session.query(Volunteer).order_by(Volunteer.id).all()
        for place, one in enumerate(people):
            one.phone = f"138123400{place:02d}" if place % 2 else PHONE
            one.sex = ("female", "male", None)[place % 3]
            one.kind = ("party", "social", "resident")[place % 3]
            one.born_on = None if place % 4 == 3 else ON.replace(year=1950 + place, month=1, day=2)
        both = session.query(Team).filter_by(code="TX-blue").one()
        here = session.query(Membership).join(Team, Team.id == Membership.team_id)
        first = here.filter(Team.code == "TX-red").order_by(Membership.id).first()
        assert first is not None
        session.add(
            Membership(
                team_id=both.id, volunteer_id=first.volunteer_id, role="leader",
                from_on=ON.replace(month=1, day=1),
            )
        )  # fmt: skip
    return cast


def brought(cast: Cast, content: bytes, name: str) -> Report:
    file = read_file("roster", content, name)
    with snapshot() as session:
        actor = actor_of(session, cast.logins["organiser"], ON)
        return preview(session, file, actor=actor, now=now(), today=ON, skip_refused=False)


def desk_in(app, cast: Cast, language: str) -> FlaskClient:
    client = sign_in_as(app, cast, "organiser")
    client.set_cookie("qicai_language", language)
    return client


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "zh_Hans", "zh_Hant"])
def test_every_row_that_went_out_comes_in_as_known(app, rich, kind, language) -> None:
    desk = desk_in(app, rich, language)
    answer = desk.post(f"/admin/people/list.{kind}")
    report = brought(rich, answer.data, f"people.{kind}")
    assert (report.refused, report.created, report.updated) == ([], 0, 0)
    assert report.duplicates > 2


def test_no_phone_goes_out_in_full_and_none_is_erased(app, rich) -> None:
    content = desk_in(app, rich, "zh_Hans").post("/admin/people/list.csv").data
    assert PHONE.encode() not in content
    assert b"0028" in content
    assert brought(rich, content, "people.csv").updated == 0
    assert db.session.query(Volunteer).filter_by(phone=PHONE).count() > 0


def test_a_cell_changed_on_the_sheet_is_a_change_and_only_that(app, rich) -> None:
    content = desk_in(app, rich, "zh_Hans").post("/admin/people/list.csv").data
    changed = content.decode("utf-8-sig").replace("居民", "党员")
    report = brought(rich, changed.encode(), "people.csv")
    assert report.refused == []
    assert report.updated == content.decode("utf-8-sig").count("居民")


def test_who_has_left_goes_out_and_stays_away(app, rich) -> None:
    desk = desk_in(app, rich, "en")
    person = int(rich.subjects["volunteer_id"]["same_team"])
    old = desk.post("/admin/people/list.csv").data
    leaving = {"kind": "left", "from_on": ON.isoformat(), "reason": "搬走了"}
    desk.post(f"/admin/people/{person}/pause", data=leaving)
    fresh = desk.post("/admin/people/list.csv").data
    report = brought(rich, fresh, "people.csv")
    assert (report.refused, report.updated) == ([], 0)
    # A sheet from before tells nothing new of them; one that would bring them back is refused.
    assert (brought(rich, old, "old.csv").refused, brought(rich, old, "old.csv").updated) == ([], 0)
    known = db.session.get_one(Volunteer, person)
    again = f"编号,姓名,队伍\n{known.number},{known.name},TX-red\n"
    (refusal,) = brought(rich, again.encode(), "again.csv").refused
    assert (refusal.code, refusal.key) == ("not_allowed", "team")


def test_the_sheet_holds_what_the_filters_leave(app, rich) -> None:
    desk = desk_in(app, rich, "en")
    lines = desk.post("/admin/people/list.csv?team=TX-blue").text.splitlines()
    assert len(lines) == 1 + desk.get("/admin/people?team=TX-blue").text.count('<th scope="row"')
