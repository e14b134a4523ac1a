"""Frozen lists as public boards show them: ids and figures, never a name.

Names are asked for beside them at each request (`app.people.queries.naming.public_names`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.ranking.queries.teams import PlacedTeam
from app.ranking.rules import TeamRow
from app.ranking.rules.schemes import Weights
from app.service.models import EVERY_COLOUR


class Published(NamedTuple):
    """A year of an organisation that is under notice or final."""

    organisation_id: int
    code: str
    name: str
    year: int
    number: int
    people: int
    frozen_at: datetime
    until_on: date
    final_at: datetime | None


class BoardPlace(NamedTuple):
    """One row of a frozen list; the colour is the one most was served in."""

    volunteer_id: int
    rank: int
    is_tied: bool
    minutes: int
    dates: int
    service_days: int
    points_hundredths: int
    score: int | None
    colour_id: int | None


class OwnRow(NamedTuple):
    """Somebody's own row: how many stand before it, and the next better place, if there is one."""

    place: BoardPlace
    before: int
    next_better: BoardPlace | None


class BoardRules(NamedTuple):
    """What of a scheme everybody may know."""

    weights: Weights | None
    minimum_minutes: int
    member_since: date | None
    titles_per_person: int


class Size(NamedTuple):
    """How many people a frozen list holds, and their minutes."""

    people: int
    minutes: int


# The newest list of a year stands.
_PUBLISHED = """
SELECT s.organisation_id, g.code, g.name, s.year, s.number, s.people, s.frozen_at,
  coalesce((SELECT max(x.until_on) FROM notice_extensions x WHERE x.snapshot_id = s.id),
    s.notice_until_on), s.notice_until_on, f.final_at
FROM ranking_snapshots s
  JOIN organisations g ON g.id = s.organisation_id
  LEFT JOIN ranking_finals f ON f.snapshot_id = s.id
WHERE NOT EXISTS (SELECT 1 FROM ranking_snapshots c WHERE c.corrects_id = s.id) {where}
ORDER BY s.year DESC, s.frozen_at DESC, s.id DESC LIMIT ? OFFSET ?
"""
_AT_OR_ABOVE = """
  AND s.organisation_id IN (
    WITH RECURSIVE above (id, parent_id) AS (
      SELECT id, parent_id FROM organisations WHERE id = ?
      UNION ALL
      SELECT o.id, o.parent_id FROM above a JOIN organisations o ON o.id = a.parent_id
    )
    SELECT id FROM above
  )
"""
_COUNT_PUBLISHED = """
SELECT count(*) FROM ranking_snapshots s
WHERE NOT EXISTS (SELECT 1 FROM ranking_snapshots c WHERE c.corrects_id = s.id)
"""
_PLACE = f"""
SELECT p.volunteer_id, p.rank,
  CASE WHEN EXISTS (SELECT 1 FROM ranking_rows t WHERE t.snapshot_id = p.snapshot_id
    AND t.colour_id = p.colour_id AND t.rank = p.rank AND t.volunteer_id <> p.volunteer_id)
    THEN 1 ELSE 0 END,
  p.minutes, p.dates, p.service_days, p.points_hundredths, p.score,
  (SELECT c.colour_id FROM ranking_rows c
    WHERE c.volunteer_id = p.volunteer_id AND c.snapshot_id = p.snapshot_id
      AND c.colour_id <> {EVERY_COLOUR}
    ORDER BY c.minutes DESC, c.colour_id LIMIT 1)
FROM ranking_rows p WHERE p.snapshot_id = ? AND p.colour_id = ?
"""
_PAGE = _PLACE + " ORDER BY p.rank, p.number LIMIT ? OFFSET ?"
# The own row with how many stand before it, and the first row of the next better place.
_OWN = f"""
SELECT * FROM ({_PLACE} AND p.volunteer_id = ?) own
UNION ALL
SELECT * FROM ({_PLACE} AND p.rank < (SELECT o.rank FROM ranking_rows o
    WHERE o.snapshot_id = p.snapshot_id AND o.colour_id = p.colour_id AND o.volunteer_id = ?)
  ORDER BY p.rank DESC, p.number LIMIT 1) better
"""
_BEFORE = """
SELECT count(*) FROM ranking_rows b JOIN ranking_rows o
  ON o.snapshot_id = b.snapshot_id AND o.colour_id = b.colour_id
WHERE b.snapshot_id = ? AND b.colour_id = ? AND o.volunteer_id = ?
  AND (b.rank < o.rank OR (b.rank = o.rank AND b.number < o.number))
"""
_OWN_BEFORE = f"SELECT x.*, ({_BEFORE}) FROM ({_OWN}) x"
_RULES = """
SELECT is_weighted, per_hour, per_date, per_service_day, per_point, minimum_minutes,
  member_since, titles_per_person
FROM ranking_schemes WHERE id = ?
"""
_SIZE = """
SELECT count(*), CAST(coalesce(sum(minutes), 0) AS bigint)
FROM ranking_rows WHERE snapshot_id = ? AND colour_id = ?
"""
_TEAMS = """
SELECT t.rank, t.code, t.name, t.minutes, t.people, c.key, c.glyph
FROM ranking_team_rows t JOIN colours c ON c.id = t.colour_id WHERE t.snapshot_id = ?
"""
_FINAL_IS_ALONE = """
SELECT z.is_alone FROM ranking_finals f JOIN ranking_freezes z ON z.id = f.freeze_id
WHERE f.snapshot_id = ?
"""


