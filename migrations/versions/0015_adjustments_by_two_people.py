"""adjustments that one person asks for and a second one confirms."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KINDS = "('amount', 'record', 'batch', 'correction')"
STATES = "('asked', 'posted', 'refused', 'withdrawn')"
RULES = {
    "kind": f"kind IN {KINDS}",
    "state": f"state IN {STATES}",
    "amounts": "(kind = 'amount') = (minutes <> 0 OR points_hundredths <> 0)",
    "about": (
        "(kind = 'batch') = (volunteer_id IS NULL)"
        " AND (kind = 'batch') = (batch_id IS NOT NULL)"
        " AND (kind IN ('record', 'correction')) = (record_id IS NOT NULL)"
    ),
    "reason": "reason <> ''",
    "answered": "(state = 'asked') = (answered_at IS NULL)",
    "second": "(state IN ('posted', 'refused') AND NOT is_alone) = (second_id IS NOT NULL)",
    "two_people": "second_id IS NULL OR second_id <> asker_id",
    "alone": (
        "(NOT is_alone OR state = 'posted')"
        " AND (NOT (is_alone OR state = 'refused') OR answer <> '')"
    ),
    "entry": "(kind = 'amount' AND state = 'posted') = (entry_id IS NOT NULL)",
}
LINKS = {
    "organisation_id": "organisations",
    "volunteer_id": "volunteers",
    "record_id": "service_records",
    "batch_id": "batches",
    "asker_id": "logins",
    "second_id": "logins",
    "entry_id": "entries",
}


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _adjustments()
    _indexes()


def _adjustments() -> None:
    op.create_table(
        "adjustments",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=True),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("points_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("record_id", _id(), nullable=True),
        sa.Column("batch_id", _id(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asker_id", _id(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("second_id", _id(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("is_alone", sa.Boolean(), nullable=False),
        sa.Column("entry_id", _id(), nullable=True),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_adjustments_{name}"))
            for name, rule in RULES.items()
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_adjustments_{column}")
            )
            for column, table in LINKS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_adjustments_entry_id")),
        sqlite_strict=True,
    )


def _indexes() -> None:
    op.create_index("ix_adjustments_volunteer_id", "adjustments", ["volunteer_id"])
    op.create_index(
        "ix_adjustments_organisation_id_state", "adjustments", ["organisation_id", "state"]
    )
    for column in ("record", "batch"):
        waits = sa.text(f"state = 'asked' AND {column}_id IS NOT NULL")
        op.create_index(
            f"uq_adjustments_{column}",
            "adjustments",
            [f"{column}_id"],
            unique=True,
            sqlite_where=waits,
            postgresql_where=waits,
        )
    adjusts = sa.text("kind = 'adjustment'")
    op.create_index(
        "uq_entries_adjustment",
        "entries",
        ["subject_kind", "subject_id"],
        unique=True,
        sqlite_where=adjusts,
        postgresql_where=adjusts,
    )


def downgrade() -> None:
    op.drop_index("uq_entries_adjustment", "entries")
    op.drop_table("adjustments")
