"""The one form of redeeming: for whom, how many, and the price and version that were shown."""

from __future__ import annotations

from wtforms import HiddenField
from wtforms.validators import InputRequired, Length, NumberRange

from app.rewards.operations.redeeming import Asked
from app.rewards.rules.items import MOST_PRICE_HUNDREDTHS
from app.rewards.rules.redeeming import MOST_AT_ONCE
from app.web.forms import Form, WholeField

BIGGEST_VERSION = 2**31 - 1


class RedeemForm(Form):
    """Carries what the preview showed."""

    volunteer = HiddenField(validators=[Length(max=20)])
    quantity = WholeField(validators=[InputRequired(), NumberRange(1, MOST_AT_ONCE)])
    price = WholeField(validators=[InputRequired(), NumberRange(1, MOST_PRICE_HUNDREDTHS)])
    version = WholeField(validators=[InputRequired(), NumberRange(1, BIGGEST_VERSION)])

    def asked(self, item_id: int) -> Asked:
        """Return what is wanted, and what was shown of it."""
        figures = (self.quantity.data or 0, self.price.data or 0, self.version.data)
        return Asked(item_id, *figures)
