"""The forms of whoever keeps the shelf: an item, a partner, days on which one redeems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional

from app.activities.rules.series import WEEKDAYS
from app.errors import N_
from app.pictures.fields import PictureField
from app.rewards.operations.shelf import DEFAULT_LOW_AT, Kept
from app.rewards.rules.items import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_PLACE,
    LONGEST_WORD,
    MOST_LIMIT,
    MOST_STARS,
    ItemSaid,
)
from app.rewards.rules.stock import MOST_QUANTITY
from app.rewards.rules.windows import LAST_DAY, Window
from app.web.filters import points
from app.web.forms import (
    DayField,
    Form,
    IdsField,
    ParagraphField,
    PointsField,
    TextField,
    WholeField,
    offered,
)

KINDS = (("goods", N_("Goods")), ("service", N_("A service")))
PERIODS = (
    ("", N_("No limit")),
    ("month", N_("a month")),
    ("quarter", N_("a quarter")),
    ("year", N_("a year")),
)
WINDOW_KINDS = (
    ("month_day", N_("A day of every month")),
    ("weekday", N_("A day of every week")),
    ("dates", N_("Dates, such as a fair")),
)
# At which field a refusal is shown.
ITEM_FIELDS = {
    "bad_item_name": "name",
    "bad_price": "price",
    "dates_cross": "until_on",
    "bad_limit": "limit_count",
    "bad_stars": "least_stars",
    "bad_partner": "partner",
    "bad_quantity": "low_at",
}
PARTNER_FIELDS = {"bad_partner_name": "name", "partner_there": "name"}
_WHOLE = _l("Fill in a whole number from %(least)s to %(most)s.", least=0, most=MOST_QUANTITY)


class PriceField(PointsField):
    """Points an item costs, shown as they would be typed."""

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return super()._value()
        return points(self.data).replace(",", "")


class ItemForm(Form):
    """Everything an item says, and what is kept beside it."""

    name = TextField(
        _l("Item name"), [DataRequired(_l("Fill in the name of the item."))], most=LONGEST_NAME
    )
    kind = RadioField(_l("What it is"), default="goods", validators=[InputRequired()])
    price = PriceField(_l("Price in points"), [InputRequired(_l("Fill in the price in points."))])
    measure = TextField(
        _l("Counted in"),
        [DataRequired(_l("Fill in what it is counted in."))],
        most=LONGEST_WORD,
        default=_l("pieces"),
    )
    category = TextField(
        _l("Category"), [DataRequired(_l("Fill in a category."))], most=LONGEST_WORD
    )
    description = ParagraphField(_l("Description"), most=LONGEST_DESCRIPTION)
    photo = PictureField(_l("Photo"))
    keep_photo = BooleanField(_l("Keep this photo"), default=True)
    partner = SelectField(_l("Offered by"))
    from_on = DayField(_l("On the shelf from"), [Optional()])
    until_on = DayField(_l("On the shelf until"), [Optional()])
    limit_count = WholeField(
        _l("At most so many for one person"),
        [Optional(), NumberRange(1, MOST_LIMIT, _l("Fill in a whole number."))],
    )
    limit_period = SelectField(_l("Within"))
    least_stars = SelectField(_l("For volunteers from"))
    colours = IdsField(_l("Only for the teams"), most=200)
    collect_at = TextField(_l("Where and when to collect it"), most=LONGEST_PLACE)
    low_at = WholeField(
        _l("Running out from"),
        [InputRequired(_WHOLE), NumberRange(0, MOST_QUANTITY, _WHOLE)],
        default=DEFAULT_LOW_AT,
    )
    version = HiddenField()

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.kind.choices = offered((one, gettext(label)) for one, label in KINDS)
        self.limit_period.choices = offered((one, gettext(label)) for one, label in PERIODS)
        stars = [(str(one), gettext("%(stars)s stars", stars=one)) for one in _stars()]
        self.least_stars.choices = offered([("", gettext("Everybody")), *stars])

    def offer_partners(self, partners: Sequence[tuple[int, str]]) -> None:
        """Let the partners be chosen that there are."""
        nobody = ("", gettext("The organisation itself"))
        self.partner.choices = offered([nobody, *((str(one), name) for one, name in partners)])

    @property
    def shown_version(self) -> int:
        """Return the version the page showed; 0, which none is, when it says nonsense."""
        given = self.version.data or ""
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0

    def kept(self, picture_id: int | None) -> Kept:
        """Return what the item shall say; the photo of before goes along where it is kept."""
        return Kept(
            ItemSaid(
                name=self.name.data or "",
                description=self.description.data or "",
                measure=self.measure.data or "",
                category=self.category.data or "",
                price_hundredths=self.price.data or 0,
                partner_id=int(self.partner.data) if self.partner.data else None,
                picture_id=picture_id if self.keep_photo.data else None,
                from_on=self.from_on.data,
                until_on=self.until_on.data,
                limit_count=self.limit_count.data,
                limit_period=self.limit_period.data or None,
                least_stars=int(self.least_stars.data) if self.least_stars.data else None,
                colour_ids=frozenset(self.colours.data or ()),
                collect_at=self.collect_at.data or "",
            ),
            self.kind.data,
            self.low_at.data or 0,
        )


class PressForm(Form):
    """Nothing but the button."""


class PartnerForm(Form):
    """A partner unit."""

    name = TextField(
        _l("Name of the partner"),
        [DataRequired(_l("Fill in the name of the partner."))],
        most=LONGEST_NAME,
    )
    contact = TextField(_l("Whom to ask there"), most=LONGEST_PLACE)


class WindowForm(Form):
    """Days on which one redeems."""

    kind = RadioField(_l("Which days"), default="month_day", validators=[InputRequired()])
    month_day = WholeField(_l("Day of the month"), [Optional(), NumberRange(1, LAST_DAY)])
    weekday = SelectField(_l("Weekday"))
    from_on = DayField(_l("First day"), [Optional()])
    until_on = DayField(_l("Last day"), [Optional()])
    title = TextField(_l("What these days are called"), most=LONGEST_NAME)

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.kind.choices = offered((one, gettext(label)) for one, label in WINDOW_KINDS)
        days = [(str(at), gettext(name)) for at, name in enumerate(WEEKDAYS)]
        self.weekday.choices = offered(days)

    @property
    def window(self) -> Window:
        """Return the rule of the chosen kind; what was typed for another kind is left out."""
        kind = self.kind.data
        if kind == "dates":
            return Window(kind, None, self.from_on.data, self.until_on.data)
        on = int(self.weekday.data) if kind == "weekday" else self.month_day.data
        return Window(kind, on, None, None)


def form_data(kept: Kept, version: int) -> dict[str, Any]:
    """Return what a form shows of an item as it stands."""
    said = kept.said
    return {
        **said._asdict(),
        "price": said.price_hundredths,
        "partner": "" if said.partner_id is None else str(said.partner_id),
        "limit_period": said.limit_period or "",
        "least_stars": "" if said.least_stars is None else str(said.least_stars),
        "colours": sorted(said.colour_ids),
        "kind": kept.kind,
        "low_at": kept.low_at,
        "keep_photo": True,
        "version": str(version),
    }


def _stars() -> range:
    return range(1, MOST_STARS + 1)
