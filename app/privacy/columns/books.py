"""The columns that hold points, entries and the reward shelf."""

from __future__ import annotations

from app.privacy.rules.classes import TableRule, table_rule

BOOKS: tuple[TableRule, ...] = (
    # ── points and the books ──────────────────────────────────────────────────────────────
    table_rule(
        "accounts",
        "points",
        "ledger",
        whose="holder_id",
        none="id purpose unit balance",
        internal="root_id",
        pseudonym="holder_id",
    ),
    # A reason typed into the books stays as it was typed: an entry never changes (I-04).
    table_rule(
        "entries",
        "points",
        "ledger",
        none="id kind recorded_at idempotency_key rule_version_id",
        internal="reason subject_kind",
        pseudonym="actor_id subject_id reverses_id",
    ),
    table_rule(
        "postings",
        "points",
        "ledger",
        whose="account_id@account",
        none="amount",
        pseudonym="account_id entry_id",
    ),
    table_rule("marks", "points", "ledger", none="id entry_id purpose published_at"),
    # Hashes over very many rows: nobody is found in them.
    table_rule(
        "chain_links",
        "points",
        "ledger",
        none="id after_id through_id entries postings entries_sha256 postings_sha256"
        " previous_sha256 sha256 sealed_at",
    ),
    table_rule(
        "adjustments",
        "points",
        "ledger",
        whose="volunteer_id",
        none="id kind minutes points_hundredths asked_at state answered_at is_alone",
        internal="organisation_id reason answer",
        pseudonym="volunteer_id record_id batch_id asker_id second_id entry_id",
    ),
    table_rule(
        "merges",
        "points",
        "ledger",
        whose="kept_id gone_id",
        none="id merged_at figures",
        internal="organisation_id reason",
        pseudonym="kept_id gone_id merged_by_id",
    ),
    table_rule(
        "merged_years",
        "points",
        "ledger",
        none="year points_hundredths",
        pseudonym="merge_id entry_id",
    ),
    table_rule(
        "expiries",
        "points",
        "ledger",
        whose="volunteer_id",
        none="id year_earned usable_until_on points_hundredths posted_at",
        internal="root_id",
        pseudonym="volunteer_id entry_id",
    ),
    table_rule(
        "rule_versions",
        "points",
        "instance",
        none="id effective_from service_day_percent service_month_percent step_hundredths"
        " created_at",
        internal="organisation_id",
    ),
    table_rule(
        "rule_rates", "points", "instance", none="rule_version_id colour_id hundredths_per_hour"
    ),
    # ── rewards ───────────────────────────────────────────────────────────────────────────
    # `contact` is a partner's, not a volunteer's: the organiser changes it.
    table_rule(
        "partners",
        "rewards",
        "instance",
        none="id made_at ended_at",
        internal="organisation_id name",
        pseudonym="made_by_id",
        personal="contact",
    ),
    table_rule(
        "shelf_items",
        "rewards",
        "instance",
        none="id kind version available reserved low_at made_at withdrawn_at",
        internal="organisation_id",
        pseudonym="made_by_id",
    ),
    table_rule(
        "item_versions",
        "rewards",
        "instance",
        none="id number price_hundredths from_on until_on limit_count limit_period least_stars"
        " made_at",
        internal="item_id name description measure category partner_id picture_id collect_at",
        pseudonym="made_by_id",
    ),
    table_rule("item_colours", "rewards", "instance", none="item_version_id colour_id"),
    table_rule(
        "redemptions",
        "rewards",
        "ledger",
        whose="volunteer_id",
        none="id quantity cost_hundredths state asked_by consent redeemed_at redeemed_on"
        " collect_by_on settled_at settled_on",
        internal="organisation_id item_id item_version_id reason",
        pseudonym="volunteer_id made_by_id entry_id refund_entry_id settled_by_id",
        secret="code token",
    ),
    table_rule(
        "stock_moves",
        "rewards",
        "ledger",
        none="id kind available_change reserved_change at counted",
        internal="item_id partner_id donor document reason",
        pseudonym="actor_id redemption_id",
    ),
    # A question holds ids of teams and colours, never of people.
    table_rule(
        "saved_reports",
        "rewards",
        "instance",
        none="id question saved_at",
        internal="organisation_id name",
        pseudonym="owner_id",
    ),
    table_rule(
        "redemption_windows",
        "rewards",
        "instance",
        none="id kind day from_on until_on made_at ended_at",
        internal="organisation_id title",
        pseudonym="made_by_id",
    ),
)
