"""An objection in words, and its answer. What is typed comes back as typed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import DataRequired, InputRequired

from app.ranking.rules.objecting import LONGEST_WORDS
from app.web.forms import Form, ParagraphField, offered

OWN, ANOTHER, LIST = "own", "row", "list"
ABOUT = {
    OWN: _l("My own place"),
    ANOTHER: _l("The place chosen"),
    LIST: _l("The list as a whole"),
}
OUTCOMES = {
    "refused": _l("Refuse it: the list is right"),
    "upheld": _l("Uphold it: the records are mended and the list is corrected"),
}
SHOWN = {
    "public": _l("In public: your answer stands on the board, without names"),
    "private": _l("Only to whoever objected"),
}


class ObjectForm(Form):
    """What is not right, and with which place."""

    about = RadioField(
        _l("What is it about?"), validators=[InputRequired(_l("Choose what it is about."))]
    )
    words = ParagraphField(
        _l("In your own words"),
        [DataRequired(_l("Please say what is not right."))],
        most=LONGEST_WORDS,
    )


class AnswerObjectionForm(Form):
    """Uphold or refuse, with words; on the board or not."""

    outcome = RadioField(
        _l("Your answer"),
        choices=offered(OUTCOMES.items()),
        validators=[InputRequired(_l("Choose one of the two."))],
    )
    words = ParagraphField(
        _l("Reason"), [DataRequired(_l("Fill in the reason."))], most=LONGEST_WORDS
    )
    shown = RadioField(
        _l("Who reads it"),
        choices=offered(SHOWN.items()),
        validators=[InputRequired(_l("Choose who reads it."))],
    )


class WithdrawObjectionForm(Form):
    """Take an objection back."""
