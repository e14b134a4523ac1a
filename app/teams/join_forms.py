"""The forms of asking: to join, to leave, for somebody who acts; and of the answers."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField, SelectField, SelectMultipleField, TelField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from app.people.rules.consent import is_child
from app.people.rules.names import checked_birth_date, normal_name, normal_phone
from app.teams.access import today
from app.teams.forms import offered
from app.web.forms import DayField, Fits, Form, ParagraphField, TextField, check_text

ADULT, CHILD = "adult", "child"
GUARDIAN, HELPER = "guardian", "helper"


class JoinRequestForm(Form):
    """A visitor asks to join."""

    name = TextField(
        _l("Name"), [DataRequired(_l("Fill in the name.")), Fits(normal_name)], most=60
    )
    phone = TelField(
        _l("Phone"),
        [
            DataRequired(_l("Fill in a phone number: it is how you are told the answer.")),
            Length(max=30),
            check_text,
            Fits(normal_phone),
        ],
    )
    teams = SelectMultipleField(_l("Which teams you would like"), coerce=int)
    age = RadioField(
        _l("Age"),
        choices=offered([(ADULT, _l("14 or older")), (CHILD, _l("Under 14"))]),
        validators=[InputRequired(_l("Say whether the volunteer is 14 or older."))],
    )
    born_on = DayField(_l("Date of birth"), [Optional()])
    guardian_name = TextField(_l("Guardian's name"), most=60)
    guardian_phone = TelField(
        _l("Guardian's phone"), [Optional(), Length(max=30), check_text, Fits(normal_phone)]
    )
    guardian_agrees = BooleanField(
        _l(
            "I am the guardian, I have read the notice for children and their guardians and agree"
            " for the child"
        )
    )
    agrees = BooleanField(
        _l("I have read the privacy notice and agree"),
        [InputRequired(_l("Without your consent nothing may be kept. Tick it to go on."))],
    )
    # No person sees it; machines fill in whatever there is.
    homepage = TextField(_l("Leave this empty"), most=200)

    def validate_born_on(self, field: Field) -> None:
        Fits(lambda _day: checked_birth_date(field.data, today()))(self, field)

    def validate(self, extra_validators: object = None) -> bool:
        """Ask for the guardian where the age does."""
        is_fit = bool(super().validate(extra_validators))
        return self._guardian_is_there() and is_fit

    def _guardian_is_there(self) -> bool:
        is_young = is_child(self.born_on.data, today())
        if self.age.data == CHILD and not is_young:
            missing = not self.born_on.data
            self.born_on.errors = [
                _("For a child the date of birth is needed.")
                if missing
                else _("This date is of somebody who is 14 or older.")
            ]
            return False
        if self.age.data == ADULT and is_young:
            self.age.errors = [_("This date of birth is of somebody under 14.")]
            return False
        if not is_young:
            return True
        if not self.guardian_name.data:
            self.guardian_name.errors = [_("Fill in the guardian's name.")]
        if not self.guardian_phone.data:
            self.guardian_phone.errors = [_("Fill in the guardian's phone.")]
        if not self.guardian_agrees.data:
            self.guardian_agrees.errors = [_("A child may join only if the guardian agrees.")]
        fields = (self.guardian_name, self.guardian_phone, self.guardian_agrees)
        return not any(field.errors for field in fields)


class AcceptForm(Form):
    """The team that takes somebody in."""

    team = SelectField(_l("Which team takes them in"), coerce=int)
    is_another = BooleanField(_l("This is another person"))


class MatchForm(Form):
    """Somebody who is known already."""

    number = TextField(
        _l("Volunteer number"),
        [DataRequired(_l("Choose the person, or fill in a number."))],
        most=32,
    )
    team = SelectField(_l("Which team takes them in"), coerce=int)


class WhyForm(Form):
    """A reason that somebody will read."""

    reason = ParagraphField(_l("Reason"), [DataRequired(_l("Say why in a few words."))], most=200)


class AnswerForm(Form):
    """Yes, or no with a reason."""

    reason = ParagraphField(_l("Reason"), most=200)


class AskTeamForm(Form):
    """A team somebody would like to join."""

    team = SelectField(_l("Team"), coerce=int)


class LeaveForm(Form):
    """The last day in a team."""

    last_on = DayField(
        _l("Last day in the team"), [DataRequired(_l("Fill in a date such as 2026-03-28."))]
    )


class HelperForm(Form):
    """Somebody who shall act for one; number and name must belong together."""

    number = TextField(
        _l("Their volunteer number"), [DataRequired(_l("Fill in the number."))], most=32
    )
    name = TextField(_l("Their name"), [DataRequired(_l("Fill in the name."))], most=60)


class ActingForm(HelperForm):
    """Who shall act for somebody, as an organiser writes it down."""

    kind = RadioField(
        _l("As"),
        default=HELPER,
        choices=offered([(GUARDIAN, _l("Guardian")), (HELPER, _l("Helper"))]),
    )
    from_on = DayField(_l("From"), [DataRequired(_l("Fill in a date such as 2026-03-28."))])
    until_on = DayField(_l("Last day"), [Optional()])
    consent = TextField(
        _l("How the person agreed"),
        [DataRequired(_l("Write down how the person agreed."))],
        most=200,
    )


# Who signed a paper: the person, a guardian who is no volunteer here, or a guardian by id.
THE_PERSON, ANOTHER_GUARDIAN = "person", "guardian"


class NamingForm(Form):
    """Who signed the paper on which somebody agreed to be named."""

    signed = RadioField(
        _l("Who signed the paper"), validators=[InputRequired(_l("Say who signed."))]
    )
