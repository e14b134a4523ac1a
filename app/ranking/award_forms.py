"""What is asked for, and how it is answered; what was typed comes back as typed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import AnyOf, DataRequired, InputRequired
from wtforms.widgets import HiddenInput

from app.ranking.rules.stages import ASKED_FOR
from app.web.forms import DayField, Form, TextField, WholeField

LONGEST_REASON = 400


class AskForm(Form):
    """For a notice, a correction or the final list; a correction says why."""

    asked_for = HiddenField(validators=[AnyOf(ASKED_FOR)])
    reason = TextField(_l("Reason"), most=LONGEST_REASON, id="ask-reason")


class AnswerForm(Form):
    """Confirm it, or withdraw it: the question that was seen."""

    freeze = WholeField(widget=HiddenInput(), validators=[InputRequired()], id="answered")


class ReasonForm(AnswerForm):
    """Refuse it, or do it alone: with a reason."""

    reason = TextField(
        _l("Reason"),
        [DataRequired(_l("Fill in the reason."))],
        most=LONGEST_REASON,
        id="answer-reason",
    )


class ExtendForm(Form):
    """Until when the notice lasts, and why."""

    until_on = DayField(
        _l("Last day of the notice"), [InputRequired(_l("Fill in a date such as 2026-03-28."))]
    )
    reason = TextField(
        _l("Reason"),
        [DataRequired(_l("Fill in the reason."))],
        most=LONGEST_REASON,
        id="extend-reason",
    )
