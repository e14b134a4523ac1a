"""异议: raised during a notice, answered once by an organiser whom it does not concern."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.people.models import Helper
from app.ranking.rules.objecting import (
    LONGEST_WORDS,
    NamesSomebody,
    NoticeOver,
    ObjectionEnded,
    ObjectionOpenAlready,
    WordsTooLong,
)
from app.ranking.rules.stages import (
    AnswerMissing,
    IsFinal,
    NotUnderNotice,
    OwnObjection,
    RankingUnknown,
    StillOpen,
    WordsMissing,
)
from tests.races import race
from tests.ranking.objecting import WHO, answered, objected, objection, withdrawn
from tests.ranking.year import AFTER_NOTICE, FIRST, give_notice, make_final, make_year, save
from tests.service.community import NOW, Community
from tests.service.test_side_by_side import at_once


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    made = make_year(db_session)
    save(made)
    give_notice(made)
    return made


def value(query: str) -> int:
    db.session.rollback()
    found = int(db.session.execute(text(query)).scalar_one())
    db.session.rollback()
    return found


def told(kind: str) -> int:
    return value(f"SELECT count(*) FROM notices WHERE kind = '{kind}'")


def act_for(community: Community, helper: int, ward: int) -> None:
    with transaction() as session:
        one, other = community.volunteers[helper], community.volunteers[ward]
        session.add(Helper(volunteer_id=other, helper_id=one, kind="helper", from_on=FIRST))


def test_it_is_kept_as_it_was_said(community: Community) -> None:
    row = objection(objected(community, words=" 少了两小时 "))
    assert (row.words, row.state, row.rank, row.is_about_self) == ("少了两小时", "open", 1, True)
    assert not row.is_raised_by_another
    assert told("objection.raised") == 2


def test_it_is_about_another_or_about_the_list(community: Community) -> None:
    assert objection(objected(community, 4)).about_id == community.volunteers[4]
    assert objection(objected(community, None)).about_id is None


def test_only_one_is_open_for_a_person_and_a_row(community: Community) -> None:
    first = objected(community, 4)
    with pytest.raises(ObjectionOpenAlready):
        objected(community, 4)
    objected(community, 5)
    withdrawn(community, first)
    assert objected(community, 4) > first


def test_the_same_key_raises_one(community: Community) -> None:
    assert objected(community, key="tap") == objected(community, key="tap")
    assert value("SELECT count(*) FROM objections") == 1


def test_words_are_needed_and_not_endless(community: Community) -> None:
    with pytest.raises(WordsMissing):
        objected(community, words="  ")
    with pytest.raises(WordsTooLong):
        objected(community, words="长" * (LONGEST_WORDS + 1))


def test_a_place_that_is_not_in_the_list_is_unknown(community: Community) -> None:
    with pytest.raises(RankingUnknown):
        objected(community, 7)


def test_nobody_objects_in_the_name_of_a_stranger(community: Community) -> None:
    with pytest.raises(RankingUnknown):
        objected(community, person=5)


def test_for_a_ward_it_says_who_was_signed_in(community: Community) -> None:
    act_for(community, WHO, 5)
    row = objection(objected(community, 5, person=5))
    assert row.volunteer_id == community.volunteers[5]
    assert row.is_raised_by_another
    behalf = value("SELECT on_behalf_of_id FROM trail WHERE operation = 'objection.raise'")
    assert behalf == community.volunteers[5]


def test_it_is_only_taken_while_the_notice_lasts(community: Community) -> None:
    with pytest.raises(NoticeOver):
        objected(community, now=AFTER_NOTICE)
    make_final(community)
    with pytest.raises(IsFinal):
        objected(community, now=AFTER_NOTICE)


def test_before_a_notice_there_is_nothing_to_object_to(app: Flask, db_session: Session) -> None:
    with pytest.raises(NotUnderNotice):
        objected(make_year(db_session))


def test_an_open_one_holds_the_final_list_up(community: Community) -> None:
    objection_id = objected(community)
    with pytest.raises(StillOpen):
        make_final(community)
    answered(community, objection_id)
    make_final(community)


@pytest.mark.parametrize(("upheld", "state"), [(True, "upheld"), (False, "refused")])
def test_it_is_answered_with_words(community: Community, upheld: bool, state: str) -> None:
    objection_id = objected(community)
    answered(community, objection_id, upheld=upheld)
    row = objection(objection_id)
    assert (row.state, row.answer, row.is_public) == (state, "签到表上是两小时", True)
    assert told(f"objection.{state}") == 1


def test_an_answer_without_words_is_none(community: Community) -> None:
    with pytest.raises(AnswerMissing):
        answered(community, objected(community), words=" ")


def test_a_public_answer_names_nobody_of_the_list(community: Community) -> None:
    objection_id = objected(community)
    with pytest.raises(NamesSomebody):
        answered(community, objection_id, words="清明那天是两小时")
    assert objection(objection_id).is_open
    answered(community, objection_id, words="清明那天是两小时", is_public=False)


def test_it_is_answered_once(community: Community) -> None:
    objection_id = objected(community)
    answered(community, objection_id, key="once")
    answered(community, objection_id, key="once")
    with pytest.raises(ObjectionEnded):
        answered(community, objection_id, upheld=True)
    with pytest.raises(ObjectionEnded):
        withdrawn(community, objection_id)


def test_nobody_answers_what_concerns_themselves(community: Community) -> None:
    # The second organiser is the fifth person of the community.
    about_them = objected(community, 4)
    with pytest.raises(OwnObjection):
        answered(community, about_them, by="organiser_too")
    act_for(community, 4, 5)
    about_their_ward = objected(community, 5)
    with pytest.raises(OwnObjection):
        answered(community, about_their_ward, by="organiser_too")
    answered(community, about_their_ward)


def test_nobody_answers_their_own(community: Community) -> None:
    objection_id = objected(community, None, by="organiser_too", person=4)
    with pytest.raises(OwnObjection):
        answered(community, objection_id, by="organiser_too")


@pytest.mark.parametrize("by", ["leader", "volunteer", "organiser_below"])
def test_only_an_organiser_above_answers(community: Community, by: str) -> None:
    objection_id = objected(community)
    with pytest.raises(RankingUnknown):
        answered(community, objection_id, by=by)


def test_only_who_raised_it_withdraws_it(community: Community) -> None:
    objection_id = objected(community)
    with pytest.raises(RankingUnknown):
        withdrawn(community, objection_id, by="leader")
    withdrawn(community, objection_id)
    assert objection(objection_id).state == "withdrawn"


def test_every_step_leaves_one_trail_row(community: Community) -> None:
    first, second = objected(community, 4), objected(community, 5)
    answered(community, first)
    withdrawn(community, second)
    assert value("SELECT count(*) FROM trail WHERE subject_kind = 'objection'") == 4


@race("the lock of a ranking's year", seen="an objection ends once")
def test_two_organisers_answer_at_once(app: Flask, community: Community) -> None:
    objection_id = objected(community)
    answers = at_once(
        app,
        lambda: answered(community, objection_id, by="organiser", upheld=True, key="one"),
        lambda: answered(community, objection_id, by="organiser_too", key="two"),
    )
    assert sum(isinstance(each, ObjectionEnded) for each in answers) == 1
    assert told("objection.upheld") + told("objection.refused") == 1


@race("the lock of a ranking's year")
def test_two_taps_raise_one(app: Flask, community: Community) -> None:
    answers = at_once(
        app,
        lambda: objected(community, 4, key="one"),
        lambda: objected(community, 4, key="two"),
    )
    assert sum(isinstance(each, ObjectionOpenAlready) for each in answers) == 1
    assert value("SELECT count(*) FROM objections") == 1


def test_it_is_dated_by_its_instant(community: Community) -> None:
    assert objection(objected(community)).raised_at == NOW
