"""What holds between a balance taken over from a paper book and the entry that posted it."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words, whole
from app.errors import N_

_OPENINGS = "SELECT count(*) FROM opening_records"


def opening_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on opening balances."""
    return (_posted_once(), _credited_exactly(), _taken_over_by_another(words))


def _posted_once() -> Check:
    disagrees = """
        SELECT o.id AS opening_id, o.state, o.entry_id, e.id AS found_entry_id,
          o.reversal_entry_id, v.id AS found_reversal_id
        FROM opening_records o
        LEFT JOIN entries e ON e.kind = 'opening' AND e.subject_kind = 'opening'
          AND e.subject_id = o.id
        LEFT JOIN entries v ON v.reverses_id = e.id
        WHERE coalesce(e.id, 0) <> o.entry_id
          OR coalesce(v.id, 0) <> coalesce(o.reversal_entry_id, 0)
          OR (o.state = 'approved') <> (v.id IS NULL)
    """
    stray = """
        SELECT e.id AS entry_id, e.subject_kind, e.subject_id FROM entries e
        LEFT JOIN opening_records o ON o.id = e.subject_id AND e.subject_kind = 'opening'
        WHERE e.kind = 'opening' AND o.id IS NULL
    """
    return Check(
        "O-01",
        N_("Every balance taken over was posted once, and counts until it is reversed"),
        _OPENINGS,
        (
            Part("opening_and_entry_differ", disagrees),
            Part("entry_without_opening", stray),
        ),
    )


def _credited_exactly() -> Check:
    own = "coalesce(a.holder_id, 0) = o.volunteer_id AND a.unit = '{}'"
    minutes, points = own.format("minutes"), own.format("points")
    opposite = "a.holder_id IS NULL AND a.purpose = 'opening' AND a.root_id = o.root_id"
    credited = f"""
        SELECT opening_id, entry_id, minutes, points_hundredths,
          {whole("sum(own_minutes)")} AS posted_minutes,
          {whole("sum(own_points)")} AS posted_points_hundredths, {whole("sum(strange)")} AS strange
        FROM (
          SELECT o.id AS opening_id, o.entry_id, o.minutes, o.points_hundredths,
            CASE WHEN {minutes} THEN p.amount ELSE 0 END AS own_minutes,
            CASE WHEN {points} THEN p.amount ELSE 0 END AS own_points,
            CASE WHEN ({minutes}) OR ({points}) OR ({opposite}) THEN 0 ELSE 1 END AS strange
          FROM opening_records o
          JOIN postings p ON p.entry_id = o.entry_id
          JOIN accounts a ON a.id = p.account_id
        ) legs
        GROUP BY opening_id, entry_id, minutes, points_hundredths
        HAVING sum(own_minutes) <> minutes OR sum(own_points) <> points_hundredths
          OR sum(strange) <> 0
    """
    return Check(
        "O-02",
        N_("Every balance taken over was posted with the figures of its paper book"),
        _OPENINGS,
        (Part("opening_figures_differ", credited),),
    )


def _taken_over_by_another(words: Words) -> Check:
    own = """
        SELECT o.id AS opening_id, o.recorder_id FROM opening_records o
        JOIN logins a ON a.id = o.recorder_id
        WHERE a.volunteer_id = o.volunteer_id
          AND (a.linked_at IS NULL OR a.linked_at <= o.recorded_at)
    """
    recorded_on = words.day_of_instant("o.recorded_at")
    helps = words.acts("o.recorded_at")
    ward = f"""
        SELECT o.id AS opening_id, o.recorder_id FROM opening_records o
        JOIN logins a ON a.id = o.recorder_id
        JOIN helpers h ON h.helper_id = a.volunteer_id AND h.volunteer_id = o.volunteer_id
        WHERE {helps}
    """
    through_a_code = f"""
        SELECT o.id AS opening_id, o.recorder_id, c.issued_by_id FROM opening_records o
        JOIN account_openings c ON c.login_id = o.recorder_id
          AND c.from_at <= o.recorded_at AND {words.day("c.until_on")} > {recorded_on}
        JOIN logins i ON i.id = c.issued_by_id
        WHERE i.volunteer_id = o.volunteer_id OR EXISTS (
          SELECT 1 FROM helpers h WHERE h.helper_id = i.volunteer_id
            AND h.volunteer_id = o.volunteer_id AND {helps})
    """
    at = words.instant("done.at")
    trail = f"""
        SELECT done.actor_id, {at} AS at FROM (
          SELECT recorder_id AS actor_id, recorded_at AS at FROM opening_records
          EXCEPT SELECT actor_id, at FROM trail
        ) done
    """
    return Check(
        "O-03",
        N_("Nobody took over a balance of their own or of a ward, and each stands in the trail"),
        _OPENINGS,
        (
            Part("took_over_own", own),
            Part("took_over_for_ward", ward),
            Part("took_over_through_a_code", through_a_code),
            Part("opening_without_trail", trail),
        ),
    )
