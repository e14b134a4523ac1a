"""The forms by which organisations are merged, split and retired, and people moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from app.organisations.rules import LONGEST_NAME, LONGEST_TEXT
from app.settings.operations import Part
from app.web.forms import BIGGEST_ID, Form, ParagraphField

MOST_PARTS = 20
LONGEST_CODE = 20
STAYS = ""


class ReasonForm(Form):
    """Why the tree is changed: it stands beside the change for good."""

    reason = ParagraphField(
        _l("Reason"), [DataRequired(_l("Fill in the reason."))], most=LONGEST_TEXT
    )


class Typed(NamedTuple):
    """What was typed of a split: names and codes by place, and where teams and people go."""

    names: tuple[str, ...]
    codes: tuple[str, ...]
    team_places: Mapping[int, int]
    people_places: Mapping[int, int | None]
    without_team: int | None

    @property
    def parts(self) -> list[Part]:
        """The new organisations, in order; lines left empty are none."""
        return [self._part(place) for place in self.places]

    @property
    def places(self) -> list[int]:
        """Which lines make an organisation."""
        used = set(self.team_places.values())
        return [
            place
            for place, both in enumerate(zip(self.names, self.codes, strict=True))
            if any(both) or place in used
        ]

    @property
    def chosen(self) -> dict[int, int | None]:
        """Where people go, by the place of the part in `parts`."""
        return {person: self._order(place) for person, place in self.people_places.items()}

    @property
    def loose(self) -> int | None:
        """Where people without a team go, by the place of the part in `parts`."""
        return self._order(self.without_team)

    def _part(self, place: int) -> Part:
        teams = sorted(team for team, where in self.team_places.items() if where == place)
        return Part(self.codes[place], self.names[place], tuple(teams))

    def _order(self, place: int | None) -> int | None:
        places = self.places
        return places.index(place) if place in places else None


def typed_split(team_ids: Sequence[int], *, more: bool = False) -> Typed:
    """Return what was typed of a split, as far as it can be understood."""
    count = min(max(_whole(request.values.get("count")) or 1, 1) + int(more), MOST_PARTS)
    places = range(count)
    return Typed(
        tuple(_line(f"name-{place}", LONGEST_NAME + 1) for place in places),
        tuple(_line(f"code-{place}", LONGEST_CODE + 1) for place in places),
        {
            team_id: place
            for team_id in team_ids
            if (place := _place(f"team-{team_id}", count)) is not None
        },
        {
            int(name.removeprefix("goes-")): _place(name, count)
            for name in request.form
            if _is_id(name.removeprefix("goes-"))
        },
        _place("without-team", count),
    )


def typed_people() -> list[int]:
    """Return the ids of the people who were ticked."""
    return sorted({int(each) for each in request.values.getlist("person") if _is_id(each)})


def _line(name: str, most: int) -> str:
    text = " ".join(request.form.get(name, "").split())[:most]
    return text if text.isprintable() else ""


def _place(name: str, count: int) -> int | None:
    found = _whole(request.form.get(name))
    return found if found is not None and found < count else None


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= BIGGEST_ID
