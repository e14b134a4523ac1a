"""The invariants of service records and their awards."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words, whole
from app.errors import N_

_RECORDS = "SELECT count(*) FROM service_records"
_DECIDED = "('approved', 'reversed')"
# What fills a day and may not overlap. A volunteer's own claim blocks nobody, and a proposed
# correction is judged net of what it replaces, so neither counts before it is approved.
_COUNTED = """(state = 'approved' OR (
  state = 'submitted' AND evidence <> 'claimed' AND corrects_id IS NULL
))"""
# Minutes and default rate of SPEC §3 and §4.
_HARD_LIMIT_MINUTES = 720
_DEFAULT_RATE_HUNDREDTHS = 100


def service_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on records and what they were credited."""
    return (
        _awarded_once(),
        _moved_rightly(),
        _credited_exactly(words),
        _fits_the_day(words),
        _approved_by_another(words),
        _batches_add_up(),
    )


def _awarded_once() -> Check:
    disagrees = """
        SELECT r.id AS record_id, r.state, r.award_entry_id, e.id AS found_award_id,
          r.reversal_entry_id, v.id AS found_reversal_id
        FROM service_records r
        LEFT JOIN entries e ON e.kind = 'service' AND e.subject_kind = 'service_record'
          AND e.subject_id = r.id
        LEFT JOIN entries v ON v.reverses_id = e.id
        WHERE CASE r.state
          WHEN 'approved' THEN coalesce(e.id, 0) <> coalesce(r.award_entry_id, -1)
            OR v.id IS NOT NULL OR r.reversal_entry_id IS NOT NULL
          WHEN 'reversed' THEN coalesce(e.id, 0) <> coalesce(r.award_entry_id, -1)
            OR coalesce(v.id, 0) <> coalesce(r.reversal_entry_id, -1)
          ELSE e.id IS NOT NULL OR r.award_entry_id IS NOT NULL OR r.reversal_entry_id IS NOT NULL
        END
    """
    stray = """
        SELECT e.id AS entry_id, e.subject_kind, e.subject_id FROM entries e
        LEFT JOIN service_records r ON r.id = e.subject_id AND e.subject_kind = 'service_record'
        WHERE e.kind = 'service' AND r.id IS NULL
    """
    return Check(
        "I-07",
        N_("Every approved record has exactly one live award, and no other record has one"),
        _RECORDS,
        (Part("record_and_award_differ", disagrees), Part("award_without_record", stray)),
    )


def _moved_rightly() -> Check:
    undecided = """
        SELECT id AS record_id, state FROM service_records
        WHERE (state IN ('approved', 'rejected', 'reversed')
            AND (approver_id IS NULL OR decided_at IS NULL OR decided_at < recorded_at))
          OR (state IN ('draft', 'submitted')
            AND (approver_id IS NOT NULL OR decided_at IS NOT NULL))
    """
    corrected = f"""
        SELECT n.id AS record_id, o.id AS corrected_id, o.state FROM service_records n
        JOIN service_records o ON o.id = n.corrects_id
        WHERE n.state IN {_DECIDED} AND o.state <> 'reversed'
    """
    halves = f"""
        SELECT r.id AS record_id, f.id AS first_part_id FROM service_records r
        JOIN service_records f ON f.id = r.first_part_id
        WHERE (r.state IN {_DECIDED}) <> (f.state IN {_DECIDED})
    """
    return Check(
        "I-08",
        N_("Every record reached its state by the steps allowed, each with who decided and when"),
        _RECORDS,
        (
            Part("decision_and_state_differ", undecided),
            Part("corrected_record_still_counts", corrected),
            Part("halves_decided_apart", halves),
        ),
    )


