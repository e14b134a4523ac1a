"""A year is closed and an activity fills while the clock is set back between any two steps."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import db
from app.ranking.queries.awards import final_awards
from tests.activities.test_signing_up import announced, listed, signed_up, withdrawn
from tests.certificates.test_awards import issue
from tests.ranking.objecting import answered, objected, objection
from tests.ranking.year import (
    AFTER_NOTICE,
    YEAR,
    ask,
    confirm,
    correct_list,
    give_notice,
    make_final,
    make_year,
    save,
    serve_on,
    standing,
)
from tests.service.community import NOW, make_community
from tests.torture.bank import audited

BACK = (timedelta(hours=3), timedelta(days=1))
# A correction gives the notice new days.
AFTER_ALL = NOW + timedelta(days=20)


@pytest.fixture(params=BACK, ids=str)
def back(request: pytest.FixtureRequest) -> timedelta:
    """By how much the clock is set back."""
    return request.param  # type: ignore[no-any-return]


def test_a_year_is_asked_for_confirmed_objected_to_corrected_ended_and_certified(
    app: Flask, db_session: Session, back: timedelta
) -> None:
    """Each step is done by a clock that is behind the step before it."""
    community = make_year(db_session)
    save(community)
    confirm(community, ask(community, "notice"), now=NOW - back)
    first = standing(community)
    objection_id = objected(community, now=NOW - 2 * back)
    answered(community, objection_id, upheld=True)
    serve_on(community, 5, [(datetime(2025, 12, 1).date(), 60)])
    corrected = correct_list(community, now=NOW - back)
    assert corrected.id != first.id
    assert objection(objection_id).state == "upheld"
    audited(app.config["DATABASE_URL"])
    confirm(community, ask(community, "final", now=AFTER_ALL), now=AFTER_ALL - back)
    awards = len(final_awards(db.session(), community.root_id, YEAR))
    db.session.rollback()
    assert awards > 0
    assert issue(community, at=AFTER_ALL - 2 * back) == (awards, 0)
    assert issue(community, at=AFTER_ALL) == (0, awards)
    audited(app.config["DATABASE_URL"])


def test_what_was_approved_before_the_set_back_is_in_the_list_frozen_after_it(
    app: Flask, db_session: Session, back: timedelta
) -> None:
    community = make_year(db_session)
    save(community)
    serve_on(community, 7, [(datetime(2025, 12, 1).date(), 400)])
    notice = give_notice(community, NOW - back)
    final = make_final(community, AFTER_NOTICE)
    assert final.mark >= notice.mark
    leading = final_awards(db.session(), community.root_id, YEAR)[0]
    db.session.rollback()
    assert leading.volunteer_id == community.volunteers[7]
    audited(app.config["DATABASE_URL"])


def test_who_waits_for_a_place_moves_up_in_the_order_they_came(
    app: Flask, db_session: Session, back: timedelta
) -> None:
    community = make_community(db_session)
    activity_id = announced(community)
    for place, at in ((3, NOW), (4, NOW - back), (5, NOW), (6, NOW - 2 * back)):
        signed_up(community, activity_id, place, now=at)
    withdrawn(community, activity_id, 3, now=NOW - 2 * back)
    people = community.volunteers
    states = listed(db_session, activity_id)
    assert [states[people[place]] for place in (4, 5, 6)] == ["placed", "placed", "waiting"]
    audited(app.config["DATABASE_URL"])
