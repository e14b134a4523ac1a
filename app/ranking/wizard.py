"""Everything the page of a year's closing is made of, read in few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.ranking.award_access import Closing, Seen, below_of, seen_question
from app.ranking.queries.behind import LaterRecord, Person, people_of, records_after
from app.ranking.queries.comparing import (
    Lister,
    Place,
    Size,
    changed_since,
    frozen_page,
    live_head,
)
from app.ranking.queries.overview import Extension, order_and_extensions
from app.ranking.queries.schemes import SchemeOrder
from app.ranking.queries.snapshots import Freeze, Snapshot, freezes_of, snapshots_of
from app.ranking.queries.unsettled import Ground, Unsettled, unsettled
from app.ranking.rules.schemes import Weights
from app.ranking.rules.stages import FINAL, stage_of
from app.teams.rules import Actor
from app.web.kept import kept_if_dear

MOST_LISTED = 10
MOST_CHANGES = 20


@dataclass(frozen=True)
class Lists:
    """The first places, what came after the freeze, and who all of them are."""

    size: Size
    first: Sequence[Place]
    changed: Sequence[Place]
    people: dict[int, Person]
    after: dict[int, list[LaterRecord]]


@dataclass(frozen=True)
class Wizard:
    """A year of an organisation, from its preview to its certificates."""

    closing: Closing
    stage: str
    snapshots: Sequence[Snapshot]
    freezes: Sequence[Freeze]
    extensions: Sequence[Extension]
    scheme: SchemeOrder | None
    question: Seen | None
    unsettled: Unsettled
    lists: Lists

    @property
    def standing(self) -> Snapshot | None:
        """Return the frozen list that stands."""
        return self.snapshots[0] if self.snapshots else None

    @property
    def is_over(self) -> bool:
        """Tell whether the notice is."""
        return self.standing is not None and self.closing.today > self.standing.until_on

    @property
    def has_newer_scheme(self) -> bool:
        """Tell whether the scheme was changed after the list was frozen."""
        standing, scheme = self.standing, self.scheme
        return standing is not None and scheme is not None and standing.scheme_id != scheme.id


def wizard_of(session: Session, actor: Actor, closing: Closing, now: datetime) -> Wizard:
    """Return a year as it stands at this moment."""
    organisation_id, year = closing.organisation_id, closing.year
    snapshots = snapshots_of(session, organisation_id, year)
    standing = snapshots[0] if snapshots else None
    freezes = freezes_of(session, organisation_id, year)
    scheme, extensions = order_and_extensions(session, organisation_id, year)
    below = below_of(closing, standing)
    asked = next((one for one in freezes if one.state == "asked"), None)
    is_final = standing is not None and standing.final_at is not None
    stage = stage_of(standing is not None, is_final)
    weights = scheme.weights if scheme else None
    return Wizard(
        closing,
        stage,
        snapshots,
        freezes,
        extensions,
        scheme,
        seen_question(session, actor, asked, now) if asked else None,
        unsettled(session, Ground(organisation_id, year, below, closing.today)),
        _lists(session, closing, stage, standing, weights, below),
    )


def _lists(
    session: Session,
    closing: Closing,
    stage: str,
    standing: Snapshot | None,
    weights: Weights | None,
    below: Sequence[int],
) -> Lists:
    lister = Lister(closing.organisation_id, closing.year, weights)
    first: Sequence[Place]
    changed: Sequence[Place] = []
    after: dict[int, list[LaterRecord]] = {}
    if standing is not None and stage == FINAL:
        size = Size(standing.people, standing.minutes, 0)
        first = frozen_page(
            session, standing.id, limit=MOST_LISTED, before_id=standing.corrects_id or 0
        )
    else:
        size, first = _live(session, lister, standing, closing.below)
    if standing is not None:
        key = "awards.changed", *lister, standing.id, closing.below
        changed = kept_if_dear(key, lambda: changed_since(session, lister, standing.id))
        ids = [one.volunteer_id for one in changed[:MOST_CHANGES]]
        after = records_after(session, ids, closing.year, below, standing.mark)
    shown = [one.volunteer_id for one in (*first, *changed[:MOST_CHANGES])]
    return Lists(size, first, changed, people_of(session, shown, closing.year, below), after)


def _live(
    session: Session, lister: Lister, standing: Snapshot | None, below: Sequence[int]
) -> tuple[Size, Sequence[Place]]:
    """Return the size and the first places now, beside the list that stands."""
    before_id = standing.id if standing else 0
    return kept_if_dear(
        ("awards.head", *lister, before_id, tuple(below)),
        lambda: live_head(session, lister, limit=MOST_LISTED, before_id=before_id),
    )
