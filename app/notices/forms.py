"""Where one wants to be reached, and the code that proves it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, Regexp

from app.notices.rules import CODE_DIGITS, LONGEST_ADDRESS
from app.web.forms import Form, TextField


class AddressForm(Form):
    """An address to be confirmed."""

    address = TextField(
        _l("E-mail address"), [DataRequired(_l("Fill in the address."))], most=LONGEST_ADDRESS
    )


class CodeForm(Form):
    """The code that was sent there."""

    code = TextField(
        _l("Code from the message"),
        [
            DataRequired(_l("Fill in the code that was sent.")),
            Regexp(rf"^[0-9]{{{CODE_DIGITS}}}$", message=_l("The code has 6 digits.")),
        ],
        most=CODE_DIGITS + 6,
    )