def _credited_exactly(words: Words) -> Check:
    own_minutes = "coalesce(a.holder_id, 0) = r.volunteer_id AND a.unit = 'minutes'"
    own_points = "coalesce(a.holder_id, 0) = r.volunteer_id AND a.unit = 'points'"
    issued = """(a.purpose = 'service_issued' AND a.unit = 'minutes')
      OR (a.purpose = 'points_issued' AND a.unit = 'points')"""
    # minutes × rate × percent, 6000 of which are a hundredth of a point, half up to the step.
    worth = f"""r.minutes * coalesce(t.hundredths_per_hour, {_DEFAULT_RATE_HUNDREDTHS})
      * (100 + CASE WHEN r.is_service_day THEN v.service_day_percent ELSE 0 END
        + CASE WHEN r.is_service_month THEN v.service_month_percent ELSE 0 END)"""
    step = "CAST(6000 AS bigint) * v.step_hundredths"
    due = f"""CASE WHEN NOT r.earns_points THEN 0
      ELSE (2 * CAST(1 AS bigint) * {worth} + {step}) / (2 * {step}) * v.step_hundredths END"""
    credited = f"""
        SELECT record_id, entry_id, minutes, points_hundredths, due_points_hundredths,
          {whole("sum(own_minutes)")} AS posted_minutes,
          {whole("sum(own_points)")} AS posted_points_hundredths, {whole("sum(strange)")} AS strange
        FROM (
          SELECT r.id AS record_id, e.id AS entry_id, r.minutes, r.points_hundredths,
            {due} AS due_points_hundredths,
            CASE WHEN {own_minutes} THEN p.amount ELSE 0 END AS own_minutes,
            CASE WHEN {own_points} THEN p.amount ELSE 0 END AS own_points,
            CASE WHEN ({own_minutes}) OR ({own_points}) OR {issued} THEN 0 ELSE 1 END AS strange
          FROM service_records r
          JOIN entries e ON e.id = r.award_entry_id
          LEFT JOIN rule_versions v ON v.id = e.rule_version_id
          LEFT JOIN rule_rates t ON t.rule_version_id = v.id AND t.colour_id = r.colour_id
          JOIN postings p ON p.entry_id = e.id
          JOIN accounts a ON a.id = p.account_id
        ) legs
        GROUP BY record_id, entry_id, minutes, points_hundredths, due_points_hundredths
        HAVING sum(own_minutes) <> minutes OR sum(own_points) <> points_hundredths
          OR coalesce(due_points_hundredths, -1) <> points_hundredths OR sum(strange) <> 0
    """
    too_new = """
        SELECT r.id AS record_id, v.id AS rule_version_id FROM service_records r
        JOIN entries e ON e.id = r.award_entry_id
        JOIN rule_versions v ON v.id = e.rule_version_id WHERE v.effective_from > r.service_on
    """
    month = words.month("service_on")
    second_day = f"""
        SELECT volunteer_id, {month} AS month, count(DISTINCT service_on) AS service_days
        FROM service_records WHERE state = 'approved' AND is_service_day
        GROUP BY volunteer_id, {month} HAVING count(DISTINCT service_on) > 1
    """
    return Check(
        "I-09",
        N_("Every award is the record's minutes, and its points by the rule version it was given"),
        f"SELECT count(*) FROM service_records WHERE state IN {_DECIDED}",
        (
            Part("credit_differs", credited),
            Part("rule_not_in_effect", too_new),
            Part("two_service_days_in_a_month", second_day),
        ),
    )


def _fits_the_day(words: Words) -> Check:
    overlap = f"""
        SELECT id AS record_id, volunteer_id, {words.day("service_on")} AS service_on,
          starts_minute, held_until
        FROM (
          SELECT id, volunteer_id, service_on, starts_minute,
            max(starts_minute + minutes) OVER (
              PARTITION BY volunteer_id, service_on ORDER BY starts_minute, id
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS held_until
          FROM service_records WHERE starts_minute IS NOT NULL AND {_COUNTED}
        ) o WHERE starts_minute < held_until
    """
    # Over the limit a day is right only with the organiser's reason on one of its records.
    over = f"""
        SELECT volunteer_id, {words.day("service_on")} AS service_on,
          {whole("sum(minutes)")} AS minutes, max(daily_limit_minutes) AS daily_limit
        FROM service_records WHERE state = 'approved'
        GROUP BY volunteer_id, service_on
        HAVING sum(minutes) > max(daily_limit_minutes) AND (
          count(reason) = 0 OR sum(minutes) > {
        words.greater(
            str(_HARD_LIMIT_MINUTES),
            "max(daily_limit_minutes)",
            "(SELECT coalesce(max(CAST(value AS integer)), 0) FROM settings "
            "WHERE key = 'hard_limit_minutes')",
        )
    })
    """
    return Check(
        "I-11",
        N_("Nobody's records overlap, and no day holds more than its limit"),
        f"SELECT count(*) FROM service_records WHERE {_COUNTED}",
        (Part("overlap", overlap), Part("over_the_daily_limit", over)),
    )


