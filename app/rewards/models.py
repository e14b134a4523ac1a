"""The shelf, the moves of its stock, and what was redeemed of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model
from app.rewards.rules.items import ITEM_KINDS
from app.rewards.rules.moves import STATES
from app.rewards.rules.periods import PERIODS
from app.rewards.rules.stock import MOVE_KINDS
from app.rewards.rules.windows import WINDOW_KINDS

# By whom a redemption was asked for: oneself, whoever acts for them, or the desk.
ASKED_BY = ("self", "helper", "desk")
# How somebody without a phone agreed at the desk.
CONSENTS = ("pin", "signature")
_TO_COLLECT = text("state = 'to_collect'")
_ENDING = text("kind IN ('handed_over', 'returned')")
_MOVES_FIT = (
    "(kind = 'in' AND available_change > 0 AND reserved_change = 0)"
    " OR (kind = 'reserved' AND available_change < 0 AND reserved_change = -available_change)"
    " OR (kind = 'handed_over' AND available_change = 0 AND reserved_change < 0)"
    " OR (kind = 'returned' AND available_change > 0 AND reserved_change = -available_change)"
    " OR (kind = 'damaged' AND available_change < 0 AND reserved_change = 0)"
    " OR (kind = 'counted' AND reserved_change = 0)"
)


class Partner(Model):
    """A partner unit that offers or donates items."""

    __tablename__ = "partners"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name", name="uq_partners_name"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str]
    # Whom to ask there; for the desk only.
    contact: Mapped[str]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ShelfItem(Model):
    """One thing or service on an organisation's shelf, with its stock as the moves add up."""

    __tablename__ = "shelf_items"
    __table_args__ = (
        CheckConstraint(f"kind IN {ITEM_KINDS}", name="kind"),
        CheckConstraint("available >= 0", name="available"),
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("low_at >= 0", name="low_at"),
        Index("ix_shelf_items_organisation_id", "organisation_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str]
    # The number of its current version.
    version: Mapped[int] = mapped_column(default=1)
    available: Mapped[int] = mapped_column(default=0)
    # Set aside for those who have redeemed and not collected.
    reserved: Mapped[int] = mapped_column(default=0)
    # From so few on it stands on the low-stock list.
    low_at: Mapped[int] = mapped_column(default=3)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class ItemVersion(Model):
    """What an item said from one change to the next; never edited."""

    __tablename__ = "item_versions"
    __table_args__ = (
        CheckConstraint("price_hundredths > 0", name="price"),
        CheckConstraint("until_on IS NULL OR from_on IS NULL OR until_on >= from_on", name="dates"),
        CheckConstraint("(limit_count IS NULL) = (limit_period IS NULL)", name="limit_whole"),
        CheckConstraint("limit_count IS NULL OR limit_count > 0", name="limit_count"),
        CheckConstraint(f"limit_period IS NULL OR limit_period IN {PERIODS}", name="limit_period"),
        CheckConstraint("least_stars IS NULL OR least_stars BETWEEN 1 AND 5", name="least_stars"),
        UniqueConstraint("item_id", "number", name="uq_item_versions_number"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("shelf_items.id"))
    number: Mapped[int]
    name: Mapped[str]
    description: Mapped[str]
    # What it is counted in: 件, 袋, 次.
    measure: Mapped[str]
    category: Mapped[str]
    price_hundredths: Mapped[int]
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("pictures.id"))
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    limit_count: Mapped[int | None]
    limit_period: Mapped[str | None]
    least_stars: Mapped[int | None]
    collect_at: Mapped[str]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)


class ItemColour(Model):
    """A colour whose volunteers may redeem a version; without any, everybody may."""

    __tablename__ = "item_colours"

    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"), primary_key=True)
    colour_id: Mapped[int] = mapped_column(ForeignKey("colours.id"), primary_key=True)


class Redemption(Model):
    """Points given for an item: set aside, then collected, cancelled or expired, once."""

    __tablename__ = "redemptions"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity"),
        CheckConstraint("cost_hundredths > 0", name="cost"),
        CheckConstraint(f"asked_by IN {ASKED_BY}", name="asked_by"),
        CheckConstraint(f"consent IS NULL OR consent IN {CONSENTS}", name="consent"),
        CheckConstraint("(asked_by = 'desk') = (consent IS NOT NULL)", name="agreed"),
        CheckConstraint("(state = 'to_collect') = (settled_at IS NULL)", name="settled"),
        CheckConstraint(
            "(state IN ('cancelled', 'expired')) = (refund_entry_id IS NOT NULL)", name="refunded"
        ),
        CheckConstraint("length(code) = 6", name="code"),
        CheckConstraint("collect_by_on >= redeemed_on", name="dates"),
        Index(
            "uq_redemptions_code",
            "code",
            unique=True,
            sqlite_where=_TO_COLLECT,
            postgresql_where=_TO_COLLECT,
        ),
        Index("ix_redemptions_code", "code"),
        Index("ix_redemptions_volunteer_id", "volunteer_id", "redeemed_on"),
        Index("ix_redemptions_item_id", "item_id"),
        Index(
            "ix_redemptions_waiting",
            "collect_by_on",
            sqlite_where=_TO_COLLECT,
            postgresql_where=_TO_COLLECT,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # Whose shelf and desk it is.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("shelf_items.id"))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_versions.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    quantity: Mapped[int]
    cost_hundredths: Mapped[int]
    state: Mapped[str] = mapped_column(default="to_collect")
    code: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)
    asked_by: Mapped[str]
    consent: Mapped[str | None]
    redeemed_at: Mapped[datetime] = mapped_column(Instant)
    # The civil date: it decides month, quarter and year of the limits.
    redeemed_on: Mapped[date]
    collect_by_on: Mapped[date]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), unique=True)
    refund_entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"), unique=True)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_on: Mapped[date | None]
    # Missing when the job did it.
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    reason: Mapped[str | None]


