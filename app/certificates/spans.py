"""Which time a certificate is to tell of: a year, a lifetime, or a first and a last day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _
from wtforms import HiddenField
from wtforms.validators import Length

from app.certificates.rules import BadSpan
from app.web.forms import Form

LIFETIME, RANGE = "lifetime", "range"


class IssueForm(Form):
    """Carries the span that was previewed."""

    span = HiddenField(validators=[Length(max=10)])
    from_on = HiddenField(validators=[Length(max=10)])
    until_on = HiddenField(validators=[Length(max=10)])


class Span(NamedTuple):
    """A span as it was asked for; no dates stand for a lifetime."""

    name: str
    from_on: date | None
    until_on: date | None


def span_from(given: Mapping[str, Any], today: date) -> Span | None:
    """Return the span asked for, None where none was; raises BadSpan where it is none."""
    name = str(given.get("span") or "")
    if name == LIFETIME:
        return Span(name, None, None)
    if name == RANGE:
        return Span(name, _day(given.get("from_on")), _day(given.get("until_on")))
    if not name:
        return None
    if not (name.isascii() and name.isdigit() and len(name) == 4 and int(name) >= 1900):
        raise BadSpan
    # Of the year under way what has been of it.
    until_on = min(date(int(name), 12, 31), today)
    return Span(name, date(int(name), 1, 1), until_on)


def _day(given: Any) -> date:
    with suppress(ValueError):
        if len(str(given)) == 10:
            return date.fromisoformat(str(given))
    raise BadSpan


def span_choices(
    years: Sequence[int], chosen: str, endpoint: str, **values: Any
) -> list[dict[str, Any]]:
    """Return the ways to choose a span in one tap."""
    names = [(str(year), _("%(year)s", year=year)) for year in years]
    names += [(LIFETIME, _("Everything served")), (RANGE, _("From a day to a day"))]
    return [
        {
            "url": url_for(endpoint, span=name, **values),
            "label": label,
            "current": name == chosen,
        }
        for name, label in names
    ]
