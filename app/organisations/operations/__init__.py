"""Make, rename, move and retire organisations; change what they set; correct their calendar."""

from app.organisations.operations.changing import (
    checked_reason,
    close_organisation,
    keep_change,
    open_organisation,
)
from app.organisations.operations.deciding import (
    change_setting,
    correct_calendar,
    drop_correction,
    name_substitute_day,
    withdraw_substitute_day,
)
from app.organisations.operations.holding import (
    check_in_service,
    held_organisation,
    lock_tree,
    note_organisation,
)
from app.organisations.operations.nodes import (
    check_codes_free,
    create_organisation,
    move_organisation,
    rename_organisation,
)

__all__ = [
    "change_setting",
    "check_codes_free",
    "check_in_service",
    "checked_reason",
    "close_organisation",
    "correct_calendar",
    "create_organisation",
    "drop_correction",
    "held_organisation",
    "keep_change",
    "lock_tree",
    "move_organisation",
    "name_substitute_day",
    "note_organisation",
    "open_organisation",
    "rename_organisation",
    "withdraw_substitute_day",
]
