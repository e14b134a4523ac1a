"""A scheme as it is typed: what weighs, who may be awarded, titles and exclusions in rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField, RadioField, SelectField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired

from app.people.queries import volunteers_by_numbers
from app.people.rules.names import typed_number
from app.ranking.rules.schemes import LONGEST_TITLE, MOST_TITLES, Scheme, Title, Weights
from app.ranking.scheme_words import CATEGORY_WORDS, ORDERS
from app.web.forms import DayField, Form, HoursField, TextField, WholeField, offered

MOST_EXCLUSIONS = 200
LONGEST_REASON = 200
_WEIGHTS = tuple(Weights._fields)


class OrderForm(Form):
    """What may also be moved for a try: the order, the minimum, how many titles a person."""

    order = RadioField(_l("Order"), choices=offered(ORDERS.items()), default="default")
    per_hour = WholeField(_l("Per hour"), default=0)
    per_date = WholeField(_l("Per date served"), default=0)
    per_service_day = WholeField(_l("Per service day"), default=0)
    per_point = WholeField(_l("Per point"), default=0)
    minimum_minutes = HoursField(
        _l("Hours needed for a title"), [InputRequired(_l("Fill in hours such as 2 or 2.5."))]
    )
    titles_per_person = WholeField(
        _l("Titles a person may have"),
        [InputRequired(_l("Fill in a whole number in plain digits."))],
        default=1,
    )

    @property
    def weights(self) -> Weights | None:
        """What was typed as weights; None for the default order."""
        if self.order.data != "weights":
            return None
        return Weights(*(self[name].data or 0 for name in _WEIGHTS))

    def fill_order(self, scheme: Scheme) -> None:
        """Show what a scheme says."""
        self.order.data = "weights" if scheme.weights else "default"
        for name, weight in zip(_WEIGHTS, scheme.weights or (0, 0, 0, 0), strict=True):
            self[name].data = weight
        self.minimum_minutes.data = scheme.minimum_minutes
        self.titles_per_person.data = scheme.titles_per_person


class TitleRow(PlainForm):
    """One title: for whom, how many places, what it is called."""

    category = SelectField(_l("For"), choices=offered(CATEGORY_WORDS.items()))
    places = WholeField(_l("Places"), default=1)
    title = TextField(_l("Name of the title"), most=LONGEST_TITLE)


class ExclusionRow(PlainForm):
    """Somebody who receives no title, and why."""

    number = TextField(_l("Volunteer number"), most=40)
    reason = TextField(_l("Reason"), most=LONGEST_REASON)


class SchemeForm(OrderForm):
    """The whole of a scheme; rows without a title or a number are none."""

    member_since = DayField(_l("Member since, at the latest"))
    titles = FieldList(FormField(TitleRow), max_entries=MOST_TITLES)
    exclusions = FieldList(FormField(ExclusionRow), max_entries=MOST_EXCLUSIONS)

    def fill(self, scheme: Scheme, numbers: Mapping[int, str]) -> None:
        """Show what a scheme says; `numbers` names the people left out."""
        self.fill_order(scheme)
        self.member_since.data = scheme.member_since
        for title in scheme.titles:
            self.titles.append_entry(title._asdict())
        for volunteer_id, reason in scheme.exclusions.items():
            row = {"number": numbers.get(volunteer_id, ""), "reason": reason}
            self.exclusions.append_entry(row)

    def _left_out(self) -> list[Any]:
        return [row.form for row in self.exclusions if (row.form.number.data or "").strip()]

    def scheme(self, session: Session) -> tuple[Scheme, list[str]]:
        """Return the scheme that was typed, and the numbers nobody bears."""
        rows = {typed_number(row.number.data): row.reason.data for row in self._left_out()}
        known = volunteers_by_numbers(session, rows)
        titles = tuple(
            Title(row.form.category.data, row.form.places.data or 0, row.form.title.data or "")
            for row in self.titles
            if (row.form.title.data or "").strip()
        )
        found = Scheme(
            self.weights,
            self.minimum_minutes.data or 0,
            self.member_since.data,
            self.titles_per_person.data or 0,
            titles,
            {person.id: rows[number] or "" for number, person in known.items()},
        )
        return found, [number for number in rows if number not in known]
