"""The list of people as a roster 名册: the columns of SPEC §9, which the import reads again.

Of phones the last digits only, in a column of their own that no import reads: what is blank
erases nothing. New friends have no number and are on no roster until they are confirmed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import and_
from sqlalchemy.orm import Session

from app.imports.rules.reach import folded
from app.imports.showing import column_titles
from app.people.models import Volunteer
from app.roster.access import Sought
from app.roster.queries.people import (
    PersonRow,
    memberships_where,
    people_page,
    people_where,
)
from app.sheets.cells import Cell
from app.sheets.writing import write_csv, write_xlsx
from app.teams.forms import KINDS, MEMBER_ROLES, SEXES, said
from app.teams.queries import MembershipRow, teams_in
from app.trail.operations import note

# What a roster parts teams and roles by.
_PARTING = re.compile(r"[、;；,，:：/|\n]")


def roster_sheet(session: Session, found: Sought, language: str, *, as_csv: bool) -> bytes:
    """Return everybody the list finds as a sheet, in the list's order."""
    where = and_(people_where(found.filters, found.scope), Volunteer.number.is_not(None))
    rows = people_page(session, where, on=found.scope.on, sort=found.filters.sort)
    teams = memberships_where(session, where, found.scope)
    header = [title for _key, title in column_titles("roster", language)]
    header.append(_("Phone, last digits"))
    words = _Words(session, found)
    cells = [list(_cells(row, teams.get(row.id, ()), words)) for row in rows]
    return write_csv(header, cells) if as_csv else write_xlsx(header, cells)


def note_list(session: Session, found: Sought, *, actor_id: int, now: datetime) -> None:
    """Leave a trail row of the list, for each organisation at the top of what it covers."""
    tops = [found.organisation] if found.organisation else found.organisations
    for place in tops:
        if place is found.organisation or place.depth == 0:
            note(
                session,
                operation="people.export",
                actor_id=actor_id,
                at=now,
                subject_kind="organisation",
                subject_id=place.id,
                organisation_id=place.id,
                after={"filters": found.filters.arguments},
            )


class _Words:
    """By which word each team and organisation is found again: its name, or else its code."""

    def __init__(self, session: Session, found: Sought) -> None:
        teams = teams_in(session, found.scope.organisation_ids)
        self._names = Counter(folded(team.name) for team in teams)
        self._places = Counter(folded(place.name) for place in found.organisations)
        self._codes = {place.id: place.code for place in found.organisations}
        self.kinds, self.sexes, self.roles = said(KINDS), said(SEXES), said(MEMBER_ROLES)

    def team(self, one: MembershipRow) -> str:
        """Return how a roster names a team."""
        is_plain = self._names[folded(one.team_name)] == 1 and not _PARTING.search(one.team_name)
        return one.team_name if is_plain else one.team_code

    def organisation(self, row: PersonRow) -> str:
        """Return how a roster names somebody's organisation."""
        is_plain = self._places[folded(row.organisation_name)] == 1
        return row.organisation_name if is_plain else self._codes[row.organisation_id]


def _cells(
    row: PersonRow, belongs: Sequence[MembershipRow], words: _Words
) -> Iterable[Cell | None]:
    return (
        row.number,
        row.name,
        words.sexes[row.sex] if row.sex else None,
        row.born_on,
        None,
        words.kinds[row.kind],
        words.organisation(row),
        "、".join(words.team(one) for one in belongs) or None,
        "、".join(f"{words.team(one)}:{words.roles[one.role]}" for one in belongs) or None,
        min((one.from_on for one in belongs), default=None),
        row.masked_phone[-4:] or None,
    )
