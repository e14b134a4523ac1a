"""Tell a whole sheet of another kind from one that merely lacks a column."""

from __future__ import annotations

from collections.abc import Mapping

from app.imports.rules.columns import ALTERNATIVES, COLUMNS, SIGNIN_LABELS, Kind
from app.imports.rules.refusals import (
    LooksLikeOpening,
    LooksLikeRoster,
    LooksLikeService,
    LooksLikeSignin,
    MixedUp,
)
from app.sheets.cells import Sheet
from app.sheets.headers import find_headers
from app.sheets.labels import read_labels
from app.sheets.refusals import SheetUnreadable

LOOKS_LIKE: Mapping[Kind, type[MixedUp]] = {
    "roster": LooksLikeRoster,
    "service": LooksLikeService,
    "signin": LooksLikeSignin,
    "opening": LooksLikeOpening,
}
# Columns that only a roster has.
_OF_PEOPLE = {"sex", "born_on", "kind", "role", "joined_on"}
_KINDS: tuple[Kind, ...] = ("signin", "service", "opening", "roster")


def other_kind(wanted: Kind, sheet: Sheet) -> Kind | None:
    """Return which other kind a sheet is, or None where it may be what it is said to be.

    A service list has names too, so as a roster it would add people; a roster that happens to
    have a date is a roster as long as nothing says how long.
    """
    whole = [kind for kind in _KINDS if _is_whole(kind, sheet)]
    return None if wanted in whole else next(iter(whole), None)


def _is_whole(kind: Kind, sheet: Sheet) -> bool:
    try:
        headers = find_headers(sheet, COLUMNS[kind], ALTERNATIVES[kind])
        if kind == "signin":
            read_labels(sheet, headers, SIGNIN_LABELS)
    except SheetUnreadable:
        return False
    # A name alone heads many a table.
    return kind != "roster" or not _OF_PEOPLE.isdisjoint(headers.index)
