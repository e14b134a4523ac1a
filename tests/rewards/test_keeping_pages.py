"""The pages of whoever keeps the shelf: shown, refused in words, kept as typed, added up."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.db import transaction
from app.rewards.operations.shelf import withdraw_item
from app.rewards.operations.stock import Donated, take_in
from tests.claims.conftest import photo
from tests.claims.test_pages import held_in
from tests.rewards.shelving import PRICE, give_points, one, redeemed, stock, stocked
from tests.service.community import NOW
from tests.service.conftest import Town, key_in, statements

QUERY_BUDGET = 18


def form(**more: Any) -> dict[str, Any]:
    usual = {
        "key": "k", "name": "东北大米 5 kg", "kind": "goods", "price": "320", "measure": "袋",
        "category": "粮油", "description": "一年新米", "partner": "", "limit_period": "",
        "least_stars": "", "low_at": "3", "keep_photo": "y",
    }  # fmt: skip
    return {**usual, **more}


def send(browser: FlaskClient, path: str = "/shelf/add", **more: Any) -> Any:
    return browser.post(path, data=form(**more), content_type="multipart/form-data")


def count_form(page: str, **counted: str) -> dict[str, str]:
    """Return what a stocktaking's page sends, with what was counted filled in."""
    hidden = dict(re.findall(r'name="((?:shown|move|seen)-\d+)" value="(\d*)"', page))
    typed = {f"counted-{item}": value for item, value in counted.items()}
    return {**hidden, **typed, "reason": "月底盘点", "key": key_in(page)}


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


# ── the list ──────────────────────────────────────────────────────────────────────────────


def test_an_empty_shelf_says_how_to_begin(organiser: FlaskClient) -> None:
    page = organiser.get("/shelf").text
    assert "Nothing stands on the shelf yet" in page
    assert 'href="/shelf/add"' in page


def test_the_list_is_narrowed_and_handed_out(town: Town, organiser: FlaskClient) -> None:
    stocked(town.community, name="毛巾 2 条", pieces=2)
    gone = stocked(town.community, name="保温杯", pieces=0, category="杯具")
    with transaction() as session:
        withdraw_item(session, gone, actor=town.community.actor("organiser"), now=NOW)
    assert "保温杯" not in organiser.get("/shelf").text
    assert "保温杯" in organiser.get("/shelf?show=withdrawn").text
    assert "毛巾" in organiser.get("/shelf?show=low&category=日用").text
    assert organiser.get("/shelf?show=nonsense").status_code == 404
    sheet = organiser.get("/shelf/list.csv?show=all").data.decode("utf-8-sig")
    assert sheet.splitlines()[1].startswith("毛巾 2 条,日用,Goods,160,2,0,瓶,Running out")
    assert organiser.get("/shelf/list.xlsx").data[:2] == b"PK"


@pytest.mark.parametrize("path", ["/shelf", "/stock", "/stock/count", "/stock/donors"])
def test_two_hundred_items_take_few_statements(
    town: Town, organiser: FlaskClient, path: str
) -> None:
    for number in range(200):
        stocked(town.community, name=f"毛巾 {number}", pieces=2)
    with statements() as sent:
        page = organiser.get(path)
    assert page.status_code == 200
    assert len(sent) <= QUERY_BUDGET


# ── adding and changing ───────────────────────────────────────────────────────────────────


def test_an_item_is_put_on_the_shelf_with_its_photo(organiser: FlaskClient) -> None:
    answer = send(organiser, photo=(io.BytesIO(photo()), "a.jpg"), price="320.5")
    assert answer.location == "/stock/1/in"
    assert one("SELECT price_hundredths FROM item_versions") == 320_50
    picture = one("SELECT picture_id FROM item_versions")
    page = organiser.get("/shelf/1").text
    for said in ("东北大米 5 kg", "一年新米", "320.5", f"/pictures/{picture}/large", "Sold out"):
        assert said in page, said


