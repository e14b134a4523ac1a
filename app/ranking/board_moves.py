"""What a correction changed, as text: whose place, whose figures, which titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from flask_babel import gettext as _

from app.ranking.board_showing import kind_name
from app.ranking.queries.awards import AwardRow
from app.ranking.queries.comparing import Figures, Place
from app.ranking.rules.schemes import score_hundredths
from app.web.filters import hours, number, points


class ShownMove(NamedTuple):
    """One person whose place or figures a correction changed."""

    name: str
    old_rank: str
    new_rank: str
    old: str
    new: str


def shown_move(one: Place, names: Mapping[int, str]) -> ShownMove:
    """Return a changed place; a dash where somebody did not stand in one of the lists."""
    return ShownMove(
        names.get(one.volunteer_id, "*"),
        _rank(one.before),
        _rank(one.now),
        _figures(one.before),
        _figures(one.now),
    )


def _rank(figures: Figures | None) -> str:
    return number(figures.rank) if figures else "—"


def _figures(figures: Figures | None) -> str:
    if figures is None:
        return "—"
    said = {
        "hours": hours(figures.minutes),
        "dates": figures.dates,
        "days": figures.service_days,
    }
    if figures.score is None:
        return str(_("%(hours)s hours, %(dates)s dates, %(days)s service days", **said))
    score = points(score_hundredths(figures.score))
    return str(
        _("score %(score)s; %(hours)s hours, %(dates)s dates, %(days)s service days",
          score=score, **said)
    )  # fmt: skip


def shown_titles_changed(
    awards: Iterable[AwardRow], names: Mapping[int, str]
) -> list[tuple[str, str]]:
    """Return titles with whom they were given to or taken from."""
    return [(_title(one), _receiver(one, names)) for one in awards]


def _title(one: AwardRow) -> str:
    kind = kind_name(one.kind)
    return str(_("%(title)s (%(of)s)", title=one.title, of=kind)) if kind else one.title


def _receiver(one: AwardRow, names: Mapping[int, str]) -> str:
    if one.volunteer_id is None:
        return one.team_name or ""
    return names.get(one.volunteer_id, "*")
