"""from when somebody acts: the instant, for whoever approved and became a helper on one day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the instant; of those who act already it is not known."""
    op.add_column("helpers", sa.Column("from_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("helpers", "from_at")
