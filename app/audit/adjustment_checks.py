"""What takes two people: adjustments, and shortfalls that were covered (SPEC §5)."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words
from app.errors import N_

_POSTED = "SELECT count(*) FROM adjustments WHERE state = 'posted'"
_LIVE = "NOT EXISTS (SELECT 1 FROM entries u WHERE u.reverses_id = e.id)"


def adjustment_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on what two people decided."""
    return (_entries(), _two_people(words))


def _moved(unit: str) -> str:
    return (
        "(SELECT coalesce(sum(p.amount), 0) FROM postings p JOIN accounts c ON c.id = p.account_id "
        f"WHERE p.entry_id = e.id AND c.holder_id = a.volunteer_id AND c.unit = '{unit}')"
    )


def _entries() -> Check:
    differs = f"""
        SELECT a.id AS adjustment_id, a.entry_id, a.minutes, a.points_hundredths
        FROM adjustments a LEFT JOIN entries e ON e.id = a.entry_id AND e.kind = 'adjustment'
          AND e.subject_kind = 'adjustment' AND e.subject_id = a.id AND {_LIVE}
        WHERE a.kind = 'amount' AND a.state = 'posted'
          AND (e.id IS NULL OR {_moved("minutes")} <> a.minutes
            OR {_moved("points")} <> a.points_hundredths)
    """
    loose = """
        SELECT e.id AS entry_id, e.subject_kind, e.subject_id FROM entries e
        LEFT JOIN adjustments a ON a.entry_id = e.id AND a.kind = 'amount' AND a.state = 'posted'
        WHERE e.kind = 'adjustment' AND a.id IS NULL
    """
    # The mirror of a covered shortfall would make a debt of it.
    cover = f"""
        SELECT e.id AS entry_id, e.subject_kind, e.subject_id FROM entries e
        LEFT JOIN adjustments a ON e.subject_kind = 'adjustment' AND a.id = e.subject_id
          AND a.kind <> 'amount' AND a.state = 'posted'
        WHERE e.kind = 'shortfall' AND (a.id IS NULL OR NOT {_LIVE})
    """
    return Check(
        "P-01",
        N_("Every adjustment posted has one entry of its amounts; every covered shortfall has one"),
        _POSTED,
        (
            Part("entry_differs", differs),
            Part("entry_without_adjustment", loose),
            Part("shortfall_without_cover", cover),
        ),
    )


def _two_people(words: Words) -> Check:
    alone = words.flag("a.is_alone")
    no_second = f"""
        SELECT a.id AS adjustment_id, a.asker_id, a.second_id FROM adjustments a
        WHERE a.state = 'posted'
          AND ({alone} = CASE WHEN a.second_id IS NULL THEN 0 ELSE 1 END
            OR a.second_id = a.asker_id)
    """
    own = """
        SELECT a.id AS adjustment_id, l.id AS login_id FROM adjustments a
        JOIN logins l ON l.id = a.asker_id OR l.id = a.second_id
        WHERE a.state = 'posted' AND l.volunteer_id = a.volunteer_id
          AND (l.linked_at IS NULL OR l.linked_at <= a.answered_at)
    """
    ward = f"""
        SELECT a.id AS adjustment_id, l.id AS login_id FROM adjustments a
        JOIN logins l ON l.id = a.asker_id OR l.id = a.second_id
        JOIN helpers h ON h.helper_id = l.volunteer_id AND h.volunteer_id = a.volunteer_id
        WHERE a.state = 'posted' AND {words.acts("a.answered_at")}
    """
    at = words.instant("done.at")
    trail = f"""
        SELECT done.actor_id, {at} AS at FROM (
          SELECT asker_id AS actor_id, asked_at AS at FROM adjustments
          UNION SELECT coalesce(second_id, asker_id), answered_at FROM adjustments
            WHERE answered_at IS NOT NULL
          EXCEPT SELECT actor_id, at FROM trail
        ) done
    """
    return Check(
        "P-02",
        N_("Two people decided every adjustment, none of them its beneficiary, or it is marked"),
        _POSTED,
        (
            Part("no_second_person", no_second),
            Part("decided_own", own),
            Part("decided_for_ward", ward),
            Part("decision_without_trail", trail),
        ),
    )
