"""opening balances of paper books."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = sa.text("state = 'approved'")
OPENING = sa.text("kind = 'opening'")
BATCH_KINDS = "'day', 'roster', 'service', 'signin'"
UPLOAD_KINDS = "'roster', 'service', 'signin'"
UPLOAD_STATES = "'waiting', 'unreadable', 'ready', 'committing', 'committed', 'dropped'"


def upgrade() -> None:
    _allow_kinds("batches", f"kind IN ({BATCH_KINDS}, 'opening')", _rebuild_batches)
    _allow_kinds("uploads", f"kind IN ({UPLOAD_KINDS}, 'opening')", _rebuild_uploads)
    _opening_records()
    op.create_index(
        "uq_entries_opening",
        "entries",
        ["subject_kind", "subject_id"],
        unique=True,
        sqlite_where=OPENING,
        postgresql_where=OPENING,
    )


def _opening_records() -> None:
    table = "opening_records"
    op.create_table(
        table,
        sa.Column("id", ID, nullable=False),
        sa.Column("root_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("volunteer_id", ID, nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("points_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("recorder_id", ID, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("reversal_entry_id", ID, nullable=True),
        sa.CheckConstraint(
            "minutes >= 0 AND points_hundredths >= 0", name=op.f(f"ck_{table}_not_below_zero")
        ),
        sa.CheckConstraint(
            "minutes > 0 OR points_hundredths > 0", name=op.f(f"ck_{table}_says_something")
        ),
        sa.CheckConstraint("state IN ('approved', 'reversed')", name=op.f(f"ck_{table}_state")),
        sa.CheckConstraint(
            "(state = 'reversed') = (reversal_entry_id IS NOT NULL)",
            name=op.f(f"ck_{table}_reversed"),
        ),
        *(
            _link(table, column, to)
            for column, to in (
                ("root_id", "organisations"),
                ("organisation_id", "organisations"),
                ("volunteer_id", "volunteers"),
                ("recorder_id", "logins"),
                ("batch_id", "batches"),
            )
        ),
        *(
            _link(table, column, "entries", deferrable=True, initially="DEFERRED")
            for column in ("entry_id", "reversal_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("entry_id", name=op.f(f"uq_{table}_entry_id")),
        sa.UniqueConstraint("reversal_entry_id", name=op.f(f"uq_{table}_reversal_entry_id")),
        sqlite_strict=True,
    )
    for column in ("organisation_id", "volunteer_id", "batch_id"):
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index(
        f"uq_{table}_live",
        table,
        ["volunteer_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def _link(table: str, column: str, to: str, **more: Any) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), **more
    )


# ── which kinds there are ─────────────────────────────────────────────────────────────────


def _allow_kinds(table: str, check: str, rebuild: Any) -> None:
    """Change the check on a table's kinds; SQLite changes none in place (GUARANTEES, trap 2)."""
    if op.get_context().dialect.name == "sqlite":
        rebuild(check)
        return
    op.drop_constraint(op.f(f"ck_{table}_kind"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_kind"), table, check)


def _moved(table: str, columns: list[Any], checks: list[Any]) -> None:
    """Build a table anew and carry its rows over."""
    names = ", ".join(column.name for column in columns)
    op.create_table(
        f"{table}_anew",
        *columns,
        *checks,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )
    op.execute(f"INSERT INTO {table}_anew ({names}) SELECT {names} FROM {table}")
    op.drop_table(table)
    op.rename_table(f"{table}_anew", table)


def _rebuild_batches(check: str) -> None:
    columns = [
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("team_id", ID, nullable=True),
        sa.Column("service_on", sa.Date(), nullable=True),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("file_sha256", sa.String(), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("rows", "created", "updated", "duplicates", "refused", "blank")
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
    ]
    links = [
        _link("batches", column, to)
        for column, to in (
            ("organisation_id", "organisations"),
            ("team_id", "teams"),
            ("actor_id", "logins"),
        )
    ]
    _moved("batches", columns, [sa.CheckConstraint(check, name=op.f("ck_batches_kind")), *links])
    op.create_index("ix_batches_organisation_id", "batches", ["organisation_id"])


def _rebuild_uploads(check: str) -> None:
    columns = [
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("team_id", ID, nullable=True),
        sa.Column("actor_id", ID, nullable=False),
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
        sa.Column("batch_id", ID, nullable=True),
        sa.Column("committed_by_id", ID, nullable=True),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
    ]
    checks = [
        sa.CheckConstraint(check, name=op.f("ck_uploads_kind")),
        sa.CheckConstraint(f"state IN ({UPLOAD_STATES})", name=op.f("ck_uploads_state")),
        sa.CheckConstraint(
            "batch_id IS NULL OR state = 'committed'", name=op.f("ck_uploads_one_commit")
        ),
        *(
            _link("uploads", column, to)
            for column, to in (
                ("organisation_id", "organisations"),
                ("team_id", "teams"),
                ("actor_id", "logins"),
                ("batch_id", "batches"),
                ("committed_by_id", "logins"),
            )
        ),
        sa.UniqueConstraint("batch_id", name=op.f("uq_uploads_batch_id")),
    ]
    _moved("uploads", columns, checks)
    op.create_index("ix_uploads_organisation_id_id", "uploads", ["organisation_id", "id"])
    for column in ("team_id", "actor_id", "expires_at"):
        op.create_index(f"ix_uploads_{column}", "uploads", [column])


def downgrade() -> None:
    op.drop_index("uq_entries_opening", "entries")
    op.drop_table("opening_records")
    op.execute("DELETE FROM uploads WHERE kind = 'opening'")
    op.execute("DELETE FROM batches WHERE kind = 'opening'")
    _allow_kinds("uploads", f"kind IN ({UPLOAD_KINDS})", _rebuild_uploads)
    _allow_kinds("batches", f"kind IN ({BATCH_KINDS})", _rebuild_batches)
