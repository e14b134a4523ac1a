"""What holds between what has expired, its entry, and the day on which it could."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words
from app.errors import N_


def expiry_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on points that have expired."""
    # The entry takes from this person's points what the row says, and gives it to the root's
    # account of what expired; nothing else.
    differs = """
        SELECT x.id AS expiry_id, x.entry_id, x.points_hundredths FROM expiries x
        LEFT JOIN entries e ON e.id = x.entry_id
        WHERE e.id IS NULL OR e.kind <> 'expiry' OR e.subject_kind <> 'expiry'
          OR e.subject_id <> x.id OR e.recorded_at <> x.posted_at
          OR (SELECT count(*) FROM postings p WHERE p.entry_id = x.entry_id) <> 2
          OR NOT EXISTS (
            SELECT 1 FROM postings p JOIN accounts a ON a.id = p.account_id
            WHERE p.entry_id = x.entry_id AND a.holder_id = x.volunteer_id
              AND a.unit = 'points' AND p.amount = -x.points_hundredths)
          OR NOT EXISTS (
            SELECT 1 FROM postings p JOIN accounts a ON a.id = p.account_id
            WHERE p.entry_id = x.entry_id AND a.holder_id IS NULL AND a.purpose = 'expired'
              AND a.root_id = x.root_id)
    """
    alone = """
        SELECT e.id AS entry_id, e.subject_id FROM entries e
        LEFT JOIN expiries x ON x.entry_id = e.id
        WHERE e.kind = 'expiry' AND x.id IS NULL
    """
    # What has expired comes back by an adjustment of two people, never by a mirror.
    undone = """
        SELECT e.id AS entry_id, u.id AS reversal_id FROM entries e
        JOIN entries u ON u.reverses_id = e.id WHERE e.kind = 'expiry'
    """
    # The day is the organisation's, which is half a day from UTC's at most: to the east of it
    # the last day ends on the same date of UTC already.
    early = f"""
        SELECT x.id AS expiry_id, x.usable_until_on FROM expiries x
        WHERE {words.day_of_instant("x.posted_at")} < {words.day("x.usable_until_on")}
          OR {words.year("x.usable_until_on")} <= x.year_earned
    """
    at = words.instant("x.posted_at")
    trail = f"""
        SELECT x.id AS expiry_id, {at} AS at FROM expiries x
        WHERE NOT EXISTS (
          SELECT 1 FROM trail t WHERE t.operation = 'expire_points' AND t.at = x.posted_at
            AND t.organisation_id = x.root_id)
    """
    return (
        Check(
            "E-01",
            N_("Every expiry has its one entry of that amount, after the last day, and its trail"),
            "SELECT count(*) FROM expiries",
            (
                Part("entry_differs", differs),
                Part("entry_without_expiry", alone),
                Part("expiry_reversed", undone),
                Part("before_its_day", early),
                Part("expiry_without_trail", trail),
            ),
        ),
    )
