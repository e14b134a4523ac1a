"""One person in a year's list: which records count, which sums they make, which place and title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.db import snapshot
from app.people.queries import find_volunteer
from app.ranking.award_access import Closing, closing_of, snapshot_here
from app.ranking.award_views import blueprint
from app.ranking.judging import judged
from app.ranking.place_showing import score_text
from app.ranking.preview_ground import ground_of
from app.ranking.queries.around import around
from app.ranking.queries.behind import CountedRecord, records_behind
from app.ranking.queries.comparing import Figures, Lister, Place, frozen_place, live_place
from app.ranking.queries.schemes import scheme_by_id
from app.ranking.queries.snapshots import Snapshot, awards_in
from app.ranking.rules.awarding import Award
from app.ranking.rules.schemes import SCORE_PARTS, Scheme, score_hundredths
from app.ranking.scheme_words import award_text, why_not_text
from app.ranking.showing import Dot
from app.ranking.title_showing import hindrance_of, whom_of
from app.teams.queries import ColourRow
from app.web.actor import current_actor
from app.web.filters import day, hours, instant, number, points
from app.web.pagination import url_with
from app.web.policy import allow, not_found


class Told(NamedTuple):
    """What is told of somebody: by a frozen list or as it stands now."""

    closing: Closing
    scheme: Scheme
    year: int
    frozen: Snapshot | None
    place: Place | None
    records: Sequence[CountedRecord]
    awards: Sequence[Award]
    # Where they have to be: below whom, and of which colours their titles may be.
    below: Sequence[int]
    colours: Mapping[int, ColourRow]
    # What of the address tries a scheme on another year.
    tried: str


@blueprint.get("/<code>/<int:year>/people/<int:volunteer_id>")
@allow("scheme.read")
def person(code: str, year: int, volunteer_id: int) -> str:
    """Explain somebody's place: now, or in a frozen list as of its mark."""
    with snapshot() as session:
        asked = request.args.get("snapshot", "")
        if asked.isascii() and asked.isdigit() and len(asked) < 19:
            told = _frozen(session, code, year, volunteer_id, int(asked))
        else:
            told = _live(session, code, year, volunteer_id)
        found = find_volunteer(session, volunteer_id)
        if found is None or (told.place is None and found.organisation_id not in told.below):
            not_found()
        return render_template(
            "awards/person.html",
            closing=told.closing,
            year=told.year,
            tried=told.tried,
            name=found.name,
            number=found.number or "",
            frozen=_about_frozen(told),
            place=_place_text(told.place),
            receipt=_receipt(told),
            records=[_shown_record(one) for one in told.records],
            agrees=_agrees(told),
            titles=[
                award_text(one.title, whom_of(one, told.colours), one.rank, one.is_tied)
                for one in told.awards
            ],
            why_not=_why_not(told),
            live_url=url_with({"snapshot": None}) if told.frozen else "",
        )


def _live(session: Session, code: str, year: int, volunteer_id: int) -> Told:
    ground = ground_of(session, code, year)
    closing, scheme = ground.closing, ground.chosen.scheme
    lister = Lister(closing.organisation_id, ground.year, scheme.weights)
    (given,) = judged(session, ground, scheme)
    return Told(
        closing,
        scheme,
        ground.year,
        None,
        live_place(session, lister, volunteer_id),
        records_behind(session, volunteer_id, ground.year, ground.below, None),
        given.of_person(volunteer_id),
        ground.below,
        ground.by_colour,
        ground.query,
    )


def _frozen(session: Session, code: str, year: int, volunteer_id: int, snapshot_id: int) -> Told:
    closing = closing_of(session, current_actor(), code, year)
    kept = snapshot_here(session, closing, snapshot_id)
    given = awards_in(session, kept.id)
    return Told(
        closing,
        scheme_by_id(session, kept.scheme_id).scheme,
        year,
        kept,
        frozen_place(session, kept.id, volunteer_id),
        records_behind(session, volunteer_id, year, kept.organisation_ids, kept.mark),
        [one for one in given if one.volunteer_id == volunteer_id],
        closing.below,
        around(session, closing.organisation_id).by_colour,
        "",
    )


