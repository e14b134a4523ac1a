"""archive of volunteers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

DOCUMENTS = (
    "('resident_id', 'hk_macao_permit', 'taiwan_permit', 'foreigner_permit', 'passport', 'other')"
)
WITHDRAWN = (
    "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)"
    " AND (state = 'withdrawn') = (withdrawn_by_id IS NOT NULL)"
    " AND (state = 'withdrawn') = (reason <> '')"
)
ANSWERED = (
    "(state <> 'answered' OR answered_on IS NOT NULL)"
    " AND (state <> 'open' OR answered_on IS NULL)"
    " AND (answered_on IS NULL) = (outcome = '')"
    " AND (answered_on IS NULL) = (answered_by_id IS NULL)"
)


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _details() -> None:
    op.create_table(
        "person_details",
        sa.Column("volunteer_id", _id(), autoincrement=False, nullable=False),
        sa.Column("residence_area", sa.String(), nullable=False),
        sa.Column("skills", sa.String(), nullable=False),
        sa.Column("service_category", sa.String(), nullable=False),
        sa.Column("id_document_kind", sa.String(), nullable=True),
        sa.Column("id_document_encrypted", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", _id(), nullable=False),
        sa.CheckConstraint(
            f"id_document_kind IS NULL OR id_document_kind IN {DOCUMENTS}",
            name=op.f("ck_person_details_kind"),
        ),
        sa.CheckConstraint(
            "(id_document_kind IS NULL) = (id_document_encrypted IS NULL)",
            name=op.f("ck_person_details_document"),
        ),
        _link("person_details", "volunteer_id", "volunteers"),
        _link("person_details", "changed_by_id", "logins"),
        sa.PrimaryKeyConstraint("volunteer_id", name=op.f("pk_person_details")),
        sqlite_strict=True,
    )


def _entered(table: str, *own: Any) -> None:
    """Make a table of entries: whose they are, who entered them, why one was withdrawn."""
    op.create_table(
        table,
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("entered_by_id", _id(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by_id", _id(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        *own,
        sa.CheckConstraint(WITHDRAWN, name=op.f(f"ck_{table}_withdrawn")),
        _link(table, "volunteer_id", "volunteers"),
        _link(table, "organisation_id", "organisations"),
        _link(table, "entered_by_id", "logins"),
        _link(table, "withdrawn_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )
    op.create_index(op.f(f"ix_{table}_volunteer_id"), table, ["volunteer_id"])


def upgrade() -> None:
    _details()
    _entered(
        "trainings",
        sa.Column("course", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("organiser", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('valid', 'withdrawn')", name=op.f("ck_trainings_state")),
        sa.CheckConstraint("course <> '' AND organiser <> ''", name=op.f("ck_trainings_words")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 60000", name=op.f("ck_trainings_minutes")),
    )
    _entered(
        "commendations",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("is_elsewhere", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('valid', 'withdrawn')", name=op.f("ck_commendations_state")),
        sa.CheckConstraint("title <> '' AND given_by <> ''", name=op.f("ck_commendations_words")),
    )
    _entered(
        "complaints",
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_by_id", _id(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'answered', 'withdrawn')", name=op.f("ck_complaints_state")
        ),
        sa.CheckConstraint("content <> ''", name=op.f("ck_complaints_words")),
        sa.CheckConstraint(ANSWERED, name=op.f("ck_complaints_answered")),
        _link("complaints", "answered_by_id", "logins"),
    )


def downgrade() -> None:
    for table in ("complaints", "commendations", "trainings", "person_details"):
        op.drop_table(table)