def test_everybody_sees_the_photo_of_an_item(town: Town, organiser: FlaskClient) -> None:
    send(organiser, photo=(io.BytesIO(photo()), "a.jpg"))
    picture = one("SELECT picture_id FROM item_versions")
    for who in ("visitor", "volunteer", "organiser_below"):
        answer = town.browser(who).get(f"/pictures/{picture}/small")
        assert (answer.status_code, answer.content_type) == (200, "image/webp")
    assert town.browser("visitor").get("/pictures/999/small").status_code == 303


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Fill in the name of the item."),
        ({"name": "米" * 41}, "longer than 40"),
        ({"price": ""}, "Fill in the price in points."),
        ({"price": "0"}, "A price is more than 0"),
        ({"price": "0.005"}, "at most two decimals"),
        ({"price": "-3"}, "at most two decimals"),
        ({"price": "1_000"}, "at most two decimals"),
        ({"price": "Infinity"}, "at most two decimals"),
        ({"price": "sNaN"}, "at most two decimals"),
        ({"price": "9999999"}, "A price is more than 0"),
        ({"low_at": "１２"}, "whole number in plain digits"),
        ({"low_at": "1_000"}, "whole number in plain digits"),
        ({"low_at": "-1"}, "Fill in a whole number from 0"),
        ({"limit_count": "2"}, "A limit is a number"),
        ({"limit_period": "month"}, "A limit is a number"),
        ({"limit_count": "Infinity"}, "whole number in plain digits"),
        ({"from_on": "2026-02-02", "until_on": "2026-02-01"}, "cannot lie before the first"),
        ({"until_on": "soon"}, "Fill in a date such as"),
        ({"partner": "999"}, "Not a valid choice"),
        ({"least_stars": "6"}, "Not a valid choice"),
        ({"kind": "person"}, "Not a valid choice"),
        ({"photo": (io.BytesIO(b"hello"), "a.jpg")}, "no photo that can be read here"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    organiser: FlaskClient, wrong: dict[str, Any], said: str
) -> None:
    answer = send(organiser, **wrong)
    assert answer.status_code == 422
    assert said in answer.text
    for kept in ("一年新米", 'value="粮油"', 'value="袋"'):
        assert kept in answer.text
    assert one("SELECT count(*) FROM shelf_items") == 0


def test_a_full_width_price_is_read_as_typed(organiser: FlaskClient) -> None:
    assert send(organiser, price="１２．５").status_code == 303
    assert one("SELECT price_hundredths FROM item_versions") == 12_50


def test_a_photo_survives_the_error_of_another_field(organiser: FlaskClient) -> None:
    refused = send(organiser, photo=(io.BytesIO(photo()), "a.jpg"), price="")
    assert refused.status_code == 422
    send(organiser, key="again", photo_token=held_in(refused.text))
    assert one("SELECT count(*) FROM item_versions WHERE picture_id IS NOT NULL") == 1


def test_a_change_keeps_the_photo_and_stands_in_the_history(organiser: FlaskClient) -> None:
    send(organiser, photo=(io.BytesIO(photo()), "a.jpg"))
    page = organiser.get("/shelf/1/change").text
    assert 'value="320"' in page
    answer = send(organiser, "/shelf/1/change", price="280", version="1", key="k2")
    assert answer.status_code == 303
    assert one("SELECT count(DISTINCT picture_id) FROM item_versions") == 1
    assert "Price in points: 320 → 280" in organiser.get("/shelf/1").text
    send(organiser, "/shelf/1/change", price="280", low_at="5", version="2", key="k3")
    assert "Running out from: 3 → 5" in organiser.get("/shelf/1").text
    without = {k: v for k, v in form(version="3", key="k4").items() if k != "keep_photo"}
    organiser.post("/shelf/1/change", data=without)
    assert "Photo: removed" in organiser.get("/shelf/1").text


def test_a_change_over_a_change_shows_what_was_changed(organiser: FlaskClient) -> None:
    send(organiser)
    send(organiser, "/shelf/1/change", price="280", version="1", key="k2")
    answer = send(organiser, "/shelf/1/change", name="大米", version="1", key="k3")
    assert answer.status_code == 422
    for said in ("changed this item on", "Price in points: 320 → 280", 'value="大米"'):
        assert said in answer.text, said
    assert 'name="version" type="hidden" value="2"' in answer.text
    again = send(organiser, "/shelf/1/change", name="大米", version="2", key="k4")
    assert again.status_code == 303


def test_off_the_shelf_after_a_question_and_back(town: Town, organiser: FlaskClient) -> None:
    item_id = stocked(town.community)
    assert "Leave it there" in organiser.get(f"/shelf/{item_id}/withdraw").text
    organiser.post(f"/shelf/{item_id}/withdraw")
    page = organiser.get(f"/shelf/{item_id}").text
    assert "Taken off the shelf" in page
    organiser.post(f"/shelf/{item_id}/put-back")
    assert one("SELECT count(*) FROM shelf_items WHERE withdrawn_at IS NULL") == 1


# ── stock ─────────────────────────────────────────────────────────────────────────────────


def test_moves_add_up_to_what_there_is(town: Town, organiser: FlaskClient) -> None:
    item_id = stocked(town.community)
    organiser.post(f"/stock/{item_id}/in", data={
        "key": "a", "quantity": "7", "partner": "", "donor": "谷雨", "document": "捐 0012",
    })  # fmt: skip
    organiser.post(f"/stock/{item_id}/out", data={"key": "b", "quantity": "2", "reason": "受潮"})
    assert stock(item_id) == (10, 0)
    page = organiser.get(f"/stock/{item_id}").text
    for said in ("+12", "−2", "谷雨", "捐 0012", "受潮", "<b>10</b>"):
        assert said in page, said
    assert "受潮" not in organiser.get("/stock?kind=in").text
    assert organiser.get("/stock?kind=nonsense").status_code == 404


