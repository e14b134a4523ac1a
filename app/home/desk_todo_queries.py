"""What runs low and which notices run, organisation by organisation."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.ranking.queries.overview import STANDING_LISTS
from app.teams.rules import Actor


class LowShelf(NamedTuple):
    """What runs out on one organisation's shelf."""

    code: str
    organisation: str
    names: tuple[str, ...]


class Notice(NamedTuple):
    """A public notice that is not final yet, and the open objections to it its reader answers."""

    code: str
    organisation: str
    year: int
    until_on: date
    objections: int


# Both at once, as the page has many other things to ask: what runs low has a name and no year.
_LOW_AND_NOTICES = f"""
SELECT o.code, o.name, 0 AS year, v.name AS item, v.category, i.id, 0 AS objections,
  NULL AS until_on, NULL AS extended_on
FROM shelf_items i
  JOIN item_versions v ON v.item_id = i.id AND v.number = i.version
  JOIN organisations o ON o.id = i.organisation_id
WHERE i.organisation_id IN ?ids AND i.withdrawn_at IS NULL AND i.available <= i.low_at
UNION ALL
SELECT o.code, o.name, n.year, '', '', 0,
  (SELECT count(*) FROM objections x
    WHERE x.organisation_id = n.organisation_id AND x.year = n.year AND x.state = 'open'
      AND x.organisation_id IN ?ids AND x.raised_by_id <> ? AND NOT (x.volunteer_id IN ?ids)
      AND (x.about_id IS NULL OR NOT (x.about_id IN ?ids))),
  CAST(n.until_on AS text), CAST(n.extended_on AS text)
FROM ({STANDING_LISTS}) n JOIN organisations o ON o.id = n.organisation_id
WHERE n.is_final = 0
ORDER BY 1, 3 DESC, 5, 4, 6
"""


def low_and_notices(session: Session, actor: Actor) -> tuple[list[LowShelf], list[Notice]]:
    """Return the shelves somebody keeps on which something runs out, and the notices they read.

    Of a notice that runs or waits for its final list only what the reader may answer is counted.
    """
    keeps, apart = sorted(actor.organises), sorted(actor.needs_another_for)
    reads = sorted(actor.organises | actor.audits)
    low: dict[tuple[str, str], list[str]] = {}
    notices = []
    for row in fetch(session, _LOW_AND_NOTICES, keeps, keeps, actor.login_id, apart, apart, reads):
        code, organisation, year, item, _category, _id, objections, *days = row
        if year:
            until_on = max(date.fromisoformat(on) for on in days if on)
            notices.append(Notice(code, organisation, year, until_on, objections))
        else:
            low.setdefault((code, organisation), []).append(item)
    return [LowShelf(*shelf, tuple(names)) for shelf, names in low.items()], notices
