"""The forms of the settings: a figure, a date, a points rule, a colour, an organisation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, RadioField, SelectField
from wtforms.validators import DataRequired, InputRequired, NumberRange, ValidationError
from wtforms.widgets import TextInput

from app.errors import N_
from app.organisations.rules import LONGEST_NAME, LONGEST_TEXT
from app.points.operations import MOST_HUNDREDTHS, MOST_PERCENT, MOST_STEP_HUNDREDTHS
from app.teams.forms import offered
from app.teams.operations.colours import LONGEST_THEME, PLAIN
from app.teams.queries import KeptColour
from app.web.filters import points
from app.web.forms import DayField, Form, TextField, WholeField

DECIMAL = re.compile(r"([0-9]{1,6})(?:[.。．]([0-9]{1,2}))?")
YES_NO = (("1", N_("Yes")), ("0", N_("No")))
DAY_KINDS = (("holiday", N_("Holiday")), ("working", N_("Working day")))
TONES = (
    ("pink", N_("Pink")),
    ("brown", N_("Brown")),
    ("olive", N_("Olive")),
    ("teal", N_("Teal")),
    ("slate", N_("Slate")),
    (PLAIN, N_("Plain grey")),
)
A_PARENT = InputRequired(_l("Choose an organisation."))
A_DATE = _l("Fill in a date such as 2026-03-28.")


class SettingForm(Form):
    """One figure, typed."""

    value = TextField(_l("Own value"), most=LONGEST_TEXT)


class FlagForm(Form):
    """One figure that is on or off."""

    value = RadioField(_l("Own value"), validators=[InputRequired(_l("Choose yes or no."))])

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.value.choices = offered((one, gettext(label)) for one, label in YES_NO)


class CorrectionForm(Form):
    """A date of the working calendar to be corrected."""

    day_on = DayField(_l("Date"), [DataRequired(A_DATE)])
    kind = RadioField(_l("This date is a"), default="holiday", validators=[InputRequired()])
    name = TextField(_l("Reason"), [DataRequired(_l("Fill in the reason."))], most=LONGEST_NAME)

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.kind.choices = offered((one, gettext(label)) for one, label in DAY_KINDS)


class SubstituteForm(Form):
    """A date that may stand in for its month's service day."""

    substitute_on = DayField(_l("Substitute date"), [DataRequired(A_DATE)])
    reason = TextField(_l("Reason"), [DataRequired(_l("Fill in the reason."))], most=LONGEST_TEXT)


class HundredthsField(Field):
    """Points as people type them (1.5); `data` is hundredths."""

    widget = TextInput()

    def __init__(self, label: Any = None, *, least: int, most: int, **kw: Any) -> None:
        super().__init__(label, **kw)
        self.least, self.most = least, most

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else points(self.data).replace(",", "")

    def process_formdata(self, valuelist: list[Any]) -> None:
        found = DECIMAL.fullmatch(str(valuelist[0]).strip()) if valuelist else None
        whole, digits = (found[1], found[2] or "") if found else ("", "")
        self.data = int(whole + digits.ljust(2, "0")) if found else None

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if self.data is None or not self.least <= self.data <= self.most:
            message = lazy_gettext(
                "Fill in a number from %(least)s to %(most)s, with at most two decimals.",
                least=points(self.least),
                most=points(self.most),
            )
            raise ValidationError(str(message))


def _percent(label: Any) -> WholeField:
    message = _l("Fill in a whole number from %(least)s to %(most)s.", least=0, most=MOST_PERCENT)
    return WholeField(label, [InputRequired(message), NumberRange(0, MOST_PERCENT, message)])


class RuleForm(Form):
    """The figures of a points rule; `rule_form` adds a rate for each colour."""

    service_day_percent = _percent(_l("Bonus of the service day, in percent"))
    service_month_percent = _percent(_l("Bonus of the service month, in percent"))
    step_hundredths = HundredthsField(
        _l("Points are rounded to steps of"), least=1, most=MOST_STEP_HUNDREDTHS
    )

    def __iter__(self) -> Iterator[Field]:
        """Yield the fields in the order of the page: the list of what is wrong follows it."""
        return iter(sorted(super().__iter__(), key=_place))

    def rates(self) -> dict[int, int]:
        """Return points per hour by colour, in hundredths."""
        found = {field.name: field.data for field in self if isinstance(field, HundredthsField)}
        return {
            int(name.removeprefix(RATE)): data
            for name, data in found.items()
            if name.startswith(RATE)
        }


class NewRuleForm(RuleForm):
    """The figures of a rule to be laid down, and from when they apply."""

    effective_from = DayField(_l("Applies to service from"), [DataRequired(A_DATE)])


RATE = "rate_"


def _place(field: Field) -> int:
    return 0 if field.name == "effective_from" else 1 if field.name.startswith(RATE) else 2


def rule_form(
    colours: Sequence[KeptColour], data: dict[str, Any], *, is_new: bool
) -> NewRuleForm | RuleForm:
    """Return the form of a rule with one rate for each colour."""
    base = NewRuleForm if is_new else RuleForm
    rates = {
        f"{RATE}{one.colour.id}": HundredthsField(
            f"{one.colour.glyph} {one.colour.name}", least=0, most=MOST_HUNDREDTHS
        )
        for one in colours
    }
    made: RuleForm = type(base.__name__, (base,), rates)(data=data)
    return made


class ThemeForm(Form):
    """The theme of a colour."""

    name = TextField(_l("Theme"), [DataRequired(_l("Fill in the theme."))], most=LONGEST_THEME)


class ColourForm(ThemeForm):
    """A colour to be added."""

    glyph = TextField(_l("Character"), [DataRequired(_l("Fill in one character."))], most=4)
    tone = RadioField(_l("Tone"), validators=[InputRequired(_l("Choose a tone."))])


class NodeForm(Form):
    """The name of an organisation."""

    name = TextField(
        _l("Name of the organisation"),
        [DataRequired(_l("Fill in the name of the organisation."))],
        most=LONGEST_NAME,
    )


class NewNodeForm(NodeForm):
    """An organisation to be made below another."""

    code = TextField(_l("Code"), [DataRequired(_l("Fill in a code."))], most=20)
    parent = SelectField(_l("Below"), coerce=int, validators=[A_PARENT])


class MoveForm(Form):
    """Where an organisation shall hang."""

    parent = SelectField(_l("Below"), coerce=int, validators=[A_PARENT])
