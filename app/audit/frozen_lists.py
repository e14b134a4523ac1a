"""Every frozen list counted anew up to its mark, and hashed anew from its rows: one at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from app.audit.checks import Found
from app.audit.reading import SAMPLES, Reading
from app.audit.words import Words, whole

_HEADER = "rank,volunteer_no,minutes,dates,service_days,points"


class Kept(NamedTuple):
    """A frozen ranking: what it was made of, and the sums it bears."""

    id: int
    year: int
    mark: int
    scope: str
    sha256: str
    colours_sha256: str
    teams_sha256: str
    awards_sha256: str

    @property
    def organisation_ids(self) -> str:
        """Return its organisations as a list in SQL; ids are whole numbers."""
        return ", ".join(str(int(one)) for one in json.loads(self.scope)) or "NULL"


def _each(reading: Reading) -> list[Kept]:
    columns = ", ".join(Kept._fields)
    return [
        Kept._make(row)
        for row in reading.rows(f"SELECT {columns} FROM ranking_snapshots ORDER BY id")
    ]


def found_in_each(query: Callable[[Kept], str]) -> Callable[[Reading], Found]:
    """Return what finds the violating rows of every frozen ranking, with a query for each."""

    def find(reading: Reading) -> Found:
        violations, samples = 0, []
        for kept in _each(reading):
            count, first = reading.found(query(kept))
            violations += count
            samples += first
        return violations, samples[:SAMPLES]

    return find


# ── counted anew ──────────────────────────────────────────────────────────────────────────


def _counted(kept: Kept) -> str:
    """Give the records that count: awarded up to the mark, and not taken back up to it.

    By the entries themselves, which name the record they award and the entry they reverse.
    """
    first, last = f"{kept.year}-01-01", f"{kept.year}-12-31"
    return f"""
      SELECT r.volunteer_id, r.colour_id, r.team_id, r.minutes, r.service_on, r.is_service_day,
        r.points_hundredths
      FROM service_records r
      JOIN entries e ON e.kind = 'service' AND e.subject_kind = 'service_record'
        AND e.subject_id = r.id AND e.id <= {kept.mark}
      LEFT JOIN entries v ON v.reverses_id = e.id AND v.id <= {kept.mark}
      WHERE v.id IS NULL AND r.service_on BETWEEN '{first}' AND '{last}'
        AND r.organisation_id IN ({kept.organisation_ids})
    """


_FIGURES = ("people", "minutes", "dates", "service_days", "points_hundredths")
_SUMMED = ", ".join(f"{whole(f'sum({figure})')} AS {figure}" for figure in _FIGURES)
_WRONG = " OR ".join(f"sum({figure}) <> 0" for figure in _FIGURES)


def people_differ(kept: Kept) -> str:
    """Give who stands in a frozen list with other figures than their records have."""
    return f"""
        WITH counted AS MATERIALIZED ({_counted(kept)})
        SELECT {kept.id} AS snapshot_id, volunteer_id, colour_id, {_SUMMED} FROM (
          SELECT colour_id, volunteer_id, 1 AS people, minutes, dates, service_days,
            points_hundredths
          FROM ranking_rows WHERE snapshot_id = {kept.id}
          UNION ALL {_taken_off("0", "c.volunteer_id")}
          UNION ALL {_taken_off("c.colour_id", "c.colour_id, c.volunteer_id")}
        ) both_ways GROUP BY volunteer_id, colour_id HAVING {_WRONG}
    """


def _taken_off(colour: str, grouped: str) -> str:
    return f"""
      SELECT {colour}, c.volunteer_id, -1, -sum(c.minutes), -count(DISTINCT c.service_on),
        -count(DISTINCT CASE WHEN c.is_service_day THEN c.service_on END),
        -sum(c.points_hundredths)
      FROM counted c GROUP BY {grouped}
    """


def teams_differ(kept: Kept) -> str:
    """Give the teams that stand in a frozen list with other figures than their records have."""
    return f"""
        SELECT {kept.id} AS snapshot_id, team_id, {whole("sum(minutes)")} AS minutes,
          {whole("sum(people)")} AS people
        FROM (
          SELECT team_id, 1 AS teams, minutes, people FROM ranking_team_rows
          WHERE snapshot_id = {kept.id}
          UNION ALL
          SELECT c.team_id, -1, -sum(c.minutes), -count(DISTINCT c.volunteer_id)
          FROM ({_counted(kept)}) c GROUP BY c.team_id
        ) both_ways GROUP BY team_id
        HAVING sum(teams) <> 0 OR sum(minutes) <> 0 OR sum(people) <> 0
    """


# ── hashed anew ───────────────────────────────────────────────────────────────────────────


def hashes_differ(words: Words) -> Callable[[Reading], Found]:
    """Return what finds the lists whose rows are not the bytes that were hashed."""

    def find(reading: Reading) -> Found:
        wrong = [
            {"snapshot_id": kept.id, "list": name}
            for kept in _each(reading)
            for name, lines in _lists(reading, kept, words)
            if _sha256(lines) != getattr(kept, name)
        ]
        return len(wrong), wrong[:SAMPLES]

    return find


def _lists(reading: Reading, kept: Kept, words: Words) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield each list by the name of its sum, line by line."""
    number = words.by_code_point("number")
    figures = "rank, number, minutes, dates, service_days, points_hundredths"
    of_it = f"FROM ranking_rows WHERE snapshot_id = {kept.id}"
    everyone = f"SELECT {figures} {of_it} AND colour_id = 0 ORDER BY rank, {number}, volunteer_id"
    yield "sha256", _csv(_rows(reading, everyone))
    colours = (
        f"SELECT colour_id, {figures} {of_it} AND colour_id <> 0 "
        f"ORDER BY colour_id, rank, {number}, volunteer_id"
    )
    yield "colours_sha256", _json(_rows(reading, colours))
    # The teams too small for a rank stand behind the others.
    teams = (
        "SELECT rank, team_id, minutes, people FROM ranking_team_rows "
        f"WHERE snapshot_id = {kept.id} "
        f"ORDER BY CASE WHEN rank IS NULL THEN 1 ELSE 0 END, rank, {words.by_code_point('code')}"
    )
    yield "teams_sha256", _json(_rows(reading, teams))
    awards = (
        "SELECT a.position, a.category, a.title, a.colour_id, a.kind, a.team_id, r.number, a.rank, "
        "a.is_tied FROM ranking_awards a "
        "LEFT JOIN ranking_rows r ON r.snapshot_id = a.snapshot_id AND r.colour_id = 0 "
        f"AND r.volunteer_id = a.volunteer_id WHERE a.snapshot_id = {kept.id} ORDER BY a.id"
    )
    yield "awards_sha256", _json(_award(row) for row in _rows(reading, awards))


def _rows(reading: Reading, query: str) -> Iterator[tuple[Any, ...]]:
    for chunk in reading.chunks(query):
        yield from chunk


def _csv(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    yield _HEADER
    for *figures, hundredths in rows:
        points, rest = divmod(hundredths, 100)
        parts = f".{rest:02}".rstrip("0") if rest else ""
        yield ",".join(map(str, (*figures, f"{points}{parts}")))


def _json(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return (encode(row) for row in rows)


def _award(row: tuple[Any, ...]) -> tuple[Any, ...]:
    *what, team_id, number, rank, is_tied = row
    return *what, number if team_id is None else team_id, rank, bool(is_tied)


def _sha256(lines: Iterable[str]) -> str:
    made = hashlib.sha256()
    for line in lines:
        made.update(f"{line}\n".encode("utf-8", "surrogateescape"))
    return made.hexdigest()
