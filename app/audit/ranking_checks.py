"""Frozen rankings follow from the ledger up to their mark, and two people froze each (I-17)."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.frozen_lists import found_in_each, hashes_differ, people_differ, teams_differ
from app.audit.words import Words
from app.errors import N_


def ranking_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks of what was frozen."""
    return (
        Check(
            "I-17",
            N_("Every frozen ranking follows from the ledger up to its mark"),
            "SELECT count(*) FROM ranking_rows",
            (
                Part("figures_differ", find=found_in_each(people_differ)),
                Part("teams_differ", find=found_in_each(teams_differ)),
                Part("rank_differs", _RANKS),
                Part("team_rank_differs", _TEAM_RANKS),
                Part("sums_differ", _SUMS),
                Part("hash_differs", find=hashes_differ(words)),
                Part("mark_not_published", _MARKS),
                Part("title_without_its_row", _TITLES),
                Part("title_against_the_scheme", _SCHEMES),
            ),
        ),
        Check(
            "F-01",
            N_("Two people froze every ranking, and its corrections follow each other"),
            "SELECT count(*) FROM ranking_freezes",
            (
                Part("not_two_people", _TWO_PEOPLE),
                Part("asked_for_something_else", _ASKED_FOR),
                Part("corrections_broken", _CORRECTIONS),
                Part("final_is_not_the_last", _FINALS),
                Part("freeze_without_trail", _TRAIL),
            ),
        ),
    )


