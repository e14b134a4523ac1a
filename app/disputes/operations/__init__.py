"""What may be done with a dispute, and the check of a year; each verb is one operation."""

from app.disputes.operations.answering import Answered, correct, refuse, take_back
from app.disputes.operations.checking import confirm_year
from app.disputes.operations.following import pass_on, withdraw
from app.disputes.operations.overtaking import close_disputes
from app.disputes.operations.raising import raise_dispute
from app.disputes.operations.saying import say

__all__ = [
    "Answered",
    "close_disputes",
    "confirm_year",
    "correct",
    "pass_on",
    "raise_dispute",
    "refuse",
    "say",
    "take_back",
    "withdraw",
]
