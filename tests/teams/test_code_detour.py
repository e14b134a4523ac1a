"""Nobody approves their own through an account they opened with a code (I-12, ADR 0004)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from app.audit.reading import open_reading
from app.audit.report import audit
from app.db import db, transaction
from app.errors import NotAllowed
from app.people import operations as people
from app.people.models import Login, Role
from app.service.operations import approve, approve_each, propose_correction
from app.service.operations.desk import correct
from app.service.operations.friends import welcome
from app.teams import operations
from app.teams.queries import actor_of
from app.teams.rules import Actor, OpenedByBeneficiary
from tests.audit.planting import plant
from tests.service.community import NOW, Community, make_community

TODAY = NOW.date()
ROOT_ROLES = {"organiser": "organiser", "organiser_too": "organiser"}


@pytest.fixture
def community(app) -> Community:
    """The community, its organisers with roles; `organiser` is the volunteer 小满 (7)."""
    made = make_community(db.session())
    with transaction() as session:
        for name in ROOT_ROLES:
            login_id = made.actor(name).login_id
            session.add(Role(login_id=login_id, role="organiser", organisation_id=made.root_id,
                             from_on=date(2025, 1, 1)))  # fmt: skip
        own = update(Login).where(Login.id == made.actor("organiser").login_id)
        session.execute(own.values(volunteer_id=made.volunteers[7]))
    return made


def fresh(community: Community, name: str, on: date = TODAY) -> Actor:
    """Return somebody of the community with the rights the database says."""
    return actor_of(db.session(), community.actor(name).login_id, on)


def open_with_code(community: Community, issuer: str, owner: str, at=NOW) -> None:
    """Let one hand out a code for another's account and use it themselves."""
    owner_id = community.actor(owner).login_id
    with transaction() as session:
        volunteer_id = session.get_one(Login, owner_id).volunteer_id or 0
        code = operations.issue_code_to(
            session, volunteer_id, actor=fresh(community, issuer, at.date()), now=at,
            today=at.date(),
        )  # fmt: skip
        people.activate(
            session, login_id=owner_id, code=code, password_hash="new", address="-", device="-",
            now=at, today=at.date(),
        )  # fmt: skip


def waiting(community: Community, person: int = 7, by: str = "organiser_too", **more: Any) -> int:
    """Log an old line of somebody as a leader: it waits."""
    with transaction() as session:
        session.execute(text("INSERT INTO settings (organisation_id, key, value) VALUES "
                             f"({community.root_id}, 'two_people', '1')"))  # fmt: skip
    outcome = community.logged(community.line(person, **more), by="co_leader")
    assert outcome.status == "waiting", outcome
    with transaction() as session:
        session.execute(text("DELETE FROM settings WHERE key = 'two_people'"))
    return outcome.record_ids[0]


def approved_by(community: Community, who: str, record_id: int, at=NOW) -> Any:
    with transaction() as session:
        return approve(session, [record_id], actor=fresh(community, who, at.date()), now=at)


def test_an_organiser_cannot_approve_their_own_through_a_leader(community):
    record = waiting(community)
    open_with_code(community, "organiser", "leader")
    with pytest.raises(OpenedByBeneficiary) as refused:
        approved_by(community, "leader", record)
    assert isinstance(refused.value, NotAllowed)
    assert refused.value.figures == {
        "opened_on": TODAY, "by": "organiser", "until": TODAY + timedelta(days=14)
    }  # fmt: skip


def test_it_does_so_for_nobody_else(community):
    others = waiting(community, 5)
    own = waiting(community)
    open_with_code(community, "organiser", "leader")
    assert approved_by(community, "leader", others) == [others]
    assert approved_by(community, "co_leader", own) == [own]


def test_the_rule_ends_after_fourteen_days(community):
    record = waiting(community)
    open_with_code(community, "organiser", "leader")
    with pytest.raises(OpenedByBeneficiary):
        approved_by(community, "leader", record, NOW + timedelta(days=14))
    assert approved_by(community, "leader", record, NOW + timedelta(days=15)) == [record]


def test_nor_for_somebody_the_issuer_acts_for(community):
    record = waiting(community, 6)
    with transaction() as session:
        people.let_act(
            session, volunteer_id=community.volunteers[6], helper_id=community.volunteers[7],
            kind="guardian", from_on=TODAY, actor_id=1, now=NOW,
        )  # fmt: skip
    open_with_code(community, "organiser", "leader")
    with pytest.raises(OpenedByBeneficiary):
        approved_by(community, "leader", record)


def test_each_way_to_approve_refuses_it(community):
    record = waiting(community)
    open_with_code(community, "organiser", "leader")
    leader, reason = fresh(community, "leader"), {"reason": "x", "key": "k1"}
    with transaction() as session:
        decided = approve_each(session, [record], actor=leader, now=NOW, key="k0")
        assert isinstance(decided.refusals[record], OpenedByBeneficiary)
    with transaction() as session, pytest.raises(OpenedByBeneficiary):
        welcome(session, record, actor=leader, now=NOW)
    approved_by(community, "co_leader", record)
    line = community.line(7, minutes=60)
    with transaction() as session:
        done = correct(session, record, line, actor=leader, now=NOW, **reason)
        assert isinstance(done.refusal, OpenedByBeneficiary)
    with transaction() as session:
        made = propose_correction(
            session, record, line._replace(minutes=30), actor=leader, now=NOW, reason="x"
        )
    with pytest.raises(OpenedByBeneficiary):
        approved_by(community, "leader", made[0])


