"""All data along: everything the classification calls a person's, compared with the database."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from app.clock import now
from app.db import db, transaction
from app.jobs.runner import Worker
from app.people.rules.passwords import digest, new_token
from app.privacy.columns import BY_NAME, TABLES
from app.privacy.operations.taking_along import ask_own_data
from app.privacy.rules.exporting import (
    COLUMNS_LEFT_OUT,
    TABLES_LEFT_OUT,
    OnlyGuardians,
    exported_columns,
    exported_tables,
)
from app.teams.queries import actor_of
from app.trail.models import TrailRow
from tests.privacy.conftest import let_act, person, today, years_ago


def taken(app, client) -> dict[str, bytes]:
    """Ask for the file, let the worker make it, return what is in it."""
    answered = client.post("/me/data")
    assert answered.status_code == 303, answered.text
    assert Worker(lambda: [app]).work_off(app) == 1
    page = client.get(answered.location).text
    assert "Done." in page, page
    file_id = db.session.execute(text("SELECT max(id) FROM made_files")).scalar_one()
    with ZipFile(BytesIO(client.get(f"/files/{file_id}").data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def content_of(app, client) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(taken(app, client)["data.json"])
    return found


@pytest.fixture
def own(app, browser):
    """What 立春 takes along."""
    return content_of(app, browser("volunteer"))


def rows_about(table: str, volunteer_id: int) -> int:
    condition = BY_NAME[table].whose
    query = text(f"SELECT count(*) FROM {table} WHERE {condition}")
    return int(db.session.execute(query, {"person": volunteer_id}).scalar_one())


def linked_tables() -> set[str]:
    """Return, read from the schema alone, the tables that name a volunteer."""
    return {
        table.name
        for table in db.metadata.tables.values()
        for link in table.foreign_keys
        if link.target_fullname == "volunteers.id"
    }


def test_every_table_that_names_a_person_is_given_or_left_out_with_a_reason(app):
    given = {table.name for table in exported_tables()}
    # The books name a holder; who asked for or answered somebody else's is no data about them.
    of_others = {"activities", "projects"}
    assert linked_tables() - given - set(TABLES_LEFT_OUT) - of_others == set()


def test_each_row_about_a_person_is_there(cast, own):
    volunteer_id = person("立春").id
    # The asking, its job and its trail row came before the file; the file itself is not in it.
    differing = {"made_files"}
    counted = {name: rows_about(name, volunteer_id) for name in own["tables"]}
    assert {name: len(rows) for name, rows in own["tables"].items() if name not in differing} == {
        name: count for name, count in counted.items() if name not in differing
    }
    assert counted["service_records"] > 1
    assert counted["redemptions"] == 1


def test_each_value_is_the_one_in_the_database(cast, own):
    volunteer_id = person("立春").id
    query = "SELECT id, minutes, state, content FROM service_records WHERE volunteer_id = :person"
    kept = db.session.execute(text(query), {"person": volunteer_id})
    given = [
        (row["id"], row["minutes"], row["state"], row["content"])
        for row in own["tables"]["service_records"]
    ]
    assert sorted(given) == sorted(tuple(row) for row in kept)


def test_no_row_is_somebody_elses(cast, own):
    mine = person("立春").id
    others = {
        (name, row["volunteer_id"])
        for name, rows in own["tables"].items()
        for row in rows
        if row.get("volunteer_id") not in (None, mine)
    }
    # Whom 立春 acts for stands in the row of that.
    assert {name for name, _one in others} <= {"helpers", "helper_asks"}


def test_nothing_that_opens_something_is_given(app):
    for table in TABLES:
        secret = {column.name for column in table.columns if column.kind == "secret"}
        assert not secret & set(exported_columns(table)), table.name


def test_what_is_left_out_is_a_column_there_is(app):
    for name in COLUMNS_LEFT_OUT:
        table, _, column = name.partition(".")
        assert column in {one.name for one in BY_NAME[table].columns}, name


def test_the_passbook_stands_in_it_as_the_shell_prints_it(cast, own):
    assert own["passbook"]["volunteer_no"] == person("立春").number
    assert set(own["passbook"]) >= {"served_minutes", "points", "stars", "lines"}
    assert own["passbook"]["lines"][0]["sentence"]


def test_the_same_data_give_the_same_bytes(app, browser):
    client = browser("volunteer")
    taken(app, client)
    first, second = taken(app, client), taken(app, client)
    one, other = (json.loads(each["data.json"]) for each in (first, second))
    # Each time it is asked for stands in the trail, the look, and among the jobs' files.
    for content in (one, other):
        content.pop("access")
        for name in ("trail", "trail_personal", "made_files"):
            content["tables"].pop(name)
    assert one == other


def test_a_photo_and_a_paper_lie_beside_it(app, browser):
    files = taken(app, browser("volunteer"))
    assert [name for name in files if name.startswith("photos/")] != []
    pages = PdfReader(BytesIO(files["summary.pdf"])).pages
    words = "".join(page.extract_text() for page in pages)
    assert "立春" in words


def test_it_is_written_down_and_shown_to_the_person(app, browser):
    client = browser("volunteer")
    taken(app, client)
    row = db.session.query(TrailRow).filter_by(operation="export_own_data").one()
    assert (row.subject_id, row.on_behalf_of_id) == (person("立春").id, None)
    assert "put into a file" in client.get("/me/access").text


def test_a_guardian_takes_the_childs_data_along(app, browser):
    ward = let_act("谷雨", "立春", "guardian", born_on=years_ago(9))
    client = browser("volunteer")
    client.post(f"/me/acting/{ward}/begin")
    assert content_of(app, client)["passbook"]["name"] == "谷雨"
    row = db.session.query(TrailRow).filter_by(operation="export_own_data").one()
    assert row.on_behalf_of_id == ward


def test_a_helper_does_not(browser):
    ward = let_act("谷雨", "立春", "helper")
    client = browser("volunteer")
    client.post(f"/me/acting/{ward}/begin")
    answer = client.post("/me/data")
    assert answer.status_code == 422
    assert OnlyGuardians.message in answer.text


def test_whose_acting_ended_meanwhile_gets_no_file(app, browser):
    ward = let_act("谷雨", "立春", "guardian", born_on=years_ago(9))
    client = browser("volunteer")
    client.post(f"/me/acting/{ward}/begin")
    assert client.post("/me/data").status_code == 303
    let_act("谷雨", "雨水", "guardian")
    Worker(lambda: [app]).work_off(app)
    assert db.session.execute(text("SELECT count(*) FROM made_files")).scalar_one() == 0


def test_two_taps_make_one_file(cast):
    with transaction() as session:
        actor = actor_of(session, cast.logins["volunteer"], today())
        volunteer_id, key = person("立春").id, digest(new_token())

        def asking() -> int:
            return ask_own_data(
                session, volunteer_id, language="en", actor=actor, now=now(), key=key,
                today=today(),
            )  # fmt: skip

        assert asking() == asking()
