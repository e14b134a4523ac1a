"""How each team's service was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import gettext as _

from app.integrity import queries
from app.integrity.ground import Column, Ground, Listed, Row, kept
from app.integrity.rules import percent
from app.service.queries.evidence import SHOWN_EVIDENCE, SIGNED_IN
from app.teams.queries import TeamRow


class TeamShares(NamedTuple):
    """How a team's service was recorded: records by evidence."""

    team: TeamRow
    records: int
    minutes: int
    by_evidence: Mapping[str, int]

    @property
    def signed_in(self) -> int:
        """Return the share of all that was signed for, on a sheet or by a code, in percent."""
        return percent(sum(self.by_evidence.get(one, 0) for one in SIGNED_IN), self.records)

    def percent(self, evidence: str) -> int:
        """Return the share of one evidence in whole percent of the records."""
        return percent(self.by_evidence.get(evidence, 0), self.records)


def team_shares(ground: Ground) -> list[TeamShares]:
    """Return how each team's service was recorded, the least signed in first."""
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for row in kept(ground, "teams", queries.shares_by_team):
        found.setdefault(row.team_id, {})[row.evidence] = (row.records, row.minutes)
    shares = [
        TeamShares(
            ground.teams[team_id],
            sum(records for records, _minutes in by.values()),
            sum(minutes for _records, minutes in by.values()),
            {evidence: records for evidence, (records, _minutes) in by.items()},
        )
        for team_id, by in found.items()
    ]
    return sorted(shares, key=lambda one: (one.signed_in, -one.minutes))


def teams(ground: Ground) -> Listed:
    columns = (
        Column(_("Records"), "count"),
        Column(_("Hours"), "minutes"),
        Column(_("Signed in by code"), "percent"),
        Column(_("Paper code"), "percent"),
        Column(_("Signed in (paper)"), "percent"),
        Column(_("Entered"), "percent"),
        Column(_("Claimed"), "percent"),
        Column(_("Imported"), "percent"),
    )
    rows = [
        Row(
            share.team.name,
            share.team.code,
            share.team,
            (share.records, share.minutes, *(share.percent(each) for each in SHOWN_EVIDENCE)),
            {"team": share.team.code},
        )
        for share in team_shares(ground)
    ]
    return Listed(columns, rows)
