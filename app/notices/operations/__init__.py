"""What changes: tell people, mark what was read, keep how they want to be told, send, go round."""

from app.notices.operations.addresses import (
    ask_code,
    confirm_address,
    forget_addresses_of_ward,
    remove_address,
)
from app.notices.operations.choosing import choose
from app.notices.operations.outbox import Parcel, give_up_lost, mark_sent, mark_unsent, take_next
from app.notices.operations.pruning import prune_notices
from app.notices.operations.reading import mark_all_read, mark_read
from app.notices.operations.rounds import begin_round
from app.notices.operations.telling import tell, tell_each, tell_logins

__all__ = [
    "Parcel",
    "ask_code",
    "begin_round",
    "choose",
    "confirm_address",
    "forget_addresses_of_ward",
    "give_up_lost",
    "mark_all_read",
    "mark_read",
    "mark_sent",
    "mark_unsent",
    "prune_notices",
    "remove_address",
    "take_next",
    "tell",
    "tell_each",
    "tell_logins",
]
