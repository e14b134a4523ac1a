"""claims with a photo, and the parts they were split into."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_pictures_sha256")),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_pictures_sides")),
        sa.ForeignKeyConstraint(["made_by_id"], ["logins.id"], name=op.f("fk_pictures_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sqlite_strict=True,
    )
    op.create_index("ix_pictures_sha256", "pictures", ["sha256"])
    op.create_table(
        "claims",
        sa.Column("id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("picture_id", ID, nullable=True),
        sa.Column("resends_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["service_records.id"], name=op.f("fk_claims_record_id")
        ),
        sa.ForeignKeyConstraint(["picture_id"], ["pictures.id"], name=op.f("fk_claims_picture_id")),
        sa.ForeignKeyConstraint(
            ["resends_id"], ["service_records.id"], name=op.f("fk_claims_resends_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("record_id", name=op.f("uq_claims_record_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_claims_picture_id", "claims", ["picture_id"])
    op.create_index("ix_claims_resends_id", "claims", ["resends_id"])
    op.create_table(
        "claim_parts",
        sa.Column("record_id", ID, nullable=False, autoincrement=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["service_records.id"], name=op.f("fk_claim_parts_record_id")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_parts_claim_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_claim_parts")),
        sqlite_strict=True,
    )
    op.create_index("ix_claim_parts_claim_id", "claim_parts", ["claim_id"])


def downgrade() -> None:
    op.drop_table("claim_parts")
    op.drop_table("claims")
    op.drop_table("pictures")
