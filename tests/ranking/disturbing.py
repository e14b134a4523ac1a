"""Whatever may happen to a community after its year was frozen; none of it may reach what is kept.

The product's own operations, but for one that it does not have yet: what a new number will write
is written here by SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from app.claims.operations import claim
from app.db import db, transaction
from app.merging.operations import merge_people
from app.organisations.operations import (
    change_setting,
    create_organisation,
    name_substitute_day,
    rename_organisation,
)
from app.people.operations.volunteers import edit_volunteer
from app.points.operations import add_rule_version
from app.privacy.operations.erasing import Told, replay_erasures
from app.ranking.rules.schemes import Title, Weights
from app.service.operations import approve, propose_correction, regroup
from app.settings.operations import Part, merge_organisations, split_organisation
from app.teams.operations.colours import rename_colour
from app.teams.operations.members import end_membership, join_team
from app.teams.operations.teams import move_team, rename_team, retire_team
from tests.passbook.reader import take_back
from tests.ranking.year import FIRST, PLAIN, actor_at, correct_list, save, serve_on
from tests.service.community import NOW, Community

Disturbance = Callable[[Community], None]
LATER = NOW + timedelta(hours=2)
LONG_AFTER = FIRST + timedelta(days=40)


# ── the books go on ───────────────────────────────────────────────────────────────────────


def later_approvals(community: Community) -> None:
    """More is approved of the very year, for people in it and for one who was not."""
    serve_on(community, 6, [(LONG_AFTER, 480)])
    serve_on(community, 7, [(LONG_AFTER, 300)], team_id=community.green_id)


def later_reversals(community: Community) -> None:
    """Everything one of the tied served, and a third person's one record, is taken back."""
    for person in (4, 6):
        for record_id in records_of(community, person):
            take_back(community, record_id)


def later_corrections(community: Community) -> None:
    """A record is put right: reversed and awarded anew in one commit."""
    record_id = records_of(community, 3)[0]
    line = community.line(3, 30, service_on=FIRST)
    with transaction() as session:
        made = propose_correction(
            session,
            record_id,
            line,
            actor=community.actor("leader"),
            now=LATER,
            reason="早走",
        )
        approve(session, list(made), actor=community.actor("organiser"), now=LATER, reason="核对")


def later_claims(community: Community) -> None:
    """A volunteer's own claim for the year is approved."""
    line = community.line(3, 240, service_on=LONG_AFTER)
    given: dict[str, Any] = {"actor": community.actor("volunteer"), "key": community.fresh_key()}
    with transaction() as session:
        made = claim(session, line, now=NOW, **given)
    with transaction() as session:
        approve(
            session, [made.record_id], actor=community.actor("organiser"), now=NOW, reason="属实"
        )


def later_snapshots(community: Community) -> None:
    """The list is corrected: what it said before stays beside it."""
    serve_on(community, 6, [(LONG_AFTER, 480)])
    correct_list(community, LATER)


def records_of(community: Community, person: int) -> list[int]:
    db.session.rollback()
    query = (
        "SELECT id FROM service_records WHERE volunteer_id = :id AND state = 'approved' ORDER BY id"
    )
    given = {"id": community.volunteers[person]}
    found = list(db.session.scalars(text(query), given))
    db.session.rollback()
    return found


# ── names and places ──────────────────────────────────────────────────────────────────────


def renamed_everything(community: Community) -> None:
    """Person, organisation, team and colour are called otherwise."""
    by: dict[str, Any] = {"actor_id": community.actor("organiser").login_id, "now": LATER}
    with transaction() as session:
        edit_volunteer(session, community.volunteers[3], {"name": "大暑"}, **by)
        rename_organisation(session, community.root_id, name="新涂社区", **by)
        rename_team(session, community.red_id, name="先锋队", **by)
        rename_colour(session, colour_id(community, "red"), name="新主题", **by)


def moved_organisation(community: Community) -> None:
    """The estate hangs below a new district, and another one joins the root."""
    actor_id = community.actor("organiser").login_id
    with transaction() as session:
        district = create_organisation(
            session, code="D", name="东片", parent_id=community.root_id, actor_id=actor_id, now=NOW
        ).id
    with transaction() as session:
        regroup(session, community.estate_id, parent_id=district, actor_id=actor_id, now=LATER)


def merged_organisations(community: Community) -> None:
    """The estate is merged into a new district; its teams and people go on there."""
    by: dict[str, Any] = {"actor_id": community.actor("organiser").login_id, "now": LATER}
    with transaction() as session:
        kept = create_organisation(
            session, code="M", name="西片", parent_id=community.root_id, **by
        ).id
    with transaction() as session:
        merge_organisations(
            session, community.estate_id, kept, reason="合并", key="merge the estate", **by
        )


def split_organisations(community: Community) -> None:
    """Whoever serves in red gets a community of their own below the root."""
    part = Part("P", "南片", (community.red_id,))
    chosen: dict[int, int | None] = {}
    by: dict[str, Any] = {"actor_id": community.actor("organiser").login_id, "now": LATER}
    with transaction() as session:
        split_organisation(
            session, community.root_id, [part], chosen=chosen, without_team=0, reason="拆分",
            key="split the root", **by,
        )  # fmt: skip


