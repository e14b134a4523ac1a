"""Activation codes: nobody hands one out for whoever may more, one by one or as a pile of slips."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.people.models import ActivationCode
from app.teams.operations.codes import issue_code_to, issue_first_codes
from app.teams.rules import CodeForDesk, CodeForLeader, CodeForOneself
from tests.adjustments.community import now_of, settle
from tests.service.community import NOW, Community, make_community

OWN, GREEN_LEADER, MEMBER, ORGANISER = 0, 2, 3, 4
SEED = b"s" * 32


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    settle(made)
    db_session.rollback()
    return made


def issued() -> int:
    found = db.session.query(ActivationCode).count()
    db.session.rollback()
    return found


@pytest.mark.parametrize(
    ("by", "person", "refusal"),
    [
        ("leader", OWN, CodeForOneself),
        ("leader", GREEN_LEADER, CodeForLeader),
        ("leader", ORGANISER, CodeForDesk),
        ("organiser", ORGANISER, CodeForDesk),
        ("organiser_too", ORGANISER, CodeForOneself),
    ],
)
def test_a_code_for_whoever_may_more_is_refused_and_left_out_of_a_pile(
    community: Community, by: str, person: int, refusal: type[Exception]
) -> None:
    given: dict[str, Any] = {"actor": now_of(community, by), "now": NOW, "today": NOW.date()}
    who = community.volunteers[person]
    with pytest.raises(refusal), transaction() as session:
        issue_code_to(session, who, **given)
    assert issued() == 0
    both = [who, community.volunteers[MEMBER]]
    with transaction() as session:
        assert issue_first_codes(session, both, seed=SEED, **given) == both[1:]
    assert issued() == 1
