"""Pages of a live or a frozen list, each place with what stood before it.

Ids and figures only: names are read beside them, as they are now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.ranking.queries.lists import score_sql
from app.ranking.rules.schemes import Weights
from app.service.models import EVERY_COLOUR


class Figures(NamedTuple):
    """What somebody stood with in a list, and where."""

    rank: int
    minutes: int
    dates: int
    service_days: int
    points_hundredths: int
    score: int | None


class Place(NamedTuple):
    """One place of a list: now (None: not in it any more), and in the list before (None: not)."""

    volunteer_id: int
    number: str
    now: Figures | None
    before: Figures | None
    is_tied: bool
    kind: str
    joined_on: date | None


class Lister(NamedTuple):
    """Which live list: of an organisation's year, by weights; of a colour, a kind, a team."""

    organisation_id: int
    year: int
    weights: Weights | None
    colour_id: int = EVERY_COLOUR
    kind: str = ""
    team_id: int = 0


class Size(NamedTuple):
    """How many people a list holds, their minutes, and how many groups share a rank."""

    people: int
    minutes: int
    tied_groups: int


_FIGURES = "{0}.rank, {0}.minutes, {0}.dates, {0}.service_days, {0}.points_hundredths, {0}.score"
# Ranked before anything is joined: of very many rows only a page is looked at closer.
_LIVE = """
SELECT s.volunteer_id, s.number, rank() OVER w AS rank, s.minutes, s.dates, s.service_days,
  s.points_hundredths, {score} AS score,
  CASE WHEN lag({merit}) OVER w = {merit} OR lead({merit}) OVER w = {merit} THEN 2 ELSE 1 END
    AS tied,
  CASE WHEN lead({merit}) OVER w = {merit} THEN 1 ELSE 0 END
    - CASE WHEN lead({merit}) OVER w = {merit} AND lag({merit}) OVER w = {merit} THEN 1 ELSE 0 END
    AS first_tied
FROM standings s {with_kind}
WHERE s.organisation_id = ? AND s.year = ? AND s.colour_id = ?
WINDOW w AS (ORDER BY {merit} {way})
"""
_WITH_KIND = "JOIN volunteers k ON k.id = s.volunteer_id AND k.kind = ?"
_WITH_TEAM = """
JOIN (SELECT DISTINCT t.volunteer_id FROM service_totals t
  WHERE t.team_id = ? AND t.year = ? AND t.records > 0) w ON w.volunteer_id = p.volunteer_id
"""
_ROW = f"p.volunteer_id, p.number, {_FIGURES.format('p')}, {_FIGURES.format('b')}"
_BEFORE = """
LEFT JOIN ranking_rows b ON b.snapshot_id = ? AND b.colour_id = ?
  AND b.volunteer_id = p.volunteer_id
"""
_KNOWN = """v.kind,
  (SELECT min(m.from_on) FROM memberships m WHERE m.volunteer_id = p.volunteer_id)"""
_PERSON = "JOIN volunteers v ON v.id = p.volunteer_id"
_LIVE_HEAD = f"""
WITH live AS (SELECT p.* FROM ({{live}}) p {{with_team}})
SELECT {_ROW}, p.tied, {_KNOWN}, z.people, z.minutes, z.groups
FROM (
    SELECT count(*) AS people, CAST(coalesce(sum(l.minutes), 0) AS bigint) AS minutes,
      CAST(coalesce(sum(l.first_tied), 0) AS bigint) AS groups
    FROM live l
  ) z
  LEFT JOIN (SELECT l.* FROM live l ORDER BY l.rank, l.number LIMIT ? OFFSET ?) p ON 1 = 1
  LEFT {_PERSON} {_BEFORE}
ORDER BY p.rank, p.number
"""


def live_head(
    session: Session, lister: Lister, *, limit: int, offset: int = 0, before_id: int = 0
) -> tuple[Size, list[Place]]:
    """Return the size of a live list with a page of it, beside the places of a snapshot."""
    live, with_team, values = _live(lister)
    query = _LIVE_HEAD.format(live=live, with_team=with_team)
    rows = fetch(session, query, *values, limit, offset, before_id, lister.colour_id)
    # The size stands beside a page beyond the last too.
    return Size(*rows[0][17:]), [_place(row[:17]) for row in rows if row[0] is not None]


def _live(lister: Lister) -> tuple[str, str, list[Any]]:
    live = _LIVE.format(with_kind=_WITH_KIND if lister.kind else "", **order_sql(lister.weights))
    values: list[Any] = [lister.kind] if lister.kind else []
    values += [lister.organisation_id, lister.year, lister.colour_id]
    if not lister.team_id:
        return live, "", values
    return live, _WITH_TEAM, [*values, lister.team_id, lister.year]


def order_sql(weights: Weights | None) -> dict[str, str]:
    """Return what decides the order, which way, and the score, in SQL."""
    if weights is None:
        return {"merit": "s.order_key", "way": "", "score": "CAST(NULL AS bigint)"}
    score = score_sql(weights)
    return {"merit": score, "way": "DESC", "score": score}


# ── what became different since a freeze ──────────────────────────────────────────────────

_DIFFERS = " OR ".join(
    f"p.{column} <> b.{column}" for column in ("minutes", "dates", "service_days")
)
_CHANGED = f"""
SELECT {_ROW}, p.tied, {_KNOWN}
FROM ({{live}}) p {_PERSON} {_BEFORE}
WHERE b.volunteer_id IS NULL OR {_DIFFERS} OR p.points_hundredths <> b.points_hundredths
"""
_GONE = f"""
SELECT b.volunteer_id, b.number, {", ".join(["NULL"] * 6)}, {_FIGURES.format("b")}, 1, b.kind,
  b.joined_on
FROM ranking_rows b
WHERE b.snapshot_id = ? AND b.colour_id = {EVERY_COLOUR} AND NOT EXISTS (
  SELECT 1 FROM standings s WHERE s.organisation_id = ? AND s.year = ?
    AND s.colour_id = b.colour_id AND s.volunteer_id = b.volunteer_id
)
"""


