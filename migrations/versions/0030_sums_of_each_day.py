"""sums of each day, kept with every posting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_FILL = """
INSERT INTO day_totals (organisation_id, service_on, team_id, colour_id, records, minutes)
SELECT organisation_id, service_on, team_id, colour_id, count(*), CAST(sum(minutes) AS bigint)
FROM service_records WHERE state = 'approved'
GROUP BY organisation_id, service_on, team_id, colour_id
"""


def upgrade() -> None:
    """Add the table and sum what has been served up to now."""
    op.create_table(
        "day_totals",
        sa.Column("organisation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("colour_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("records >= 0 AND minutes >= 0", name=op.f("ck_day_totals_counts")),
        sa.PrimaryKeyConstraint(
            "organisation_id", "service_on", "team_id", "colour_id", name=op.f("pk_day_totals")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(_FILL)


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("day_totals")
