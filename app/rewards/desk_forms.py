"""The forms of the desk: a code, handing over, cancelling, and the counter's consent."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, RadioField
from wtforms.validators import DataRequired, Length

from app.people.rules.passwords import LONGEST_PASSWORD
from app.rewards.operations.settling import LONGEST_REASON
from app.rewards.shelf_forms import RedeemForm
from app.web.forms import Form, TextField, offered

PIN, SIGNATURE = "pin", "signature"


class CodeForm(Form):
    """Six digits, as read out."""

    code = TextField(_l("Pick-up code"), [DataRequired(_l("Fill in the six digits."))], most=40)


class HandOverForm(Form):
    """Nothing but the button."""


class CancelForm(Form):
    """Why the desk takes it back."""

    reason = TextField(
        _l("Reason"), [DataRequired(_l("Give the reason in a few words."))], most=LONGEST_REASON
    )


class CounterForm(RedeemForm):
    """What the preview showed, and how the person agrees."""

    consent = RadioField(_l("How the person agrees"))
    pin = PasswordField(_l("Their PIN"), [Length(max=LONGEST_PASSWORD)])

    def offer(self, *, has_pin: bool, may_sign: bool) -> None:
        """Offer the PIN only to whoever has one; then only an organiser lets them sign."""
        ways = [(PIN, _l("They type their PIN"))] if has_pin else []
        if may_sign or not has_pin:
            ways.append((SIGNATURE, _l("They sign on the sheet")))
        self.consent.choices = offered(ways)
        if not self.is_submitted():
            self.consent.data = ways[0][0]
