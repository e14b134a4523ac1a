"""long work and uploaded files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "job_workers",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_workers")),
        sqlite_strict=True,
    )
    op.create_table(
        "jobs",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("actor_id", _id(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("steps_done", sa.Integer(), nullable=False),
        sa.Column("steps_total", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("error_figures", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_jobs_state")
        ),
        sa.CheckConstraint(
            "(state = 'running') = (worker IS NOT NULL)", name=op.f("ck_jobs_leased")
        ),
        sa.CheckConstraint("steps_done >= 0 AND steps_total >= 0", name=op.f("ck_jobs_steps")),
        sa.ForeignKeyConstraint(["actor_id"], ["logins.id"], name=op.f("fk_jobs_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sqlite_strict=True,
    )
    op.create_index("ix_jobs_state_id", "jobs", ["state", "id"])
    op.create_index("ix_jobs_subject_kind_subject_id", "jobs", ["subject_kind", "subject_id"])
    op.create_index(op.f("ix_jobs_actor_id"), "jobs", ["actor_id"])
    op.create_table(
        "uploads",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("team_id", _id(), nullable=True),
        sa.Column("actor_id", _id(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("file_bytes", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fixes", sa.String(), nullable=False),
        sa.Column("preview", sa.String(), nullable=True),
        sa.Column("preview_revision", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("mend", sa.LargeBinary(), nullable=True),
        sa.Column("refusal_message", sa.String(), nullable=True),
        sa.Column("refusal_figures", sa.String(), nullable=True),
        sa.Column("batch_id", _id(), nullable=True),
        sa.Column("committed_by_id", _id(), nullable=True),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('roster', 'service', 'signin')", name=op.f("ck_uploads_kind")),
        sa.CheckConstraint(
            "state IN ('waiting', 'unreadable', 'ready', 'committing', 'committed', 'dropped')",
            name=op.f("ck_uploads_state"),
        ),
        sa.CheckConstraint(
            "batch_id IS NULL OR state = 'committed'", name=op.f("ck_uploads_one_commit")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_uploads_organisation_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_uploads_team_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["logins.id"], name=op.f("fk_uploads_actor_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_uploads_batch_id")),
        sa.ForeignKeyConstraint(
            ["committed_by_id"], ["logins.id"], name=op.f("fk_uploads_committed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("batch_id", name=op.f("uq_uploads_batch_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_uploads_organisation_id_id", "uploads", ["organisation_id", "id"])
    for column in ("team_id", "actor_id", "expires_at"):
        op.create_index(op.f(f"ix_uploads_{column}"), "uploads", [column])
    op.create_table(
        "roster_changes",
        sa.Column("batch_id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_roster_changes_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_roster_changes_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "volunteer_id", name=op.f("pk_roster_changes")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for table in ("roster_changes", "uploads", "jobs", "job_workers"):
        op.drop_table(table)
