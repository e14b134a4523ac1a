"""People and memberships as working copies while a roster is judged; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from app.imports.rules.reach import Known
from app.teams.rules import Span, day_before


class Kept(NamedTuple):
    """A membership as it stands in the books."""

    id: int
    team_id: int
    role: str
    from_on: date
    until_on: date | None


@dataclass
class Belonging:
    """A person's place in one team: the present membership, and the spans that are over."""

    team_id: int
    role: str = "member"
    from_on: date | None = None
    kept: Kept | None = None
    # Since when the present role lasts, when a roster changed it.
    role_from_on: date | None = None
    past: list[Span] = field(default_factory=list)

    @property
    def is_present(self) -> bool:
        return self.from_on is not None

    @property
    def first_on(self) -> date:
        """The first day ever in the team."""
        days = [span.from_on for span in self.past]
        return min([*days, self.from_on] if self.from_on else days)


@dataclass
class Entry:
    """A person in the books of an import; without an id they are new."""

    known: Known | None
    organisation_id: int
    number: str | None
    name: str
    phone: str | None
    kind: str
    sex: str | None
    born_on: date | None
    state: str
    belongings: dict[int, Belonging] = field(default_factory=dict)
    # What rows of this file have said so far, by column and team: the value and the row.
    said: dict[tuple[str, int], tuple[Any, int]] = field(default_factory=dict)
    # Since when they have left by somebody's word, which no sheet takes back.
    left_on: date | None = None

    @property
    def id(self) -> int | None:
        return self.known.id if self.known else None

    @property
    def is_changed(self) -> bool:
        """Tell whether the card differs from what is kept."""
        return self.known is not None and self.card() != self.known[1:]

    def card(self) -> tuple[Any, ...]:
        """Return the fields in the order in which they are kept."""
        return (
            self.organisation_id,
            self.number,
            self.name,
            self.phone,
            self.kind,
            self.sex,
            self.born_on,
            self.state,
        )


def entry_of(
    known: Known, memberships: Iterable[Kept], today: date, left_on: date | None = None
) -> Entry:
    """Return a person's working copy."""
    entry = Entry(known, *known[1:], left_on=left_on)
    for kept in sorted(memberships, key=lambda each: (each.from_on, each.id)):
        belonging = entry.belongings.setdefault(kept.team_id, Belonging(kept.team_id))
        is_over = kept.until_on is not None and kept.until_on < today
        if is_over or belonging.is_present:  # two at once are an old mistake; the first counts
            belonging.past.append(Span(kept.from_on, kept.until_on))
        else:
            belonging.role, belonging.from_on, belonging.kept = kept.role, kept.from_on, kept
    return entry


class NewMembership(NamedTuple):
    """A membership to be added."""

    team_id: int
    role: str
    from_on: date
    until_on: date | None


def membership_changes(entry: Entry) -> tuple[list[Kept], list[NewMembership]]:
    """Return the memberships changed in place, and those to be added."""
    changed: list[Kept] = []
    added: list[NewMembership] = []
    for belonging in entry.belongings.values():
        if belonging.from_on is None:
            continue
        kept = belonging.kept
        if kept is None:
            added.append(NewMembership(belonging.team_id, belonging.role, belonging.from_on, None))
        elif belonging.role_from_on is not None and belonging.role != kept.role:
            last_on = day_before(belonging.role_from_on)
            changed.append(kept._replace(from_on=belonging.from_on, until_on=last_on))
            added.append(
                NewMembership(
                    belonging.team_id, belonging.role, belonging.role_from_on, kept.until_on
                )
            )
        elif (belonging.role, belonging.from_on) != (kept.role, kept.from_on):
            changed.append(kept._replace(role=belonging.role, from_on=belonging.from_on))
    return changed, added