class StockMove(Model):
    """One change of an item's stock; only ever added to."""

    __tablename__ = "stock_moves"
    __table_args__ = (
        CheckConstraint(f"kind IN {MOVE_KINDS}", name="kind"),
        CheckConstraint(_MOVES_FIT, name="changes"),
        CheckConstraint(
            "(kind IN ('reserved', 'handed_over', 'returned')) = (redemption_id IS NOT NULL)",
            name="redemption",
        ),
        CheckConstraint("(kind = 'counted') = (counted IS NOT NULL)", name="counted"),
        CheckConstraint("kind = 'in' OR (partner_id IS NULL AND donor IS NULL)", name="donor"),
        CheckConstraint("kind NOT IN ('damaged', 'counted') OR reason IS NOT NULL", name="reason"),
        Index("ix_stock_moves_item_id", "item_id", "id"),
        Index(
            "uq_stock_moves_ending",
            "redemption_id",
            unique=True,
            sqlite_where=_ENDING,
            postgresql_where=_ENDING,
        ),
        UniqueConstraint("redemption_id", "kind", name="uq_stock_moves_redemption"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("shelf_items.id"))
    kind: Mapped[str]
    available_change: Mapped[int]
    reserved_change: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    redemption_id: Mapped[int | None] = mapped_column(ForeignKey("redemptions.id"))
    # Who gave it, and the paper that says so.
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    donor: Mapped[str | None]
    document: Mapped[str | None]
    # What a stocktaking found on the shelf.
    counted: Mapped[int | None]
    reason: Mapped[str | None]


class RedemptionWindow(Model):
    """Days on which an organisation, and those below without any of their own, redeem."""

    __tablename__ = "redemption_windows"
    __table_args__ = (
        CheckConstraint(f"kind IN {WINDOW_KINDS}", name="kind"),
        CheckConstraint(
            "(kind = 'dates' AND day IS NULL AND from_on IS NOT NULL AND until_on >= from_on)"
            " OR (kind = 'month_day' AND day BETWEEN 1 AND 31 AND from_on IS NULL)"
            " OR (kind = 'weekday' AND day BETWEEN 0 AND 6 AND from_on IS NULL)",
            name="names_days",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    kind: Mapped[str]
    day: Mapped[int | None]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    # Such as 季度集市; may be empty.
    title: Mapped[str]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
