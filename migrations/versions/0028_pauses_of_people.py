"""pauses of people."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_pauses_{column}"))


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_pauses_{name}"))


def upgrade() -> None:
    op.create_table(
        "pauses",
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("set_by_id", _id(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by_id", _id(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _check("kind", "kind IN ('dormant', 'left')"),
        _check("dates", "until_on IS NULL OR until_on >= from_on OR ended_at IS NOT NULL"),
        _check("ended", "(ended_at IS NULL) = (ended_by_id IS NULL)"),
        _check("ended_on", "ended_at IS NULL OR until_on IS NOT NULL"),
        _check("left", "kind = 'dormant' OR ended_at IS NOT NULL OR until_on IS NULL"),
        _link("volunteer_id", "volunteers"),
        _link("set_by_id", "logins"),
        _link("ended_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
        sqlite_strict=True,
    )
    op.create_index("ix_pauses_volunteer_id_from_on", "pauses", ["volunteer_id", "from_on"])


def downgrade() -> None:
    op.drop_table("pauses")
