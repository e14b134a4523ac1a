"""What lists are judged by and drawn with: settings and colours, from those above."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.organisations.queries import ABOVE
from app.organisations.rules import Settings, settings_from
from app.teams.queries import ColourRow


class Around(NamedTuple):
    """What an organisation inherits that its lists need; the colours in their order."""

    settings: Settings
    colours: tuple[ColourRow, ...]

    @property
    def by_colour(self) -> dict[int, ColourRow]:
        """Return the colours by id."""
        return {colour.id: colour for colour in self.colours}


# The settings of the farthest first, so that the nearest stay; the colours of the root alone.
_AROUND = f"""{ABOVE}
SELECT 0, -a.height, s.key, s.value, 0, '', ''
FROM settings s JOIN above a ON a.id = s.organisation_id
UNION ALL
SELECT 1, c.position, c.key, c.name, c.id, c.glyph, c.hex
FROM colours c JOIN above a ON a.id = c.organisation_id WHERE a.parent_id IS NULL
ORDER BY 1, 2
"""


def around(session: Session, organisation_id: int) -> Around:
    """Return an organisation's settings and its root's colours, with one statement."""
    rows = fetch(session, _AROUND, organisation_id)
    held = {row[2]: row[3] for row in rows if row[0] == 0}
    colours = tuple(
        ColourRow(colour_id, key, name, glyph, code)
        for part, _, key, name, colour_id, glyph, code in rows
        if part == 1
    )
    return Around(settings_from(held), colours)
