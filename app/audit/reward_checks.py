"""Points, stock and redemptions agree, whichever of the three one begins at (I-13)."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words, whole
from app.errors import N_


def reward_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on the shelf and what was redeemed of it."""
    return (
        _served_by_another(words),
        Check(
            "I-13",
            N_("Stock is the sum of its moves; each redemption has its points and its pieces"),
            "SELECT (SELECT count(*) FROM redemptions) + (SELECT count(*) FROM stock_moves)",
            (*_stock_is_its_moves(), *_paid_for(), *_given_back(), *_moved()),
        ),
    )


def _stock_is_its_moves() -> tuple[Part, ...]:
    differs = f"""
        SELECT i.id AS item_id, i.available, i.reserved,
          {whole("coalesce(sum(m.available_change), 0)")} AS moved,
          {whole("coalesce(sum(m.reserved_change), 0)")} AS set_aside
        FROM shelf_items i LEFT JOIN stock_moves m ON m.item_id = i.id
        GROUP BY i.id, i.available, i.reserved
        HAVING i.available <> coalesce(sum(m.available_change), 0)
          OR i.reserved <> coalesce(sum(m.reserved_change), 0)
    """
    below = """
        SELECT item_id, move_id, available, reserved FROM (
          SELECT item_id, id AS move_id,
            sum(available_change) OVER (PARTITION BY item_id ORDER BY id) AS available,
            sum(reserved_change) OVER (PARTITION BY item_id ORDER BY id) AS reserved
          FROM stock_moves
        ) AS history WHERE available < 0 OR reserved < 0
    """
    unclear = """
        SELECT id AS move_id, kind, available_change, reserved_change FROM stock_moves
        WHERE NOT (
          (kind = 'in' AND available_change > 0 AND reserved_change = 0)
          OR (kind = 'reserved' AND available_change < 0 AND reserved_change = -available_change)
          OR (kind = 'handed_over' AND available_change = 0 AND reserved_change < 0)
          OR (kind = 'returned' AND available_change > 0 AND reserved_change = -available_change)
          OR (kind = 'damaged' AND available_change < 0 AND reserved_change = 0)
          OR (kind = 'counted' AND reserved_change = 0)
        )
    """
    return (
        Part("stock_differs", differs),
        Part("stock_below_zero", below),
        Part("move_of_no_kind", unclear),
    )


def _entry_of(kind: str) -> str:
    """Return the query for entries of a kind with what they moved on people's accounts."""
    return f"""
        SELECT e.id, e.kind, e.subject_kind, e.subject_id, max(a.holder_id) AS holder_id,
          {whole("sum(p.amount)")} AS amount, count(*) AS postings, min(a.unit) AS unit
        FROM entries e JOIN postings p ON p.entry_id = e.id
        JOIN accounts a ON a.id = p.account_id AND a.holder_id IS NOT NULL
        WHERE e.kind = '{kind}' GROUP BY e.id, e.kind, e.subject_kind, e.subject_id
    """


def _paid_for() -> tuple[Part, ...]:
    unpaid = f"""
        SELECT r.id AS redemption_id, r.entry_id, r.cost_hundredths, e.amount
        FROM redemptions r LEFT JOIN ({_entry_of("redemption")}) e ON e.id = r.entry_id
        WHERE e.id IS NULL OR e.amount <> -r.cost_hundredths OR e.holder_id <> r.volunteer_id
          OR e.subject_kind <> 'redemption' OR e.subject_id <> r.id
          OR e.postings <> 1 OR e.unit <> 'points'
    """
    nothing = """
        SELECT e.id AS entry_id, e.subject_id FROM entries e
        LEFT JOIN redemptions r ON r.entry_id = e.id
        WHERE e.kind = 'redemption' AND r.id IS NULL
    """
    dear = """
        SELECT r.id AS redemption_id, r.cost_hundredths, v.price_hundredths, r.quantity
        FROM redemptions r LEFT JOIN item_versions v ON v.id = r.item_version_id
        WHERE v.id IS NULL OR v.item_id <> r.item_id
          OR r.cost_hundredths <> v.price_hundredths * r.quantity
    """
    undone = """
        SELECT e.id AS entry_id, x.id AS reversal_id FROM entries e
        JOIN entries x ON x.reverses_id = e.id WHERE e.kind IN ('redemption', 'refund')
    """
    elsewhere = """
        SELECT e.id AS entry_id, e.kind, a.purpose, a.unit FROM entries e
        JOIN postings p ON p.entry_id = e.id JOIN accounts a ON a.id = p.account_id
        WHERE e.kind IN ('redemption', 'refund') AND a.holder_id IS NULL
          AND (a.purpose <> 'points_redeemed' OR a.unit <> 'points')
    """
    return (
        Part("paid_elsewhere", elsewhere),
        Part("redemption_unpaid", unpaid),
        Part("paid_for_nothing", nothing),
        Part("another_price", dear),
        Part("reversed_instead_of_refunded", undone),
    )


