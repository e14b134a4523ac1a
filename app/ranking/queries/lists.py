"""All lists of a year at once, everyone's, each colour's, the teams': live, frozen, recounted.

The three are read into one shape, so that whatever is made of them is made by the same rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, run
from app.ranking.rules import TeamRow, ranked_teams
from app.ranking.rules.awarding import Candidate, Rankings, TeamCandidate
from app.ranking.rules.schemes import SCORE_PARTS, Weights
from app.service.models import EVERY_COLOUR


class Counted(NamedTuple):
    """What one person served in a year, in a colour or in all of them (0)."""

    colour_id: int
    volunteer_id: int
    minutes: int
    dates: int
    service_days: int
    points_hundredths: int


class TeamTotal(NamedTuple):
    """What was served with one team in a year."""

    team_id: int
    code: str
    name: str
    colour_id: int
    minutes: int
    people: int


# ── live, from the kept standings ─────────────────────────────────────────────────────────

_PLACES = """
SELECT s.colour_id, s.volunteer_id,
  rank() OVER (PARTITION BY s.colour_id ORDER BY {order}) AS place, s.number, s.minutes, s.dates,
  s.service_days, s.points_hundredths, {score} AS score, v.kind, j.joined_on
FROM standings s JOIN volunteers v ON v.id = s.volunteer_id
LEFT JOIN (
  SELECT m.volunteer_id, min(m.from_on) AS joined_on FROM memberships m GROUP BY m.volunteer_id
) j ON j.volunteer_id = s.volunteer_id
WHERE s.organisation_id = ? AND s.year = ?
"""
# Whoever has no number yet stands before the others; several of them by their ids.
_IN_ORDER = " ORDER BY s.colour_id, place, s.number, s.volunteer_id"
_COPY = """
INSERT INTO ranking_rows (snapshot_id, colour_id, volunteer_id, rank, number, minutes, dates,
  service_days, points_hundredths, score, kind, joined_on)
SELECT {snapshot_id}, p.colour_id, p.volunteer_id, p.place, p.number, p.minutes, p.dates,
  p.service_days, p.points_hundredths, p.score, p.kind, p.joined_on
FROM ({places}) p
"""
_TEAM_TOTALS = """
SELECT y.team_id, t.code, t.name, t.colour_id, y.minutes, y.people
FROM (
  SELECT s.team_id, CAST(sum(s.minutes) AS bigint) AS minutes,
    count(DISTINCT s.volunteer_id) AS people
  FROM service_totals s
  WHERE s.year = ? AND s.organisation_id IN ?ids AND s.records > 0
  GROUP BY s.team_id
) y JOIN teams t ON t.id = y.team_id
"""


def live_rankings(
    session: Session,
    organisation_id: int,
    year: int,
    weights: Weights | None,
    teams: Collection[TeamTotal],
    least_people: int,
) -> Rankings:
    """Return the lists as the kept standings tell them now."""
    rows = fetch(session, places_sql(weights) + _IN_ORDER, organisation_id, year)
    return Rankings(year, *_by_colour(rows), placed_teams(teams, least_people))


def copy_places(
    session: Session, snapshot_id: int, organisation_id: int, year: int, weights: Weights | None
) -> None:
    """Write every place of the standings into a snapshot, with one statement."""
    statement = _COPY.format(snapshot_id=int(snapshot_id), places=places_sql(weights))
    run(session, statement, organisation_id, year)


def team_totals(session: Session, year: int, organisation_ids: Sequence[int]) -> list[TeamTotal]:
    """Return what was served with each team, from the kept totals."""
    rows = fetch(session, _TEAM_TOTALS, year, list(organisation_ids))
    return [TeamTotal._make(row) for row in rows]


def places_sql(weights: Weights | None) -> str:
    """Return everybody's places of an organisation's year in SQL; (organisation, year) follow."""
    if weights is None:
        return _PLACES.format(order="s.order_key", score="CAST(NULL AS bigint)")
    score = score_sql(weights)
    return _PLACES.format(order=f"{score} DESC", score=score)


def score_sql(weights: Weights) -> str:
    """Return `rules.schemes.score_of` in SQL; the weights are whole numbers."""
    days = f"{int(weights.per_date)} * s.dates + {int(weights.per_service_day)} * s.service_days"
    return (
        f"(CAST({100 * int(weights.per_hour)} AS bigint) * s.minutes + {SCORE_PARTS} * ({days})"
        f" + {60 * int(weights.per_point)} * s.points_hundredths)"
    )


def placed_teams(teams: Collection[TeamTotal], least_people: int) -> list[TeamCandidate]:
    """Return the teams in their order; those too small follow without a rank."""
    ids = {team.code: team.team_id for team in teams}
    rows = (TeamRow(team.code, team.name, team.minutes, team.people) for team in teams)
    return [
        TeamCandidate(rank, ids[row.team_code], row.minutes, row.people)
        for rank, row in ranked_teams(rows, least_people)
    ]


# ── frozen ────────────────────────────────────────────────────────────────────────────────

_FROZEN = """
SELECT colour_id, volunteer_id, rank, number, minutes, dates, service_days, points_hundredths,
  score, kind, joined_on
