"""Freeze a ranking: copy the kept standings as one statement and prove them by the records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.bulk import Statement, allow_long_statements, many
from app.ledger.marks import publish_mark
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import root_id_of, settings_of, subtree_ids, working_calendar
from app.points.queries import versions_for
from app.ranking.models import RankingFreeze, RankingSnapshot
from app.ranking.queries.lists import (
    TeamTotal,
    Until,
    copy_places,
    live_rankings,
    recounted_teams_at,
    standings_agree,
    team_totals,
)
from app.ranking.queries.snapshots import Snapshot, awards_in
from app.ranking.rules.awarding import Award, Rankings, awards_of
from app.ranking.rules.freezing import Sums, csv_of, sums_of
from app.ranking.rules.schemes import Scheme
from app.ranking.rules.stages import NothingToRank, TotalsDisagree, corrected_end, notice_end
from app.service.operations.noticing import put_under_notice

MARK_PURPOSE = "ranking"
_TEAM_ROW = "ranking_team_rows (snapshot_id, team_id, rank, code, name, colour_id, minutes, people)"
_INSERT_TEAM = Statement(
    f"INSERT INTO {_TEAM_ROW} VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    f"INSERT INTO {_TEAM_ROW} SELECT * FROM {{rows}}",
    ("bigint", "bigint", "integer", "text", "text", "bigint", "bigint", "integer"),
)
_AWARD = (
    "ranking_awards (snapshot_id, position, category, title, colour_id, kind, volunteer_id, "
    "team_id, rank, is_tied)"
)
_INSERT_AWARD = Statement(
    f"INSERT INTO {_AWARD} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    f"INSERT INTO {_AWARD} SELECT * FROM {{rows}}",
    (
        *("bigint", "integer", "text", "text", "bigint", "text", "bigint", "bigint", "integer"),
        "boolean",
    ),
)


def freeze(
    session: Session,
    asked: RankingFreeze,
    scheme: Scheme,
    standing: Snapshot | None,
    *,
    today: date,
    now: datetime,
) -> int:
    """Write the snapshot with all its rows as the ledger stands at a mark; return its id.

    Refuses when the kept standings are not what the records say (TotalsDisagree).
    """
    allow_long_statements(session)
    organisation_id, year = asked.organisation_id, asked.year
    until = Until(
        year,
        tuple(sorted(subtree_ids(session, organisation_id))),
        publish_mark(session, MARK_PURPOSE, now),
    )
    settings = settings_of(session, organisation_id)
    teams = team_totals(session, year, until.organisation_ids)
    rankings = live_rankings(
        session, organisation_id, year, scheme.weights, teams, settings.ranking_least_people
    )
    if not rankings.everyone:
        raise NothingToRank(year=year)
    _prove(session, organisation_id, teams, until)
    awards = awards_of(scheme, rankings)
    kept = _snapshot(session, asked, standing, until, rankings, awards)
    kept.least_people = settings.ranking_least_people
    kept.frozen_at, kept.notice_from_on = now, today
    kept.notice_until_on = _notice_until(session, asked, standing, today, awards)
    session.add(kept)
    session.flush()
    copy_places(session, kept.id, organisation_id, year, scheme.weights)
    _insert_teams(session, kept.id, teams, rankings)
    _insert_awards(session, kept.id, awards)
    put_under_notice(session, until.organisation_ids, year, now)
    return kept.id


def _prove(
    session: Session, organisation_id: int, teams: Sequence[TeamTotal], until: Until
) -> None:
    """Refuse when records and kept totals disagree, on anybody or any team."""
    if not standings_agree(session, organisation_id, until):
        raise TotalsDisagree
    if recounted_teams_at(session, until) != {
        team.team_id: (team.minutes, team.people) for team in teams
    }:
        raise TotalsDisagree


def _snapshot(
    session: Session,
    asked: RankingFreeze,
    standing: Snapshot | None,
    until: Until,
    rankings: Rankings,
    awards: Sequence[Award],
) -> RankingSnapshot:
    sums = _sums(rankings, awards)
    return RankingSnapshot(
        freeze_id=asked.id,
        organisation_id=asked.organisation_id,
        year=asked.year,
        number=standing.number + 1 if standing else 1,
        corrects_id=standing.id if standing else None,
        scheme_id=asked.scheme_id,
        mark=until.mark,
        scope=json.dumps(until.organisation_ids),
        rule_versions=json.dumps(_rule_versions(session, asked.organisation_id, asked.year)),
        people=len(rankings.everyone),
        minutes=sum(one.minutes for one in rankings.everyone),
        sha256=sums.people,
        colours_sha256=sums.colours,
        teams_sha256=sums.teams,
        awards_sha256=sums.awards,
    )


def _sums(rankings: Rankings, awards: Sequence[Award]) -> Sums:
    return sums_of(rankings, awards, csv_of(rankings.everyone))


def _rule_versions(session: Session, organisation_id: int, year: int) -> list[int]:
    """Return the rule versions that governed a day of the year."""
    versions = versions_for(session, root_id_of(session, organisation_id))
    first, last = date(year, 1, 1), date(year, 12, 31)
    begun = [one for one in versions if one.effective_from <= first]
    within = [one for one in versions if first < one.effective_from <= last]
    at_first = max(begun, key=lambda one: one.effective_from, default=None)
    return sorted(one.id for one in (*([at_first] if at_first else []), *within))


def _notice_until(
    session: Session,
    asked: RankingFreeze,
    standing: Snapshot | None,
    today: date,
    awards: Sequence[Award],
) -> date:
    settings = settings_of(session, asked.organisation_id)
    calendar = WorkingCalendar(working_calendar(session, asked.organisation_id))
    if standing is None:
        return notice_end(today, settings.notice_working_days, calendar)
    return corrected_end(
        standing.until_on,
        today,
        awards_changed=_held(awards) != _held(awards_in(session, standing.id)),
        extension=settings.notice_extension_working_days,
        calendar=calendar,
    )


def _held(awards: Sequence[Award]) -> set[Any]:
    """Return who receives which title of which colour or kind, whatever the rank."""
    return {
        (one.category, one.title, one.colour_id, one.kind, one.volunteer_id, one.team_id)
        for one in awards
    }


def _insert_teams(
    session: Session, snapshot_id: int, teams: Sequence[TeamTotal], rankings: Rankings
) -> None:
    ranks = {team.team_id: team.rank for team in rankings.teams}
    rows = [
        (snapshot_id, team.team_id, ranks[team.team_id], team.code, team.name, team.colour_id,
         team.minutes, team.people)
        for team in teams
    ]  # fmt: skip
    many(session, _INSERT_TEAM, rows)


def _insert_awards(session: Session, snapshot_id: int, awards: Sequence[Award]) -> None:
    rows = [
        (snapshot_id, one.position, one.category, one.title, one.colour_id, one.kind,
         one.volunteer_id, one.team_id, one.rank, one.is_tied)
        for one in awards
    ]  # fmt: skip
    many(session, _INSERT_AWARD, rows)
