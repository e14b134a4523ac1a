"""Stars and a word."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.evaluations.rules import LONGEST_WORD, MOST_STARS
from app.web.forms import Form, ParagraphField, offered


class EvaluationForm(Form):
    """One to five stars, and a word if wanted."""

    stars = RadioField(
        _l("How was it?"),
        choices=offered((str(one), str(one)) for one in range(1, MOST_STARS + 1)),
        validators=[InputRequired(_l("Choose a number of stars."))],
        validate_choice=True,
    )
    word = ParagraphField(_l("A word, if you like"), most=LONGEST_WORD)

    @property
    def given(self) -> tuple[int, str]:
        """Return stars and word of a form that was found right."""
        return int(self.stars.data), self.word.data or ""