@pytest.mark.parametrize("wrong", ["", "0", "-1", "1.5", "１２", "1_000", "Infinity", "sNaN"])
def test_no_such_quantity(town: Town, organiser: FlaskClient, wrong: str) -> None:
    item_id = stocked(town.community)
    for way, more in (("in", {"partner": "", "donor": "谷雨"}), ("out", {"reason": "受潮"})):
        sent = {"key": "k", "quantity": wrong, "document": "捐 7", **more}
        answer = organiser.post(f"/stock/{item_id}/{way}", data=sent)
        assert answer.status_code == 422
        assert "捐 7" in answer.text
    assert stock(item_id) == (5, 0)


def test_more_than_lies_there_is_refused_in_words(town: Town, organiser: FlaskClient) -> None:
    item_id = stocked(town.community)
    sent = {"key": "k", "quantity": "6", "reason": "受潮"}
    answer = organiser.post(f"/stock/{item_id}/out", data=sent)
    assert "The shelf holds 5; 6 cannot leave it." in answer.text


def test_differences_are_shown_before_they_are_booked(town: Town, organiser: FlaskClient) -> None:
    first, second = stocked(town.community), stocked(town.community, name="毛巾")
    sent = count_form(organiser.get("/stock/count").text, **{str(first): "3"})
    shown = organiser.post("/stock/count", data=sent)
    assert shown.status_code == 200
    assert "Nothing is written down yet" in shown.text
    assert "−2" in shown.text
    assert stock(first) == (5, 0)
    # Another number than the one whose difference was shown is shown first, too.
    other = {**count_form(shown.text, **{str(first): "4"}), "save": "1"}
    assert "Nothing is written down yet" in organiser.post("/stock/count", data=other).text
    done = {**count_form(shown.text, **{str(first): "3"}), "save": "1"}
    for _tap in range(2):
        assert organiser.post("/stock/count", data=done).status_code == 303
    assert (stock(first), stock(second)) == ((3, 0), (5, 0))


@pytest.mark.parametrize("wrong", ["-1", "1.5", "１２", "1_000", "Infinity", "9999999"])
def test_no_such_count(town: Town, organiser: FlaskClient, wrong: str) -> None:
    item_id = stocked(town.community)
    sent = count_form(organiser.get("/stock/count").text, **{str(item_id): wrong})
    answer = organiser.post("/stock/count", data=sent)
    assert answer.status_code == 422
    assert f'value="{wrong}"' in answer.text


@pytest.mark.parametrize("is_shown", [False, True])
def test_what_moved_meanwhile_is_counted_again(
    town: Town, organiser: FlaskClient, is_shown: bool
) -> None:
    item_id = stocked(town.community)
    page = organiser.get("/stock/count").text
    if is_shown:
        page = organiser.post("/stock/count", data=count_form(page, **{str(item_id): "5"})).text
    actor = town.community.actor("organiser")
    with transaction() as session:
        take_in(session, item_id, 1, Donated(), actor=actor, now=NOW, key="meanwhile")
    sent = {**count_form(page, **{str(item_id): "5"}), "save": "1"}
    answer = organiser.post("/stock/count", data=sent)
    assert answer.status_code == 409
    assert "Count again" in answer.text
    assert stock(item_id) == (6, 0)


def test_the_blank_list_tells_no_books(town: Town, organiser: FlaskClient) -> None:
    stocked(town.community, pieces=1234)
    page = organiser.get("/stock/count/paper").text
    assert "洗衣液 2 kg" in page
    assert "1234" not in page
    assert "1,234" not in page


def test_donors_with_paper_and_period(town: Town, organiser: FlaskClient) -> None:
    item_id, actor = stocked(town.community), town.community.actor("organiser")
    gift = Donated(donor="谷雨", document="捐 0012")
    with transaction() as session:
        take_in(session, item_id, 7, gift, actor=actor, now=NOW, key="gift")
    page = organiser.get("/stock/donors").text
    for said in ("谷雨", "捐 0012", "7 瓶", "No donor named"):
        assert said in page, said
    assert "谷雨" not in organiser.get("/stock/donors?from=2025-01-01&until=2025-12-31").text
    sheet = organiser.get("/stock/donors.csv").data.decode("utf-8-sig")
    assert "谷雨,2026-02-03,洗衣液 2 kg,7,瓶,捐 0012" in sheet
    for odd in ("from=0001-01-01&until=9999-12-31", "from=morgen", "until=2026-13-01"):
        assert organiser.get(f"/stock/donors?{odd}").status_code == 200
    assert organiser.get("/stock/donors?partner=999").status_code == 404


