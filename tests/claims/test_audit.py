"""After claims of every fate the audit is clean, on either engine (I-07 … I-25)."""

from __future__ import annotations

from datetime import date

from flask import Flask

from app.audit.reading import open_reading
from app.audit.report import audit
from app.claims.operations import withdraw_claim
from app.db import db, transaction
from app.service.operations import approve, reject
from tests.claims.conftest import VOLUNTEER, claimed, drawn, split
from tests.service.community import NOW, Community, check_books


def test_claims_of_every_fate_leave_sound_books(app: Flask, community: Community) -> None:
    night = claimed(community, starts_minute=1380, minutes=180, picture=drawn()).record_id
    split(community, night, community.line(VOLUNTEER, 90, starts_minute=1380))
    plain = claimed(community, service_on=date(2026, 1, 26)).record_id
    with transaction() as session:
        approve(session, [plain], actor=community.actor("leader"), now=NOW)
    sent_back = claimed(community, by="co_leader", person=1).record_id
    taken_back = claimed(community, by="green_leader", person=2).record_id
    with transaction() as session:
        reject(session, sent_back, actor=community.actor("leader"), now=NOW, reason="哪一天")
    with transaction() as session:
        withdraw_claim(
            session, taken_back, actor=community.actor("green_leader"), now=NOW, key="back"
        )
    claimed(community, by="co_leader", person=1, resends_id=sent_back)
    community.logged(community.line(1))
    check_books(db.session())
    with open_reading(app.config["DATABASE_URL"]) as reading:
        report = audit(reading)
    assert [result for result in report.results if result.violations] == []
