"""notices, the messages that carry them, and how people want to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ONE_READER = "(volunteer_id IS NULL) <> (login_id IS NULL)"
STATES = "('waiting', 'sending', 'sent', 'perhaps', 'failed')"
SAME = ("kind", "subject_kind", "subject_id", "once")


def upgrade() -> None:
    _notices()
    _readers()
    _addresses()
    _choices()
    _messages()
    _rounds()


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("volunteer_id", ID, nullable=True),
        sa.Column("login_id", ID, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("figures", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.CheckConstraint(ONE_READER, name=op.f("ck_notices_one_reader")),
        sa.CheckConstraint("substr(path, 1, 1) = '/'", name=op.f("ck_notices_path")),
        _refers("notices", "volunteer_id", "volunteers.id"),
        _refers("notices", "login_id", "logins.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sqlite_strict=True,
    )
    _unique("notices", "volunteer_id", *SAME)
    _unique("notices", "login_id", *SAME)
    op.create_index("ix_notices_told_at", "notices", ["told_at"])


def _readers() -> None:
    op.create_table(
        "notice_readers",
        sa.Column("id", ID, nullable=False),
        sa.Column("volunteer_id", ID, nullable=True),
        sa.Column("login_id", ID, nullable=True),
        sa.CheckConstraint(ONE_READER, name=op.f("ck_notice_readers_one_reader")),
        _refers("notice_readers", "volunteer_id", "volunteers.id"),
        _refers("notice_readers", "login_id", "logins.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_readers")),
        sa.UniqueConstraint("volunteer_id", name=op.f("uq_notice_readers_volunteer_id")),
        sa.UniqueConstraint("login_id", name=op.f("uq_notice_readers_login_id")),
        sqlite_strict=True,
    )


def _addresses() -> None:
    op.create_table(
        "notice_addresses",
        sa.Column("reader_id", ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=False),
        _refers("notice_addresses", "reader_id", "notice_readers.id"),
        sa.PrimaryKeyConstraint("reader_id", "channel", name=op.f("pk_notice_addresses")),
        sqlite_strict=True,
    )
    op.create_table(
        "address_codes",
        sa.Column("id", ID, nullable=False),
        sa.Column("reader_id", ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_address_codes_tries")),
        _refers("address_codes", "reader_id", "notice_readers.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_codes")),
        sqlite_strict=True,
    )
    op.create_index("ix_address_codes_reader_id", "address_codes", ["reader_id"])
    op.create_index("ix_address_codes_address_asked_at", "address_codes", ["address", "asked_at"])


def _choices() -> None:
    op.create_table(
        "notice_choices",
        sa.Column("reader_id", ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind_group", sa.String(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        _refers("notice_choices", "reader_id", "notice_readers.id"),
        sa.PrimaryKeyConstraint(
            "reader_id", "channel", "kind_group", name=op.f("pk_notice_choices")
        ),
        sqlite_strict=True,
    )


def _messages() -> None:
    op.create_table(
        "notice_messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("notice_id", ID, nullable=True),
        sa.Column("address_code_id", ID, nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_notice_messages_state")),
        sa.CheckConstraint(
            "(notice_id IS NULL) <> (address_code_id IS NULL)",
            name=op.f("ck_notice_messages_one_subject"),
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (next_try_at IS NOT NULL)",
            name=op.f("ck_notice_messages_waits"),
        ),
        sa.CheckConstraint(
            "(state = 'sending') = (worker IS NOT NULL)", name=op.f("ck_notice_messages_leased")
        ),
        _refers("notice_messages", "notice_id", "notices.id"),
        _refers("notice_messages", "address_code_id", "address_codes.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_messages")),
        sqlite_strict=True,
    )
    _unique("notice_messages", "notice_id", "channel")
    _unique("notice_messages", "address_code_id", "channel")
    op.create_index(
        "ix_notice_messages_state_next_try_at", "notice_messages", ["state", "next_try_at"]
    )


def _rounds() -> None:
    op.create_table(
        "daily_rounds",
        sa.Column("root_id", ID, nullable=False),
        sa.Column("work", sa.String(), nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("done_at", INSTANT, nullable=False),
        _refers("daily_rounds", "root_id", "organisations.id"),
        sa.PrimaryKeyConstraint("root_id", "work", "day_on", name=op.f("pk_daily_rounds")),
        sqlite_strict=True,
    )


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _unique(table: str, owner: str, *columns: str) -> None:
    there = sa.text(f"{owner} IS NOT NULL")
    op.create_index(
        f"uq_{table}_{owner}",
        table,
        [owner, *columns],
        unique=True,
        sqlite_where=there,
        postgresql_where=there,
    )


def downgrade() -> None:
    for table in (
        *("daily_rounds", "notice_messages", "notice_choices", "address_codes"),
        *("notice_addresses", "notice_readers", "notices"),
    ):
        op.drop_table(table)
