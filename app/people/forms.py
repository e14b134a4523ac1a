"""Signing in, activating, changing the password."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import DataRequired, Length

from app.people.rules.passwords import LONGEST_PASSWORD
from app.web.forms import Form, TextField


def _password(label: Any, missing: Any) -> PasswordField:
    most = Length(max=LONGEST_PASSWORD, message=_l("A password has at most %(max)d characters."))
    return PasswordField(label, [DataRequired(missing), most])


class SignInForm(Form):
    account = TextField(
        _l("Volunteer number, phone or login name"),
        [DataRequired(_l("Fill in your volunteer number, phone or login name."))],
        most=80,
    )
    password = _password(_l("Password"), _l("Fill in your password."))


class ActivateForm(Form):
    account = TextField(
        _l("Volunteer number, phone or login name"),
        [DataRequired(_l("Fill in your volunteer number, phone or login name."))],
        most=80,
    )
    code = TextField(
        _l("Activation code"),
        [DataRequired(_l("Fill in the code from your slip of paper."))],
        most=40,
    )
    password = _password(_l("New password"), _l("Choose a password."))


class PasswordForm(Form):
    present = _password(_l("Present password"), _l("Fill in your present password."))
    password = _password(_l("New password"), _l("Choose a password."))
