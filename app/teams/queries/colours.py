"""The colours of an organisation root as its organisers keep them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.teams.models import Colour, Team
from app.teams.queries.teams import ColourRow


class KeptColour(NamedTuple):
    """A colour, since when it is retired, and how many teams in service bear it."""

    colour: ColourRow
    retired_on: date | None
    teams: int


def kept_colours(session: Session, root_id: int) -> list[KeptColour]:
    """Return the colours of a root, the retired ones last."""
    teams = func.count(Team.id)
    rows = session.execute(
        select(
            Colour.id, Colour.key, Colour.name, Colour.glyph, Colour.hex, Colour.retired_on, teams
        )
        .outerjoin(Team, (Team.colour_id == Colour.id) & Team.retired_on.is_(None))
        .where(Colour.organisation_id == root_id)
        .group_by(Colour.id)
        .order_by(Colour.retired_on.is_not(None), Colour.position)
    )
    return [KeptColour(ColourRow(*row[:5]), row[5], row[6]) for row in rows]
