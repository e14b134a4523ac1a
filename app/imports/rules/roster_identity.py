"""Who a roster's row is: the number, else name and phone, else a name that is somebody's only."""

from __future__ import annotations

from collections.abc import Iterable

from app.imports.rules.reach import Reach, folded
from app.imports.rules.refusals import (
    AmbiguousName,
    CellRefused,
    HasOtherNumber,
    NameMismatch,
    PersonBeyond,
    SomebodyElse,
)
from app.imports.rules.roster_people import Entry
from app.imports.rules.roster_rows import RosterRow


class Register:
    """Everybody the rows may mean, by number and by name."""

    def __init__(self, reach: Reach, entries: Iterable[Entry]) -> None:
        self.reach = reach
        self._by_number: dict[str, Entry] = {}
        self._by_name: dict[str, list[Entry]] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        if entry.number:
            self._by_number[entry.number] = entry
        named = self._by_name.setdefault(folded(entry.name), [])
        if all(each is not entry for each in named):
            named.append(entry)

    def identify(self, row: RosterRow, organisation_id: int | None) -> Entry | None:
        namesakes = [
            each
            for each in self._by_name.get(folded(row.name), ())
            if each.organisation_id in self.reach.visible
        ]
        if row.number is not None:
            return self._numbered(row, row.number, namesakes)
        if row.phone is not None:
            same = [each for each in namesakes if each.phone == row.phone]
            if same:
                return _only(row, same)
            # Whoever was listed without a phone has one now.
            without = [each for each in namesakes if not each.phone]
            return self._by_name_only(row, without, organisation_id)
        return self._by_name_only(row, namesakes, organisation_id)

    def _numbered(self, row: RosterRow, number: str, namesakes: list[Entry]) -> Entry | None:
        held = self._by_number.get(number)
        if held is None:
            same = [each for each in namesakes if row.phone and each.phone == row.phone]
            numbered = [each for each in same if each.number]
            if numbered:
                figures = {"name": row.name, "held": numbered[0].number}
                raise CellRefused("number", HasOtherNumber(**figures))
            return _only(row, same) if same else None
        if held.organisation_id not in self.reach.visible:
            raise CellRefused("number", PersonBeyond(number=number))
        if folded(row.name) != folded(held.name) and not _is_corroborated(row, held):
            figures = {"number": number, "held": held.name, "name": row.name}
            raise CellRefused("name", NameMismatch(**figures))
        return held

    def _by_name_only(
        self, row: RosterRow, namesakes: list[Entry], organisation_id: int | None
    ) -> Entry | None:
        """A name alone means somebody near: in the row's organisation, else where one may edit."""
        if organisation_id is not None:
            near = [each for each in namesakes if each.organisation_id == organisation_id]
        elif self.reach.actor.organises:
            organises = self.reach.actor.organises
            near = [each for each in namesakes if each.organisation_id in organises]
        else:
            near = namesakes
        if not near:
            return None
        entry = _only(row, near)
        if _contradicts(row, entry):
            raise CellRefused("name", SomebodyElse(name=row.name))
        return entry


def _only(row: RosterRow, entries: list[Entry]) -> Entry:
    if len(entries) > 1:
        raise CellRefused("name", AmbiguousName(count=len(entries), name=row.name))
    return entries[0]


def _is_corroborated(row: RosterRow, held: Entry) -> bool:
    """A new name under a number is a correction when something else says who it is."""
    if row.phone is not None and row.phone == held.phone:
        return True
    return row.born_on is not None and row.born_on == held.born_on


def _contradicts(row: RosterRow, held: Entry) -> bool:
    sexes, births = {row.sex, held.sex} - {None}, {row.born_on, held.born_on} - {None}
    return len(sexes) > 1 or len(births) > 1
