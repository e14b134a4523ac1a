"""who asks to join, who agreed to what, and for whom a device acts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
NEW_CHECKS = {
    "state": "state IN ('proposed', 'active', 'left', 'matched')",
    "numbered": "state IN ('proposed', 'matched') OR number IS NOT NULL",
    "matched": "(state = 'matched') = (matched_to_id IS NOT NULL)",
}
OLD_CHECKS = {
    "state": "state IN ('proposed', 'active', 'left')",
    "numbered": "state = 'proposed' OR number IS NOT NULL",
}
SAME_CHECKS = {
    "kind": "kind IN ('party', 'social', 'resident')",
    "sex": "sex IS NULL OR sex IN ('female', 'male')",
}
MATCHED_TO = "fk_volunteers_matched_to_id"
ACTING_FOR = "fk_sessions_acting_for_id"


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _decision(table: str) -> list[sa.schema.SchemaItem]:
    """What every question that somebody answers has."""
    return [
        sa.Column("state", sa.String(), nullable=False),
        _at("decided_at", nullable=True),
        sa.Column("decided_by_id", _id(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f(f"ck_{table}_decided")
        ),
        _link(table, "decided_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _one_open(table: str, columns: list[str]) -> None:
    op.create_index(
        f"uq_{table}_open", table, columns, unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def upgrade() -> None:
    _let_friends_be_matched()
    _let_devices_act()
    op.add_column("helpers", sa.Column("consent", sa.String(), nullable=True))
    _consents_and_distinctions()
    _join_requests()
    _asks()


def _consents_and_distinctions() -> None:
    op.create_table(
        "consents",
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        _at("given_at"),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("guardian_id", _id(), nullable=True),
        sa.Column("recorded_by_id", _id(), nullable=True),
        sa.CheckConstraint(
            "given_by IN ('self', 'guardian', 'paper')", name=op.f("ck_consents_given_by")
        ),
        sa.CheckConstraint(
            "given_by <> 'guardian' OR guardian_id IS NOT NULL", name=op.f("ck_consents_guardian")
        ),
        sa.CheckConstraint(
            "given_by <> 'paper' OR recorded_by_id IS NOT NULL", name=op.f("ck_consents_paper")
        ),
        _link("consents", "volunteer_id", "volunteers"),
        _link("consents", "guardian_id", "volunteers"),
        _link("consents", "recorded_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sqlite_strict=True,
    )
    op.create_index("ix_consents_volunteer_id", "consents", ["volunteer_id"])
    op.create_table(
        "distinctions",
        sa.Column("one_id", _id(), nullable=False),
        sa.Column("other_id", _id(), nullable=False),
        sa.Column("decided_by_id", _id(), nullable=False),
        _at("decided_at"),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_distinctions_in_order")),
        _link("distinctions", "one_id", "volunteers"),
        _link("distinctions", "other_id", "volunteers"),
        _link("distinctions", "decided_by_id", "logins"),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_distinctions")),
        sqlite_strict=True,
    )


def _join_requests() -> None:
    op.create_table(
        "join_requests",
        sa.Column("id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("guardian_name", sa.String(), nullable=True),
        sa.Column("guardian_phone", sa.String(), nullable=True),
        sa.Column("wants_advice", sa.Boolean(), nullable=False),
        sa.Column("privacy_version", sa.String(), nullable=False),
        sa.Column("consent_by", sa.String(), nullable=False),
        _at("asked_at"),
        sa.Column("volunteer_id", _id(), nullable=True),
        *_decision("join_requests"),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'matched', 'refused')",
            name=op.f("ck_join_requests_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('accepted', 'matched')) = (volunteer_id IS NOT NULL)",
            name=op.f("ck_join_requests_became"),
        ),
        sa.CheckConstraint(
            "consent_by IN ('self', 'guardian')", name=op.f("ck_join_requests_consent_by")
        ),
        sa.CheckConstraint(
            "(consent_by = 'guardian') = (guardian_name IS NOT NULL)",
            name=op.f("ck_join_requests_guardian"),
        ),
        _link("join_requests", "organisation_id", "organisations"),
        _link("join_requests", "volunteer_id", "volunteers"),
        sqlite_strict=True,
    )
    op.create_index("ix_join_requests_organisation_id", "join_requests", ["organisation_id"])
    _one_open("join_requests", ["organisation_id", "phone", "name"])
    op.create_table(
        "join_wishes",
        sa.Column("request_id", _id(), nullable=False),
        sa.Column("team_id", _id(), nullable=False),
        _at("refused_at", nullable=True),
        sa.Column("refused_by_id", _id(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(refused_at IS NULL) = (refused_by_id IS NULL)", name=op.f("ck_join_wishes_refused")
        ),
        _link("join_wishes", "request_id", "join_requests"),
        _link("join_wishes", "team_id", "teams"),
        _link("join_wishes", "refused_by_id", "logins"),
        sa.PrimaryKeyConstraint("request_id", "team_id", name=op.f("pk_join_wishes")),
        sqlite_strict=True,
    )
    op.create_index("ix_join_wishes_team_id", "join_wishes", ["team_id"])
    op.create_table(
        "join_tries",
        sa.Column("id", _id(), nullable=False),
        sa.Column("address_sha256", sa.String(), nullable=False),
        _at("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_tries")),
        sqlite_strict=True,
    )
    op.create_index("ix_join_tries_address_sha256_at", "join_tries", ["address_sha256", "at"])
    op.create_index("ix_join_tries_at", "join_tries", ["at"])


def _asks() -> None:
    states = "state IN ('open', 'accepted', 'refused', 'withdrawn')"
    op.create_table(
        "team_asks",
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("team_id", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("membership_id", _id(), nullable=True),
        sa.Column("asked_by_id", _id(), nullable=True),
        _at("asked_at"),
        *_decision("team_asks"),
        sa.CheckConstraint("kind IN ('join', 'leave')", name=op.f("ck_team_asks_kind")),
        sa.CheckConstraint(states, name=op.f("ck_team_asks_state")),
        sa.CheckConstraint(
            "(kind = 'leave') = (last_on IS NOT NULL)", name=op.f("ck_team_asks_last_on")
        ),
        sa.CheckConstraint(
            "(kind = 'leave') = (membership_id IS NOT NULL)", name=op.f("ck_team_asks_membership")
        ),
        sa.CheckConstraint(
            "kind = 'join' OR state <> 'refused'", name=op.f("ck_team_asks_leaving_is_free")
        ),
        _link("team_asks", "volunteer_id", "volunteers"),
        _link("team_asks", "team_id", "teams"),
        _link("team_asks", "membership_id", "memberships"),
        _link("team_asks", "asked_by_id", "logins"),
        sqlite_strict=True,
    )
    for column in ("team_id", "volunteer_id"):
        op.create_index(f"ix_team_asks_{column}", "team_asks", [column])
    _one_open("team_asks", ["volunteer_id", "team_id", "kind"])
    op.create_table(
        "helper_asks",
        sa.Column("id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("helper_id", _id(), nullable=False),
        sa.Column("asked_by_id", _id(), nullable=False),
        _at("asked_at"),
        *_decision("helper_asks"),
        sa.CheckConstraint(states, name=op.f("ck_helper_asks_state")),
        sa.CheckConstraint("volunteer_id <> helper_id", name=op.f("ck_helper_asks_not_oneself")),
        _link("helper_asks", "volunteer_id", "volunteers"),
        _link("helper_asks", "helper_id", "volunteers"),
        _link("helper_asks", "asked_by_id", "logins"),
        sqlite_strict=True,
    )
    op.create_index("ix_helper_asks_volunteer_id", "helper_asks", ["volunteer_id"])
    _one_open("helper_asks", ["volunteer_id", "helper_id"])


# ── columns of tables that stand already ──────────────────────────────────────────────────


def _let_devices_act() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE sessions ADD COLUMN acting_for_id INTEGER "
            f"CONSTRAINT {ACTING_FOR} REFERENCES volunteers (id)"
        )
        return
    op.add_column("sessions", sa.Column("acting_for_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f(ACTING_FOR), "sessions", "volunteers", ["acting_for_id"], ["id"])


def _let_friends_be_matched() -> None:
    if op.get_context().dialect.name == "sqlite":
        _rebuild_volunteers(NEW_CHECKS, matched=True)
        return
    op.add_column("volunteers", sa.Column("matched_to_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f(MATCHED_TO), "volunteers", "volunteers", ["matched_to_id"], ["id"])
    _change_checks(OLD_CHECKS, NEW_CHECKS)


def _let_nobody_be_matched() -> None:
    unmatch = "UPDATE volunteers SET state = 'proposed', matched_to_id = NULL"
    if op.get_context().dialect.name == "sqlite":
        op.execute(f"{unmatch} WHERE state = 'matched'")
        _rebuild_volunteers(OLD_CHECKS, matched=False)
        return
    op.execute(f"{unmatch} WHERE state = 'matched'")
    _change_checks(NEW_CHECKS, OLD_CHECKS)
    op.drop_column("volunteers", "matched_to_id")


def _change_checks(before: dict[str, str], after: dict[str, str]) -> None:
    for name in before:
        op.drop_constraint(op.f(f"ck_volunteers_{name}"), "volunteers", type_="check")
    for name, check in after.items():
        op.create_check_constraint(op.f(f"ck_volunteers_{name}"), "volunteers", check)


def _rebuild_volunteers(checks: dict[str, str], *, matched: bool) -> None:
    """Copy the table into one with these checks: SQLite changes none in place, and Alembic's
    batch mode, which reads no checks, would lose them all (GUARANTEES, trap 2)."""
    kept = (
        "id, organisation_id, number, name, name_keys, sex, born_on, phone, kind, state, "
        "is_named, created_at"
    )
    match = [sa.Column("matched_to_id", _id()), _link("volunteers", "matched_to_id", "volunteers")]
    op.create_table(
        "volunteers_anew",
        sa.Column("id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_keys", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(match if matched else []),
        *(
            sa.CheckConstraint(check, name=op.f(f"ck_volunteers_{name}"))
            for name, check in {**SAME_CHECKS, **checks}.items()
        ),
        _link("volunteers", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteers")),
        sa.UniqueConstraint("number", name=op.f("uq_volunteers_number")),
        sqlite_strict=True,
    )
    op.execute(f"INSERT INTO volunteers_anew ({kept}) SELECT {kept} FROM volunteers")
    op.drop_table("volunteers")
    op.rename_table("volunteers_anew", "volunteers")
    for columns in (["name"], ["organisation_id"], ["phone"], ["organisation_id", "name"]):
        op.create_index(f"ix_volunteers_{'_'.join(columns)}", "volunteers", columns)


def downgrade() -> None:
    for table in ("helper_asks", "team_asks", "join_tries", "join_wishes", "join_requests"):
        op.drop_table(table)
    for table in ("distinctions", "consents"):
        op.drop_table(table)
    op.execute("ALTER TABLE helpers DROP COLUMN consent")
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("acting_for_id")
    _let_nobody_be_matched()
