"""The rows of a day's form, and by what a person is found among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from flask_babel import gettext as _

from app.people.rules.names import typed_key, typed_number
from app.service.forms import LogDayForm
from app.service.operations import Outcome
from app.service.roster import Guest, Recorded, Roster
from app.teams.queries import Member
from app.teams.rules import Actor
from app.web.filters import hours
from app.web.saying import say


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


class DayRows:
    """Makes the rows of a day's form from what is known and what was typed."""

    def __init__(
        self,
        actor: Actor,
        roster: Roster,
        form: LogDayForm,
        checked: Collection[int],
        outcomes: Mapping[int, Outcome],
    ) -> None:
        self.actor = actor
        self.roster = roster
        self.form = form
        self.checked = checked
        self.outcomes = outcomes

    def rows(self) -> list[Row]:
        """Return everybody: members first, then guests."""
        members = [self._row(Person.of_member(each)) for each in self.roster.members]
        return members + [self._row(Person.of_guest(each)) for each in self.roster.guests]

    def _row(self, person: Person) -> Row:
        recorded = self.roster.recorded.get(person.id)
        outcome = self.outcomes.get(person.id)
        is_repeat = outcome is not None and outcome.status == "repeat"
        keeps = person.id in self.form.keep.data
        is_done = recorded is not None and not (keeps or is_repeat)
        own = self.form.typed(f"hours-{person.id}")
        return Row(
            person.id,
            person.name,
            self._sub(person),
            keys_of(person),
            is_guest=person.is_guest,
            is_checked=person.id in self.checked and not is_done,
            own_hours="" if is_done else own,
            was_last=bool(self.roster.last)
            and person.id in getattr(self.roster.last, "minutes_by_volunteer", {}),
            recorded=recorded_text(recorded) if recorded and is_done else "",
            is_waiting=recorded is not None and recorded.is_waiting,
            warning=self._warning(person.id, recorded),
            error=self._error(person.id, outcome),
            asks_to_keep=recorded is not None and not is_done,
            keeps=keeps,
            is_hidden=not is_meant(person, self.form.find.data or ""),
        )

    def _sub(self, person: Person) -> str:
        parts = [person.number or _("new friend")]
        if person.is_leader:
            parts.append(_("team leader"))
        if person.is_guest:
            parts.append(_("guest"))
        if self.actor.needs_another(person.id):
            parts.append(_("someone else approves"))
        # A line may break after a dot, never inside a part.
        return "·\u200b".join(parts)

    def _warning(self, volunteer_id: int, recorded: Recorded | None) -> str:
        if recorded is not None and volunteer_id in self.form.keep.data:
            text = _("%(hours)s hours are recorded already; this comes on top.")
            return str(text % {"hours": hours(recorded.minutes)})
        elsewhere = self.roster.elsewhere.get(volunteer_id, ())
        said = [
            _(
                "%(hours)s hours that day with %(team)s. Fine if the times do not overlap.",
                hours=hours(minutes),
                team=team,
            )
            for team, minutes in elsewhere
        ]
        return " ".join(said)

    def _error(self, volunteer_id: int, outcome: Outcome | None) -> str:
        if outcome is not None and outcome.refusal is not None:
            return say(outcome.refusal)
        if outcome is not None and outcome.status == "repeat":
            recorded = self.roster.recorded.get(volunteer_id)
            return str(
                _(
                    "Repeat: %(hours)s hours are recorded for this day already.",
                    hours=hours(recorded.minutes if recorded else 0),
                )
            )
        return self.form.row_errors.get(volunteer_id, "")
