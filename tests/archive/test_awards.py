"""Our own award certificates stand among the commendations, as long as they hold."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.archive.queries.groups import CommendationLine, commendation_lines
from app.archive.showing import awards_of
from app.certificates.operations import revoke
from app.db import db, transaction
from tests.archive.keeping import HONOUR, enter
from tests.certificates.test_awards import final, issue, rows, year
from tests.ranking.year import AFTER_NOTICE, actor_at
from tests.service.community import Community

__all__ = ["final", "year"]
pytestmark = pytest.mark.usefixtures("app")


def lines(community: Community, volunteer_id: int) -> list[CommendationLine]:
    db.session.rollback()
    found = list(commendation_lines(db.session(), [volunteer_id]))
    db.session.rollback()
    return found


def test_a_certificate_stands_there_until_it_is_revoked(
    db_session: Session, final: Community
) -> None:
    issue(final)
    award = next(one for one in rows(final) if one.volunteer_id is not None)
    assert award.volunteer_id is not None
    (line,) = lines(final, award.volunteer_id)
    assert (line.title, line.note, line.is_elsewhere) == (award.says.title, award.number, False)
    assert line.given_on == award.says.issued_on
    with transaction() as session:
        assert [one.verify_code for one in awards_of(session, award.volunteer_id)] == [
            award.verify_code
        ]
        revoke(
            session,
            award.id,
            category="mistake",
            reason="名字写错",
            actor=actor_at(final, "organiser", AFTER_NOTICE),
            now=AFTER_NOTICE,
            key="revoke",
        )
    assert lines(final, award.volunteer_id) == []
    with transaction() as session:
        assert awards_of(session, award.volunteer_id) == []


def test_it_stands_among_what_was_entered_by_date(final: Community) -> None:
    issue(final)
    award = next(one for one in rows(final) if one.volunteer_id is not None)
    assert award.volunteer_id is not None
    who = final.volunteers.index(award.volunteer_id)
    old = HONOUR._replace(given_on=HONOUR.given_on.replace(year=2020))
    enter(final, "commendation", old, who=who, now=AFTER_NOTICE)
    assert [one.title for one in lines(final, award.volunteer_id)] == [old.title, award.says.title]
