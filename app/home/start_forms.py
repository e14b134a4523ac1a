"""The form that founds a community."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, PasswordField
from wtforms.validators import DataRequired, Length, ValidationError

from app.errors import RuleBroken
from app.organisations.rules import check_code, check_name
from app.people.rules.names import normal_login_name
from app.people.rules.passwords import LONGEST_PASSWORD, check_password
from app.web.forms import Form, TextField
from app.web.saying import say


class Fits:
    """Asks a rule of the core already here, so that one round shows all that is wrong."""

    def __init__(self, check: Callable[[str], object]) -> None:
        self.check = check

    def __call__(self, _form: Any, field: Field) -> None:
        try:
            self.check(field.data or "")
        except RuleBroken as refusal:
            raise ValidationError(say(refusal)) from refusal


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
    founding_code = TextField(_l("Founding code"), most=40)

    def validate_password(self, field: Field) -> None:
        known = [self.login.data, self.name.data, self.code.data]
        Fits(lambda password: check_password(password, known))(self, field)
