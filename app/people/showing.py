"""What happened to somebody, and by which name they stand in public, said to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from flask_babel import gettext
from sqlalchemy.orm import Session

from app.errors import N_
from app.people.queries.naming import NamingRow, nameable, naming_of
from app.people.rules.naming import masked_name, may_be_named, public_name
from app.trail.queries import TrailLine

SENTENCES: Mapping[str, str] = {
    "erase_person": N_("Erased: name, phone and all else by which one is known are gone"),
    "erasure.ask": N_("Asked that the data be erased"),
    "erasure.withdrawn": N_("Took back the question for an erasure"),
    "erasure.refused": N_("The erasure was refused"),
    "add_volunteer": N_("Written down as a volunteer"),
    "edit_volunteer": N_("Personal data changed"),
    "confirm_new_friend": N_("Confirmed as a volunteer"),
    "match_friend": N_("Hours of a new friend found to be theirs"),
    "move_person": N_("Belongs to another organisation"),
    "rest": N_("Rests for a while"),
    "leave": N_("Written down as having left"),
    "come_back": N_("Came back to volunteering"),
    "show_phone": N_("Full phone number looked at"),
    "archive.change_details": N_("Details in the archive changed"),
    "archive.change_document": N_("ID document written down, changed or taken out"),
    "archive.show_document": N_("Full ID number looked at"),
    "archive.download": N_("The archive was taken out as a file"),
    "archive.export_full": N_("Full ID number and phone handed out in an export"),
    "archive.add_training": N_("A training was entered"),
    "archive.withdraw_training": N_("A training was withdrawn"),
    "archive.add_commendation": N_("A commendation was entered"),
    "archive.withdraw_commendation": N_("A commendation was withdrawn"),
    "archive.add_complaint": N_("A complaint was entered"),
    "archive.answer_complaint": N_("A complaint was answered"),
    "archive.withdraw_complaint": N_("A complaint was withdrawn"),
    "give_consent": N_("Agreed to the privacy notice"),
    "agree_to_be_named": N_("Agreed to be named on public pages"),
    "end_being_named": N_("Took back the consent to be named on public pages"),
    "agree_to_photos": N_("Agreed that photos are seen by whoever checks the hours"),
    "end_photos": N_("Took back the consent to photos"),
    "end_helpers": N_("Took back the consent to be helped"),
    "agree_to_minors": N_("A guardian agreed to the notice for minors"),
    "end_minors": N_("A guardian took back the consent for a minor"),
    "people.export": N_("The list of people was taken out as a sheet"),
    "minors.export": N_("The list of minors was taken out as a sheet"),
    "access.export": N_("The list of who looked at data was taken out as a sheet"),
    "export_own_data": N_("All data kept about them was put into a file"),
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
    "merge_people": N_("Joined with another number of the same person"),
    "tell_apart": N_("Told apart from somebody alike"),
    "choose_notices": N_("Chose what messages tell"),
    "ask_address_code": N_("Had a code sent to an address for messages"),
    "confirm_address": N_("Confirmed an address for messages"),
    "remove_address": N_("Removed an address for messages"),
    "set_up_factor": N_("Set up a second factor"),
    "renew_recovery_codes": N_("Made new recovery codes"),
    "remove_factor": N_("Removed their second factor"),
    "reset_factor": N_("The second factor was reset"),
    "prove_oneself": N_("Proved again who they are"),
}
OTHER = N_("Something else was done")


def trail_sentence(line: TrailLine) -> str:
    """Return what an operation did, in the reader's language."""
    return str(gettext(SENTENCES.get(line.operation, OTHER)))


class NamingCard(NamedTuple):
    """By which name somebody stands in public, and the words on it so far, the last first."""

    shown: str
    mask: str
    # The last word was yes; whether it counts is another matter.
    is_named: bool
    counts: bool
    words: list[NamingRow]


def naming_card(session: Session, volunteer_id: int, on: date) -> NamingCard:
    """Return what a page says of somebody's name in public."""
    person = nameable(session, volunteer_id, on)
    return NamingCard(
        public_name(person, on),
        masked_name(person.name),
        person.is_named,
        may_be_named(person, on),
        naming_of(session, volunteer_id),
    )
