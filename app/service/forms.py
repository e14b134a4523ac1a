"""What a day's form, a decision and a correction take; whatever is typed comes back as typed."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, SelectField, ValidationError
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, Optional

from app.service.rules import DAY_MINUTES
from app.web.filters import clock_time, hours
from app.web.forms import ClockField as ClockField
from app.web.forms import (
    DayField,
    Form,
    HoursField,
    IdsField,
    ParagraphField,
    TextField,
    parse_hours,
)

MOST_DECIDED = 100
MOST_FRIENDS = 8
LONGEST_NAME = 60
_TAIL = re.compile(r"[0-9]{4}")


class Friend(NamedTuple):
    """One row for a new friend, as typed."""

    name: str = ""
    tail: str = ""
    hours: str = ""
    error: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.name or self.tail)


class LogDayForm(Form):
    """A team's day. `do` says which button was pressed; only "record" records."""

    # Which day is another page; the form only says which page it was.
    service_on = HiddenField(validators=[DataRequired(_l("Choose the day.")), Length(max=10)])
    hours = HoursField(_l("Hours per person"))
    # What stood there before anybody typed: from and to may then take its place.
    proposed = HiddenField(validators=[Length(max=8)])
    starts = ClockField(_l("From"))
    ends = ClockField(_l("To"))
    next_day = BooleanField(_l("Ends the next day"))
    content = TextField(_l("What was done"), most=200)
    place = TextField(_l("Place"), most=200)
    note = ParagraphField(_l("Note"), most=1000)
    over_limit_reason = TextField(_l("Why more than the daily limit is right"), most=200)
    present = IdsField(_l("Who came"))
    guest = IdsField()
    keep = IdsField()
    find = TextField(_l("Find by name, initials or number"), most=60)
    find_guest = TextField(_l("Find a volunteer by name, number or end of the phone"), most=60)
    do = HiddenField(validators=[Length(max=20)])

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        """Keep what was sent: rows have fields of their own, named after the person."""
        super().process(formdata, *args, **kwargs)
        self.sent = self.meta.wrap_formdata(self, formdata)
        self.friends = self._friends()
        self.row_errors: dict[int, str] = {}

    def typed(self, name: str) -> str:
        """Return a field of a row as it was sent."""
        return str(self.sent.get(name, ""))[:100] if self.sent else ""

    def asks_for(self, name: str) -> str | None:
        """Return the value of the button with this name when it was the one pressed."""
        return str(self.sent[name]) if self.sent and name in self.sent else None

    def _friends(self) -> list[Friend]:
        rows = [
            Friend(
                self.typed(f"friend_name-{i}").strip(),
                unicodedata.normalize("NFKC", self.typed(f"friend_tail-{i}")).strip(),
                self.typed(f"friend_hours-{i}").strip(),
            )
            for i in range(MOST_FRIENDS)
        ]
        return [row for row in rows if not row.is_blank]

    # ── what it means ─────────────────────────────────────────────────────────────────────

    @property
    def minutes(self) -> int | None:
        """Return how long each: from and to where both are given, else the hours."""
        lasting = self._lasting()
        return lasting if lasting is not None else self.hours.data

    def _lasting(self) -> int | None:
        starts, ends = self.starts.data, self.ends.data
        if starts is None or ends is None:
            return None
        return int(ends - starts + (DAY_MINUTES if self.next_day.data else 0))

    def own_minutes(self, volunteer_id: int) -> int | None:
        """Return the minutes of one person; None when what was typed is no number of hours."""
        text = self.typed(f"hours-{volunteer_id}").strip()
        return parse_hours(text) if text else self.minutes

    # ── what it refuses ───────────────────────────────────────────────────────────────────

    def validate_hours(self, field: Field) -> None:
        rows = [self.typed(f"hours-{volunteer_id}") for volunteer_id in self.present.data]
        rows += [friend.hours for friend in self.friends]
        if self.minutes is None and not field.process_errors and not all(rows):
            raise ValidationError(_("Fill in how long each was there."))

    def validate_ends(self, field: Field) -> None:
        if (self.starts.data is None) != (field.data is None):
            raise ValidationError(_("Fill in both times, or neither."))
        lasting = self._lasting()
        if lasting is None:
            return
        if not 0 < lasting <= DAY_MINUTES:
            raise ValidationError(_("The end lies after the start; past midnight, tick the box."))
        typed = self.hours.data
        if typed not in (None, lasting) and self.typed("hours") != self.proposed.data:
            raise ValidationError(
                _(
                    "From %(starts)s to %(ends)s it is %(lasting)s hours, not %(typed)s.",
                    starts=clock_time(self.starts.data),
                    ends=clock_time(field.data),
                    lasting=hours(lasting),
                    typed=hours(typed),
                )
            )

    def validate_present(self, field: Field) -> None:
        if not field.data and not self.friends:
            raise ValidationError(_("Tick who came."))
        for volunteer_id in field.data:
            if self.own_minutes(volunteer_id) is None and self.minutes is not None:
                self.row_errors[volunteer_id] = _("Fill in hours such as 2 or 2.5.")
        self.friends = [self._checked(friend) for friend in self.friends]
        if self.row_errors or any(friend.error for friend in self.friends):
            raise ValidationError(_("Check the rows that are marked."))

    def _checked(self, friend: Friend) -> Friend:
        if not friend.name or not any(c.isalpha() for c in friend.name):
            return friend._replace(error=_("Fill in the name."))
        if any(unicodedata.category(c) in {"Cc", "Cs"} for c in friend.name):
            return friend._replace(error=_("Remove the characters that cannot be seen."))
        if not _TAIL.fullmatch(friend.tail):
            return friend._replace(error=_("Fill in the last 4 digits of the phone."))
        if friend.hours and parse_hours(friend.hours) is None:
            return friend._replace(error=_("Fill in hours such as 2 or 2.5."))
        return friend

    def friend_minutes(self, friend: Friend) -> int:
        """Return the minutes of a friend whose row was found right."""
        own = parse_hours(friend.hours) if friend.hours else self.minutes
        return own or 0


