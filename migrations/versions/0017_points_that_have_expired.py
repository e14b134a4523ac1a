"""points that have expired."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_expiries_{column}"))


def upgrade() -> None:
    op.create_table(
        "expiries",
        sa.Column("id", _id(), nullable=False),
        sa.Column("root_id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("year_earned", sa.Integer(), nullable=False),
        sa.Column("usable_until_on", sa.Date(), nullable=False),
        sa.Column("points_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", _id(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("points_hundredths > 0", name=op.f("ck_expiries_points")),
        _link("root_id", "organisations"),
        _link("volunteer_id", "volunteers"),
        _link("entry_id", "entries"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expiries")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_expiries_entry_id")),
        sa.UniqueConstraint(
            "volunteer_id", "year_earned", "usable_until_on", name=op.f("uq_expiries_once")
        ),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("expiries")
