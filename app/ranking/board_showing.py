"""A public board as text: every figure said here, names as they may be said at this moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import today_in
from app.organisations.calendar import WorkingCalendar
from app.ranking.queries.awards import AwardRow
from app.ranking.queries.boards import BoardPlace, BoardRules, OwnRow
from app.ranking.queries.snapshots import Snapshot
from app.ranking.rules.schemes import Weights, score_hundredths, score_of
from app.ranking.showing import MOST_ON_A_STEP, PODIUM_STEPS, Dot
from app.teams.queries import ColourRow
from app.web.filters import day, hours, number, points

Names = Mapping[int, str]


class ShownPlace(NamedTuple):
    """One row of a board; `line` counts from 1 and says which row an objection is about."""

    line: int
    rank: int
    is_tied: bool
    is_own: bool
    name: str
    colour: Dot | None
    hours: str
    dates: str
    service_days: str
    # What the order goes by: the score of a scheme that weighs, else the hours.
    figure: str
    terms: list[tuple[str, str]]


class ShownTitle(NamedTuple):
    """One title with whoever receives it; `of` is the colour or kind it is given within."""

    title: str
    of: str
    colour: Dot | None
    people: list[dict[str, Any]]


class ShownOwn(NamedTuple):
    """The reader's own place."""

    rank: str
    about: str
    distance: str
    page: int


def stage_steps(
    snapshot: Snapshot, zone: str, left: int, *, has_certificates: bool
) -> tuple[list[Any], int]:
    """Return the bar of the stages, and which one it is."""
    until = _("until %(day)s", day=day(snapshot.until_on))
    is_final = snapshot.final_at is not None
    notice = until if is_final or left <= 0 else _left(left)
    final = day(today_in(zone, snapshot.final_at)) if snapshot.final_at else ""
    steps = [
        {"label": _("Preview"), "note": day(today_in(zone, snapshot.frozen_at))},
        {"label": _("Public notice"), "note": notice},
        {"label": _("Final list"), "note": final},
        {"label": _("Awarding"), "note": ""},
    ]
    if not is_final:
        return steps, 1
    return steps, 3 if has_certificates else 2


def _left(days: int) -> str:
    return str(ngettext("%(num)s working day left", "%(num)s working days left", days))


def days_left(calendar: WorkingCalendar, today: date, until_on: date) -> int:
    """Return how many working days of a notice are left, today's included."""
    return 0 if today > until_on else calendar.working_days_left(today, until_on)


# ── rows ──────────────────────────────────────────────────────────────────────────────────


def shown_places(
    places: Sequence[BoardPlace],
    names: Names,
    dots: Mapping[int, Dot],
    weights: Weights | None,
    *,
    first: int,
    own_id: int | None,
) -> list[ShownPlace]:
    """Return the rows of a board as they are shown, the first of them being line `first`."""
    return [
        ShownPlace(
            line=line,
            rank=place.rank,
            is_tied=place.is_tied,
            is_own=place.volunteer_id == own_id,
            name=names.get(place.volunteer_id, "*"),
            colour=dots.get(place.colour_id or 0),
            hours=hours(place.minutes),
            dates=number(place.dates),
            service_days=number(place.service_days),
            figure=figure_of(place),
            terms=_terms(place, weights),
        )
        for line, place in enumerate(places, start=first)
    ]


def figure_of(place: BoardPlace) -> str:
    """Return what the order goes by: the score, or the hours."""
    return hours(place.minutes) if place.score is None else points(score_hundredths(place.score))


def _terms(place: BoardPlace, weights: Weights | None) -> list[tuple[str, str]]:
    """Return the parts of a score, each as what was weighed and what came of it."""
    if weights is None:
        return []
    parts = (
        (_("%(count)s hours × %(weight)s", count=hours(place.minutes), weight=weights.per_hour),
         weights._replace(per_date=0, per_service_day=0, per_point=0)),
        (_("%(count)s dates × %(weight)s", count=place.dates, weight=weights.per_date),
         weights._replace(per_hour=0, per_service_day=0, per_point=0)),
        (_("%(count)s service days × %(weight)s", count=place.service_days,
           weight=weights.per_service_day),
         weights._replace(per_hour=0, per_date=0, per_point=0)),
        (_("%(count)s points × %(weight)s", count=points(place.points_hundredths),
           weight=weights.per_point),
         weights._replace(per_hour=0, per_date=0, per_service_day=0)),
    )  # fmt: skip
    figures = place.minutes, place.dates, place.service_days, place.points_hundredths
    return [
        (label, points(score_hundredths(score_of(only, *figures))))
        for label, only in parts
        if any(only)
    ]


