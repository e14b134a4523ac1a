"""the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("root_id", sa.BigInteger(), nullable=False),
        sa.Column("holder_id", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(holder_id IS NULL) = (purpose <> 'own')", name=op.f("ck_accounts_purpose")
        ),
        sa.CheckConstraint("unit IN ('minutes', 'points')", name=op.f("ck_accounts_unit")),
        sa.CheckConstraint(
            "(holder_id IS NULL) = (balance IS NULL)",
            name=op.f("ck_accounts_stored_balance"),
        ),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_accounts_never_below_zero")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(
            "uq_accounts_holder",
            ["holder_id", "unit"],
            unique=True,
            sqlite_where=sa.text("holder_id IS NOT NULL"),
            postgresql_where=sa.text("holder_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_accounts_system",
            ["root_id", "purpose", "unit"],
            unique=True,
            sqlite_where=sa.text("holder_id IS NULL"),
            postgresql_where=sa.text("holder_id IS NULL"),
        )

    op.create_table(
        "marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("marks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_marks_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "revisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_revisions_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO revisions (id, word) VALUES (1, 'first')")
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "parent_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisations.id"], name=op.f("fk_organisations_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("code", name=op.f("uq_organisations_code")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisations_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_failures_account_at", ["account", "at"], unique=False)
        batch_op.create_index("ix_sign_in_failures_address_at", ["address", "at"], unique=False)

    op.create_table(
        "colours",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("glyph", sa.String(), nullable=False),
        sa.Column("hex", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_colours_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_colours")),
        sa.UniqueConstraint("organisation_id", "key", name=op.f("uq_colours_organisation_id_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "holidays",
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_holidays_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "day_on", name=op.f("pk_holidays")),
        sqlite_strict=True,
    )
    op.create_table(
        "rule_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("service_day_percent", sa.Integer(), nullable=False),
        sa.Column("service_month_percent", sa.Integer(), nullable=False),
        sa.Column("step_hundredths", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "service_day_percent BETWEEN 0 AND 1000",
            name=op.f("ck_rule_versions_service_day_percent"),
        ),
        sa.CheckConstraint(
            "service_month_percent BETWEEN 0 AND 1000",
            name=op.f("ck_rule_versions_service_month_percent"),
        ),
        sa.CheckConstraint(
            "step_hundredths BETWEEN 1 AND 10000",
            name=op.f("ck_rule_versions_step_hundredths"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_rule_versions_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_versions")),
        sa.UniqueConstraint(
            "organisation_id",
            "effective_from",
            name=op.f("uq_rule_versions_organisation_id_effective_from"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "settings",
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_settings_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "key", name=op.f("pk_settings")),
        sqlite_strict=True,
    )
    op.create_table(
        "substitute_service_days",
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("substitute_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("month BETWEEN 1 AND 12", name=op.f("ck_substitute_service_days_month")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_substitute_service_days_organisation_id"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "year", "month", name=op.f("pk_substitute_service_days")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("substitute_service_days", schema=None) as batch_op:
        batch_op.create_index(
            "ix_substitute_service_days_organisation_id",
            ["organisation_id"],
            unique=False,
        )

    op.create_table(
        "volunteers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_keys", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('party', 'social', 'resident')", name=op.f("ck_volunteers_kind")
        ),
        sa.CheckConstraint(
            "sex IS NULL OR sex IN ('female', 'male')", name=op.f("ck_volunteers_sex")
        ),
        sa.CheckConstraint(
            "state = 'proposed' OR number IS NOT NULL",
            name=op.f("ck_volunteers_numbered"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'active', 'left')", name=op.f("ck_volunteers_state")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_volunteers_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteers")),
        sa.UniqueConstraint("number", name=op.f("uq_volunteers_number")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("volunteers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_volunteers_name"), ["name"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_volunteers_organisation_id"),
            ["organisation_id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_volunteers_organisation_id_name",
            ["organisation_id", "name"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_volunteers_phone"), ["phone"], unique=False)

    op.create_table(
        "entries",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "reverses_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "rule_version_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)",
            name=op.f("ck_entries_reverses"),
        ),
        sa.CheckConstraint(
            "kind IN ('service', 'reversal', 'redemption', 'refund', 'transfer', 'expiry', 'adjustment', 'opening', 'shortfall')",
            name=op.f("ck_entries_kind"),
        ),
        sa.CheckConstraint("reverses_id < id", name=op.f("ck_entries_reverses_earlier")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["entries.id"], name=op.f("fk_entries_reverses_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_version_id"],
            ["rule_versions.id"],
            name=op.f("fk_entries_rule_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_entries_reverses_id")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.create_index(
            "uq_entries_award",
            ["subject_kind", "subject_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'service'"),
            postgresql_where=sa.text("kind = 'service'"),
        )

    op.create_table(
        "helpers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "volunteer_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "helper_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('guardian', 'helper')", name=op.f("ck_helpers_kind")),
        sa.CheckConstraint("volunteer_id <> helper_id", name=op.f("ck_helpers_not_oneself")),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["volunteers.id"], name=op.f("fk_helpers_helper_id")
        ),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_helpers_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helpers")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("helpers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_helpers_helper_id"), ["helper_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_helpers_volunteer_id"), ["volunteer_id"], unique=False)

    op.create_table(
        "logins",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column(
            "volunteer_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("is_suspended", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_logins_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
        sa.UniqueConstraint("name", name=op.f("uq_logins_name")),
        sa.UniqueConstraint("volunteer_id", name=op.f("uq_logins_volunteer_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "rule_rates",
        sa.Column(
            "rule_version_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "colour_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("hundredths_per_hour", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "hundredths_per_hour BETWEEN 0 AND 1000000",
            name=op.f("ck_rule_rates_hundredths_per_hour"),
        ),
        sa.ForeignKeyConstraint(
            ["colour_id"], ["colours.id"], name=op.f("fk_rule_rates_colour_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_version_id"],
            ["rule_versions.id"],
            name=op.f("fk_rule_rates_rule_version_id"),
        ),
        sa.PrimaryKeyConstraint("rule_version_id", "colour_id", name=op.f("pk_rule_rates")),
        sqlite_strict=True,
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "colour_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["colour_id"], ["colours.id"], name=op.f("fk_teams_colour_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_teams_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("code", name=op.f("uq_teams_code")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_teams_colour_id"), ["colour_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_teams_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "activation_codes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "login_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("code_sha256", sa.String(), nullable=False),
        sa.Column(
            "issued_by_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["issued_by_id"],
            ["logins.id"],
            name=op.f("fk_activation_codes_issued_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["logins.id"], name=op.f("fk_activation_codes_login_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_codes")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_activation_codes_code_sha256")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("activation_codes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_activation_codes_login_id"), ["login_id"], unique=False
        )

    op.create_table(
        "batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "team_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("service_on", sa.Date(), nullable=True),
        sa.Column(
            "actor_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("file_sha256", sa.String(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("blank", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('day', 'roster', 'service', 'signin')",
            name=op.f("ck_batches_kind"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["logins.id"], name=op.f("fk_batches_actor_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_batches_organisation_id"),
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_batches_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_batches_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "memberships",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "team_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "volunteer_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("role IN ('leader', 'member')", name=op.f("ck_memberships_role")),
        sa.CheckConstraint(
            "until_on IS NULL OR until_on >= from_on", name=op.f("ck_memberships_dates")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_memberships_team_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"],
            ["volunteers.id"],
            name=op.f("fk_memberships_volunteer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(
            "ix_memberships_team_id_volunteer_id",
            ["team_id", "volunteer_id"],
            unique=False,
        )
        batch_op.create_index("ix_memberships_volunteer_id", ["volunteer_id"], unique=False)

    op.create_table(
        "operation_keys",
        sa.Column(
            "actor_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["logins.id"], name=op.f("fk_operation_keys_actor_id")
        ),
        sa.PrimaryKeyConstraint("actor_id", "key", name=op.f("pk_operation_keys")),
        sqlite_strict=True,
    )
    op.create_table(
        "postings",
        sa.Column(
            "account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "entry_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_postings_amount")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_postings_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_postings_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("account_id", "entry_id", name=op.f("pk_postings")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("postings", schema=None) as batch_op:
        batch_op.create_index("ix_postings_entry_id", ["entry_id"], unique=False)

    op.create_table(
        "roles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "login_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(role = 'admin') = (organisation_id IS NULL)", name=op.f("ck_roles_scope")
        ),
        sa.CheckConstraint("role IN ('organiser', 'auditor', 'admin')", name=op.f("ck_roles_role")),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_roles_login_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_roles_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("roles", schema=None) as batch_op:
        batch_op.create_index("ix_roles_login_id", ["login_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_roles_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "service_totals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "volunteer_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "team_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "colour_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("points_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("dates", sa.Integer(), nullable=False),
        sa.Column("service_days", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "minutes >= 0 AND dates >= 0 AND service_days >= 0",
            name=op.f("ck_service_totals_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["colour_id"], ["colours.id"], name=op.f("fk_service_totals_colour_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_service_totals_organisation_id"),
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_service_totals_team_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"],
            ["volunteers.id"],
            name=op.f("fk_service_totals_volunteer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_totals")),
        sa.UniqueConstraint(
            "volunteer_id",
            "year",
            "team_id",
            "organisation_id",
            "colour_id",
            name="uq_service_totals_key",
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("service_totals", schema=None) as batch_op:
        batch_op.create_index(
            "ix_service_totals_year_organisation_id",
            ["year", "organisation_id"],
            unique=False,
        )

    op.create_table(
        "sessions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column(
            "login_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_sessions_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_sessions_token_sha256")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_login_id"), ["login_id"], unique=False)

    op.create_table(
        "team_placements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "team_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "colour_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["colour_id"], ["colours.id"], name=op.f("fk_team_placements_colour_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_team_placements_organisation_id"),
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_team_placements_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_placements")),
        sa.UniqueConstraint("team_id", "from_on", name=op.f("uq_team_placements_team_id_from_on")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("team_placements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_team_placements_colour_id"), ["colour_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_team_placements_organisation_id"),
            ["organisation_id"],
            unique=False,
        )

    op.create_table(
        "service_records",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "root_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "volunteer_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "team_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "colour_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column(
            "first_part_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("waits_reason", sa.String(), nullable=True),
        sa.Column("is_guest", sa.Boolean(), nullable=False),
        sa.Column("is_service_day", sa.Boolean(), nullable=False),
        sa.Column("is_service_month", sa.Boolean(), nullable=False),
        sa.Column("earns_points", sa.Boolean(), nullable=False),
        sa.Column("daily_limit_minutes", sa.Integer(), nullable=False),
        sa.Column("points_hundredths", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorder_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "approver_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column(
            "corrects_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "batch_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "award_entry_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "reversal_entry_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(state = 'reversed') = (reversal_entry_id IS NOT NULL)",
            name=op.f("ck_service_records_reversed"),
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'reversed')) = (award_entry_id IS NOT NULL)",
            name=op.f("ck_service_records_awarded"),
        ),
        sa.CheckConstraint(
            "evidence IN ('signed_in', 'entered', 'imported', 'claimed')",
            name=op.f("ck_service_records_evidence"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'rejected', 'reversed')",
            name=op.f("ck_service_records_state"),
        ),
        sa.CheckConstraint(
            "waits_reason IS NULL OR waits_reason IN ('own_row', 'late', 'over_limit', 'two_people', 'new_person', 'claim', 'correction')",
            name=op.f("ck_service_records_waits_reason"),
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_service_records_minutes")),
        sa.CheckConstraint("part IN (1, 2)", name=op.f("ck_service_records_part")),
        sa.CheckConstraint(
            "starts_minute IS NULL OR (starts_minute >= 0 AND starts_minute + minutes <= 1440)",
            name=op.f("ck_service_records_within_the_day"),
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["logins.id"], name=op.f("fk_service_records_approver_id")
        ),
        sa.ForeignKeyConstraint(
            ["award_entry_id"],
            ["entries.id"],
            name=op.f("fk_service_records_award_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_service_records_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["colour_id"], ["colours.id"], name=op.f("fk_service_records_colour_id")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"],
            ["service_records.id"],
            name=op.f("fk_service_records_corrects_id"),
        ),
        sa.ForeignKeyConstraint(
            ["first_part_id"],
            ["service_records.id"],
            name=op.f("fk_service_records_first_part_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_service_records_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["logins.id"], name=op.f("fk_service_records_recorder_id")
        ),
        sa.ForeignKeyConstraint(
            ["reversal_entry_id"],
            ["entries.id"],
            name=op.f("fk_service_records_reversal_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["root_id"], ["organisations.id"], name=op.f("fk_service_records_root_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_service_records_team_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"],
            ["volunteers.id"],
            name=op.f("fk_service_records_volunteer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_records")),
        sa.UniqueConstraint("award_entry_id", name=op.f("uq_service_records_award_entry_id")),
        sa.UniqueConstraint("reversal_entry_id", name=op.f("uq_service_records_reversal_entry_id")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("service_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_records_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_service_records_corrects_id"), ["corrects_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_service_records_first_part_id"), ["first_part_id"], unique=False
        )
        batch_op.create_index(
            "ix_service_records_team_id_service_on",
            ["team_id", "service_on"],
            unique=False,
        )
        batch_op.create_index(
            "ix_service_records_volunteer_id_service_on",
            ["volunteer_id", "service_on"],
            unique=False,
        )
        batch_op.create_index(
            "ix_service_records_waiting",
            ["team_id"],
            unique=False,
            sqlite_where=sa.text("state = 'submitted'"),
            postgresql_where=sa.text("state = 'submitted'"),
        )
        batch_op.create_index(
            "uq_service_records_external_id",
            ["root_id", "external_id", "part"],
            unique=True,
            sqlite_where=sa.text(
                "external_id IS NOT NULL AND state IN ('draft', 'submitted', 'approved')"
            ),
            postgresql_where=sa.text(
                "external_id IS NOT NULL AND state IN ('draft', 'submitted', 'approved')"
            ),
        )

    op.create_table(
        "trail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column(
            "actor_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "on_behalf_of_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "batch_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["logins.id"], name=op.f("fk_trail_actor_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_trail_batch_id")),
        sa.ForeignKeyConstraint(
            ["on_behalf_of_id"],
            ["volunteers.id"],
            name=op.f("fk_trail_on_behalf_of_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_trail_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("trail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trail_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_trail_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(
            "ix_trail_organisation_id_at", ["organisation_id", "at"], unique=False
        )
        batch_op.create_index(
            "ix_trail_subject_kind_subject_id",
            ["subject_kind", "subject_id"],
            unique=False,
        )


def downgrade() -> None:

    with op.batch_alter_table("trail", schema=None) as batch_op:
        batch_op.drop_index("ix_trail_subject_kind_subject_id")
        batch_op.drop_index("ix_trail_organisation_id_at")
        batch_op.drop_index(batch_op.f("ix_trail_batch_id"))
        batch_op.drop_index(batch_op.f("ix_trail_actor_id"))

    op.drop_table("trail")
    with op.batch_alter_table("service_records", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_service_records_external_id",
            sqlite_where=sa.text(
                "external_id IS NOT NULL AND state IN ('draft', 'submitted', 'approved')"
            ),
            postgresql_where=sa.text(
                "external_id IS NOT NULL AND state IN ('draft', 'submitted', 'approved')"
            ),
        )
        batch_op.drop_index(
            "ix_service_records_waiting",
            sqlite_where=sa.text("state = 'submitted'"),
            postgresql_where=sa.text("state = 'submitted'"),
        )
        batch_op.drop_index("ix_service_records_volunteer_id_service_on")
        batch_op.drop_index("ix_service_records_team_id_service_on")
        batch_op.drop_index(batch_op.f("ix_service_records_first_part_id"))
        batch_op.drop_index(batch_op.f("ix_service_records_corrects_id"))
        batch_op.drop_index(batch_op.f("ix_service_records_batch_id"))

    op.drop_table("service_records")
    with op.batch_alter_table("team_placements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_team_placements_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_team_placements_colour_id"))

    op.drop_table("team_placements")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_login_id"))

    op.drop_table("sessions")
    with op.batch_alter_table("service_totals", schema=None) as batch_op:
        batch_op.drop_index("ix_service_totals_year_organisation_id")

    op.drop_table("service_totals")
    with op.batch_alter_table("roles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roles_organisation_id"))
        batch_op.drop_index("ix_roles_login_id")

    op.drop_table("roles")
    with op.batch_alter_table("postings", schema=None) as batch_op:
        batch_op.drop_index("ix_postings_entry_id")

    op.drop_table("postings")
    op.drop_table("operation_keys")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index("ix_memberships_volunteer_id")
        batch_op.drop_index("ix_memberships_team_id_volunteer_id")

    op.drop_table("memberships")
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_batches_organisation_id"))

    op.drop_table("batches")
    with op.batch_alter_table("activation_codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activation_codes_login_id"))

    op.drop_table("activation_codes")
    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_teams_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_teams_colour_id"))

    op.drop_table("teams")
    op.drop_table("rule_rates")
    op.drop_table("logins")
    with op.batch_alter_table("helpers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_helpers_volunteer_id"))
        batch_op.drop_index(batch_op.f("ix_helpers_helper_id"))

    op.drop_table("helpers")
    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_entries_award",
            sqlite_where=sa.text("kind = 'service'"),
            postgresql_where=sa.text("kind = 'service'"),
        )

    op.drop_table("entries")
    with op.batch_alter_table("volunteers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_volunteers_phone"))
        batch_op.drop_index("ix_volunteers_organisation_id_name")
        batch_op.drop_index(batch_op.f("ix_volunteers_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_volunteers_name"))

    op.drop_table("volunteers")
    with op.batch_alter_table("substitute_service_days", schema=None) as batch_op:
        batch_op.drop_index("ix_substitute_service_days_organisation_id")

    op.drop_table("substitute_service_days")
    op.drop_table("settings")
    op.drop_table("rule_versions")
    op.drop_table("holidays")
    op.drop_table("colours")
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_failures_address_at")
        batch_op.drop_index("ix_sign_in_failures_account_at")

    op.drop_table("sign_in_failures")
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisations_parent_id"))

    op.drop_table("organisations")
    op.drop_table("revisions")
    with op.batch_alter_table("marks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_marks_entry_id"))

    op.drop_table("marks")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_accounts_system",
            sqlite_where=sa.text("holder_id IS NULL"),
            postgresql_where=sa.text("holder_id IS NULL"),
        )
        batch_op.drop_index(
            "uq_accounts_holder",
            sqlite_where=sa.text("holder_id IS NOT NULL"),
            postgresql_where=sa.text("holder_id IS NOT NULL"),
        )

    op.drop_table("accounts")
