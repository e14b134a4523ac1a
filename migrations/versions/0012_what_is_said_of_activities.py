"""what is said of activities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BY_LEADER = sa.text("rater = 'leader'")


def upgrade() -> None:
    op.create_table(
        "evaluations",
        sa.Column("id", ID, nullable=False),
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("rater", sa.String(), nullable=False),
        sa.Column("invite_number", sa.Integer(), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("made_by_id", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rater IN ('leader', 'served')", name=op.f("ck_evaluations_rater")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_evaluations_stars")),
        sa.CheckConstraint(
            "(rater = 'served') = (invite_number IS NOT NULL)", name=op.f("ck_evaluations_invited")
        ),
        sa.CheckConstraint(
            "(rater = 'leader') = (made_by_id IS NOT NULL)", name=op.f("ck_evaluations_signed")
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_evaluations_activity_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["logins.id"], name=op.f("fk_evaluations_made_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
        sa.UniqueConstraint(
            "activity_id",
            "invite_number",
            name=op.f("uq_evaluations_activity_id_invite_number"),
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_evaluations_leader",
        "evaluations",
        ["activity_id", "made_by_id"],
        unique=True,
        sqlite_where=BY_LEADER,
        postgresql_where=BY_LEADER,
    )


def downgrade() -> None:
    op.drop_table("evaluations")
