"""The columns that hold what people are told, and the trail."""

from __future__ import annotations

from app.privacy.rules.classes import TableRule, table_rule

TELLING: tuple[TableRule, ...] = (
    # ── word to people ────────────────────────────────────────────────────────────────────
    table_rule(
        "notice_messages",
        "notices",
        "notice",
        whose="notice_id@notice address_code_id@code",
        rows="delete",
        none="id channel state tries next_try_at worker claimed_at ended_at error",
        pseudonym="notice_id address_code_id",
    ),
    table_rule(
        "address_codes",
        "notices",
        "two_days",
        whose="reader_id@reader",
        rows="delete",
        none="id channel asked_at expires_at tries ended_at",
        pseudonym="reader_id",
        personal="address",
        secret="nonce",
    ),
    table_rule(
        "notice_addresses",
        "notices",
        "ended",
        whose="reader_id@reader",
        rows="delete",
        none="channel confirmed_at",
        pseudonym="reader_id",
        personal="address",
    ),
    table_rule(
        "notice_choices",
        "notices",
        "person",
        whose="reader_id@reader",
        rows="delete",
        none="channel kind_group is_on",
        pseudonym="reader_id",
    ),
    table_rule(
        "notice_readers",
        "notices",
        "person",
        whose="volunteer_id login_id@login",
        rows="delete",
        none="id",
        pseudonym="volunteer_id login_id",
    ),
    table_rule(
        "notices",
        "notices",
        "notice",
        whose="volunteer_id login_id@login",
        rows="delete",
        none="id kind once told_at read_at",
        pseudonym="volunteer_id login_id subject_kind subject_id path",
        personal="figures",
    ),
    # ── the trail ─────────────────────────────────────────────────────────────────────────
    table_rule(
        "trail",
        "trail",
        "trail",
        whose="id@said",
        none="id at operation request_id",
        internal="organisation_id before after reason subject_kind",
        pseudonym="actor_id on_behalf_of_id subject_id batch_id",
    ),
    table_rule(
        "trail_personal",
        "trail",
        "person",
        whose="volunteer_id trail_id@said",
        rows="delete",
        pseudonym="trail_id volunteer_id",
        personal="before after reason",
    ),
    table_rule(
        "operation_keys",
        "trail",
        "trail",
        whose="actor_id@login",
        none="at",
        internal="result",
        pseudonym="actor_id key content_sha256",
    ),
)
