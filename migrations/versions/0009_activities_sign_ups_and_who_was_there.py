"""activities, sign-ups and who was there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LIVE = sa.text("state IN ('placed', 'waiting')")
PROPOSED = sa.text("is_proposed AND state <> 'cancelled'")
METHODS = "('code', 'paper_code', 'card', 'leader')"
OF_RECORD = "fk_service_records_activity_id"
PLAN_CHECKS = {
    "starts_minute": "starts_minute BETWEEN 0 AND 1439",
    "minutes": "minutes BETWEEN 1 AND 1440",
    "places": "places IS NULL OR places BETWEEN 1 AND 10000",
    "least_age": "least_age IS NULL OR least_age BETWEEN 1 AND 99",
}


def upgrade() -> None:
    _make_projects()
    _make_activities()
    _make_sign_ups()
    _make_check_ins()
    _name_the_activity_of_records()


def downgrade() -> None:
    op.drop_index("ix_service_records_activity_id", "service_records")
    if op.get_context().dialect.name != "sqlite":
        op.drop_constraint(OF_RECORD, "service_records", type_="foreignkey")
    # Not by Alembic's batch mode, which would lose the table's checks and guards on SQLite.
    op.execute("ALTER TABLE service_records DROP COLUMN activity_id")
    for table in ("check_ins", "sign_ups", "activities", "projects"):
        op.drop_table(table)


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _links(table: str, **columns: tuple[str, bool]) -> list[sa.schema.SchemaItem]:
    """Return columns that refer to other tables: to which, and whether they may be empty."""
    found: list[sa.schema.SchemaItem] = []
    for name, (to, nullable) in columns.items():
        found.append(sa.Column(name, _id(), nullable=nullable))
        found.append(sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}")))
    return found


def _checks(table: str, checks: dict[str, str]) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(sql, name=op.f(f"ck_{table}_{name}")) for name, sql in checks.items()
    ]


def _make(table: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", _id(), nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )


def _plan() -> list[sa.Column[object]]:
    columns = [_text(name) for name in ("title", "content", "place", "bring")]
    numbers = [_number("starts_minute"), _number("minutes")]
    limits = [_number("places", nullable=True), _number("least_age", nullable=True)]
    return [*columns, *numbers, *limits]  # type: ignore[list-item]


def _make_projects() -> None:
    _make(
        "projects",
        *_links(
            "projects",
            team_id=("teams", False),
            in_charge_id=("volunteers", True),
            made_by_id=("logins", False),
        ),
        _number("weekday"),
        _number("every_weeks"),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("skips_holidays", sa.Boolean(), nullable=False),
        *_plan(),
        _at("made_at"),
        _at("ended_at", nullable=True),
        *_checks(
            "projects",
            {
                **PLAN_CHECKS,
                "weekday": "weekday BETWEEN 0 AND 6",
                "every_weeks": "every_weeks BETWEEN 1 AND 8",
                "dates": "until_on IS NULL OR until_on >= from_on",
            },
        ),
    )
    op.create_index("ix_projects_team_id", "projects", ["team_id"])


def _make_activities() -> None:
    _make(
        "activities",
        *_links(
            "activities",
            team_id=("teams", False),
            in_charge_id=("volunteers", True),
            project_id=("projects", True),
            made_by_id=("logins", False),
            closed_by_id=("logins", True),
            batch_id=("batches", True),
        ),
        sa.Column("service_on", sa.Date(), nullable=False),
        *_plan(),
        _number("taken"),
        _text("state"),
        sa.Column("is_proposed", sa.Boolean(), nullable=False),
        _number("version"),
        _text("screen_secret"),
        _text("paper_secret"),
        _at("made_at"),
        _at("published_at", nullable=True),
        _at("closed_at", nullable=True),
        _at("cancelled_at", nullable=True),
        _text("cancel_reason", nullable=True),
        *_checks(
            "activities",
            {
                **PLAN_CHECKS,
                "state": "state IN ('draft', 'published', 'under_way', 'closed', 'cancelled')",
                "taken": "taken >= 0 AND (places IS NULL OR taken <= places)",
                "closed": "(state = 'closed') = (closed_at IS NOT NULL)",
                "cancelled": "(state = 'cancelled') = (cancelled_at IS NOT NULL)",
            },
        ),
        sa.UniqueConstraint(
            "project_id", "service_on", name=op.f("uq_activities_project_id_service_on")
        ),
    )
    op.create_index("ix_activities_team_id_service_on", "activities", ["team_id", "service_on"])
    op.create_index("ix_activities_service_on", "activities", ["service_on"])
    op.create_index("ix_activities_batch_id", "activities", ["batch_id"])
    op.create_index(
        "uq_activities_proposed",
        "activities",
        ["team_id", "service_on"],
        unique=True,
        sqlite_where=PROPOSED,
        postgresql_where=PROPOSED,
    )


def _make_sign_ups() -> None:
    _make(
        "sign_ups",
        *_links(
            "sign_ups",
            activity_id=("activities", False),
            volunteer_id=("volunteers", False),
            made_by_id=("logins", False),
            ended_by_id=("logins", True),
        ),
        _text("state"),
        _at("made_at"),
        _at("placed_at", nullable=True),
        _at("ended_at", nullable=True),
        _text("reason", nullable=True),
        _text("attendance", nullable=True),
        *_checks(
            "sign_ups",
            {
                "state": "state IN ('placed', 'waiting', 'withdrawn', 'removed')",
                "ended": "(state IN ('withdrawn', 'removed')) = (ended_at IS NOT NULL)",
                "attendance": "attendance IS NULL OR (state = 'placed' "
                "AND attendance IN ('present', 'absent', 'no_show'))",
            },
        ),
    )
    op.create_index(
        "uq_sign_ups_live",
        "sign_ups",
        ["activity_id", "volunteer_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index("ix_sign_ups_volunteer_id", "sign_ups", ["volunteer_id"])


def _make_check_ins() -> None:
    _make(
        "check_ins",
        *_links(
            "check_ins",
            activity_id=("activities", False),
            volunteer_id=("volunteers", False),
            in_actor_id=("logins", False),
            out_actor_id=("logins", True),
        ),
        _at("in_at"),
        _text("in_by"),
        _text("in_device", nullable=True),
        _at("out_at", nullable=True),
        _text("out_by", nullable=True),
        _text("out_device", nullable=True),
        *_checks(
            "check_ins",
            {
                "in_by": f"in_by IN {METHODS}",
                "out_by": f"out_by IS NULL OR out_by IN {METHODS}",
                "out": "(out_at IS NULL) = (out_by IS NULL)",
                "order": "out_at IS NULL OR out_at >= in_at",
            },
        ),
        sa.UniqueConstraint("activity_id", "volunteer_id", name=op.f("uq_check_ins_person")),
    )
    op.create_index("ix_check_ins_volunteer_id", "check_ins", ["volunteer_id"])


def _name_the_activity_of_records() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE service_records ADD COLUMN activity_id INTEGER "
            f"CONSTRAINT {OF_RECORD} REFERENCES activities (id)"
        )
    else:
        op.add_column("service_records", sa.Column("activity_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            op.f(OF_RECORD), "service_records", "activities", ["activity_id"], ["id"]
        )
    op.create_index("ix_service_records_activity_id", "service_records", ["activity_id"])
