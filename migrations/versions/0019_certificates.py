"""certificates."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    _make_keys()
    _make_certificates()
    _make_revocations()
    _make_misses()


def _make_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("id", _id(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sealed_private", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_signing_keys_key_id")),
        sqlite_strict=True,
    )


def _make_certificates() -> None:
    table = "certificates"
    op.create_table(
        table,
        sa.Column("id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=True),
        sa.Column("team_id", _id(), nullable=True),
        sa.Column("award_id", _id(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("signing_key_id", _id(), nullable=False),
        sa.Column("verify_code", sa.String(), nullable=False),
        sa.Column("last_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", _id(), nullable=False),
        sa.Column("on_behalf_of_id", _id(), nullable=True),
        sa.Column("replaces_id", _id(), nullable=True),
        sa.CheckConstraint("kind IN ('service', 'award')", name=op.f("ck_certificates_kind")),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_certificates_sequence")),
        sa.CheckConstraint(
            "(volunteer_id IS NULL) <> (team_id IS NULL)", name=op.f("ck_certificates_holder")
        ),
        sa.CheckConstraint(
            "(kind = 'award') = (award_id IS NOT NULL) AND (team_id IS NULL OR kind = 'award')",
            name=op.f("ck_certificates_award"),
        ),
        sa.CheckConstraint(
            "(from_on IS NULL) = (until_on IS NULL)", name=op.f("ck_certificates_span")
        ),
        sa.CheckConstraint("length(verify_code) >= 26", name=op.f("ck_certificates_verify_code")),
        _link(table, "organisation_id", "organisations"),
        _link(table, "volunteer_id", "volunteers"),
        _link(table, "team_id", "teams"),
        _link(table, "award_id", "ranking_awards"),
        _link(table, "signing_key_id", "signing_keys"),
        _link(table, "issued_by_id", "logins"),
        _link(table, "on_behalf_of_id", "volunteers"),
        _link(table, "replaces_id", "certificates"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("number", name=op.f("uq_certificates_number")),
        sa.UniqueConstraint("verify_code", name=op.f("uq_certificates_verify_code")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_certificates_replaces_id")),
        sa.UniqueConstraint(
            "organisation_id", "year", "sequence", name=op.f("uq_certificates_sequence")
        ),
        sa.UniqueConstraint("award_id", "edition", name=op.f("uq_certificates_award")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_certificates_volunteer_id"), table, ["volunteer_id"])
    op.create_index("ix_certificates_organisation_id_id", table, ["organisation_id", "id"])


def _make_revocations() -> None:
    table = "certificate_revocations"
    op.create_table(
        table,
        sa.Column("id", _id(), nullable=False),
        sa.Column("certificate_id", _id(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by_id", _id(), nullable=False),
        sa.CheckConstraint(
            "category IN ('replaced', 'mistake', 'corrected', 'returned', 'misused')",
            name=op.f("ck_certificate_revocations_category"),
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_certificate_revocations_reason")),
        _link(table, "certificate_id", "certificates"),
        _link(table, "revoked_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_revocations")),
        sa.UniqueConstraint(
            "certificate_id", name=op.f("uq_certificate_revocations_certificate_id")
        ),
        sqlite_strict=True,
    )


def _make_misses() -> None:
    op.create_table(
        "verify_misses",
        sa.Column("id", _id(), nullable=False),
        sa.Column("address_sha256", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verify_misses")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_verify_misses_at"), "verify_misses", ["at"])
    op.create_index("ix_verify_misses_address_sha256_at", "verify_misses", ["address_sha256", "at"])


def downgrade() -> None:
    for table in ("verify_misses", "certificate_revocations", "certificates", "signing_keys"):
        op.drop_table(table)
