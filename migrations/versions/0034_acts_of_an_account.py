"""acts of an account: what one account did, found without passing over everybody's."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_trail_actor_id_at", "trail", ["actor_id", "at"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_trail_actor_id_at", "trail")