def changed_since(session: Session, lister: Lister, snapshot_id: int) -> list[Place]:
    """Return whose figures are others than a snapshot keeps, by their place now; who is gone last.

    Places alone that moved because somebody else's figures did are not among them.
    """
    live, _with_team, values = _live(lister)
    gone = snapshot_id, lister.organisation_id, lister.year
    query = f"{_CHANGED.format(live=live)} UNION ALL {_GONE}"
    rows = fetch(session, query, *values, snapshot_id, EVERY_COLOUR, *gone)
    return sorted(map(_place, rows), key=_now_first)


def _now_first(place: Place) -> tuple[bool, int, str]:
    return place.now is None, place.now.rank if place.now else 0, place.number


# ── frozen ────────────────────────────────────────────────────────────────────────────────

_FROZEN_PAGE = f"""
SELECT {_ROW}, p.tied, p.kind, p.joined_on
FROM (SELECT r.*, count(*) OVER (PARTITION BY r.rank) AS tied
  FROM ranking_rows r WHERE r.snapshot_id = ? AND r.colour_id = ?) p {_BEFORE}
{{only}} ORDER BY p.rank, p.number LIMIT ? OFFSET ?
"""
_MOVED = f"(b.volunteer_id IS NULL OR p.rank <> b.rank OR {_DIFFERS})"
_COUNT_MOVED = f"""
SELECT count(*) FROM ranking_rows p {_BEFORE}
WHERE {_MOVED} AND p.snapshot_id = ? AND p.colour_id = ?
"""
_LEFT_OUT = f"""
SELECT b.volunteer_id, b.number, {", ".join(["NULL"] * 6)}, {_FIGURES.format("b")}, 1, b.kind,
  b.joined_on
FROM ranking_rows b
WHERE b.snapshot_id = ? AND b.colour_id = {EVERY_COLOUR} AND NOT EXISTS (
  SELECT 1 FROM ranking_rows p WHERE p.snapshot_id = ? AND p.colour_id = b.colour_id
    AND p.volunteer_id = b.volunteer_id
) ORDER BY b.rank, b.number
"""


def frozen_page(
    session: Session,
    snapshot_id: int,
    *,
    limit: int,
    offset: int = 0,
    before_id: int = 0,
    colour_id: int = EVERY_COLOUR,
) -> list[Place]:
    """Return a page of a frozen list, beside the places of another one (0: of none)."""
    query = _FROZEN_PAGE.format(only="")
    rows = fetch(session, query, snapshot_id, colour_id, before_id, colour_id, limit, offset)
    return list(map(_place, rows))


def moved_page(
    session: Session, snapshot_id: int, before_id: int, *, limit: int, offset: int = 0
) -> list[Place]:
    """Return a page of those whose place or figures differ between two frozen lists."""
    query = _FROZEN_PAGE.format(only=f"WHERE {_MOVED}")
    every = EVERY_COLOUR
    rows = fetch(session, query, snapshot_id, every, before_id, every, limit, offset)
    return list(map(_place, rows))


def count_moved(session: Session, snapshot_id: int, before_id: int) -> int:
    """Return how many `moved_page` lists altogether."""
    values = before_id, EVERY_COLOUR, snapshot_id, EVERY_COLOUR
    return int(fetch(session, _COUNT_MOVED, *values)[0][0])


def left_out(session: Session, snapshot_id: int, before_id: int) -> list[Place]:
    """Return who stood in the frozen list before and stands in the corrected one no more."""
    return list(map(_place, fetch(session, _LEFT_OUT, before_id, snapshot_id)))


# ── one person ────────────────────────────────────────────────────────────────────────────

_LIVE_PLACES = f"""
SELECT {_ROW}, p.tied, {_KNOWN} FROM ({{live}}) p {_PERSON} {_BEFORE}
WHERE p.volunteer_id = ?
"""
_FROZEN_PLACE = f"""
SELECT {_ROW}, p.tied, p.kind, p.joined_on
FROM (SELECT r.*, count(*) OVER (PARTITION BY r.rank) AS tied
  FROM ranking_rows r WHERE r.snapshot_id = ? AND r.colour_id = {EVERY_COLOUR}) p {_BEFORE}
WHERE p.volunteer_id = ?
"""


def live_place(
    session: Session, lister: Lister, volunteer_id: int, before_id: int = 0
) -> Place | None:
    """Return somebody's place in a live list, or None."""
    live, _with_team, values = _live(lister._replace(team_id=0))
    query = _LIVE_PLACES.format(live=live)
    rows = fetch(session, query, *values, before_id, lister.colour_id, volunteer_id)
    return next(map(_place, rows), None)


def frozen_place(
    session: Session, snapshot_id: int, volunteer_id: int, before_id: int = 0
) -> Place | None:
    """Return somebody's place in a frozen list, or None."""
    rows = fetch(session, _FROZEN_PLACE, snapshot_id, before_id, EVERY_COLOUR, volunteer_id)
    return next(map(_place, rows), None)


def _place(row: Any) -> Place:
    tied, kind, joined_on = row[14:]
    return Place(
        row[0],
        row[1],
        _figures(row[2:8]),
        _figures(row[8:14]),
        tied > 1,
        kind,
        None if joined_on is None else day_of(joined_on),
    )


def _figures(values: Iterable[Any]) -> Figures | None:
    found = tuple(values)
    return None if found[0] is None else Figures._make(found)
