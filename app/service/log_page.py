"""A team's day as its form shows it: every row with its tick, its hours and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.activities.queries.open_on import OpenActivity, open_activities_on
from app.people.queries import Namesake, search_volunteers
from app.people.rules.naming import masked_name
from app.service.access import Entry
from app.service.forms import MOST_FRIENDS, Friend, LogDayForm
from app.service.log_ground import day_choices, ground_of
from app.service.log_rows import DayRows, Found, Row, recorded_text
from app.service.operations import DayResult, Line, NewFriend, Outcome
from app.service.roster import Guest, Roster, roster_of
from app.teams.naming import Names, names_for
from app.teams.rules import Actor
from app.web.filters import hours
from app.web.forms import hours_text
from app.web.saying import say

USUAL_MINUTES = 120
QUICK_HOURS = ("1.5", "2", "2.5", "3")
SHORTEST_SEARCH = 2
MOST_FOUND = 8
SPARE_FRIEND_ROWS = 2


class DayPage:
    """Everything the page of a team's day shows, from what was typed and what is known."""

    is_closing = False

    def __init__(
        self, session: Session, actor: Actor, entry: Entry, form: LogDayForm, now: datetime
    ) -> None:
        self.session = session
        self.actor = actor
        self.entry = entry
        self.team = entry.team
        self.form = form
        self.outcomes: Mapping[int, Outcome] = {}
        self.ground = ground_of(session, entry.team, form.service_on.data or "", now)
        # What was announced for this day has a closing of its own.
        self.activities = self._read_activities()
        self.roster = self._read_roster()
        self._propose()
        self.checked = set(form.present.data)
        self.found: list[Found] = []
        self.search_note = ""

    # ── what is known ─────────────────────────────────────────────────────────────────────

    def _read_activities(self) -> Sequence[OpenActivity]:
        return open_activities_on(self.session, self.team.id, self.ground.on)

    def _read_roster(self) -> Roster:
        # Who is ticked but no member was added as a guest before.
        wanted = [*self.form.guest.data, *self.form.present.data]
        below = self.organisation_ids if wanted else ()
        return self._named(
            roster_of(
                self.session,
                self.team.id,
                self.ground.on,
                guest_ids=wanted,
                organisation_ids=below,
            )
        )

    def _named(self, roster: Roster) -> Roster:
        """Leave out the names of guests whom the leader has no business to know yet."""
        here = {*roster.recorded, *self.known}
        asked = [each.id for each in roster.guests if each.id not in here]
        if not asked:
            return roster
        near = here | names_for(self.session, self.actor, asked).near
        guests = [each if each.id in near else _unnamed(each) for each in roster.guests]
        return roster._replace(guests=guests)

    @property
    def known(self) -> Collection[int]:
        """Return who is named whoever they are: on a plain day nobody."""
        return ()

    @property
    def placed(self) -> Collection[int]:
        """Return who had a place: on a plain day nobody."""
        return ()

    @property
    def organisation_ids(self) -> list[int]:
        """Return the whole tree the team stands in: a guest may come from anywhere in it."""
        return list(self.ground.organisation_ids)

    def _propose(self) -> None:
        """Fill what nobody typed yet with how it was last time."""
        if self.form.is_submitted():
            return
        last = self.roster.last
        self.form.hours.data = last.minutes if last else USUAL_MINUTES
        self.form.proposed.data = hours_text(self.form.hours.data)
        self.form.content.data = last.content if last else ""
        self.form.place.data = last.place if last else self.ground.settings.service_day_place

    def unknown_people(self) -> set[int]:
        """Return who is ticked but nobody of this community."""
        return set(self.form.present.data) - set(self.roster.ids)

    # ── the buttons that do not record ────────────────────────────────────────────────────

    def turn(self) -> None:
        """Do what a button asked for that only changes the form."""
        pressed = self.form.do.data
        if pressed == "all":
            self.checked |= {row.id for row in self.rows() if not row.is_hidden}
        elif pressed == "none":
            self.checked = set()
        elif pressed == "same" and self.roster.last:
            self.checked = set(self.roster.last.minutes_by_volunteer)
        self._add_guest(self.form.asks_for("add"))
        if self.form.find_guest.data:
            self._find_guests(self.form.find_guest.data)

    def _add_guest(self, asked: str | None) -> None:
        if asked is None or not (asked.isascii() and asked.isdigit() and len(asked) < 19):
            return
        volunteer_id = int(asked)
        self.form.guest.data = [*self.form.guest.data, volunteer_id]
        self.form.find_guest.data = ""
        self.form.find_guest.raw_data = None
        self.roster = self._read_roster()
        if volunteer_id in self.roster.ids:
            self.checked.add(volunteer_id)
        if volunteer_id in self.roster.recorded:
            self.form.keep.data = [*self.form.keep.data, volunteer_id]

    def _find_guests(self, text: str) -> None:
        # One Chinese character is a surname already.
        if len(text) < SHORTEST_SEARCH and text.isascii():
            self.search_note = _("Type at least 2 characters.")
            return
        people = search_volunteers(self.session, self.organisation_ids, text, limit=MOST_FOUND)
        present = [person for person in people if person.state != "left"]
        names = names_for(self.session, self.actor, [one.id for one in present], text)
        self.found = [self._found(person, names) for person in present]
        if not self.found:
            self.search_note = _("Nobody found. Add them below as a new friend.")

    def _found(self, person: Namesake, names: Names) -> Found:
        sub = [person.number or _("new friend")]
        recorded = self.roster.recorded.get(person.id)
        if recorded:
            sub.append(recorded_text(recorded))
        is_listed = person.id in self.roster.ids and not recorded
        name = names.of(person.id, person.name)
        return Found(person.id, name, "·".join(sub), is_listed)

    # ── what is recorded ──────────────────────────────────────────────────────────────────

    def lines(self) -> list[Line]:
        """Return the ticked rows as they are handed in."""
        model = self.model_line()
        keep = set(self.form.keep.data)
        return [
            model._replace(
                volunteer_id=volunteer_id,
                minutes=self.form.own_minutes(volunteer_id) or 0,
                keep_both=volunteer_id in keep,
            )
            for volunteer_id in self.form.present.data
        ]

    def model_line(self) -> Line:
        """Return what all lines of the day share."""
        form = self.form
        return Line(
            volunteer_id=0,
            team_id=self.team.id,
            service_on=self.ground.on,
            minutes=form.minutes or 0,
            starts_minute=form.starts.data if form.ends.data is not None else None,
            content=form.content.data or "",
            place=form.place.data or None,
            note=form.note.data or None,
        )

    def new_friends(self) -> list[NewFriend]:
        """Return the new friends as they are handed in."""
        return [
            NewFriend(friend.name, friend.tail, self.form.friend_minutes(friend))
            for friend in self.form.friends
        ]

    def show_result(self, result: DayResult, lines: Sequence[Line]) -> None:
        """Come back with what was refused; what went through stands there as recorded."""
        self.outcomes = {
            line.volunteer_id: outcome
            for line, outcome in zip(lines, result.outcomes, strict=False)
        }
        of_friends = result.outcomes[len(lines) :]
        self.form.friends = [
            friend._replace(error=say(outcome.refusal))
            for friend, outcome in zip(self.form.friends, of_friends, strict=False)
            if outcome.refusal
        ]
        back = {"refused", "repeat"}
        self.checked = {id_ for id_, outcome in self.outcomes.items() if outcome.status in back}
        self.form.present.data = [id_ for id_ in self.form.present.data if id_ in self.checked]
        self.form.keep.data = [id_ for id_ in self.form.keep.data if id_ in self.checked]
        self.form.renew_key()
        self.roster = self._read_roster()

    # ── what is shown ─────────────────────────────────────────────────────────────────────

    def rows(self) -> list[Row]:
        """Return everybody: members first, then guests."""
        return DayRows(self.actor, self.roster, self.form, self.checked, self.outcomes).rows()

    def friend_rows(self) -> list[Friend]:
        """Return the rows for new friends: the typed ones, and room for more."""
        rows = [*self.form.friends, *[Friend()] * SPARE_FRIEND_ROWS]
        return rows[:MOST_FRIENDS]

    def errors(self, rows: Sequence[Row]) -> list[tuple[str | None, str]]:
        """Return what is wrong, each with the field it is about, for the summary on top."""
        said: list[tuple[str | None, str]] = [(None, str(each)) for each in self.form.form_errors]
        for field in self.form:
            target = "present-list" if field.name == "present" else field.id
            said += [(target, str(message)) for message in field.errors]
        said += [
            (
                f"present-{row.id}",
                _("%(name)s: %(what)s", name=row.name, what=row.error),
            )
            for row in rows
            if row.error
        ]
        return said + [
            (f"friend_name-{i}", _("%(name)s: %(what)s", name=each.name, what=each.error))
            for i, each in enumerate(self.form.friends)
            if each.error
        ]

    @property
    def asks_for_reason(self) -> bool:
        """An organiser may accept more than the daily limit, with a reason."""
        if self.entry.enters_as != "organiser":
            return False
        refused = [outcome.refusal for outcome in self.outcomes.values() if outcome.refusal]
        over = any(refusal.code == "daily_limit" for refusal in refused)
        return over or bool(self.form.over_limit_reason.data)

    @property
    def has_other_teams(self) -> bool:
        """Tell whether there may be another team to choose."""
        return len(self.actor.leads) > 1 or bool(self.actor.organises)

    @property
    def total_text(self) -> str:
        """Say how many are ticked and their hours together; the script keeps it up to date."""
        done = set(self.roster.recorded) - set(self.form.keep.data)
        present = self.checked - done
        minutes = sum(self.form.own_minutes(volunteer_id) or 0 for volunteer_id in present)
        return str(
            _("%(people)s people, %(hours)s hours", people=len(present), hours=hours(minutes))
        )

    @property
    def posting_note(self) -> str:
        """Say what will become of the day."""
        settings, on = self.ground.settings, self.ground.on
        if settings.two_people:
            return str(_("a second person approves"))
        if self.entry.enters_as == "organiser" or self.ground.is_timely(on):
            return str(_("counts at once"))
        return str(_("entered late: an organiser approves"))

    def day_choices(self) -> list[dict[str, Any]]:
        """Return the days one tap leads to; guests already added come along."""
        return day_choices(self.ground, self.team, self.guest_ids)

    @property
    def guest_ids(self) -> list[int]:
        """Return whom the form lists beside the members, so that another day lists them too."""
        known = set(self.roster.ids) - set(self.roster.recorded)
        return [guest_id for guest_id in self.form.guest.data if guest_id in known]


def _unnamed(guest: Guest) -> Guest:
    return guest._replace(name=masked_name(guest.name), name_keys="")
