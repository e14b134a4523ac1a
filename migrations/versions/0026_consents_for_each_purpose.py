"""consents for each purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_purpose_consents_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name)


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_purpose_consents_{name}"))


def upgrade() -> None:
    op.create_table(
        "purpose_consents",
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("guardian_id", _id(), nullable=True),
        sa.Column("recorded_by_id", _id(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        _check("purpose", "purpose IN ('photos', 'helpers', 'minors')"),
        _check("given_by", "given_by IN ('self', 'guardian', 'paper')"),
        _check("signed_by", "signed_by IN ('person', 'guardian')"),
        _check(
            "guardian",
            "(given_by <> 'self' OR signed_by = 'person') "
            "AND (given_by <> 'guardian' OR signed_by = 'guardian' AND guardian_id IS NOT NULL) "
            "AND (signed_by = 'guardian' OR guardian_id IS NULL)",
        ),
        _check(
            "minors",
            "(purpose = 'minors' AND is_given) = (version IS NOT NULL) "
            "AND (purpose <> 'minors' OR signed_by = 'guardian')",
        ),
        _link("volunteer_id", "volunteers"),
        _link("guardian_id", "volunteers"),
        _link("recorded_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purpose_consents")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_purpose_consents_volunteer_id_purpose", "purpose_consents", ["volunteer_id", "purpose"]
    )
    op.create_index("ix_trail_operation_id", "trail", ["operation", "id"])
    op.add_column("join_requests", sa.Column("minors_version", sa.String(), nullable=True))
    _write_down_who_is_helped()


def downgrade() -> None:
    op.drop_index("ix_trail_operation_id", "trail")
    op.drop_column("join_requests", "minors_version")
    op.drop_table("purpose_consents")


def _write_down_who_is_helped() -> None:
    """Keep a yes of everybody whom a helper acts for: how they agreed stands with the helper."""
    connection = op.get_bind()
    at = datetime.now(UTC)
    connection.execute(
        sa.text(
            "INSERT INTO purpose_consents "
            "(volunteer_id, purpose, is_given, given_by, signed_by, given_at) "
            "SELECT DISTINCT volunteer_id, 'helpers', true, 'paper', 'person', :at FROM helpers "
            "WHERE kind = 'helper' AND (until_on IS NULL OR until_on >= :on) ORDER BY volunteer_id"
        ).bindparams(
            sa.bindparam(
                "at",
                at.replace(tzinfo=None) if connection.dialect.name == "sqlite" else at,
                sa.DateTime(timezone=True),
            ),
            sa.bindparam("on", at.date(), sa.Date()),
        )
    )
