"""What is done with activities: made, announced, signed up for, begun and cancelled."""

from app.activities.operations.closing import (
    NotBegunYet,
    check_may_close,
    close_held,
    reopen_of_batch,
)
from app.activities.operations.holding import ChangedMeanwhile, Held, hold, hold_own, runs
from app.activities.operations.making import (
    CancelReasonMissing,
    begin_activity,
    begin_held,
    cancel_activity,
    change_activity,
    create_activity,
    new_activity,
    plan_of,
    publish_activity,
    renew_codes,
)
from app.activities.operations.signing_up import (
    BegunAlready,
    NotSignedUp,
    SignedUp,
    SignedUpAlready,
    remove,
    sign_up,
    withdraw,
)

__all__ = [
    "BegunAlready",
    "CancelReasonMissing",
    "ChangedMeanwhile",
    "Held",
    "NotBegunYet",
    "NotSignedUp",
    "SignedUp",
    "SignedUpAlready",
    "begin_activity",
    "begin_held",
    "cancel_activity",
    "change_activity",
    "check_may_close",
    "close_held",
    "create_activity",
    "hold",
    "hold_own",
    "new_activity",
    "plan_of",
    "publish_activity",
    "remove",
    "renew_codes",
    "reopen_of_batch",
    "runs",
    "sign_up",
    "withdraw",
]
