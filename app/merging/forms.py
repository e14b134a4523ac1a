"""Why two people are one, and of what differs whose is right."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import DataRequired

from app.web.forms import Form, TextField

LONGEST_REASON = 200


class MergeForm(Form):
    """The reason; the rest of the choices are plain radio buttons beside it."""

    gone = HiddenField()
    # What the preview showed: where the books moved since, it is shown again.
    seen = HiddenField()
    reason = TextField(
        _l("How do you know that they are one?"),
        [DataRequired(_l("Say in a few words how you know that these are one person."))],
        most=LONGEST_REASON,
    )
