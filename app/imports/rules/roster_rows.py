"""Rows of a roster: what each says of a person before anybody is looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

from app.errors import RuleBroken
from app.imports.rules.cells import Row
from app.imports.rules.fixes import NONE, Fixes
from app.imports.rules.refusals import CellRefused, Refusal, ValueUnfit, WordUnknown
from app.people.rules.names import normal_name, normal_number, normal_phone
from app.sheets.cells import Cell, Sheet, is_total_row, shown
from app.sheets.headers import Headers, body
from app.sheets.values import (
    parse_code,
    parse_date,
    parse_list,
    parse_name,
    parse_phone,
)

SEXES = {
    **dict.fromkeys(("男", "male", "m"), "male"),
    **dict.fromkeys(("女", "female", "f"), "female"),
}
KINDS = {
    **dict.fromkeys(("党员", "黨員", "party", "party member"), "party"),
    **dict.fromkeys(("社工", "social", "social worker"), "social"),
    **dict.fromkeys(("居民", "resident"), "resident"),
}
ROLES = {
    **dict.fromkeys(("队长", "隊長", "leader", "team leader"), "leader"),
    **dict.fromkeys(("队员", "隊員", "成员", "成員", "member"), "member"),
}

T = TypeVar("T")


class RoleSaid(NamedTuple):
    """One part of a 职务 cell: a role, and the team it names if it does."""

    team: str | None
    role: str


class RosterRow(NamedTuple):
    """What a roster says of one person; None and () where it is silent."""

    row: Row
    number: str | None
    name: str
    sex: str | None
    born_on: date | None
    phone: str | None
    kind: str | None
    organisation: str | None
    teams: tuple[str, ...]
    roles: tuple[RoleSaid, ...]
    joined_on: date | None


class RosterRead(NamedTuple):
    """All rows of a roster: those to be judged, those refused already, how many are blank."""

    rows: list[RosterRow]
    refused: list[Refusal]
    blank: int


def read_roster_rows(sheet: Sheet, headers: Headers, fixes: Fixes = NONE) -> RosterRead:
    """Return what the rows of a roster say."""
    rows: list[RosterRow] = []
    refused: list[Refusal] = []
    blank = 0
    for number, cells in body(sheet, headers):
        row = Row(headers, number, cells, fixes)
        if row.has_nothing() or is_total_row(cells):
            blank += 1
            continue
        try:
            row.refuse_left_out(fixes)
            rows.append(_roster_row(row))
        except CellRefused as found:
            refused.append(row.refusal(found.key, found.broken))
    return RosterRead(rows, refused, blank)


def _roster_row(row: Row) -> RosterRow:
    return RosterRow(
        row=row,
        name=row.need("name", _fitting(lambda cell: normal_name(parse_name(cell)))),
        number=row.take("number", _fitting(lambda cell: normal_number(parse_code(cell)))),
        sex=row.take("sex", _word, SEXES, "男、女"),
        born_on=row.take("born_on", parse_date),
        phone=row.take("phone", _fitting(lambda cell: normal_phone(parse_phone(cell)))),
        kind=row.take("kind", _word, KINDS, "党员、社工、居民"),
        organisation=row.take("organisation", parse_name),
        teams=tuple(dict.fromkeys(row.take("team", parse_list) or ())),
        roles=row.take("role", _roles) or (),
        joined_on=row.take("joined_on", parse_date),
    )


def _fitting(parse: Callable[[Cell], T]) -> Callable[[Cell], T]:
    """Give the refusal of the people's own rules a code that SPEC §9 has."""

    def fit(cell: Cell) -> T:
        try:
            return parse(cell)
        except RuleBroken as broken:
            if broken.code in {"missing"}:
                raise
            raise ValueUnfit(cell=shown(cell), refusal=broken) from None

    return fit


def _word(cell: Cell, words: Mapping[str, str], choices: str) -> str:
    known = words.get(parse_name(cell).casefold())
    if known is None:
        raise WordUnknown(cell=shown(cell), choices=choices)
    return known


def _roles(cell: Cell) -> tuple[RoleSaid, ...]:
    """Return the roles of a cell like 队长, or 黄色治安巡逻队:队长、队员."""
    said = []
    for part in parse_list(cell):
        team, colon, word = part.rpartition(":")
        role = ROLES.get(word.strip().casefold())
        if role is None:
            raise WordUnknown(cell=shown(cell), choices="队长、队员")
        said.append(RoleSaid(team.strip() if colon else None, role))
    return tuple(said)