def podium(places: Sequence[BoardPlace], rows: Sequence[ShownPlace]) -> list[dict[str, Any]]:
    """Return the steps for the first three, the tied on one; none when one is too crowded."""
    pairs = zip(places, rows, strict=True)
    steps = [
        (rank, [shown for _place, shown in tied])
        for rank, tied in groupby(pairs, key=lambda pair: pair[0].rank)
        if rank <= PODIUM_STEPS
    ]
    if any(len(tied) > MOST_ON_A_STEP for _rank, tied in steps):
        return []
    return [
        {
            "rank": rank,
            "note": _step_note(places[0].score is None, tied),
            "people": [{"name": one.name, "initial": one.name[:1], "colour": one.colour}
                       for one in tied],
        }
        for rank, tied in steps
    ]  # fmt: skip


def _step_note(is_by_hours: bool, tied: Sequence[ShownPlace]) -> str:
    figure = tied[0].figure
    said = _("%(hours)s hours", hours=figure) if is_by_hours else _("score %(score)s", score=figure)
    return str(_("tied, %(figure)s", figure=said) if len(tied) > 1 else said)


# ── the own place ─────────────────────────────────────────────────────────────────────────


def shown_own(own: OwnRow, page_size: int) -> ShownOwn:
    """Return the reader's own place, and how far it is to the next better one."""
    place = own.place
    about = _("%(hours)s hours", hours=hours(place.minutes))
    if place.is_tied:
        about = _("%(hours)s hours, tied with others", hours=hours(place.minutes))
    page = own.before // page_size + 1
    return ShownOwn(number(place.rank), str(about), _distance(place, own.next_better), page)


def _distance(own: BoardPlace, better: BoardPlace | None) -> str:
    if better is None:
        return ""
    rank = number(better.rank)
    if own.score is not None and better.score is not None:
        apart = points(score_hundredths(better.score - own.score))
        return str(_("%(score)s behind No. %(rank)s", score=apart, rank=rank))
    if better.minutes > own.minutes:
        apart = hours(better.minutes - own.minutes)
        return str(_("%(hours)s hours behind No. %(rank)s", hours=apart, rank=rank))
    return str(_("As many hours as No. %(rank)s, on fewer days", rank=rank))


# ── titles, rules ─────────────────────────────────────────────────────────────────────────


def shown_titles(
    awards: Sequence[AwardRow],
    names: Names,
    colours: Mapping[int, ColourRow],
    certificates: Mapping[int, str],
    own_id: int | None,
) -> list[ShownTitle]:
    """Return the titles in their order with whoever receives them."""
    found = []
    for (_position, colour_id, kind), given in groupby(
        awards, key=lambda one: (one.position, one.colour_id, one.kind)
    ):
        rows = list(given)
        colour = colours.get(colour_id or 0)
        found.append(
            ShownTitle(
                rows[0].title,
                colour.name if colour else kind_name(kind),
                Dot(colour.key, colour.glyph) if colour else None,
                [_receiver(one, names, certificates, own_id) for one in rows],
            )
        )
    return found


def _receiver(
    one: AwardRow, names: Names, certificates: Mapping[int, str], own_id: int | None
) -> dict[str, Any]:
    named = one.team_name if one.volunteer_id is None else names.get(one.volunteer_id, "*")
    return {
        "name": named,
        "rank": number(one.rank),
        "is_tied": one.is_tied,
        "is_own": one.volunteer_id is not None and one.volunteer_id == own_id,
        "certificate": certificates.get(one.award_id, ""),
    }


def kind_name(kind: str | None) -> str:
    """Return what a kind of volunteer is called, or nothing."""
    names = {
        "party": _("Party members"),
        "social": _("Social volunteers"),
        "resident": _("Residents"),
    }
    return str(names.get(kind or "", ""))


def rule_lines(scheme: BoardRules) -> list[tuple[str, str]]:
    """Return what a scheme weighs and asks for, as pairs of what and how much."""
    lines: list[tuple[str, str]] = []
    if scheme.weights is not None:
        labels = (_("For each hour"), _("For each date"), _("For each service day"),
                  _("For each point"))  # fmt: skip
        lines += [
            (label, number(weight))
            for label, weight in zip(labels, scheme.weights, strict=True)
            if weight
        ]
    if scheme.minimum_minutes:
        least = _("%(hours)s hours", hours=hours(scheme.minimum_minutes))
        lines.append((_("A title needs at least"), least))
    if scheme.member_since is not None:
        lines.append((_("Member no later than"), day(scheme.member_since, with_year=True)))
    if scheme.titles_per_person > 1:
        lines.append((_("Titles for one person at most"), number(scheme.titles_per_person)))
    return lines
