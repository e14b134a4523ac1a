"""Stock moves and what an item said are only added to; a redemption ends once (I-04, I-13)."""

from __future__ import annotations

from app.guards import (
    Guard,
    Moves,
    refuse_change,
    refuse_delete,
    refuse_overwrite,
    refuse_replace,
    steps_of,
)
from app.rewards.rules.moves import MOVES

_MOVES = Moves(
    table="redemptions",
    row="redemption",
    steps=steps_of(MOVES),
    # Said once, when it is redeemed.
    kept=(
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
    ),
    begins="to_collect",
    wrong_step="a redemption does not move so",
    edited="what was redeemed is not edited",
    wrong_beginning="a redemption begins to be collected",
)
FUNCTIONS = _MOVES.functions
_SAME_CODE = "o.code = NEW.code AND o.state = 'to_collect' AND NEW.state = 'to_collect'"
_SAME_REFUND = "o.refund_entry_id = NEW.refund_entry_id"

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
    *_MOVES.guards,
)
