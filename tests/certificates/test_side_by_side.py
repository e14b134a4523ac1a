"""Several people issue, revoke and replace at the same instant: no gap, none twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.certificates.operations import Asked, issue_service_record, reissue, revoke
from app.certificates.rules.refusals import RevokedAlready
from app.db import db, transaction
from tests.certificates.issuing import TITLE, YEAR, issued
from tests.races import race
from tests.service.community import NOW, Community
from tests.service.test_side_by_side import at_once
from tests.serving import SECRET

pytestmark = pytest.mark.usefixtures("app")


def issuing(community: Community, key: str) -> Callable[[], Any]:
    def act() -> int:
        asked = Asked(community.volunteers[3], *YEAR, TITLE)
        actor = community.actor("organiser")
        with transaction() as session:
            return issue_service_record(
                session, asked, actor=actor, now=NOW, key=key, secret=SECRET
            )

    return act


def sequences() -> list[int]:
    db.session.rollback()
    return [row[0] for row in db.session.execute(text("SELECT sequence FROM certificates"))]


@race(
    "the organisation's numbers",
    seen="^AssertionError|the numbers of certificates have no gap|uq_certificates_number",
)
def test_numbers_have_no_gap(app: Flask, community: Community) -> None:
    # The first one makes the key, which keeps all others waiting.
    issuing(community, "first")()
    answers = at_once(app, *(issuing(community, f"key {place}") for place in range(5)))
    assert all(isinstance(answer, int) for answer in answers), answers
    assert sorted(sequences()) == [1, 2, 3, 4, 5, 6]


@race("the lock of the signing key", seen="^AssertionError|the numbers of certificates have no gap")
def test_the_first_who_issue_make_one_key(app: Flask, community: Community) -> None:
    answers = at_once(app, *(issuing(community, f"key {place}") for place in range(3)))
    assert all(isinstance(answer, int) for answer in answers), answers
    assert db.session.scalar(text("SELECT count(*) FROM signing_keys")) == 1


@race(
    "the key of the operation",
    at_lock="the lock of the signing key",
    seen="operation_keys are only added to|pk_operation_keys|uq_certificates_number",
)
def test_one_key_sent_twice_at_once_issues_once(app: Flask, community: Community) -> None:
    answers = at_once(app, *(issuing(community, "same") for _ in range(3)))
    assert len(set(answers)) == 1
    assert sequences() == [1]


@race(
    "the certificate's lock",
    seen="certificate_revocations are only added to|uq_certificate_revocations_certificate_id",
)
def test_a_certificate_is_taken_back_once(app: Flask, community: Community) -> None:
    made = issued(community)

    def revoking() -> None:
        with transaction() as session:
            revoke(
                session,
                made.id,
                category="mistake",
                reason="x",
                actor=community.actor("organiser"),
                now=NOW,
                key="revoke",
            )

    def replacing() -> int:
        with transaction() as session:
            return reissue(
                session,
                made.id,
                reason="x",
                actor=community.actor("organiser_too"),
                now=NOW,
                key="replace",
                secret=SECRET,
            )

    answers = at_once(app, revoking, replacing)
    assert sum(isinstance(answer, RevokedAlready) for answer in answers) == 1, answers
    assert db.session.scalar(text("SELECT count(*) FROM certificate_revocations")) == 1