def test_the_moves_are_handed_out_with_who_and_why(town: Town, organiser: FlaskClient) -> None:
    item_id, other = stocked(town.community), stocked(town.community, name="毛巾 2 条")
    give_points(town.community, 3, PRICE)
    redeemed(town.community, 3, item_id)
    path = f"/stock/moves.csv?item={item_id}"
    assert f'"{path}"' in organiser.get(f"/stock/{item_id}").text
    lines = organiser.get(path).data.decode("utf-8-sig").splitlines()
    assert lines[1].split(",")[2:7] == ["洗衣液 2 kg", "瓶", "Taken in", "5", "0"]
    assert lines[2].split(",")[4:8] == ["Set aside", "-1", "1", "1"]
    assert lines[2].split(",")[11] == "volunteer"
    assert len(lines) == 3
    whole = organiser.get("/stock/moves.csv?kind=in").data.decode("utf-8-sig")
    assert ("毛巾 2 条" in whole, "Set aside," in whole.splitlines()[2]) == (True, False)
    assert organiser.get("/stock/moves.xlsx").data[:2] == b"PK"
    below = town.browser("organiser_below")
    assert below.get(f"/stock/moves.csv?item={other}").status_code == 404
    assert "毛巾" not in below.get("/stock/moves.csv").text
    for wild in ("item=²", "item=x", "item=" + "9" * 30, "kind=x", "org=x"):
        assert organiser.get(f"/stock/moves.csv?{wild}").status_code == 404


# ── partners and redemption days ──────────────────────────────────────────────────────────


def test_a_partner_is_added_renamed_and_ended(organiser: FlaskClient) -> None:
    organiser.post("/partners", data={"key": "k", "name": "惠民超市", "contact": "店长"})
    twice = organiser.post("/partners", data={"key": "l", "name": "惠民超市", "contact": "老板"})
    assert twice.status_code == 422
    assert "There is a partner of this name already" in twice.text
    assert 'value="老板"' in twice.text
    organiser.post("/partners/1", data={"key": "m", "name": "惠民便利店", "contact": ""})
    organiser.post("/partners/1/end")
    page = organiser.get("/partners").text
    assert "惠民便利店" in page
    assert "Offer again" in page
    assert "惠民便利店" not in organiser.get("/shelf/add").text


def test_redemption_days_with_the_next_ones(organiser: FlaskClient) -> None:
    assert "every day is a redemption day" in organiser.get("/redemption-days").text
    sent = {"key": "k", "kind": "weekday", "weekday": "4", "title": "周五集市"}
    assert organiser.post("/redemption-days", data=sent).status_code == 303
    page = organiser.get("/redemption-days").text
    for said in ("Every Friday", "周五集市", "Feb 6 Fri"):
        assert said in page, said
    organiser.post("/redemption-days/1/end")
    assert "every day is a redemption day" in organiser.get("/redemption-days").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "month_day"}, "Choose a day of the month"),
        ({"kind": "month_day", "month_day": "32"}, "Number must be between 1 and 31."),
        ({"kind": "month_day", "month_day": "１５"}, "plain digits"),
        ({"kind": "dates", "from_on": "2026-03-01"}, "Choose a day of the month"),
        ({"kind": "dates", "from_on": "2026-01-01", "until_on": "2026-01-02"}, "over already"),
        ({"kind": "never"}, "Not a valid choice"),
    ],
)
def test_days_that_are_none(organiser: FlaskClient, wrong: dict[str, str], said: str) -> None:
    sent = {"key": "k", "weekday": "0", "title": "集市", **wrong}
    answer = organiser.post("/redemption-days", data=sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="集市"' in answer.text


# ── who sees it ───────────────────────────────────────────────────────────────────────────


def test_the_organiser_below_keeps_their_own_shelf(town: Town) -> None:
    item_id = stocked(town.community)
    own = stocked(town.community, name="折叠雨伞", organisation_id=town.community.estate_id)
    below, above = town.browser("organiser_below"), town.browser("organiser")
    assert below.get(f"/shelf/{item_id}").status_code == 404
    assert "折叠雨伞" in below.get("/shelf").text
    assert "折叠雨伞" not in above.get("/shelf").text
    assert "折叠雨伞" in above.get("/shelf?org=TX1").text
    assert above.get(f"/shelf/{own}/change").status_code == 200
    assert below.get("/shelf?org=TX").status_code == 404


def test_points_for_goods_leave_their_moves(town: Town, organiser: FlaskClient) -> None:
    item_id = stocked(town.community)
    give_points(town.community, 3, PRICE)
    redeemed(town.community, 3, item_id)
    page = organiser.get(f"/stock/{item_id}").text
    assert "Redemption 1" in page
    assert "<b>4</b>" in page
    assert "1 瓶 are set aside" in organiser.get(f"/shelf/{item_id}/withdraw").text
