"""The import pages: upload, preview, one tap, commit, result, undo; and who may see what."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask

from app.clock import now
from app.db import transaction
from app.imports.rules.causes import runs
from app.people.models import SignInSession
from app.sheets.reading import read_sheet
from tests.imports.office import Office, csv, one, open_office
from tests.web.cast import Cast

GOOD = ",谷雨,2026-03-01,TX-red,2小时,清扫"
OTHER = ",立春,2026-03-02,TX-red,1.5小时,清扫"


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    return open_office(app, cast)


def records() -> int:
    return int(one("SELECT count(*) FROM service_records WHERE state = 'approved'"))


def test_a_good_file_goes_from_the_form_to_the_books(office: Office) -> None:
    before = records()
    path = office.preview(csv(GOOD, OTHER))
    assert "2" in office.see(path)
    assert records() == before
    answer = office.import_all(path)
    assert answer.status_code == 303
    assert answer.location == "/import/batches/" + str(one("SELECT max(id) FROM batches"))
    assert records() == before + 2
    page = office.client().get(answer.location).text
    assert "台账.csv" in page


def test_what_is_committed_is_forgotten(office: Office) -> None:
    path = office.preview(csv(GOOD))
    office.import_all(path)
    assert one("SELECT content FROM uploads") is None
    assert one("SELECT preview FROM uploads") is None
    assert one("SELECT batch_id FROM uploads") is not None


def test_an_unknown_team_is_mended_by_one_tap_for_all_its_rows(office: Office) -> None:
    path = office.preview(csv(GOOD.replace("TX-red", "红色队"), OTHER.replace("TX-red", "红色队")))
    page = office.see(path)
    assert 'value="TX-red"' in page
    fields = {"do": "set", "column": "team", "text": "红色队", "set": "team", "value": "TX-red"}
    assert office.fix(path, **fields).status_code == 303
    assert 'name="digest"' in office.see(path)
    office.import_all(path)
    assert one("SELECT created FROM batches ORDER BY id DESC") == 2


def test_an_unknown_organisation_is_mended_by_one_tap(office: Office) -> None:
    head = "姓名,组织,队伍"
    lines = "\n".join([head, "寒露,白色社区,TX-red", "霜降,白色社区,TX-red", "白露,白色社区,"])
    path = office.preview(lines.encode(), kind="roster", name="名册.csv")
    page = office.see(path)
    assert "2–4" in page
    assert 'value="TX"' in page
    fields = {"do": "set", "column": "organisation", "text": "白色社区", "set": "organisation"}
    office.fix(path, **fields, value="TX")
    office.import_all(path)
    assert one("SELECT count(*) FROM volunteers WHERE name IN ('寒露', '霜降', '白露')") == 3


def test_rows_that_follow_one_another_are_said_as_one() -> None:
    assert runs([2, 3, 4, 7, 9, 10]) == ["2–4", "7", "9–10"]


def test_a_fix_can_be_taken_back(office: Office) -> None:
    path = office.preview(csv(GOOD.replace("TX-red", "红色队")))
    office.fix(path, do="set", column="team", text="红色队", set="team", value="TX-red")
    assert office.client().post(f"{path}/fix/0/undo").status_code == 303
    office.work()
    assert "g-unknown_team" in office.see(path)


def test_a_slip_in_a_name_offers_the_person_meant(office: Office) -> None:
    path = office.preview(csv(",谷雪,2026-03-01,TX-red,2小时,清扫", GOOD))
    page = office.see(path)
    number = one("SELECT number FROM volunteers WHERE name = '谷雨'")
    assert f'value="{number}"' in page
    office.fix(path, do="set", column="name", text="谷雪", set="number", value=number, clear="name")
    assert "g-unknown_volunteer" not in office.see(path)


def test_bare_numbers_get_their_unit_by_one_tap(office: Office) -> None:
    path = office.preview(csv(GOOD.replace("2小时", "2"), OTHER.replace("1.5小时", "3")))
    assert "g-bad_duration" in office.see(path)
    office.fix(path, do="unit", value="hours")
    office.import_all(path)
    assert one("SELECT max(minutes) FROM service_records WHERE evidence = 'imported'") == 180


def test_a_date_in_another_form_is_guessed(office: Office) -> None:
    path = office.preview(csv(GOOD.replace("2026-03-01", "1/3/2026")))
    assert 'value="2026-03-01"' in office.see(path)
    assert 'value="2026-01-03"' in office.see(path)


def test_an_organiser_accepts_what_is_over_the_limit_with_a_reason(office: Office) -> None:
    path = office.preview(csv(GOOD.replace("2小时", "9小时"), OTHER.replace("1.5小时", "13小时")))
    page = office.see(path)
    assert "accept-reason" in page
    office.fix(path, do="accept", value="通宵防汛")
    office.import_all(path)
    assert one("SELECT reason FROM service_records WHERE minutes = 540") == "通宵防汛"
    assert one("SELECT refused FROM batches ORDER BY id DESC") == 1


def test_refused_rows_come_back_to_be_mended(office: Office) -> None:
    path = office.preview(csv(GOOD, OTHER.replace("TX-red", "没有队")))
    answer = office.import_all(path)
    sheet = read_sheet(office.client().get(f"{path}/refused.xlsx").data, "x.xlsx")
    assert [row[1] for row in sheet.rows] == ["姓名", "立春"]
    assert "没有队" in str(sheet.rows[1][6])
    assert "refused.xlsx" in office.see(answer.location)


def test_a_row_may_be_left_out_and_a_repeat_kept(office: Office) -> None:
    office.import_all(office.preview(csv(GOOD)))
    path = office.preview(csv(GOOD, OTHER))
    office.fix(path, do="keep", row=2)
    office.fix(path, do="leave", row=3)
    office.import_all(path)
    newest = "SELECT {} FROM batches ORDER BY id DESC LIMIT 1"
    assert one(newest.format("created")) == 1
    assert one(newest.format("refused")) == 1


def test_people_nobody_knows_are_added_by_one_tap(office: Office) -> None:
    path = office.preview(csv(",白露,2026-03-01,TX-red,2小时,", ",寒露,2026-03-01,TX-red,2小时,"))
    assert f"{path}/people" in office.see(path)
    assert office.client().post(f"{path}/people").status_code == 303
    office.work()
    assert one("SELECT count(*) FROM volunteers WHERE name IN ('白露', '寒露')") == 2
    assert "g-unknown_volunteer" not in office.see(path)


def test_two_who_press_at_once_import_once(office: Office) -> None:
    path = office.preview(csv(GOOD))
    assert office.agree(path).status_code == 303
    assert office.agree(path).status_code == 303
    before = records()
    assert office.work() == 1
    assert office.work() == 0
    assert records() == before + 1


def test_a_ground_that_changed_is_shown_anew_and_nothing_imported(office: Office) -> None:
    path = office.preview(csv(GOOD))
    before, other = records(), office.preview(csv(GOOD), name="also.csv")
    assert office.agree(other).status_code == 303
    assert office.agree(path).status_code == 303
    office.work()
    assert records() == before + 1
    assert one("SELECT state FROM uploads WHERE file_name = '台账.csv'") == "ready"
    page = office.see(path)
    assert "q-notice--warn" in page
    assert f'href="/import/batches/{one("SELECT max(id) FROM batches")}"' in page


def test_an_old_preview_is_not_agreed_to(office: Office) -> None:
    path = office.preview(csv(GOOD))
    answer = office.client().post(f"{path}/commit", data={"digest": "0" * 64})
    assert answer.status_code == 422
    assert one("SELECT count(*) FROM jobs WHERE kind = 'import.commit'") == 0


def test_an_import_is_taken_back_as_a_whole_with_a_reason(office: Office) -> None:
    before = records()
    place = office.import_all(office.preview(csv(GOOD, OTHER))).location
    assert office.client().post(f"{place}/undo", data={"reason": ""}).status_code == 422
    assert office.client().post(f"{place}/undo", data={"reason": "错了文件"}).status_code == 303
    assert records() == before


def test_who_has_spent_it_is_named_and_nothing_undone(office: Office) -> None:
    place = office.import_all(office.preview(csv(GOOD))).location
    spend("谷雨")
    before = records()
    answer = office.client().post(f"{place}/undo", data={"reason": "错了"})
    assert answer.status_code == 422
    assert "谷雨" in answer.text
    assert records() == before


def spend(name: str) -> None:
    """Take all points of a person off their account, as a redemption does."""
    from app.db import transaction
    from app.ledger.operations import NewEntry, post, reserve_with_accounts
    from app.ledger.rules import Leg
    from tests.web.cast import NOW

    with transaction() as session:
        person = "SELECT id FROM volunteers WHERE name = :name"
        from sqlalchemy import text

        holder = session.execute(text(person), {"name": name}).scalar_one()
        account = session.execute(
            text(
                "SELECT id, balance, root_id FROM accounts WHERE holder_id = :h AND unit = 'points'"
            ),
            {"h": holder},
        ).one()
        wanted = [(account.root_id, "points_redeemed", "points")]
        slots, accounts, _ = reserve_with_accounts(session, 1, NOW, wanted)
        legs = (Leg(account.id, -account.balance), Leg(accounts[wanted[0]], account.balance))
        entry = NewEntry("transfer", "test", slots.first_id, legs)
        post(session, [entry], slots, actor_id=1, key=None)


@pytest.mark.parametrize("content", [b"PK\x03\x04nonsense", b"\0\0", b"a,b\n1,2"])
def test_a_file_that_cannot_be_read_says_why_and_keeps_nothing(
    office: Office, content: bytes
) -> None:
    path = office.preview(content)
    page = office.see(path)
    assert "台账.csv" in page
    assert 'role="alert"' in page
    assert one("SELECT state FROM uploads") == "unreadable"


def test_no_file_and_an_empty_one_are_refused_on_the_form(office: Office) -> None:
    client = office.client()
    assert client.post("/import", data={"kind": "service"}).status_code == 422
    for kind in ("service", "novel"):
        empty = {"kind": kind, "file": (io.BytesIO(b""), "leer.csv")}
        assert client.post("/import", data=empty).status_code == 422


def test_a_mixed_up_kind_is_named(office: Office) -> None:
    path = office.preview(csv(GOOD), kind="roster")
    assert one("SELECT state FROM uploads") == "unreadable"
    page = office.see(path)
    assert 'role="alert"' in page
    # The way on leads to what it was found to be.
    assert 'href="/import?kind=service"' in page


def test_people_come_first_where_nothing_was_imported_yet(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = 'value="{}" checked'
    assert chosen.format("service") in office.client().get("/import").text
    monkeypatch.setattr("app.imports.lists.count_batches", lambda *_: 0)
    assert chosen.format("roster") in office.client().get("/import").text
    # A leader brings no people.
    assert chosen.format("service") in office.client("leader").get("/import").text


def test_an_imported_roster_leads_to_its_people(office: Office) -> None:
    path = office.preview("姓名,队伍\n寒露,TX-red".encode(), kind="roster", name="名册.csv")
    page = office.client().get(office.import_all(path).location).text
    main = page.partition("<main")[2].partition("</main>")[0]
    assert 'href="/admin/people"' in main


@pytest.mark.parametrize(("kind", "status"), [("roster", 401), ("service", 303)])
def test_a_roster_asks_again_as_naming_a_leader_does(
    office: Office, kind: str, status: int
) -> None:
    sheet = "姓名,队伍,职务\n寒露,TX-red,队长".encode() if kind == "roster" else csv(GOOD)
    path = office.preview(sheet, kind=kind)
    with transaction() as session:
        session.query(SignInSession).update({"proven_at": now() - timedelta(hours=1)})
    assert office.agree(path).status_code == status
    assert one("SELECT count(*) FROM jobs WHERE kind = 'import.commit'") == (status == 303)


@pytest.mark.parametrize(("kind", "status"), [("roster", 401), ("service", 303)])
def test_taking_a_roster_back_asks_again_as_bringing_it_does(
    office: Office, kind: str, status: int
) -> None:
    sheet = "姓名,队伍,职务\n寒露,TX-red,队长".encode() if kind == "roster" else csv(GOOD)
    place = office.import_all(office.preview(sheet, kind=kind)).location
    with transaction() as session:
        session.query(SignInSession).update({"proven_at": now() - timedelta(hours=1)})
    answer = office.client().post(f"{place}/undo", data={"reason": "错了文件"})
    assert answer.status_code == status
    assert one("SELECT count(*) FROM batches WHERE undone_at IS NOT NULL") == (status == 303)
    assert office.client().get(f"{place}/undo").status_code == 200


def test_a_leader_imports_for_the_own_team_only(office: Office) -> None:
    path = office.preview(csv(GOOD, GOOD.replace("TX-red", "TX-blue")), by="leader")
    page = office.see(path, "leader")
    assert "g-not_allowed" in page
    assert office.client("organiser").get(path).status_code == 200
    assert office.client("volunteer").get(path).status_code == 404


def test_what_others_brought_elsewhere_is_nobodys_business(office: Office) -> None:
    path = office.preview(csv(GOOD))
    assert office.client("leader").get(path).status_code == 404
    assert office.client("leader").post(f"{path}/drop").status_code == 404
    assert office.client("auditor").get(path).status_code == 404


def test_a_dropped_file_is_gone(office: Office) -> None:
    path = office.preview(csv(GOOD))
    assert office.client().post(f"{path}/drop").status_code == 303
    assert office.client().get(path).status_code == 404
    assert one("SELECT content FROM uploads") is None


@pytest.mark.parametrize("kind", ["service", "roster", "signin"])
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_template_comes_back_as_nothing_but_blank_rows(
    office: Office, kind: str, ending: str
) -> None:
    answer = office.client().get(f"/import/template-{kind}.{ending}")
    assert answer.status_code == 200
    path = office.preview(answer.data, kind=kind, name=f"t.{ending}")
    assert one("SELECT state FROM uploads") == "ready", office.see(path)
    assert one("SELECT preview FROM uploads").count('"created": 0') == 1


def test_the_list_shows_what_is_under_way_and_what_was_done(office: Office) -> None:
    office.import_all(office.preview(csv(GOOD), name="fertig.csv"))
    office.preview(csv(OTHER), name="offen.csv")
    page = office.see("/import")
    assert "fertig.csv" in page
    assert "offen.csv" in page
    upload_id = one("SELECT min(id) FROM uploads")
    assert office.client().post(f"/import/{upload_id}/seen").status_code == 303
    assert one("SELECT count(*) FROM uploads WHERE seen_at IS NOT NULL") == 1
