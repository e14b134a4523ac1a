"""runs of the audit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_audit_runs_{name}"))


def upgrade() -> None:
    through = ("entry", "record", "trail", "move")
    op.create_table(
        "audit_runs",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_clean", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        *(sa.Column(f"through_{each}_id", sa.BigInteger(), nullable=False) for each in through),
        sa.Column("asked_by_id", _id(), nullable=True),
        sa.Column("results", sa.String(), nullable=False),
        _check("kind", "kind IN ('full', 'quick')"),
        _check("span", "ended_at >= started_at"),
        _check("through", " AND ".join(f"through_{each}_id >= 0" for each in through)),
        _check("digest", "(kind = 'full') = (digest <> '')"),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["logins.id"], name=op.f("fk_audit_runs_asked_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_runs")),
        sqlite_strict=True,
    )
    op.create_index("ix_audit_runs_kind_id", "audit_runs", ["kind", "id"])


def downgrade() -> None:
    op.drop_table("audit_runs")
