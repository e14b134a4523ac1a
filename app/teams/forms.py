"""The forms of the desks: a person, a membership, a team, a role."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField, SelectField, TelField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from app.errors import N_
from app.people.rules.names import (
    checked_birth_date,
    normal_name,
    normal_number,
    normal_phone,
)
from app.teams.access import today
from app.web.forms import DayField, Fits, Form, TextField, check_text
from app.web.forms import offered as offered

KINDS = (
    ("party", N_("Party member")),
    ("social", N_("Social worker")),
    ("resident", N_("Resident")),
)
SEXES = (("", N_("Not given")), ("female", N_("Female")), ("male", N_("Male")))
MEMBER_ROLES = (("member", N_("Member")), ("leader", N_("Team leader")))
GRANTED_ROLES = (
    ("organiser", N_("Organiser")),
    ("auditor", N_("Auditor")),
    ("admin", N_("Administrator")),
)


def said(choices: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return choices in the reader's language, by value."""
    return {value: gettext(label) for value, label in choices}


class PersonForm(Form):
    """A person's card. The phone is asked for, never shown in full."""

    name = TextField(
        _l("Name"), [DataRequired(_l("Fill in the name.")), Fits(normal_name)], most=60
    )
    phone = TelField(_l("Phone"), [Optional(), Length(max=30), check_text, Fits(normal_phone)])
    kind = RadioField(_l("Kind"), default="resident")
    sex = RadioField(_l("Sex"), default="")
    born_on = DayField(_l("Date of birth"), [Optional()])

    def validate_born_on(self, field: Field) -> None:
        Fits(lambda _day: checked_birth_date(field.data, today()))(self, field)


class NewPersonForm(PersonForm):
    """A person to be added."""

    organisation = SelectField(_l("Organisation"), coerce=int)
    number = TextField(_l("Volunteer number"), [Optional(), Fits(normal_number)], most=32)
    team = SelectField(_l("Team"), coerce=int, default=0)
    from_on = DayField(_l("Member since"), [Optional()])
    is_another = BooleanField(_l("This is another person"))
    # Asked only of whoever has not said which volunteer they are.
    is_me = RadioField(
        _l("Is this you?"),
        choices=offered([("yes", _l("Yes, that is me")), ("no", _l("No, another person"))]),
        validators=[Optional()],
    )


class EditPersonForm(PersonForm):
    """A person who is known."""

    forget_phone = BooleanField(_l("Remove the phone"))


class JoinForm(Form):
    """A membership to begin."""

    team = SelectField(_l("Team"), coerce=int, validators=[InputRequired()])
    role = RadioField(_l("Role in the team"), default="member")
    from_on = DayField(_l("From"), [DataRequired(_l("Fill in a date such as 2026-03-28."))])


class MemberForm(Form):
    """A person whom a leader takes into the team; the name must be the number's."""

    number = TextField(_l("Volunteer number"), [DataRequired(_l("Fill in the number."))], most=32)
    name = TextField(_l("Name"), [DataRequired(_l("Fill in the name."))], most=60)


class OneselfForm(MemberForm):
    """Who one is; number and name must belong together."""


class TeamForm(Form):
    """A team."""

    name = TextField(
        _l("Name of the team"), [DataRequired(_l("Fill in the name of the team."))], most=40
    )
    colour = RadioField(
        _l("Colour"), coerce=int, validators=[InputRequired(_l("Choose the team's colour."))]
    )
    organisation = SelectField(_l("Organisation"), coerce=int)


class NewTeamForm(TeamForm):
    """A team to be made."""

    code = TextField(_l("Team code"), [DataRequired(_l("Fill in a code."))], most=32)


class RoleForm(Form):
    """A role an administrator grants."""

    role = SelectField(_l("Role"), id="granted-role")
    organisation = SelectField(_l("Organisation"), coerce=int)
    until_on = DayField(_l("Until"), [Optional()])