def _given_back() -> tuple[Part, ...]:
    kept = f"""
        SELECT r.id AS redemption_id, r.state, r.refund_entry_id, e.amount
        FROM redemptions r LEFT JOIN ({_entry_of("refund")}) e ON e.id = r.refund_entry_id
        WHERE (r.state IN ('cancelled', 'expired')) <> (e.id IS NOT NULL)
          OR e.amount <> r.cost_hundredths OR e.holder_id <> r.volunteer_id
          OR e.subject_kind <> 'redemption' OR e.subject_id <> r.id
          OR e.postings <> 1 OR e.unit <> 'points'
    """
    nothing = """
        SELECT e.id AS entry_id, e.subject_id FROM entries e
        LEFT JOIN redemptions r ON r.refund_entry_id = e.id
        WHERE e.kind = 'refund' AND r.id IS NULL
    """
    return (
        Part("not_given_back", kept),
        Part("given_back_for_nothing", nothing),
    )


def _moved() -> tuple[Part, ...]:
    set_aside = """
        SELECT r.id AS redemption_id, r.state, count(m.id) AS moves FROM redemptions r
        LEFT JOIN stock_moves m ON m.redemption_id = r.id AND m.kind = 'reserved'
          AND m.item_id = r.item_id AND m.reserved_change = r.quantity
        GROUP BY r.id, r.state HAVING count(m.id) <> 1
    """
    ended = """
        SELECT r.id AS redemption_id, r.state, count(m.id) AS moves FROM redemptions r
        LEFT JOIN stock_moves m ON m.redemption_id = r.id AND m.item_id = r.item_id
          AND m.reserved_change = -r.quantity
          AND m.kind = CASE WHEN r.state = 'collected' THEN 'handed_over' ELSE 'returned' END
        GROUP BY r.id, r.state
        HAVING count(m.id) <> CASE WHEN r.state = 'to_collect' THEN 0 ELSE 1 END
    """
    stray = """
        SELECT m.id AS move_id, m.kind, m.redemption_id FROM stock_moves m
        LEFT JOIN redemptions r ON r.id = m.redemption_id
        WHERE (m.redemption_id IS NULL) <> (m.kind IN ('in', 'damaged', 'counted'))
          OR (m.redemption_id IS NOT NULL AND r.id IS NULL)
          OR m.item_id <> r.item_id OR m.reserved_change NOT IN (r.quantity, -r.quantity)
          OR (m.kind = 'handed_over' AND r.state <> 'collected')
          OR (m.kind = 'returned' AND r.state NOT IN ('cancelled', 'expired'))
    """
    unnoted = """
        SELECT r.id AS redemption_id, r.state FROM redemptions r
        LEFT JOIN trail t ON t.subject_kind = 'redemption' AND t.subject_id = r.id
          AND t.operation IN ('redemption.make', 'redemption.hand_over', 'redemption.cancel',
            'redemption.expire')
        GROUP BY r.id, r.state
        HAVING count(t.id) <> CASE WHEN r.state = 'to_collect' THEN 1 ELSE 2 END
    """
    return (
        Part("not_set_aside", set_aside),
        Part("end_without_move", ended),
        Part("stray_move", stray),
        Part("redemption_without_trail", unnoted),
    )


def _served_by_another(words: Words) -> Check:
    """Of an opened account's days the first and the last are left to the rule."""
    settled_on = words.day("r.settled_on")
    handed = "FROM redemptions r JOIN logins l ON l.id = r.settled_by_id"
    helps = f"h.volunteer_id = r.volunteer_id AND {words.acts('r.settled_at')}"
    own = f"""
        SELECT r.id AS redemption_id, l.id AS login_id {handed}
        WHERE r.state = 'collected' AND l.volunteer_id = r.volunteer_id
          AND (l.linked_at IS NULL OR l.linked_at <= r.settled_at)
    """
    ward = f"""
        SELECT r.id AS redemption_id, l.id AS login_id {handed}
        JOIN helpers h ON h.helper_id = l.volunteer_id AND {helps}
        WHERE r.state = 'collected'
    """
    through_a_code = f"""
        SELECT r.id AS redemption_id, l.id AS login_id, o.issued_by_id {handed}
        JOIN account_openings o ON o.login_id = l.id
          AND o.from_at <= r.settled_at AND {words.day("o.until_on")} > {settled_on}
        JOIN logins i ON i.id = o.issued_by_id
        WHERE r.state = 'collected' AND (i.volunteer_id = r.volunteer_id OR EXISTS (
          SELECT 1 FROM helpers h WHERE h.helper_id = i.volunteer_id AND {helps}))
    """
    return Check(
        "R-01",
        N_("Nobody handed over to themselves or to someone they act for"),
        "SELECT count(*) FROM redemptions WHERE state = 'collected'",
        (
            Part("handed_over_to_oneself", own),
            Part("handed_over_to_ward", ward),
            Part("handed_over_through_a_code", through_a_code),
        ),
    )
