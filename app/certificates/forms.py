"""Taking a certificate back, replacing it, and typing a code."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import DataRequired, InputRequired

from app.certificates.rules.refusals import CATEGORY_NAMES, LONGEST_REASON
from app.web.forms import Form, TextField, offered


class ReplaceForm(Form):
    """Why another one takes its place."""

    reason = TextField(_l("Reason"), [DataRequired(_l("Fill in the reason."))], most=LONGEST_REASON)


class RevokeForm(ReplaceForm):
    """Why it holds no longer, in public words and in one's own."""

    category = RadioField(
        _l("What its public page says"),
        choices=offered(
            (name, _l(text)) for name, text in CATEGORY_NAMES.items() if name != "replaced"
        ),
        validators=[InputRequired(_l("Choose one."))],
    )


class CodeForm(Form):
    """A code as it is printed."""

    code = TextField(_l("Verify code"), [DataRequired(_l("Fill in the code."))], most=100)
