"""The columns that hold what they served."""

from __future__ import annotations

from app.privacy.rules.classes import TableRule, table_rule

SERVICE: tuple[TableRule, ...] = (
    table_rule(
        "service_records",
        "service",
        "ledger",
        whose="volunteer_id",
        none="id service_on minutes starts_minute evidence part state waits_reason is_guest"
        " is_service_day is_service_month earns_points daily_limit_minutes points_hundredths"
        " recorded_at decided_at",
        internal="root_id team_id organisation_id colour_id activity_id content place note reason"
        " external_id",
        pseudonym="volunteer_id first_part_id recorder_id approver_id corrects_id batch_id"
        " award_entry_id reversal_entry_id",
    ),
    table_rule(
        "opening_records",
        "service",
        "ledger",
        whose="volunteer_id",
        none="id as_of_on minutes points_hundredths state recorded_at",
        internal="root_id organisation_id note",
        pseudonym="volunteer_id recorder_id batch_id entry_id reversal_entry_id",
    ),
    table_rule(
        "service_totals",
        "service",
        "ledger",
        whose="volunteer_id",
        none="id year records minutes points_hundredths dates service_days",
        internal="team_id organisation_id colour_id",
        pseudonym="volunteer_id",
    ),
    table_rule(
        "day_totals",
        "service",
        "ledger",
        none="service_on records minutes",
        internal="organisation_id team_id colour_id",
    ),
    table_rule(
        "standings",
        "service",
        "ledger",
        whose="volunteer_id",
        none="year records minutes points_hundredths dates service_days order_key",
        internal="organisation_id colour_id",
        pseudonym="volunteer_id number",
    ),
    table_rule(
        "claims",
        "service",
        "ledger",
        whose="record_id@record",
        none="id",
        pseudonym="record_id resends_id",
        personal="picture_id:clear",
    ),
    table_rule(
        "claim_parts",
        "service",
        "ledger",
        whose="record_id@record",
        pseudonym="record_id claim_id",
    ),
    # Those of claims are a person's; those of the shelf nobody's.
    table_rule(
        "pictures",
        "service",
        "person",
        whose="id@claimed",
        rows="delete",
        none="id media_type width height made_at",
        pseudonym="made_by_id sha256",
        personal="large small",
    ),
    table_rule(
        "disputes",
        "service",
        "ledger",
        whose="volunteer_id",
        none="id what wished_on wished_minutes wished_starts_minute raised_at state due_on"
        " may_pass_on",
        internal="wished_team_id",
        pseudonym="record_id volunteer_id",
        personal="wished_content:name",
    ),
    table_rule(
        "dispute_lines",
        "service",
        "ledger",
        whose="dispute_id@dispute",
        none="id at kind",
        pseudonym="dispute_id author_id on_behalf_of_id record_id",
        personal="words:name",
    ),
    table_rule(
        "year_checks",
        "service",
        "ledger",
        whose="volunteer_id",
        none="id year records minutes points_hundredths at",
        internal="digest",
        pseudonym="volunteer_id entry_id actor_id on_behalf_of_id",
    ),
    table_rule(
        "projects",
        "service",
        "instance",
        none="id weekday every_weeks from_on until_on skips_holidays starts_minute minutes places"
        " least_age made_at ended_at",
        internal="team_id title content place bring",
        pseudonym="in_charge_id made_by_id",
    ),
    table_rule(
        "activities",
        "service",
        "instance",
        none="id service_on starts_minute minutes places taken least_age state is_proposed version"
        " made_at published_at closed_at cancelled_at",
        internal="team_id title content place bring project_id cancel_reason batch_id",
        pseudonym="in_charge_id made_by_id closed_by_id",
        secret="screen_secret paper_secret",
    ),
    table_rule(
        "sign_ups",
        "service",
        "ledger",
        whose="volunteer_id",
        none="id state made_at placed_at ended_at attendance",
        internal="activity_id",
        pseudonym="volunteer_id made_by_id ended_by_id",
        personal="reason:clear",
    ),
    table_rule(
        "check_ins",
        "service",
        "ledger",
        whose="volunteer_id",
        none="id in_at in_by out_at out_by",
        internal="activity_id",
        pseudonym="volunteer_id in_actor_id out_actor_id",
        personal="in_device:clear out_device:clear",
    ),
    table_rule(
        "evaluations",
        "service",
        "ledger",
        whose="made_by_id@login",
        none="id rater invite_number stars made_at",
        internal="activity_id",
        pseudonym="made_by_id",
        personal="word:empty",
    ),
)
