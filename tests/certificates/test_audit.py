"""The audit finds nothing wrong with what was issued, replaced and revoked."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from app.audit.reading import open_reading
from app.audit.report import audit
from app.certificates.operations import reissue, revoke
from app.db import db, transaction
from tests.certificates.issuing import issued
from tests.certificates.test_awards import issue, rows
from tests.ranking.year import AFTER_NOTICE, give_notice, make_final, make_year, save
from tests.serving import SECRET


def test_the_audit_is_clean_after_all_of_it(app: Flask, db_session: Session) -> None:
    community = make_year(db_session)
    save(community)
    give_notice(community)
    make_final(community)
    issue(community)
    own = issued(community, span=(None, None))
    first = rows(community)[0].id
    given = {"actor": community.actor("organiser"), "now": AFTER_NOTICE, "reason": "x"}
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