def moved_teams(community: Community) -> None:
    """Both teams change places and colours, one of them as of long ago; then one is retired."""
    by: dict[str, Any] = {"actor_id": community.actor("organiser").login_id, "now": LATER}
    green, red = colour_id(community, "green"), colour_id(community, "red")
    with transaction() as session:
        move_team(
            session,
            community.red_id,
            organisation_id=community.estate_id,
            colour_id=green,
            from_on=date(2025, 2, 1),
            **by,
        )
        move_team(
            session,
            community.green_id,
            organisation_id=community.root_id,
            colour_id=red,
            from_on=LATER.date(),
            **by,
        )
        retire_team(session, community.green_id, on=LATER.date(), **by)


def colour_id(community: Community, key: str) -> int:
    query = "SELECT id FROM colours WHERE organisation_id = :id AND key = :key"
    found = db.session.scalar(text(query), {"id": community.root_id, "key": key})
    assert found is not None
    return int(found)


# ── rules ─────────────────────────────────────────────────────────────────────────────────


def another_rule(community: Community) -> None:
    """Points are given by other figures from the next year on."""
    with transaction() as session:
        add_rule_version(
            session,
            organisation_id=community.root_id,
            effective_from=LATER.date() + timedelta(days=30),
            rates={colour_id(community, "red"): 300},
            service_day_percent=100,
            service_month_percent=0,
            step_hundredths=50,
            actor_id=community.actor("organiser").login_id,
            now=LATER,
        )


def another_setting(community: Community) -> None:
    """Least people of a team, the service day and a substitute of it are other ones."""
    by: dict[str, Any] = {"actor_id": community.actor("organiser").login_id, "now": LATER}
    with transaction() as session:
        change_setting(session, community.root_id, key="ranking_least_people", value="1", **by)
        change_setting(session, community.root_id, key="service_day", value="10", **by)
        name_substitute_day(
            session,
            organisation_id=community.root_id,
            year=LATER.year,
            month=LATER.month + 2,
            substitute_on=date(LATER.year, LATER.month + 2, 11),
            reason="雨天",
            **by,
        )


def another_scheme(community: Community) -> None:
    """The scheme is saved anew, by weights and with other titles and exclusions."""
    titles = (Title("newcomer", 1, "年度新人"), Title("kind", 1, "分类之星"))
    weights = Weights(1, 50, 0, 3)
    excluded = {community.volunteers[3]: "工作人员"}
    save(community, PLAIN._replace(weights=weights, titles=titles, exclusions=excluded))


# ── people ────────────────────────────────────────────────────────────────────────────────


def other_kinds_and_memberships(community: Community) -> None:
    """Somebody is of another kind, one leaves a team and a guest joins as of years ago."""
    organiser = actor_at(community, "organiser", LATER)
    query = "SELECT id FROM memberships WHERE volunteer_id = :id ORDER BY id LIMIT 1"
    with transaction() as session:
        left = session.scalar(text(query), {"id": community.volunteers[4]})
        assert left is not None
        edit_volunteer(
            session,
            community.volunteers[3],
            {"kind": "party"},
            actor_id=organiser.login_id,
            now=LATER,
        )
        end_membership(session, left, until_on=NOW.date(), actor=organiser, now=LATER)
        join_team(
            session,
            team_id=community.green_id,
            volunteer_id=community.volunteers[6],
            from_on=date(2019, 1, 1),
            actor=organiser,
            now=LATER,
        )


def other_numbers(community: Community) -> None:
    """By SQL: two people change numbers, in the standings too."""
    third, fourth = community.volunteers[3], community.volunteers[4]
    for volunteer_id, number in ((third, "X"), (fourth, "TX00004"), (third, "TX00005")):
        _send("UPDATE volunteers SET number = :number WHERE id = :id", volunteer_id, number=number)
        _send(
            "UPDATE standings SET number = :number WHERE volunteer_id = :id",
            volunteer_id,
            number=number,
        )


def merged_people(community: Community) -> None:
    """One of the list becomes another of it, and what they served becomes theirs."""
    kept, gone = community.volunteers[3], community.volunteers[6]
    with transaction() as session:
        merge_people(
            session,
            kept,
            gone,
            actor=actor_at(community, "organiser", LATER),
            now=LATER,
            reason="同一人",
            key=community.fresh_key(),
        )


def erased_person(community: Community) -> None:
    """The first of the list is erased, as a restore does it again: no list under notice waits."""
    by = community.actor("organiser").login_id
    with transaction() as session:
        number = session.scalar(
            text("SELECT number FROM volunteers WHERE id = :id"), {"id": community.volunteers[3]}
        )
        told = Told(community.volunteers[3], number, "", by, LATER, "{}")
        assert replay_erasures(session, [told]) == 1


def _send(statement: str, volunteer_id: int, **given: object) -> None:
    with transaction() as session:
        session.execute(text(statement), {"id": volunteer_id, **given})


DISTURBANCES: dict[str, Disturbance] = {
    work.__name__.replace("_", " "): work
    for work in (
        later_approvals,
        later_reversals,
        later_corrections,
        later_claims,
        later_snapshots,
        renamed_everything,
        moved_organisation,
        split_organisations,
        moved_teams,
        merged_organisations,
        another_rule,
        another_setting,
        another_scheme,
        other_kinds_and_memberships,
        other_numbers,
        merged_people,
        erased_person,
    )
}
