"""The rows of a day's form, and by what a person is found among them."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _

from app.people.rules.names import typed_key, typed_number
from app.service.roster import Guest, Recorded
from app.teams.queries import Member
from app.web.filters import hours


class Row(NamedTuple):
    """One person on the form."""

    id: int
    name: str
    sub: str
    keys: str
    is_guest: bool = False
    is_checked: bool = False
    own_hours: str = ""
    was_last: bool = False
    recorded: str = ""
    # What is recorded does not count yet, not all of it.
    is_waiting: bool = False
    warning: str = ""
    error: str = ""
    # The person is recorded already: may both be kept?
    asks_to_keep: bool = False
    keeps: bool = False
    is_hidden: bool = False


class Found(NamedTuple):
    """Somebody the search for guests found."""

    id: int
    name: str
    sub: str
    is_listed: bool


class Person(NamedTuple):
    """Whoever stands on the form, member or not."""

    id: int
    number: str | None
    name: str
    name_keys: str
    is_leader: bool
    is_guest: bool

    @classmethod
    def of_member(cls, member: Member) -> Person:
        return cls(
            member.volunteer_id,
            member.number,
            member.name,
            member.name_keys,
            member.role == "leader",
            False,
        )

    @classmethod
    def of_guest(cls, guest: Guest) -> Person:
        is_guest = guest.state != "proposed"
        return cls(guest.id, guest.number, guest.name, guest.name_keys, False, is_guest)


def recorded_text(recorded: Recorded) -> str:
    """Say what somebody has for this day already."""
    text = _("%(hours)s h waiting") if recorded.is_waiting else _("%(hours)s h recorded")
    return str(text % {"hours": hours(recorded.minutes)})


def keys_of(person: Person) -> str:
    """Return what a person is found by, as the script looks for it."""
    return f"{person.name} {person.name_keys} {person.number or ''}".lower()


def is_meant(person: Person, typed: str) -> bool:
    """Say whether a row is meant by what stands in the search; the script says the same."""
    wanted = "".join(typed.split()).lower()
    keys = keys_of(person)
    return (
        any(
            each and each in keys
            for each in (wanted, typed_key(typed), typed_number(typed).lower())
        )
        or not wanted
    )
