"""who opened an account, and known devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Accounts opened before there was this table: the same fourteen days, from what is known.
OPENED_BEFORE = (
    "INSERT INTO account_openings (login_id, issued_by_id, opened_on, from_at, until_on) "
    "SELECT login_id, issued_by_id, {day}, used_at, {until} FROM activation_codes "
    "WHERE used_at IS NOT NULL AND issued_by_id IS NOT NULL AND issued_by_id <> login_id"
)
DAYS = {
    "sqlite": {"day": "date(used_at)", "until": "date(used_at, '+14 days')"},
    "postgresql": {
        "day": "(used_at AT TIME ZONE 'UTC')::date",
        "until": "(used_at AT TIME ZONE 'UTC')::date + 14",
    },
}


def upgrade() -> None:
    op.create_table(
        "account_openings",
        sa.Column("id", ID, nullable=False),
        sa.Column("login_id", ID, nullable=False),
        sa.Column("issued_by_id", ID, nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["logins.id"], name=op.f("fk_account_openings_issued_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["login_id"], ["logins.id"], name=op.f("fk_account_openings_login_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_openings")),
        sqlite_strict=True,
    )
    op.create_index("ix_account_openings_login_id", "account_openings", ["login_id"])
    op.create_table(
        "known_devices",
        sa.Column("id", ID, nullable=False),
        sa.Column("login_id", ID, nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["logins.id"], name=op.f("fk_known_devices_login_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_devices")),
        sa.UniqueConstraint(
            "login_id", "token_sha256", name=op.f("uq_known_devices_login_id_token_sha256")
        ),
        sqlite_strict=True,
    )
    op.add_column("sign_in_failures", sa.Column("device", sa.String(), nullable=True))
    op.add_column("logins", sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    connection.exec_driver_sql(OPENED_BEFORE.format(**DAYS[connection.dialect.name]))


def downgrade() -> None:
    with op.batch_alter_table("logins") as logins:
        logins.drop_column("linked_at")
    with op.batch_alter_table("sign_in_failures") as failures:
        failures.drop_column("device")
    op.drop_table("known_devices")
    op.drop_table("account_openings")