def _about_frozen(told: Told) -> dict[str, str] | None:
    if told.frozen is None:
        return None
    return {
        "url": url_for(".frozen", snapshot_id=told.frozen.id, **told.closing.address),
        "said": _(
            "As of list %(number)s, frozen %(at)s at entry %(mark)s.",
            number=told.frozen.number,
            at=instant(told.frozen.frozen_at),
            mark=told.frozen.mark,
        ),
    }


def _place_text(place: Place | None) -> str:
    if place is None or place.now is None:
        return str(_("No place: no approved record counts in this year."))
    if place.is_tied:
        return str(_("Tied no. %(rank)s", rank=place.now.rank))
    return str(_("No. %(rank)s", rank=place.now.rank))


def _receipt(told: Told) -> dict[str, Any] | None:
    """Return the sums line by line: with weights as a score, else as the order compares them."""
    figures = told.place.now if told.place else None
    if figures is None:
        return None
    if told.scheme.weights is None:
        return {"terms": _sums(figures), "label": "", "total": ""}
    return {
        "terms": _terms(told.scheme, figures),
        "label": _("Score"),
        "total": score_text(figures.score),
    }


def _sums(figures: Figures) -> list[tuple[str, str]]:
    return [
        (_("1. Hours"), hours(figures.minutes)),
        (_("2. Dates served"), number(figures.dates)),
        (_("3. Service days"), number(figures.service_days)),
    ]


def _terms(scheme: Scheme, figures: Figures) -> list[tuple[str, str]]:
    """Return what each figure gives to the score; each term is rounded only to be shown."""
    weights = scheme.weights
    assert weights is not None
    parts = [
        (_("%(hours)s hours × %(weight)s", hours=hours(figures.minutes), weight=weights.per_hour),
         weights.per_hour, 100 * weights.per_hour * figures.minutes),
        (_("%(dates)s dates × %(weight)s", dates=figures.dates, weight=weights.per_date),
         weights.per_date, SCORE_PARTS * weights.per_date * figures.dates),
        (_("%(days)s service days × %(weight)s", days=figures.service_days,
           weight=weights.per_service_day),
         weights.per_service_day, SCORE_PARTS * weights.per_service_day * figures.service_days),
        (_("%(points)s points × %(weight)s", points=points(figures.points_hundredths),
           weight=weights.per_point),
         weights.per_point, 60 * weights.per_point * figures.points_hundredths),
    ]  # fmt: skip
    return [(label, points(score_hundredths(score))) for label, weight, score in parts if weight]


def _shown_record(one: CountedRecord) -> dict[str, Any]:
    about = _("Service day") if one.is_service_day else ""
    return {
        "url": url_for("service.record", record_id=one.record_id),
        "title": day(one.service_on, with_year=True),
        "about": " · ".join(filter(None, (one.team_name, str(about)))),
        "hours": hours(one.minutes),
        "points": points(one.points_hundredths, signed=True),
        "colour": Dot(one.colour_key, one.colour_glyph),
    }


def _agrees(told: Told) -> str:
    """Say whether the records listed make the sums of the list."""
    figures = told.place.now if told.place else None
    minutes = sum(one.minutes for one in told.records)
    dates = len({one.service_on for one in told.records})
    if figures is None:
        return ""
    if (minutes, dates) != (figures.minutes, figures.dates):
        return str(_("The records listed do not make these sums. Please run the records check."))
    said = _("%(count)s records, %(dates)s dates, %(hours)s hours: the sums of the list.",
             count=len(told.records), dates=dates, hours=hours(minutes))  # fmt: skip
    return str(said)


def _why_not(told: Told) -> str:
    if told.awards or told.place is None:
        return ""
    reason = hindrance_of(told.scheme, told.place)
    return why_not_text(reason, told.scheme, told.place) or str(
        _("No title: the places are taken by those before.")
    )
