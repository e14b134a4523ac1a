"""Who may be one person: found by what is shared, and the same pairs as by comparing everybody."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from random import Random

import pytest
from sqlalchemy.orm import Session

from app.db import transaction
from app.people.models import Distinction, Volunteer
from app.people.queries import duplicate_pairs
from app.people.queries.duplicates import SHORTEST_PHONE
from tests.service.community import NOW, Community, make_community

NAMES = ("秋分", "大寒", "小雪")
PHONES = (None, None, "13800000071", "13900000071", "13800000072", "0071", "71", "")
BIRTHS = (None, None, date(1950, 3, 1), date(1951, 3, 1))
STATES = ("active", "active", "active", "left", "proposed")
KEYS = {"秋分": "qiufen qf", "大寒": "dahan dh", "小雪": "xiaoxue xx"}


def fill(session: Session, community: Community, chance: Random) -> list[Volunteer]:
    """Write down people with few names, phones and dates, here and elsewhere, some told apart."""
    organisations = (community.root_id, community.root_id, community.estate_id)
    people = [
        Volunteer(
            organisation_id=chance.choice(organisations), number=f"D{place:05}",
            name=(name := chance.choice(NAMES)), name_keys=KEYS[name], phone=chance.choice(PHONES),
            born_on=chance.choice(BIRTHS), state=chance.choice(STATES), created_at=NOW,
        )
        for place in range(40)
    ]  # fmt: skip
    session.add_all(people)
    session.flush()
    decider = community.actor("organiser").login_id
    for one, other in chance.sample(list(combinations(people, 2)), 60):
        session.add(
            Distinction(one_id=one.id, other_id=other.id, decided_by_id=decider, decided_at=NOW)
        )
    return people


def compared(
    people: list[Volunteer], apart: set[tuple[int, int]], here: set[int], limit: int
) -> list[tuple[int, int]]:
    """Return the pairs as comparing everybody with everybody finds them."""
    held = [one for one in people if one.organisation_id in here and one.state != "proposed"]
    ways = (
        lambda one, other: one.phone == other.phone and len(one.phone or "") >= SHORTEST_PHONE,
        lambda one, other: (
            one.name == other.name
            and (
                (one.born_on is not None and one.born_on == other.born_on)
                or (None not in (one.phone, other.phone) and one.phone[-4:] == other.phone[-4:])
            )
        ),
    )
    found: dict[tuple[int, int], None] = {}
    for alike in ways:
        pairs = [pair for pair in combinations(held, 2) if alike(*pair)]
        pairs.sort(key=lambda pair: (pair[0].name_keys, pair[0].id, pair[1].id))
        ids = [(one.id, other.id) for one, other in pairs]
        found |= dict.fromkeys([pair for pair in ids if pair not in apart][:limit])
    return list(found)[:limit]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("is_wide", [False, True], ids=["here", "everywhere"])
def test_the_pairs_are_those_that_comparing_everybody_finds(
    db_session: Session, seed: int, is_wide: bool
) -> None:
    community = make_community(db_session)
    with transaction() as session:
        fill(session, community, Random(seed))
    here = {community.root_id} | ({community.estate_id} if is_wide else set())
    people = db_session.query(Volunteer).order_by(Volunteer.id).all()
    apart = {(one.one_id, one.other_id) for one in db_session.query(Distinction)}
    for limit in (3, 20, 1000):
        found = duplicate_pairs(db_session, here, limit=limit)
        ids = [(pair.one.id, pair.other.id) for pair in found]
        assert ids == compared(people, apart, here, limit)
    assert len(found) > 10


def test_a_phone_that_hundreds_share_makes_a_page_and_not_all_pairs(db_session: Session) -> None:
    community = make_community(db_session)
    with transaction() as session:
        session.add_all(
            Volunteer(
                organisation_id=community.root_id, number=f"D{place:05}", name=f"谷雨{place}",
                name_keys="guyu gy", phone="13800000071", created_at=NOW,
            )
            for place in range(400)
        )  # fmt: skip
    found = duplicate_pairs(db_session, [community.root_id])
    assert len({pair.one.id for pair in found}) == 1
    assert len(found) == 50
