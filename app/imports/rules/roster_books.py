"""Who a roster's row is, and what it changes: each row is judged on what the rows before left.

The books hold working copies; nothing here writes. A row that is refused has changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from app.imports.rules.reach import Reach
from app.imports.rules.roster_changing import Changing
from app.imports.rules.roster_identity import Register
from app.imports.rules.roster_people import Entry
from app.imports.rules.roster_rows import RosterRow
from app.imports.rules.roster_saying import Saying, refuse_disagreement, says

Status = Literal["created", "updated", "duplicate"]


class RosterBooks:
    """Everybody a roster may mean, and the changes its rows have made so far."""

    def __init__(self, reach: Reach, entries: Iterable[Entry], today: date) -> None:
        self.reach = reach
        self.entries = list(entries)
        self._register = Register(reach, self.entries)
        self._saying = Saying(reach, today)
        self._changing = Changing(reach, today, self._register.add)

    def take(self, row: RosterRow) -> tuple[Status, tuple[str, ...]]:
        """Judge one row and keep what it changes; return its status and changed columns."""
        self._saying.check_dates(row)
        organisation_id = self._saying.organisation_id(row)
        found = self._register.identify(row, organisation_id)
        teams = self._saying.teams(row, organisation_id)
        roles = self._saying.roles(row, teams, found)
        said = says(row, organisation_id, teams, roles)
        if found is None:
            entry = self._changing.new(row, organisation_id, teams)
            steps = self._changing.joinings(row, entry, teams, roles)
            self.entries.append(entry)
            self._register.add(entry)
        else:
            entry = found
            refuse_disagreement(entry, said)
            steps = self._changing.card_steps(row, entry, organisation_id)
            steps += self._changing.joinings(row, entry, teams, roles)
        for step in steps:
            step.apply()
        for key, value in said.items():
            entry.said.setdefault(key, (value, row.row.number))
        if found is None:
            return "created", ()
        changed = tuple(dict.fromkeys(step.key for step in steps))
        return ("updated", changed) if changed else ("duplicate", ())
