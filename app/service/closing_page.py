"""An activity's closing as its form shows it: a team's day, filled in from who was there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.activities.queries.checking import Present, presence
from app.activities.queries.open_on import OpenActivity
from app.activities.rules import ends_at
from app.service.access import Entry
from app.service.forms import ClosingForm
from app.service.log_page import DayPage
from app.service.log_rows import Row
from app.service.operations import Line, SignedIn
from app.service.roster import Roster, roster_of
from app.teams.rules import Actor
from app.web.filters import clock_time
from app.web.forms import hours_text


class ClosingPage(DayPage):
    """Everybody with a place and everybody who came, then the other members of the team."""

    form: ClosingForm
    is_closing = True

    def __init__(
        self,
        session: Session,
        actor: Actor,
        entry: Entry,
        form: ClosingForm,
        activity: Activity,
        now: datetime,
    ) -> None:
        self.activity = activity
        self._now = now
        form.service_on.data = activity.service_on.isoformat()
        super().__init__(session, actor, entry, form, now)
        if not form.is_submitted():
            self.checked = self._expected()

    # ── what is known ─────────────────────────────────────────────────────────────────────

    @property
    def placed(self) -> set[int]:
        """Return who had a place."""
        return {each.volunteer_id for each in self.presence.values() if each.sign_up == "placed"}

    @cached_property
    def presence(self) -> Mapping[int, Present]:
        """Everybody who has a place, waits or came."""
        found = presence(
            self.session, self.activity.id, now=self._now, settings=self.ground.settings
        )
        return {each.volunteer_id: each for each in found}

    def _read_activities(self) -> Sequence[OpenActivity]:
        return ()

    def _read_roster(self) -> Roster:
        wanted = [*self.form.guest.data, *self.form.present.data, *self.presence]
        roster = roster_of(
            self.session,
            self.team.id,
            self.ground.on,
            guest_ids=wanted,
            organisation_ids=self.organisation_ids if wanted else (),
            with_last=False,
        )
        return self._named(roster)

    @property
    def known(self) -> Collection[int]:
        """Return who is named whoever they are: everybody on the activity's lists."""
        return self.presence

    def _propose(self) -> None:
        if self.form.is_submitted():
            return
        self.form.hours.data = self.activity.minutes
        self.form.proposed.data = hours_text(self.activity.minutes)
        self.form.content.data = self.activity.title
        self.form.place.data = self.activity.place

    def _expected(self) -> set[int]:
        """Return who is ticked at first: who checked in, or where nobody did who had a place."""
        plan = (self.activity.service_on, self.activity.starts_minute, self.activity.minutes)
        over_at = ends_at(*plan, self.ground.settings.time_zone)
        came = {
            each.volunteer_id
            for each in self.presence.values()
            if each.stay is not None and each.stay.in_at < over_at and _stayed(each)
        }
        has_check_ins = any(each.stay for each in self.presence.values())
        return (came if has_check_ins else self.placed) - set(self.roster.recorded)

    # ── what is recorded ──────────────────────────────────────────────────────────────────

    def model_line(self) -> Line:
        """Return what all lines share; the plan says when it began."""
        line = super().model_line()
        if line.starts_minute is None:
            line = line._replace(starts_minute=self.activity.starts_minute)
        return line

    def signed_in(self) -> Mapping[int, SignedIn]:
        """Return what the check-ins prove; a leader's own tick is the leader's word."""
        return {
            each.volunteer_id: SignedIn(self._minute_in(each), each.credit.minutes)
            for each in self.presence.values()
            if each.stay is not None
            and "leader" not in (each.stay.in_by, each.stay.out_by)
            and each.credit is not None
        }

    def _minute_in(self, one: Present) -> int | None:
        if one.stay is None:
            return None
        local = one.stay.in_at.astimezone(ZoneInfo(self.ground.settings.time_zone))
        if local.date() != self.activity.service_on:
            return None
        return local.hour * 60 + local.minute

    # ── what is shown ─────────────────────────────────────────────────────────────────────

    def rows(self) -> list[Row]:
        """Return everybody: those of the activity first, with what is known of each."""
        rows = [self._known(row) for row in super().rows()]
        return sorted(rows, key=lambda row: row.id not in self.presence)

    def _known(self, row: Row) -> Row:
        one = self.presence.get(row.id)
        if one is None:
            return row
        own = row.own_hours
        if not self.form.is_submitted() and not row.recorded:
            own = self._proposed_hours(one)
        said = self._said(one)
        return row._replace(
            sub="·\u200b".join(filter(None, (row.sub, said))),
            own_hours=own,
            warning=" ".join(filter(None, (row.warning, self._caution(one)))),
        )

    def _proposed_hours(self, one: Present) -> str:
        if one.credit is None or one.credit.minutes in (0, self.activity.minutes):
            return ""
        return hours_text(one.credit.minutes)

    def _said(self, one: Present) -> str:
        if one.stay is None:
            return str(_("was waiting for a place")) if one.sign_up == "waiting" else ""
        came = self._clock(one.stay.in_at)
        if one.stay.out_at is None:
            return str(_("in %(came)s", came=came))
        return str(_("in %(came)s, out %(left)s", came=came, left=self._clock(one.stay.out_at)))

    def _clock(self, at: datetime) -> str:
        local = at.astimezone(ZoneInfo(self.ground.settings.time_zone))
        return clock_time(local.hour * 60 + local.minute)

    def _caution(self, one: Present) -> str:
        """Say what the leader should look at before confirming."""
        said = []
        if one.credit is not None and one.credit.is_forgotten:
            said.append(_("Did not check out: the planned end is proposed."))
        if one.credit is not None and one.credit.is_capped:
            said.append(_("Stayed longer than the plan; what is over it is not proposed."))
        if one.device_people > 1:
            said.append(_("One device for %(people)s people.", people=one.device_people))
        if one.stay is not None and one.stay.in_by == "paper_code":
            said.append(_("Came by the paper code, which proves little."))
        return " ".join(map(str, said))


def _stayed(one: Present) -> bool:
    """Tell whether somebody did not leave in the minute in which they came."""
    has_left = one.stay is not None and one.stay.out_at is not None
    return not has_left or (one.credit is not None and one.credit.minutes > 0)
