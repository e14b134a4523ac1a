"""What has to agree between activities, the places at them, and the hours they led to."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.errors import N_


def activity_checks() -> tuple[Check, ...]:
    """Return the checks on activities."""
    return (_places_are_kept(), _hours_are_theirs())


def _places_are_kept() -> Check:
    counted = """
        SELECT a.id AS activity_id, a.taken, count(s.id) AS placed FROM activities a
        LEFT JOIN sign_ups s ON s.activity_id = a.id AND s.state = 'placed'
        GROUP BY a.id, a.taken HAVING a.taken <> count(s.id)
    """
    attended = """
        SELECT s.id AS sign_up_id, a.state FROM sign_ups s JOIN activities a ON a.id = s.activity_id
        WHERE s.attendance IS NOT NULL AND a.state <> 'closed'
    """
    return Check(
        "A-01",
        N_("Every activity counts as many places taken as people have one"),
        "SELECT count(*) FROM activities",
        (Part("places_differ", counted), Part("attended_before_closing", attended)),
    )


def _hours_are_theirs() -> Check:
    # A correction may move a record to another team or date; it keeps where it came from.
    elsewhere = """
        SELECT r.id AS record_id, a.id AS activity_id FROM service_records r
        JOIN activities a ON a.id = r.activity_id
        WHERE r.corrects_id IS NULL AND r.part = 1
          AND (r.team_id <> a.team_id OR r.service_on <> a.service_on)
    """
    unproven = """
        SELECT r.id AS record_id, r.activity_id FROM service_records r
        LEFT JOIN check_ins c
          ON c.activity_id = r.activity_id AND c.volunteer_id = r.volunteer_id
        WHERE r.activity_id IS NOT NULL AND r.evidence = 'signed_in' AND c.id IS NULL
          AND r.state IN ('submitted', 'approved')
    """
    undone = """
        SELECT a.id AS activity_id, a.batch_id FROM activities a
        JOIN batches b ON b.id = a.batch_id
        WHERE a.state <> 'closed' OR b.undone_at IS NOT NULL
    """
    return Check(
        "A-02",
        N_("What an activity's closing posted is of its team and date, and proven as it says"),
        "SELECT count(*) FROM service_records WHERE activity_id IS NOT NULL",
        (
            Part("record_of_another_day", elsewhere),
            Part("signed_in_without_check_in", unproven),
            Part("closed_by_an_undone_batch", undone),
        ),
    )
