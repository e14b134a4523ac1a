"""What is kept for some is nowhere for others: not on the shelf, by its number, nor its photo."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.db import transaction
from app.rewards.models import ItemColour, ItemVersion, ShelfItem
from app.rewards.operations.shelf import withdraw_item
from app.rewards.operations.stock import Donated
from app.teams.models import Colour
from tests.claims.conftest import photo
from tests.rewards.shelving import give_points, one, redeemed
from tests.rewards.test_keeping_pages import send
from tests.rewards.test_shelf_pages import READER, sent
from tests.rewards.test_stock import taken_in
from tests.service.community import NOW
from tests.service.conftest import Town

NAME, PRICE = "东北大米 5 kg", 320_00


@pytest.fixture
def item_id(town: Town) -> int:
    """Let an item with a photo be put on the shelf, with five pieces of it."""
    organiser = town.browser("organiser")
    assert send(organiser, photo=(io.BytesIO(photo()), "a.jpg")).status_code == 303
    found = int(one("SELECT id FROM shelf_items"))
    taken_in(town.community, found, 5, donated=Donated())
    give_points(town.community, READER, PRICE)
    return found


def blue(town: Town) -> int:
    """Return a colour of which nobody of the community is."""
    with transaction() as session:
        made = Colour(
            organisation_id=town.community.root_id,
            key="blue",
            name="蓝",
            glyph="●",
            hex="#000088",
            position=9,
        )
        session.add(made)
        session.flush()
        return made.id


def red(town: Town) -> int:
    team = town.community.red_id
    return int(one("SELECT colour_id FROM teams WHERE id = :id", id=team))


def kept_for(item_id: int, *, colour_id: int | None = None, **said: Any) -> None:
    """Let an item say something else from now on."""
    with transaction() as session:
        item = session.get_one(ShelfItem, item_id)
        old = session.query(ItemVersion).filter_by(item_id=item_id, number=item.version).one()
        names = [each.name for each in ItemVersion.__table__.columns if each.name != "id"]
        values = {name: getattr(old, name) for name in names}
        item.version += 1
        made = ItemVersion(**{**values, "number": item.version, **said})
        session.add(made)
        session.flush()
        if colour_id is not None:
            session.add(ItemColour(item_version_id=made.id, colour_id=colour_id))


def picture() -> str:
    """Return the address of the photo of the first version."""
    number = one("SELECT picture_id FROM item_versions WHERE number = 1")
    return f"/pictures/{number}/small"


def see_photo(town: Town, *names: str) -> list[str]:
    """Return who of these is shown the photo."""
    address = picture()
    return [name for name in names if town.browser(name).get(address).status_code == 200]


ALL = ("visitor", "volunteer", "leader", "organiser_below", "organiser")


@pytest.mark.parametrize("of", ["colour", "stars"])
def test_what_is_kept_for_others_is_nowhere(town: Town, item_id: int, of: str) -> None:
    assert see_photo(town, *ALL) == list(ALL)
    volunteer = town.browser("volunteer")
    page = volunteer.get(f"/rewards/{item_id}/redeem").text
    kept_for(item_id, **({"colour_id": blue(town)} if of == "colour" else {"least_stars": 5}))
    for path in ("/rewards", f"/rewards/{item_id}", f"/rewards/{item_id}/redeem"):
        for who in (volunteer, town.browser("visitor")):
            assert NAME not in who.get(path, follow_redirects=True).text
    # Not even the answer to a request made by hand says what it is.
    answer = volunteer.post(f"/rewards/{item_id}/redeem", data=sent(page), follow_redirects=True)
    assert "This is kept for volunteers of certain teams or stars." in answer.text
    assert NAME not in answer.text
    # The leader hands it over, the organiser keeps it.
    assert see_photo(town, *ALL) == ["leader", "organiser"]


def test_whom_it_is_kept_for_sees_it_whole(town: Town, item_id: int) -> None:
    kept_for(item_id, colour_id=red(town))
    assert NAME in town.browser("volunteer").get(f"/rewards/{item_id}").text
    assert see_photo(town, *ALL) == ["volunteer", "leader", "organiser"]


def test_a_replaced_photo_is_kept_for_the_history_only(town: Town, item_id: int) -> None:
    kept_for(item_id, picture_id=None)
    assert see_photo(town, *ALL) == ["leader", "organiser"]


def test_off_the_shelf_it_takes_its_photo_along(town: Town, item_id: int) -> None:
    with transaction() as session:
        withdraw_item(session, item_id, actor=town.community.actor("organiser"), now=NOW)
    assert see_photo(town, *ALL) == ["leader", "organiser"]


def test_a_ticket_keeps_the_photo_it_was_redeemed_with(town: Town, item_id: int) -> None:
    assert redeemed(town.community, READER, item_id, price=PRICE).redemption_id
    kept_for(item_id, picture_id=None, least_stars=5)
    assert see_photo(town, *ALL) == ["volunteer", "leader", "organiser"]


def test_an_upcoming_thing_for_others_is_not_named(town: Town, item_id: int) -> None:
    volunteer: FlaskClient = town.browser("volunteer")
    page = volunteer.get(f"/rewards/{item_id}/redeem").text
    kept_for(item_id, least_stars=5)
    with transaction() as session:
        withdraw_item(session, item_id, actor=town.community.actor("organiser"), now=NOW)
    answer = volunteer.post(f"/rewards/{item_id}/redeem", data=sent(page), follow_redirects=True)
    assert answer.status_code == 200
    assert NAME not in answer.text
