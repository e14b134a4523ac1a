"""Change many people's cards at once; the roster that asks for it leaves the trail row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import Statement, for_sqlite, many
from app.db import is_postgresql
from app.people.rules.names import name_keys

_UPDATE = Statement(
    "UPDATE volunteers SET organisation_id = ?2, number = ?3, name = ?4, name_keys = ?5, "
    "phone = ?6, kind = ?7, sex = ?8, born_on = ?9, state = ?10 WHERE id = ?1",
    "UPDATE volunteers v SET organisation_id = r.b, number = r.c, name = r.d, name_keys = r.e, "
    "phone = r.f, kind = r.g, sex = r.h, born_on = r.i, state = r.j FROM {rows} WHERE v.id = r.a",
    ("bigint", "bigint", *("text",) * 6, "date", "text"),
)


class Card(NamedTuple):
    """What is kept of a person, as it shall be."""

    id: int
    organisation_id: int
    number: str | None
    name: str
    phone: str | None
    kind: str
    sex: str | None
    born_on: date | None
    state: str


def update_cards(session: Session, cards: Sequence[Card]) -> None:
    """Write people's cards, whose fields have been judged, by one statement."""
    to_text = not is_postgresql(session)
    rows = [
        (
            *card[:4],
            name_keys(card.name),
            *card[4:7],
            for_sqlite(card.born_on) if to_text else card.born_on,
            card.state,
        )
        for card in cards
    ]
    many(session, _UPDATE, rows)
