"""What happened to somebody, said to them in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext

from app.errors import N_
from app.trail.queries import TrailLine

SENTENCES: Mapping[str, str] = {
    "add_volunteer": N_("Written down as a volunteer"),
    "edit_volunteer": N_("Personal data changed"),
    "confirm_new_friend": N_("Confirmed as a volunteer"),
    "match_friend": N_("Hours of a new friend found to be theirs"),
    "show_phone": N_("Full phone number looked at"),
    "give_consent": N_("Agreed to the privacy notice"),
    "let_act": N_("Somebody may act for them"),
    "end_acting": N_("Somebody acts for them no longer"),
    "begin_acting": N_("Somebody began to act for them on a device"),
    "stop_acting": N_("Somebody stopped acting for them on a device"),
    "ask_for_helper": N_("Asked that somebody may act for them"),
    "withdraw_helper_ask": N_("Took back the wish that somebody may act for them"),
    "answer_helper_ask": N_("The wish that somebody may act for them was answered"),
    "ask_to_join_team": N_("Asked to join a team"),
    "leave_team": N_("Said when they leave a team"),
    "withdraw_team_ask": N_("Took back what was asked of a team"),
    "answer_team_ask": N_("What was asked of a team was answered"),
    "volunteer.confirm_year": N_("Confirmed what stands in the books of a year"),
    "make_calendar_feed": N_("Made an address for their calendar"),
    "renew_calendar_feed": N_("Made another address for their calendar"),
    "end_calendar_feed": N_("Ended the address of their calendar"),
    "tell_apart": N_("Told apart from somebody alike"),
    "choose_notices": N_("Chose what messages tell"),
    "ask_address_code": N_("Had a code sent to an address for messages"),
    "confirm_address": N_("Confirmed an address for messages"),
    "remove_address": N_("Removed an address for messages"),
}
OTHER = N_("Something else was done")


def trail_sentence(line: TrailLine) -> str:
    """Return what an operation did, in the reader's language."""
    return str(gettext(SENTENCES.get(line.operation, OTHER)))
