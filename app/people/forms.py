"""Signing in, activating, changing the password or PIN."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, RadioField
from wtforms.validators import DataRequired, Length

from app.people.rules.passwords import LONGEST_PASSWORD
from app.web.forms import Form, TextField, offered

PIN, PASSWORD = "pin", "password"


def _secret(label: Any, missing: Any = None) -> PasswordField:
    most = Length(max=LONGEST_PASSWORD, message=_l("A password has at most %(max)d characters."))
    return PasswordField(label, [DataRequired(missing), most] if missing else [most])


def _account() -> TextField:
    return TextField(
        _l("Volunteer number, phone or login name"),
        [DataRequired(_l("Fill in your volunteer number, phone or login name."))],
        most=80,
    )


class SharedForm(Form):
    """A form that signs in, perhaps on a device that others use too."""

    is_shared = BooleanField(_l("Others use this device too"))


class SignInForm(SharedForm):
    account = _account()
    password = _secret(_l("Password or PIN"), _l("Fill in your password or PIN."))


class CardForm(SharedForm):
    secret = _secret(_l("PIN or password"), _l("Fill in your PIN or password."))


class CodeForm(SharedForm):
    """Whose account it is, and the code from the slip."""

    account = _account()
    code = TextField(
        _l("Activation code"),
        [DataRequired(_l("Fill in the code from your slip of paper."))],
        most=40,
    )


class PresentForm(Form):
    """The secret that is about to be changed."""

    present = _secret(_l("Present password or PIN"), _l("Fill in your present password or PIN."))


class ProofForm(Form):
    """A code of the app on one's phone, or one of the recovery codes."""

    proof = TextField(_l("Your code"), [DataRequired(_l("Fill in your code."))], most=40)


class ChoiceForm(Form):
    """A form with a new secret: a PIN or a password, whichever is chosen."""

    kind = RadioField(
        _l("How will you sign in?"),
        choices=offered([(PIN, _l("PIN of six digits")), (PASSWORD, _l("Password"))]),
        default=PASSWORD,
        validators=[],
    )
    pin = _secret(_l("New PIN"))
    password = _secret(_l("New password"))

    @property
    def is_pin(self) -> bool:
        """Whether a PIN was chosen."""
        return bool(self.kind.data == PIN)

    @property
    def chosen(self) -> str:
        """What was typed for whichever was chosen."""
        return str((self.pin if self.is_pin else self.password).data or "")

    @property
    def chosen_field(self) -> str:
        """The field that a refusal is about."""
        return PIN if self.is_pin else PASSWORD

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for what was chosen; what stands in the other field does not matter."""
        is_fit = bool(super().validate(extra_validators))
        if self.chosen:
            return is_fit
        field = self[self.chosen_field]
        missing = _l("Choose a PIN.") if self.is_pin else _l("Choose a password.")
        field.errors = [*field.errors, missing]
        return False


class ActivateForm(ChoiceForm, CodeForm):
    """Set the first or a new secret with a code."""


class ChangeForm(ChoiceForm, PresentForm):
    """Change one's own secret."""