def _approved_by_another(words: Words) -> Check:
    # A sign-in that was nobody's may have approved before it said whose it is. Such a record
    # stays named until somebody else has reversed it.
    own = """
        SELECT r.id AS record_id, r.approver_id FROM service_records r
        JOIN logins l ON l.id = r.approver_id
        WHERE l.volunteer_id = r.volunteer_id AND (r.state = 'approved' OR (
          r.state = 'reversed' AND (l.linked_at IS NULL OR l.linked_at <= r.decided_at)
        ))
    """
    decided_on = words.day_of_instant("r.decided_at")
    acts_for = f"""
        SELECT r.id AS record_id, r.approver_id, h.id AS helper_id FROM service_records r
        JOIN logins l ON l.id = r.approver_id
        JOIN helpers h ON h.helper_id = l.volunteer_id AND h.volunteer_id = r.volunteer_id
        WHERE r.state IN {_DECIDED} AND {words.acts("r.decided_at")}
    """
    one_person = f"""
        SELECT id AS record_id, approver_id FROM service_records
        WHERE state IN {_DECIDED} AND waits_reason = 'two_people' AND approver_id = recorder_id
    """
    # The days of an account opened with a code are civil days, an instant's is a day later at
    # most: so the last of them is left to the rule.
    issuer_gains = """(i.volunteer_id = r.volunteer_id OR EXISTS (
      SELECT 1 FROM helpers h
      WHERE h.helper_id = i.volunteer_id AND h.volunteer_id = r.volunteer_id
        AND {helps}
    ))""".format(helps=words.acts("r.decided_at"))
    through_a_code = f"""
        SELECT r.id AS record_id, r.approver_id, o.issued_by_id FROM service_records r
        JOIN account_openings o ON o.login_id = r.approver_id
          AND o.from_at <= r.decided_at AND {words.day("o.until_on")} > {decided_on}
        JOIN logins i ON i.id = o.issued_by_id
        WHERE r.state IN {_DECIDED} AND {issuer_gains}
    """
    return Check(
        "I-12",
        N_("Nobody approved for themselves or for someone they act for"),
        f"SELECT count(*) FROM service_records WHERE state IN {_DECIDED}",
        (
            Part("approved_own", own),
            Part("approved_for_ward", acts_for),
            Part("needed_two_people", one_person),
            Part("approved_through_a_code", through_a_code),
        ),
    )


def _batches_add_up() -> Check:
    sums = """
        SELECT id AS batch_id, rows, created + updated + duplicates + refused + blank AS counted
        FROM batches WHERE rows <> created + updated + duplicates + refused + blank
    """
    # The two halves of a row that crosses midnight name the first of them.
    created = """
        SELECT b.id AS batch_id, b.created, coalesce(r.found, 0) AS found FROM batches b
        LEFT JOIN (
          SELECT batch_id, count(DISTINCT coalesce(first_part_id, id)) AS found
          FROM service_records WHERE batch_id IS NOT NULL GROUP BY batch_id
          UNION ALL SELECT batch_id, count(*) FROM opening_records GROUP BY batch_id
        ) r ON r.batch_id = b.id
        WHERE b.kind <> 'roster' AND b.created <> coalesce(r.found, 0)
    """
    undone = """
        SELECT b.id AS batch_id, count(*) AS approved FROM batches b
        JOIN service_records r ON r.batch_id = b.id
        WHERE b.undone_at IS NOT NULL AND r.state = 'approved' GROUP BY b.id
        UNION ALL
        SELECT b.id, count(*) FROM batches b JOIN opening_records o ON o.batch_id = b.id
        WHERE (b.undone_at IS NULL) <> (o.state = 'approved')
          -- Whoever became somebody else left their book by that, in no batch's undoing.
          AND NOT (o.state = 'reversed'
            AND EXISTS (SELECT 1 FROM merges m WHERE m.gone_id = o.volunteer_id))
        GROUP BY b.id
    """
    return Check(
        "I-18",
        N_("Every batch's figures add up, and its records are all there or all undone"),
        "SELECT count(*) FROM batches",
        (
            Part("figures_differ", sums),
            Part("records_differ", created),
            Part("undone_but_counts", undone),
        ),
    )