def published(session: Session, *, size: int, offset: int = 0) -> list[Published]:
    """Return what is under notice or final, the newest first."""
    rows = fetch(session, _PUBLISHED.format(where=""), size, offset)
    return [_published(row) for row in rows]


def last_published_above(session: Session, organisation_id: int) -> Published | None:
    """Return the newest list of an organisation and those above it, or None."""
    rows = fetch(session, _PUBLISHED.format(where=_AT_OR_ABOVE), organisation_id, 1, 0)
    return _published(rows[0]) if rows else None


def last_published_within(session: Session, organisation_ids: Collection[int]) -> Published | None:
    """Return the newest list of these organisations, or None."""
    where = "AND s.organisation_id IN ?ids"
    rows = fetch(session, _PUBLISHED.format(where=where), list(organisation_ids), 1, 0)
    return _published(rows[0]) if rows else None


def count_published(session: Session) -> int:
    """Return how many years of how many organisations are under notice or final."""
    return int(fetch(session, _COUNT_PUBLISHED)[0][0])


def board_page(
    session: Session, snapshot_id: int, colour_id: int, *, size: int, offset: int = 0
) -> list[BoardPlace]:
    """Return a page of a frozen list in its order."""
    rows = fetch(session, _PAGE, snapshot_id, colour_id, size, offset)
    return [_place(row) for row in rows]


def own_row(session: Session, snapshot_id: int, colour_id: int, volunteer_id: int) -> OwnRow | None:
    """Return somebody's own row of a frozen list, or None."""
    here = snapshot_id, colour_id
    rows = fetch(
        session, _OWN_BEFORE, *here, volunteer_id, *here, volunteer_id, *here, volunteer_id
    )
    places = {row[0]: _place(row[:9]) for row in rows}
    if volunteer_id not in places:
        return None
    own = places.pop(volunteer_id)
    return OwnRow(own, int(rows[0][9]), next(iter(places.values()), None))


def board_rules(session: Session, scheme_id: int) -> BoardRules:
    """Return by which rules a list is ordered and titles are given, without who is left out."""
    is_weighted, *weights, least, since, most = fetch(session, _RULES, scheme_id)[0]
    return BoardRules(
        Weights(*weights) if is_weighted else None,
        least,
        None if since is None else day_of(since),
        most,
    )


def board_size(session: Session, snapshot_id: int, colour_id: int) -> Size:
    """Return how large a colour's list is."""
    return Size(*fetch(session, _SIZE, snapshot_id, colour_id)[0])


def board_teams(session: Session, snapshot_id: int) -> list[PlacedTeam]:
    """Return the teams of a frozen list in their order; those too small follow without a rank."""
    rows = sorted(fetch(session, _TEAMS, snapshot_id), key=_team_order)
    return [PlacedTeam(row[0], TeamRow(*row[1:5]), row[5], row[6]) for row in rows]


def final_was_alone(session: Session, snapshot_id: int) -> bool:
    """Tell whether one person alone made a list final 一人办理."""
    rows = fetch(session, _FINAL_IS_ALONE, snapshot_id)
    return bool(rows and rows[0][0])


def _team_order(row: Any) -> tuple[bool, int, str]:
    return row[0] is None, row[0] or 0, row[1]


def _published(row: Any) -> Published:
    *said, frozen_at, extended_on, until_on, final_at = row
    return Published._make(
        [
            *said,
            instant_of(frozen_at),
            max(day_of(extended_on), day_of(until_on)),
            None if final_at is None else instant_of(final_at),
        ]
    )


def _place(row: Any) -> BoardPlace:
    return BoardPlace(row[0], row[1], bool(row[2]), *row[3:])
