"""The forms of the stock: taking in, writing off, and the sheet of a stocktaking."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import DataRequired, InputRequired, NumberRange

from app.rewards.operations.counting import Count
from app.rewards.operations.stock import Donated
from app.rewards.queries.stock import CountLine
from app.rewards.rules.items import LONGEST_PLACE
from app.rewards.rules.stock import MOST_QUANTITY
from app.web.forms import BIGGEST_ID, Form, TextField, WholeField, offered

STOCK_FIELDS = {
    "bad_quantity": "quantity",
    "not_so_many": "quantity",
    "bad_partner": "partner",
    "two_donors": "donor",
    "reason_missing": "reason",
}
_COUNTED = re.compile(r"[0-9]{1,6}")
_QUANTITY = _l("Fill in a whole number from %(least)s to %(most)s.", least=1, most=MOST_QUANTITY)


class _MoveForm(Form):
    quantity = WholeField(
        _l("How many"), [InputRequired(_QUANTITY), NumberRange(1, MOST_QUANTITY, _QUANTITY)]
    )
    document = TextField(_l("Document"), most=LONGEST_PLACE)


class TakeInForm(_MoveForm):
    """What comes in, who gave it and the paper that says so."""

    partner = SelectField(_l("From a partner"))
    donor = TextField(_l("Or from somebody else"), most=LONGEST_PLACE)
    reason = TextField(_l("Remark"), most=LONGEST_PLACE)

    def offer_partners(self, partners: Sequence[tuple[int, str]]) -> None:
        """Let the partners be chosen that there are."""
        nobody = ("", gettext("No partner"))
        self.partner.choices = offered([nobody, *((str(one), name) for one, name in partners)])

    @property
    def donated(self) -> Donated:
        """Return who gave it."""
        partner_id = int(self.partner.data) if self.partner.data else None
        return Donated(partner_id, self.donor.data or "", self.document.data or "")


class WriteOffForm(_MoveForm):
    """What is damaged or spoilt, and how it came."""

    reason = TextField(_l("Reason"), [DataRequired(_l("Fill in the reason."))], most=LONGEST_PLACE)


@dataclass
class Counting:
    """One line of the sheet: the books, what was typed, and what comes of it."""

    line: CountLine
    typed: str = ""
    counted: int | None = None
    error: str = ""
    # What was typed when the differences were last shown.
    seen: str = ""
    has_moved: bool = False

    @property
    def difference(self) -> int | None:
        """How many more there are than the books say; None while nothing was counted."""
        return None if self.counted is None else self.counted - self.line.available

    @property
    def is_shown(self) -> bool:
        """Whether the difference was shown for just this count."""
        return self.counted is None or self.typed == self.seen


class CountForm(Form):
    """The sheet of a stocktaking; empty lines were not counted."""

    reason = TextField(
        _l("Remark"),
        [DataRequired(_l("Fill in the reason."))],
        most=LONGEST_PLACE,
        default=_l("Stocktaking"),
    )

    def read(self, lines: Sequence[CountLine], given: Mapping[str, str]) -> list[Counting]:
        """Return the sheet as it was sent."""
        return [_read(line, given) for line in lines]


def shown_of(counting: Counting, given: Mapping[str, str]) -> Count | None:
    """Return a count with what the books showed on the page it was typed into; None: forged."""
    item_id = counting.line.item_id
    shown, move_id = (_whole(given.get(f"{name}-{item_id}", "")) for name in ("shown", "move"))
    if shown is None or move_id is None or counting.counted is None:
        return None
    return Count(item_id, counting.counted, shown, move_id)


def _read(line: CountLine, given: Mapping[str, str]) -> Counting:
    typed = given.get(f"counted-{line.item_id}", "").strip()[:20]
    seen = given.get(f"seen-{line.item_id}", "")[:20]
    if not typed:
        return Counting(line, seen=seen)
    if not _COUNTED.fullmatch(typed) or int(typed) > MOST_QUANTITY:
        said: Any = lazy_gettext(
            "Fill in a whole number from %(least)s to %(most)s.", least=0, most=MOST_QUANTITY
        )
        return Counting(line, typed, error=str(said), seen=seen)
    return Counting(line, typed, int(typed), seen=seen)


def _whole(text: str) -> int | None:
    fits = text.isascii() and text.isdigit() and len(text) <= 18
    return int(text) if fits and int(text) <= BIGGEST_ID else None
