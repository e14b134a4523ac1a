"""the shelf, its stock and what is redeemed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TO_COLLECT = sa.text("state = 'to_collect'")
ENDING = sa.text("kind IN ('handed_over', 'returned')")
OF_REDEMPTIONS = sa.text("kind IN ('redemption', 'refund')")


def upgrade() -> None:
    _partners()
    _redemption_windows()
    _shelf_items()
    _item_versions()
    _item_colours()
    _redemptions()
    _stock_moves()
    op.create_index(
        "uq_entries_redemption",
        "entries",
        ["subject_kind", "subject_id", "kind"],
        unique=True,
        sqlite_where=OF_REDEMPTIONS,
        postgresql_where=OF_REDEMPTIONS,
    )


def _partners() -> None:
    op.create_table(
        "partners",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by_id"], ["logins.id"], name=op.f("fk_partners_made_by_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_partners_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        sa.UniqueConstraint("organisation_id", "name", name="uq_partners_name"),
        sqlite_strict=True,
    )


def _redemption_windows() -> None:
    op.create_table(
        "redemption_windows",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'dates' AND day IS NULL AND from_on IS NOT NULL AND until_on >= from_on) OR (kind = 'month_day' AND day BETWEEN 1 AND 31 AND from_on IS NULL) OR (kind = 'weekday' AND day BETWEEN 0 AND 6 AND from_on IS NULL)",
            name=op.f("ck_redemption_windows_names_days"),
        ),
        sa.CheckConstraint(
            "kind IN ('month_day', 'weekday', 'dates')", name=op.f("ck_redemption_windows_kind")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["logins.id"], name=op.f("fk_redemption_windows_made_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_redemption_windows_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption_windows")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_redemption_windows_organisation_id", "redemption_windows", ["organisation_id"]
    )


def _shelf_items() -> None:
    op.create_table(
        "shelf_items",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("low_at", sa.Integer(), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('goods', 'service')", name=op.f("ck_shelf_items_kind")),
        sa.CheckConstraint("available >= 0", name=op.f("ck_shelf_items_available")),
        sa.CheckConstraint("low_at >= 0", name=op.f("ck_shelf_items_low_at")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_shelf_items_reserved")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["logins.id"], name=op.f("fk_shelf_items_made_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_shelf_items_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelf_items")),
        sqlite_strict=True,
    )
    op.create_index("ix_shelf_items_organisation_id", "shelf_items", ["organisation_id"])


def _item_versions() -> None:
    op.create_table(
        "item_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("price_hundredths", sa.Integer(), nullable=False),
        sa.Column("partner_id", ID, nullable=True),
        sa.Column("picture_id", ID, nullable=True),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("limit_count", sa.Integer(), nullable=True),
        sa.Column("limit_period", sa.String(), nullable=True),
        sa.Column("least_stars", sa.Integer(), nullable=True),
        sa.Column("collect_at", sa.String(), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "limit_period IS NULL OR limit_period IN ('month', 'quarter', 'year')",
            name=op.f("ck_item_versions_limit_period"),
        ),
        sa.CheckConstraint(
            "(limit_count IS NULL) = (limit_period IS NULL)",
            name=op.f("ck_item_versions_limit_whole"),
        ),
        sa.CheckConstraint(
            "least_stars IS NULL OR least_stars BETWEEN 1 AND 5",
            name=op.f("ck_item_versions_least_stars"),
        ),
        sa.CheckConstraint(
            "limit_count IS NULL OR limit_count > 0", name=op.f("ck_item_versions_limit_count")
        ),
        sa.CheckConstraint("price_hundredths > 0", name=op.f("ck_item_versions_price")),
        sa.CheckConstraint(
            "until_on IS NULL OR from_on IS NULL OR until_on >= from_on",
            name=op.f("ck_item_versions_dates"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["shelf_items.id"], name=op.f("fk_item_versions_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["logins.id"], name=op.f("fk_item_versions_made_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_item_versions_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("fk_item_versions_picture_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_versions")),
        sa.UniqueConstraint("item_id", "number", name="uq_item_versions_number"),
        sqlite_strict=True,
    )


def _item_colours() -> None:
    op.create_table(
        "item_colours",
        sa.Column("item_version_id", ID, nullable=False),
        sa.Column("colour_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["colour_id"], ["colours.id"], name=op.f("fk_item_colours_colour_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_version_id"], ["item_versions.id"], name=op.f("fk_item_colours_item_version_id")
        ),
        sa.PrimaryKeyConstraint("item_version_id", "colour_id", name=op.f("pk_item_colours")),
        sqlite_strict=True,
    )


def _redemptions() -> None:
    op.create_table(
        "redemptions",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("item_version_id", ID, nullable=False),
        sa.Column("volunteer_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("cost_hundredths", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=True),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("redeemed_on", sa.Date(), nullable=False),
        sa.Column("collect_by_on", sa.Date(), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("refund_entry_id", ID, nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("settled_by_id", ID, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(asked_by = 'desk') = (consent IS NOT NULL)", name=op.f("ck_redemptions_agreed")
        ),
        sa.CheckConstraint(
            "(state = 'to_collect') = (settled_at IS NULL)", name=op.f("ck_redemptions_settled")
        ),
        sa.CheckConstraint(
            "(state IN ('cancelled', 'expired')) = (refund_entry_id IS NOT NULL)",
            name=op.f("ck_redemptions_refunded"),
        ),
        sa.CheckConstraint(
            "asked_by IN ('self', 'helper', 'desk')", name=op.f("ck_redemptions_asked_by")
        ),
        sa.CheckConstraint(
            "consent IS NULL OR consent IN ('pin', 'signature')",
            name=op.f("ck_redemptions_consent"),
        ),
        sa.CheckConstraint(
            "state IN ('to_collect', 'collected', 'cancelled', 'expired')",
            name=op.f("ck_redemptions_state"),
        ),
        sa.CheckConstraint("collect_by_on >= redeemed_on", name=op.f("ck_redemptions_dates")),
        sa.CheckConstraint("cost_hundredths > 0", name=op.f("ck_redemptions_cost")),
        sa.CheckConstraint("length(code) = 6", name=op.f("ck_redemptions_code")),
        sa.CheckConstraint("quantity BETWEEN 1 AND 99", name=op.f("ck_redemptions_quantity")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_redemptions_entry_id")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["shelf_items.id"], name=op.f("fk_redemptions_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_version_id"], ["item_versions.id"], name=op.f("fk_redemptions_item_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["logins.id"], name=op.f("fk_redemptions_made_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_redemptions_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["refund_entry_id"], ["entries.id"], name=op.f("fk_redemptions_refund_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["logins.id"], name=op.f("fk_redemptions_settled_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_redemptions_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemptions")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_redemptions_entry_id")),
        sa.UniqueConstraint("refund_entry_id", name=op.f("uq_redemptions_refund_entry_id")),
        sa.UniqueConstraint("token", name=op.f("uq_redemptions_token")),
        sqlite_strict=True,
    )
    op.create_index("ix_redemptions_code", "redemptions", ["code"])
    op.create_index("ix_redemptions_item_id", "redemptions", ["item_id"])
    op.create_index("ix_redemptions_organisation_id", "redemptions", ["organisation_id"])
    op.create_index("ix_redemptions_volunteer_id", "redemptions", ["volunteer_id", "redeemed_on"])
    op.create_index(
        "ix_redemptions_waiting",
        "redemptions",
        ["collect_by_on"],
        sqlite_where=TO_COLLECT,
        postgresql_where=TO_COLLECT,
    )
    op.create_index(
        "uq_redemptions_code",
        "redemptions",
        ["code"],
        unique=True,
        sqlite_where=TO_COLLECT,
        postgresql_where=TO_COLLECT,
    )


def _stock_moves() -> None:
    op.create_table(
        "stock_moves",
        sa.Column("id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("available_change", sa.Integer(), nullable=False),
        sa.Column("reserved_change", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("redemption_id", ID, nullable=True),
        sa.Column("partner_id", ID, nullable=True),
        sa.Column("donor", sa.String(), nullable=True),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'counted') = (counted IS NOT NULL)", name=op.f("ck_stock_moves_counted")
        ),
        sa.CheckConstraint(
            "(kind = 'in' AND available_change > 0 AND reserved_change = 0) OR (kind = 'reserved' AND available_change < 0 AND reserved_change = -available_change) OR (kind = 'handed_over' AND available_change = 0 AND reserved_change < 0) OR (kind = 'returned' AND available_change > 0 AND reserved_change = -available_change) OR (kind = 'damaged' AND available_change < 0 AND reserved_change = 0) OR (kind = 'counted' AND reserved_change = 0)",
            name=op.f("ck_stock_moves_changes"),
        ),
        sa.CheckConstraint(
            "(kind IN ('reserved', 'handed_over', 'returned')) = (redemption_id IS NOT NULL)",
            name=op.f("ck_stock_moves_redemption"),
        ),
        sa.CheckConstraint(
            "kind = 'in' OR (partner_id IS NULL AND donor IS NULL)",
            name=op.f("ck_stock_moves_donor"),
        ),
        sa.CheckConstraint(
            "kind IN ('in', 'reserved', 'handed_over', 'returned', 'damaged', 'counted')",
            name=op.f("ck_stock_moves_kind"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('damaged', 'counted') OR reason IS NOT NULL",
            name=op.f("ck_stock_moves_reason"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["logins.id"], name=op.f("fk_stock_moves_actor_id")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["shelf_items.id"], name=op.f("fk_stock_moves_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_stock_moves_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["redemption_id"], ["redemptions.id"], name=op.f("fk_stock_moves_redemption_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_moves")),
        sa.UniqueConstraint("redemption_id", "kind", name="uq_stock_moves_redemption"),
        sqlite_strict=True,
    )
    op.create_index("ix_stock_moves_item_id", "stock_moves", ["item_id", "id"])
    op.create_index(
        "uq_stock_moves_ending",
        "stock_moves",
        ["redemption_id"],
        unique=True,
        sqlite_where=ENDING,
        postgresql_where=ENDING,
    )


def downgrade() -> None:
    op.drop_index("uq_entries_redemption", "entries")
    op.drop_table("stock_moves")
    op.drop_table("redemptions")
    op.drop_table("item_colours")
    op.drop_table("item_versions")
    op.drop_table("shelf_items")
    op.drop_table("redemption_windows")
    op.drop_table("partners")