# The order is the scheme's: its score, or minutes, dates and service days. An hour is 6000 parts
# of a score (rules of SPEC §7 in whole numbers).
_SCORE = """(
  100 * s.per_hour * r.minutes + 6000 * (s.per_date * r.dates + s.per_service_day * r.service_days)
  + 60 * s.per_point * r.points_hundredths
)"""
_RANKS = f"""
    SELECT snapshot_id, colour_id, volunteer_id, rank, wanted FROM (
      SELECT r.snapshot_id, r.colour_id, r.volunteer_id, r.rank, r.score,
        CASE WHEN s.is_weighted THEN {_SCORE} END AS wanted_score,
        rank() OVER (
          PARTITION BY r.snapshot_id, r.colour_id ORDER BY
            CASE WHEN s.is_weighted THEN {_SCORE} ELSE r.minutes END DESC,
            CASE WHEN s.is_weighted THEN 0 ELSE r.dates END DESC,
            CASE WHEN s.is_weighted THEN 0 ELSE r.service_days END DESC
        ) AS wanted
      FROM ranking_rows r JOIN ranking_snapshots k ON k.id = r.snapshot_id
        JOIN ranking_schemes s ON s.id = k.scheme_id
    ) placed WHERE rank <> wanted OR coalesce(score, -1) <> coalesce(wanted_score, -1)
"""
# By minutes per person, compared crosswise; too small a team has no rank.
_TEAM_RANKS = """
    SELECT t.snapshot_id, t.team_id, t.rank FROM ranking_team_rows t
    JOIN ranking_snapshots k ON k.id = t.snapshot_id
    WHERE coalesce(t.rank, 0) <> CASE
      WHEN t.people < k.least_people OR t.people < 1 THEN 0
      ELSE 1 + (
        SELECT count(*) FROM ranking_team_rows o
        WHERE o.snapshot_id = t.snapshot_id AND o.people >= k.least_people AND o.people >= 1
          AND o.minutes * t.people > t.minutes * o.people
      ) END
"""
_SUMS = """
    SELECT k.id AS snapshot_id, k.people, k.minutes FROM ranking_snapshots k
    LEFT JOIN (
      SELECT snapshot_id, count(*) AS people, sum(minutes) AS minutes FROM ranking_rows
      WHERE colour_id = 0 GROUP BY snapshot_id
    ) r ON r.snapshot_id = k.id
    WHERE k.people <> coalesce(r.people, 0) OR k.minutes <> coalesce(r.minutes, 0)
"""
_MARKS = """
    SELECT k.id AS snapshot_id, k.mark FROM ranking_snapshots k
    WHERE NOT EXISTS (
      SELECT 1 FROM marks m WHERE m.purpose = 'ranking' AND m.entry_id = k.mark
    )
"""
# A title names the place in the list it is given by; kinds and newcomers have lists of their own.
_TITLES = """
    SELECT a.id AS award_id, a.snapshot_id, a.rank FROM ranking_awards a
    LEFT JOIN ranking_rows r ON r.snapshot_id = a.snapshot_id
      AND r.colour_id = coalesce(a.colour_id, 0) AND r.volunteer_id = a.volunteer_id
    LEFT JOIN ranking_team_rows t ON t.snapshot_id = a.snapshot_id AND t.team_id = a.team_id
    WHERE (r.volunteer_id IS NULL AND t.team_id IS NULL)
      OR (a.category IN ('overall', 'colour') AND a.rank <> r.rank)
      OR (a.category = 'team' AND (t.rank IS NULL OR a.rank <> t.rank))
      OR (a.category = 'kind' AND a.kind <> r.kind)
"""
_SCHEMES = """
    SELECT a.id AS award_id, a.snapshot_id, a.title FROM ranking_awards a
    JOIN ranking_snapshots k ON k.id = a.snapshot_id
    JOIN ranking_schemes s ON s.id = k.scheme_id
    LEFT JOIN ranking_titles t ON t.scheme_id = s.id AND t.position = a.position
    LEFT JOIN ranking_exclusions x ON x.scheme_id = s.id AND x.volunteer_id = a.volunteer_id
    LEFT JOIN ranking_rows r ON r.snapshot_id = a.snapshot_id AND r.colour_id = 0
      AND r.volunteer_id = a.volunteer_id
    WHERE t.position IS NULL OR t.title <> a.title OR t.category <> a.category
      OR x.volunteer_id IS NOT NULL OR r.minutes < s.minimum_minutes
      OR (a.volunteer_id IS NOT NULL AND s.member_since IS NOT NULL
        AND (r.joined_on IS NULL OR r.joined_on > s.member_since))
"""
_BEHIND = """
    SELECT freeze_id, organisation_id, year, id AS snapshot_id,
      CASE WHEN number = 1 THEN 'notice' ELSE 'correction' END AS asked_for,
      corrects_id AS about_id, scheme_id FROM ranking_snapshots
    UNION ALL
    SELECT f.freeze_id, f.organisation_id, f.year, f.snapshot_id, 'final', f.snapshot_id,
      k.scheme_id
    FROM ranking_finals f JOIN ranking_snapshots k ON k.id = f.snapshot_id
"""
_TWO_PEOPLE = f"""
    SELECT b.freeze_id, b.snapshot_id, f.asker_id, f.second_id FROM ({_BEHIND}) b
    LEFT JOIN ranking_freezes f ON f.id = b.freeze_id
    WHERE f.id IS NULL OR f.state <> 'done' OR f.second_id = f.asker_id
      OR (f.second_id IS NULL AND (NOT f.is_alone OR f.answer = ''))
"""
_ASKED_FOR = f"""
    SELECT b.freeze_id, b.snapshot_id, f.asked_for FROM ({_BEHIND}) b
    JOIN ranking_freezes f ON f.id = b.freeze_id
    WHERE f.asked_for <> b.asked_for OR f.organisation_id <> b.organisation_id
      OR f.year <> b.year OR coalesce(f.snapshot_id, 0) <> coalesce(b.about_id, 0)
      OR f.scheme_id <> b.scheme_id
"""
_CORRECTIONS = """
    SELECT k.id AS snapshot_id, k.corrects_id, k.number FROM ranking_snapshots k
    LEFT JOIN ranking_snapshots c ON c.id = k.corrects_id
      AND c.organisation_id = k.organisation_id AND c.year = k.year
      AND c.number = k.number - 1 AND c.mark <= k.mark
    WHERE (k.number = 1) <> (k.corrects_id IS NULL) OR (k.number <> 1 AND c.id IS NULL)
"""
_FINALS = """
    SELECT f.snapshot_id, k.number FROM ranking_finals f
    LEFT JOIN ranking_snapshots k ON k.id = f.snapshot_id
      AND k.organisation_id = f.organisation_id AND k.year = f.year
    WHERE k.id IS NULL OR EXISTS (
      SELECT 1 FROM ranking_snapshots l WHERE l.corrects_id = f.snapshot_id
    )
"""
_TRAIL = """
    SELECT f.id AS freeze_id, f.state FROM ranking_freezes f
    WHERE f.state <> 'asked' AND NOT EXISTS (
      SELECT 1 FROM trail t WHERE t.subject_kind = 'ranking_freeze' AND t.subject_id = f.id
        AND t.at = f.answered_at
    )
"""
