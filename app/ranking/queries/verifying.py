"""Make a frozen ranking anew from the ledger and compare it byte for byte (I-17)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import allow_long_statements
from app.ranking.queries.lists import (
    Counted,
    frozen_rankings,
    frozen_team_codes,
    placed_teams,
    recounted_at,
    recounted_teams_at,
)
from app.ranking.queries.schemes import scheme_by_id
from app.ranking.queries.snapshots import Snapshot, awards_in
from app.ranking.rules.awarding import Candidate, Rankings, TeamCandidate, awards_of
from app.ranking.rules.freezing import Sums, csv_of, sums_of
from app.ranking.rules.schemes import Weights, score_of
from app.service.models import EVERY_COLOUR


class Verification(NamedTuple):
    """What is kept, what the ledger says, and which lists differ (none: it holds)."""

    kept: bytes
    recounted: bytes
    differs: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Tell whether everything frozen is what the ledger gives, byte for byte."""
        return not self.differs


def kept_csv(session: Session, snapshot: Snapshot) -> bytes:
    """Return the canonical CSV of a frozen ranking, from its rows."""
    return csv_of(frozen_rankings(session, snapshot.id, snapshot.year).everyone)


def verified(session: Session, snapshot: Snapshot) -> Verification:
    """Compare a snapshot's sums with its rows, and with what the ledger gives up to its mark."""
    allow_long_statements(session)
    frozen = frozen_rankings(session, snapshot.id, snapshot.year)
    anew = _made_anew(session, snapshot, frozen)
    kept, recounted = csv_of(frozen.everyone), csv_of(anew.everyone)
    wanted = Sums(
        snapshot.sha256, snapshot.colours_sha256, snapshot.teams_sha256, snapshot.awards_sha256
    )
    by_rows = sums_of(frozen, awards_in(session, snapshot.id), kept)
    scheme = scheme_by_id(session, snapshot.scheme_id).scheme
    by_ledger = sums_of(anew, awards_of(scheme, anew), recounted)
    differs = tuple(
        f"{source}.{name}"
        for source, sums in (("rows", by_rows), ("ledger", by_ledger))
        for name in Sums._fields
        if getattr(sums, name) != getattr(wanted, name)
    )
    return Verification(kept, recounted, differs)


def _made_anew(session: Session, snapshot: Snapshot, frozen: Rankings) -> Rankings:
    """Return the lists from the records; what is no figure is taken as it was at the mark.

    Numbers, kinds and first memberships may change later: they stand in the frozen rows. What
    the records know of and the rows do not is there under no number, which no row bears.
    """
    weights = scheme_by_id(session, snapshot.scheme_id).scheme.weights
    known = {one.volunteer_id: one for one in frozen.everyone}
    lists: dict[int, list[Candidate]] = {}
    for counted in recounted_at(session, snapshot.until):
        lists.setdefault(counted.colour_id, []).append(_person(counted, known, weights))
    everyone = _placed(lists.pop(EVERY_COLOUR, []), weights)
    by_colour: dict[int, Sequence[Candidate]] = {
        colour_id: _placed(rows, weights) for colour_id, rows in lists.items()
    }
    return Rankings(snapshot.year, everyone, by_colour, _teams(session, snapshot))


def _person(counted: Counted, known: dict[int, Candidate], weights: Weights | None) -> Candidate:
    figures = counted[2:]
    score = None if weights is None else score_of(weights, *figures)
    row = known.get(counted.volunteer_id)
    number, kind, joined_on = (row.number, row.kind, row.joined_on) if row else ("?", "", None)
    return Candidate._make((0, counted.volunteer_id, number, *figures, score, kind, joined_on))


def _placed(rows: list[Candidate], weights: Weights | None) -> list[Candidate]:
    """Return people in the scheme's order with their ranks."""

    def merit(one: Candidate) -> tuple[int, ...]:
        if weights is not None:
            return (one.score or 0,)
        return one.minutes, one.dates, one.service_days

    rows.sort(key=lambda one: (*(-part for part in merit(one)), one.number, one.volunteer_id))
    found: list[Candidate] = []
    for place, one in enumerate(rows, start=1):
        is_tied = bool(found) and merit(found[-1]) == merit(one)
        found.append(one._replace(rank=found[-1].rank if is_tied else place))
    return found


def _teams(session: Session, snapshot: Snapshot) -> Sequence[TeamCandidate]:
    known = frozen_team_codes(session, snapshot.id)
    counted = recounted_teams_at(session, snapshot.until)
    unknown = [
        TeamCandidate(None, team_id, *counted[team_id])
        for team_id in sorted(counted.keys() - known)
    ]
    teams = [
        team._replace(minutes=counted[team.team_id][0], people=counted[team.team_id][1])
        for team in known.values()
        if team.team_id in counted
    ]
    return [*placed_teams(teams, snapshot.least_people), *unknown]
