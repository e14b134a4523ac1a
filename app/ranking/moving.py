"""What somebody tries in an address: a scheme with other weights, minimum or places."""

from __future__ import annotations

from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from app.errors import RuleBroken
from app.ranking.rules.schemes import Scheme, check_scheme
from app.ranking.scheme_forms import OrderForm
from app.web.saying import say

_MOST_DIGITS = 6


class Moved(NamedTuple):
    """The scheme that is tried, or what is wrong with it; and the form as it was typed."""

    scheme: Scheme | None
    form: OrderForm
    places: list[str]


def moved_scheme(saved: Scheme, given: MultiDict[str, str]) -> Moved:
    """Return a saved scheme with what the address moves; what it leaves out stays as saved."""
    form = OrderForm(formdata=None, meta={"csrf": False})
    form.fill_order(saved)
    typed = [str(title.places) for title in saved.titles]
    if not given:
        return Moved(saved, form, typed)
    whole = {field.name: field._value() for field in form if field.name in _VALUES}
    whole["order"] = form.order.data
    whole |= {name: given[name] for name in (*_VALUES, "order") if name in given}
    form = OrderForm(formdata=MultiDict(whole), meta={"csrf": False})
    typed = [given.get(f"places-{at}", places) for at, places in enumerate(typed)]
    return Moved(_scheme(saved, form, typed), form, typed)


_VALUES = (
    *("per_hour", "per_date", "per_service_day", "per_point"),
    *("minimum_minutes", "titles_per_person"),
)


def _scheme(saved: Scheme, form: OrderForm, typed: list[str]) -> Scheme | None:
    if not form.validate():
        return None
    titles = tuple(
        title._replace(places=_whole(text)) for title, text in zip(saved.titles, typed, strict=True)
    )
    found = saved._replace(
        weights=form.weights,
        minimum_minutes=form.minimum_minutes.data or 0,
        titles_per_person=form.titles_per_person.data or 0,
        titles=titles,
    )
    try:
        check_scheme(found, {})
    except RuleBroken as refusal:
        form.form_errors.append(say(refusal))
        return None
    return found


def _whole(text: str) -> int:
    fits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if fits else 0