FROM ranking_rows WHERE snapshot_id = ? ORDER BY colour_id, rank, number, volunteer_id
"""
_FROZEN_TEAMS = """
SELECT team_id, code, name, colour_id, minutes, people, rank
FROM ranking_team_rows WHERE snapshot_id = ?
"""


def frozen_rankings(session: Session, snapshot_id: int, year: int) -> Rankings:
    """Return the lists as a snapshot keeps them."""
    teams = [
        TeamCandidate(row[6], row[0], row[4], row[5])
        for row in sorted(fetch(session, _FROZEN_TEAMS, snapshot_id), key=_team_order)
    ]
    return Rankings(year, *_by_colour(fetch(session, _FROZEN, snapshot_id)), teams)


def frozen_team_codes(session: Session, snapshot_id: int) -> dict[int, TeamTotal]:
    """Return the teams of a snapshot as they were called, by id."""
    rows = fetch(session, _FROZEN_TEAMS, snapshot_id)
    return {row[0]: TeamTotal._make(row[:6]) for row in rows}


def _team_order(row: Any) -> tuple[bool, int, str]:
    return row[6] is None, row[6] or 0, row[1]


def _by_colour(rows: Iterable[Any]) -> tuple[list[Candidate], dict[int, Sequence[Candidate]]]:
    lists: dict[int, list[Candidate]] = {}
    for colour_id, volunteer_id, rank, *rest, joined_on in rows:
        joined = None if joined_on is None else day_of(joined_on)
        person = Candidate._make((rank, volunteer_id, *rest, joined))
        lists.setdefault(colour_id, []).append(person)
    return lists.pop(EVERY_COLOUR, []), dict(lists)


# ── recounted from the records, up to a mark ──────────────────────────────────────────────

# A record counts from its award on and until its reversal: both are entries, and the ledger
# gives no entry an id at or below a published mark.
_COUNTED_AT = """
WHERE s.state IN ('approved', 'reversed') AND s.award_entry_id <= ?
  AND (s.reversal_entry_id IS NULL OR s.reversal_entry_id > ?)
  AND s.service_on BETWEEN ? AND ? AND s.organisation_id IN ?ids
"""
_PEOPLE_AT = f"""
SELECT {{colour}} AS colour_id, s.volunteer_id, CAST(sum(s.minutes) AS bigint) AS minutes,
  count(DISTINCT s.service_on) AS dates,
  count(DISTINCT CASE WHEN s.is_service_day THEN s.service_on END) AS service_days,
  CAST(sum(s.points_hundredths) AS bigint) AS points_hundredths
FROM service_records s {_COUNTED_AT} GROUP BY {{grouped}} s.volunteer_id
"""
_EVERY_COLOUR = _PEOPLE_AT.format(colour=EVERY_COLOUR, grouped="")
_EACH_COLOUR = _PEOPLE_AT.format(colour="s.colour_id", grouped="s.colour_id,")
# Counted, and of these the ones that stand there with the very same figures; and all that stand.
_AGREEING = f"""
SELECT count(*), count(t.volunteer_id), (
    SELECT count(*) FROM standings s WHERE s.organisation_id = ? AND s.year = ?
  )
FROM ({_EVERY_COLOUR} UNION ALL {_EACH_COLOUR}) c
LEFT JOIN standings t ON t.volunteer_id = c.volunteer_id AND t.colour_id = c.colour_id
  AND t.year = ? AND t.organisation_id = ? AND t.minutes = c.minutes AND t.dates = c.dates
  AND t.service_days = c.service_days AND t.points_hundredths = c.points_hundredths
"""
_TEAMS_AT = f"""
SELECT s.team_id, CAST(sum(s.minutes) AS bigint), count(DISTINCT s.volunteer_id)
FROM service_records s {_COUNTED_AT} GROUP BY s.team_id
"""


class Until(NamedTuple):
    """Which records count: of a year, in these organisations, as the ledger stood at a mark."""

    year: int
    organisation_ids: tuple[int, ...]
    mark: int

    @property
    def values(self) -> tuple[Any, ...]:
        days = date(self.year, 1, 1), date(self.year, 12, 31)
        return self.mark, self.mark, *days, list(self.organisation_ids)


def recounted_at(session: Session, until: Until) -> list[Counted]:
    """Return what everybody served, in every colour together (0) and in each."""
    every = fetch(session, _EVERY_COLOUR, *until.values)
    each = fetch(session, _EACH_COLOUR, *until.values)
    return [Counted._make(row) for row in (*every, *each)]


def standings_agree(session: Session, organisation_id: int, until: Until) -> bool:
    """Tell whether the kept standings are, on everybody and every colour, what the records say."""
    counts = fetch(
        session,
        _AGREEING,
        *(organisation_id, until.year, *until.values, *until.values),
        *(until.year, organisation_id),
    )[0]
    return len(set(counts)) == 1


def recounted_teams_at(session: Session, until: Until) -> dict[int, tuple[int, int]]:
    """Return minutes and people of each team."""
    return {row[0]: (row[1], row[2]) for row in fetch(session, _TEAMS_AT, *until.values)}
