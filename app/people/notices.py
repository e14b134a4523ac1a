"""What people are told about how their account is opened."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

FACTOR_SET_UP, FACTOR_GONE = "factor.set_up", "factor.gone"
RECOVERY_CODE_USED = "factor.recovery_used"
KINDS: tuple[Kind, ...] = (
    Kind(
        FACTOR_SET_UP,
        N_("A second factor was set up on your account"),
        N_(
            "From now on a code from your phone is asked for beside your password. If that was "
            "not you, tell your organiser at once."
        ),
        is_urgent=True,
    ),
    Kind(
        FACTOR_GONE,
        N_("Your account has no second factor any more"),
        N_("It was removed or reset. If that was not you, tell your organiser at once."),
        is_urgent=True,
    ),
    Kind(
        RECOVERY_CODE_USED,
        N_("A recovery code of your account was used"),
        N_("It works no more. If that was not you, change your password at once."),
        is_urgent=True,
    ),
)