def test_a_day_entered_through_the_account_waits_for_somebody_else(community):
    open_with_code(community, "organiser", "leader")
    community.actors["leader"] = fresh(community, "leader")
    outcome = community.logged(community.line(7))
    assert (outcome.status, outcome.waits_reason) == ("waiting", "own_row")
    assert community.logged(community.line(5)).status == "approved"


def test_an_import_through_an_organisers_account_refuses_the_row(community):
    from app.service.operations.planning import plan_lines

    with transaction() as session:
        session.add(Role(login_id=community.actor("volunteer").login_id, role="admin",
                         organisation_id=None, from_on=TODAY))  # fmt: skip
    open_with_code(community, "volunteer", "organiser_too")
    plan = plan_lines(
        db.session(), [community.line(3), community.line(5)],
        actor=fresh(community, "organiser_too"), enters_as="organiser", evidence="entered",
        now=NOW, own_rows="refuse",
    )  # fmt: skip
    assert [outcome.status for outcome in plan.outcomes] == ["refused", "approved"]
    assert isinstance(plan.outcomes[0].refusal, OpenedByBeneficiary)
    assert plan.outcomes[0].refusal.code == "own_record"


def test_a_chain_of_codes_hides_nobody(community):
    """An administrator opens the organiser's account, and with it the leader's."""
    with transaction() as session:
        session.add(Role(login_id=community.actor("volunteer").login_id, role="admin",
                         organisation_id=None, from_on=TODAY))  # fmt: skip
    record = waiting(community, 3)
    open_with_code(community, "volunteer", "organiser_too")
    open_with_code(community, "organiser_too", "leader", NOW + timedelta(days=2))
    with pytest.raises(OpenedByBeneficiary):
        approved_by(community, "leader", record, NOW + timedelta(days=2))


def test_a_member_made_leader_later_begins_the_days_anew(community):
    """The leader opens a member's account, who leads a month later."""
    record = waiting(community, 0)
    open_with_code(community, "leader", "volunteer")
    later = NOW + timedelta(days=40)
    with transaction() as session:
        begun = session.execute(text("SELECT count(*) FROM sessions WHERE revoked_at IS NULL"))
        assert begun.scalar_one() == 1
        operations.change_role(
            session, _membership(community, 3), role="leader", from_on=later.date(),
            actor=fresh(community, "organiser", later.date()), now=later,
        )  # fmt: skip
        open_now = text("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
        assert session.execute(open_now).scalar_one() == 0
    with pytest.raises(OpenedByBeneficiary):
        approved_by(community, "volunteer", record, later)
    assert approved_by(community, "volunteer", record, later + timedelta(days=15))


def test_a_role_granted_later_begins_the_days_anew(community):
    record = waiting(community, 0)
    open_with_code(community, "leader", "volunteer")
    later = NOW + timedelta(days=40)
    with transaction() as session:
        people.grant_role(
            session, community.actor("volunteer").login_id, role="organiser",
            organisation_id=community.root_id, granter_id=1, granter_is_admin=True, now=later,
            today=later.date(),
        )  # fmt: skip
    with pytest.raises(OpenedByBeneficiary):
        approved_by(community, "volunteer", record, later)


def test_a_later_code_from_elsewhere_counts_for_its_own_issuer_only(community):
    record = waiting(community, 0)
    open_with_code(community, "leader", "volunteer")
    open_with_code(community, "organiser", "volunteer", NOW + timedelta(days=30))
    later = NOW + timedelta(days=40)
    with transaction() as session:
        operations.change_role(
            session, _membership(community, 3), role="leader", from_on=later.date(),
            actor=fresh(community, "organiser_too", later.date()), now=later,
        )  # fmt: skip
    assert approved_by(community, "volunteer", record, later) == [record]


def test_the_audit_names_what_was_approved_so(app, community):
    record = waiting(community)
    approved_by(community, "leader", record)
    open_with_code(community, "organiser", "leader")
    db.session.rollback()
    opened_before = f"{NOW - timedelta(days=1):%Y-%m-%d %H:%M:%S.%f}"
    plant(
        app.config["DATABASE_URL"],
        [f"UPDATE account_openings SET from_at = '{opened_before}'"],
    )
    with open_reading(app.config["DATABASE_URL"]) as reading:
        found = {result.id: result for result in audit(reading).results}["I-12"]
    assert [sample["what"] for sample in found.samples] == ["approved_through_a_code"]
    assert found.samples[0]["record_id"] == record


def test_the_openings_are_only_added_to(community):
    open_with_code(community, "organiser", "leader")
    for change in (
        "UPDATE account_openings SET until_on = from_at",
        "DELETE FROM account_openings",
    ):
        with pytest.raises(Exception, match="only added to"):  # noqa: SIM117
            with transaction() as session:
                session.execute(text(change))


def _membership(community: Community, person: int) -> int:
    query = text("SELECT id FROM memberships WHERE volunteer_id = :who AND team_id = :team")
    values = {"who": community.volunteers[person], "team": community.red_id}
    return int(db.session.execute(query, values).scalar_one())
