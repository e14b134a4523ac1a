"""The audit finds nothing wrong with what was issued, replaced and revoked."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from app.audit.reading import open_reading
from app.audit.report import audit
from app.certificates.operations import make_key, reissue, revoke
from app.db import db, transaction
from tests.certificates.issuing import issued
from tests.certificates.test_awards import issue, rows
from tests.ranking.year import AFTER_NOTICE, give_notice, make_final, make_year, save
from tests.service.community import NOW
from tests.serving import SECRET


def test_the_audit_is_clean_after_all_of_it(app: Flask, db_session: Session) -> None:
    community = make_year(db_session)
    save(community)
    give_notice(community)
    make_final(community)
    issue(community)
    own = issued(community, span=(None, None))
    first = rows(community)[0].id
    given: dict[str, Any] = {
        "actor": community.actor("organiser"),
        "now": AFTER_NOTICE,
        "reason": "x",
    }
    for certificate_id in (own.id, first):
        with transaction() as session:
            reissue(session, certificate_id, key=f"re {certificate_id}", secret=SECRET, **given)
    with transaction() as session:
        revoke(session, rows(community)[1].id, category="mistake", key="revoke", **given)
    db.session.remove()
    with open_reading(app.config["DATABASE_URL"], app.config["DATABASE_ROLE"]) as reading:
        results = {result.id: result for result in audit(reading).results}
    assert [results[each].samples for each in ("C-01", "C-02", "C-03", "I-20")] == [[]] * 4
    assert results["C-02"].looked_at > 0


def test_the_doctor_tells_a_key_that_cannot_be_opened(app: Flask, db_session: Session) -> None:
    def said() -> str:
        db.session.remove()
        return app.test_cli_runner().invoke(args=["doctor"]).output

    with transaction() as session:
        good = make_key(session, SECRET, actor_id=None, now=NOW)
    assert good in said()
    with transaction() as session:
        other = make_key(session, "of another machine " * 3, actor_id=None, now=NOW)
    assert other in said()
    assert "certificate-key --new" in said()
