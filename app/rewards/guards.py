"""Stock moves and what an item said are only added to; a redemption ends once (I-04, I-13)."""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_delete, refuse_overwrite, refuse_replace
from app.rewards.rules.moves import MOVES

# Said once, when it is redeemed.
_KEPT = (
    "organisation_id",
    "item_id",
    "item_version_id",
    "volunteer_id",
    "quantity",
    "cost_hundredths",
    "code",
    "token",
    "asked_by",
    "consent",
    "redeemed_at",
    "redeemed_on",
    "collect_by_on",
    "made_by_id",
    "entry_id",
)
_STEPS = " OR ".join(
    f"(OLD.state = '{state}' AND NEW.state = '{target}')"
    for state, targets in MOVES.items()
    for target in sorted(targets)
)
_SAME_CODE = "o.code = NEW.code AND o.state = 'to_collect' AND NEW.state = 'to_collect'"
_SAME_REFUND = "o.refund_entry_id = NEW.refund_entry_id"


def _differs(distinct: str) -> str:
    return " OR ".join(f"NEW.{column} {distinct} OLD.{column}" for column in _KEPT)


_MOVED_SQLITE = f"""
CREATE TRIGGER redemptions_moves BEFORE UPDATE ON redemptions BEGIN
  SELECT RAISE(ABORT, 'a redemption does not move so') WHERE NOT ({_STEPS});
  SELECT RAISE(ABORT, 'what was redeemed is not edited') WHERE {_differs("IS NOT")};
END
"""
FUNCTIONS = (
    f"""
CREATE OR REPLACE FUNCTION qicai_redemption_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id <> OLD.id OR NOT ({_STEPS}) THEN
    RAISE EXCEPTION 'a redemption does not move so' USING ERRCODE = '23514';
  END IF;
  IF {_differs("IS DISTINCT FROM")} THEN
    RAISE EXCEPTION 'what was redeemed is not edited' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE OR REPLACE FUNCTION qicai_redemption_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a redemption begins to be collected' USING ERRCODE = '23514';
END $$
""",
)

GUARDS: tuple[Guard, ...] = (
    *refuse_delete("shelf_items"),
    refuse_replace("shelf_items", "o.id = NEW.id"),
    refuse_overwrite("shelf_items", "id"),
    *refuse_change("item_versions"),
    refuse_replace(
        "item_versions", "o.id = NEW.id", "o.item_id = NEW.item_id AND o.number = NEW.number"
    ),
    *refuse_change("item_colours"),
    refuse_replace(
        "item_colours", "o.item_version_id = NEW.item_version_id AND o.colour_id = NEW.colour_id"
    ),
    *refuse_change("stock_moves"),
    refuse_replace(
        "stock_moves",
        "o.id = NEW.id",
        "o.redemption_id = NEW.redemption_id AND o.kind = NEW.kind",
        "o.redemption_id = NEW.redemption_id AND o.kind IN ('handed_over', 'returned')"
        " AND NEW.kind IN ('handed_over', 'returned')",
    ),
    *refuse_delete("redemptions"),
    refuse_replace(
        "redemptions",
        "o.id = NEW.id",
        "o.entry_id = NEW.entry_id",
        "o.token = NEW.token",
        _SAME_CODE,
    ),
    refuse_overwrite("redemptions", "id", _SAME_REFUND),
    Guard(
        "redemptions_moves",
        "redemptions",
        _MOVED_SQLITE,
        "CREATE TRIGGER redemptions_moves BEFORE UPDATE ON redemptions "
        "FOR EACH ROW EXECUTE FUNCTION qicai_redemption_moves()",
    ),
    Guard(
        "redemptions_begins",
        "redemptions",
        "CREATE TRIGGER redemptions_begins BEFORE INSERT ON redemptions "
        "WHEN NEW.state <> 'to_collect' "
        "BEGIN SELECT RAISE(ABORT, 'a redemption begins to be collected'); END",
        "CREATE TRIGGER redemptions_begins BEFORE INSERT ON redemptions "
        "FOR EACH ROW WHEN (NEW.state <> 'to_collect') EXECUTE FUNCTION qicai_redemption_begins()",
    ),
)
