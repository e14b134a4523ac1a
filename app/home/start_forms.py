"""The form that founds a community."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import DataRequired, Length

from app.people.rules.passwords import LONGEST_PASSWORD
from app.web.forms import Form, TextField


class FoundingForm(Form):
    name = TextField(
        _l("Name of the community"), [DataRequired(_l("Fill in the community's name."))], most=60
    )
    code = TextField(_l("Short code"), [DataRequired(_l("Choose a short code."))], most=20)
    login = TextField(
        _l("Your login name"), [DataRequired(_l("Choose the name you will sign in with."))], most=40
    )
    password = PasswordField(
        _l("Your password"),
        [
            DataRequired(_l("Choose a password.")),
            Length(max=LONGEST_PASSWORD, message=_l("A password has at most %(max)d characters.")),
        ],
    )
    founding_code = TextField(_l("Founding code"), most=40)
