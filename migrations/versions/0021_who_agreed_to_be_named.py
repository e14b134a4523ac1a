"""who agreed to be named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_naming_consents_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name)


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_naming_consents_{name}"))


def upgrade() -> None:
    op.create_table(
        "naming_consents",
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("guardian_id", _id(), nullable=True),
        sa.Column("recorded_by_id", _id(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        _check("given_by", "given_by IN ('self', 'guardian', 'paper')"),
        _check("signed_by", "signed_by IN ('person', 'guardian')"),
        _check(
            "guardian",
            "(given_by <> 'self' OR signed_by = 'person') "
            "AND (given_by <> 'guardian' OR signed_by = 'guardian' AND guardian_id IS NOT NULL) "
            "AND (signed_by = 'guardian' OR guardian_id IS NULL)",
        ),
        _link("volunteer_id", "volunteers"),
        _link("guardian_id", "volunteers"),
        _link("recorded_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_naming_consents")),
        sqlite_strict=True,
    )
    op.create_index("ix_naming_consents_volunteer_id", "naming_consents", ["volunteer_id"])
    _write_down_what_was_agreed()


def downgrade() -> None:
    op.drop_table("naming_consents")


def _write_down_what_was_agreed() -> None:
    """Keep a row for each flag that is set; who agreed to it, and when, nobody wrote down.

    Taken as the person's own word: of a child it names nobody until a guardian agrees.
    """
    connection = op.get_bind()
    at = datetime.now(UTC)
    connection.execute(
        sa.text(
            "INSERT INTO naming_consents (volunteer_id, is_named, given_by, signed_by, given_at) "
            "SELECT id, is_named, 'paper', 'person', :at FROM volunteers "
            "WHERE is_named ORDER BY id"
        ).bindparams(
            sa.bindparam(
                "at",
                at.replace(tzinfo=None) if connection.dialect.name == "sqlite" else at,
                sa.DateTime(timezone=True),
            )
        )
    )