class ClosingForm(LogDayForm):
    """The closing of an activity: a team's day, at which perhaps nobody was."""

    service_on = HiddenField()
    nobody = BooleanField(_l("Nobody came"))
    no_show = IdsField()

    def validate_present(self, field: Field) -> None:
        is_empty = not field.data and not self.friends
        if is_empty and self.nobody.data:
            return
        if self.nobody.data:
            raise ValidationError(_("Either nobody came, or those who are ticked."))
        super().validate_present(field)


class ReasonForm(Form):
    """Take something back, with the reason where one is asked for."""

    reason = TextField(_l("Reason"), validators=[Optional()], most=200)


class SendBackForm(Form):
    """Send a record back: whoever recorded it reads why."""

    reason = TextField(_l("Reason"), [DataRequired(_l("Fill in the reason."))], most=200)


class WaitingForm(Form):
    """Decide on what is ticked; `do` says which button was pressed.

    The clean ones shown travel along: nothing is approved that was not on the page.
    """

    do = HiddenField(default="approve", validators=[AnyOf(("approve", "send_back", "clean"))])
    # A page shows fifty; more would keep everybody else waiting.
    record = IdsField(most=MOST_DECIDED)
    clean = IdsField(most=MOST_DECIDED)
    # Of several lines, so that Enter in it presses no button.
    reason = ParagraphField(_l("Reason"), most=200)

    @property
    def chosen(self) -> list[int]:
        """Return the records the button pressed is about."""
        return list(self.clean.data if self.do.data == "clean" else self.record.data)

    def validate_record(self, field: Field) -> None:
        if self.chosen:
            return
        if self.do.data == "send_back":
            raise ValidationError(_("Tick what you send back."))
        raise ValidationError(_("Tick what you approve."))

    def validate_reason(self, field: Field) -> None:
        if self.do.data == "send_back" and not (field.data or "").strip():
            raise ValidationError(_("Fill in the reason: whoever recorded it reads it."))


class CorrectionForm(Form):
    """What a record should have said."""

    service_on = DayField(_l("Date"), [InputRequired(_l("Fill in a date such as 2026-03-28."))])
    hours = HoursField(_l("Hours"), [InputRequired(_l("Fill in hours such as 2 or 2.5."))])
    starts = ClockField(_l("From"))
    team = SelectField(_l("Team"), validators=[InputRequired()])
    content = TextField(_l("What was done"), most=200)
    place = TextField(_l("Place"), most=200)
    reason = TextField(
        _l("Why it is corrected"), [DataRequired(_l("Fill in the reason."))], most=200
    )
