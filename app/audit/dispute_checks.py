"""What holds between a dispute, its thread and the record it is about; and of years confirmed."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words
from app.errors import N_

_OPEN = "('open', 'passed_on')"
_MOVES = "('raised', 'passed_on', 'corrected', 'refused', 'withdrawn', 'overtaken')"
_ANSWERS = "('corrected', 'refused')"


def dispute_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on disputes and on what volunteers confirmed."""
    return (_disputes(words), _answered_by_another(words), _years(words))


def _disputes(words: Words) -> Check:
    # The last line that moves a dispute bears its state; the first one raised it.
    thread = f"""
        SELECT d.id AS dispute_id, d.state, l.kind FROM disputes d
        LEFT JOIN dispute_lines l ON l.id = (
          SELECT max(m.id) FROM dispute_lines m WHERE m.dispute_id = d.id AND m.kind IN {_MOVES}
        )
        WHERE coalesce(CASE l.kind WHEN 'raised' THEN 'open' ELSE l.kind END, '') <> d.state
          OR (SELECT count(*) FROM dispute_lines f
            WHERE f.dispute_id = d.id AND f.kind = 'raised') <> 1
          OR (SELECT count(*) FROM dispute_lines p
            WHERE p.dispute_id = d.id AND p.kind = 'passed_on') > 1
    """
    record = f"""
        SELECT d.id AS dispute_id, d.state, r.id AS record_id, r.state AS record_state
        FROM disputes d JOIN service_records r ON r.id = d.record_id
        WHERE (d.state IN {_OPEN} AND r.state <> 'approved')
          OR (d.state IN ('corrected', 'overtaken') AND r.state <> 'reversed')
          OR r.part <> 1 OR r.volunteer_id <> d.volunteer_id
    """
    # A record named in the thread corrects the disputed one.
    named = """
        SELECT l.id AS line_id, l.dispute_id, l.record_id FROM dispute_lines l
        JOIN disputes d ON d.id = l.dispute_id JOIN service_records n ON n.id = l.record_id
        LEFT JOIN service_records o ON o.id = n.corrects_id
        WHERE o.id IS NULL OR coalesce(o.first_part_id, o.id) <> d.record_id
    """
    at = words.instant("done.at")
    trail = f"""
        SELECT done.author_id, {at} AS at FROM (
          SELECT author_id, at FROM dispute_lines EXCEPT SELECT actor_id, at FROM trail
        ) done
    """
    return Check(
        "D-01",
        N_("Every dispute's state agrees with its thread, its record and the trail"),
        "SELECT count(*) FROM disputes",
        (
            Part("thread_and_state_differ", thread),
            Part("record_and_state_differ", record),
            Part("names_a_strange_record", named),
            Part("line_without_trail", trail),
        ),
    )


def _answered_by_another(words: Words) -> Check:
    own = f"""
        SELECT d.id AS dispute_id, l.author_id FROM dispute_lines l
        JOIN disputes d ON d.id = l.dispute_id JOIN logins a ON a.id = l.author_id
        WHERE l.kind IN {_ANSWERS} AND a.volunteer_id = d.volunteer_id
          AND (a.linked_at IS NULL OR a.linked_at <= l.at)
    """
    ward = f"""
        SELECT d.id AS dispute_id, l.author_id FROM dispute_lines l
        JOIN disputes d ON d.id = l.dispute_id JOIN logins a ON a.id = l.author_id
        JOIN helpers h ON h.helper_id = a.volunteer_id AND h.volunteer_id = d.volunteer_id
        WHERE l.kind IN {_ANSWERS} AND {words.acts("l.at")}
    """
    twice = """
        SELECT l.dispute_id, l.author_id FROM dispute_lines l
        WHERE l.kind = 'refused' GROUP BY l.dispute_id, l.author_id HAVING count(*) > 1
    """
    return Check(
        "D-02",
        N_("Nobody answered a dispute of their own, of a ward, or one they had refused before"),
        f"SELECT count(*) FROM dispute_lines WHERE kind IN {_ANSWERS}",
        (
            Part("answered_own", own),
            Part("answered_for_ward", ward),
            Part("refused_twice_by_one", twice),
        ),
    )


def _years(words: Words) -> Check:
    year = words.year("r.service_on")
    # As it stood at the entry the confirmation names: awards up to it, less reversals up to it.
    then = """
        SELECT y.id AS check_id, y.volunteer_id, y.year, y.records, y.minutes FROM year_checks y
        WHERE y.records <> (SELECT count(*) FROM service_records r WHERE {standing})
          OR y.minutes <> (
            SELECT coalesce(sum(r.minutes), 0) FROM service_records r WHERE {standing})
          OR y.points_hundredths <> (
            SELECT coalesce(sum(r.points_hundredths), 0) FROM service_records r WHERE {standing})
    """.format(
        standing=f"r.volunteer_id = y.volunteer_id AND {year} = y.year "
        "AND r.award_entry_id <= y.entry_id "
        "AND (r.reversal_entry_id IS NULL OR r.reversal_entry_id > y.entry_id)"
    )
    at = words.instant("done.at")
    trail = f"""
        SELECT done.actor_id, {at} AS at FROM (
          SELECT actor_id, at FROM year_checks EXCEPT SELECT actor_id, at FROM trail
        ) done
    """
    return Check(
        "D-03",
        N_("Every year confirmed had the figures its books had at that entry"),
        "SELECT count(*) FROM year_checks",
        (Part("confirmed_figures_differ", then), Part("check_without_trail", trail)),
    )
