"""the secret addresses of people's own calendars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("volunteer_id", ID, autoincrement=False, nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_calendar_feeds_volunteer_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["logins.id"], name=op.f("fk_calendar_feeds_made_by_id")
        ),
        sa.PrimaryKeyConstraint("volunteer_id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_calendar_feeds_token_sha256")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("calendar_feeds")
