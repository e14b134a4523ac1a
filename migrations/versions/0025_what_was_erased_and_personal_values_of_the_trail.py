"""what was erased and personal values of the trail."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STATES = "('waiting', 'withdrawn', 'done', 'refused')"
# As app/trail/rules.py had them when this was written.
PERSONAL = {
    "volunteer": (
        *("name", "sex", "born_on", "phone", "residence_area", "skills", "service_category"),
        *("course", "organiser", "title", "given_by", "note"),
    ),
    "login": ("name", "display_name"),
    "join_request": ("name", "phone", "born_on", "guardian_name", "guardian_phone"),
    "dispute": ("content",),
    "objection": (),
    "team_ask": (),
    "helper_ask": (),
}
READ_AT_ONCE = 1000


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name)


def upgrade() -> None:
    """Add the tables, and take what is personal out of the trail's old rows."""
    _asks()
    _erasures()
    _runs()
    op.create_table(
        "trail_personal",
        sa.Column("trail_id", _id(), autoincrement=False, nullable=False),
        sa.Column("volunteer_id", _id(), nullable=True),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        _link("trail_personal", "trail_id", "trail"),
        _link("trail_personal", "volunteer_id", "volunteers"),
        sa.PrimaryKeyConstraint("trail_id", name=op.f("pk_trail_personal")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_trail_personal_volunteer_id"), "trail_personal", ["volunteer_id"])
    _move_out()


def _asks() -> None:
    op.create_table(
        "erasure_asks",
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("asked_by_id", _id(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", _id(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_erasure_asks_state")),
        sa.CheckConstraint(
            "(state = 'waiting') = (ended_at IS NULL)", name=op.f("ck_erasure_asks_ended")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_erasure_asks_ended_by")
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (answer <> '')", name=op.f("ck_erasure_asks_answered")
        ),
        _link("erasure_asks", "volunteer_id", "volunteers"),
        _link("erasure_asks", "asked_by_id", "logins"),
        _link("erasure_asks", "ended_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_asks")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_erasure_asks_volunteer_id"), "erasure_asks", ["volunteer_id"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "uq_erasure_asks_waiting",
        "erasure_asks",
        ["volunteer_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("ask_id", _id(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("erased_by_id", _id(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", sa.String(), nullable=False),
        _link("erasures", "volunteer_id", "volunteers"),
        _link("erasures", "ask_id", "erasure_asks"),
        _link("erasures", "erased_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("volunteer_id", name=op.f("uq_erasures_volunteer_id")),
        sqlite_strict=True,
    )


def _runs() -> None:
    op.create_table(
        "deletion_runs",
        sa.Column("id", _id(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.CheckConstraint("deleted > 0", name=op.f("ck_deletion_runs_deleted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_runs")),
        sqlite_strict=True,
    )
    op.create_index("ix_deletion_runs_rule_ran_at", "deletion_runs", ["rule", "ran_at"])


def _move_out() -> None:
    """Move personal values of old rows aside: the one time a row of the trail is changed (I-04).

    Nothing is lost, readers put both together again. The guard is back when the migration ends.
    """
    connection = op.get_bind()
    on = " ON trail" if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS trail_no_update{on}")
    last = 0
    wanted = sa.text(
        "SELECT id, subject_kind, subject_id, before, after, reason FROM trail WHERE id > :last "
        "AND subject_kind IN :kinds ORDER BY id LIMIT :most"
    ).bindparams(sa.bindparam("kinds", expanding=True))
    known = set(connection.scalars(sa.text("SELECT id FROM volunteers")))
    while rows := connection.execute(
        wanted, {"last": last, "kinds": list(PERSONAL), "most": READ_AT_ONCE}
    ).all():
        last = rows[-1].id
        for row in rows:
            _move_one(connection, row, known)


def _move_one(connection: Any, row: Any, known: set[int]) -> None:
    before, gone_before = _parted(row.subject_kind, row.before)
    after, gone_after = _parted(row.subject_kind, row.after)
    if not (gone_before or gone_after or row.reason):
        return
    is_known = row.subject_kind == "volunteer" and row.subject_id in known
    connection.execute(
        sa.text("INSERT INTO trail_personal VALUES (:id, :volunteer_id, :before, :after, :reason)"),
        {
            "id": row.id,
            "volunteer_id": row.subject_id if is_known else None,
            "before": gone_before,
            "after": gone_after,
            "reason": row.reason,
        },
    )
    connection.execute(
        sa.text("UPDATE trail SET before = :before, after = :after, reason = NULL WHERE id = :id"),
        {"id": row.id, "before": before, "after": after},
    )


def _parted(kind: str, written: str | None) -> tuple[str | None, str | None]:
    """Return what stays of a JSON object and what is personal in it."""
    if written is None:
        return None, None
    fields = json.loads(written)
    gone = {key: fields.pop(key) for key in PERSONAL[kind] if key in fields}
    return _json(fields), _json(gone) if gone else None


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def downgrade() -> None:
    """Put what was moved back, as far as it was not erased, and take the tables away."""
    connection = op.get_bind()
    on = " ON trail" if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS trail_no_update{on}")
    joined = sa.text(
        "SELECT t.id, t.before, t.after, p.before AS gone_before, p.after AS gone_after, p.reason "
        "FROM trail t JOIN trail_personal p ON p.trail_id = t.id"
    )
    for row in connection.execute(joined).all():
        connection.execute(
            sa.text(
                "UPDATE trail SET before = :before, after = :after, reason = :reason WHERE id = :id"
            ),
            {
                "id": row.id,
                "before": _together(row.before, row.gone_before),
                "after": _together(row.after, row.gone_after),
                "reason": row.reason,
            },
        )
    op.drop_table("trail_personal")
    op.drop_table("deletion_runs")
    op.drop_table("erasures")
    op.drop_table("erasure_asks")


def _together(stays: str | None, gone: str | None) -> str | None:
    if gone is None:
        return stays
    return _json({**json.loads(stays or "{}"), **json.loads(gone)})
