"""What may be done with service records; each verb is one operation inside transaction()."""

from app.service.operations.closing import NotAllFit, SignedIn, close_activity
from app.service.operations.correcting import propose_correction
from app.service.operations.days import DayResult, log_day, new_batch
from app.service.operations.deciding import approve, reject
from app.service.operations.desk import Corrected, Decided, approve_each, correct, send_back_each
from app.service.operations.friends import NewFriend, match_to_known, welcome
from app.service.operations.lines import Line, Outcome, Plan, PlannedRecord
from app.service.operations.planning import plan_lines
from app.service.operations.posting import carry_out
from app.service.operations.regrouping import regroup, regroup_all
from app.service.operations.undoing import Undone, reverse_record, undo_batch

__all__ = [
    "Corrected",
    "DayResult",
    "Decided",
    "Line",
    "NewFriend",
    "NotAllFit",
    "Outcome",
    "Plan",
    "PlannedRecord",
    "SignedIn",
    "Undone",
    "approve",
    "approve_each",
    "carry_out",
    "close_activity",
    "correct",
    "log_day",
    "match_to_known",
    "new_batch",
    "plan_lines",
    "propose_correction",
    "regroup",
    "regroup_all",
    "reject",
    "reverse_record",
    "send_back_each",
    "undo_batch",
    "welcome",
]
