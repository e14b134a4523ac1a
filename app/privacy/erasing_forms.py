"""The forms of an erasure."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, Optional

from app.people.rules.names import LONGEST_NUMBER
from app.privacy.rules.erasing import LONGEST_REASON
from app.web.forms import Form, TextField


class EraseForm(Form):
    """The number typed again, and why."""

    number = TextField(
        _l("Volunteer number, typed again"),
        [DataRequired(_l("Type the volunteer number."))],
        most=LONGEST_NUMBER,
    )
    reason = TextField(_l("Reason"), [Optional()], most=LONGEST_REASON)


class RefusalForm(Form):
    """Why it cannot be done."""

    answer = TextField(_l("Reason"), [DataRequired(_l("Say why."))], most=LONGEST_REASON)
