"""What holds of certificates: their numbers, the awards behind them, and what took them back."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words
from app.errors import N_

_COUNT = "SELECT count(*) FROM certificates"
_HOLDS = "NOT EXISTS (SELECT 1 FROM certificate_revocations r WHERE r.certificate_id = {}.id)"


def certificate_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on certificates."""
    return _numbers(), _awards(words), _revocations()


def _numbers() -> Check:
    gap = """
        SELECT organisation_id, year, count(*) AS issued, max(sequence) AS last_number
        FROM certificates GROUP BY organisation_id, year
        HAVING count(*) <> max(sequence) OR min(sequence) <> 1
    """
    # The text that was signed is canonical: what stands in it stands so and not otherwise.
    differs = """
        SELECT c.id AS certificate_id, c.number FROM certificates c
        WHERE c.payload NOT LIKE '%"number":"' || c.number || '"%'
          OR c.payload NOT LIKE '%"verify_code":"' || c.verify_code || '"%'
          OR c.payload NOT LIKE '%"kind":"' || c.kind || '"%'
    """
    trail = """
        SELECT c.id AS certificate_id, c.number FROM certificates c
        WHERE NOT EXISTS (
          SELECT 1 FROM trail t WHERE t.operation = 'certificate.issue' AND t.at = c.issued_at
            AND t.organisation_id = c.organisation_id AND t.actor_id = c.issued_by_id
            AND (t.subject_id = c.id OR (t.subject_id IS NULL AND c.kind = 'award')))
    """
    return Check(
        "C-01",
        N_("Numbers of certificates have no gap, and each is signed under its own"),
        _COUNT,
        (
            Part("numbers_have_a_gap", gap),
            Part("payload_differs", differs),
            Part("certificate_without_trail", trail),
        ),
    )


def _awards(words: Words) -> Check:
    tied = f"CASE WHEN {words.flag('a.is_tied')} = 1 THEN 'true' ELSE 'false' END"
    differs = f"""
        SELECT c.id AS certificate_id, c.award_id FROM certificates c
          LEFT JOIN ranking_awards a ON a.id = c.award_id
          LEFT JOIN ranking_finals f ON f.snapshot_id = a.snapshot_id
          LEFT JOIN ranking_rows r ON r.snapshot_id = a.snapshot_id
            AND r.colour_id = coalesce(a.colour_id, 0) AND r.volunteer_id = a.volunteer_id
          LEFT JOIN ranking_team_rows w ON w.snapshot_id = a.snapshot_id AND w.team_id = a.team_id
        WHERE c.kind = 'award' AND (
          f.snapshot_id IS NULL OR f.organisation_id <> c.organisation_id OR f.year <> c.year
          OR coalesce(a.volunteer_id, 0) <> coalesce(c.volunteer_id, 0)
          OR coalesce(a.team_id, 0) <> coalesce(c.team_id, 0)
          OR c.payload NOT LIKE '%"rank":' || a.rank || ',%'
          OR c.payload NOT LIKE '%"is_tied":' || {tied} || ',%'
          OR c.payload NOT LIKE
            '%"kind":"award","minutes":' || coalesce(r.minutes, w.minutes) || ',"name":%')
    """
    twice = f"""
        SELECT c.award_id, count(*) AS holding FROM certificates c
        WHERE c.award_id IS NOT NULL AND {_HOLDS.format("c")}
        GROUP BY c.award_id HAVING count(*) > 1
    """
    return Check(
        "C-02",
        N_("Every award certificate says what the final list says, and an award has one"),
        "SELECT count(*) FROM certificates WHERE kind = 'award'",
        (Part("award_differs", differs), Part("award_certified_twice", twice)),
    )


def _revocations() -> Check:
    unfollowed = """
        SELECT r.certificate_id FROM certificate_revocations r
        LEFT JOIN certificates n ON n.replaces_id = r.certificate_id
        WHERE (r.category = 'replaced') <> (n.id IS NOT NULL)
    """
    holding = f"""
        SELECT n.id AS certificate_id, n.replaces_id FROM certificates n
        JOIN certificates o ON o.id = n.replaces_id WHERE {_HOLDS.format("o")}
    """
    trail = """
        SELECT r.certificate_id FROM certificate_revocations r
        WHERE NOT EXISTS (
          SELECT 1 FROM trail t WHERE t.operation = 'certificate.revoke' AND t.at = r.revoked_at
            AND t.subject_id = r.certificate_id AND t.actor_id = r.revoked_by_id)
    """
    return Check(
        "C-03",
        N_("What was replaced has its one successor, and every revocation its trail"),
        "SELECT count(*) FROM certificate_revocations",
        (
            Part("replaced_by_nothing", unfollowed),
            Part("replaced_one_still_holds", holding),
            Part("revocation_without_trail", trail),
        ),
    )
