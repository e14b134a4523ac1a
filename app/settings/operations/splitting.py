"""Split an organisation: new ones beside it, to which teams and their people go from today on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.organisations import operations as organisations
from app.organisations import rules
from app.organisations.models import Organisation
from app.people.operations.homes import give_home
from app.settings.operations.holding import (
    hold_tree,
    open_one,
    place_teams,
    teams_in_service,
    today_at,
)
from app.settings.operations.keeping import Applied, applied_at, keep_applied
from app.settings.queries.dividing import divided
from app.teams.queries import TeamRow
from app.trail.operations import remember, remembered


class Part(NamedTuple):
    """A new organisation to be made, and the teams that go there."""

    code: str
    name: str
    team_ids: tuple[int, ...]


def split_organisation(
    session: Session,
    organisation_id: int,
    parts: Sequence[Part],
    *,
    chosen: Mapping[int, int | None],
    without_team: int | None,
    reason: str,
    actor_id: int,
    now: datetime,
    key: str,
) -> list[int]:
    """Make new organisations of parts of one; return their ids.

    Whoever's teams all go, goes along. `chosen`: by person with teams on several sides, the
    place of the part they go to (None: they stay). `without_team`: where people without any
    team go. They begin with what applies today, and stand beside it (below a root).
    """
    content = _content(organisation_id, parts, chosen, without_team, reason)
    done = remembered(session, actor_id, key, content)
    if done is not None:
        return list(done["ids"])
    why = organisations.checked_reason(reason)
    hold_tree(session)
    one = open_one(session, organisation_id)
    on = today_at(session, organisation_id, now)
    teams = _checked(one, parts, teams_in_service(session, organisation_id, on))
    going = divided(session, organisation_id, [part.team_ids for part in parts], on)
    before = applied_at(session, organisation_id)
    said: list[dict[str, Any]] = []
    ids = []
    for place, part in enumerate(parts):
        made = _make(session, one, part, before, actor_id, now)
        place_teams(session, teams[place], made, on=on, actor_id=actor_id, now=now)
        people = going.to(place, chosen, without_team)
        give_home(
            session,
            people,
            from_id=organisation_id,
            organisation_id=made,
            actor_id=actor_id,
            now=now,
            reason=why,
        )
        _keep(session, organisation_id, made, on, why, actor_id, now)
        said.append(
            {
                "code": part.code,
                "name": part.name,
                "teams": len(teams[place]),
                "people": len(people),
            }
        )
        ids.append(made)
    organisations.note_organisation(
        session,
        "split_organisation",
        organisation_id,
        actor_id,
        now,
        {"code": one.code, "name": one.name},
        {"parts": said},
        why,
    )
    remember(session, actor_id, key, content, {"ids": ids}, now)
    return ids


def check_parts(one: Organisation, parts: Sequence[Part], teams: Sequence[TeamRow]) -> None:
    """Refuse a split as it would be refused when it is carried out, before anything is made."""
    _checked(one, parts, teams)
    for part in parts:
        rules.check_code(part.code)
        rules.check_name(part.name)


def _checked(
    one: Organisation, parts: Sequence[Part], teams: Sequence[TeamRow]
) -> list[list[TeamRow]]:
    """Return the teams of each part."""
    if not parts:
        raise rules.NoPart
    there = {team.id: team for team in teams}
    seen: set[int] = set()
    codes: set[str] = set()
    for part in parts:
        if part.code in codes:
            raise rules.SameCode(given=part.code)
        if not part.team_ids:
            raise rules.PartWithoutTeam(name=part.name)
        if not set(part.team_ids) <= there.keys() - seen:
            raise rules.TeamNotThere(name=one.name)
        seen.update(part.team_ids)
        codes.add(part.code)
    return [[there[team_id] for team_id in part.team_ids] for part in parts]


def _make(
    session: Session,
    one: Organisation,
    part: Part,
    before: Applied,
    actor_id: int,
    now: datetime,
) -> int:
    made = organisations.create_organisation(
        session,
        code=part.code,
        name=part.name,
        parent_id=one.id if one.parent_id is None else one.parent_id,
        actor_id=actor_id,
        now=now,
    )
    keep_applied(session, made.id, before, actor_id=actor_id, now=now)
    return made.id


def _keep(
    session: Session,
    organisation_id: int,
    made_id: int,
    on: date,
    why: str,
    actor_id: int,
    now: datetime,
) -> None:
    organisations.keep_change(
        session,
        "split",
        organisation_id,
        into_id=made_id,
        on=on,
        actor_id=actor_id,
        now=now,
        reason=why,
    )


def _content(
    organisation_id: int,
    parts: Sequence[Part],
    chosen: Mapping[int, int | None],
    without_team: int | None,
    reason: str,
) -> dict[str, Any]:
    return {
        "operation": "organisation.split",
        "organisation": organisation_id,
        "parts": [[part.code, part.name, list(part.team_ids)] for part in parts],
        "chosen": {str(one): chosen[one] for one in sorted(chosen)},
        "without_team": without_team,
        "why": reason,
    }
