"""What holds of two people who turned out to be one: nothing is left with whoever is gone."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words
from app.errors import N_


def merge_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on people joined."""
    holds = """
        SELECT m.id AS merge_id, m.gone_id, a.unit, a.balance FROM merges m
        JOIN accounts a ON a.holder_id = m.gone_id WHERE a.balance <> 0
    """
    serves = """
        SELECT m.id AS merge_id, m.gone_id, r.id AS record_id, r.state FROM merges m
        JOIN service_records r ON r.volunteer_id = m.gone_id
        WHERE r.state IN ('draft', 'submitted', 'approved')
    """
    elsewhere = """
        SELECT m.id AS merge_id, m.gone_id, v.state, v.matched_to_id FROM merges m
        LEFT JOIN volunteers v ON v.id = m.gone_id
        WHERE v.id IS NULL OR v.state <> 'matched' OR coalesce(v.matched_to_id, 0) <> m.kept_id
          OR m.gone_id = m.kept_id
    """
    # What evens two people out goes between their two accounts and nowhere else, year by year.
    astray = """
        SELECT e.id AS entry_id, e.subject_id AS merge_id FROM entries e
        LEFT JOIN merges m ON m.id = e.subject_id
        WHERE e.kind = 'transfer' AND e.subject_kind = 'merge' AND (m.id IS NULL
          OR (SELECT count(*) FROM postings p JOIN accounts a ON a.id = p.account_id
              WHERE p.entry_id = e.id AND a.holder_id IN (m.kept_id, m.gone_id)) <> 2
          OR (SELECT count(*) FROM postings p WHERE p.entry_id = e.id) <> 2)
    """
    other_year = """
        SELECT y.merge_id, y.year, y.points_hundredths, y.entry_id FROM merged_years y
        JOIN merges m ON m.id = y.merge_id
        WHERE NOT EXISTS (
          SELECT 1 FROM entries e JOIN postings p ON p.entry_id = e.id
          JOIN accounts a ON a.id = p.account_id
          WHERE e.id = y.entry_id AND e.kind = 'transfer' AND e.subject_kind = 'merge'
            AND e.subject_id = m.id AND a.holder_id = m.gone_id AND a.unit = 'points'
            AND p.amount = y.points_hundredths)
    """
    # A record joined is the other's own, to the minute, the date and who entered it.
    altered = """
        SELECT n.id AS record_id, o.id AS joined_id FROM service_records n
        JOIN service_records o ON o.id = n.corrects_id AND o.volunteer_id <> n.volunteer_id
        LEFT JOIN merges m ON m.gone_id = o.volunteer_id AND m.kept_id = n.volunteer_id
        WHERE m.id IS NULL OR n.minutes <> o.minutes OR n.service_on <> o.service_on
          OR n.team_id <> o.team_id OR n.recorder_id <> o.recorder_id
          OR n.colour_id <> o.colour_id OR n.organisation_id <> o.organisation_id
    """
    at = words.instant("m.merged_at")
    trail = f"""
        SELECT m.id AS merge_id, {at} AS at FROM merges m
        WHERE (SELECT count(DISTINCT t.subject_id) FROM trail t WHERE t.operation = 'merge_people'
          AND t.at = m.merged_at AND t.actor_id = m.merged_by_id
          AND t.subject_kind = 'volunteer' AND t.subject_id IN (m.kept_id, m.gone_id)) <> 2
    """
    own = """
        SELECT m.id AS merge_id, l.id AS login_id FROM merges m
        JOIN logins l ON l.id = m.merged_by_id
        WHERE l.volunteer_id IN (m.kept_id, m.gone_id)
          AND (l.linked_at IS NULL OR l.linked_at <= m.merged_at)
    """
    return (
        Check(
            "M-01",
            N_("Whoever was joined with another holds nothing and serves nothing any more"),
            "SELECT count(*) FROM merges",
            (
                Part("still_holds", holds),
                Part("still_serves", serves),
                Part("became_another", elsewhere),
                Part("transfer_astray", astray),
                Part("year_differs", other_year),
                Part("joined_record_differs", altered),
                Part("merge_without_trail", trail),
                Part("joined_oneself", own),
            ),
        ),
    )
