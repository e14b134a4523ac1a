"""disputes with their threads, and the years volunteers have confirmed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('open', 'passed_on')")
STATES = "('open', 'passed_on', 'corrected', 'refused', 'withdrawn', 'overtaken')"
LINES = (
    "('raised', 'asked', 'replied', 'proposed', "
    "'passed_on', 'corrected', 'refused', 'withdrawn', 'overtaken')"
)
WISHED = (
    "(what IN ('not_me', 'points')) = (wished_on IS NULL)"
    " AND (wished_on IS NULL) = (wished_minutes IS NULL)"
    " AND (wished_on IS NULL) = (wished_team_id IS NULL)"
    " AND (wished_on IS NULL) = (wished_content IS NULL)"
)


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    _disputes()
    _lines()
    _year_checks()


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("id", _id(), nullable=False),
        sa.Column("record_id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("wished_on", sa.Date(), nullable=True),
        sa.Column("wished_minutes", sa.Integer(), nullable=True),
        sa.Column("wished_starts_minute", sa.Integer(), nullable=True),
        sa.Column("wished_team_id", _id(), nullable=True),
        sa.Column("wished_content", sa.String(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("may_pass_on", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "what IN ('hours', 'date', 'team', 'content', 'not_me', 'points')",
            name=op.f("ck_disputes_what"),
        ),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_disputes_state")),
        sa.CheckConstraint(WISHED, name=op.f("ck_disputes_wished")),
        sa.CheckConstraint(
            "wished_starts_minute IS NULL OR wished_on IS NOT NULL",
            name=op.f("ck_disputes_wished_start"),
        ),
        sa.CheckConstraint(
            "state = 'refused' OR NOT may_pass_on", name=op.f("ck_disputes_may_pass_on")
        ),
        _link("disputes", "record_id", "service_records"),
        _link("disputes", "volunteer_id", "volunteers"),
        _link("disputes", "wished_team_id", "teams"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sqlite_strict=True,
    )
    for column in ("record_id", "volunteer_id"):
        op.create_index(f"ix_disputes_{column}", "disputes", [column])
    op.create_index("ix_disputes_state_due_on", "disputes", ["state", "due_on"])
    op.create_index(
        "uq_disputes_open",
        "disputes",
        ["record_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _lines() -> None:
    op.create_table(
        "dispute_lines",
        sa.Column("id", _id(), nullable=False),
        sa.Column("dispute_id", _id(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("author_id", _id(), nullable=False),
        sa.Column("on_behalf_of_id", _id(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("record_id", _id(), nullable=True),
        sa.CheckConstraint(f"kind IN {LINES}", name=op.f("ck_dispute_lines_kind")),
        sa.CheckConstraint(
            "kind NOT IN ('asked', 'replied') OR words <> ''", name=op.f("ck_dispute_lines_words")
        ),
        _link("dispute_lines", "dispute_id", "disputes"),
        _link("dispute_lines", "author_id", "logins"),
        _link("dispute_lines", "on_behalf_of_id", "volunteers"),
        _link("dispute_lines", "record_id", "service_records"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_lines")),
        sqlite_strict=True,
    )
    op.create_index("ix_dispute_lines_dispute_id", "dispute_lines", ["dispute_id"])


def _year_checks() -> None:
    op.create_table(
        "year_checks",
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("points_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("entry_id", _id(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", _id(), nullable=False),
        sa.Column("on_behalf_of_id", _id(), nullable=True),
        sa.CheckConstraint(
            "records > 0 AND minutes > 0 AND points_hundredths >= 0",
            name=op.f("ck_year_checks_figures"),
        ),
        _link("year_checks", "volunteer_id", "volunteers"),
        _link("year_checks", "entry_id", "entries"),
        _link("year_checks", "actor_id", "logins"),
        _link("year_checks", "on_behalf_of_id", "volunteers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_year_checks")),
        sa.UniqueConstraint("volunteer_id", "year", "entry_id", name=op.f("uq_year_checks_once")),
        sqlite_strict=True,
    )
    op.create_index("ix_year_checks_year", "year_checks", ["year", "volunteer_id"])


def downgrade() -> None:
    op.drop_table("year_checks")
    op.drop_table("dispute_lines")
    op.drop_table("disputes")
