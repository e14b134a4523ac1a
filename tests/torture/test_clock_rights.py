"""Who may act is written down after the clock was set back: the audit takes nothing amiss."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.certificates.operations import reissue, revoke
from app.db import db, transaction
from app.people.operations import issue_activation_code, let_act, widen_account
from app.people.operations.activation import activate
from app.people.operations.linking import link_volunteer
from app.service.operations import approve, reverse_record
from app.teams.queries import actor_of
from tests.certificates.issuing import issued
from tests.claims.conftest import VOLUNTEER, claimed
from tests.merging.histories import two_people
from tests.privacy.erased import erased
from tests.service.community import NOW, ORDINARY_DAY, Community
from tests.serving import SECRET
from tests.torture.bank import audited

BACK = (timedelta(hours=1), timedelta(days=1))


@pytest.fixture(params=BACK, ids=str)
def behind(request: pytest.FixtureRequest) -> datetime:
    """The instant it is once the clock was set back."""
    return NOW - request.param


@pytest.fixture
def community(db_session: Session, app: Flask) -> Iterator[Community]:
    made = two_people(db_session)
    yield made
    audited(app.config["DATABASE_URL"])


def open_by(community: Community, owner_id: int, issuer: str, now: datetime) -> None:
    """Let somebody's code open an account."""
    with transaction() as session:
        issuer_id = community.actor(issuer).login_id
        code = issue_activation_code(session, owner_id, issuer_id=issuer_id, now=now)
        given: dict[str, Any] = {"password_hash": "new", "address": "-", "device": "-"}
        activate(session, login_id=owner_id, code=code, now=now, today=now.date(), **given)


def test_whose_a_sign_in_is_is_said_after_what_it_did(
    community: Community, behind: datetime
) -> None:
    """What it decided before for the person, taken back by another since, is named no more."""
    record_id = community.logged(community.line(6), by="organiser").record_ids[0]
    login_id = community.actor("organiser").login_id
    with transaction() as session:
        given: dict[str, Any] = {"actor": community.actor("organiser_too"), "now": NOW}
        reverse_record(session, record_id, reason="错", **given)
    with transaction() as session:
        link_volunteer(session, login_id, community.volunteers[6], actor_id=login_id, now=behind)


def test_who_opened_an_account_last_counts_anew_when_it_may_do_more(
    community: Community, behind: datetime
) -> None:
    owner_id = community.actor("co_leader").login_id
    open_by(community, owner_id, "organiser_too", NOW)
    open_by(community, owner_id, "leader", behind)
    leads_on = NOW.date() + timedelta(days=30)
    with transaction() as session:
        widen_account(session, owner_id, now=behind, from_on=leads_on)
    opened_by = actor_of(db.session(), owner_id, leads_on).openings
    db.session.rollback()
    assert community.volunteers[0] in opened_by


@pytest.mark.parametrize("behind", [timedelta(hours=-1), *BACK], ids=str, indirect=True)
def test_who_helps_a_person_from_now_on_approved_for_them_before(
    community: Community, behind: datetime
) -> None:
    """Also where no clock was set back, and both happened on one day."""
    record_id = claimed(community, service_on=ORDINARY_DAY, now=NOW).record_id
    with transaction() as session:
        approve(session, [record_id], actor=community.actor("leader"), now=NOW)
    with transaction() as session:
        let_act(
            session,
            volunteer_id=community.volunteers[VOLUNTEER],
            helper_id=community.actor("leader").volunteer_id or 0,
            kind="helper",
            from_on=behind.date(),
            actor_id=community.actor("organiser").login_id,
            now=behind,
        )
    leader = actor_of(db.session(), community.actor("leader").login_id, behind.date())
    db.session.rollback()
    # The rule itself holds at once.
    assert leader.benefits(community.volunteers[VOLUNTEER])


def test_certificates_are_issued_replaced_and_revoked(
    community: Community, behind: datetime
) -> None:
    community.logged(community.line(VOLUNTEER))
    before, after = (
        issued(community, span=(None, None)),
        issued(community, span=(None, None), now=behind),
    )
    given: dict[str, Any] = {"actor": community.actor("organiser"), "now": behind, "reason": "错"}
    with transaction() as session:
        reissue(session, before.id, key="again", secret=SECRET, **given)
    with transaction() as session:
        revoke(session, after.id, category="mistake", key="gone", **given)


def test_somebody_is_erased(community: Community, behind: datetime) -> None:
    community.logged(community.line(VOLUNTEER, 60))
    erased(community, now=behind, today=behind.date())
