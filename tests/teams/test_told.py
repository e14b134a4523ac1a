"""Whoever asked something of a team, or for a helper, is told the answer."""

from __future__ import annotations

import pytest

from app.db import db
from app.notices.kinds import get_kind
from app.notices.models import Notice
from app.notices.queries import figures_from
from app.notices.showing import words_of
from app.people.models import Helper
from app.teams.models import HelperAsk, TeamAsk
from app.teams.notices import KINDS


def told() -> list[tuple[str, int | None, dict[str, object]]]:
    db.session.rollback()
    kinds = [kind.code for kind in KINDS]
    rows = db.session.query(Notice).where(Notice.kind.in_(kinds)).order_by(Notice.id)
    return [(row.kind, row.volunteer_id, figures_from(row.figures)) for row in rows]


@pytest.mark.parametrize(
    ("sent", "kind", "words"),
    [
        ({"do": "accept"}, "team.joined", "TX-red队 has taken you in."),
        ({"do": "refuse", "reason": "人满了"}, "team.not_joined", "人满了"),
    ],
)
def test_an_answer_of_a_team_is_told(app, browser, cast, sent, kind, words):
    ask_id = cast.subjects["ask_id"]["same_team"]
    asker = db.session.get_one(TeamAsk, int(ask_id)).volunteer_id
    db.session.rollback()
    assert browser("leader").post(f"/joining/teams/{ask_id}", data=sent).status_code == 303
    ((code, person, figures),) = told()
    assert (code, person) == (kind, asker)
    with app.test_request_context("/?language=en"):
        assert words in words_of(get_kind(code), figures)[1]


def test_both_are_told_that_somebody_may_act(browser, cast):
    ask_id = cast.subjects["helper_ask_id"]["same_team"]
    ask = db.session.get_one(HelperAsk, int(ask_id))
    both = {ask.volunteer_id, ask.helper_id}
    # The two of the cast act for each other already.
    db.session.query(Helper).delete()
    db.session.commit()
    sent = {"do": "accept"}
    assert browser("organiser").post(f"/joining/helpers/{ask_id}", data=sent).status_code == 303
    found = told()
    assert {person for _, person, _ in found} == both
    assert {code for code, _, _ in found} == {"helper.acts"}
