"""The one form of redeeming: for whom, how many, and the price that was shown."""

from __future__ import annotations

from wtforms import HiddenField
from wtforms.validators import InputRequired, Length, NumberRange

from app.rewards.rules.items import MOST_PRICE_HUNDREDTHS
from app.rewards.rules.redeeming import MOST_AT_ONCE
from app.web.forms import Form, WholeField


class RedeemForm(Form):
    """Carries what the preview showed."""

    volunteer = HiddenField(validators=[Length(max=20)])
    quantity = WholeField(validators=[InputRequired(), NumberRange(1, MOST_AT_ONCE)])
    price = WholeField(validators=[InputRequired(), NumberRange(1, MOST_PRICE_HUNDREDTHS)])
