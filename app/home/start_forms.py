"""The form that founds a community."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, PasswordField
from wtforms.validators import DataRequired, Length, Optional

from app.organisations.rules import check_code, check_name
from app.people.rules.names import normal_login_name, normal_name, normal_number
from app.people.rules.passwords import LONGEST_PASSWORD, check_password
from app.web.forms import Fits, Form, TextField


class FoundingForm(Form):
    name = TextField(
        _l("Name of the community"),
        [DataRequired(_l("Fill in the community's name.")), Fits(check_name)],
        most=60,
    )
    code = TextField(
        _l("Short code"), [DataRequired(_l("Choose a short code.")), Fits(check_code)], most=20
    )
    login = TextField(
        _l("Your login name"),
        [DataRequired(_l("Choose the name you will sign in with.")), Fits(normal_login_name)],
        most=40,
    )
    password = PasswordField(
        _l("Your password"),
        [
            DataRequired(_l("Choose a password.")),
            Length(max=LONGEST_PASSWORD, message=_l("A password has at most %(max)d characters.")),
        ],
    )
    # Whoever founds mostly serves too; known from the start, they approve nothing of their own.
    person = TextField(_l("Your name"), [Optional(), Fits(normal_name)], most=60)
    is_volunteer = BooleanField(_l("I serve too: add me as a volunteer"), default=True)
    number = TextField(_l("Your volunteer number"), [Optional(), Fits(normal_number)], most=32)
    founding_code = TextField(_l("Founding code"), most=40)

    def validate_password(self, field: Field) -> None:
        known = [self.login.data, self.name.data, self.code.data]
        Fits(lambda password: check_password(password, known))(self, field)
