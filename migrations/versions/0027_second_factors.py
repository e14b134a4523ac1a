"""second factors."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _instant(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Add the factors, the codes for when the phone is lost, and what a session has proven."""
    op.create_table(
        "second_factors",
        sa.Column("login_id", _id(), autoincrement=False, nullable=False),
        sa.Column("sealed_secret", sa.String(), nullable=False),
        _instant("confirmed_at"),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["login_id"], ["logins.id"], name=op.f("fk_second_factors_login_id")
        ),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_second_factors")),
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", _id(), nullable=False),
        sa.Column("login_id", _id(), nullable=False),
        sa.Column("code_digest", sa.String(), nullable=False),
        _instant("made_at"),
        _instant("used_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["login_id"], ["logins.id"], name=op.f("fk_recovery_codes_login_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint(
            "login_id", "code_digest", name=op.f("uq_recovery_codes_login_id_code_digest")
        ),
        sqlite_strict=True,
    )
    op.add_column("sessions", _instant("proven_at", nullable=True))
    op.add_column("sessions", _instant("factor_at", nullable=True))
    # Whoever is signed in gave a password then; nobody waits for a code yet.
    op.execute("UPDATE sessions SET proven_at = created_at")


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("sessions", "factor_at")
    op.drop_column("sessions", "proven_at")
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
