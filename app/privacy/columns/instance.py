"""The columns that hold work under way and the place itself."""

from __future__ import annotations

from app.privacy.rules.classes import TableRule, table_rule

INSTANCE: tuple[TableRule, ...] = (
    # ── work under way ────────────────────────────────────────────────────────────────────
    table_rule(
        "batches",
        "work",
        "ledger",
        none="id kind service_on made_at rows created updated duplicates refused blank undone_at",
        internal="organisation_id team_id file_name file_sha256",
        pseudonym="actor_id",
    ),
    table_rule(
        "uploads",
        "work",
        "upload",
        none="id kind uploaded_at expires_at file_bytes unit language state revision"
        " preview_revision digest refusal_message committed_at seen_at",
        internal="organisation_id team_id file_name file_sha256 batch_id",
        pseudonym="actor_id committed_by_id",
        personal="content fixes preview mend refusal_figures",
    ),
    table_rule(
        "roster_changes",
        "work",
        "upload",
        whose="volunteer_id",
        rows="delete",
        pseudonym="batch_id volunteer_id",
        personal="before after",
    ),
    table_rule(
        "jobs",
        "work",
        "month",
        none="id kind state stage steps_done steps_total attempts worker heartbeat_at queued_at"
        " ended_at cancelled_at error_message error_figures",
        pseudonym="subject_kind subject_id payload actor_id result",
    ),
    table_rule("job_workers", "work", "two_days", none="name seen_at"),
    table_rule(
        "made_files",
        "work",
        "week",
        whose="owner_login_id@login",
        rows="delete",
        none="id mime size_bytes made_at kept_until_at",
        internal="organisation_id name",
        pseudonym="job_id owner_login_id",
        personal="body",
    ),
    table_rule(
        "audit_runs",
        "work",
        "instance",
        none="id kind started_at ended_at is_clean digest through_entry_id through_record_id"
        " through_trail_id through_move_id results",
        pseudonym="asked_by_id",
    ),
    table_rule("deletion_runs", "work", "notice", none="id rule ran_at deleted"),
    table_rule("daily_rounds", "work", "instance", none="root_id work day_on done_at"),
    table_rule("revisions", "work", "instance", none="id word"),
    # ── the place ─────────────────────────────────────────────────────────────────────────
    table_rule(
        "organisations", "place", "instance", none="id parent_id code name created_at retired_on"
    ),
    table_rule(
        "organisation_changes",
        "place",
        "instance",
        none="id kind organisation_id into_id changed_on made_at",
        internal="reason",
        pseudonym="made_by_id",
    ),
    table_rule("settings", "place", "instance", none="organisation_id key", internal="value"),
    table_rule("holidays", "place", "instance", none="organisation_id day_on is_working name"),
    table_rule(
        "substitute_service_days",
        "place",
        "instance",
        none="organisation_id year month substitute_on",
        internal="reason",
    ),
    table_rule(
        "colours", "place", "instance", none="id organisation_id key name glyph hex position"
        " retired_on",
    ),
    table_rule("teams", "place", "instance", none="id organisation_id colour_id code name"
        " retired_on"),
    table_rule(
        "team_placements",
        "place",
        "instance",
        none="id team_id organisation_id colour_id from_on until_on",
    ),
)  # fmt: skip
