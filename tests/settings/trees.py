"""A community with an estate and a neighbour to merge, split and retire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.audit.reading import open_reading
from app.audit.report import audit
from app.db import db, transaction
from app.organisations.operations import create_organisation
from app.settings import operations
from app.settings.operations import Part
from tests.service.community import NOW, Community

LATER = NOW + timedelta(days=1)
TODAY = LATER.date()
REASON = "两个小区合并办公"


def make_node(community: Community, code: str, name: str, parent_id: int | None = None) -> int:
    """Make an organisation below the root or another one, organised like those."""
    with transaction() as session:
        made = create_organisation(
            session,
            code=code,
            name=name,
            parent_id=parent_id or community.root_id,
            actor_id=who(community),
            now=NOW,
        ).id
    organiser = community.actor("organiser")
    everything = organiser.organises | {made}
    community.actors["organiser"] = replace(organiser, organises=everything)
    return made


def who(community: Community) -> int:
    return community.actor("organiser").login_id


def settle_in(community: Community, organisation_id: int, *people: int) -> None:
    """Let people of the community belong to an organisation, as if they always had."""
    for person in people:
        send(
            "UPDATE volunteers SET organisation_id = :home WHERE id = :id",
            home=organisation_id,
            id=community.volunteers[person],
        )


def merge(community: Community, gone_id: int, into_id: int, **more: Any) -> None:
    given = {"reason": REASON, "key": more.pop("key", None) or community.fresh_key()}
    with transaction() as session:
        operations.merge_organisations(
            session, gone_id, into_id, actor_id=who(community), now=LATER, **given | more
        )


def split(community: Community, organisation_id: int, *parts: Part, **more: Any) -> list[int]:
    given: dict[str, Any] = {"chosen": {}, "without_team": None, "reason": REASON}
    key = more.pop("key", None) or community.fresh_key()
    with transaction() as session:
        return operations.split_organisation(
            session, organisation_id, parts, actor_id=who(community), now=LATER, key=key,
            **given | more,
        )  # fmt: skip


def retire(community: Community, organisation_id: int, reason: str = REASON) -> None:
    _settle("retire", community, organisation_id, reason)


def reopen(community: Community, organisation_id: int, reason: str = REASON) -> None:
    _settle("reopen", community, organisation_id, reason)


def _settle(verb: str, community: Community, organisation_id: int, reason: str) -> None:
    operate = getattr(operations, f"{verb}_organisation")
    given = {"reason": reason, "actor_id": who(community), "key": community.fresh_key()}
    with transaction() as session:
        operate(session, organisation_id, now=LATER, **given)


def move(community: Community, people: list[int], from_id: int, into_id: int, **more: Any) -> int:
    ids = [community.volunteers[person] for person in people]
    given: dict[str, Any] = {"reason": REASON, "key": community.fresh_key()}
    given["actor"] = community.actor("organiser")
    with transaction() as session:
        return operations.move_people(
            session, ids, from_id=from_id, into_id=into_id, now=LATER, **given | more
        )


# ── what stands in the database ───────────────────────────────────────────────────────────


def send(statement: str, **given: Any) -> None:
    with transaction() as session:
        session.execute(text(statement), given)


def rows(query: str, **given: Any) -> list[tuple[Any, ...]]:
    db.session.rollback()
    found = [tuple(row) for row in db.session.execute(text(query), given)]
    db.session.rollback()
    return found


def value(query: str, **given: Any) -> Any:
    ((found,),) = rows(query, **given)
    return found


def homes(community: Community) -> list[int]:
    """Return where the people belong, in order."""
    return [each for (each,) in rows("SELECT organisation_id FROM volunteers ORDER BY id")]


def team_home(team_id: int) -> int:
    return int(value("SELECT organisation_id FROM teams WHERE id = :id", id=team_id))


def parent(organisation_id: int) -> int:
    return int(value("SELECT parent_id FROM organisations WHERE id = :id", id=organisation_id))


def retired_on(organisation_id: int) -> date | None:
    found = value("SELECT retired_on FROM organisations WHERE id = :id", id=organisation_id)
    return date.fromisoformat(found) if isinstance(found, str) else found


def year_minutes(organisation_id: int) -> list[tuple[int, int]]:
    """Return the minutes of each year's ranking of an organisation."""
    query = """
        SELECT year, CAST(sum(minutes) AS bigint) FROM standings
        WHERE organisation_id = :id AND colour_id = 0 GROUP BY year ORDER BY year
    """
    return [(int(year), int(minutes)) for year, minutes in rows(query, id=organisation_id)]


def check_audit(app: Flask) -> None:
    """Check that the whole audit finds nothing, whatever was done."""
    db.session.rollback()
    with open_reading(app.config["DATABASE_URL"]) as reading:
        found = {one.id: one.samples for one in audit(reading).results if one.violations}
    assert found == {}
